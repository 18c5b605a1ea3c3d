"""One stock for every place that sells: what the shop has, less open baskets, less what is kept for orders.

    left = sum of the moves - lines of sales that have not ended - pick-up holds that stand

Nobody writes it down: each of the three is read from the journal's own rows, so none can be lost or forgotten, and the
uplink plays no part in it. Whoever promises a piece decides and commits within one `turn`: between the look and the
line nobody else promises it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio
import msgspec

from agent.clock import Clock
from fiscal.payment import NotAllowed
from fiscal.pickup import Hold, SaleFate, promised
from fiscal.refused import LawRefused
from fiscal.sale import ENDED, Phase, Sale
from fiscal.sale_events import SaleAct
from fiscal.stock_document import SHELVES
from sync.store.batch import Row, Setting
from sync.store.sale_journal import is_sale_row, read_sale
from sync.store.store import Store

log = logging.getLogger(__name__)
OVER = frozenset(phase.value for phase in ENDED)


class _Record(Protocol):
    @property
    def sale(self) -> Sale: ...


class _Course(Protocol):
    @property
    def record(self) -> _Record: ...


class _PlaceSettings(Protocol):
    @property
    def id(self) -> str: ...


class Place(Protocol):
    """Where something is sold: a till, or what stands behind a kiosk."""

    @property
    def settings(self) -> _PlaceSettings: ...

    def courses(self) -> Sequence[_Course]: ...


@dataclass(frozen=True, slots=True)
class Balance:
    """Of one product, in thousandths; None where nobody has counted it yet."""

    on_hand: int | None
    left: int | None
    in_baskets: int
    kept: int  # for orders


def counted(barcode: str) -> Setting:
    """To be committed with the move that begins a product's stock: before a count nobody knows what is there."""
    return Setting(_counted(barcode), b"1")


class Reservations:
    """`places`: every till of the shop, kiosks' too."""

    def __init__(self, store: Store, clock: Clock, places: Callable[[], Iterable[Place]]) -> None:
        self._store = store
        self._clock = clock
        self._places = places
        self._waking: dict[str, tuple[int, Sale | None]] = {}  # found in the journal before its till has taken it up
        self.turn = anyio.Lock(fast_acquire=True)
        """Held from the look to the commit by whoever promises goods or takes them away."""

    def is_kept(self, barcode: str) -> bool:
        return bool(self._store.setting(_counted(barcode)))

    def on_hand_thousandths(self, barcode: str) -> int:
        """The sum of the moves. Below zero: more was sold than anybody wrote down as received."""
        return self._store.stock(barcode, SHELVES)

    def left_thousandths(self, barcode: str, but: str = "") -> int | None:
        """What can still be promised; `but` is the sale that asks. None: this product's stock is not kept."""
        if not self.is_kept(barcode):
            return None
        open_sales = self.open_sales()
        held = sum(_held(sale, barcode) for sale in open_sales.values() if sale.id != but)
        return self.on_hand_thousandths(barcode) - held - self._promised(barcode, but, open_sales)

    def balances(self, barcodes: Iterable[str], open_sales: dict[str, Sale] | None = None) -> dict[str, Balance]:
        """Of many products at once: what lies open is looked at once for all of them."""
        open_sales = self.open_sales() if open_sales is None else open_sales
        return {barcode: self._balance(barcode, open_sales) for barcode in barcodes}

    def _balance(self, barcode: str, open_sales: dict[str, Sale]) -> Balance:
        held = sum(_held(sale, barcode) for sale in open_sales.values())
        promised = self._promised(barcode, "", open_sales)
        if not self.is_kept(barcode):
            return Balance(None, None, held, promised)
        on_hand = self.on_hand_thousandths(barcode)
        return Balance(on_hand, on_hand - held - promised, held, promised)

    def held_thousandths(self, barcode: str, but: str = "") -> int:
        """What lies in open baskets of other sales."""
        return sum(_held(sale, barcode) for sale in self.open_sales().values() if sale.id != but)

    def promised_thousandths(self, barcode: str, but: str = "") -> int:
        """What is kept for orders and not yet in the basket that fetches it; `but`'s own order does not count."""
        return self._promised(barcode, but, self.open_sales())

    def orders_with(self, barcode: str, but: str = "") -> list[Hold]:
        """The holds that stand on a product, soonest to expire first."""
        open_sales, now_ms = self.open_sales(), self._clock.now_ms()
        return sorted(
            (
                hold
                for hold in self._store.holds(barcode)
                if (not hold.sale or hold.sale != but)
                and promised([hold], now_ms, lambda sale: self.fate(sale, open_sales), lambda sale: 0, but)
            ),
            key=lambda hold: hold.until_ms,
        )

    def fate(self, sale: str, open_sales: dict[str, Sale] | None = None) -> SaleFate:
        """What became of a sale, by its row: the row is written in the commit that moves the goods."""
        known = self.open_sales() if open_sales is None else open_sales
        if sale in known:
            return SaleFate.OPEN
        row = self._store.sale(sale)
        if row is None or row.phase == Phase.VOIDED.value:
            return SaleFate.GIVEN_UP
        return SaleFate.GOODS_GONE if row.phase in OVER else SaleFate.OPEN

    def open_sales(self) -> dict[str, Sale]:
        """Every sale that has not ended, of the tills and of the journal: after a start a till has not yet taken up
        what the process before left in its baskets. A till that the settings no longer have holds nothing, and a sale
        that cannot be read neither: the others go on selling."""
        places = list(self._places())
        found = {
            course.record.sale.id: course.record.sale
            for place in places
            for course in place.courses()
            if course.record.sale.phase not in ENDED
        }
        tills = {place.settings.id for place in places}
        waking = [row.id for row in self._store.open_sales() if row.id not in found and row.till in tills]
        for id in waking:
            sale = self._read(id)
            if sale is not None:
                found[id] = sale
        self._waking = {id: kept for id, kept in self._waking.items() if id in waking}
        return found

    def _read(self, id: str) -> Sale | None:
        rows = [row for row in self._store.journal(id) if is_sale_row(row)]
        seq = rows[-1].seq if rows else 0
        kept = self._waking.get(id)
        if kept is None or kept[0] != seq:
            kept = self._waking[id] = (seq, _folded(id, rows))
        return kept[1]

    def _promised(self, barcode: str, but: str, open_sales: dict[str, Sale]) -> int:
        holds = self._store.holds(barcode)
        if not holds:
            return 0

        def in_basket(sale: str) -> int:
            return _held(open_sales[sale], barcode) if sale in open_sales else 0

        return promised(holds, self._clock.now_ms(), lambda sale: self.fate(sale, open_sales), in_basket, but)


def _folded(id: str, rows: list[Row]) -> Sale | None:
    """None, and a line in the log: what was written cannot be read, as by an older program."""
    try:
        return read_sale(rows) if rows else None
    except (NotAllowed, LawRefused, msgspec.MsgspecError, LookupError, ValueError, ArithmeticError) as error:
        log.error("the open sale %s cannot be read and holds no goods: %r", id, error)
        return None


def _counted(barcode: str) -> str:
    return f"stock-counted/{barcode}"


def _held(sale: Sale, barcode: str) -> int:
    """Until a sale has ended its goods have not moved, paid and sealed or not: a terminal may still have to hear."""
    if sale.act is not SaleAct.SALE or sale.phase in ENDED:
        return 0
    return sum(line.quantity_thousandths for line in sale.basket.lines if line.product.barcode == barcode)
