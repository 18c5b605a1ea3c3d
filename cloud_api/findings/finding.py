"""Something that does not fit, with the rows behind it; its id is the same for as long as it is the same matter."""

from __future__ import annotations

import hashlib
from enum import Enum

import msgspec

MOST = 200
"""Findings of one rule on one shop's day: a day that has more is one matter, and nobody explains them one by one."""


class Rule(Enum):
    """What was looked at. The value is kept and travels; `words.py` has the sentences."""

    SALE_WITHOUT_DOCUMENT = "sale_without_document"
    DOCUMENTS_DIFFER = "documents_differ"
    REFUND_WITHOUT_SALE = "refund_without_sale"
    CHARGE_WITHOUT_RECEIPT = "charge_without_receipt"
    SALE_WITHOUT_MONEY = "sale_without_money"
    NOT_AT_OPERATOR = "not_at_operator"
    OPERATOR_DIFFERS = "operator_differs"
    ONLY_AT_OPERATOR = "only_at_operator"
    UNKNOWN_STORAGE = "unknown_storage"
    SHIFT_SUMS = "shift_sums"
    SALE_AFTER_CLOSING = "sale_after_closing"
    DOCUMENT_TWICE = "document_twice"
    SLIP_UNASKED = "slip_unasked"


class Behind(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row behind a finding. `what`: sale, payment, document, operator, shift, late, slip."""

    what: str
    device: str = ""
    id: str = ""  # of a sale, or of an attempt
    number: str = ""
    till: str = ""
    fn: str = ""
    sum: int = 0
    at_ms: int = 0
    at: str = ""
    note: str = ""


class Finding(msgspec.Struct, frozen=True):
    """`subject` names the matter: a sale, a document, a shift. `values` fill the sentences, `amount` is the money in
    question in minor units."""

    rule: Rule
    store: str
    day: int
    device: str
    till: str
    subject: str
    at_ms: int
    amount: int
    values: dict[str, str | int]
    rows: list[Behind]

    @property
    def id(self) -> str:
        named = "\n".join((self.rule.value, self.store, self.subject))
        return hashlib.sha256(named.encode()).hexdigest()[:20]

    @property
    def facts(self) -> str:
        return msgspec.json.encode({"values": self.values, "rows": self.rows}).decode()

    @property
    def digest(self) -> str:
        """Of what was found: an explanation is of this, and not of what becomes of it later."""
        return hashlib.sha256(f"{self.amount}\n{self.facts}".encode()).hexdigest()[:20]
