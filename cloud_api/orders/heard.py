"""What shops say of orders, taken into HQ's storage with the batch that brought it, each word once."""

from __future__ import annotations

from collections.abc import Sequence

from cloud_api.orders.kept import KeptOrder, Told, hear, lines_of, order_at, orders_page
from cloud_api.orders.states import OPEN, OrderState, Word, is_ghost
from cloud_api.storage.storage import Storage, Transaction
from cloud_api.store.commands import give
from cloud_api.store.devices import KnownDevice
from sync.wire.commands import OrderCancelled, OrderWanted

MOST_OPEN = 5_000
"""Of one shop; more than its counter could hold."""


async def take_words(transaction: Transaction, device: KnownDevice, told: Sequence[Told], *, now_ms: int) -> int:
    """How many commands were given. A word about goods that staff keep for somebody of their own is no order's."""
    commands = 0
    for one in told:
        found = await order_at(transaction, device.store, one.order, locked=True)
        if found is None:
            continue
        if is_ghost(found.state, one.word):
            commands += int(await ask_cancel(transaction, found, "over", f"{one.at_ms}", now_ms=now_ms))
        await hear(transaction, found, one)
    return commands


async def want(transaction: Transaction, found: KeptOrder, again: str, *, now_ms: int) -> bool:
    """Asks the shop to keep the goods; `again` tells one asking from another where a shop has lost the first."""
    lines = [
        (str(n), line.sku, line.name, line.thousandths) for n, line in enumerate(await lines_of(transaction, found), 1)
    ]
    wanted = OrderWanted(found.order, lines, found.hours)
    id = f"order/{found.order}/wanted{again}"
    return await give(transaction, found.device, id, "order_wanted", wanted, now_ms=now_ms)


async def ask_cancel(transaction: Transaction, found: KeptOrder, why: str, again: str, *, now_ms: int) -> bool:
    id = f"order/{found.order}/cancelled/{again}"
    return await give(transaction, found.device, id, "order_cancelled", OrderCancelled(found.order, why), now_ms=now_ms)


async def ask_again(storage: Storage, device: KnownDevice, since: int, *, now_ms: int) -> None:
    """The device stands before what it once had: it was restored from a copy, and may have lost what it kept. It is
    asked for every open order once more; what it still keeps it does not keep twice."""
    async with storage.transaction(device.store) as transaction:
        for found in await orders_page(transaction, [device.store], sorted(OPEN), None, MOST_OPEN):
            if found.device != device.device:
                continue
            if found.state is OrderState.CANCELLING:
                await ask_cancel(transaction, found, "", f"again/{since}", now_ms=now_ms)
            elif found.state in (OrderState.NEW, OrderState.ACCEPTED, OrderState.PICKING, OrderState.READY):
                await want(transaction, found, f"/again/{since}", now_ms=now_ms)


def pickup_word(row: Sequence[object]) -> Told | None:
    """The word in a row of table `pickup` without its key: order, state, at, until, person, why, sale, lines."""
    order, state, at_ms, until_ms, person, why, sale = row[:7]
    if not isinstance(at_ms, int) or not isinstance(until_ms, int):
        return None
    return Told(str(order), Word(str(state)), at_ms, until_ms, str(person), str(why), str(sale))
