"""Money that a restored kiosk has by its backup and whose end only the dead box knew: asked, never given by itself.

A backup made in the middle of a purchase has its notes and not what became of them: the receipt, the change, the slip.
HQ and the register have told what they know before this is asked. What still looks owed then is UNKNOWN:

    purchase   inserted, and no receipt is known          what is owed ──> a slip, by a supervisor's word
    change     the receipt is known, its change is not  ──┤
    note       a note in the box that no purchase knows   the rest ──> the dead box has settled it, by their word
    booking    внесение against a slip, by the backup still to be made: made now, or never

    old-money/<order or note>      setting: what a supervisor said was settled before the restore
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from agent.claims.asked_money import AskedMoney
from agent.kiosk.boxes import Boxes
from fiscal.cash_piece import Piece
from fiscal.kiosk_books import OrderMoney, ReceiptEnd
from fiscal.sale import Sale
from sync.store import cash_journal
from sync.store.batch import Entry, Setting
from sync.store.claim_journal import asked_bookings, asked_setting
from sync.store.restored import restore_state, till_restored
from sync.store.store import Store

KNOWN_ORDERS = 1_000
"""A day's purchases: whether one is of before the restore never changes."""
_AFTER = frozenset({"cash.unit_found", "cash.period_begun"})
"""Rows after which whatever a unit takes was taken before our eyes."""
_MADE = frozenset({ReceiptEnd.MADE, ReceiptEnd.DEBT})


class Said(msgspec.Struct, frozen=True):
    """A supervisor's word about money of before the restore. `key` is an order's, a note's or a booking's."""

    key: str
    kind: str
    sum_minor: int
    owed_minor: int
    person: str
    at_ms: int


class OldMoney:
    """One kiosk's. In a box that was never restored nothing is old, and nothing is asked."""

    def __init__(self, kiosk: str, store: Store) -> None:
        self._kiosk = kiosk
        self._store = store
        state = restore_state(store)
        self._rows = state.rows if state is not None else None
        self._known: dict[str, bool] = {}
        self._lines: dict[str, int] = {}

    # What is old

    def is_old(self, order: str) -> bool:
        """Did the box that died begin this purchase? By its place in the journal, or because HQ told of it."""
        if self._rows is None or not order:
            return False
        if order not in self._known:
            rows = self._store.journal(order)
            if not rows:
                return True  # its beginning is in no journal any more
            if len(self._known) >= KNOWN_ORDERS:
                self._known.clear()
            self._known[order] = rows[0].seq <= self._rows or any(row.kind == "told.sale" for row in rows)
        return self._known[order]

    def is_old_piece(self, device: str, unit: str, period: int, piece: Piece) -> bool:
        """Was this note the dead box's, or found in its box when the unit was first looked at here?"""
        if self._rows is None:
            return False
        subject = cash_journal.subject(device, unit, period)
        if subject not in self._lines:
            line, looked_at = self._line(subject, self._rows)
            if not looked_at:
                return piece.number <= line
            self._lines[subject] = line
        return piece.number <= self._lines[subject]

    def _line(self, subject: str, of_backup: int) -> tuple[int, bool]:
        """The newest note of before, and whether the unit was looked at since."""
        newest = 0
        for row in self._store.journal(subject):
            if row.seq > of_backup and row.kind in _AFTER:
                return newest, True
            newest = max(newest, msgspec.json.decode(row.body, type=_OfPiece).piece)
        return newest, False

    # What was said

    def settled_minor(self, key: str) -> int:
        """What a person said was settled before the restore."""
        kept = self._store.setting(f"old-money/{key}") if self._rows is not None else None
        return int(kept) if kept else 0

    def settled(self, said: Said) -> tuple[Setting, ...]:
        """With what was said before."""
        more = said.sum_minor - said.owed_minor
        settled = self.settled_minor(said.key) + more
        return (Setting(f"old-money/{said.key}", str(settled).encode()),) if more else ()

    def entry(self, said: Said, order: str) -> Entry:
        """Who said what, and when: a row beside the purchase's own."""
        return Entry("restore.money_said", self._kiosk, msgspec.json.encode(said), order)

    # What is asked

    @property
    def asks(self) -> bool:
        """HQ and the register have told: what is still not known is a person's question."""
        return self._rows is not None and bool(till_restored(self._store, self._kiosk).confirmed_ms)

    def purchases(
        self, orders: Iterable[str], sale_of: Callable[[str], Sale | None], money_of: Callable[[str], OrderMoney]
    ) -> Iterator[AskedMoney]:
        for order in sorted(orders):
            if not order or not self.is_old(order):
                continue
            money, sale = money_of(order), sale_of(order)
            sum_minor = open_minor(money)
            if not sum_minor:
                continue
            kind = "change" if money.receipt in _MADE else "purchase"
            number = (sale.number if sale is not None else "") or order[-6:]
            at_ms = sale.opened.at_ms if sale is not None else 0
            like = () if kind == "change" or sale is None else self._receipts(sale.basket.total_minor)
            yield AskedMoney(order, self._kiosk, kind, number, at_ms, sum_minor, like)

    def notes(self, boxes: Boxes) -> Iterator[tuple[str, Piece]]:
        """Notes of no purchase that nobody has decided about: (key, note)."""
        for slot, name, record in boxes.units():
            for piece in record.unit.pieces:
                if piece.order or not piece.counts:
                    continue
                if self.is_old_piece(slot.port.id, name, record.period, piece):
                    yield note_key(slot.port.id, name, record.period, piece.number), piece

    def bookings(self) -> Iterator[AskedMoney]:
        for place, sum_minor in enumerate(asked_bookings(self._store, self._kiosk)):
            yield AskedMoney(f"booking/{self._kiosk}/{place}", self._kiosk, "booking", "", 0, sum_minor)

    def bookings_but(self, asked: AskedMoney) -> Setting:
        """What is still asked about after this one."""
        left = asked_bookings(self._store, self._kiosk)
        del left[int(asked.key.rpartition("/")[2])]
        return asked_setting(self._kiosk, left)

    def _receipts(self, sum_minor: int) -> tuple[int, ...]:
        """Receipts of that sum that only the register told of: one of them may be this purchase's."""
        found: list[int] = []
        for row in self._store.journal("restore"):
            if row.kind == "restore.confirmed" and row.till == self._kiosk:
                told = msgspec.json.decode(row.body, type=_Confirmed)
                found += [one.number for one in told.foreign if one.sum == sum_minor and sum_minor]
        return tuple(found)


def open_minor(money: OrderMoney) -> int:
    """What nobody knows of a purchase of before: also of one that was left open about its receipt, for the register was
    read and it was not found there."""
    return money.owed_minor or (money.in_order_minor if money.receipt is ReceiptEnd.DOUBT else 0)


class _OfPiece(msgspec.Struct):
    piece: int = 0


class _Foreign(msgspec.Struct):
    number: int
    sum: int | None = None


class _Confirmed(msgspec.Struct):
    foreign: list[_Foreign] = []


def note_key(device: str, unit: str, period: int, number: int) -> str:
    """What a note of no purchase is called where a claim names its order."""
    return f"piece/{device}/{unit}/{period}/{number}"
