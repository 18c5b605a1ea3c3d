"""A disk that can lose its power: an apsw VFS in memory that knows which bytes were synced and which were only written.

Killing a process proves nothing about durability (the kernel keeps what it wrote). Here every file has its synced
content and the writes since; `image()` is what a power cut leaves. By default that is the synced content alone; with a
random generator any subset of the unsynced writes, torn at 512 bytes and in any order, may be there as well.

    with power("p1", seed=1) as disk:                     # a fresh disk
        async with open_store(DIRECTORY, device="d", now_ms=clock, vfs=disk.name, inline=pause) as store: ...
        after = disk.image()                              # the plug is pulled
    with power("p2", seed=1, image=after) as disk: ...    # the machine starts again

A new file is there after a cut once it was synced; a deleted one may come back unless its folder was synced with it.
`watch` is called before each write, sync, truncate and delete, so that a test can number and cut at each of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import apsw

SECTOR = 512

Watch = Callable[[str, str], None]


@dataclass(slots=True)
class DiskFile:
    """`live` is what the running program reads; `synced` is None until the first sync."""

    live: bytearray
    synced: bytearray | None
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, data), or (size, None): truncated
    deleted: bool = False

    def write(self, offset: int, data: bytes) -> None:
        _apply(self.live, offset, data)
        self.pending.append((offset, data))

    def truncate(self, size: int) -> None:
        _apply(self.live, size, None)
        self.pending.append((size, None))

    def sync(self) -> None:
        if self.synced is None:
            self.synced = bytearray()
        for offset, data in self.pending:
            _apply(self.synced, offset, data)
        self.pending.clear()

    def after_cut(self, rng: random.Random | None) -> bytes | None:
        if self.synced is None:
            return None
        content = bytearray(self.synced)
        if rng is not None:
            for offset, data in self._pieces(rng):
                _apply(content, offset, data)
        return bytes(content)

    def _pieces(self, rng: random.Random) -> list[tuple[int, bytes | None]]:
        pieces: list[tuple[int, bytes | None]] = []
        for offset, data in self.pending:
            if data is None:
                pieces.append((offset, None))
                continue
            at = 0
            while at < len(data):
                end = min(len(data), at + SECTOR - (offset + at) % SECTOR)
                pieces.append((offset + at, data[at:end]))
                at = end
        kept = [piece for piece in pieces if rng.random() < 0.5]
        rng.shuffle(kept)
        return kept


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        if offset < len(content):
            del content[offset:]
        else:
            content.extend(bytes(offset - len(content)))
        return
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class RecordingVfs(apsw.VFS):
    """Use it through `power`."""

    def __init__(self, name: str, *, seed: int, image: Mapping[str, bytes] | None, watch: Watch | None) -> None:
        super().__init__(name, "")
        self.name = name
        self.watch: Watch = watch or (lambda operation, file: None)
        self._rng = random.Random(seed)
        self._temporary = 0
        self.files = {path: DiskFile(bytearray(held), bytearray(held)) for path, held in (image or {}).items()}
        self.full_after_bytes: int | None = None  # how much more may be written before the disk is full

    def image(self, rng: random.Random | None = None) -> dict[str, bytes]:
        """What the disk holds if the power goes now; `rng`: some unsynced writes made it as well."""
        left = {path: file.after_cut(rng) for path, file in self.files.items()}
        return {path: held for path, held in left.items() if held is not None}

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> RecordingFile:
        if isinstance(name, apsw.URIFilename):
            path = name.filename()
        elif name is None:
            self._temporary += 1
            return RecordingFile(self, f"temporary-{self._temporary}", DiskFile(bytearray(), None), temporary=True)
        else:
            path = name
        file = self.files.get(path)
        if file is None or file.deleted:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(path)
            if file is None:
                file = self.files[path] = DiskFile(bytearray(), None)
            file.live, file.deleted = bytearray(), False
        flags[1] = flags[0]
        return RecordingFile(self, path, file, temporary=False)

    def xDelete(self, name: str, syncdir: bool) -> None:
        self.watch("delete", name)
        file = self.files.get(name)
        if file is None or file.deleted:
            raise apsw.IOError(f"no such file: {name}")
        if syncdir or file.synced is None:
            del self.files[name]
        else:
            file.deleted = True
            file.live = bytearray()
            file.pending = [(0, None)]

    def xAccess(self, name: str, flags: int) -> bool:
        return name in self.files and not self.files[name].deleted

    def xFullPathname(self, name: str) -> str:
        return name

    def xRandomness(self, numbytes: int) -> bytes:
        return self._rng.randbytes(numbytes)

    def take_room(self, size: int) -> None:
        if self.full_after_bytes is None:
            return
        if size > self.full_after_bytes:
            raise apsw.FullError("the disk is full")
        self.full_after_bytes -= size


class RecordingFile:
    """One open file; SQLite's file methods, no locks (one connection holds the database exclusively)."""

    def __init__(self, vfs: RecordingVfs, path: str, file: DiskFile, *, temporary: bool) -> None:
        self._vfs, self._path, self._file, self._temporary = vfs, path, file, temporary

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._file.live[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self._told("write")
        grown = offset + len(data) - len(self._file.live)
        if not self._temporary and grown > 0:
            self._vfs.take_room(grown)
        self._file.write(offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        self._told("truncate")
        self._file.truncate(newsize)

    def xSync(self, flags: int) -> None:
        self._told("sync")
        if not self._temporary:
            self._file.sync()

    def xFileSize(self) -> int:
        return len(self._file.live)

    def xLock(self, level: int) -> None:
        return None

    def xUnlock(self, level: int) -> None:
        return None

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        return 0

    def xClose(self) -> None:
        return None

    def _told(self, operation: str) -> None:
        if not self._temporary:
            self._vfs.watch(operation, self._path)


@contextmanager
def power(
    name: str, *, seed: int = 0, image: Mapping[str, bytes] | None = None, watch: Watch | None = None
) -> Iterator[RecordingVfs]:
    """A machine that is on; `image` is the disk it finds."""
    vfs = RecordingVfs(name, seed=seed, image=image, watch=watch)
    try:
        yield vfs
    finally:
        vfs.unregister()


def without_mutexes() -> None:
    """SQLite without locks from now on, for a process of one thread that copies itself in the middle of a write.

    A lock is held by a thread's number, and a copy's one thread has another number: it would wait for itself for ever.
    No database may be open.
    """
    apsw.shutdown()
    apsw.config(apsw.SQLITE_CONFIG_SINGLETHREAD)
    apsw.initialize()
