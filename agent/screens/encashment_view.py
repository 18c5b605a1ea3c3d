"""The screen of emptied boxes at a till: their list, or one of them with what is typed of its count."""

from __future__ import annotations

from agent.box_view import BoxView, EncashmentScreen, PiecesView
from agent.till.till import Till
from fiscal.cash_events import Counts
from fiscal.encashment import Encashment


def encashment_screen(till: Till) -> EncashmentScreen | None:
    """None: nobody looks at boxes."""
    shown = till.encashment
    if shown is None:
        return None
    if shown.box is None:
        made = till.encashments.newest()
        waiting = sum(document.centre_minor is None for document in made)
        return EncashmentScreen(None, [_box(till, document) for document in made], waiting, [])
    box = shown.box
    document = till.encashments.book(box.kiosk).document(box.device, box.unit, box.period)
    if shown.typed is None or document.centre_minor is not None:
        counted = None if document.centre_minor is None else document.centre
        return EncashmentScreen(_box(till, document), [], 0, _pieces(document, shown.values, counted))
    pieces = _pieces(document, shown.values, shown.typed.counts)
    return EncashmentScreen(_box(till, shown.typed.would_be), [], 0, pieces, True)


def _pieces(document: Encashment, values: tuple[int, ...], counted: Counts | None) -> list[PiecesView]:
    """A row for each kind of note or coin, the greatest first; nothing is counted by kind where the sum alone is."""
    expected, found = document.expected, dict(counted or ())
    by_journal = dict(expected or ())
    kinds = sorted({*values, *found}, reverse=True)
    return [
        PiecesView(value, -1 if expected is None else by_journal.get(value, 0), found.get(value, 0) if counted else -1)
        for value in kinds
    ]


def _box(till: Till, document: Encashment) -> BoxView:
    name = till.people.name_of
    return BoxView(
        kiosk=document.kiosk,
        device=document.device,
        unit=document.unit,
        period=document.period,
        number=document.number,
        place=till.encashments.name(document.kiosk),
        title=document.title or document.unit,
        from_ms=document.from_ms,
        to_ms=document.to_ms,
        by=name(document.operator) if document.operator else "",
        total_minor=document.total_minor,
        doubts=len(document.doubts),
        counted_minor=document.centre_minor,
        difference_minor=document.difference_minor,
        counted_by=name(document.centre_by) if document.centre_by else "",
        counted_ms=document.centre_at_ms,
    )
