"""Publishes a price zone's catalogue as pages that never change, and hands them out by their hash.

    feed's newest version -> products with their price, dated prices, regimes -> pages of 10,000 -> manifest

Rows are read in their order while others write: what changes meanwhile is in the feed after the manifest's version, and
comes to the store a second time. The two newest snapshots of a zone are kept, so a store that is in the middle of one
can end it.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import zstandard

from cloud_api.storage.storage import Reading, Storage, upsert
from cloud_api.telling.heads import DEFAULT_ZONE, Head, feed_of, head_of
from cloud_api.telling.pages import PRODUCT_COLUMNS
from sync.wire.feed import CATALOGUE, PRICE, PRODUCT, REGIME
from sync.wire.snapshot import PAGE_ROWS, Manifest, SnapshotPage, whole_of

KEPT = 2
ZSTD_LEVEL = 9  # written once, read by every store of the zone: a fifth smaller than level 3, three times the work
STALE_SHARE = 10
"""One tenth of the rows changed since: a new snapshot saves a new store more than it costs HQ."""

_PRODUCTS = (
    f"SELECT {PRODUCT_COLUMNS} FROM product p JOIN zone_price z ON z.zone=? AND z.sku=p.sku AND z.from_ms=0"
    " WHERE z.gone=0 AND p.gone=0 AND p.sku>? ORDER BY p.sku LIMIT ?"
)
_DATED = (
    "SELECT sku, from_ms, price_minor FROM zone_price WHERE zone=? AND gone=0 AND from_ms>0"
    " AND (sku, from_ms) > (?, ?) ORDER BY sku, from_ms LIMIT ?"
)
_REGIMES = "SELECT seller, from_day, tax_system, vat FROM seller_regime WHERE gone=0 ORDER BY seller, from_day"
_PUT_PAGE = upsert("snapshot_page", ["zone", "sha256"], ["zone", "sha256", "version", "body"])
_PUT_SNAPSHOT = upsert("snapshot", ["zone", "version"], ["zone", "version", "made_ms", "manifest"])


async def publish(storage: Storage, zone: str, *, now_ms: int) -> Manifest | None:
    """The zone's catalogue as it is; None: there is nothing to publish. Long: not for HQ's own event loop."""
    head = await head_of(storage, CATALOGUE)
    if head is None:
        return None
    pages = []
    packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    async for kind, rows in _rows(storage, zone):
        body = packer.compress(msgspec.json.encode(rows))
        sha256 = hashlib.sha256(body).hexdigest()
        async with storage.transaction(None) as transaction:
            await transaction.write(_PUT_PAGE, (zone, sha256, head.version, body))
        pages.append(SnapshotPage(kind, sha256, len(rows), len(body)))
    if not any(page.kind == PRODUCT for page in pages):
        return None
    feed = feed_of(head, zone)
    whole = whole_of(feed, head.version, zone, now_ms, pages)
    manifest = Manifest(feed, head.version, zone, now_ms, pages, whole)
    async with storage.transaction(None) as transaction:
        told = msgspec.json.encode(manifest).decode()
        await transaction.write(_PUT_SNAPSHOT, (zone, head.version, now_ms, told))
        kept = await transaction.rows(
            "SELECT version FROM snapshot WHERE zone=? ORDER BY version DESC LIMIT ?", (zone, KEPT)
        )
        await transaction.write("DELETE FROM snapshot WHERE zone=? AND version<?", (zone, kept[-1][0]))
        # A page that both snapshots hold carries the version of the newer one, and is kept with it.
        await transaction.write("DELETE FROM snapshot_page WHERE zone=? AND version<?", (zone, kept[-1][0]))
    return manifest


async def published(reading: Reading, zone: str) -> Manifest | None:
    """The newest; None: the zone has none."""
    row = await reading.row("SELECT manifest FROM snapshot WHERE zone=? ORDER BY version DESC LIMIT 1", (zone,))
    return None if row is None else msgspec.json.decode(str(row[0]), type=Manifest)


async def page_body(reading: Reading, zone: str, sha256: str) -> bytes | None:
    """None: no snapshot of this zone has it."""
    row = await reading.row("SELECT body FROM snapshot_page WHERE zone=? AND sha256=?", (zone, sha256))
    return None if row is None else bytes(row[0])


async def stale_zones(reading: Reading) -> list[str]:
    """Zones of stores that have goods and no snapshot, or one of which a tenth has changed, or that is forgotten."""
    head = await head_of(reading, CATALOGUE)
    if head is None:
        return []
    told = {
        str(row[0])
        for row in await reading.rows("/* global: the zones that have shops */ SELECT DISTINCT zone FROM store_zone")
    }
    return [zone for zone in sorted(told | {DEFAULT_ZONE}) if await _is_stale(reading, zone, head)]


async def _is_stale(reading: Reading, zone: str, head: Head) -> bool:
    """Counts no further than it needs: HQ asks this on its own event loop."""
    if await reading.row("SELECT 1 FROM zone_price WHERE zone=? AND gone=0 LIMIT 1", (zone,)) is None:
        return False
    manifest = await published(reading, zone)
    if manifest is None or manifest.feed != feed_of(head, zone) or manifest.version < head.forgotten:
        return True
    enough = manifest.rows // STALE_SHARE + 1
    changed = await reading.number(
        "SELECT count(*) FROM (SELECT 1 FROM zone_price WHERE zone=? AND version>? LIMIT ?) AS few",
        (zone, manifest.version, enough),
    )
    changed += await reading.number(
        "SELECT count(*) FROM (SELECT 1 FROM product WHERE version>? LIMIT ?) AS few", (manifest.version, enough)
    )
    return changed >= enough


async def _rows(reading: Reading, zone: str) -> AsyncIterator[tuple[str, Sequence[Any]]]:
    after = ""
    while rows := await reading.rows(_PRODUCTS, (zone, after, PAGE_ROWS)):
        yield PRODUCT, rows
        after = rows[-1][0]
    place = ("", 0)
    while rows := await reading.rows(_DATED, (zone, *place, PAGE_ROWS)):
        yield PRICE, rows
        place = rows[-1][0], rows[-1][1]
    if rows := await reading.rows(_REGIMES):
        yield REGIME, rows
