"""An HQ of one page for tests of the feeds: rows with versions, tombstones, a snapshot, and every trouble on demand.

It shares nothing with cloud_api: it is written from the text of sync/wire/feed.py and sync/wire/snapshot.py.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
import zstandard

from sync.asking import Away
from sync.feed_courier import FeedAnswer, NoFeed, Piece, Resnapshot, Told, Trouble
from sync.store.feed_place import FeedPlace
from sync.wire.feed import FeedPage
from sync.wire.snapshot import Manifest, SnapshotPage, whole_of


def product(barcode: str, name: str, price: int = 100, **other: Any) -> list[Any]:
    """A row of kind product."""
    told = {
        "vat": 11, "measure": 0, "seller": "main", "tax_system": 0, "subject": 1, "marked_group": "", "age": 0,
        "least": 0, "greatest": 0, "discountable": 1, "department": 1, "category": "Toys", "brand": "",
    }  # fmt: skip
    return [barcode, name, price, *(told | other).values()]


@dataclass
class FeedHq:
    """`rows`: (kind, key) -> (version, row or None where it is gone). `cuts`: bytes that come of the next pieces."""

    feed: str = "f1"
    version: int = 0
    oldest: int = 0
    page_rows: int = 3
    rows: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    damage: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)
    published: Manifest | None = None
    pages: dict[str, bytes] = field(default_factory=dict)
    stale: FeedPage | None = None

    def put(self, kind: str, key: str, row: Any) -> None:
        self.version += 1
        self.rows[kind, key] = self.version, row

    def put_product(self, *rows: list[Any]) -> None:
        for row in rows:
            self.put("product", row[0], row)

    def remove(self, kind: str, key: str) -> None:
        self.put(kind, key, None)

    def page(self, since: int, limit: int) -> FeedPage:
        later = sorted((v, kind, key, row) for (kind, key), (v, row) in self.rows.items() if v > since)
        rows: dict[str, list[Any]] = {}
        gone: dict[str, list[str]] = {}
        for _, kind, key, row in later[:limit]:
            if row is None:
                gone.setdefault(kind, []).append(key)
            else:
                rows.setdefault(kind, []).append(row)
        more = len(later) > limit
        upto = later[limit - 1][0] if more else self.version
        packed = {kind: msgspec.Raw(json.dumps(each, ensure_ascii=False).encode()) for kind, each in rows.items()}
        return FeedPage(self.feed, since, upto, more, 0, packed, gone)

    async def ask(self, name: str, place: FeedPlace, limit: int, wait_s: int) -> FeedAnswer:
        self.asked.append(("page", place))
        if self.stale is not None:
            page, self.stale = self.stale, None
            return Told(page, 0)
        fresh = not place.feed and not place.version
        if not fresh and (place.feed != self.feed or place.version < self.oldest):
            return Resnapshot("old")
        return Told(self.page(place.version, limit), 0)

    def publish(self) -> Manifest:
        """A snapshot of everything that is in force."""
        made = []
        kinds: dict[str, list[Any]] = {}
        for (kind, _), (_, row) in sorted(self.rows.items()):
            if row is not None:
                kinds.setdefault(kind, []).append(row)
        for kind, rows in kinds.items():
            for begin in range(0, len(rows), self.page_rows):
                part = rows[begin : begin + self.page_rows]
                packed = zstandard.compress(json.dumps(part, ensure_ascii=False).encode())
                sha = hashlib.sha256(packed).hexdigest()
                self.pages[sha] = packed
                made.append(SnapshotPage(kind, sha, len(part), len(packed)))
        self.published = Manifest(
            self.feed, self.version, "z", 5, made, whole_of(self.feed, self.version, "z", 5, made)
        )
        return self.published

    async def manifest(self, name: str) -> Manifest | NoFeed | Trouble:
        self.asked.append(("manifest", name))
        return self.published or NoFeed(name)

    async def piece(self, name: str, page: SnapshotPage, at: int) -> Piece | NoFeed | Trouble:
        self.asked.append(("piece", (page.sha256, at)))
        whole = self.pages.get(page.sha256)
        if whole is None:
            return NoFeed(page.sha256)
        if self.damage:
            self.damage -= 1
            return Piece(0, b"\0" * len(whole))
        if self.cuts:
            came = whole[at:][: self.cuts.pop(0)]
            return Piece(at, came) if came else Away("cut")
        return Piece(at, whole[at:])
