"""The plan of a sale: which fiscal documents it will be, complete to the kopeck, before the first byte leaves.

One document for each (seller, tax system). Discounts do not exist in the fiscal data format, so they are put into the
prices: a line whose price times quantity cannot give its sum becomes two lines whose prices differ by one kopeck.
Store credit fills the documents in their order, then card money does, cash pays the rest; change comes from cash only
and leaves with the last document paid in cash; cash rounding is dropped once, over all documents, and never touches
their roubles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fiscal.basket import Basket, BasketLine
from fiscal.document import DocumentLine, DocumentPayments, FiscalDocument, Operation, Subject, TaxSystem
from fiscal.money import CashRounding, cash_rounding_minor
from fiscal.pricing import exact_prices
from fiscal.refused import PlanRefused as PlanRefused  # named here for its callers
from fiscal.regimes.profile import Profile

CASH = "cash"
CARD = "card"
CREDIT = "credit"
"""Store credit: an advance paid before (tag 1215)."""


@dataclass(frozen=True, slots=True)
class PlannedDocument:
    """One document of the plan. `line_ids` names, line by line of the document, the basket line it comes from."""

    seller: str
    tax_system: TaxSystem
    document: FiscalDocument
    line_ids: tuple[str, ...] = ()

    @property
    def book(self) -> tuple[str, TaxSystem]:
        """What keeps documents apart: each seller and tax system has one in a plan."""
        return (self.seller, self.tax_system)


@dataclass(frozen=True, slots=True)
class Due:
    """What is left to pay in cash once the card's share is known, and how it falls on the documents."""

    total_minor: int  # what the documents' tags 1020 add up to: the rounding is already dropped
    rounding_minor: int
    card_minor: int
    cash_minor: int


def due(basket: Basket, card_minor: int, rounding: CashRounding, credit_minor: int = 0) -> Due:
    """The sum to ask for in cash when card and store credit pay theirs; with neither the whole total after rounding."""
    sums = [sum(line.sum_minor for line in lines) for _, lines in _books(basket)]
    shares = _shares(sums, credit_minor, card_minor, rounding)
    return Due(
        sum(share.credit_minor + share.card_minor + share.cash_minor for share in shares),
        sum(share.rounding_minor for share in shares),
        card_minor,
        sum(share.cash_minor for share in shares),
    )


def plan(
    basket: Basket,
    operation: Operation,
    payments: Iterable[tuple[str, int]],
    cash_received: int | None,
    cashier: str,
    buyer_contact: str,
    sale_key: str,
    profile: Profile,
    *,
    buyer_is_business: bool = False,
) -> tuple[PlannedDocument, ...]:
    """The documents of a sale, in the order they are to be sealed.

    `payments` says what each means settles: ("credit", 100), ("card", 50000), ("cash", 24900); the cash entry may be
    left out, else it is exactly `due(...)`'s. `cash_received` is what the buyer handed over (None: the exact sum).
    Refuses with `PlanRefused` and makes no plan.
    """
    if not basket.lines:
        raise PlanRefused("empty_basket")
    settled = list(payments)
    card, credit = _paid(settled, CARD), _paid(settled, CREDIT)
    books = _books(basket)
    sums = [sum(line.sum_minor for line in lines) for _, lines in books]
    total = sum(sums)
    if total == 0 and not profile.zero_total_allowed:
        raise PlanRefused("zero_total")
    if card + credit > total:
        raise PlanRefused("card_exceeds_total", card_minor=card + credit, total_minor=total)
    shares = _shares(sums, credit, card, profile.cash_rounding)
    received = _cash_received(shares, settled, cash_received)
    cash_due = sum(share.cash_minor for share in shares)
    if buyer_is_business and 0 < profile.cash_b2b_limit_minor < cash_due:
        raise PlanRefused("cash_b2b_limit", limit_minor=profile.cash_b2b_limit_minor)
    planned = []
    change_goes_to = max((index for index, share in enumerate(shares) if share.cash_minor), default=0)
    for index, (((seller, tax_system), lines), share) in enumerate(zip(books, shares, strict=True)):
        pairs = [(line.id, made) for line in lines for made in _document_lines(line)]
        if 0 < profile.document_greatest_bytes < sum(_bytes_of(made) for _, made in pairs):
            raise PlanRefused("document_too_long", lines=len(pairs))
        document = FiscalDocument(
            operation,
            tax_system,
            tuple(made for _, made in pairs),
            DocumentPayments(
                cash_minor=share.cash_minor + (received - cash_due if index == change_goes_to else 0),
                electronic_minor=share.card_minor,
                prepaid_minor=share.credit_minor,
            ),
            cashier,
            share.rounding_minor,
            buyer_contact,
            sale_key,
        )
        planned.append(PlannedDocument(seller, tax_system, document, tuple(line_id for line_id, _ in pairs)))
    return tuple(planned)


def _bytes_of(line: DocumentLine) -> int:
    """What one item takes in the document, from above: its name, its mark and 64 bytes of numbers and heads."""
    return 64 + min(len(line.name), 128) + len(line.mark or b"")


def change_minor(planned: Iterable[PlannedDocument]) -> int:
    """What the buyer gets back from the cash he handed over."""
    return sum(one.document.payments.sum_minor - one.document.total_minor for one in planned)


@dataclass(frozen=True, slots=True)
class _Share:
    rounding_minor: int
    credit_minor: int
    card_minor: int
    cash_minor: int


def _books(basket: Basket) -> list[tuple[tuple[str, TaxSystem], list[BasketLine]]]:
    books: dict[tuple[str, TaxSystem], list[BasketLine]] = {}
    for line in basket.lines:
        books.setdefault((line.product.seller, line.product.tax_system), []).append(line)
    return list(books.items())


def _shares(sums: Sequence[int], credit_minor: int, card_minor: int, rounding: CashRounding) -> list[_Share]:
    """Store credit, then card money in the order of the documents, cash the rest, the rounding from the last document
    backwards.

    A document can drop no more than its own kopecks and no more than its cash. Where the kopecks of the cash part
    cannot be dropped so, nothing is: tag 1020 may differ from the lines in kopecks only.
    """
    credits = _filled(sums, credit_minor)
    cards = _filled([sum_minor - credit for sum_minor, credit in zip(sums, credits, strict=True)], card_minor)
    cash = [sum_minor - credit - card for sum_minor, credit, card in zip(sums, credits, cards, strict=True)]
    room = [min(sum_minor % 100, part) for sum_minor, part in zip(sums, cash, strict=True)]
    drop = cash_rounding_minor(sum(cash), rounding)
    if drop > sum(room):
        drop = 0
    shares: list[_Share] = []
    for index in range(len(sums) - 1, -1, -1):
        dropped = min(drop, room[index])
        drop -= dropped
        shares.append(_Share(dropped, credits[index], cards[index], cash[index] - dropped))
    return shares[::-1]


def _filled(room: Sequence[int], money_minor: int) -> list[int]:
    """Money put into the rooms in their order, each up to its brim."""
    filled: list[int] = []
    for most in room:
        filled.append(min(most, money_minor - sum(filled)))
    return filled


def _paid(settled: Sequence[tuple[str, int]], means: str) -> int:
    if any(minor < 0 for _, minor in settled):
        raise PlanRefused("payment_negative")
    if any(named not in (CASH, CARD, CREDIT) for named, _ in settled):
        raise ValueError("a sale is paid by cash, card or store credit")
    return sum(minor for named, minor in settled if named == means)


def _cash_received(shares: Sequence[_Share], settled: Sequence[tuple[str, int]], cash_received: int | None) -> int:
    cash_due = sum(share.cash_minor for share in shares)
    if any(named == CASH for named, _ in settled) and _paid(settled, CASH) != cash_due:
        raise PlanRefused("payments_do_not_add_up", due_minor=cash_due, given_minor=_paid(settled, CASH))
    received = cash_due if cash_received is None else cash_received
    if received < 0:
        raise PlanRefused("payment_negative")
    if received < cash_due:
        raise PlanRefused("cash_short", missing_minor=cash_due - received)
    if received and not cash_due:
        raise PlanRefused("cash_not_due", received_minor=received)
    return received


def _document_lines(line: BasketLine) -> list[DocumentLine]:
    if line.discount_minor == 0:
        prices: tuple[tuple[int, int, int], ...] = ((line.price_minor, line.quantity_thousandths, line.sum_minor),)
    else:
        prices = exact_prices(line.sum_minor, line.quantity_thousandths)
    product = line.product
    return [
        DocumentLine(
            product.name,
            quantity,
            price,
            sum_minor,
            product.vat,
            Subject.MARKED_WITH_CODE if line.mark is not None else product.subject,
            product.method,
            measure=product.measure,
            department=product.department,
            mark=line.mark.raw if line.mark is not None else None,
        )
        for price, quantity, sum_minor in prices
    ]
