"""Money of which only a person can say whether the shop still owes it: the kiosks' questions, as the tills show them.

kiosk (agent/kiosk/old_money.py) ── asked ──> till's claim screen, status page, doctor, the shift that closes
      ^────────────────────────── said ────── a supervisor: how much is owed (a slip); the rest is settled
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from agent.claims.claim_refused import ClaimRefused


@dataclass(frozen=True, slots=True)
class AskedMoney:
    """`kind`: purchase, change, note, booking. `number`: the purchase's. `receipts`: documents of the same sum that
    only the register knows; one of them may be this purchase's."""

    key: str
    kiosk: str
    kind: str
    number: str
    at_ms: int
    sum_minor: int
    receipts: tuple[int, ...] = ()


class Asks(Protocol):
    """A kiosk that may have questions."""

    def asked(self) -> list[AskedMoney]: ...

    async def answer(self, key: str, sum_minor: int, owed_minor: int, person: str) -> None:
        """Raises ClaimRefused where it is not asked any more, or is about another sum."""


class AskedDesk:
    """All kiosks of a shop. `watchers` are told after each answer."""

    def __init__(self) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._kiosks: dict[str, tuple[str, Asks]] = {}

    def add(self, kiosk: str, name: str, asks: Asks) -> None:
        self._kiosks[kiosk] = (name, asks)

    def name(self, kiosk: str) -> str:
        return self._kiosks[kiosk][0] if kiosk in self._kiosks else kiosk

    def asked(self) -> list[AskedMoney]:
        """The oldest first."""
        found = [one for _, asks in self._kiosks.values() for one in asks.asked()]
        return sorted(found, key=lambda one: (one.at_ms, one.kiosk, one.key))

    def one(self, key: str) -> AskedMoney | None:
        return next((one for one in self.asked() if one.key == key), None)

    async def answer(self, key: str, sum_minor: int, owed_minor: int, person: str) -> None:
        """`sum_minor` is what was asked about. Raises ClaimRefused, DiskFull and JournalRefused: nothing is decided."""
        asked = self.one(key)
        if asked is None:
            raise ClaimRefused("old_money_moved")
        await self._kiosks[asked.kiosk][1].answer(key, sum_minor, owed_minor, person)
        for watcher in self.watchers:
            watcher()


def sum_of(asked: Iterable[AskedMoney]) -> int:
    """Of money that may still be owed; a booking is no money of a shopper's."""
    return sum(one.sum_minor for one in asked if one.kind != "booking")
