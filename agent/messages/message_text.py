"""The words of a message: the copy of a receipt for a phone or a mailbox, a claim slip and a code for a phone.

The lawful receipt is not this: the register puts the buyer's address into the document (tag 1008) and the OFD sends it.
What goes from here is a copy for the buyer's convenience; it says so, and names FN, FD and FPD, by which anybody may
check the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.screens.sale_view import Paper, sealed_documents
from fiscal.claim import Claim
from fiscal.ffd.qr import parse_qr
from fiscal.ffd.receipt_text import money_text
from fiscal.sale import Sale

_WORDS: Final = {
    "copy": ("Копия чека", "A copy of the receipt"),
    "lawful": (
        "Это копия. Сам чек присылает оператор фискальных данных.",
        "This is a copy. The receipt itself is sent by the fiscal data operator.",
    ),
    "check": ("Для проверки чека", "To check the receipt"),
    "fn": ("ФН", "FN"),
    "fd": ("ФД", "FD"),
    "fpd": ("ФПД", "FPD"),
    "slip": ("Талон", "Claim"),
    "code": ("Код", "Code"),
    "until": ("Деньги выдаст касса до", "A till pays it until"),
    "at_till": (
        "Введите его на экране кассы, только если вы сами у кассы.",
        "Type it on the till's screen, only if you stand there yourself.",
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """`subject` is for a mailbox; a phone gets the text alone."""

    subject: str
    text: str


def receipt_words(sale: Sale, paper: Paper, shop: str, currency: str, *, phone: bool) -> Words:
    """What a finished sale's buyer gets. A phone gets the sums and the signs, a mailbox all lines."""
    say = _in(paper.language)
    documents = sealed_documents(sale, paper)
    subject = f"{say('copy')} {sale.number}, {shop}"
    if phone:
        return Words(subject, "\n".join([f"{subject}.", *(_brief(one, say, currency) for one in documents)]))
    parts = [line for one in documents for line in _whole(one, say)]
    return Words(subject, "\n".join([*parts, say("lawful")]))


def _brief(document: dict[str, Any], say: Callable[[str], str], currency: str) -> str:
    seen = parse_qr(document["qr"])
    sum_, at = (f"{money_text(seen.total_minor)} {currency}", f"{seen.at:%d.%m.%Y %H:%M}") if seen else ("", "")
    return f"{sum_}, {at}. {_signs(document, say)}. {say('check')}: {document['qr']}"


def _whole(document: dict[str, Any], say: Callable[[str], str]) -> Iterator[str]:
    yield from document["text"]
    yield ""
    yield _signs(document, say)
    yield f"{say('check')}: {document['qr']}"
    yield ""


def _signs(document: dict[str, Any], say: Callable[[str], str]) -> str:
    """What proves the document: fiscal memory, number of the document, its fiscal sign."""
    fpd = f"{document['sign']:010d}"
    return f"{say('fn')} {document['fn']}, {say('fd')} {document['number']}, {say('fpd')} {fpd}"


def slip_words(claim: Claim, code: str, expires: datetime, shop: str, language: str) -> Words:
    """A claim slip without its paper. The code is what a till reads; whoever has it has the money."""
    say, issued = _in(language), claim.issued
    subject = f"{say('slip')} {issued.number}, {shop}"
    money = f"{money_text(issued.amount_minor)} {issued.currency}"
    return Words(subject, f"{subject}: {money}. {say('until')} {expires:%d.%m.%Y}. {say('code')}: {code}")


def code_text(code: str, shop: str, language: str) -> str:
    """The code that proves a phone to the till before which its holder stands."""
    say = _in(language)
    return f"{say('code')} {code}. {say('at_till')} {shop}"


def _in(language: str) -> Callable[[str], str]:
    index = 0 if language == "ru" else 1
    return lambda word: _WORDS[word][index]
