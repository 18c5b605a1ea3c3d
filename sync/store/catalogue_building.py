"""Makes a fed catalogue of a snapshot's pages and puts it in force; for a process of its own, beside the agent.

    pages -> rows, dated terms, place in the feed -> quick_check -> in force: lookups  (only where there is nothing yet)
          -> the same file with the words to be sought by and the categories -> quick_check -> in force: search

Where a catalogue is in force already, the shop waits for the finished one. A page is judged by its hash once more; a
row that makes no sense is put aside and the others go in. A snapshot of no product replaces no catalogue.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, get_type_hints

import apsw
import msgspec
import zstandard
from msgspec.structs import astuple

from sync.store import catalogue, dated_terms, fed_catalogue, feed_place, search
from sync.store.catalogue_import import CACHE_KIB, CHUNK, INDEX_HASH_BYTES, LOCK
from sync.store.catalogue_swap import in_force, put_in_force
from sync.store.directory_lock import only_process
from sync.store.feed_place import FeedPlace, read_rows
from sync.store.snapshot_folder import SnapshotFolder
from sync.wire.feed import PRICE, PRODUCT, REGIME, PriceRow, ProductRow, RegimeRow
from sync.wire.snapshot import MAX_PAGE_RAW_BYTES, Manifest, SnapshotPage

_PART = "catalogue-hq.part"
_INSERT = f"INSERT OR IGNORE INTO product VALUES (NULL{', ?' * len(ProductRow.__struct_fields__)})"


class SnapshotUnusable(Exception):
    """It makes no catalogue; the one in force stays."""


@dataclass(frozen=True, slots=True)
class Built:
    """`aside` rows made no sense."""

    file: Path
    products: int
    aside: int


def build_catalogue(directory: Path, say: Callable[[str], None] = lambda _: None) -> Built:
    """Makes the catalogue of DIR/catalogue.snapshot. `say`: "lookups" and "search", when they are there.

    Raises SnapshotUnusable, DirectoryBusy, OSError and apsw.Error; the catalogue in force then stays.
    """
    folder = SnapshotFolder(directory)
    manifest = folder.manifest()
    if manifest is None or folder.missing(manifest):
        raise SnapshotUnusable("the snapshot is not whole")
    part = directory / _PART
    with ExitStack() as held:
        held.enter_context(only_process(directory, LOCK))
        held.callback(_remove, part)
        _remove(part)
        products, aside = _rows(part, folder, manifest)
        if not products and (aside or in_force(directory) is not None):
            raise SnapshotUnusable(f"no product in it can be read, {aside} make no sense")
        number = _next_number(directory)
        if in_force(directory) is None:
            first = directory / _name(number, manifest)
            part.replace(first)
            put_in_force(directory, first)
            say("lookups")
            shutil.copyfile(first, part)
            number += 1
        _search(part)
        last = directory / _name(number, manifest)
        part.replace(last)
        put_in_force(directory, last)
        say("search")
    return Built(last, products, aside)


def _rows(part: Path, folder: SnapshotFolder, manifest: Manifest) -> tuple[int, int]:
    """The file without its indexes of words and categories; how many products, how many rows aside."""
    with closing(apsw.Connection(str(part))) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # the file is thrown away if anything fails
        connection.execute("PRAGMA synchronous = OFF")  # one fsync when it is put in force
        connection.execute(f"PRAGMA application_id = {catalogue.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {catalogue.FED_SCHEMA}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("BEGIN")
        connection.execute(catalogue.TABLE)
        connection.execute(search.INDEX)  # empty: until the words are in, only a barcode's digits find a product
        connection.execute(dated_terms.TABLES)
        connection.execute(feed_place.TABLES)
        aside = sum(_page(connection, folder, page) for page in manifest.pages)
        feed_place.keep_place(connection, FeedPlace(manifest.feed, manifest.version))
        skipped = {page.kind for page in manifest.pages} - fed_catalogue.KINDS
        feed_place.skip_kinds(connection, skipped, SNAPSHOT_SKIPPED)
        connection.execute("COMMIT")
        products = int(connection.execute("SELECT count(*) FROM product").get)
        _check(connection)
        connection.execute("PRAGMA journal_mode = WAL")  # a fed file is read while it is written to
    return products, aside


SNAPSHOT_SKIPPED = 0
"""Rows of a kind that a snapshot holds are asked for from the beginning; HQ answers that with a new snapshot."""


def _page(connection: apsw.Connection, folder: SnapshotFolder, page: SnapshotPage) -> int:
    """Puts one page in; the number of rows put aside."""
    if page.kind not in fed_catalogue.KINDS:
        return 0
    raw = _unpacked(folder.page(page), page)
    if page.kind == PRODUCT:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            _put_rows(connection, _PRODUCT_ROWS.decode(raw))
            return 0
    put, shape = _TAKERS[page.kind]
    rows, wrong = read_rows(page.kind, raw, shape)
    put(connection, rows)
    feed_place.put_aside(connection, wrong)
    return len(wrong)


_MEMBERS = get_type_hints(ProductRow, include_extras=True)
_PRODUCT_ROWS: msgspec.json.Decoder[list[tuple[Any, ...]]] = msgspec.json.Decoder(
    list[tuple[tuple(_MEMBERS[name] for name in ProductRow.__struct_fields__)]]  # type: ignore[misc]
)
"""A page whose every row is sound and has the members we know, as tuples under the same conditions: half a second of a
million. Any other page is read row by row."""


def _put_products(connection: apsw.Connection, rows: list[ProductRow]) -> None:
    _put_rows(connection, list(map(astuple, rows)))


def _put_rows(connection: apsw.Connection, rows: list[tuple[Any, ...]]) -> None:
    for begin in range(0, len(rows), CHUNK):
        connection.executemany(_INSERT, rows[begin : begin + CHUNK])


_TAKERS: dict[str, tuple[Callable[[apsw.Connection, Any], None], type[Any]]] = {
    PRODUCT: (_put_products, ProductRow),
    PRICE: (dated_terms.put_prices, PriceRow),
    REGIME: (dated_terms.put_regimes, RegimeRow),
}


def _unpacked(file: Path, page: SnapshotPage) -> bytes:
    """Bounded: a page that claims to be larger is none."""
    packed = file.read_bytes()
    if hashlib.sha256(packed).hexdigest() != page.sha256:
        file.unlink()  # the disk changed it: it is fetched again
        raise SnapshotUnusable(f"page {page.sha256} is damaged")
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            raw = reader.read(MAX_PAGE_RAW_BYTES + 1)
    except zstandard.ZstdError as error:
        raise SnapshotUnusable(f"page {page.sha256}: {error}") from error
    if len(raw) > MAX_PAGE_RAW_BYTES:
        raise SnapshotUnusable(f"page {page.sha256} is too large")
    return raw


def _search(part: Path) -> None:
    """Words and categories, and then once more: is the file sound?"""
    with closing(apsw.Connection(str(part))) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?)", (INDEX_HASH_BYTES,))
        goods = connection.execute("SELECT id, name, brand FROM product")
        words = ((id, fed_catalogue.words_of(name, brand)) for id, name, brand in goods)
        while chunk := list(islice(words, CHUNK)):
            connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", chunk)
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.execute(catalogue.BY_CATEGORY)
        connection.execute("COMMIT")
        _check(connection)
        connection.execute("PRAGMA journal_mode = WAL")


def _check(connection: apsw.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").get
    if verdict != "ok":
        raise apsw.CorruptError(str(verdict))


def _name(number: int, manifest: Manifest) -> str:
    return f"{catalogue.FED_NAME}{number:06d}-{manifest.whole[:8]}.db"


def _next_number(directory: Path) -> int:
    """Higher than any before: a reader may still hold a file of an older name, with its log."""
    names = (file.name.removeprefix(catalogue.FED_NAME) for file in directory.glob(f"{catalogue.FED_NAME}*.db"))
    numbers = [name.partition("-")[0] for name in names]
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
