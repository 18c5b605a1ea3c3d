"""The shop's memory of its visitors: one SQLite file with one writer, durable like the journal's, and worth less.

    async with open_visitors(directory, device="till-1", epoch=1, now_ms=clock) as store:
        await store.commit(VisitorBatch(sightings=(SightingRow(...),)))

Facts for HQ wait here at most in a stated number, and in fewer while `short` says that the disk's room is: dropping.py.
A damaged file is left as it is: what somebody agreed to is a document, and a person decides about it. Until then the
sensors are off and the till sells.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
import apsw

from sync.store import database, outbox
from sync.store.batch import OutboxRow, OutboxState
from sync.store.failures import Damaged, DiskFull, translated
from sync.store.migrations import migrate, refuse_newer
from sync.store.writer_thread import WriterThread, writer_thread
from sync.visitor_store import dropping, writing
from sync.visitor_store.schema import MIGRATIONS
from sync.visitor_store.visitor_batch import (
    ConsentRow,
    HourRow,
    PersonRow,
    ReadingRow,
    SightingRow,
    TemplateRow,
    VisitorBatch,
    VisitRow,
)
from sync.wire.edge_log import DROPPABLE, Ended

FILE = "visitors.db"
T = TypeVar("T")


class VisitorStore:
    """Reads inline, writes through `commit`. Made by `open_visitors`."""

    def __init__(
        self,
        writer: apsw.Connection,
        reader: apsw.Connection,
        thread: WriterThread | None,
        *,
        device: str,
        epoch: int,
        now_ms: Callable[[], int],
        short: Callable[[], bool] = lambda: False,
        most_waiting: int = dropping.MOST_WAITING,
        inline: Callable[[], Awaitable[None]] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.device = device
        self.epoch = epoch
        self._writer = writer
        self._read = reader
        self._thread = thread
        self._now_ms = now_ms
        self._short = short
        self._most_waiting = most_waiting
        self._inline = inline
        self._directory = directory
        self._turn = anyio.Lock(fast_acquire=True)
        self._news = anyio.Event()

    # Writing

    async def commit(self, batch: VisitorBatch) -> None:
        """Keeps the whole batch; when this returns it is on the disk. Raises DiskFull, and then nothing is kept."""
        at_ms, short = self._now_ms(), self._short()
        streams = sorted({fact.stream for fact in batch.outgoing} & DROPPABLE)

        def work(connection: apsw.Connection) -> None:
            if batch.forgotten is not None:
                self._drop_copies()  # first: a cut behind the commit would leave them for good
            writing.write(connection, batch, at_ms)
            for stream in streams:
                dropping.keep_within(connection, stream, self._most_waiting, short, at_ms)

        await self._write(work)
        if batch.forgotten is not None:
            await self.scrub()
        if batch.outgoing:
            self._news.set()
            self._news = anyio.Event()

    async def forget_before(self, sightings_ms: int, visits_ms: int) -> None:
        await self._write(lambda connection: writing.forget_before(connection, sightings_ms, visits_ms))

    async def scrub(self) -> None:
        """After an erasure: writes the file anew and empties the log. A page that was rearranged holds second copies of
        rows in its gap, which no deletion finds. On a full disk the copies wait for the next erasure, or start."""

        def work() -> None:
            with suppress(DiskFull), translated():
                self._writer.execute("VACUUM")
            with translated():
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        with anyio.CancelScope(shield=True):
            async with self._turn:
                await self._thread.run(work) if self._thread is not None else work()

    def _drop_copies(self) -> None:
        """Of before an update: an erased person is in them still. An update makes one, an erasure ends it."""
        if self._directory is not None:
            for copy in self._directory.glob(f"{FILE}.*.bak"):
                copy.unlink(missing_ok=True)

    # What the shop saw

    def sightings(self) -> list[SightingRow]:
        """Oldest first."""
        return [SightingRow(*row) for row in self._read.execute("SELECT * FROM sighting ORDER BY at_ms, id")]

    def visits(self, from_ms: int, until_ms: int) -> list[VisitRow]:
        """Those that opened in [from, until), oldest first."""
        found = self._read.execute(
            "SELECT * FROM visit WHERE opened_ms >= ? AND opened_ms < ? ORDER BY opened_ms, id", (from_ms, until_ms)
        )
        return [VisitRow(*row) for row in found]

    def visits_of(self, person: str) -> list[VisitRow]:
        """Visits filed under one name (a consent's, or in older rows a pseudonym), oldest first."""
        found = self._read.execute("SELECT * FROM visit WHERE person = ? ORDER BY opened_ms", (person,))
        return [VisitRow(*row) for row in found] if person else []

    def was_told(self, subject: str) -> bool:
        """Does HQ know this pseudonym from a version that told it?"""
        found = self._read.execute("SELECT 1 FROM told_subject WHERE subject = ?", (subject,))
        return found.fetchone() is not None

    def readings(self, from_ms: int) -> list[ReadingRow]:
        """Of all sensors, in the order of time."""
        found = self._read.execute("SELECT * FROM reading WHERE start_ms >= ? ORDER BY start_ms, sensor", (from_ms,))
        return [ReadingRow(*row) for row in found]

    def hours(self, from_ms: int) -> list[HourRow]:
        found = self._read.execute("SELECT * FROM hour WHERE hour_ms >= ? ORDER BY hour_ms, zone", (from_ms,))
        return [HourRow(*row) for row in found]

    # Who agreed to be known

    def consents(self) -> list[ConsentRow]:
        """The ledger, row by row."""
        return [ConsentRow(*row) for row in self._read.execute("SELECT * FROM consent_row ORDER BY seq")]

    def subject_with(self, kind: str, value: str) -> str | None:
        """The pseudonym of a phone."""
        for (subject,) in self._read.execute("SELECT subject FROM person WHERE kind = ? AND value = ?", (kind, value)):
            return str(subject)
        return None

    def person(self, subject: str) -> list[PersonRow]:
        found = self._read.execute("SELECT subject, kind, value FROM person WHERE subject = ?", (subject,))
        return [PersonRow(*row) for row in found]

    def templates(self) -> list[TemplateRow]:
        found = self._read.execute("SELECT record, consent, sealed FROM template ORDER BY record, consent")
        return [TemplateRow(*row) for row in found]

    def identity_events(self) -> list[bytes]:
        return [bytes(row[0]) for row in self._read.execute("SELECT body FROM identity_event ORDER BY id")]

    def setting(self, key: str) -> bytes | None:
        for (value,) in self._read.execute("SELECT value FROM setting WHERE key = ?", (key,)):
            return bytes(value)
        return None

    # The way to HQ: what sync/uplink.py asks of a store

    def news(self) -> anyio.Event:
        """Set when the next item for HQ is committed. Take it before reading the outbox."""
        return self._news

    def outbox_read(self, stream: str, after_seq: int, limit: int, max_bytes: int) -> list[OutboxRow]:
        return outbox.read(self._read, stream, after_seq, limit, max_bytes)

    def outbox_ack(self, stream: str) -> int:
        return outbox.acked(self._read, stream)

    def outbox_head(self, stream: str) -> int:
        return outbox.head(self._read, stream)[0]

    def outbox_state(self) -> list[OutboxState]:
        return dropping.state(self._read)

    def outbox_gone(self, stream: str) -> tuple[int, str]:
        return dropping.gone(self._read, stream)

    def outbox_dropped(self, stream: str) -> int:
        """How many facts went before HQ had them, ever."""
        return dropping.dropped(self._read, stream)

    async def outbox_acked(self, stream: str, ack: int) -> None:
        await self._write(lambda connection: outbox.acknowledge(connection, stream, ack))
        while await self._write(lambda connection: dropping.prune(connection, stream)):
            pass

    def outbox_hash(self, stream: str, seq: int) -> str | None:
        """The hash of an item, also of one that is gone; None if it is no longer known."""
        return dropping.hash_of(self._read, stream, seq)

    async def outbox_note(self, key: str, value: bytes) -> None:
        """Keeps a small value of the way to HQ."""
        await self._write(lambda connection: _keep(connection, key, value))

    async def begin_epoch(self, epoch: int) -> None:
        """What waits for HQ is numbered anew under an epoch that HQ has issued: whole or not at all."""
        await self._write(partial(_follow_epoch, epoch=epoch))
        self.epoch = epoch

    async def outbox_behind(self, stream: str, first: int) -> None:
        """HQ asks for `first`. What was set aside is told again if HQ had acknowledged it."""
        if first > self.outbox_ack(stream):
            return
        at_ms = self._now_ms()
        await self._write(lambda connection: dropping.tell_again(connection, stream, at_ms))

    def outbox_ended(self, stream: str) -> list[Ended]:
        return dropping.ended(self._read, stream)

    async def _write(self, work: Callable[[apsw.Connection], T]) -> T:
        done: list[T] = []
        with anyio.CancelScope(shield=True):
            async with self._turn:
                run = partial(database.transact, self._writer, work)
                if self._inline is not None:
                    await self._inline()
                done.append(await self._thread.run(run) if self._thread is not None else run())
        return done[0]


@asynccontextmanager
async def open_visitors(
    directory: Path,
    *,
    device: str,
    epoch: int = 1,
    now_ms: Callable[[], int],
    short: Callable[[], bool] = lambda: False,
    most_waiting: int = dropping.MOST_WAITING,
    vfs: str | None = None,
    inline: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[VisitorStore]:
    """Opens or makes the file. Raises NewerSchema, Damaged, DiskFull: then nothing is watched, and the till sells.

    `epoch` is that of a new file; one that has begun a later epoch goes on with it.
    `short`: is the disk's room needed for sales? `vfs` and `inline` as in `open_store`: for simulations.
    """
    async with AsyncExitStack() as stack:
        opening = partial(_open, directory / FILE, epoch, vfs)
        writer = opening() if inline is not None else await anyio.to_thread.run_sync(opening)
        stack.callback(writer.close)
        reader = writer
        if vfs is None:
            reader = database.connect_reading(directory / FILE)
            stack.callback(reader.close)
        thread = None if inline is not None else await stack.enter_async_context(writer_thread())
        yield VisitorStore(
            writer,
            reader,
            thread,
            device=device,
            epoch=int(writer.execute("SELECT value FROM setting WHERE key = 'epoch'").get),
            now_ms=now_ms,
            short=short,
            most_waiting=most_waiting,
            inline=inline,
            directory=directory if vfs is None else None,
        )


def _open(file: Path, epoch: int, vfs: str | None) -> apsw.Connection:
    with translated(), ExitStack() as unless_sound:
        connection = database.connect(file, vfs)
        unless_sound.callback(connection.close)
        try:
            refuse_newer(connection, file, MIGRATIONS)
            verdict = connection.execute("PRAGMA quick_check(1)").get
            if verdict != "ok":
                raise Damaged(str(file), str(verdict))
            database.settle(connection)
            # From the first byte on, not only for a deletion: a page that was rearranged without this keeps old copies
            # of its rows where nothing is freed any more.
            connection.execute("PRAGMA secure_delete = ON")
            migrate(connection, file, MIGRATIONS, keep_copy=vfs is None)
            database.transact(connection, partial(_follow_epoch, epoch=epoch))
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise Damaged(str(file), str(error)) from error
        unless_sound.pop_all()
        return connection


def _follow_epoch(connection: apsw.Connection, epoch: int) -> None:
    """With a higher epoch than the file's, what waits is numbered anew."""
    kept = connection.execute("SELECT value FROM setting WHERE key = 'epoch'").get
    if kept is not None and int(kept) >= epoch:
        return
    if kept is not None:
        dropping.begin_epoch(connection, int(kept))
    _keep(connection, "epoch", str(epoch).encode())


def _keep(connection: apsw.Connection, key: str, value: bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (key, value))
