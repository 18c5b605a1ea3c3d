"""Which column of a fiscal data operator's register is which: every operator's cabinet has words of its own.

The operators export what their customers ask for, and no order or federal format names the columns. So a column is
found by its heading: folded to lower case, without signs and spaces, against the words below. What an operator calls
otherwise is said by the shop: `Columns.from_headings(headings, {"number": "№ документа"})`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

_WORDS: dict[str, tuple[str, ...]] = {
    "fn": (
        "фн",
        "номер фн",
        "заводской номер фн",
        "серийный номер фн",
        "зн фн",
        "номер фискального накопителя",
        "заводской номер фискального накопителя",
        "fn",
        "fiscal drive number",
        "fn number",
    ),
    "number": (
        "фд",
        "номер фд",
        "№ фд",
        "номер документа",
        "номер фискального документа",
        "порядковый номер фд",
        "порядковый номер фискального документа",
        "fd",
        "fd number",
        "fiscal document number",
    ),
    "sign": (
        "фп",
        "фпд",
        "номер фпд",
        "фискальный признак",
        "фискальный признак документа",
        "фп документа",
        "fp",
        "fpd",
        "fiscal sign",
    ),
    "total": (
        "сумма",
        "итог",
        "итого",
        "сумма чека",
        "сумма расчета",
        "сумма расчета руб",
        "сумма руб",
        "сумма чека руб",
        "сумма документа",
        "итоговая сумма",
        "total",
        "total sum",
        "amount",
    ),
    "operation": (
        "признак расчета",
        "тип операции",
        "операция",
        "вид операции",
        "тип расчета",
        "operation",
        "operation type",
    ),
    "kind": ("тип документа", "вид документа", "документ", "наименование документа", "document type"),
    "at": (
        "дата",
        "дата время",
        "дата и время",
        "дата документа",
        "дата чека",
        "дата время чека",
        "дата и время чека",
        "дата и время расчета",
        "дата и время документа",
        "дата формирования",
        "date",
        "date time",
        "datetime",
    ),
    "register": ("зн ккт", "заводской номер ккт", "серийный номер ккт", "номер ккт", "касса", "kkt serial number"),
}
NEEDED = ("fn", "number", "total")


def folded(heading: str) -> str:
    """`« Сумма расчёта, руб. »` -> `сумма расчета руб`."""
    text = heading.replace("\ufeff", "").lower().replace("ё", "е")
    return " ".join(re.findall(r"[\w№]+", text))


@dataclass(frozen=True, slots=True)
class Columns:
    """Place of each column, counted from 0; None where the register has none."""

    fn: int
    number: int
    total: int
    sign: int | None = None
    operation: int | None = None
    kind: int | None = None
    at: int | None = None
    register: int | None = None

    @classmethod
    def from_headings(cls, headings: Sequence[str], said: Mapping[str, str] | None = None) -> Columns | None:
        """The columns, if the line is a heading: it names storage, document number and sum. `said` goes first."""
        places: dict[str, int] = {}
        for place, heading in enumerate(headings):
            places.setdefault(folded(heading), place)
        found: dict[str, int] = {}
        for field in fields(cls):
            words = _WORDS[field.name]
            if said is not None and field.name in said:
                words = (folded(said[field.name]),)
            at = next((places[word] for word in words if word in places), None)
            if at is not None:
                found[field.name] = at
        if not all(name in found for name in NEEDED):
            return None
        return cls(
            found["fn"],
            found["number"],
            found["total"],
            found.get("sign"),
            found.get("operation"),
            found.get("kind"),
            found.get("at"),
            found.get("register"),
        )
