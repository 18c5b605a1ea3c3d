"""What the kiosk owes: given out as change, else put on store credit or promised by a claim slip, and booked.

    owed (derived) ──> boxes pay ──> what fell short, or nobody stands there
                                        ├─ they are known ──> advance receipt (agent/kiosk/advances.py)
                                        └─ nobody knows them ──> claim slip (durable, then printed)
                                                                   └──> внесение at the kiosk's register

Nothing here remembers what was done: each look derives what is still owed from the journals, so it goes on after a
power cut and gives nothing twice. A restored kiosk's journals are those of its backup: what looks owed of before is a
question to a person (`old_money.py`), and nothing is given by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

import anyio

from agent.claims.asked_money import AskedMoney
from agent.claims.claim_desk import ClaimDesk
from agent.claims.claim_refused import ClaimRefused
from agent.kiosk.advances import Advances
from agent.kiosk.boxes import Boxes, order_of
from agent.kiosk.kiosk_settings import CREDIT, PAY_OUT, KioskSettings
from agent.kiosk.old_money import OldMoney, Said, note_key, open_minor
from agent.kiosk.order_money import order_money
from agent.till.shift_meant import ShiftMeant
from agent.till.till import Till
from drivers.errors import DeviceError
from fiscal.cash_piece import PiecePhase
from fiscal.claim import Claim
from fiscal.kiosk_books import OrderMoney
from fiscal.sale import ENDED, Sale, is_finished
from sync.store import claim_journal
from sync.store.batch import Batch, Setting
from sync.store.sale_journal import is_sale_row, read_sale

log = logging.getLogger("tillkeeper.kiosk")

KNOWN_SALES = 64
"""Ended sales never change in what is asked of them here; so many are not read again."""
AT_ONCE = 20
"""Some ten milliseconds of reading."""
CODE_COLUMNS = 30
NOTHING = Batch()

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
        self.old = OldMoney(settings.id, till.store)
        self._saying = anyio.Lock(fast_acquire=True)
        self._kiosk = settings.id
        self._ways = settings.change
        self._till = till
        self._sales: dict[str, Sale] = {}
        self._settled: set[str] = set()
        self._seen: dict[tuple[str, str, int], _Seen] = {}
        till.shifts.booked = self._booked
        till.shifts.named = self._named

    # Derived

    def money(self, order: str) -> OrderMoney:
        claims, advances = self.claims_of(order), self.advances.of(order)
        return order_money(order, self.sale_of(order), self.boxes, claims, advances, self.old.settled_minor(order))

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
        money = self.money(order)
        left = open_minor(money) if self.old.is_old(order) else money.owed_minor
        over = (sale is None or _is_over(sale)) and not left
        return over and all(self.is_settled(row.id) for row in self.advances.of(order))

    def unsettled(self) -> frozenset[str]:
        """Purchases whose inserted money has not found its place; "" for pieces of no purchase."""
        found = {order for order in self.boxes.orders() if order and not self.is_settled(order)}
        nobodys = self._nobodys() is not None or any(True for _ in self._old_notes())
        return frozenset(found | ({""} if nobodys else set()))

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
        if self.old.is_old(order):
            return None  # what became of it the dead box knew: a person is asked
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
                order = note_key(slot.port.id, name, record.period, piece.number)
                if self.old.is_old_piece(slot.port.id, name, record.period, piece):
                    continue
                if not self.claims_of(order):
                    amount = piece.counted_minor
                    return lambda o=order, a=amount: self._claim(o, a, "late", lambda _: None)  # type: ignore[misc]
        self._settled.add("")
        return None

    async def _claim(
        self,
        order: str,
        amount_minor: int,
        reason: str,
        promised: Callable[[Claim], None],
        beside: Batch = NOTHING,
    ) -> None:
        assert self.claims is not None, "no money is taken where no claim could be issued"
        unbooked = self._keep_unbooked([*self.unbooked(), amount_minor])
        claim = await self.claims.issue(
            self._kiosk, amount_minor, reason, order, settings=(unbooked, *beside.settings), entries=beside.entries
        )
        promised(claim)
        await self.print(claim)

    # What only a person can say, after a restore

    def asked(self) -> list[AskedMoney]:
        """The questions that stand, of money and of the register's books."""
        if not self.old.asks:
            return []
        inserted = self.boxes.orders() - self._settled
        orders = inserted | {row.id for order in inserted for row in self.advances.of(order)}
        still = (order for order in orders if not self.boxes.is_moving(order) and not self.boxes.is_paying(order))
        notes = [AskedMoney(key, self._kiosk, "note", "", 0, value) for key, value in self._old_notes()]
        return [*self.old.purchases(still, self.sale_of, self.money), *notes, *self.old.bookings()]

    def _old_notes(self) -> Iterator[tuple[str, int]]:
        """Notes of before in no purchase, that nobody has decided about."""
        for key, piece in self.old.notes(self.boxes) if "" in self.boxes.orders() else ():
            if not self.claims_of(key) and not self.old.settled_minor(key):
                yield key, piece.counted_minor

    async def answer(self, key: str, sum_minor: int, owed_minor: int, person: str) -> None:
        """A supervisor's word about one of the questions: a slip for what is owed, the rest was settled. What was
        decided and who did are one commit. Raises ClaimRefused, DiskFull and JournalRefused."""
        async with self._saying:
            asked = next((one for one in self.asked() if one.key == key), None)
            if asked is None or asked.sum_minor != sum_minor:
                raise ClaimRefused("old_money_moved")
            if not 0 <= owed_minor <= sum_minor or (asked.kind == "booking" and owed_minor not in (0, sum_minor)):
                raise ClaimRefused("old_money_sum", sum_minor=sum_minor)
            word = Said(key, asked.kind, sum_minor, owed_minor, person, self._till.clock.now_ms())
            settled = self.old.settled(word)
            if asked.kind == "booking":
                entry = self.old.entry(word, "")
                again = (self._keep_unbooked([*self.unbooked(), sum_minor]),) if owed_minor else ()
                await self._till.store.commit(Batch(entries=(entry,), settings=(self.old.bookings_but(asked), *again)))
            elif owed_minor:
                beside = Batch(entries=(self.old.entry(word, key),), settings=settled)
                await self._claim(key, owed_minor, "restored", lambda _: None, beside)
            else:
                await self._till.store.commit(Batch(entries=(self.old.entry(word, key),), settings=settled))
        self.look_again(key)
        self._till.changed_if_shown()

    def _named(self) -> list[str]:
        """The questions, as the shift that closes over them has them."""
        return [f"restore {one.kind} {one.number or one.key}: {one.sum_minor}" for one in self.asked()]

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
        return claim_journal.unbooked(self._till.store, self._kiosk)

    async def book(self) -> None:
        """внесение against the oldest claim: cash that is in the box and in no receipt. Raises TradeRefused."""
        await self._till.shifts.cash("", "cash_in", self.unbooked()[0], claim_journal.BOOKED_FOR)

    def _booked(self, meant: ShiftMeant) -> tuple[Setting, ...]:
        """Kept in the very commit that says that the register has it, now or after an outage."""
        if (meant.act, meant.reason) != ("cash_in", claim_journal.BOOKED_FOR):
            return ()
        return (self._keep_unbooked(self.unbooked()[1:]),)

    def _keep_unbooked(self, sums: list[int]) -> Setting:
        return claim_journal.unbooked_setting(self._kiosk, sums)


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
