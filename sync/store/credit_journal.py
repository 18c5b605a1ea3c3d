"""Store credit events as journal rows and back: an account is the fold of the rows whose subject is `credit/<account>`.

No balance is kept anywhere: it is the sum of what the journal says, as stock is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import get_args

from fiscal.store_credit import Account, CreditEvent, fold_credit
from sync.store.batch import Entry, Row
from sync.store.event_rows import EventRows


@cache
def _rows() -> EventRows[CreditEvent]:
    return EventRows("credit", get_args(CreditEvent))


def subject(account: str) -> str:
    """What the rows of an account are found by, and what its number belongs to in the erasable table."""
    return f"credit/{account}"


def account_of(subject: str) -> str:
    return subject.removeprefix("credit/")


def to_entry(event: CreditEvent, account: str, till: str) -> Entry:
    """The journal row of an event at a till or kiosk."""
    return _rows().to_entry(event, subject(account), till)


def read_account(rows: Iterable[Row]) -> Account | None:
    """The account that the rows of its journal make; None where there are none."""
    return fold_credit(_rows().events(rows))
