"""What one conversation with a validator knows at every moment, and the wishes as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.cash_devices.ccnet.health import Health
from drivers.cash_devices.ccnet.line import Line
from drivers.cash_devices.ccnet.states import NEW_EPISODE, Code, Command, State
from drivers.cash_devices.contract import Accept, Denomination, Leave, PaidOut, Pay, Refuse, Reset, Unit
from drivers.wire.dialogue import Dialogue, Tell, Wish

UNIT = "validator"
COUNTER_LENGTH = 2
STACKING_S = 30.0  # the specification's limit for STACK and RETURN to be finished
INITIALIZE_S = 40.0  # the slowest models known need as long to find their feet
TOO_LONG: Mapping[int, tuple[float, str]] = {
    Code.STACKING: (STACKING_S, "ccnet.stacking_long"),
    Code.RETURNING: (STACKING_S, "ccnet.returning_long"),
    Code.INITIALIZE: (INITIALIZE_S, "ccnet.start_long"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings, read."""

    address: int
    within_s: float
    decide_within_s: float
    countries: Mapping[str, str]
    minor_digits: int


@dataclass(slots=True)
class Session:
    """`known` is the unit as the journal or this conversation found it last; `types` the wished ones, empty for none.

    `answer_due`: a wish asked for it, so `Closed` or `Accepting` is told even where nothing changes.
    """

    chosen: Chosen
    line: Line
    known: Unit | None
    health: Health = field(default_factory=lambda: Health(UNIT))
    state: State | None = None  # as polled last
    since_s: float = 0.0  # when its code was first seen
    stacked: int | None = None  # the type told as stacked in this episode
    past_return: bool = False
    types: frozenset[int] = frozenset()
    answer_due: bool = False
    leaving: bool = False
    reset: bool = False

    def see(self, state: State) -> Dialogue[bool]:
        """Note a polled state and tell what it says of the unit's health; True when it is not the one before, being
        busy in between aside."""
        if state.code == Code.BUSY:
            return False  # nothing begins or ends by it
        changed = state != self.state
        if self.state is None or state.code != self.state.code:
            self.since_s = self.line.clock_s
        self.state = state
        if state.code in NEW_EPISODE:
            self.stacked = None
            self.past_return = state.code in (Code.STACKING, Code.POWER_UP_NOTE_PAST_RETURN) or (
                self.past_return and state.code in (Code.ESCROW, Code.HOLDING, Code.INITIALIZE)
            )
        yield from self.health.see(state, inside=self.past_return)
        limit_s, code = TOO_LONG.get(state.code, (0.0, ""))
        if code and self.line.clock_s - self.since_s > limit_s:
            yield from self.health.complain(code, inside=self.past_return, lasts_in=frozenset({state.code}))
        return changed

    def is_new_piece(self, state: State) -> bool:
        """Whether this "stacked" is told for the first time: the same word without another state between is the same
        piece, shown again because our acknowledgement was lost."""
        told, self.stacked, self.past_return = self.stacked, state.detail, False
        return told != state.detail

    def hear(self, wish: Wish) -> Dialogue[None]:
        """Wishes about a piece in escrow are for who knows of one."""
        match wish:
            case Accept(types=types) if not self.leaving:
                self.types, self.answer_due = frozenset(types.get(UNIT, ())), True
            case Refuse():
                self.types, self.answer_due = frozenset(), True
            case Leave():
                self.types, self.answer_due, self.leaving = frozenset(), True, True
            case Reset():
                self.reset = True
            case Pay(unit=unit, key=key, amount_minor=asked) if unit == UNIT:
                yield Tell(PaidOut(UNIT, key, asked, 0, reason="ccnet.pays_nothing"))

    def denomination(self, type_: int) -> Denomination | None:
        takes = self.known.takes if self.known else ()
        return next((each for each in takes if each.type == type_), None)

    def count(self) -> Dialogue[int | None]:
        """The unit's own count of stacked pieces; None when it would not tell."""
        body = yield from self.line.get(Command.GET_COUNTER, COUNTER_LENGTH)
        return int.from_bytes(body, "big") if body else None
