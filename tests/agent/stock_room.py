"""What tests of the stock need: goods on the shelf, commands of the stock page, and the balance on both sides."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.course.closing import LOCATION
from agent.stock.reservations import counted
from fiscal.pickup import PickupLine
from fiscal.stock_document import StockKind
from sync.store.batch import Batch, Command, StockMove
from sync.wire import facts

_made = iter(range(1, 1 << 40))


def new_command() -> Command:
    return Command(f"stock-command-{next(_made):09d}", "stock", 0, b"{}")


async def on_the_shelf(store: Any, barcode: str, pieces: int) -> None:
    """Counted once: its stock is kept from now on."""
    move = StockMove(barcode, LOCATION, pieces * 1000, "received", "count-1")
    await store.commit(Batch(moves=(move,), settings=(counted(barcode),)))


def line(barcode: str, pieces: int, name: str = "1") -> PickupLine:
    return PickupLine(name, barcode, barcode, pieces * 1000)


async def written(shop: Any, kind: StockKind, *lines: tuple[str, int], of: str = "", **told: str) -> Any:
    """A whole document, signed by ann."""
    desk = shop.shop.stock.desk
    id = await desk.begin(kind, new_command(), of)
    for sku, pieces in lines:
        await desk.put(id, sku, sku, pieces * 1000, new_command())
    return await desk.finish(id, "ann", new_command(), **told)


def told(shop: Any, kind: str, shape: type[Any]) -> list[Any]:
    """The facts of a kind that wait for HQ, oldest first."""
    rows = shop.store.outbox_read("sales", 0, 100_000)
    return [msgspec.json.decode(row.body, type=shape) for row in rows if row.kind == kind]


def documents_told(shop: Any) -> list[facts.StockDocument]:
    return told(shop, "stock_document", facts.StockDocument)
