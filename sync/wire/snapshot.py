"""A whole feed at one moment, as pages that never change: how a store begins, and begins anew.

    GET /v1/snapshot/{name}             200 Manifest     the newest for this store's price zone
    GET /v1/snapshot/{name}/{sha256}    200 / 206        one page; `range: bytes=N-` goes on where a cut left it
    404 Problem                         no_snapshot: nothing is published; or no such page of this store's zone

A page is zstd(JSON array of rows of its kind, sync/wire/feed.py), at most PAGE_ROWS of them, and its name is the
SHA-256 of these bytes: a page that is here and whole is the right one, whenever and by whomever it was fetched. `whole`
is the SHA-256 over what the manifest says (see `whole_of`). Rows may be a little newer than `version`; the feed from
there on tells them again.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

PAGE_ROWS = 10_000
MAX_PAGE_BYTES = 4 * 1024 * 1024  # ten thousand products have some 260 KB
MAX_PAGE_RAW_BYTES = 32 * 1024 * 1024
MAX_PAGES = 20_000
MAX_MANIFEST_BYTES = 4 * 1024 * 1024

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class SnapshotPage(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    sha256: Sha256
    rows: Annotated[int, Meta(ge=0, le=PAGE_ROWS)]
    size: Annotated[int, Meta(ge=0, le=MAX_PAGE_BYTES)]


class Manifest(msgspec.Struct, frozen=True):
    """The pages in their order, and the place in the feed from which to go on."""

    feed: str
    version: Annotated[int, Meta(ge=0, le=2**53)]
    zone: str
    made_ms: int
    pages: Annotated[list[SnapshotPage], Meta(max_length=MAX_PAGES)]
    whole: Sha256

    @property
    def rows(self) -> int:
        return sum(page.rows for page in self.pages)

    @property
    def size(self) -> int:
        """Bytes of all pages on the wire."""
        return sum(page.size for page in self.pages)


def whole_of(feed: str, version: int, zone: str, made_ms: int, pages: list[SnapshotPage]) -> str:
    """SHA-256 hex of the lines "feed", "version", "zone", "made_ms", then "kind sha256 rows size" of each page."""
    told = [feed, str(version), zone, str(made_ms)]
    told += [f"{page.kind} {page.sha256} {page.rows} {page.size}" for page in pages]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def is_whole(manifest: Manifest) -> bool:
    """Does it say what its maker said?"""
    told = manifest.feed, manifest.version, manifest.zone, manifest.made_ms, manifest.pages
    return whole_of(*told) == manifest.whole
