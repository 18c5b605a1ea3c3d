"""Claim events as journal rows and back, and the small settings that find a claim without reading the whole journal.

    claim/<number>              subject of the claim's rows: the claim is the fold of them
    claims/open                 setting: the numbers still owed, oldest first
    claims/of/<order>           setting: the numbers issued for one purchase
    claims/counter/<issuer>     setting: how many the issuer has given out, for the next number
    claims-unbooked/<kiosk>     setting: sums that its register has still to book (внесение), oldest first
    claims-asked/<kiosk>        setting: such sums of before a restore; whether they were booked a person says

The settings are written in the batch that makes them true, so they are never ahead of the journal or behind it. No
table of their own: a data directory of an older program is read as it is, and has no claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import get_args

import msgspec

from fiscal.claim import Claim, ClaimEvent, ClaimMoved, ClaimTaken, begin_claim, evolve_claim
from sync.store.batch import Entry, Row, Setting
from sync.store.event_rows import EventRows
from sync.store.reading import Reading

OPEN = "claims/open"
BOOKED_FOR = "claim"
"""The reason of a внесение that belongs to a claim."""


@cache
def _rows() -> EventRows[ClaimEvent]:
    return EventRows("claim", get_args(ClaimEvent))


def subject(number: str) -> str:
    """What the rows of a claim are found by."""
    return f"claim/{number}"


def to_entry(event: ClaimEvent, number: str, till: str) -> Entry:
    """The journal row of an event; `till` is where it happened: the first row's is the kiosk that owes the money."""
    return _rows().to_entry(event, subject(number), till)


def read_claim(rows: Iterable[Row]) -> Claim | None:
    """The claim that the rows of its journal make; None where there are none."""
    events = iter(_rows().events(rows))
    first = next(events, None)
    if first is None:
        return None
    claim = begin_claim(first)
    for event in events:
        claim = evolve_claim(claim, event)
    return claim


def requests(rows: Iterable[Row]) -> frozenset[str]:
    """The requests by which a claim was given over or taken: one that comes again has had its effect."""
    events = _rows().events(rows)
    return frozenset(event.request for event in events if isinstance(event, ClaimMoved | ClaimTaken))


def open_numbers(store: Reading) -> tuple[str, ...]:
    """The claims still owed, oldest first."""
    return _numbers(store.setting(OPEN))


def numbers_of(store: Reading, order: str) -> tuple[str, ...]:
    """The claims issued for a purchase, oldest first."""
    return _numbers(store.setting(_of(order)))


def issued_count(store: Reading, issuer: str) -> int:
    """How many claims the issuer has given out."""
    return int(store.setting(_counter(issuer)) or 0)


def open_setting(numbers: Sequence[str]) -> Setting:
    return Setting(OPEN, msgspec.json.encode(list(numbers)))


def order_setting(order: str, numbers: Sequence[str]) -> Setting:
    return Setting(_of(order), msgspec.json.encode(list(numbers)))


def counter_setting(issuer: str, count: int) -> Setting:
    return Setting(_counter(issuer), str(count).encode())


def unbooked(store: Reading, kiosk: str) -> list[int]:
    """Sums of a kiosk's claims that its register has not been told of, oldest first."""
    return _sums(store.setting(_unbooked(kiosk)))


def unbooked_setting(kiosk: str, sums: Sequence[int]) -> Setting:
    return Setting(_unbooked(kiosk), msgspec.json.encode(list(sums)))


def asked_bookings(store: Reading, kiosk: str) -> list[int]:
    """Sums of which nobody knows whether a register was told of them before its kiosk was restored, oldest first."""
    return _sums(store.setting(_asked(kiosk)))


def asked_setting(kiosk: str, sums: Sequence[int]) -> Setting:
    return Setting(_asked(kiosk), msgspec.json.encode(list(sums)))


def _of(order: str) -> str:
    return f"claims/of/{order}"


def _counter(issuer: str) -> str:
    return f"claims/counter/{issuer}"


def _unbooked(kiosk: str) -> str:
    return f"claims-unbooked/{kiosk}"


def _asked(kiosk: str) -> str:
    return f"claims-asked/{kiosk}"


def _sums(kept: bytes | None) -> list[int]:
    return msgspec.json.decode(kept, type=list[int]) if kept else []


def _numbers(kept: bytes | None) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(kept, type=list[str])) if kept else ()
