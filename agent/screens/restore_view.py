"""What a restored box shows before its till sells: what HQ gave back, what the register has, what to decide."""

from __future__ import annotations

from agent.restore.restore_desk import RestoreDesk
from agent.till.restore_acts import is_held_back, place_shown
from agent.till.till import Till
from agent.view import Note, RestoreRow, RestoreView
from fiscal.register_match import Compared, Fate

MOST_ROWS = 50
"""A person reads a page of them; the journal has all."""
_WAITING = {
    "hq_away": "restore_hq_away",
    "hq_busy": "restore_hq_away",
    "hq_refuses": "restore_hq_refuses",
    "disk": "disk_full",
}


def is_restoring(till: Till) -> bool:
    """Is the restore's page this till's? Where a till was opened before the match, or a kiosk waits for somebody to
    look, a supervisor finds it on an empty counter as soon as HQ has told."""
    if is_held_back(till):
        return True
    desk = till.restore
    state = desk.state if desk is not None else None
    if state is None or not state.finished or till.counter is not None or till.receipt is not None:
        return False
    return till.cashier is not None and till.cashier.supervisor and bool(place_shown(till))


def restore_screen(till: Till) -> RestoreView | None:
    desk = till.restore
    state = desk.state if desk is not None else None
    if desk is None or state is None:
        return None
    id = place_shown(till) or till.settings.id
    supervisor = till.cashier is not None and till.cashier.supervisor
    look = desk.looks.get(id)
    silent = desk.troubles.get(id) == "register_away"
    if not state.finished:
        code = _WAITING.get(desk.taking.trouble, "restore_asking")
        note = Note(code, {"told": state.told})
        may_open = supervisor and bool(desk.taking.trouble) and is_held_back(till)
        return RestoreView(note, state.told, 0, [], [], may_confirm=False, may_open=may_open)
    if look is None or silent:
        note = Note("restore_register_away") if silent else Note("restore_matching", {"told": state.told})
        return RestoreView(note, state.told, 0, [], [], may_confirm=False, may_open=False)
    match = look.match
    matched, foreign, differs = (len(match.of(fate)) for fate in (Fate.MATCHED, Fate.FOREIGN, Fate.DIFFERS))
    sum_minor = sum(row.found.total_minor or 0 for row in match.of(Fate.FOREIGN) if row.found is not None)
    note = Note("restore_clean", {"matched": matched})
    if foreign or differs:
        note = Note("restore_found", {"matched": matched, "count": foreign + differs, "sum_minor": sum_minor})
    rows = [_row(row) for row in match.rows if row.fate in (Fate.FOREIGN, Fate.DIFFERS)][:MOST_ROWS]
    return RestoreView(note, state.told, matched, rows, _notes(desk, id), may_confirm=supervisor, may_open=False)


def _notes(desk: RestoreDesk, till: str) -> list[Note]:
    look, state = desk.looks[till], desk.state
    found = []
    expected = look.expected or ("", "")
    if look.swapped == "fn":
        found.append(Note("restore_other_fn", {"expected": expected[1], "found": look.state.fn}))
    elif look.swapped == "register":
        found.append(Note("restore_other_register", {"expected": expected[0], "found": look.state.serial}))
    for other in look.match.elsewhere:
        found.append(Note("restore_elsewhere", {"fn": other.fn, "number": other.newest}))
    if look.skipped:
        found.append(Note("restore_not_compared", {"count": look.skipped}))
    unread = len(look.match.of(Fate.UNREAD))
    if unread:
        found.append(Note("restore_unread", {"count": unread}))
    if state is not None and state.finished == "nothing":
        found.append(Note("restore_journal_only"))
    return found


def _row(row: Compared) -> RestoreRow:
    at = row.found.at.isoformat(sep=" ", timespec="minutes") if row.found is not None and row.found.at else ""
    of = row.found.total_minor if row.found is not None else row.known.total_minor if row.known is not None else 0
    note = Note("restore_row_foreign" if row.fate is Fate.FOREIGN else "restore_row_differs")
    return RestoreRow(row.number, at, of or 0, note)
