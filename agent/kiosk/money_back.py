"""What the kiosk owes: given out as change, else put on store credit or promised by a claim slip, and booked.

    owed (derived) ──> boxes pay ──> what fell short, or nobody stands there
                                        ├─ they are known ──> advance receipt (agent/kiosk/advances.py)
                                        └─ nobody knows them ──> claim slip (durable, then printed)
                                                                   └──> внесение at the kiosk's register

Nothing here remembers what was done: each look derives what is still owed from the journals, so it goes on after a
power cut and gives nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec

from agent.claims.claim_desk import ClaimDesk
from agent.kiosk.advances import Advances
from agent.kiosk.boxes import Boxes, order_of
from agent.kiosk.kiosk_settings import CREDIT, PAY_OUT, KioskSettings
from agent.kiosk.order_money import order_money
from agent.till.shift_meant import ShiftMeant
from agent.till.till import Till
from drivers.errors import DeviceError
from fiscal.cash_piece import PiecePhase
from fiscal.claim import Claim
from fiscal.kiosk_books import OrderMoney
from fiscal.sale import ENDED, Sale, is_finished
from sync.store.batch import Setting
from sync.store.sale_journal import is_sale_row, read_sale

log = logging.getLogger("tillkeeper.kiosk")

KNOWN_SALES = 64
"""Ended sales never change in what is asked of them here; so many are not read again."""
AT_ONCE = 20
"""Some ten milliseconds of reading."""
CODE_COLUMNS = 30
BOOKED_FOR = "claim"
"""The reason of a внесение that belongs to a claim."""

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far a unit's journal was read: a change of any of it concerns somebody's money."""

    pieces: int
    paid: int
    doubts: int
    last: PiecePhase | None


class MoneyBack:
    """`claims` None: no money is taken, so none is owed."""

    def __init__(self, settings: KioskSettings, till: Till, claims: ClaimDesk | None) -> None:
        self.boxes = Boxes(())
        self.claims = claims
        self.advances = Advances(till)
        self._kiosk = settings.id
        self._ways = settings.change
        self._till = till
        self._sales: dict[str, Sale] = {}
        self._settled: set[str] = set()
        self._seen: dict[tuple[str, str, int], _Seen] = {}
        till.shifts.booked = self._booked

    # Derived

    def money(self, order: str) -> OrderMoney:
        return order_money(order, self.sale_of(order), self.boxes, self.claims_of(order), self.advances.of(order))

    def claims_of(self, order: str) -> tuple[Claim, ...]:
        return self.claims.of_order(order) if self.claims else ()

    def sale_of(self, order: str) -> Sale | None:
        live = next((c.record.sale for c in self._till.courses() if c.record.sale.id == order), None)
        if live is not None:
            return live
        if order not in self._sales:
            rows = [row for row in self._till.store.journal(order) if is_sale_row(row)]
            if not rows:
                return None
            sale = read_sale(rows)
            if not _is_over(sale):
                return sale
            while len(self._sales) >= KNOWN_SALES:
                self._sales.pop(next(iter(self._sales)))
            self._sales[order] = sale
        return self._sales[order]

    def orders(self) -> set[str]:
        """All purchases that the periods in force know money of, and the advances made of it."""
        inserted = self.boxes.orders()
        return inserted | {row.id for order in inserted for row in self.advances.of(order)}

    def is_settled(self, order: str) -> bool:
        """Its sale is over and nothing of it, or of its advances, is owed or being paid out."""
        if self.boxes.is_moving(order) or self.boxes.is_paying(order):
            return False
        sale = self.sale_of(order)
        over = (sale is None or _is_over(sale)) and not self.money(order).owed_minor
        return over and all(self.is_settled(row.id) for row in self.advances.of(order))

    def unsettled(self) -> frozenset[str]:
        """Purchases whose inserted money has not found its place; "" for pieces of no purchase."""
        found = {order for order in self.boxes.orders() if order and not self.is_settled(order)}
        return frozenset(found | ({""} if self._nobodys() is not None else set()))

    # Steps

    def next_step(self, present: str, give_up: str, promised: Callable[[Claim], None]) -> Work | None:
        """One thing to do about what is owed. `present`: the purchase whose shopper still stands there."""
        self._notice()
        waiting = sorted(self.boxes.orders() - self._settled)
        for order in waiting[:AT_ONCE]:
            work = self._nobodys() if not order else self._of(order, present, give_up, promised)
            if work is not None:
                return work
        # A day's purchases are read once after a start: in handfuls, because boxes are polled meanwhile.
        return _wished if any(order in self._settled for order in waiting) and len(waiting) > AT_ONCE else None

    def _notice(self) -> None:
        """Whose money moved since the last look: only those are looked at again, not all of the day's."""
        for slot, name, record in self.boxes.units():
            unit, key = record.unit, (slot.port.id, name, record.period)
            last = unit.pieces[-1] if unit.pieces else None
            now = _Seen(len(unit.pieces), len(unit.paid), len(unit.doubts), last.phase if last else None)
            seen = self._seen.get(key)
            if seen == now:
                continue
            self._seen[key] = now
            if seen is None or seen.doubts != now.doubts:
                self._settled.clear()  # found after a start, emptied, or a person settled a doubt of whenever
                continue
            touched = {piece.order for piece in unit.pieces[max(0, seen.pieces - 1) :]}
            touched |= {order_of(ended.key) for ended in unit.paid[seen.paid :]}
            self._settled -= touched

    def look_again(self, order: str) -> None:
        self._settled.discard(order)

    def _of(self, order: str, present: str, give_up: str, promised: Callable[[Claim], None]) -> Work | None:
        if self.boxes.is_moving(order) or self.boxes.is_paying(order):
            return None
        for row in self.advances.of(order):
            work = self._of(row.id, row.id if order == present else present, give_up, promised)
            if work is not None:
                return work
        sale, owed = self.sale_of(order), self.money(order).owed_minor
        if not owed:
            if self.is_settled(order):
                self._settled.add(order)
            return None
        # Coins fall only while somebody stands there to take them.
        there = order == present and give_up != "timeout"
        if there and PAY_OUT in self._ways and self.boxes.pay(order, owed):
            return _wished
        known = self.advances.number_of(sale) if CREDIT in self._ways else None
        if sale is not None and known is not None:
            return lambda: self.advances.open(sale, owed, known)
        if order != present:
            return lambda: self._claim(order, owed, "late", lambda _: None)
        return lambda: self._claim(order, owed, give_up or "change_short", promised)

    def _nobodys(self) -> Work | None:
        """Pieces that no purchase asked for: each is owed to whoever comes and asks."""
        for slot, name, record in self.boxes.units():
            for piece in record.unit.pieces:
                if piece.order or not piece.counts:
                    continue
                order = f"piece/{slot.port.id}/{name}/{record.period}/{piece.number}"
                if not self.claims_of(order):
                    amount = piece.counted_minor
                    return lambda o=order, a=amount: self._claim(o, a, "late", lambda _: None)  # type: ignore[misc]
        self._settled.add("")
        return None

    async def _claim(self, order: str, amount_minor: int, reason: str, promised: Callable[[Claim], None]) -> None:
        assert self.claims is not None, "no money is taken where no claim could be issued"
        unbooked = self._keep_unbooked([*self.unbooked(), amount_minor])
        claim = await self.claims.issue(self._kiosk, amount_minor, reason, order, settings=(unbooked,))
        promised(claim)
        await self.print(claim)

    async def print(self, claim: Claim) -> bool:
        """On the register's paper. The slip also stands on the screen and in the journal: lost paper loses nothing."""
        assert self.claims is not None
        port = self._till.devices.register.port
        try:
            await port.run(port.driver.print_text(tuple(_lines(claim, self.claims.code(claim)))), about="claim")
        except DeviceError:
            log.warning("the slip %s was not printed", claim.issued.number)
            return False
        return True

    # The register's side

    def unbooked(self) -> list[int]:
        """Sums of claims that the register has not been told of, oldest first."""
        kept = self._till.store.setting(f"claims-unbooked/{self._kiosk}")
        return msgspec.json.decode(kept, type=list[int]) if kept else []

    async def book(self) -> None:
        """внесение against the oldest claim: cash that is in the box and in no receipt. Raises TradeRefused."""
        await self._till.shifts.cash("", "cash_in", self.unbooked()[0], BOOKED_FOR)

    def _booked(self, meant: ShiftMeant) -> tuple[Setting, ...]:
        """Kept in the very commit that says that the register has it, now or after an outage."""
        if (meant.act, meant.reason) != ("cash_in", BOOKED_FOR):
            return ()
        return (self._keep_unbooked(self.unbooked()[1:]),)

    def _keep_unbooked(self, sums: list[int]) -> Setting:
        return Setting(f"claims-unbooked/{self._kiosk}", msgspec.json.encode(sums))


def _is_over(sale: Sale) -> bool:
    return sale.phase in ENDED or is_finished(sale)


def _lines(claim: Claim, code: str) -> Iterable[str]:
    issued = claim.issued
    yield "ТАЛОН / CLAIM"
    yield issued.number
    yield f"{issued.amount_minor // 100},{issued.amount_minor % 100:02d} {issued.currency}"
    for at in range(0, len(code), CODE_COLUMNS):
        yield code[at : at + CODE_COLUMNS]
    yield ""


async def _wished() -> None:
    """The unit was asked; what it does is told by its journal."""
