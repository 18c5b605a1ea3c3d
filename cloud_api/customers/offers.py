"""Which offers a customer gets: the best few of those that are meant for them, and a hold-out that is always the same.

    offer = (id, for whom, goods, benefit, days, stores, budget, priority, stack group, uses at the most, hold-out %)

`prepare` is pure: the same offers, customer and day give the same list on every server. Who is held out of an offer is
decided by a hash of the two ids: nobody is shown it on Monday and held out on Tuesday, and what it brought can be told
by comparing the two groups.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST = 3
"""A cashier says one of them, and has seconds to choose (agent/visitors/offers.py)."""
NEW_PURCHASES, REGULAR_PURCHASES = 1, 4
ASLEEP_DAYS = 60
"""Of the segments below; a shop of toys sees its regulars each month."""
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\s/][^/]*$")]
Words = Annotated[str, Meta(min_length=1, max_length=90)]
Day = Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Minor = Annotated[int, Meta(ge=0, le=100_000_000_00)]
Segment = Literal["all", "new", "regular", "asleep"]


class Offer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`customer`: for this one alone; else everybody of `segment` who agreed to offers. `goods`: as in OfferBody.
    `stores`: none means all. `benefit_minor`: what one use costs us, against `budget_minor`. `max_uses`: of one
    customer. 0 and "": no limit. Of one `stack` group a customer gets one. Higher `priority` first."""

    offer: Name
    ru: Words
    en: Words
    customer: Annotated[str, Meta(max_length=100)] = ""
    segment: Segment = "all"
    goods: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)] = []
    benefit_minor: Minor = 0
    from_day: Day = ""
    until: Day = ""
    stores: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=1_000)] = []
    budget_minor: Minor = 0
    priority: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] = 0
    stack: Annotated[str, Meta(max_length=100)] = ""
    max_uses: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    hold_out_percent: Annotated[int, Meta(ge=0, le=100)] = 0


@dataclass(frozen=True, slots=True)
class Shopper:
    """What is known of a customer when offers are chosen. `ids`: all profiles that are this person. `used`: how often
    each offer was redeemed. `last_day`: of the last purchase, None for none."""

    root: str
    ids: frozenset[str] = frozenset()
    purchases: int = 0
    last_day: dt.date | None = None
    used: Mapping[str, int] = field(default_factory=dict)


def prepare(
    offers: Sequence[Offer],
    shopper: Shopper,
    today: dt.date,
    *,
    redeemed: Mapping[str, int],
    store: str = "",
    most: int = MOST,
) -> list[Offer]:
    """`redeemed`: how often each offer was used by anybody; `store`: only what is good there."""
    fits = [one for one in offers if is_for(one, shopper, today, redeemed=redeemed, store=store)]
    fits.sort(key=lambda one: (-one.priority, not one.customer, one.offer))
    chosen: list[Offer] = []
    groups: set[str] = set()
    for one in fits:
        if one.stack and one.stack in groups:
            continue
        if not is_held_out(one, shopper.root):
            chosen.append(one)
        groups.add(one.stack)  # held out of the best of a group: another of it would spoil the comparison
        if len(chosen) == most:
            break
    return chosen


def is_for(offer: Offer, shopper: Shopper, today: dt.date, *, redeemed: Mapping[str, int], store: str = "") -> bool:
    """Held out or not."""
    day = today.isoformat()
    if (offer.from_day and day < offer.from_day) or (offer.until and day > offer.until):
        return False
    if store and offer.stores and store not in offer.stores:
        return False
    if offer.customer and offer.customer not in {shopper.root, *shopper.ids}:
        return False
    if offer.max_uses and shopper.used.get(offer.offer, 0) >= offer.max_uses:
        return False
    if offer.budget_minor and redeemed.get(offer.offer, 0) * offer.benefit_minor >= offer.budget_minor:
        return False
    return bool(offer.customer) or _is_of(offer.segment, shopper, today)


def is_held_out(offer: Offer, customer: str) -> bool:
    """The same answer for ever, and as often True as the percentage says."""
    drawn = hashlib.sha256(f"{offer.offer}\n{customer}".encode()).digest()
    return int.from_bytes(drawn[:4]) % 100 < offer.hold_out_percent


def _is_of(segment: str, shopper: Shopper, today: dt.date) -> bool:
    match segment:
        case "new":
            return shopper.purchases <= NEW_PURCHASES
        case "regular":
            return shopper.purchases >= REGULAR_PURCHASES
        case "asleep":
            return shopper.last_day is not None and (today - shopper.last_day).days > ASLEEP_DAYS
        case _:
            return True
