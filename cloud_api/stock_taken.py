"""Documents of the stock taken into HQ's storage, a transfer's two ends joined; and how movements get into the sum.

    shop A: transfer_out ──> HQ: on the way ── transfer_coming ──> shop B
    shop B: transfer_in  ──> HQ: received, differences ── transfer_arrived ──> shop A

The two ends may come in either order: B may have been heard while A's wire was cut. HQ never decides what arrived: it
says what the two shops said, and where they differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from cloud_api.stock_projections import StockRows
from cloud_api.storage.storage import Row, Transaction
from cloud_api.store.commands import give
from cloud_api.store.devices import KnownDevice
from fiscal.stock_document import StockKind, compared
from sync.wire.commands import TransferComing
from sync.wire.facts import StockDocument, StockLine, TransferArrived

STOCK_SUM = (
    "INSERT INTO stock_sum(store, sku, moved_thousandths) VALUES(?,?,?) ON CONFLICT(store, sku) DO UPDATE "
    "SET moved_thousandths = stock_sum.moved_thousandths + excluded.moved_thousandths"
)

MINUTE_MS = 60_000
STOCK_MOVED = (
    "INSERT INTO stock_moved(store, sku, changed_ms) VALUES(?,?,?) ON CONFLICT(store, sku) DO UPDATE "
    "SET changed_ms = excluded.changed_ms WHERE stock_moved.changed_ms < excluded.changed_ms"
)
"""By the minute, and for documents only: what sales moved is found by their order of arrival (moved_products.py)."""


async def write_stock(
    transaction: Transaction, device: KnownDevice, epoch: int, taken: Sequence[tuple[int, StockRows]], *, now_ms: int
) -> int:
    """How many commands were given; inside the transaction that takes the batch. What the documents move goes into the
    sum with the batch's sales (taken_rows.py)."""
    documents: list[Row] = []
    lines: list[Row] = []
    for seq, rows in taken:
        key = (device.store, device.device, epoch, seq)
        documents.append((*key, *rows.head))
        lines += [(*key, *line) for line in rows.lines]
    await transaction.insert("stock_document", documents)
    await transaction.insert("stock_document_line", lines)
    moved = {sku for _, rows in taken for sku, quantity in rows.moved.items() if quantity}
    await mark_moved(transaction, device.store, moved, now_ms)
    commands = 0
    for _, rows in taken:
        if rows.told.document_kind == StockKind.TRANSFER_OUT.value:
            commands += await _sent(transaction, device, rows.told, now_ms)
        elif rows.told.document_kind == StockKind.TRANSFER_IN.value:
            commands += await _received(transaction, device, rows.told, now_ms)
    return commands


async def mark_moved(transaction: Transaction, store: str, skus: Collection[str], now_ms: int) -> None:
    """Leaves the documents' mark on what they moved."""
    minute_ms = now_ms - now_ms % MINUTE_MS
    await transaction.write_many(STOCK_MOVED, [(store, sku, minute_ms) for sku in sorted(skus)], apart=True)


async def add_to_sum(transaction: Transaction, store: str, moved: Mapping[str, int]) -> None:
    """Once a transaction, by product: two tills that add to the same products lock them in the same order."""
    rows = [(store, sku, quantity) for sku, quantity in sorted(moved.items()) if quantity]
    await transaction.write_many(STOCK_SUM, rows, apart=True)


async def _sent(transaction: Transaction, device: KnownDevice, told: StockDocument, now_ms: int) -> int:
    sent = [(line.sku, line.name, -line.delta) for line in told.lines if line.delta]
    known = await _transfer(transaction, told.number)
    if known is None:
        to = await device_of(transaction, told.other, device.device)
        row = (told.number, device.device, device.store, told.other, told.at_ms, _json(sent), "", "", None, "[]", "[]")
        await transaction.insert("transfer", [row])
        if to is None:
            return 0  # no shop of that name: it receives by the number on the paper
        coming = TransferComing(told.number, device.store, told.at_ms, sent)
        return int(await give(transaction, to, f"coming/{told.number}", "transfer_coming", coming, now_ms=now_ms))
    if known.sender:
        return 0  # the number belongs to another shop's transfer
    if not await _may_receive(transaction, device.device, told.other, known.receiver, known.receiver_store):
        # A third shop has typed this number by mistake: its document stays, the transfer goes where it was sent.
        await transaction.write("DELETE FROM transfer WHERE number=?", (told.number,))
        await _heard_second(transaction, told, now_ms)
        return await _sent(transaction, device, told, now_ms)
    differences = compared(_sums(sent), dict(known.received))
    await transaction.write(
        "UPDATE transfer SET sender=?, sender_store=?, other=?, sent_ms=?, sent=?, differences=? WHERE number=?",
        (device.device, device.store, told.other, told.at_ms, _json(sent), _json(differences), told.number),
    )
    return await _say_arrived(transaction, device.device, told.number, known.received_ms, differences, now_ms)


async def _received(transaction: Transaction, device: KnownDevice, told: StockDocument, now_ms: int) -> int:
    if not told.of:
        return 0
    received: Counter[str] = Counter()
    for line in told.lines:
        received[line.sku] += line.delta
    counts = sorted((sku, count) for sku, count in received.items() if count)
    known = await _transfer(transaction, told.of)
    if known is None:
        row = (told.of, "", "", told.other, None, "[]", device.device, device.store, told.at_ms, _json(counts), "[]")
        await transaction.insert("transfer", [row])
        return 0
    if known.receiver:
        return 0  # another shop was heard first: both documents are there, people look
    if not await _may_receive(transaction, known.sender, known.other, device.device, device.store):
        return 0  # it was sent to another shop
    differences = compared(_sums(known.sent), dict(counts))
    await transaction.write(
        "UPDATE transfer SET receiver=?, receiver_store=?, received_ms=?, received=?, differences=? WHERE number=?",
        (device.device, device.store, told.at_ms, _json(counts), _json(differences), told.of),
    )
    return await _say_arrived(transaction, known.sender, told.of, told.at_ms, differences, now_ms)


async def _heard_second(transaction: Transaction, told: StockDocument, now_ms: int) -> None:
    """The shop that the transfer was sent to had said that it came, after the third shop that was mistaken."""
    found = await transaction.rows(
        "SELECT store, device, epoch, seq, at_ms, other FROM stock_document "
        "WHERE store=? AND kind=? AND of_number=? UNION ALL "
        "SELECT d.store, d.device, d.epoch, d.seq, d.at_ms, d.other FROM device_place p JOIN stock_document d "
        "ON d.store=p.store AND d.device=p.device WHERE p.device=? AND d.kind=? AND d.of_number=? ORDER BY 5 LIMIT 1",
        (*(told.other, StockKind.TRANSFER_IN.value, told.number) * 2,),
    )
    for store, device, epoch, seq, at_ms, other in found:
        lines = await transaction.rows(
            "SELECT sku, name, delta FROM stock_document_line WHERE store=? AND device=? AND epoch=? AND seq=?",
            (store, device, epoch, seq),
        )
        came = StockDocument(
            "", StockKind.TRANSFER_IN.value, "", "done", "", at_ms, [StockLine(*line) for line in lines],
            other=other, of=told.number,
        )  # fmt: skip
        await _received(transaction, KnownDevice(device, store, "", (store,)), came, now_ms)


async def _say_arrived(
    transaction: Transaction,
    sender: str,
    number: str,
    at_ms: int,
    differences: tuple[tuple[str, int], ...],
    now_ms: int,
) -> int:
    arrived = TransferArrived(number, at_ms, list(differences))
    return int(await give(transaction, sender, f"arrived/{number}", "transfer_arrived", arrived, now_ms=now_ms))


async def _may_receive(transaction: Transaction, sender: str, other: str, receiver: str, store: str) -> bool:
    """Where people named one of our shops, only that one receives; any other name is a paper's, and the number is all
    there is to go by."""
    return other in (receiver, store) or await device_of(transaction, other, sender) is None


class _Transfer(msgspec.Struct, frozen=True):
    sender: str
    other: str
    receiver: str
    receiver_store: str
    received_ms: int
    sent: list[tuple[str, str, int]]
    received: list[tuple[str, int]]


async def _transfer(transaction: Transaction, number: str) -> _Transfer | None:
    """Nobody else's until this transaction ends: of two shops heard at the same moment the second finds the first."""
    found = await transaction.row(
        "SELECT sender, other, receiver, receiver_store, received_ms, sent, received FROM transfer WHERE number=?"
        f"{transaction.dialect.locked}",
        (number,),
    )
    if found is None:
        return None
    sender, other, receiver, store = (str(value) for value in found[:4])
    sent = msgspec.json.decode(str(found[5]), type=list[tuple[str, str, int]])
    received = msgspec.json.decode(str(found[6]), type=list[tuple[str, int]])
    return _Transfer(sender, other, receiver, store, int(found[4] or 0), sent, received)


async def device_of(transaction: Transaction, other: str, but: str) -> str | None:
    """The agent of the shop that people named, by the shop's name or the agent's."""
    found = await transaction.row(
        "SELECT device FROM device WHERE (store=? OR device=?) AND device<>? AND revoked_ms IS NULL"
        " ORDER BY device LIMIT 1",
        (other, other, but),
    )
    return str(found[0]) if found is not None else None


def _sums(sent: Sequence[tuple[str, str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for sku, _, thousandths in sent:
        sums[sku] += thousandths
    return dict(sums)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
