"""The catalogue from HQ: a snapshot where there is none to follow, built outside the agent, then the feed from there.

    no fed file -> manifest -> pages (only those not here yet) -> built outside, in force -> followed page by page

Where HQ publishes no catalogue, the one that was imported by hand stays in force and nothing is asked of it.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import apsw

from sync import backoff
from sync.feed_courier import AskFeed, NoFeed, Piece, Trouble
from sync.feed_following import NO_FEED_WAIT_S, ROOM_LEFT_BYTES, FeedBoard, FeedFollower, Run, patience
from sync.store.catalogue import DAMAGED_MARK, FED_NAME
from sync.store.catalogue_building import Built, SnapshotUnusable
from sync.store.catalogue_swap import in_force
from sync.store.fed_catalogue import Applied, FedCatalogue
from sync.store.feed_place import FeedPlace
from sync.store.snapshot_folder import SnapshotFolder
from sync.wire.feed import CATALOGUE, FeedPage
from sync.wire.snapshot import Manifest, SnapshotPage

ROOM_A_ROW_BYTES = 700
"""Pages, the file and its copy with the words: 25 + 2 x 260 bytes a row were measured with a million products."""
TRIES_A_PAGE = 3  # a page that came damaged so often is damaged at its source, or by a proxy

Build = Callable[[Path], Awaitable[Built]]
"""Builds DIR's snapshot and puts it in force; raises SnapshotUnusable."""


class AskSnapshot(Protocol):
    """What of HQ is needed here (sync/feed_courier.py)."""

    async def manifest(self, name: str) -> Manifest | NoFeed | Trouble: ...

    async def piece(self, name: str, page: SnapshotPage, at: int) -> Piece | NoFeed | Trouble: ...


class CatalogueKeeper:
    """Writes to the fed file that is in force, whichever that is now."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: FedCatalogue | None = None
        self._damaged: Path | None = None

    def place(self) -> FeedPlace | None:
        fed = self._in_force()
        return None if fed is None else fed.place()

    def apply(self, page: FeedPage, since: int) -> Applied:
        fed = self._in_force()
        if fed is None:  # a person put a file of their own in force this very moment
            raise apsw.IOError("the catalogue in force is not HQ's")
        return fed.apply(page, since)

    def give_up_place(self) -> None:
        fed = self._in_force()
        if fed is not None:
            fed.forget_place()

    def distrust(self) -> None:
        self._damaged = in_force(self._directory)
        self.close()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None

    def _in_force(self) -> FedCatalogue | None:
        """None: there is none, it is a person's, or it cannot be read and a snapshot will replace it."""
        file = in_force(self._directory)
        if file is not None and file.with_name(file.name + DAMAGED_MARK).exists():
            self._damaged = file  # a reader met a page that cannot be read; the one who writes may never touch it
            self.close()
        if self._open is not None and self._open.file != file:
            self.close()
        if self._open is None and file is not None and file != self._damaged and file.name.startswith(FED_NAME):
            with suppress(apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError, ValueError):
                self._open = FedCatalogue(file)
        return self._open


class SnapshotTaker:
    """Fetches the snapshot of this store's price zone and has it built."""

    def __init__(
        self,
        directory: Path,
        ask: AskSnapshot,
        build: Build,
        before_build: Callable[[], None],
        run: Run,
        board: FeedBoard,
        rng: random.Random,
    ) -> None:
        """`before_build` closes what is written to: the file will be replaced."""
        self._directory = directory
        self._folder = SnapshotFolder(directory)
        self._ask = ask
        self._build = build
        self._before_build = before_build
        self._run = run
        self._board = board
        self._wait = backoff.Backoff(random.Random(rng.getrandbits(64)))

    async def begin(self) -> float:
        """Goes on where the last try ended; the seconds to wait after it."""
        answer = await self._ask.manifest(CATALOGUE)
        if isinstance(answer, NoFeed):
            self._board.state = "no_feed"
            return NO_FEED_WAIT_S
        if not isinstance(answer, Manifest):
            return patience(answer, self._wait, self._board)
        if not await self._run(partial(self._room, answer)):
            self._board.state, self._board.what = "disk", f"no room for {answer.rows} products"
            return NO_FEED_WAIT_S
        await self._run(partial(self._folder.begin, answer))
        missing = await self._run(partial(self._folder.missing, answer))
        for done, page in enumerate(missing, len(answer.pages) - len(missing)):
            self._board.state, self._board.what = "fetching", f"{done}/{len(answer.pages)}"
            if (wait_s := await self._fetch(page)) is not None:
                return wait_s
        return await self._built()

    async def _built(self) -> float:
        self._board.state, self._board.what = "building", ""
        await self._run(self._before_build)
        try:
            built = await self._build(self._directory)
        except SnapshotUnusable as unusable:
            self._board.state, self._board.what = "refused", str(unusable)
            return NO_FEED_WAIT_S + self._wait.next_s()
        await self._run(self._folder.clear)
        self._board.aside += built.aside
        self._wait.reset()
        return 0.0

    async def _fetch(self, page: SnapshotPage) -> float | None:
        """None: the page is here. Otherwise how long to wait before the manifest is asked for again."""
        for _ in range(TRIES_A_PAGE):
            at = await self._run(partial(self._folder.begun, page))
            answer = await self._ask.piece(CATALOGUE, page, at)
            if isinstance(answer, NoFeed):  # a newer snapshot took its place
                return self._wait.next_s()
            if not isinstance(answer, Piece):
                return patience(answer, self._wait, self._board)
            await self._run(partial(self._folder.write, page, answer.data, answer.at))
            if answer.at + len(answer.data) < page.size:  # cut: what came stays
                return self._wait.next_s()
            if await self._run(partial(self._folder.finish, page)):
                self._wait.reset()
                return None
        self._board.state, self._board.what = "refused", f"page {page.sha256} comes damaged"
        return NO_FEED_WAIT_S + self._wait.next_s()

    def _room(self, manifest: Manifest) -> bool:
        return free_bytes(self._directory) >= manifest.rows * ROOM_A_ROW_BYTES + ROOM_LEFT_BYTES


def free_bytes(directory: Path) -> int:
    """What may still be written on its disk."""
    return shutil.disk_usage(directory).free


class CatalogueDownlink:
    """Keeper, taker and follower, put together."""

    def __init__(
        self,
        directory: Path,
        ask: AskFeed,
        snapshot: AskSnapshot,
        build: Build,
        run: Run,
        rng: random.Random,
        board: FeedBoard | None = None,
    ) -> None:
        """`board` is what others read of it; without one it has its own."""
        self.board = board if board is not None else FeedBoard()
        self.keeper = CatalogueKeeper(directory)
        taker = SnapshotTaker(directory, snapshot, build, self.keeper.close, run, self.board, rng)
        self.follower = FeedFollower(
            CATALOGUE, ask, self.keeper, taker.begin, run, self.board, rng, partial(free_bytes, directory)
        )

    async def run(self) -> None:
        """Until cancelled; the file is closed at the end."""
        try:
            await self.follower.run()
        finally:
            self.keeper.close()
