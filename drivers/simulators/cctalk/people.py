"""What a person can do to the simulated bus: a shopper with money, staff with keys, a developer with faults."""

from __future__ import annotations

from drivers.simulators.cash_box import plain_order
from drivers.simulators.cctalk.bill_path import BILLS
from drivers.simulators.cctalk.bus import Bus
from drivers.simulators.cctalk.coins import VALUES, CoinAcceptor
from drivers.simulators.cctalk.hopper import ROUBLES, Hopper
from drivers.simulators.cctalk.rig import Rig
from drivers.simulators.cctalk.validator import BillValidator
from drivers.simulators.world import Faults

BETWEEN_PIECES_S = 0.5  # a hand takes that long to the next piece
KINDS = "insert 1, 2, 5, 10 (coins) or 50, 100, 200, 500, 1000, 2000, 5000 (notes)"

COMMANDS: dict[str, str] = {
    "insert VALUE": f"put in one coin or note: {KINDS}",
    "insert VALUE xN": "N of them, one after the other as the unit becomes ready",
    "insert forgery": "a note that is not one",
    "insert unknown": "a note the validator knows and has no id for (type 16)",
    "insert slug": "a disc in the coin slot",
    "pull": "the shopper pulls a note that is still in the transport",
    "cassette out": "the validator's cassette is taken out",
    "cassette out coins": "the coin box is taken out",
    "cassette in": "it is put back, empty",
    "cassette in coins": "the coin box is put back, empty",
    "jam": "the note that is inside jams; with none inside, the next one does",
    "jam inside": "a note past the point of no return jams; with none inside, the stacker does",
    "jam coins": "the coin acceptor's sensor is blocked",
    "jam hopper": "the hopper's motor is blocked",
    "clear": "everything that jammed is cleared by hand",
    "full": "the cassette is full, until it is taken out",
    "cheat": "the next note is on a string",
    "cheat coins": "a coin on a string is seen",
    "fill 10 COUNT": "put coins of 10 into the hopper",
    "empty": "take all coins out of the hopper",
    "echo on|off": "whether the wire gives the host its own bytes back",
    "crc on|off": "whether the validator speaks the CRC variant",
    "ids major|minor": "whether coin ids count in roubles (RU010A) or kopecks (RU1K0A)",
    "power off": "cuts the power of the whole bus",
    "power on": "gives it back",
    "fault NAME[@N[xK]][=VALUE]": "arms a fault",
}


class People:
    """Hands and pockets."""

    def __init__(self, rig: Rig, bus: Bus, coins: CoinAcceptor, validator: BillValidator, hopper: Hopper) -> None:
        self._rig, self._bus = rig, bus
        self._coins, self._validator, self._hopper = coins, validator, hopper
        self.pocket: list[str] = []  # pieces still to be put in, one after the other
        self._hand_waits = False
        rig.on_power_back.append(self._reach)

    def carry_out(self, line: str, faults: Faults) -> str:
        """Raises ValueError with a sentence."""
        words = plain_order(line).split()
        match words:
            case ["insert", kind]:
                return self._insert(kind)
            case ["insert", kind, times] if times[:1] == "x" and times[1:].isdecimal() and int(times[1:]) > 0:
                said = self._insert(kind)
                if said.endswith("went in"):
                    self.pocket += [kind] * (int(times[1:]) - 1)
                    self._reach()
                return said
            case ["pull"]:
                return "the note was pulled out" if self._validator.path.pull() else "there is no note to pull"
            case ["jam", *rest]:
                return self._jam(rest)
            case ["clear"]:
                self._validator.path.clear()
                self._coins.clear()
                self._hopper.clear()
                return "everything moves freely"
            case ["cheat"]:
                faults.arm("cheat")
                return "the next note is on a string"
            case ["cheat", "coins"]:
                self._coins.cheat()
                return "a coin on a string was seen"
            case ["fault", *spec] if spec:
                faults.arm(" ".join(spec))
                return f"armed: {' '.join(spec)}"
            case _:
                return self._staff(words)

    def _staff(self, words: list[str]) -> str:
        coins, path, hopper = self._coins, self._validator.path, self._hopper
        match words:
            case ["cassette", ("out" | "in") as way, *where] if where in ([], ["coins"]):
                box = coins.box if where else self._validator.box
                if box.cassette_in_place is (way == "in"):
                    return f"the cassette is {way} already"
                if where:
                    (box.take_cassette if way == "out" else box.put_cassette)()
                    self._rig.save()
                else:
                    (path.cassette_out if way == "out" else path.cassette_in)()
                return f"the cassette is {way}"
            case ["full"]:
                path.fill_up()
                return "the cassette is full"
            case ["fill", value, count] if count.isdecimal() and int(count) > 0:
                if value != str(ROUBLES):
                    raise ValueError(f"the hopper holds coins of {ROUBLES} only")
                hopper.fill(int(count))
                return f"{hopper.level} coins in the hopper"
            case ["empty"]:
                hopper.empty()
                return "the hopper is empty"
            case _:
                return self._settings(words)

    def _settings(self, words: list[str]) -> str:
        match words:
            case ["echo", ("on" | "off") as state]:
                self._bus.echo = self._rig.kept["echo"] = state == "on"
            case ["crc", ("on" | "off") as state]:
                self._validator.crc = self._rig.kept["crc"] = state == "on"
            case ["ids", ("major" | "minor") as state]:
                self._coins.ids_minor = self._hopper.ids_minor = state == "minor"
            case ["power", "off"]:
                self._rig.off_by_hand = True
                self._rig.cut_power(None)
                return "the bus is dark"
            case ["power", "on"]:
                self._rig.off_by_hand = False
                self._rig.give_power()
                return "the bus has power"
            case _:
                raise ValueError(f"unknown command {' '.join(words)!r}; known: {', '.join(COMMANDS)}")
        self._rig.save()
        return f"{words[0]} {state}"

    def _jam(self, where: list[str]) -> str:
        path, box = self._validator.path, self._validator.box
        match where:
            case ["coins"]:
                self._coins.jam()
            case ["hopper"]:
                self._hopper.jam()
            case [] if box.moving is not None:
                path.jam()
            case []:
                self._rig.traps.arm("jam=validator")
                return "the next note jams"
            case ["inside"] if box.moving is None or path.word in ("stacking", "waiting", "stuck"):
                path.jam()
            case ["inside"]:
                self._rig.traps.arm("jam_inside")
                return "the note jams once it is past the return"
            case _:
                raise ValueError("jam, jam inside, jam coins or jam hopper")
        return "jammed"

    # Pieces

    def _insert(self, kind: str) -> str:
        if self._is_coin(kind):
            refused, put = self._coins.refusal_at_slot(), self._coins.insert
        elif kind in ("forgery", "unknown") or (kind.isdecimal() and int(kind) in BILLS):
            refused, put = self._validator.path.refusal_at_mouth(), self._validator.path.insert
        else:
            raise ValueError(f"there is no coin or note of {kind!r}; {KINDS}")
        if refused:
            return f"refused at the mouth: {refused}"
        put(kind)
        return f"{kind} went in"

    def _is_coin(self, kind: str) -> bool:
        return kind == "slug" or (kind.isdecimal() and int(kind) in VALUES)

    def _reach(self) -> None:
        """The hand comes with the next piece, now and again until the pocket is empty."""
        if self.pocket and not self._hand_waits:
            self._hand_waits = True
            self._rig.agenda.at(BETWEEN_PIECES_S, self._next_piece)

    def _next_piece(self) -> None:
        self._hand_waits = False
        if self.pocket and self._insert(self.pocket[0]).endswith("went in"):
            self.pocket.pop(0)
        self._reach()

    def power_lost(self) -> None:
        """The appointment went with the supply's agenda; the pieces stay in the pocket."""
        self._hand_waits = False
