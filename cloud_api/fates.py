"""What becomes of each new item of a batch, decided before the first row of it is written.

    chain, numbers, version, shape: something does not fit        -> quarantined, whole, with the reason
    its id or its sale came before, under whichever epoch          -> known: recorded, not counted again
    of a kind HQ reads (readable_kinds.py)                         -> taken, with its rows
    else                                                           -> kept

An item that came damaged under an older epoch and is whole now leaves the quarantine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud_api.projections import INT64, LONGEST_NAME, DoesNotFit, SaleRows
from cloud_api.readable_kinds import READABLE, Projected
from cloud_api.storage.business_day import Moment
from cloud_api.storage.storage import Row, Transaction
from cloud_api.store.devices import KnownDevice
from sync.wire.edge_log import Item, chain

WHY_SHOWN = 500  # characters of a reason kept for people

_ITS_OWN = "i.device || ''=? AND i.stream || ''=? AND i.fate<>'known'"
"""Not by the key: PostgreSQL would take shop and device together for a choice of few rows and read all of the device's
history for each batch; the index of a shop's ids it takes for what it is."""
_THERE = (
    "SELECT 0, asked.id FROM {each} WHERE "
    f"(SELECT 1 FROM item i WHERE {{among}} AND i.id=asked.id AND {_ITS_OWN} LIMIT 1) = 1"
)
_SOLD = (
    "SELECT 1, asked.id FROM {each} WHERE "
    "(SELECT 1 FROM sale s WHERE {among} AND s.id=asked.id AND s.device || ''=? LIMIT 1) = 1"
)
"""Which of the ids are there; each is looked for by itself, which no planner makes a reading of the whole table of."""

Where = tuple[str, str, int, str]
"""Store, device, epoch, stream."""


@dataclass(slots=True)
class Fated:
    """A batch whose every item has its fate: rows of the log itself, and what is `taken` of it by sequence.

    `why` has the reason of each item that fits nothing, also of one that lay in quarantine already.
    """

    items: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    taken: list[tuple[int, Projected]] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    misfits: set[int] = field(default_factory=set)
    why: dict[int, str] = field(default_factory=dict)
    fates: Counter[str] = field(default_factory=Counter)

    async def write(self, transaction: Transaction, device: KnownDevice, stream: str) -> None:
        """The items as they came, and the quarantine."""
        await transaction.insert("item", self.items)
        await transaction.insert("quarantine", self.quarantine)
        await transaction.write_many(
            "DELETE FROM quarantine WHERE store=? AND device=? AND stream=? AND id=?",
            [(store, device.device, stream, id) for id in self.released for store in device.places],
        )


@dataclass(slots=True)
class _Before:
    """What a device has sent under one id before, as (kind, body): what was taken or kept, and what lies in
    quarantine. An id may have both: poison may carry the id of a sound fact."""

    whole: tuple[str, bytes] | None = None
    damaged: list[tuple[str, bytes]] = field(default_factory=list)


def _same(before: tuple[str, bytes], kind: str, body: bytes) -> bool:
    """A body that was erased with its person (visitors_forgotten.py) counts as this one: no item comes without."""
    return before[0] == kind and before[1] in (body, b"")


def follows(previous_hash: str, item: Item, body: bytes) -> bool:
    """Is the item the one that its hash chains to `previous_hash`?"""
    try:
        return chain(previous_hash, item.id, item.kind, item.v, body) == item.hash
    except UnicodeEncodeError:  # an id or kind outside ASCII cannot have been chained
        return False


async def fates_of(
    transaction: Transaction,
    device: KnownDevice,
    where: Where,
    fresh: Sequence[Item],
    last_hash: str,
    moment: Moment,
) -> Fated:
    """`last_hash` is that of the item before `fresh`."""
    stream, today = where[3], moment.day
    bodies = [bytes(item.body) for item in fresh]
    projected: dict[int, Projected | None] = {}
    why: dict[int, str] = {}
    previous = last_hash
    for item, body in zip(fresh, bodies, strict=True):
        try:
            projected[item.seq] = _read(stream, previous, item, body)
        except DoesNotFit as misfit:
            why[item.seq] = str(misfit)
        previous = item.hash
    sale_ids = [rows.id for rows in projected.values() if isinstance(rows, SaleRows)]
    known, sales = await _known_before(transaction, device, stream, fresh, sale_ids)
    batch = Fated()
    for item, body in zip(fresh, bodies, strict=True):
        rows = projected.get(item.seq)
        id, kind = _names(item)
        before = known.setdefault(id, _Before())
        whole = before.whole
        counted = sales.get(rows.id) if isinstance(rows, SaleRows) else None
        fate = "taken" if (stream, item.kind) in READABLE else "kept"
        reason = why.get(item.seq, "")
        if not reason and whole is not None and not _same(whole, kind, body):
            reason = "same_id"
        elif not reason and counted is not None and counted != body:
            reason = "same_sale"
        if reason:
            batch.why[item.seq] = reason[:WHY_SHOWN]
        if reason and any(_same(one, kind, body) for one in before.damaged):
            fate = "known"  # it lies in quarantine as it is, from an older epoch
        elif reason:
            fate = "quarantined"
            batch.misfits.add(item.seq)
            stamp = (id, kind, _bounded(item.v), reason[:WHY_SHOWN], moment.ms, body)
            batch.quarantine.append((*where, item.seq, *stamp))
        elif counted is not None or whole is not None:
            fate = "known"
        elif rows is not None:
            batch.taken.append((item.seq, rows))
            if isinstance(rows, SaleRows):
                sales[rows.id] = body
        if reason:
            before.damaged.append((kind, body))
        else:
            if whole is None and before.damaged:
                batch.released.append(id)  # it came damaged under an older epoch and is whole now
            before.whole = (kind, body)
        stamp_of_item = (id, kind, _bounded(item.v), _bounded(item.at_ms), moment.ms, item.hash, fate, body)
        batch.items.append((*where, item.seq, today, *stamp_of_item))
        batch.fates[fate] += 1
    return batch


def _read(stream: str, previous_hash: str, item: Item, body: bytes) -> Projected | None:
    """The rows of an item, None for one that is only kept; DoesNotFit with the reason."""
    if not follows(previous_hash, item, body):
        raise DoesNotFit("chain")
    if not (0 <= item.v <= INT64 and abs(item.at_ms) <= INT64):
        raise DoesNotFit("range: version or time")
    if len(item.id) > LONGEST_NAME or len(item.kind) > LONGEST_NAME:
        raise DoesNotFit("range: id or kind")
    readable = READABLE.get((stream, item.kind))
    if readable is None:
        return None
    if not readable.reads(item.v):
        raise DoesNotFit(f"version: {item.v}")
    return readable.project(body)


async def _known_before(
    transaction: Transaction, device: KnownDevice, stream: str, fresh: Sequence[Item], sale_ids: list[str]
) -> tuple[dict[str, _Before], dict[str, bytes]]:
    """What this device has sent before, under any epoch: items by the id as it is kept, and of the sales that HQ
    counts already the body of the item that brought each. Mostly nothing: then it is one question."""
    dialect = transaction.dialect
    places = dialect.asked(device.places)
    values = [dialect.asked([_names(item)[0] for item in fresh]), places, device.device, stream]
    there = _THERE.format(each=dialect.each("asked"), among=dialect.among("i.store"))
    if sale_ids:
        there += " UNION ALL " + _SOLD.format(each=dialect.each("asked"), among=dialect.among("s.store"))
        values += [dialect.asked(sale_ids), places, device.device]
    found: tuple[list[str], list[str]] = ([], [])
    for of_sale, id in await transaction.rows(there, values):
        found[of_sale].append(id)
    items: dict[str, _Before] = {}
    if found[0]:
        rows = await transaction.rows(
            "SELECT i.id, i.kind, i.body, CASE WHEN i.fate='quarantined' THEN 1 ELSE 0 END FROM item i "
            f"WHERE {dialect.among('i.id')} AND {dialect.among('i.store')} AND {_ITS_OWN}",
            (dialect.asked(found[0]), places, device.device, stream),
        )
        for id, kind, body, quarantined in rows:
            before = items.setdefault(id, _Before())
            if quarantined:
                before.damaged.append((kind, body))
            else:
                before.whole = (kind, body)
    sales: dict[str, bytes] = {}
    if found[1]:
        rows = await transaction.rows(
            "SELECT s.id, i.body FROM sale s JOIN item i ON i.store=s.store AND i.device=s.device "
            "AND i.epoch=s.epoch AND i.stream='sales' AND i.seq=s.seq "
            f"WHERE {dialect.among('s.id')} AND {dialect.among('s.store')} AND s.device || ''=?",
            (dialect.asked(found[1]), places, device.device),
        )
        sales.update((id, body) for id, body in rows)
    return items, sales


def _names(item: Item) -> tuple[str, str]:
    """Its id and kind as they are kept: no longer than an index takes. One that was longer lies in quarantine."""
    return item.id[:LONGEST_NAME], item.kind[:LONGEST_NAME]


def _bounded(value: int) -> int:
    return value if -INT64 <= value <= INT64 else INT64 if value > 0 else -INT64
