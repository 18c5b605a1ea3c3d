"""Store credit of this shop: whose account it is, what is on it, and that two tills do not spend it at once.

    kiosk ── opening ──> the account's first row, in the commit of the advance that is put on it
    till ── find ──> balance ── holding ──> the sale's commit takes it (sync/store: the sale's own batch)

Accounts are known by a number that many know (a phone) or few do (a card of the shop). Another shop's accounts only HQ
could tell; it cannot be asked yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agent.clock import Clock
from fiscal.store_credit import Account, CreditOpened
from sync.store import credit_journal as kept
from sync.store.batch import Batch, Personal
from sync.store.store import Store

_NOT_DIGITS = re.compile(r"\D")
NATIONAL_LENGTH = 11
"""8 999 ... and +7 999 ... are one number: people dial the first and write the second."""


@dataclass(frozen=True, slots=True)
class Number:
    """What an account is found by. `how`: phone, card."""

    how: str
    value: str

    @property
    def kind(self) -> str:
        return f"credit_{self.how}"

    @property
    def tail(self) -> str:
        """What may stand on a screen that others see."""
        return self.value[-4:]


def number(how: str, value: str) -> Number:
    """The number as accounts spell it, however it was typed."""
    if how != "phone":
        return Number(how, value.strip().upper())
    digits = _NOT_DIGITS.sub("", value)
    if len(digits) == NATIONAL_LENGTH and digits.startswith("8"):
        digits = "7" + digits[1:]
    return Number(how, digits)


class CreditDesk:
    """One for the shop; tills and kiosks share it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._held: dict[str, int] = {}

    def find(self, number: Number) -> Account | None:
        """The account of a number; None where nothing was ever put, or the person was erased."""
        rows = self._store.personal_with(number.kind, number.value)
        return self.account(kept.account_of(rows[0].sale)) if rows else None

    def account(self, account: str) -> Account | None:
        return kept.read_account(self._store.journal(kept.subject(account)))

    def balance_minor(self, account: str) -> int:
        """What can be spent now: without what another till is about to take."""
        found = self.account(account)
        return found.balance_minor - self._held.get(account, 0) if found else 0

    @contextmanager
    def holding(self, account: str, sum_minor: int) -> Iterator[bool]:
        """While the block commits what it takes, nobody else counts on it. False: there is not so much."""
        if not 0 < sum_minor <= self.balance_minor(account):
            yield False
            return
        self._held[account] = self._held.get(account, 0) + sum_minor
        try:
            yield True
        finally:
            self._held[account] -= sum_minor

    def opening(self, number: Number, till: str, new_id: Callable[[], str]) -> tuple[str, Batch]:
        """The account of a number, and what has to be committed with its first advance to make it."""
        found = self.find(number)
        if found is not None:
            return found.opened.account, Batch()
        account, personal = new_id(), new_id()
        opened = CreditOpened(account, personal, number.how, self._clock.now_ms())
        return account, Batch(
            entries=(kept.to_entry(opened, account, till),),
            personal=(Personal(personal, kept.subject(account), number.kind, number.value),),
        )
