"""What the confirm terminal remembers: every key it ever heard of and what became of it, durable before the answer.

Source: drivers/payment_terminals/CONFIRM.md, rules 1 to 5.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from drivers.simulators.world import Ledger, Memory, Now

KEPT = dt.timedelta(hours=24)  # suspended money is given back after that
CURRENCIES = (643, 978)
MOST_MINOR = 100_000_000


@dataclass(slots=True)
class Entry:
    """One key. `kind` purchase, refund or reversal; `state` as `query` names it."""

    key: str
    kind: str
    state: str
    amount: int = 0
    currency: int = 0
    slip: int = 0
    at: str = ""
    since: str = ""  # when it was suspended, for the 24 hours
    card: str = ""
    scheme: str = ""
    auth: str = ""
    reason: str = ""
    of: int = 0
    day: int = 0
    left: int = 0  # of a booked purchase: what was not given back yet
    taken_back: bool = False  # a purchase that was reversed as a whole

    def answer(self) -> dict[str, Any]:
        """The members of the table in CONFIRM.md."""
        head: dict[str, Any] = {"key": self.key, "state": self.state}
        if self.state == "declined":
            return {**head, "reason": self.reason}
        if self.state == "suspended":
            paid = {"slip": self.slip, "amount": self.amount, "at": self.at}
            return {**head, **paid, "card": self.card, "scheme": self.scheme, "auth": self.auth}
        if self.state == "booked":
            return {**head, "slip": self.slip, "amount": self.amount}
        if self.state == "refunded":
            return {**head, "slip": self.slip, "amount": self.amount, "at": self.at, "card": self.card}
        if self.state == "reversed":
            return {**head, "slip": self.slip, "amount": self.amount, "at": self.at}
        return head

    def facts(self) -> dict[str, Any]:
        known = {"key": self.key, "slip": self.slip, "amount_minor": self.amount, "currency": self.currency}
        return {**known, "of": self.of} if self.of else known


class ConfirmBooks:
    """The keys, the slips and the day. Every method that changes something has saved it when it returns."""

    def __init__(self, memory: Memory, ledger: Ledger, now: Now) -> None:
        self._memory = memory
        self._ledger = ledger
        self._now = now
        kept = memory.load()
        self.slip: int = kept.get("slip", 0)
        self.day: int = kept.get("day", 1)
        self.entries = {entry["key"]: Entry(**entry) for entry in kept.get("entries", [])}
        for entry in self.entries.values():
            if entry.state == "running":
                self.decline(entry, "cancelled")

    def save(self) -> None:
        entries = [{name: getattr(entry, name) for name in Entry.__slots__} for entry in self.entries.values()]
        self._memory.save({"slip": self.slip, "day": self.day, "entries": entries})

    def start(self, entry: Entry) -> Entry:
        self.entries[entry.key] = entry
        self.save()
        return entry

    def open_key(self) -> str | None:
        """The key that waits for commit or roll back."""
        self.forget_old()
        return next((entry.key for entry in self.entries.values() if entry.state == "suspended"), None)

    def forget_old(self) -> None:
        """Rule 3: what was suspended for 24 hours is rolled back."""
        for entry in self.entries.values():
            if entry.state == "suspended" and self._now() - dt.datetime.fromisoformat(entry.since) >= KEPT:
                self.roll_back(entry)

    def purchase(self, slip: int) -> Entry | None:
        booked = (e for e in self.entries.values() if e.kind == "purchase" and e.state == "booked")
        return next((entry for entry in booked if entry.slip == slip), None)

    def objection(self, entry: Entry) -> str:
        """Why this cannot be done, as a REASON, or ""."""
        if entry.kind == "purchase":
            if self.open_key() is not None:
                return "open_operation"
            if entry.currency not in CURRENCIES:
                return "currency"
            return "over_limit" if entry.amount > MOST_MINOR else ""
        of = self.purchase(entry.of)
        if of is None:
            return "no_such_slip"
        if entry.kind == "refund":
            if entry.currency != of.currency:
                return "currency"
            return "more_than_left" if entry.amount > of.left else ""
        if of.taken_back:
            return "already_reversed"
        if of.day != self.day:
            return "day_closed"
        return "more_than_left" if of.left != of.amount else ""

    def decline(self, entry: Entry, reason: str) -> None:
        entry.state, entry.reason = "declined", reason
        self.start(entry)
        self._ledger.write("declined", key=entry.key, kind=entry.kind, reason=reason, amount_minor=entry.amount)

    def approve(self, entry: Entry, auth: str) -> None:
        """The host said yes: a purchase is suspended, a refund or reversal is done."""
        self.slip = self.slip % 999_999 + 1
        now = self._now()
        entry.slip, entry.auth, entry.day = self.slip, auth, self.day
        entry.at, entry.since = now.strftime("%Y-%m-%dT%H:%M:%S"), now.isoformat()
        of = self.purchase(entry.of)
        if of is None:
            entry.state = "suspended"
        else:
            entry.state = {"refund": "refunded", "reversal": "reversed"}[entry.kind]
            entry.card, entry.scheme = of.card, of.scheme
            of.left -= entry.amount
            of.taken_back = entry.kind == "reversal"
        self.save()
        self._ledger.write("authorised" if of is None else entry.state, **entry.facts())

    def commit(self, entry: Entry) -> None:
        entry.state, entry.left, entry.day = "booked", entry.amount, self.day
        self.save()
        self._ledger.write("charged", **entry.facts())

    def roll_back(self, entry: Entry) -> None:
        """Also of a key never heard of: it can never be authorised afterwards."""
        held = entry.state == "suspended"
        entry.state = "rolled_back"
        self.start(entry)
        if held:
            self._ledger.write("rolled_back", **entry.facts())

    def close_day(self) -> dict[str, int]:
        """The totals; refunds and reversals negative."""
        signs = {"booked": 1, "refunded": -1, "reversed": -1}
        today = [entry for entry in self.entries.values() if entry.day == self.day and entry.state in signs]
        slips = [entry.slip for entry in today]
        total = sum(signs[entry.state] * entry.amount for entry in today)
        told = {"total": total, "count": len(today), "first": min(slips, default=0), "last": max(slips, default=0)}
        self.day += 1
        self.save()
        self._ledger.write("day_closed", amount_minor=total, count=len(today))
        return told
