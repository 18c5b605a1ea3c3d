"""One SSP unit being attended, whatever it does: its beginning, its polls, its troubles and its payouts.

    SYNC, 06, key -> [08] -> first poll -> 05 -> ... polls until nothing moves ... -> 0C, 58, 22 -> Found -> polls

What the first polls report is told before the unit's identity: it happened before this conversation. A poll with
acknowledgement (56) repeats what happened until 57 comes, which is sent when the host has made it durable; a unit
without it is asked with 07. Source: SSP manual GA138 as `kybarg/ssp` gives it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from drivers.cash_devices.contract import (
    CassetteBack,
    CassetteOut,
    Denomination,
    Found,
    Leave,
    Noticed,
    Pay,
    Remembered,
    Reset,
    Trouble,
    Unit,
    Well,
)
from drivers.cash_devices.ssp.commands import Answer, Command, Reply
from drivers.cash_devices.ssp.events import Code, Event, Report, parse_report
from drivers.cash_devices.ssp.exchange import POLL_TRIES, Line
from drivers.cash_devices.ssp.identity import VALUE_LISTS, Counters, Setup, parse_setup
from drivers.cash_devices.ssp.introduction import agree_on_key, agree_on_protocol
from drivers.cash_devices.ssp.payer import Forgotten, Payer
from drivers.cash_devices.ssp.sealing import RandBits
from drivers.cash_devices.ssp.troubles import TROUBLES, Troubles
from drivers.errors import Garbled, Unanswered
from drivers.wire.dialogue import Dialogue, Rest, Tell, Wish

PERIOD_S = 0.2
"""The shortest spacing of polls the manuals advise; the conversation's clock counts in these beats."""
TRIES_WHILE_IT_BOOTS = 3
"""Of a second each."""
CALM_AFTER_BOOT = 5
"""A device that has just started may need a moment to notice what lies in it: a second of polls without a word."""
CALM_AFTER_STUCK = 10
"""Two seconds of polls without a word of a piece that would not come to its end."""
STUCK_BEATS = 150
"""Thirty seconds: a note moves for two or three."""
MOVING = (
    Code.READ,
    Code.STACKING,
    Code.REJECTING,
    Code.INITIALISING,
    Code.DISPENSING,
    Code.EMPTYING,
    Code.SMART_EMPTYING,
    Code.FLOATING,
    Code.JAM_RECOVERY,
)
NOTICES: dict[Code, str] = {
    Code.FRAUD: "fraud",
    Code.JAM_RECOVERY: "jam_recovery",
    Code.PAYOUT_FAULT: "payout_fault",
    Code.COIN_MECH_FAULT: "coin_mech",
    Code.COIN_MECH_JAM: "coin_mech",
    Code.PAYOUT_OUT_OF_SERVICE: "payout_out_of_service",
    Code.FLOAT_REMOVED: "float_removed",
    Code.FLOAT_ATTACHED: "float_attached",
    Code.HELD_IN_BEZEL: "note_in_bezel",
    Code.DEVICE_FULL: "store_full",
    Code.INCOMPLETE_FLOAT: "float_interrupted",
}


class Encrypt(Enum):
    AUTO = "auto"  # what a device takes encrypted only, if it has keys
    ALWAYS = "always"  # everything after the key exchange
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Options:
    encrypt: Encrypt
    fixed_key: int
    decide_beats: int
    randbits: RandBits


class Station:
    """`anew`: it is to be identified (again) before anything else."""

    escrow = False

    def __init__(
        self, name: str, line: Line, inbox: deque[Wish], options: Options, remembered: Remembered | None
    ) -> None:
        self.name = name
        self.line = line
        self.anew = True
        self.greeted = False  # it answered SYNC in this attempt
        self.payer = Payer(name, line, remembered.payout if remembered else None)
        self._inbox = inbox
        self._options = options
        self._protocol = 0
        self._acknowledges = False
        self._setup: Setup | None = None
        self._beginning = True
        self._booted = False
        self._troubles = Troubles()
        self._restarts = False
        self._cassette_out = False
        self._noticed: frozenset[str] = frozenset()

    # What a kind of unit adds

    def forget(self) -> None:
        """The unit may have lost its power: what was known of its pieces and masks is void."""

    def give_back_first(self) -> Dialogue[None]:
        """Before the first poll, which would keep a piece in escrow."""
        yield from ()

    def take_nothing(self) -> Dialogue[None]:
        """After the first poll: masks of an earlier conversation are void."""
        yield from ()

    def found(self, counters: Counters | None) -> Dialogue[None]:
        """Right before `Found`."""
        yield from ()

    def on(self, event: Event) -> Dialogue[None]:
        """An event about pieces that come in."""
        yield from ()

    def after(self, report: Report) -> Dialogue[None]:
        """After the events of a report, before they are acknowledged."""
        yield from ()

    def before_poll(self) -> Dialogue[bool]:
        """False: a poll now would decide what the host has not decided."""
        yield from ()
        return True

    def act(self, report: Report) -> Dialogue[None]:
        """What the report and the wishes ask for now."""
        yield from self.payer.step(report, may_begin=True)

    def wish(self, wish: Wish) -> None:
        """Remember a wish; it is acted upon in the next beat."""
        if isinstance(wish, Pay) and wish.unit == self.name:
            self.payer.wish(wish)

    @property
    def at_rest(self) -> bool:
        """It takes nothing and nothing moves, or nothing will move until a person comes."""
        return not self.payer.busy

    # The beginning

    def begin(self, tries: int) -> Dialogue[None]:
        """Ends with `Found` told, or with `anew` set again."""
        self.anew, self.greeted, self._beginning, self._booted = False, False, True, False
        self.forget()
        self.line.seal = None
        yield from self.line.sync(tries)
        if self._restarts:
            self._restarts = False
            yield from self._restart()
        self.greeted = True
        self._protocol = yield from agree_on_protocol(self.line)
        self._acknowledges = self._options.encrypt is not Encrypt.NEVER and (
            yield from agree_on_key(self.line, self._options.fixed_key, self._options.randbits)
        )
        yield from self.give_back_first()
        first: bytes = yield from self._poll()
        reply: Reply = yield from self.line.ask(bytes([Command.SETUP]))
        if not reply.ok:
            raise Garbled(f"{reply.code:02X} to a setup request")
        self._setup = parse_setup(reply.data)
        yield from self._hear(first)
        yield from self.take_nothing()
        if (yield from self._await_calm()):
            yield from self._introduce()

    def _restart(self) -> Dialogue[None]:
        """The unit boots and is silent for a while: three seconds more than it is usually given."""
        with suppress(Unanswered):
            yield from self.line.ask(bytes([Command.RESET]), tries=1)
        yield from self.line.sync(POLL_TRIES + TRIES_WHILE_IT_BOOTS)

    def _await_calm(self) -> Dialogue[bool]:
        """Poll until nothing moves any more; False if all begins anew, or nothing will move until a person comes."""
        calm, moving_beats, still_beats = 0, 0, 0
        while calm < (CALM_AFTER_BOOT if self._booted else 1):
            yield from rest(self._inbox)
            if self._troubles.jammed and any(isinstance(wish, Leave) for wish in self._inbox):
                return False
            if any(isinstance(wish, Reset) for wish in self._inbox):
                self.drop(Reset)
                self.reset()
            if self.anew:
                return False
            moves = True
            if (yield from self.before_poll()):
                report: Report = yield from self._hear((yield from self._poll()))
                moves = report.has(*MOVING)
            calm = 0 if moves or self._troubles.jammed else calm + 1
            moving_beats = moving_beats + 1 if moves else 0
            still_beats = 0 if moves else still_beats + 1
            if still_beats >= CALM_AFTER_STUCK:
                self._troubles.stuck = False  # where the piece has got to, the counters say
            if moving_beats >= STUCK_BEATS:
                yield from self._stuck()
            if self.anew:
                return False
        return True

    def drop(self, *kinds: type[Wish]) -> None:
        """Forget wishes of these kinds that have come and not been handed on."""
        kept = [wish for wish in self._inbox if not isinstance(wish, kinds)]
        self._inbox.clear()
        self._inbox.extend(kept)

    def _introduce(self) -> Dialogue[None]:
        assert self._setup is not None
        reply: Reply = yield from self.line.ask(bytes([Command.SERIAL]))
        serial = serial_text(reply)
        counters: Counters | None = yield from self.payer.read_counters()
        pays = self._setup.pays and self.line.seal is not None
        levels = (yield from self.payer.look(self._setup)) if pays else None
        yield from self.found(counters)
        yield Tell(self._found(serial, counters))
        self._beginning = False
        if levels is not None:
            yield from self.payer.tell_levels(levels)
        yield from self.payer.settle()
        if self._troubles.told and not self._troubles:
            self._troubles.told = False
            yield Tell(Well(self.name))

    def _found(self, serial: str, counters: Counters | None) -> Found:
        assert self._setup is not None
        return Found(
            Unit(
                self.name,
                serial,
                self._setup.title,
                self._setup.table if self.escrow else (),
                self.payer.gives,
                escrow=self.escrow,
                stacked=counters.taken if counters and self.escrow else None,
            )
        )

    # Polls

    def beat(self) -> Dialogue[None]:
        """One poll, what it reports, and what is to be done next."""
        if not (yield from self.before_poll()):
            return
        report: Report = yield from self._hear((yield from self._poll()))
        if not self.anew:
            yield from self.act(report)

    def _poll(self) -> Dialogue[bytes]:
        if self._acknowledges:
            reply: Reply = yield from self.line.ask(bytes([Command.POLL_WITH_ACK]))
            if reply.ok:
                return reply.data
            if reply.code == Answer.KEY_NOT_SET:
                raise Forgotten
            self._acknowledges = False
        reply = yield from self.line.ask(bytes([Command.POLL]), tries=POLL_TRIES)
        if reply.code == Answer.KEY_NOT_SET:
            raise Forgotten
        return reply.data if reply.ok else b""

    def _hear(self, data: bytes) -> Dialogue[Report]:
        assert self._setup is not None
        report = parse_report(data, self._protocol, self._setup.kind in VALUE_LISTS)
        for event in report.events:
            yield from self._common(event)
            yield from self.on(event)
            yield from self.payer.hear(event, self._beginning)
        for code in self._troubles.new_in(report):
            words, inside = TROUBLES[code]
            self._troubles.told = True
            yield Tell(Trouble(self.name, f"ssp.{words}", inside))
        yield from self._notice(report)
        yield from self.after(report)
        had = bool(self._troubles)
        self._troubles.watch(report)
        if had and not self._troubles and not self._beginning:
            self.anew = True  # what became of a piece that was on its way, its counters say
        if self._acknowledges and report.awaits_ack:
            yield from self.line.ask(bytes([Command.EVENT_ACK]))
        return report

    def _common(self, event: Event) -> Dialogue[None]:
        match event.code:
            case Code.RESET if self._beginning and not self._booted:
                self._booted = True
                self._troubles.clear()  # what still is one it says again
            case Code.RESET:
                # What follows in this list happened at its start: it is heard as found, then all begins anew.
                self._beginning = self._booted = self.anew = True
                self._troubles.clear()
                self.forget()
            case Code.CASSETTE_OUT if not self._cassette_out:
                self._cassette_out = True
                yield Tell(CassetteOut(self.name))
            case Code.CASSETTE_BACK:
                self.anew = self.anew or not self._beginning
                self._cassette_out = False
                yield Tell(CassetteBack(self.name))

    def _notice(self, report: Report) -> Dialogue[None]:
        """Each notice once, however many polls repeat it."""
        codes = {NOTICES[event.code] for event in report.events if event.code in NOTICES}
        if report.unread:
            codes.add("unknown_event")
            # What stood behind the unknown is lost to us: whether it was a piece, the counters say.
            news = len(report.unread) > 1 and "unknown_event" not in self._noticed
            self.anew = self.anew or (news and not self._beginning)
        for code in sorted(codes - self._noticed):
            yield Tell(Noticed(self.name, f"ssp.{code}"))
        self._noticed = frozenset(codes)

    def _stuck(self) -> Dialogue[None]:
        if not self._troubles.stuck:
            self._troubles.stuck = self._troubles.told = True
            yield Tell(Trouble(self.name, "ssp.stuck", inside=True))

    def reset(self) -> None:
        """A person says that the trouble is cleared. A unit that a piece is stuck in starts itself anew, too."""
        self._restarts = self._troubles.jammed
        self._troubles.clear()
        self.anew = True

    def denomination(self, channel: int) -> Denomination | None:
        table: Iterable[Denomination] = self._setup.table if self._setup else ()
        return next((piece for piece in table if piece.type == channel), None)


def serial_text(reply: Reply) -> str:
    """The serial number in decimal, as on the plate; "" if the unit does not tell."""
    return str(int.from_bytes(reply.data[:4], "big")) if reply.ok and len(reply.data) >= 4 else ""


def rest(inbox: deque[Wish]) -> Dialogue[None]:
    """Until the next beat; wishes that come before are kept for it."""
    while (wish := (yield Rest(PERIOD_S))) is not None:
        inbox.append(wish)
