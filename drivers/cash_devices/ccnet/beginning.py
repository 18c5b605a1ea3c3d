"""How a conversation begins, and begins anew after each reset of the device: until it is identified and takes nothing.

    10 11 12   read 37 and 41, RESET, then as below          43 44 45 47   RESET once, then a person's wish
    80 1A      RETURN, wait for 82                           13 17 18   wait; 81 on the way is a recovered piece
    14 15 1C   masks to zero, wait for 19                    19 41      identify, count, Found

A device that was running is not reset: its piece on the way comes to its end first. Once full (41) it never says 19
again before a person came, and is identified as it is.
"""

from __future__ import annotations

from drivers.cash_devices.ccnet.bill_table import (
    IDENTIFICATION_LENGTH,
    TABLE_LENGTH,
    BillTable,
    Identity,
    masks,
    read_identity,
    read_table,
)
from drivers.cash_devices.ccnet.line import SLOW_S, Reply
from drivers.cash_devices.ccnet.session import STACKING_S, UNIT, Session
from drivers.cash_devices.ccnet.states import (
    IN_ESCROW,
    MENDED_BY_RESET,
    POWER_UPS,
    Code,
    Command,
    State,
    reject_text,
)
from drivers.cash_devices.contract import Closed, Denomination, Found, Noticed, Rejected, Returned, Stacked, Unit
from drivers.errors import Unanswered
from drivers.wire.dialogue import Dialogue, Tell

OBEYED_WITHIN_S = 5.0  # an acknowledged order shows in the state by then (RESET within 4 s), or is given again
RESET_SHOWS_S = 1.0  # ten times what a device takes from acknowledging RESET to "initialize"
AT_REST = frozenset({Code.DISABLED, Code.FULL})


class Beginning:
    """One beginning. `run` is its whole life."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: tuple[Identity, BillTable] | None = None
        self._ordered_at_s: dict[Command, float] = {}
        self._mended = False

    def run(self, state: State | None) -> Dialogue[bool]:
        """From `state`, told and acknowledged already, or from the first POLL. False: the host wished to leave."""
        session = self._session
        try:
            if state is None:
                state = yield from self._poll()
            while not (state is not None and self._at_rest(state) and (yield from self._find(state))):
                if state is not None:
                    yield from self._act(state)
                if session.answer_due and not session.types and self._is_stuck():
                    yield from self._close()
                    if session.leaving:
                        return False
                yield from self._rest()
                state = yield from self._poll()
        except Unanswered:
            if not session.line.heard:
                # An absent device is to be sent RESET at least every 10 s: whoever attends again finds it awake.
                yield from session.line.shout(Command.RESET)
            raise
        return True

    def _is_stuck(self) -> bool:
        session = self._session
        lasts_s = session.line.clock_s - session.since_s
        return bool(session.health.trouble) or session.health.cassette_out or lasts_s > STACKING_S

    def _rest(self) -> Dialogue[None]:
        line = self._session.line
        while not (yield from line.rest()):
            pass
        while line.wishes:
            yield from self._session.hear(line.wishes.popleft())

    def _poll(self) -> Dialogue[State | None]:
        """The next state, told and then acknowledged."""
        session = self._session
        state = yield from session.line.poll()
        if state is None:
            return None
        changed = yield from session.see(state)
        match state.code:
            case Code.STACKED if session.is_new_piece(state):
                yield Tell(Stacked(UNIT, state.detail, self._denomination(state.detail), recovered=True))
            case Code.RETURNED if changed:
                yield Tell(Returned(UNIT, state.detail))
            case Code.REJECTING if changed:
                yield Tell(Rejected(UNIT, reject_text(state.detail)))
        yield from session.line.acknowledge()
        return state

    def _denomination(self, type_: int) -> Denomination | None:
        """By the table read at power-up, else by what is remembered; None for what another machine did."""
        known = self._session.known
        if self._read is None:
            return self._session.denomination(type_)
        identity, table = self._read
        if known is not None and known.serial != identity.serial:
            return None
        return next((each for each in table.denominations if each.type == type_), None)

    def _act(self, state: State) -> Dialogue[None]:
        if self._session.reset:
            self._session.reset = False
            yield from self._order(Command.RESET)
        elif state.code in POWER_UPS:
            if self._read is None:
                self._read = yield from self._identify(tries=1)
            yield from self._order(Command.RESET)
        elif state.code in MENDED_BY_RESET and not self._mended:
            self._mended = yield from self._order(Command.RESET)
        elif state.code == Code.INITIALIZE:
            self._ordered_at_s.pop(Command.RESET, None)  # it came to it; a brown-out from here on needs another
        elif state.code in IN_ESCROW:
            yield from self._order(Command.RETURN)
        elif state.code in (Code.IDLING, Code.ACCEPTING, Code.REJECTING):
            yield from self._order(Command.ENABLE, masks(()))

    def _close(self) -> Dialogue[None]:
        """In trouble it takes nothing; the masks see to it that it will not when the trouble is over."""
        yield from self._session.line.order(Command.ENABLE, masks(()), harmless=True)
        self._session.answer_due = False
        yield Tell(Closed(UNIT))

    def _at_rest(self, state: State) -> bool:
        """Whether it is ready to be identified. Right after RESET it may still say what it said before."""
        reset_at_s = self._ordered_at_s.get(Command.RESET, -RESET_SHOWS_S)
        reset_shows = self._session.line.clock_s - reset_at_s >= RESET_SHOWS_S
        if state.code == Code.FULL and self._session.past_return:
            return False  # the note that does not fit into the cassette is not in it: the count would deny it
        return state.code in AT_REST and reset_shows and not self._session.reset

    def _order(self, command: Command, data: bytes = b"") -> Dialogue[bool]:
        """Given once for as long as it may take to show; True when the device acknowledged."""
        line = self._session.line
        ordered_at_s = self._ordered_at_s.get(command)
        if ordered_at_s is not None and line.clock_s - ordered_at_s < OBEYED_WITHIN_S:
            return True
        if (yield from line.order(command, data, harmless=command is Command.ENABLE)) is not Reply.DONE:
            return False
        self._ordered_at_s[command] = line.clock_s
        return True

    def _identify(self, tries: int) -> Dialogue[tuple[Identity, BillTable] | None]:
        line, chosen = self._session.line, self._session.chosen
        identification = yield from line.get(Command.IDENTIFY, IDENTIFICATION_LENGTH, SLOW_S, tries)
        if not identification:
            return None
        table = yield from line.get(Command.GET_TABLE, TABLE_LENGTH, SLOW_S, tries)
        if not table:
            return None
        return read_identity(identification), read_table(table, chosen.countries, chosen.minor_digits)

    def _find(self, state: State) -> Dialogue[bool]:
        """Tell who it is and what it counts; False while it would not say."""
        session = self._session
        if self._read is None:
            self._read = yield from self._identify(tries=2)
        if self._read is None:
            if state.code == Code.DISABLED:
                yield from session.health.complain("ccnet.unidentified", lasts_in=frozenset({Code.DISABLED}))
            return False
        if session.health.trouble == "ccnet.unidentified":
            yield from session.health.recover()
        identity, table = self._read
        stacked = yield from session.count()
        session.known = Unit(UNIT, identity.serial, identity.part, table.denominations, escrow=True, stacked=stacked)
        yield Tell(Found(session.known))
        if table.unmapped:
            yield Tell(Noticed(UNIT, "ccnet.country"))
        return True
