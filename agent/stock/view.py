"""What the stock page is told: documents, what is on its way, what is kept for orders, and the goods themselves.

Quantities in whole thousandths, instants in UTC milliseconds; words are codes, the page's texts make sentences of them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.view import ElsewherePlace, Note, Person


class GoodsView(msgspec.Struct, frozen=True):
    """A product and its stock; None where nobody has counted it yet."""

    sku: str
    name: str
    unit: str
    on_hand: int | None
    left: int | None
    in_baskets: int
    kept: int  # for orders
    elsewhere: list[ElsewherePlace] = []  # in the search only


class StockLineView(msgspec.Struct, frozen=True):
    """`delta`: what the line moves; `expected`: what the sender of a transfer says."""

    goods: GoodsView
    thousandths: int
    delta: int
    expected: int | None = None
    in_baskets: int = 0


class DifferenceView(msgspec.Struct, frozen=True):
    sku: str
    name: str
    thousandths: int


class DocumentRow(msgspec.Struct, frozen=True):
    """A row of the list. `phase`: draft, on_the_way, done, dropped."""

    id: str
    kind: str
    number: str
    phase: str
    at_ms: int
    person: str
    other: str
    of: str


class DocumentView(msgspec.Struct, frozen=True):
    row: DocumentRow
    reason: str
    lines: list[StockLineView]
    differences: list[DifferenceView]
    signers: list[Person]  # who may sign it


class ComingView(msgspec.Struct, frozen=True):
    """A transfer that another shop has sent here."""

    number: str
    sender: str
    at_ms: int
    lines: list[DifferenceView]


class OrderView(msgspec.Struct, frozen=True):
    """What is kept for an order. `till`: it is being rung up there; `uncovered`: the shop lacks some of it;
    `step`: picking, ready, or nothing was said yet."""

    order: str
    until_ms: int
    at_till: bool
    uncovered: bool
    lines: list[DifferenceView]
    step: str = ""


class StockView(msgspec.Struct, frozen=True):
    """The page's lists. `changed` grows with each durable change: a page that shows a document asks for it anew."""

    shop: str
    language: str
    zone: str
    currency: str
    training: bool
    now_ms: int
    changed: int
    documents: list[DocumentRow]
    coming: list[ComingView]
    orders: list[OrderView]
    people: list[Person]
    most_hours: int
    usual_hours: int
    wedge: dict[str, int] = {}  # the scanner's times, where the shop has set its own


class StockCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act of a person. `id` is made by the page, once: the same id does nothing more. `do`: begin, put, scan,
    remove, finish, drop, keep, release, picking, ready."""

    id: str
    do: str
    args: dict[str, Any] = {}


class StockAnswer(msgspec.Struct, frozen=True):
    """`done` False: nothing changed; `note` says why. `document`: the one the act was about."""

    done: bool
    document: str = ""
    note: Note | None = None
