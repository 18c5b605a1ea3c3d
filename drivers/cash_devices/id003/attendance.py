"""One conversation with a validator from its first status to the wish `Leave`: polls, sets it up, opens it, decides.

    40 41 42 -> (ACK for 40) RESET -> 1B -> 1A: C0 all shut, C1, C3 01, C5, version, currency table -> Found
    open: C0 with what is wished for, C3 00 -> 11 -> Accepting        close: C3 01 -> 1A, nothing on its way -> Closed
    13 dd -> Escrowed -> HOLD while nobody decides -> STACK or RETURN, and the next statuses say what came of it

A STACK or RETURN that nobody answered is not believed either way: while the status still says escrow it was not carried
out and is asked for again, any other status says what was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Closed,
    Counted,
    Denomination,
    Found,
    GiveBack,
    Leave,
    Noticed,
    PaidOut,
    Pay,
    Refuse,
    Remembered,
    Reset,
    Stack,
    Unit,
)
from drivers.cash_devices.id003.exchange import TRIES, Exchange
from drivers.cash_devices.id003.frames import Frame
from drivers.cash_devices.id003.notes import disabled_mask, read_table, strangers
from drivers.cash_devices.id003.sightings import UNIT, Sightings
from drivers.cash_devices.id003.words import POWER_UPS, RUNNING, Is, Say
from drivers.wire.dialogue import Dialogue, Send, Tell, Wish

HOLD_EACH_S = 2.0  # the reference: within 5 s, the device's own limit is 10 s; this leaves room for lost frames
AGAIN_S = 1.0  # between a decision that was refused or not answered and asking for it again
TAKEN_AGAIN_S = 5.0  # the same after an acknowledgement: a validator that said yes is believed that long
RESET_AGAIN_S = 10.0  # RESET is repeated no sooner, it would begin its start anew
SETUP_AGAIN_S = 2.0  # a validator that does not take its settings is asked again at this pace
OPEN_AGAIN_S = 2.0  # the same for one that was opened and still says that it is shut
UNHEARD_RESET_S = 1.0  # one that was not answered: long enough to see whether it starts all the same
STAYS_OPEN_S = 5.0

SHUT, OPEN = b"\x01", b"\x00"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the owner decided. `stack` is STACK_1 or STACK_2."""

    stack: Say
    decide_within_s: float
    countries: Mapping[int, str]
    security: bytes
    options: bytes


class Attendance:
    """The state of one conversation; `run` is it."""

    def __init__(self, choices: Choices, remembered: Remembered | None) -> None:
        self._choices = choices
        self._remembered = remembered
        self._wire = Exchange()
        self._seen = Sightings(lambda: self._wire.counted_s, self._denomination)
        self._table: tuple[Denomination, ...] | None = None
        self._wanted: frozenset[int] = frozenset()  # what is to be taken; nothing: shut
        self._opened: frozenset[int] | None = None  # what the device was told to take
        self._shut = False  # it confirmed C3 01 and was not opened since
        self._accepting = False  # and the host was told
        self._owes_closed = False
        self._leaving = False
        self._reset_wished = False
        self._next_reset_s = 0.0
        self._next_setup_s = 0.0
        self._next_open_s = 0.0
        self._setup_failed = False
        self._stays_open = False

    def run(self) -> Dialogue[None]:
        # What still lies in the wire answers a question of an earlier conversation.
        yield from self._wire.rest()
        if self._remembered is not None and self._remembered.payout is not None:
            left = self._remembered.payout
            reason = "id003.no_payout"
            yield Tell(PaidOut(UNIT, left.key, left.amount_minor, 0, certain=False, recovered=True, reason=reason))
        while True:
            status = yield from self._wire.status()
            if status is not None:
                if status.code in (Is.ACCEPTING, Is.ESCROW) and not self._seen.unwell:
                    yield from self._takes_money()  # a quick shopper: the status between was never seen
                yield from self._seen.see(status)
                yield from self._act(Is(status.code))
                if self._may_leave(Is(status.code)):
                    return
            while self._wire.wishes:
                yield from self._hear(self._wire.wishes.popleft())
            while (wish := (yield from self._wire.rest_or_wish())) is not None:
                yield from self._hear(wish)

    # What each status asks us to do

    def _act(self, status: Is) -> Dialogue[None]:
        if status in POWER_UPS or status == Is.INITIALISING:
            self._shut, self._accepting, self._opened, self._table = False, False, None, None
            self._reset_wished = self._reset_wished and not self._seen.entered
        if status in POWER_UPS:
            yield from self._wake(status)
            return
        may_reset = self._seen.unwell or self._seen.note is None  # a note on its way comes to its end first
        if self._reset_wished and may_reset and self._wire.counted_s >= self._next_reset_s:
            yield from self._reset()
            return
        if status in (Is.ESCROW, Is.HOLDING):
            yield from self._decide()
        may_hear = status in RUNNING and status not in (Is.VEND_VALID, Is.DISABLED)
        # One that was shut and says all the same that it takes notes is told again.
        if may_hear and not self._wanted and (status == Is.IDLE or not self._shut):
            yield from self._close()
        if status == Is.DISABLED:
            yield from self._at_rest()
        elif status == Is.IDLE:
            yield from self._idle()
        if self._owes_closed and self._is_closed(status):
            self._owes_closed = False
            yield Tell(Closed(UNIT))

    def _wake(self, status: Is) -> Dialogue[None]:
        if self._leaving and self._seen.note is None:
            return  # it takes nothing before a RESET; whoever attends next wakes it
        if self._wire.counted_s >= self._next_reset_s:
            if status == Is.POWER_UP:
                yield Send(Frame(Say.ACK).encode())
            yield from self._reset()

    def _reset(self) -> Dialogue[None]:
        answer = yield from self._wire.operate(Say.RESET)
        if answer:
            self._reset_wished, self._seen.ready = False, False
        self._next_reset_s = self._wire.counted_s + (RESET_AGAIN_S if answer else UNHEARD_RESET_S)

    def _at_rest(self) -> Dialogue[None]:
        if not (self._seen.ready or self._leaving) and self._wire.counted_s >= self._next_setup_s:
            yield from self._set_up()
        elif not self._shut and not self._opened:
            yield from self._close()
        if not self._seen.ready or not self._wanted or self._seen.unwell:
            return
        if self._opened != self._wanted or self._wire.counted_s >= self._next_open_s:
            yield from self._open()

    def _idle(self) -> Dialogue[None]:
        if not self._wanted:
            if self._wire.counted_s - self._seen.since_s >= STAYS_OPEN_S and not self._stays_open:
                self._stays_open = True
                yield Tell(Noticed(UNIT, "id003.stays_open"))
            return
        if not self._seen.ready:
            yield from self._close()
        elif self._opened != self._wanted:
            yield from self._open()
        else:
            yield from self._takes_money()

    def _takes_money(self) -> Dialogue[None]:
        if self._wanted and self._opened == self._wanted and not self._accepting:
            self._accepting = True
            yield Tell(Accepting(UNIT))

    # Setting up, opening, closing

    def _set_up(self) -> Dialogue[None]:
        """Its settings, who it is, what it knows: told as Found. A device that does not answer is asked again later."""
        wire, chosen = self._wire, self._choices
        self._accepting = False
        settings = (
            (Say.SET_DISABLED, disabled_mask(())),
            (Say.SET_SECURITY, chosen.security),
            (Say.SET_INHIBIT, SHUT),
            (Say.SET_OPTIONS, chosen.options),
        )
        confirmed = {}
        for what, data in settings:
            confirmed[what] = yield from wire.set(what, data)
        version = yield from wire.get(Say.VERSION)
        table = yield from wire.get(Say.CURRENCY_TABLE)
        self._shut, self._opened = confirmed[Say.SET_INHIBIT], None
        if table is None or not (confirmed[Say.SET_DISABLED] and confirmed[Say.SET_INHIBIT]):
            self._next_setup_s = wire.counted_s + SETUP_AGAIN_S
            if not self._setup_failed:
                self._setup_failed = True
                yield Tell(Noticed(UNIT, "id003.no_setup"))
            return
        self._table = read_table(table, chosen.countries)
        yield Tell(Found(describe(version, self._table)))
        if strangers(table, chosen.countries):
            yield Tell(Noticed(UNIT, "id003.country"))
        if not confirmed[Say.SET_SECURITY] or not confirmed[Say.SET_OPTIONS]:
            yield Tell(Noticed(UNIT, "id003.settings"))
        self._seen.ready, self._setup_failed = True, False

    def _open(self) -> Dialogue[None]:
        taken = self._wanted & {note.type for note in self._table or ()}
        if not taken:
            self._wanted, self._owes_closed = frozenset(), True
            return
        self._next_open_s = self._wire.counted_s + OPEN_AGAIN_S
        if (yield from self._wire.set(Say.SET_DISABLED, disabled_mask(taken))):
            if not self._accepting:
                # There is no counter: said all the same, so that the journal shows that nothing is known.
                yield Tell(Counted(UNIT, None))
            self._shut, self._accepting, self._stays_open = False, False, False
            if (yield from self._wire.set(Say.SET_INHIBIT, OPEN)):
                self._wanted = self._opened = taken

    def _close(self) -> Dialogue[None]:
        """Asked once; a device that did not hear it is told again at the next beat."""
        self._opened, self._accepting = None, False
        self._shut = yield from self._wire.set(Say.SET_INHIBIT, SHUT, tries=1)

    def _is_closed(self, status: Is) -> bool:
        """Shut by its own word, or in a trouble that lets nothing in; and no note on its way."""
        return not self._wanted and self._seen.note is None and (self._seen.unwell or self._is_shut(status))

    def _is_shut(self, status: Is) -> bool:
        return status == Is.DISABLED and self._shut

    def _may_leave(self, status: Is) -> bool:
        if not self._leaving:
            return False
        if self._seen.unwell:
            return True  # a note that is stuck does not come to an end by waiting
        return self._seen.note is None and (self._is_shut(status) or status in POWER_UPS)

    # The note in escrow

    def _decide(self) -> Dialogue[None]:
        """In escrow or held: what was decided is asked for (again), what nobody decides is held, then given back."""
        note = self._seen.note
        if note is None:
            return
        now_s = self._wire.counted_s
        if note.decided:
            if now_s - note.asked_s >= (TAKEN_AGAIN_S if note.taken else AGAIN_S):
                yield from self._ask(note.wish or Say.RETURN)
            return
        overdue = now_s - note.escrowed_s >= self._choices.decide_within_s
        unwanted = note.found or overdue or self._leaving
        if unwanted or (yield from self._denomination(note.type)) is None:
            yield from self._ask(Say.RETURN)
        elif now_s - note.held_s >= HOLD_EACH_S:
            note.held_s = now_s
            yield from self._wire.operate(Say.HOLD)

    def _ask(self, what: Say) -> Dialogue[None]:
        note = self._seen.note
        if note is None:
            return
        if not note.decided:
            note.wish, note.wished_s = what, self._wire.counted_s
        note.asked_s = self._wire.counted_s
        note.taken = bool((yield from self._wire.operate(what)))

    def _denomination(self, code: int) -> Dialogue[Denomination | None]:
        """By the device's own table, read now if it was not yet; by the remembered one if it does not answer."""
        if self._table is None:
            table = yield from self._wire.get(Say.CURRENCY_TABLE, TRIES - 1)
            self._table = None if table is None else read_table(table, self._choices.countries)
        remembered = self._remembered.unit.takes if self._remembered is not None else ()
        known = remembered if self._table is None else self._table
        return next((note for note in known if note.type == code), None)

    # Wishes

    def _hear(self, wish: Wish) -> Dialogue[None]:
        match wish:
            case Accept(types=types) if not self._leaving:
                self._wanted, self._owes_closed = types.get(UNIT, frozenset()), False
                self._opened = None
                if not self._wanted:
                    yield from self._refuse()
            case Refuse():
                yield from self._refuse()
            case Stack(unit=unit) if unit == UNIT:
                yield from self._decided(self._choices.stack)
            case GiveBack(unit=unit) if unit == UNIT:
                yield from self._decided(Say.RETURN)
            case Pay(unit=unit, key=key, amount_minor=amount) if unit == UNIT:
                yield Tell(PaidOut(UNIT, key, amount, 0, reason="id003.no_payout"))
            case Reset():
                self._reset_wished, self._next_reset_s = True, 0.0
            case Leave():
                self._leaving = True
                yield from self._refuse(self._accepting or self._owes_closed)

    def _refuse(self, owes_closed: bool = True) -> Dialogue[None]:
        self._wanted, self._owes_closed = frozenset(), owes_closed
        deaf = self._seen.status in (None, Is.VEND_VALID, Is.INITIALISING, *POWER_UPS)
        if not deaf and not self._shut:
            yield from self._close()

    def _decided(self, what: Say) -> Dialogue[None]:
        note = self._seen.note
        if note is None or not note.escrowed or note.found or note.decided or note.ended or note.past_return:
            return
        if self._seen.status in (Is.ESCROW, Is.HOLDING):
            yield from self._ask(what)


def describe(version: bytes | None, table: tuple[Denomination, ...]) -> Unit:
    """The protocol knows no serial number and no counter: the version text stands in for one, None for the other."""
    text = " ".join((version or b"").decode("ascii", "replace").replace("\x00", " ").split())
    return Unit(UNIT, text, f"JCM ID-003 {text}".strip(), table, escrow=True)
