"""Builds a catalogue file from TSV or CSV, checks it, and puts it in force in one step while the till sells on.

A line that is not a product is counted and the first ones are shown; the others are imported. A file that as a whole
makes no sense (no header, no product, cut short) changes nothing. Its form: sync/wire/catalogue_file.py.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from sync.store import catalogue, search
from sync.store.catalogue_swap import put_in_force
from sync.store.directory_lock import only_process
from sync.store.failures import DirectoryUnusable, OpenRefused
from sync.store.system_words import system_words
from sync.wire.catalogue_file import HeaderRefused, opened
from sync.wire.catalogue_line import CatalogueRow, Defaults, LineRefused

SHOWN = 20
_PART = "catalogue.part"
LOCK = "catalogue.lock"
_INSERT = f"INSERT OR IGNORE INTO product VALUES (?{', ?' * 16})"
CHUNK = 2_000  # rows put in by one call of SQLite: ten times less overhead than one by one, half a megabyte of memory
CACHE_KIB = 32 * 1024  # barcodes out of order are put into the middle of their index: most of it stays in memory
INDEX_HASH_BYTES = (
    32 * 1024 * 1024
)  # words gathered in memory before they are written: with 1 MB it takes a third longer


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that was left out; `line` counts from 1, the header included."""

    line: int
    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`broken` counts all lines left out, `first_broken` shows at most 20; `ignored` are columns nobody knows."""

    file: Path
    imported: int
    broken: int
    first_broken: tuple[BrokenLine, ...]
    ignored: tuple[str, ...]


class ImportRefused(OpenRefused):
    """The file makes no catalogue; the old one stays in force."""


def import_catalogue(source: Path, directory: Path, defaults: Defaults | None = None) -> ImportReport:
    """Imports `source` (.tsv, .csv, either with .gz) and puts it in force; raises ImportRefused, DirectoryUnusable or
    DirectoryBusy."""
    part = directory / _PART
    with ExitStack() as held:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(only_process(directory, LOCK))
        except OSError as error:
            raise DirectoryUnusable(str(directory), error) from error
        part.unlink(missing_ok=True)
        try:
            report = _build(source, part, defaults or Defaults())
            file = directory / f"catalogue-{_sha256(part)[:16]}.db"
            part.replace(file)
            put_in_force(directory, file)
        except HeaderRefused as error:
            raise _without_columns(source, error) from error
        except (OSError, EOFError, zlib.error) as error:
            ru, en = system_words(error) if isinstance(error, OSError) else (str(error), str(error))
            raise ImportRefused(
                ru=f"Файл {source} не прочитан до конца или нет места: {ru}. Прежний каталог остался."
                " Проверьте файл и место на диске.",
                en=f"{source} could not be read to its end, or there is no room: {en}. The old catalogue stays."
                " Check the file and the room on the disk.",
            ) from error
        except apsw.Error as error:
            raise ImportRefused(
                ru=f"Каталог не построен: {error}. Прежний каталог остался. Проверьте место на диске и повторите.",
                en=f"The catalogue could not be built: {error}. The old one stays. Check the disk's room, try again.",
            ) from error
        finally:
            part.unlink(missing_ok=True)
    return ImportReport(file, report.imported, report.broken, report.first_broken, report.ignored)


def _build(source: Path, part: Path, defaults: Defaults) -> ImportReport:
    with closing(apsw.Connection(str(part))) as connection, opened(source, defaults) as file:
        connection.execute("PRAGMA journal_mode = OFF")  # the file is thrown away if anything fails
        connection.execute("PRAGMA synchronous = OFF")  # one fsync at the end
        connection.execute(f"PRAGMA application_id = {catalogue.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {catalogue.SCHEMA}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("BEGIN")
        connection.execute(catalogue.TABLE)
        connection.execute(search.INDEX)
        connection.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?)", (INDEX_HASH_BYTES,))
        putting = _Putting(connection)
        for number, row in file.rows():
            if isinstance(row, LineRefused):
                putting.leave_out(number, row)
            else:
                putting.put(number, row)
        putting.flush()
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.execute(catalogue.BY_CATEGORY)
        connection.execute("COMMIT")
        _check(source, connection, putting.imported)
    return ImportReport(part, putting.imported, putting.broken, tuple(putting.shown), file.ignored)


class _Putting:
    """Puts rows into the open file a chunk at a time; of a barcode given twice the first line stays."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.imported = 0
        self.broken = 0
        self.shown: list[BrokenLine] = []
        self._connection = connection
        self._rows: list[CatalogueRow] = []
        self._numbers: list[int] = []
        self._refused: list[BrokenLine] = []

    def put(self, number: int, row: CatalogueRow) -> None:
        self._rows.append(row)
        self._numbers.append(number)
        if len(self._rows) == CHUNK:
            self.flush()

    def leave_out(self, number: int, error: LineRefused) -> None:
        self.broken += 1
        if len(self.shown) + len(self._refused) < SHOWN + CHUNK:  # a later duplicate may stand before some of these
            self._refused.append(BrokenLine(number, error.ru, error.en))

    def flush(self) -> None:
        """Writes the chunk, and the lines left out meanwhile in the order of the file."""
        rows = self._rows
        if self._insert(rows) != len(rows):
            rows = self._without_repeated(rows)
        words = search.indexed
        self._connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            [(id, words(f"{row[1]} {row[15]}")) for id, row in enumerate(rows, self.imported + 1)],
        )
        self.imported += len(rows)
        self._refused.sort(key=lambda line: line.line)
        self.shown += self._refused[: SHOWN - len(self.shown)]
        self._rows, self._numbers, self._refused = [], [], []

    def _insert(self, rows: list[CatalogueRow]) -> int:
        """Ids go on from the last one without holes: the greatest is the number of products."""
        before = self._connection.total_changes()
        self._connection.executemany(_INSERT, [(id, *row) for id, row in enumerate(rows, self.imported + 1)])
        return self._connection.total_changes() - before

    def _without_repeated(self, rows: list[CatalogueRow]) -> list[CatalogueRow]:
        """Some barcodes were there before: takes the chunk out, and puts in what was new."""
        after = self.imported
        kept = {row[0] - after - 1 for row in self._connection.execute("SELECT id FROM product WHERE id > ?", (after,))}
        for place, (number, row) in enumerate(zip(self._numbers, rows, strict=True)):
            if place not in kept:
                again = f"штрихкод {row[0]} уже был выше", f"barcode {row[0]} was already given above"
                self.leave_out(number, LineRefused(*again))
        self._connection.execute("DELETE FROM product WHERE id > ?", (after,))
        fresh = [row for place, row in enumerate(rows) if place in kept]
        self._insert(fresh)
        return fresh


def _check(source: Path, connection: apsw.Connection, imported: int) -> None:
    if imported == 0:
        raise ImportRefused(
            ru=f"В файле {source} нет ни одного товара. Прежний каталог остался. Проверьте столбцы и строки файла.",
            en=f"There is not one product in {source}. The old catalogue stays. Check the file's columns and lines.",
        )
    counted = connection.execute("SELECT count(*) FROM product").get
    verdict = connection.execute("PRAGMA quick_check(1)").get
    if counted != imported or verdict != "ok":
        raise apsw.CorruptError(f"{counted} of {imported} products, {verdict}")


def _without_columns(source: Path, header: HeaderRefused) -> ImportRefused:
    return ImportRefused(
        ru=f"В первой строке файла {source} нет столбцов: {header}. Прежний каталог остался."
        " Допишите их в первую строку.",
        en=f"The first line of {source} lacks the columns: {header}. The old catalogue stays."
        " Add them to the first line.",
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
