"""The validator at work: from "takes nothing" to open, through the life of each note, and back.

    19 --5B, masks--> 14 --> 15 Entered --> 80 Escrowed --> HOLD ... wish --> 17 Stacking --> 81 Stacked
                                                                         +--> 18 ----------> 82 Returned

What the device does by itself ends this and begins anew: a power-up, "initialize", "disabled" with our masks on, and a
note in escrow that is gone without a word. There the unit's own count, told with `Found`, says what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.cash_devices.ccnet.bill_table import masks
from drivers.cash_devices.ccnet.line import Reply
from drivers.cash_devices.ccnet.session import UNIT, Session
from drivers.cash_devices.ccnet.states import IN_ESCROW, POWER_UPS, TROUBLES, Code, Command, State, reject_text
from drivers.cash_devices.contract import (
    Accepting,
    Closed,
    Counted,
    Denomination,
    Entered,
    Escrowed,
    GiveBack,
    Rejected,
    Returned,
    Stack,
    Stacked,
    Stacking,
)
from drivers.wire.dialogue import Dialogue, Tell, Wish

HOLD_EVERY_S = 4.0  # the device gives the note back after 10 s without a word; twice in that time, and one may be lost
OBEYED_WITHIN_S = 5.0  # a note that lies in escrow so long after an acknowledged STACK or RETURN is an alarm
MASKS_WITHIN_S = 2.0  # masks that do not show in the state by then were lost
UNLIT = frozenset({*TROUBLES, Code.DISABLED, Code.CASSETTE_OUT, Code.CHEATED})
"""States in which it takes nothing and moves nothing."""


class Outcome(Enum):
    LEFT = "left"
    ANEW = "anew"


@dataclass(slots=True)
class Piece:
    """A note in escrow or past it. `decision` is STACK or RETURN; `obeyed_at_s` when the device acknowledged it."""

    type: int
    denomination: Denomination | None
    since_s: float
    held_at_s: float
    decision: Command | None = None
    obeyed_at_s: float | None = None
    returning: bool = False


class Serving:
    """One stretch of work between two beginnings."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._piece: Piece | None = None
        disabled = session.state is not None and session.state.code == Code.DISABLED
        self._masks: frozenset[int] | None = frozenset() if disabled else None  # what it is proved to have
        self._masked_at_s = session.line.clock_s
        self._open = False  # it was seen idling since the masks went on
        self._told_open: bool | None = None
        self.fresh = session.state
        """The state polled last; None once something was ordered that may have changed it."""

    def run(self) -> Dialogue[Outcome]:
        session, line = self._session, self._session.line
        while True:
            outcome = yield from self._pursue()
            if outcome is not None:
                return outcome
            over = yield from line.rest()
            while line.wishes:
                yield from self._hear(line.wishes.popleft())
            if not over:
                continue  # a wish is acted on at once, the next poll keeps its beat
            state = yield from line.poll()
            if state is None:
                continue
            was_out = session.health.cassette_out
            changed = yield from session.see(state)
            anew = yield from self._tell(state, changed)
            if session.health.trouble:
                self._told_open = None  # said again when it is over
            yield from line.acknowledge()
            self.fresh = state
            if anew or (was_out and not session.health.cassette_out):
                return Outcome.ANEW

    def _hear(self, wish: Wish) -> Dialogue[None]:
        yield from self._session.hear(wish)
        piece = self._piece
        if piece is None or piece.decision is not None:
            return
        match wish:
            case Stack() if wish.unit == UNIT:
                # A type without a value can only be given back: nobody could book it.
                piece.decision = Command.STACK if piece.denomination else Command.RETURN
            case GiveBack() if wish.unit == UNIT:
                piece.decision = Command.RETURN

    def _tell(self, state: State, changed: bool) -> Dialogue[bool]:
        """Tell what the state says of pieces; True when the conversation is to begin anew."""
        match state.code:
            case Code.IDLING | Code.ACCEPTING | Code.DISABLED:
                return (yield from self._tell_at_rest(state, changed))
            case Code.ESCROW:
                return (yield from self._tell_escrow(state))
            case Code.HOLDING:
                return self._piece is None
            case Code.STACKING if changed:
                yield Tell(Stacking(UNIT))
                self._piece = self._piece or self._new_piece(0)
            case Code.RETURNING:
                self._piece = self._piece or self._new_piece(0)
                self._piece.returning = True
            case Code.STACKED:
                self._piece = None
                if self._session.is_new_piece(state):
                    yield Tell(Stacked(UNIT, state.detail, self._session.denomination(state.detail)))
            case Code.RETURNED:
                self._piece = None
                if changed:
                    yield Tell(Returned(UNIT, state.detail))
            case Code.REJECTING if changed:
                yield Tell(Rejected(UNIT, reject_text(state.detail)))
            case code if code in POWER_UPS or code == Code.INITIALIZE:
                return True
        return False

    def _tell_at_rest(self, state: State, changed: bool) -> Dialogue[bool]:
        piece, self._piece = self._piece, None
        if piece is not None:
            if not piece.returning:
                return True
            yield Tell(Returned(UNIT, piece.type))  # some firmwares go from "returning" to "idling" without "returned"
        if state.code == Code.DISABLED:
            return bool(self._masks) and self._open  # it was reset between two polls: the masks are gone
        if self._masks:
            self._open = True
            if self._told_open is not True:
                self._told_open, self._session.answer_due = True, False
                yield Tell(Accepting(UNIT))
        if state.code == Code.ACCEPTING and changed:
            yield Tell(Entered(UNIT))
        return False

    def _tell_escrow(self, state: State) -> Dialogue[bool]:
        if self._piece is None:
            self._piece = self._new_piece(state.detail)
            yield Tell(Escrowed(UNIT, state.detail, self._piece.denomination))
        return self._piece.type != state.detail  # another note: the end of the one before was missed

    def _new_piece(self, type_: int) -> Piece:
        now_s = self._session.line.clock_s
        return Piece(type_, self._session.denomination(type_), now_s, now_s)

    def _pursue(self) -> Dialogue[Outcome | None]:
        """Do what brings the device from the state polled last nearer to what is wished."""
        session = self._session
        if session.reset:
            return Outcome.ANEW
        state = self.fresh
        if state is None:
            return None
        if self._piece is not None and state.code in IN_ESCROW:
            yield from self._decide(self._piece)
        types = session.types & {each.type for each in session.known.takes} if session.known else frozenset()
        if not types:
            return (yield from self._close(state))
        if state.code == Code.DISABLED:
            yield from self._enable(types)
        elif state.code == Code.IDLING and (self._masks != frozenset() or self._overdue()):
            if self._masks != types:
                yield from self._mask(types)
            elif session.answer_due:
                self._told_open = None  # told again with the next poll
        return None

    def _decide(self, piece: Piece) -> Dialogue[None]:
        session, line = self._session, self._session.line
        if piece.obeyed_at_s is not None:
            if line.clock_s - piece.obeyed_at_s > OBEYED_WITHIN_S:
                yield from session.health.complain("ccnet.not_obeyed", lasts_in=IN_ESCROW)
            return
        if piece.decision is None and line.clock_s - piece.since_s >= session.chosen.decide_within_s:
            piece.decision = Command.RETURN
        if piece.decision is not None:
            # Unanswered, or refused as no longer fitting: only the next state says whether it was executed. Should it
            # still be "escrow", it was not, and the order goes again.
            self.fresh = None
            if (yield from line.order(piece.decision)) is Reply.DONE:
                piece.obeyed_at_s = line.clock_s
                piece.returning = piece.decision is Command.RETURN
                session.past_return = piece.decision is Command.STACK
        elif line.clock_s - piece.held_at_s >= HOLD_EVERY_S:
            self.fresh = None
            if (yield from line.order(Command.HOLD)) is Reply.DONE:
                piece.held_at_s = line.clock_s

    def _overdue(self) -> bool:
        return self._session.line.clock_s - self._masked_at_s > MASKS_WITHIN_S

    def _enable(self, types: frozenset[int]) -> Dialogue[None]:
        if self._masks == types and not self._overdue():
            return  # it has not come to it yet
        yield Tell(Counted(UNIT, (yield from self._session.count())))
        yield from self._mask(types)

    def _mask(self, types: frozenset[int]) -> Dialogue[None]:
        line = self._session.line
        reply = yield from line.order(Command.ENABLE, masks(types), harmless=True)
        shut = reply is Reply.ILLEGAL and not types  # what it will not hear of in this state it does not take notes in
        self._masks = types if reply is Reply.DONE or shut else None
        self._masked_at_s = line.clock_s
        self._open, self._told_open = False, None
        self.fresh = None

    def _close(self, state: State) -> Dialogue[Outcome | None]:
        session = self._session
        if self._masks != frozenset() or (state.code == Code.IDLING and self._overdue()):
            yield from self._mask(frozenset())
            return None
        if state.code not in UNLIT:
            # A piece that got stuck on its way never comes to its end by itself. It is not said to be closed, then.
            return Outcome.LEFT if session.leaving and session.health.trouble else None
        if session.answer_due:
            session.answer_due = False
            yield Tell(Closed(UNIT))
        return Outcome.LEFT if session.leaving else None
