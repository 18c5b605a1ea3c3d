"""Sales that a backup knew as unfinished and HQ does not tell of: how each ends, now that its register has been read.

    basket, or nothing paid            given up: what lay on the counter has long been sold or put back
    its last document was still due    one receipt of that act and sum that no sale has: it is that one
    anything else                      left open: the back office has the case

None of them is taken up: the box that died has finished each of them, and a document made now would be its second.
A card whose answer the backup did not have is set aside, as if a person could not tell: the terminal serves the next
one, and is asked about this one until it proves what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from agent.course.plan_documents import planned_documents
from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.document import Operation
from fiscal.refused import PlanRefused
from fiscal.regimes.profile import Profile
from fiscal.register_match import Compared, FoundDocument
from fiscal.sale import Phase, Sale, SaleEvent, evolve
from fiscal.sale_events import SaleAct

RESTORED = "restored"


_OPERATIONS = {
    SaleAct.SALE: Operation.SALE,
    SaleAct.ADVANCE: Operation.SALE,
    SaleAct.REFUND: Operation.SALE_REFUND,
}


@dataclass(frozen=True, slots=True)
class Register:
    """Which register was read, and today's law."""

    serial: str
    fn: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Ending:
    """`state` is the closing fact's, "" where HQ is told nothing; `number` is the document that was found for it."""

    events: tuple[SaleEvent, ...]
    state: str = ""
    number: int = 0


def ending(sale: Sale, register: Register, foreign: Sequence[Compared]) -> Ending:
    """`foreign`: receipts of `register` that no sale has."""
    lost = tuple(event for attempt in sale.attempts for event in _set_aside(attempt))
    end = _ending(reduce(evolve, lost, sale), register, foreign)
    return replace(end, events=(*lost, *end.events))


def _set_aside(attempt: p.Attempt) -> tuple[SaleEvent, ...]:
    asked = (p.CardPersonAsked(attempt.id, 0), p.CardPersonCannotTell(attempt.id, RESTORED))
    match attempt.phase:
        case p.AttemptPhase.SENT | p.AttemptPhase.HEARD:
            return (p.CardLost(attempt.id, RESTORED), *asked)
        case p.AttemptPhase.UNKNOWN:
            return asked
        case p.AttemptPhase.NEEDS_PERSON:
            return asked[1:]
    return ()


def _ending(sale: Sale, register: Register, foreign: Sequence[Compared]) -> Ending:
    paid = sale.money_here or bool(sale.unsettled) or bool(sale.sealed)
    if sale.phase is Phase.BASKET or (sale.phase is Phase.PAYING and not paid):
        return Ending((e.Voided(RESTORED),))
    if sale.phase is Phase.SEALED and not sale.documents_left:
        return Ending((_closed(sale),), "closed")
    return _its_receipt(sale, register, foreign) or Ending(_left_open(sale), "left_open")


def _its_receipt(sale: Sale, register: Register, foreign: Sequence[Compared]) -> Ending | None:
    """The one receipt that can only be this sale's last document."""
    index = len(sale.sealed)
    if sale.phase is Phase.GIVING_BACK or index != len(sale.parts) - 1:
        return None
    meant = sale.meant
    if meant is not None and meant.fn != register.fn:
        return None
    asked = (_OPERATIONS[sale.act], sale.parts[index].total_minor)
    like = [
        row.found
        for row in foreign
        if row.found is not None
        and (meant is None or row.number > meant.last_document)
        and (row.found.operation, row.found.total_minor) == asked
    ]
    if len(like) != 1:
        return None
    events: tuple[SaleEvent, ...] = ()
    if meant is None:
        meant = _meant(sale, index, register, like[0])
        if meant is None:
            return None
        events = (meant,)
    elif sale.phase is Phase.SEALING:
        events = (e.SealUnknown(index, RESTORED),)
    at = like[0].at.isoformat() if like[0].at is not None else meant.at
    sealed = e.Sealed(index, like[0].number, like[0].sign, at, e.SealedBy.FOUND)
    return Ending((*events, sealed, _closed(sale)), "closed", like[0].number)


def _meant(sale: Sale, index: int, register: Register, found: FoundDocument) -> e.SealMeant | None:
    """The intent that the dead box wrote down before it asked the register; None where it cannot be made again."""
    try:
        planned = planned_documents(sale, register.profile, sale.opened.cashier, "")
    except PlanRefused:
        return None
    if len(planned) != len(sale.parts):
        return None
    at = found.at.isoformat() if found.at is not None else ""
    return e.SealMeant(index, planned[index], register.serial, register.fn, found.number - 1, at)


def _left_open(sale: Sale) -> tuple[SaleEvent, ...]:
    left, cancelled = e.LeftOpen("", RESTORED), e.PaymentCancelled("", RESTORED)
    match sale.phase:
        case Phase.SEALING:
            return (e.SealUnknown(len(sale.sealed), RESTORED), left)
        case Phase.SEALED:
            return (e.SealRefusedPaid(len(sale.sealed), RESTORED), cancelled, left)
        case Phase.PAID_UNSEALED:
            return (cancelled, left)
    return (left,)


def _closed(sale: Sale) -> e.Closed:
    """Nobody knows the moment any more; that of its beginning has the right day."""
    return e.Closed(sale.opened.at_ms)
