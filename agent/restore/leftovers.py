"""Sales that a backup knew as unfinished and HQ does not tell of: how each ends, now that its register has been read.

    basket, or nothing paid                 given up: what lay on the counter has long been sold or put back
    the register was making its document    one receipt of that act and sum after its baseline: it is that one
    anything else with money in it          left open: the back office has the case

None of them is taken up: the box that died has finished each of them, and a document made now would be its second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fiscal import sale_events as e
from fiscal.register_match import Compared, FoundDocument
from fiscal.sale import Phase, Sale, SaleEvent

RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Ending:
    """`state` is the closing fact's, "" where HQ is told nothing; `number` is the document that was found for it."""

    events: tuple[SaleEvent, ...]
    state: str = ""
    number: int = 0


def ending(sale: Sale, fn: str, foreign: Sequence[Compared]) -> Ending:
    """`foreign`: receipts of memory `fn` that no sale has."""
    match sale.phase:
        case Phase.BASKET:
            return Ending((e.Voided(RESTORED),))
        case Phase.PAYING if not sale.money_here and not sale.unsettled:
            return Ending((e.Voided(RESTORED),))
        case Phase.SEALING | Phase.IN_DOUBT:
            return _sealing(sale, fn, foreign)
        case Phase.SEALED if not sale.documents_left:
            return Ending((e.Closed(_at_ms(sale)),), "closed")
        case Phase.SEALED:
            given_up = e.SealRefusedPaid(len(sale.sealed), RESTORED)
            return Ending((given_up, e.PaymentCancelled("", RESTORED), _left()), "left_open")
        case Phase.PAID_UNSEALED:
            return Ending((e.PaymentCancelled("", RESTORED), _left()), "left_open")
    return Ending((_left(),), "left_open")


def _sealing(sale: Sale, fn: str, foreign: Sequence[Compared]) -> Ending:
    begun = (e.SealUnknown(len(sale.sealed), RESTORED),) if sale.phase is Phase.SEALING else ()
    meant = sale.meant
    assert meant is not None, "a document that is being made was meant"
    asked = meant.planned.document
    like = [
        row.found
        for row in foreign
        if row.found is not None
        and meant.fn == fn
        and row.number > meant.last_document
        and (row.found.operation, row.found.total_minor) == (asked.operation, asked.total_minor)
    ]
    last = meant.index == len(sale.parts) - 1
    if len(like) == 1 and last:
        found: FoundDocument = like[0]
        at = found.at.isoformat() if found.at is not None else meant.at
        sealed = e.Sealed(meant.index, found.number, found.sign, at, e.SealedBy.FOUND)
        return Ending((*begun, sealed, e.Closed(_at_ms(sale))), "closed", found.number)
    return Ending((*begun, _left()), "left_open")


def _left() -> e.LeftOpen:
    return e.LeftOpen("", RESTORED)


def _at_ms(sale: Sale) -> int:
    """When nobody knows the moment it is that of its beginning: its day is right."""
    return sale.opened.at_ms
