"""Where an order of a web shop stands: a table of what the shop says and HQ is asked. Pure.

    new ── held ──> accepted ── picking ──> picking ── ready ──> ready ── taken ──> collected
     │ refused         └──────────── expired, released ─────────────┘
     └──> refused                  expired    cancelled
    cancel asked: cancelling until the shop answers; it may have begun to ring the goods up, and keeps them then

The shop's word counts. Goods that were sold for an order are sold, whatever HQ thought of it before.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class OrderState(StrEnum):
    NEW = "new"
    ACCEPTED = "accepted"
    PICKING = "picking"
    READY = "ready"
    CANCELLING = "cancelling"
    COLLECTED = "collected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class Word(StrEnum):
    """What was said of an order: by the shop, except for the first two."""

    PLACED = "placed"
    CANCEL_ASKED = "cancel_asked"
    HELD = "held"
    REFUSED = "refused"
    PICKING = "picking"
    READY = "ready"
    TAKEN = "taken"
    RELEASED = "released"
    EXPIRED = "expired"
    KEPT = "kept"
    CANCELLED = "cancelled"


OPEN = frozenset({OrderState.NEW, OrderState.ACCEPTED, OrderState.PICKING, OrderState.READY, OrderState.CANCELLING})
"""Goods are, or may be, kept for it."""
_FORWARD = {Word.HELD: OrderState.ACCEPTED, Word.PICKING: OrderState.PICKING, Word.READY: OrderState.READY}
_RANK = {OrderState.NEW: 0, OrderState.ACCEPTED: 1, OrderState.PICKING: 2, OrderState.READY: 3}
_ENDS = {
    Word.RELEASED: OrderState.CANCELLED,
    Word.CANCELLED: OrderState.CANCELLED,
    Word.EXPIRED: OrderState.EXPIRED,
    Word.REFUSED: OrderState.REFUSED,
}


def after(state: OrderState, word: Word, said: Collection[str]) -> OrderState:
    """The state after a word; `said` are the words before it."""
    if word is Word.TAKEN:
        return OrderState.COLLECTED
    if state not in OPEN:
        return state
    if word is Word.CANCEL_ASKED:
        return OrderState.CANCELLING
    if word is Word.KEPT:
        return _stood(said) if state is OrderState.CANCELLING else state
    if word is Word.REFUSED and state is OrderState.CANCELLING:
        return OrderState.CANCELLED
    if word in _ENDS:
        return _ENDS[word]
    if word in _FORWARD and state is not OrderState.CANCELLING:
        return max(state, _FORWARD[word], key=_RANK.__getitem__)
    return state


def is_ghost(state: OrderState, word: Word) -> bool:
    """The shop keeps goods for an order that is over: it has to be told to give them back."""
    return word is Word.HELD and state in (OrderState.CANCELLED, OrderState.REFUSED, OrderState.EXPIRED)


def _stood(said: Collection[str]) -> OrderState:
    """Where it stood before somebody wanted to cancel it."""
    reached = [state for word, state in _FORWARD.items() if word in said]
    return max(reached, key=_RANK.__getitem__, default=OrderState.NEW)
