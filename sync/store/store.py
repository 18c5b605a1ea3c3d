"""The shop's memory: one SQLite file, one writer, and the promise that a commit which returned is never lost.

    async with open_store(directory, device="till-1", now_ms=clock) as store:
        await store.commit(Batch(entries=(Entry("opened", "till-1", b"{}", sale=id),)))

Production writes on a thread of its own, one transaction at a time; reads stay on the event loop, on a connection of
their own. Batches are not grouped into common transactions: a shop makes a few commits a second, a disk takes hundreds.
Simulation gives `inline` (a seeded virtual sleep) and perhaps a `vfs`: no thread, no lock file, no ballast.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
import apsw

from sync.store import commands, database, outbox, people, writing
from sync.store.batch import Batch, Committed
from sync.store.directory_lock import only_process
from sync.store.failures import DirectoryUnusable, DiskFull, WrongDevice
from sync.store.log_index import ROOM_BYTES, filled_index
from sync.store.reading import Reading
from sync.store.reserve import Reserve
from sync.store.writer_thread import WriterThread, writer_thread

__all__ = ["LOCAL", "Store", "open_store"]

T = TypeVar("T")
_UNBOUNDED = 1 << 62
LOCAL = "local"
"""The device of a shop without HQ. Its data become the device's it is enrolled as; nobody else has such a name."""
TIMED_COMMITS = 1_000


class Store(Reading):
    """Reads inline (see `Reading`), writes through `commit`. Made by `open_store`."""

    def __init__(
        self,
        writer: apsw.Connection,
        reader: apsw.Connection,
        *,
        device: str,
        epoch: int,
        now_ms: Callable[[], int],
        reserve: Reserve | None,
        inline: Callable[[], Awaitable[None]] | None,
        thread: WriterThread | None,
    ) -> None:
        super().__init__(reader)
        self.device = device
        self.epoch = epoch
        self._writer = writer
        self._now_ms = now_ms
        self._reserve = reserve
        self._inline = inline
        self._turn = anyio.Lock(fast_acquire=True)  # one writer, first come first served
        self._thread = thread
        self._news = anyio.Event()
        self._took_s: deque[float] = deque(maxlen=TIMED_COMMITS)

    async def commit(self, batch: Batch) -> Committed:
        """Keeps the whole batch; when this returns it is on the disk.

        Never abandoned: a cancelled caller waits for the end. Raises LockHeld, JournalRefused or DiskFull, and then
        nothing of the batch is kept and the same batch may be tried again.
        """
        at_ms, began_s = self._now_ms(), anyio.current_time()
        committed = await self._write(lambda connection: writing.write(connection, batch, at_ms))
        self._took_s.append(anyio.current_time() - began_s)
        if batch.outgoing:
            self._news.set()
            self._news = anyio.Event()
        return committed

    def news(self) -> anyio.Event:
        """Set when the next item for HQ is committed. Take it before reading the outbox, then nothing is missed."""
        return self._news

    async def outbox_acked(self, stream: str, ack: int) -> None:
        """HQ has committed everything of `stream` up to `ack` (cumulative). Old rows go, a few at a time, and with them
        the answers to commands of long ago: nobody waits for this, and a sale may write between two handfuls."""
        await self._write(lambda connection: outbox.acknowledge(connection, stream, ack), ballast=False)
        while await self._write(lambda connection: outbox.prune(connection, stream), ballast=False):
            pass
        now_ms = self._now_ms()
        if commands.any_old(self._read, now_ms):
            while await self._write(lambda connection: commands.prune(connection, now_ms), ballast=False):
                pass

    async def outbox_note(self, key: str, value: bytes) -> None:
        """Keeps a small value of the way to HQ, as `commit` keeps a Setting."""
        await self._write(lambda connection: _keep(connection, key, value), ballast=False)

    async def begin_epoch(self, epoch: int) -> None:
        """What is kept for HQ is numbered anew under an epoch that HQ has issued: whole or not at all."""
        await self._write(lambda connection: _begin_epoch(connection, epoch), ballast=False)
        self.epoch = epoch

    async def erase_person(self, value: str) -> int:
        """Removes a phone or address everywhere it is kept, its bytes included; the number of rows that had it."""
        return await self._write(
            lambda connection: people.erase(connection, value), partial(people.scrub, self._writer, self._folder())
        )

    def commit_p99_us(self) -> int | None:
        """Of the last thousand commits, with the wait for their turn; None before the first."""
        took = sorted(self._took_s)
        return round(took[min(len(took) - 1, len(took) * 99 // 100)] * 1e6) if took else None

    def free_bytes(self) -> int:
        """What may still be written on the data directory's disk."""
        return self._reserve.free_bytes() if self._reserve is not None else _UNBOUNDED

    def room(self) -> bool:
        """May a new sale take money? False when the disk is nearly full or the reserve is spent."""
        return self._reserve is None or self._reserve.room()

    def crowded(self) -> bool:
        """Four fifths of the disk are used and little is left: visits are given up before any sale is."""
        return self._reserve is not None and self._reserve.crowded()

    def _folder(self) -> Path | None:
        return self._reserve.directory if self._reserve is not None else None

    async def _write(
        self, work: Callable[[apsw.Connection], T], after: Callable[[], None] | None = None, *, ballast: bool = True
    ) -> T:
        run = partial(self._transact, work, after, self._reserve if ballast else None)
        done: list[T] = []
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if self._inline is not None:
                    await self._inline()
                done.append(await self._thread.run(run) if self._thread is not None else run())
        return done[0]

    def _transact(
        self, work: Callable[[apsw.Connection], T], after: Callable[[], None] | None, reserve: Reserve | None
    ) -> T:
        try:
            result = database.transact(self._writer, work)
        except DiskFull:
            if reserve is None or not reserve.spend():
                raise
            result = database.transact(self._writer, work)
        else:
            if reserve is not None:
                reserve.hold()
        if after is not None:
            after()
        return result


@asynccontextmanager
async def open_store(
    directory: Path,
    *,
    device: str | None,
    epoch: int = 1,
    now_ms: Callable[[], int],
    vfs: str | None = None,
    inline: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Store]:
    """Opens (or makes) the data directory for one device; None goes on with whoever owns it, LOCAL if it is new.

    `epoch` is that of a new directory; one that has begun a later epoch goes on with it.
    Raises DirectoryUnusable, DirectoryBusy, NewerSchema, Damaged, WrongDevice, DiskFull. With `vfs` the files live in
    that apsw VFS: one connection, no lock file and no ballast on the real disk.
    """
    async with AsyncExitStack() as stack:
        opening = partial(_open, stack, directory, device, epoch, vfs, now_ms())
        writer, reader, reserve = opening() if inline is not None else await anyio.to_thread.run_sync(opening)
        thread = None if inline is not None else await stack.enter_async_context(writer_thread())
        reading = Reading(writer)
        owner, kept = reading.setting("store.device") or b"", int(reading.setting("store.epoch") or epoch)
        yield Store(
            writer,
            reader,
            device=owner.decode(),
            epoch=kept,
            now_ms=now_ms,
            reserve=reserve,
            inline=inline,
            thread=thread,
        )


def _open(
    stack: AsyncExitStack, directory: Path, device: str | None, epoch: int, vfs: str | None, now_ms: int
) -> tuple[apsw.Connection, apsw.Connection, Reserve | None]:
    reserve = None
    if vfs is None:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(only_process(directory))
        except OSError as error:
            raise DirectoryUnusable(str(directory), error) from error
        reserve = Reserve(directory)
        if reserve.free_bytes() < ROOM_BYTES and reserve.left_behind():
            reserve.spend()  # what was begun is to be finished: the reserve is for that
    file = directory / database.FILE
    fill = stack.enter_context(filled_index(file, reserve.free_bytes)) if reserve is not None else None
    writer = database.open_database(file, vfs)
    stack.callback(writer.close)
    database.transact(writer, partial(_claim, file=file, device=device, epoch=epoch))
    _forget_commands(writer, now_ms)
    if reserve is None or fill is None:
        return writer, writer, None
    fill()
    reserve.hold()
    reader = database.connect_reading(file)
    stack.callback(reader.close)
    return writer, reader, reserve


def _forget_commands(writer: apsw.Connection, now_ms: int) -> None:
    """A few handfuls of what is older than a week; on a full disk they stay."""
    with suppress(DiskFull):
        for _ in range(commands.HANDFULS_AT_OPENING):
            if not commands.any_old(writer, now_ms):
                return
            database.transact(writer, partial(commands.prune, now_ms=now_ms))


def _claim(connection: apsw.Connection, file: Path, device: str | None, epoch: int) -> None:
    """The data belong to one device, or to a shop that had no HQ and is enrolled now; a higher epoch than the file's
    numbers anew what waits for HQ. Who has no name of its own (None) takes the data as they are."""
    reading = Reading(connection)
    owner, kept = reading.setting("store.device"), reading.setting("store.epoch")
    if owner is None or kept is None:
        _keep(connection, "store.device", (device or LOCAL).encode())
        _keep(connection, "store.epoch", str(epoch).encode())
    elif device is None:
        return
    elif owner.decode() not in (device, LOCAL):
        raise WrongDevice(str(file), owner.decode(), device)
    else:
        _keep(connection, "store.device", device.encode())
        _begin_epoch(connection, epoch)


def _begin_epoch(connection: apsw.Connection, epoch: int) -> None:
    if int(Reading(connection).setting("store.epoch") or 0) < epoch:
        outbox.begin_epoch(connection)
        _keep(connection, "store.epoch", str(epoch).encode())


def _keep(connection: apsw.Connection, key: str, value: bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (key, value))
