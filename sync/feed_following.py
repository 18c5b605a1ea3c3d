"""Follows a feed of HQ: asks for what comes after the place kept in a file, and writes page and place in one commit.

    place -> ask -> Told: page and place, at once again while there is more
                 -> Resnapshot: the place is given up, and the file begins anew as its keeper knows how
                 -> TooLong: half as many rows             -> NoFeed: later
                 -> Busy, Away: wait, then again            -> NotEnrolled: try slowly, sell on

A page that does not begin at the place (a proxy's old answer) is not used. One that comes twice changes nothing. Rows
that make no sense are put aside by the keeper and the place moves on: a feed cannot be stuck by what it says.
On a disk that is nearly full a page is not written: what is left of it is for sales.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import anyio
import apsw

from sync import backoff
from sync.asking import Away
from sync.courier import Busy, NotEnrolled
from sync.feed_courier import AskFeed, NoFeed, Resnapshot, Told, TooLong, Trouble
from sync.store.fed_catalogue import Applied
from sync.store.feed_place import FeedPlace
from sync.wire.feed import LONGEST_WAIT_S, MAX_ROWS, FeedPage

T = TypeVar("T")
NO_FEED_WAIT_S = 60.0  # somebody may give HQ a catalogue today; a question a minute costs nothing
FULL_WAIT_S = 30.0  # a full disk is emptied by a person, or by the uplink's own pruning
ROOM_LEFT_BYTES = 64 * 1024 * 1024  # for sales, which go first
SOONEST_S = 1.0  # HQ holds an empty answer back: one that comes at once is none of its usual ones

log = logging.getLogger(__name__)


class Keeper(Protocol):
    """The file that holds a feed's rows. All calls block, and are made by `Run`."""

    def place(self) -> FeedPlace | None:
        """None: it cannot be followed from anywhere; `Begin` comes first. May raise apsw.Error."""
        ...

    def apply(self, page: FeedPage, since: int) -> Applied:
        """Page and place in one commit. May raise apsw.Error, and then nothing of it is kept."""
        ...

    def give_up_place(self) -> None:
        """HQ knows it no more; what is in the file stays in use meanwhile."""
        ...

    def distrust(self) -> None:
        """The file is damaged: it is followed no more, and another takes its place."""
        ...


class Run(Protocol):
    """Runs what blocks: on a worker thread in production, inline in simulation."""

    async def __call__(self, work: Callable[[], T], /) -> T: ...


Begin = Callable[[], Awaitable[float]]
"""What to do without a place; the seconds to wait after it."""


@dataclass(slots=True)
class FeedBoard:
    """What a feed is doing, for the status page and the doctor's questions. `told` counts pages since the start."""

    state: str = "waiting"  # waiting, following, no_feed, fetching, building, refused, not_enrolled, away, disk
    what: str = ""
    place: FeedPlace | None = None
    told: int = 0
    aside: int = 0


class FeedFollower:
    """One feed. `run()` until cancelled, or `step()` by step."""

    def __init__(
        self,
        name: str,
        ask: AskFeed,
        keeper: Keeper,
        begin: Begin,
        run: Run,
        board: FeedBoard,
        rng: random.Random,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        """`free_bytes` of the disk that the keeper writes to; None where nobody measures it."""
        self.board = board
        self._name = name
        self._ask = ask
        self._keeper = keeper
        self._begin = begin
        self._run = run
        self._wait = backoff.Backoff(random.Random(rng.getrandbits(64)))
        self._limit = MAX_ROWS
        self._free_bytes = free_bytes

    async def run(self) -> None:
        while True:
            wait_s = await self.step()
            if wait_s > 0:
                await anyio.sleep(wait_s)

    async def step(self) -> float:
        """One question and what follows from its answer; the seconds to wait before the next."""
        try:
            try:
                place = await self._run(self._keeper.place)
                if place is None:
                    return await self._begin()
                return await self._follow(place)
            except (apsw.CorruptError, apsw.NotADBError) as error:
                log.error("feed %s: the file is damaged and will be fetched anew: %s", self._name, error)
                await self._run(self._keeper.distrust)
                return self._wait.next_s()
        except (apsw.FullError, apsw.IOError, apsw.CantOpenError, OSError) as error:
            self.board.state, self.board.what = "disk", str(error)
            return FULL_WAIT_S

    async def _follow(self, place: FeedPlace) -> float:
        """The first question after a trouble waits for nothing: whether all is here should be known at once."""
        patient = self.board.state == "following"
        asked_at = anyio.current_time()
        answer = await self._ask(self._name, place, self._limit, LONGEST_WAIT_S if patient else 0)
        match answer:
            case Told(page) if (
                page.since == place.version and place.feed in ("", page.feed) and page.next >= page.since
            ):
                return await self._told(page, place, patient and anyio.current_time() - asked_at < SOONEST_S)
            case Told():
                self.board.state, self.board.what = "away", "a page of another place"
                return self._wait.next_s()
            case Resnapshot():
                await self._run(self._keeper.give_up_place)
                return self._wait.next_s()
            case TooLong():
                self._limit = max(1, self._limit // 2)
                return self._wait.next_s() if self._limit == 1 else 0.0
            case NoFeed():
                self.board.state = "no_feed"
                return NO_FEED_WAIT_S
        return patience(answer, self._wait, self.board)

    async def _told(self, page: FeedPage, place: FeedPlace, hasty: bool) -> float:
        """`hasty`: it should have been held back while there was nothing to say; HQ ends, or a proxy answers."""
        board = self.board
        if page.next == place.version and place.feed == page.feed:
            board.state, board.what, board.place = "following", "", place
            return self._wait.next_s() if hasty else 0.0
        if self._free_bytes is not None and await self._run(self._free_bytes) < ROOM_LEFT_BYTES:
            board.state, board.what = "disk", "no room for what HQ tells"
            return FULL_WAIT_S
        done = await self._run(lambda: self._keeper.apply(page, place.version))
        self._wait.reset()
        self._limit = min(MAX_ROWS, self._limit * 2)
        board.state, board.what, board.place = "following", "", done.place
        board.told += 1
        board.aside += done.aside
        if done.aside:
            log.warning("feed %s: %d rows up to version %d make no sense", self._name, done.aside, done.place.version)
        return 0.0


def patience(trouble: Trouble, wait: backoff.Backoff, board: FeedBoard) -> float:
    """How long to wait after what is no answer."""
    match trouble:
        case NotEnrolled(what):
            board.state, board.what = "not_enrolled", what
            return backoff.NOT_ENROLLED_WAIT_S
        case Busy(retry_after_s):
            board.state, board.what = "away", "busy"
            return (retry_after_s or 0.0) + wait.next_s()
        case Away(what):
            board.state, board.what = "away", what
            return wait.next_s()


async def on_a_thread(work: Callable[[], Any], /) -> Any:
    """`Run` of production. A cancelled caller waits for the end: a page is written whole or not at all."""
    return await anyio.to_thread.run_sync(work)
