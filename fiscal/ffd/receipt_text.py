"""A receipt as lines of text for the page; the register prints its own.

Every line is at most `width` characters (32 to 48). The words are those of the printed receipt, in Russian or English.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fiscal.document import DocumentLine, FiscalDocument, Operation, TaxSystem
from fiscal.ffd.qr import ReceiptQr, qr_text
from fiscal.quantity import format_quantity
from fiscal.vat import VatRate, vat_included

NARROWEST: Final = 32
WIDEST: Final = 48

_OPERATIONS: Final = {
    Operation.SALE: ("ПРИХОД", "SALE"),
    Operation.SALE_REFUND: ("ВОЗВРАТ ПРИХОДА", "REFUND"),
    Operation.EXPENSE: ("РАСХОД", "EXPENSE"),
    Operation.EXPENSE_REFUND: ("ВОЗВРАТ РАСХОДА", "EXPENSE REFUND"),
}
_TAX_SYSTEMS: Final = {
    TaxSystem.GENERAL: ("ОСН", "general"),
    TaxSystem.SIMPLIFIED_INCOME: ("УСН доход", "simplified, income"),
    TaxSystem.SIMPLIFIED_INCOME_MINUS_EXPENSE: ("УСН доход - расход", "simplified, income - expense"),
    TaxSystem.AGRICULTURAL: ("ЕСХН", "agricultural"),
    TaxSystem.PATENT: ("Патент", "patent"),
}
_MEASURES: Final = {
    0: ("шт.", "pcs"),
    10: ("г", "g"),
    11: ("кг", "kg"),
    22: ("м", "m"),
    32: ("м2", "m2"),
    40: ("мл", "ml"),
    41: ("л", "l"),
}
_WORDS: Final = {
    "receipt": ("КАССОВЫЙ ЧЕК", "CASH RECEIPT"),
    "cashier": ("Кассир", "Cashier"),
    "shift": ("Смена", "Shift"),
    "mark": ("[М]", "[M]"),
    "rounding": ("Округление", "Rounding"),
    "total": ("ИТОГ", "TOTAL"),
    "cash": ("НАЛИЧНЫМИ", "CASH"),
    "electronic": ("БЕЗНАЛИЧНЫМИ", "CARD"),
    "prepaid": ("АВАНС", "PREPAID"),
    "credit": ("КРЕДИТ", "CREDIT"),
    "barter": ("ВСТРЕЧНОЕ", "BARTER"),
    "change": ("СДАЧА", "CHANGE"),
    "vat": ("НДС", "VAT"),
    "no_vat": ("Без НДС", "No VAT"),
    "tax_system": ("СНО", "Taxation"),
    "inn": ("ИНН", "INN"),
    "rnm": ("РН ККТ", "Register no."),
    "fn": ("ФН", "Fiscal memory"),
    "number": ("ФД", "Document"),
    "sign": ("ФП", "Sign"),
    "buyer": ("Покупатель", "Buyer"),
}


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What the register added when it sealed the document; `at` is register-local. Empty texts are left out."""

    number: int
    fiscal_sign: int
    fn: str
    rnm: str
    inn: str
    at: dt.datetime
    shift_number: int
    seller_name: str = ""
    address: str = ""


def money_text(minor: int) -> str:
    """Minor units as on a receipt: "1234.50"."""
    return f"{minor // 100}.{minor % 100:02d}"


def rate_text(rate: VatRate, language: str = "ru") -> str:
    """The rate as on a receipt: "НДС 22%", "НДС 10/110", "Без НДС"."""
    index = _index(language)
    if rate.percent is None:
        return _WORDS["no_vat"][index]
    shown = f"{rate.percent}/{100 + rate.percent}" if rate.calculated else f"{rate.percent}%"
    return f"{_WORDS['vat'][index]} {shown}"


def receipt_lines(document: FiscalDocument, seal: SealFacts, width: int = 40, language: str = "ru") -> tuple[str, ...]:
    """The receipt's lines, the text of its QR not among them (see `receipt_qr`)."""
    if not NARROWEST <= width <= WIDEST:
        raise ValueError(f"a receipt is {NARROWEST} to {WIDEST} characters wide")
    index = _index(language)
    rule = "-" * width
    lines = [text.center(width).rstrip() for text in _wrapped(seal.seller_name, width)]
    lines += [text.center(width).rstrip() for text in _wrapped(seal.address, width)]
    lines.append(_WORDS["receipt"][index].center(width).rstrip())
    lines += _ends(_OPERATIONS[document.operation][index], f"{seal.at:%d.%m.%Y %H:%M}", width)
    lines += _ends(
        f"{_WORDS['cashier'][index]} {document.cashier}", f"{_WORDS['shift'][index]} {seal.shift_number}", width
    )
    lines.append(rule)
    for line in document.lines:
        lines += _item(line, width, language)
    lines.append(rule)
    lines += _sums(document, width, language)
    lines.append(rule)
    if document.buyer_contact:
        lines += _ends(_WORDS["buyer"][index], document.buyer_contact, width)
    lines += _ends(_WORDS["tax_system"][index], _TAX_SYSTEMS[document.tax_system][index], width)
    facts = (("inn", seal.inn), ("rnm", seal.rnm), ("fn", seal.fn))
    for word, text in (*facts, ("number", str(seal.number)), ("sign", f"{seal.fiscal_sign:010d}")):
        if text:
            lines += _ends(_WORDS[word][index], text, width)
    return tuple(lines)


def receipt_qr(document: FiscalDocument, seal: SealFacts) -> str:
    """The text of the receipt's QR."""
    return qr_text(ReceiptQr(seal.at, document.total_minor, seal.fn, seal.number, seal.fiscal_sign, document.operation))


def _item(line: DocumentLine, width: int, language: str) -> Iterator[str]:
    index = _index(language)
    name = f"{_WORDS['mark'][index]} {line.name}" if line.mark is not None else line.name
    yield from _wrapped(name, width)
    unit = _MEASURES.get(line.measure, ("", ""))[index]
    quantity = format_quantity(line.quantity_thousandths, "," if language == "ru" else ".")
    left = f"  {quantity} {unit}".rstrip() + f" x {money_text(line.price_minor)}"
    yield from _ends(left, f"={money_text(line.sum_minor)}", width)
    yield from _ends("  " + rate_text(line.vat, language), "", width)


def _sums(document: FiscalDocument, width: int, language: str) -> Iterator[str]:
    index = _index(language)
    paid = document.payments
    if document.rounding_minor:
        yield from _ends(_WORDS["rounding"][index], f"-{money_text(document.rounding_minor)}", width)
    yield from _ends(_WORDS["total"][index], f"={money_text(document.total_minor)}", width)
    for word, minor in (
        ("cash", paid.cash_minor),
        ("electronic", paid.electronic_minor),
        ("prepaid", paid.prepaid_minor),
        ("credit", paid.credit_minor),
        ("barter", paid.barter_minor),
        ("change", paid.sum_minor - document.total_minor),
    ):
        if minor:
            yield from _ends(_WORDS[word][index], f"={money_text(minor)}", width)
    gross: dict[VatRate, int] = {}
    for line in document.lines:
        gross[line.vat] = gross.get(line.vat, 0) + line.sum_minor
    for rate in sorted(gross, key=lambda rate: rate.tag_1199):
        # For 0 % and no VAT the format shows the turnover, for the other rates the tax in it.
        shown = vat_included(gross[rate], rate) if rate.percent else gross[rate]
        yield from _ends(rate_text(rate, language), f"={money_text(shown)}", width)


def _ends(left: str, right: str, width: int) -> list[str]:
    """Left and right on one line; on two or more when they do not fit."""
    if len(left) + 1 + len(right) <= width:
        return [(left.ljust(width - len(right)) + right).rstrip()]
    return [*_wrapped(left, width), *(part.rjust(width) for part in _wrapped(right, width))]


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines += [word[start : start + width] for start in range(0, len(word), width)]
    return lines


def _index(language: str) -> int:
    return 0 if language == "ru" else 1
