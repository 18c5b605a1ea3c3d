"""Store credit: money that a shopper left with the shop against an advance receipt, as a sum of what came and went.

    an advance receipt was made        CreditGiven       + what it took
    a sale is paid with it             CreditTaken       - at the moment of the intent, before any device is asked
    that payment goes back             CreditReturned    + the sale was not made, or its goods came back

An account belongs to a number (a phone, a card of the shop). The number itself lies in the erasable table; the journal
knows the account's id only. In Russia an advance is a receipt with tag 1214 = 3 and 1212 = 10, and paying with it is
tag 1215 (54-FZ practice); the goods then carry the tax, the advance carried a calculated rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fiscal import sale_events as e
from fiscal.basket import BasketLine
from fiscal.document import Method, Subject, TaxSystem
from fiscal.product import Product
from fiscal.sale import Phase, Sale, SaleEvent, is_finished
from fiscal.sale_events import SaleAct
from fiscal.vat import VatRate

LINE = "advance"
"""The id of an advance receipt's only line."""


@dataclass(frozen=True, slots=True)
class CreditOpened:
    """The account begins. `personal` is the row of its number in the erasable table; `how`: phone, card."""

    account: str
    personal: str
    how: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class CreditGiven:
    """The advance receipt `sale` exists."""

    sale: str
    sum_minor: int


@dataclass(frozen=True, slots=True)
class CreditTaken:
    """`sale` is paid with it, or the advance itself is given back in money."""

    sale: str
    sum_minor: int


@dataclass(frozen=True, slots=True)
class CreditReturned:
    sale: str
    sum_minor: int


CreditEvent = CreditOpened | CreditGiven | CreditTaken | CreditReturned


class CreditShort(Exception):
    """More was taken than the account holds: a defect, never a person's doing."""


@dataclass(frozen=True, slots=True)
class Account:
    """The fold. `balance_minor` is what can be spent now."""

    opened: CreditOpened
    balance_minor: int = 0


def evolve_credit(account: Account, event: CreditEvent) -> Account:
    """The account after the event. Raises CreditShort."""
    match event:
        case CreditOpened():
            return account
        case CreditTaken(sum_minor=sum_minor):
            left = account.balance_minor - sum_minor
        case CreditGiven(sum_minor=sum_minor) | CreditReturned(sum_minor=sum_minor):
            left = account.balance_minor + sum_minor
    if left < 0:
        raise CreditShort(f"account {account.opened.account}: {left}")
    return Account(account.opened, left)


def fold_credit(events: Iterable[CreditEvent]) -> Account | None:
    """The account that these events made; None for none."""
    account: Account | None = None
    for event in events:
        if account is None:
            if not isinstance(event, CreditOpened):
                raise ValueError(f"an account begins with {type(event).__name__}")
            account = Account(event)
        else:
            account = evolve_credit(account, event)
    return account


def credit_events(before: Sale | None, after: Sale, events: Iterable[SaleEvent]) -> Iterator[tuple[str, CreditEvent]]:
    """What a step of a sale does to an account, as (account, event): to be kept in the step's own commit."""
    for event in events:
        if isinstance(event, e.CreditTaken) and after.act is SaleAct.SALE:
            yield event.account, CreditTaken(after.id, event.sum_minor)
        elif isinstance(event, e.CreditReturned):
            yield after.credit_account, CreditReturned(after.id, event.sum_minor)
    if not _stands(after) or (before is not None and _stands(before)):
        return
    if after.act is SaleAct.ADVANCE:
        yield after.opened.account, CreditGiven(after.id, after.cash_kept_minor)
    elif after.act is SaleAct.REFUND and after.credit_minor:
        yield after.credit_account, CreditReturned(after.id, after.credit_minor)


def _stands(sale: Sale) -> bool:
    """Its documents exist, or are owed: the money stays where it went."""
    return is_finished(sale) or sale.phase is Phase.CORRECTION_DUE


_CALCULATED = {
    VatRate.V20: VatRate.V20_120,
    VatRate.V22: VatRate.V22_122,
    VatRate.V10: VatRate.V10_110,
    VatRate.V7: VatRate.V7_107,
    VatRate.V5: VatRate.V5_105,
}


def advance_line(name: str, sum_minor: int, bought: Product, general: VatRate) -> BasketLine:
    """The only line of an advance receipt: of the seller and tax system of the goods that were bought before.

    Nobody knows yet what will be bought with it, so a seller of the general system pays the day's `general` rate,
    calculated; another one the rate of what he sold.
    """
    rate = general if bought.tax_system is TaxSystem.GENERAL and bought.vat is not VatRate.NONE else bought.vat
    product = Product(
        "",
        name,
        sum_minor,
        _CALCULATED.get(rate, VatRate.NONE),
        seller=bought.seller,
        tax_system=bought.tax_system,
        subject=Subject.PAYMENT,
        method=Method.ADVANCE,
        discountable=False,
        department=bought.department,
    )
    return BasketLine(LINE, product, 1000, sum_minor)
