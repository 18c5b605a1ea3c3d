"""Whose bank settles a payment and what it keeps: dated terms, the one that fits a payment best, and its fee.

A term names a shop ("" for every one), the beginning of a terminal's number ("" for all), the means of payment, the
card scheme ("" for all) and the first day it holds on. Of those that fit, the one of the shop itself goes before the
chain's, the longer beginning of a number before the shorter, a named scheme before none, and then the newest day.

The fee is not kept with the payment but derived from the terms of its business day: terms are dated, so a day's fee
stays what it was when the rate changes, and a term that was typed wrongly is mended once, for all its days.
fee = sum x rate / 10000, rounded to the nearest minor unit, halves up, plus the fixed part. Of money that goes back
it is nothing, or, where the bank gives its share back, the rated part below zero; the fixed part stays with the bank.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cloud_api.storage.storage import Reading, Transaction, upsert

EVERY_SHOP = ""
GREATEST_RATE_BP = 10_000  # the whole sum
GREATEST_FIXED_MINOR = 10**9
_COLUMNS = (
    "store",
    "terminal",
    "means",
    "scheme",
    "from_day",
    "acquirer",
    "rate_bp",
    "fixed_minor",
    "given_back",
)
_PUT = upsert("acquirer_term", _COLUMNS[:5], _COLUMNS)


class TermRefused(Exception):
    """The term makes no sense: `ru` and `en` say what to write."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru, self.en = ru, en


@dataclass(frozen=True, slots=True)
class AcquirerTerm:
    """`from_day` such as 20261121; `rate_bp` hundredths of a per cent; `given_back`: the rate is, on a refund."""

    store: str
    terminal: str
    means: str
    scheme: str
    from_day: int
    acquirer: str
    rate_bp: int
    fixed_minor: int = 0
    given_back: bool = False


@dataclass(frozen=True, slots=True)
class Fee:
    """What the bank keeps of one payment, and by which rate; below zero: it gives it back."""

    acquirer: str
    rate_bp: int
    fixed_minor: int
    fee_minor: int


def fee_of(sum_minor: int, term: AcquirerTerm) -> Fee:
    """`sum_minor` below zero is money that went back."""
    rated = (2 * abs(sum_minor) * term.rate_bp + 10_000) // 20_000
    fee = rated + term.fixed_minor
    if sum_minor <= 0:
        fee = -rated if term.given_back else 0
    return Fee(term.acquirer, term.rate_bp, term.fixed_minor, fee)


def term_of(
    terms: Iterable[AcquirerTerm], store: str, terminal: str, means: str, scheme: str, day: int
) -> AcquirerTerm | None:
    """The term a payment falls under; None where nobody told one."""
    fitting = [
        term
        for term in terms
        if term.store in (EVERY_SHOP, store)
        and term.means == means
        and terminal.startswith(term.terminal)
        and term.scheme.casefold() in ("", scheme.casefold())
        and term.from_day <= day
    ]
    return max(fitting, key=lambda t: (t.store != "", len(t.terminal), t.scheme != "", t.from_day), default=None)


def checked(term: AcquirerTerm) -> AcquirerTerm:
    """The term, or TermRefused."""
    if not term.acquirer.strip() or not term.means:
        raise TermRefused("назовите банк-эквайер и вид оплаты", "name the acquirer and the means of payment")
    if not 0 <= term.rate_bp <= GREATEST_RATE_BP:
        raise TermRefused(
            f"ставка {term.rate_bp}: сотые доли процента, от 0 до {GREATEST_RATE_BP}",
            f"rate {term.rate_bp}: hundredths of a per cent, 0 to {GREATEST_RATE_BP}",
        )
    if not 0 <= term.fixed_minor <= GREATEST_FIXED_MINOR:
        raise TermRefused("сумма за операцию не может быть такой", "no such fixed part")
    if any(len(text) > 200 for text in (term.store, term.terminal, term.means, term.scheme, term.acquirer)):
        raise TermRefused("название длиннее 200 знаков", "a name is longer than 200 characters")
    return term


async def put_term(transaction: Transaction, term: AcquirerTerm) -> None:
    """The term, in the place of one with the same shop, terminal, means, scheme and day."""
    told = (term.store, term.terminal, term.means, term.scheme, term.from_day)
    await transaction.write(_PUT, (*told, term.acquirer, term.rate_bp, term.fixed_minor, int(term.given_back)))


async def remove_term(transaction: Transaction, term: AcquirerTerm) -> None:
    """Takes away a term that never held: a mistake. One that ends is followed by another."""
    await transaction.write(
        "DELETE FROM acquirer_term WHERE store=? AND terminal=? AND means=? AND scheme=? AND from_day=?",
        (term.store, term.terminal, term.means, term.scheme, term.from_day),
    )


async def all_terms(storage: Reading) -> list[AcquirerTerm]:
    """A chain has tens of them."""
    rows = await storage.rows(
        "SELECT store, terminal, means, scheme, from_day, acquirer, rate_bp, fixed_minor, given_back<>0 "
        "FROM acquirer_term ORDER BY store, terminal, means, scheme, from_day"
    )
    return [replace(AcquirerTerm(*row), given_back=bool(row[8])) for row in rows]
