"""One stock for every place that sells: what is on the shelf less what lies in open baskets, till or kiosk.

Nothing is written: stock is the sum of the moves, a reservation is a line of a sale that has not ended, and both are in
the journal. So a reservation cannot be lost or forgotten, and the uplink plays no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent.course.closing import LOCATION
from agent.till.till import Till
from fiscal.sale import ENDED, Sale, is_finished
from fiscal.sale_events import SaleAct
from sync.store.batch import Setting
from sync.store.store import Store


def counted(barcode: str) -> Setting:
    """To be committed with the move that begins a product's stock: before a count nobody knows what is there."""
    return Setting(_counted(barcode), b"1")


class Reservations:
    """`places`: every till of the shop, kiosks' too."""

    def __init__(self, store: Store, places: Callable[[], Iterable[Till]]) -> None:
        self._store = store
        self._places = places

    def left_thousandths(self, barcode: str, but: str = "") -> int | None:
        """What can still be put into a basket; `but` is the sale that asks. None: this product's stock is not kept."""
        if not self._store.setting(_counted(barcode)):
            return None
        return self._store.stock(barcode, LOCATION) - self.held_thousandths(barcode, but)

    def held_thousandths(self, barcode: str, but: str = "") -> int:
        """What lies in open baskets of other sales."""
        sales = (course.record.sale for till in self._places() for course in till.courses())
        return sum(_held(sale, barcode) for sale in sales if sale.id != but)


def _counted(barcode: str) -> str:
    return f"stock-counted/{barcode}"


def _held(sale: Sale, barcode: str) -> int:
    if sale.act is not SaleAct.SALE or sale.phase in ENDED or is_finished(sale):
        return 0
    return sum(line.quantity_thousandths for line in sale.basket.lines if line.product.barcode == barcode)
