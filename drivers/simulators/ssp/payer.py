"""What pays out: a store of notes or coins, levels it believes in, routes, and the one movement that is under way.

A movement is begun by PAYOUT AMOUNT (33), PAYOUT BY DENOMINATION (46), SMART EMPTY (52) or EMPTY ALL (3F), tells DA, B3
or C2 while it lasts and D2, D5, D6, D9, B4 or C3 at its end. It is in the device's memory from its first step on: after
a power cut a payout that had not come to its end is told as DC with what was paid and what was asked; a note that lay
in the transport falls out at power-up and is told as CD, and DC counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from drivers.simulators.cash_box import CashBox, Piece
from drivers.simulators.ssp.housing import Housing
from drivers.simulators.ssp.reports import CURRENCY, Event, Report, Reports
from drivers.simulators.ssp.unit import CANNOT, OUT_OF_RANGE, Handler, Refusal, of_length

TEST, DO = 0x19, 0x58
NOT_ENOUGH, NOT_EXACT, BUSY, SWITCHED_OFF = 0, 1, 3, 4
RECYCLE, TO_CASHBOX = 0, 1


@dataclass(slots=True)
class Movement:
    """`plan`: the pieces still to be moved, by value. `moving`: the one in the transport, 0 for none."""

    kind: str  # "pay", "smart_empty", "empty"
    asked_minor: int
    plan: list[int]
    paid_minor: int = 0
    moving: int = 0


class Payer:
    """One store. `counts` is what lies in it, `levels` what the device believes (they differ only by SET LEVEL)."""

    def __init__(
        self,
        housing: Housing,
        kept: Mapping[str, Any],
        *,
        box: CashBox,
        reports: Reports,
        values: tuple[int, ...],
        routes: Mapping[int, int],
        piece_s: float,
        why_not: Callable[[], int | None],
        reports_power_up_piece: bool,
    ) -> None:
        self._housing = housing
        self._box = box
        self._reports = reports
        self.values = values
        self._piece_s = piece_s
        self._why_not = why_not  # the detail of F5, or None when a payout may begin
        self._reports_power_up_piece = reports_power_up_piece
        self.counts: dict[int, int] = {value: kept.get("counts", {}).get(str(value), 0) for value in values}
        self.levels: dict[int, int] = {value: kept.get("levels", {}).get(str(value), 0) for value in values}
        self.routes: dict[int, int] = {
            value: kept.get("routes", {}).get(str(value), routes.get(value, RECYCLE)) for value in values
        }
        self.movement: Movement | None = Movement(**kept["movement"]) if kept.get("movement") else None
        self.last_emptied: dict[int, int] = {}
        self.jammed: bool = kept.get("jammed", False)
        self._halt = False
        self.dispensed: Callable[[], None] = lambda: None
        self.moved_to_cassette: Callable[[], None] = lambda: None
        self.version: Callable[[], int] = lambda: 6
        self.begun: Callable[[Callable[[], None]], None] = lambda after_reply: None

    def state(self) -> dict[str, Any]:
        return {
            "counts": {str(value): count for value, count in self.counts.items()},
            "levels": {str(value): count for value, count in self.levels.items()},
            "routes": {str(value): route for value, route in self.routes.items()},
            "movement": asdict(self.movement) if self.movement else None,
            "jammed": self.jammed,
        }

    # Hands

    def fill(self, value_minor: int, count: int) -> None:
        self.counts[value_minor] += count
        self.levels[value_minor] += count
        self._housing.ledger.write(
            "filled", unit=self._box.unit, value_minor=value_minor, count=count, currency=CURRENCY
        )
        self._housing.save()

    def empty_by_hand(self) -> int:
        """Somebody opens it and takes everything out; returns the sum."""
        sum_minor = sum(value * count for value, count in self.counts.items())
        self._housing.ledger.write("emptied", unit=self._box.unit, sum_minor=sum_minor, currency=CURRENCY)
        self.counts = dict.fromkeys(self.values, 0)
        self.levels = dict.fromkeys(self.values, 0)
        self._housing.save()
        return sum_minor

    def block(self) -> None:
        """A jam; a payout that is under way ends with it. A piece in the transport falls back into the store."""
        self._housing.timers.drop(self)
        self.jammed = True
        movement = self.movement
        if movement is None:
            return
        if movement.moving:
            self.counts[movement.moving] += 1
            self.levels[movement.moving] += 1
            movement.moving = 0
        self._end(Event.JAMMED)

    def clear(self) -> None:
        """A jam in the store is cleared."""
        self.jammed = False

    # Power

    def power_lost(self) -> None:
        self._housing.timers.drop(self)
        self._halt = False

    def found_at_power_up(self) -> None:
        movement, self.movement = self.movement, None
        if movement is None:
            return
        if movement.moving and movement.kind == "pay":
            self._box.pay_out(movement.moving, CURRENCY)
            movement.paid_minor += movement.moving
            self.dispensed()
            if self._reports_power_up_piece:
                self._reports.post(Event.DISPENSED_AT_POWER_UP, value_minor=movement.moving)
        elif movement.moving:
            self._into_cassette(movement.moving)
        if movement.kind == "pay":
            self._reports.post(
                Event.INCOMPLETE_PAYOUT, value_minor=movement.paid_minor, asked_minor=movement.asked_minor
            )

    # Commands

    def commands(self) -> dict[int, Handler]:
        return {
            0x22: self._all_levels,
            0x33: self._pay_amount,
            0x34: self._set_level,
            0x35: self._level,
            0x38: self._halt_movement,
            0x3B: self._set_route,
            0x3C: self._route,
            0x3E: lambda params: min(self.values).to_bytes(4, "little"),
            0x3F: lambda params: self._begin_emptying(params, "empty"),
            0x46: self._pay_pieces,
            0x52: lambda params: self._begin_emptying(params, "smart_empty"),
            0x53: lambda params: self._counted(self.last_emptied) + bytes(4),
        }

    def standing(self) -> list[Report]:
        movement = self.movement
        if movement is None:
            return []
        event = {"pay": Event.DISPENSING, "smart_empty": Event.SMART_EMPTYING, "empty": Event.EMPTYING}[movement.kind]
        return [Report(event, value_minor=movement.paid_minor)]

    def _counted(self, pieces: Mapping[int, int]) -> bytes:
        rows = (
            pieces.get(value, 0).to_bytes(2, "little") + value.to_bytes(4, "little") + CURRENCY.encode()
            for value in self.values
        )
        return bytes([len(self.values)]) + b"".join(rows)

    def _all_levels(self, params: bytes) -> bytes:
        of_length(params, 0)
        return self._counted(self.levels)

    def _known(self, value: bytes, currency: bytes) -> int:
        value_minor = int.from_bytes(value, "little")
        if value_minor not in self.values or (self.version() >= 6 and currency != CURRENCY.encode()):
            raise Refusal(OUT_OF_RANGE)
        return value_minor

    def _denomination(self, params: bytes) -> int:
        """A value of 4 bytes and a currency; before version 6 no currency and 2 or 4 bytes."""
        of_length(params, *((7,) if self.version() >= 6 else (2, 4)))
        return self._known(params[:4], params[4:])

    def _level(self, params: bytes) -> bytes:
        return self.levels[self._denomination(params)].to_bytes(2, "little")

    def _set_level(self, params: bytes) -> bytes:
        value = self._denomination(params[2:])
        count = int.from_bytes(params[:2], "little")
        self.levels[value] = self.levels[value] + count if count else 0
        self._housing.save()
        return b""

    def _set_route(self, params: bytes) -> bytes:
        value = self._denomination(params[1:])
        if params[0] not in (RECYCLE, TO_CASHBOX):
            raise Refusal(OUT_OF_RANGE)
        self.routes[value] = params[0]
        self._housing.save()
        return b""

    def _route(self, params: bytes) -> bytes:
        return bytes([self.routes[self._denomination(params)]])

    def _pay_amount(self, params: bytes) -> bytes:
        option = DO
        if self.version() >= 6:
            of_length(params, 8)
            option = params[7]
            if params[4:7] != CURRENCY.encode():
                raise Refusal(OUT_OF_RANGE)
        else:
            of_length(params, 4)
        amount = int.from_bytes(params[:4], "little")
        if not amount or option not in (TEST, DO):
            raise Refusal(OUT_OF_RANGE)
        self._may_begin()
        if amount > sum(value * count for value, count in self.levels.items()):
            raise Refusal(CANNOT, NOT_ENOUGH)
        plan = pieces_for(amount, self.levels)
        if plan is None:
            raise Refusal(CANNOT, NOT_EXACT)
        if option == DO:
            self._begin(Movement("pay", amount, plan))
        return b""

    def _pay_pieces(self, params: bytes) -> bytes:
        if not params:
            of_length(params, 2)
        of_length(params, 2 + 9 * params[0])
        wanted: dict[int, int] = {}
        for at in range(1, 1 + 9 * params[0], 9):
            value = self._known(params[at + 2 : at + 6], params[at + 6 : at + 9])
            wanted[value] = wanted.get(value, 0) + int.from_bytes(params[at : at + 2], "little")
        plan = [value for value in sorted(wanted, reverse=True) for _ in range(wanted[value])]
        if not plan or params[-1] not in (TEST, DO):
            raise Refusal(OUT_OF_RANGE)
        self._may_begin()
        if any(self.levels[value] < count for value, count in wanted.items()):
            raise Refusal(CANNOT, NOT_ENOUGH)
        if params[-1] == DO:
            self._begin(Movement("pay", sum(plan), plan))
        return b""

    def _begin_emptying(self, params: bytes, kind: str) -> bytes:
        of_length(params, 0)
        self._may_begin()
        self.last_emptied = {}
        plan = [value for value in self.values for _ in range(self.counts[value])]
        self._begin(Movement(kind, sum(plan), plan))
        return b""

    def _halt_movement(self, params: bytes) -> bytes:
        of_length(params, 0)
        if self.movement is None:
            raise Refusal(CANNOT)
        self._halt = True
        return b""

    def _may_begin(self) -> None:
        if self._housing.faults.strikes("busy"):
            raise Refusal(CANNOT, BUSY)
        why_not = BUSY if self.movement is not None or self.jammed else self._why_not()
        if why_not is not None:
            raise Refusal(CANNOT, why_not)

    # The movement

    def _begin(self, movement: Movement) -> None:
        self.movement, self._halt = movement, False
        self._housing.save()
        if movement.kind == "pay":
            self.begun(lambda: self._housing.arrow("pay_asked"))
        self._housing.timers.after(self._housing.pace(self._piece_s / 2), self, self._lift)

    def _lift(self) -> None:
        """The next piece leaves the store."""
        movement = self._under_way()
        if self._halt:
            self._end(Event.HALTED)
            return
        if not movement.plan:
            self._end_well()
            return
        value = movement.plan[0]
        if not self.counts[value] or (movement.paid_minor and self._housing.faults.strikes("pay_short")):
            self._end(Event.TIMED_OUT)
            return
        if movement.paid_minor and self._housing.faults.strikes("pay_jam"):
            self.jammed = True
            self._end(Event.JAMMED)
            return
        movement.plan.pop(0)
        movement.moving = value
        self.counts[value] -= 1
        self.levels[value] = max(0, self.levels[value] - 1)
        self._housing.save()
        self._housing.timers.after(self._housing.pace(self._piece_s), self, self._land)

    def _land(self) -> None:
        """It falls into the tray, or into the cassette."""
        movement = self._under_way()
        value, movement.moving = movement.moving, 0
        first = not movement.paid_minor
        movement.paid_minor += value
        if movement.kind == "pay":
            self._box.pay_out(value, CURRENCY)
            self.dispensed()
        else:
            self._into_cassette(value)
        self._housing.save()
        if first and movement.kind == "pay":
            self._housing.arrow("paying")
        self._lift()

    def _into_cassette(self, value: int) -> None:
        self._box.cassette.append(Piece(0, value, CURRENCY))
        self.last_emptied[value] = self.last_emptied.get(value, 0) + 1
        self._housing.ledger.write("moved_to_cassette", unit=self._box.unit, value_minor=value, currency=CURRENCY)
        self.moved_to_cassette()

    def _end_well(self) -> None:
        movement = self._under_way()
        if movement.kind != "pay":
            self.levels = dict(self.counts)
        event = {"pay": Event.DISPENSED, "smart_empty": Event.SMART_EMPTIED, "empty": Event.EMPTIED}[movement.kind]
        self._end(event)
        if movement.kind == "pay":
            self._housing.arrow("paid")

    def _end(self, event: Event) -> None:
        movement, self.movement = self._under_way(), None
        self._reports.post(event, value_minor=movement.paid_minor)
        self._housing.save()

    def _under_way(self) -> Movement:
        if self.movement is None:
            raise ValueError("nothing is being moved")
        return self.movement


def pieces_for(amount_minor: int, levels: Mapping[int, int]) -> list[int] | None:
    """Few pieces of what is there that make exactly this, the largest first; None when none do."""
    plain: list[int] = []
    for value in sorted(levels, reverse=True):
        plain += [value] * min(levels[value], (amount_minor - sum(plain)) // value)
    if sum(plain) == amount_minor:
        return plain
    ways: dict[int, tuple[int, ...]] = {0: ()}
    for value in sorted((value for value, count in levels.items() if count), reverse=True):
        for reached, pieces in list(ways.items()):
            for count in range(1, min(levels[value], (amount_minor - reached) // value) + 1):
                total = reached + count * value
                if total not in ways or len(ways[total]) > len(pieces) + count:
                    ways[total] = pieces + (value,) * count
    found = ways.get(amount_minor)
    return None if found is None else list(found)
