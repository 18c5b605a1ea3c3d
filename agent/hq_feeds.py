"""What HQ tells this store, followed while the agent runs: the catalogue, and rows of everything else.

Nothing of a till waits for it: without HQ, or with a file that cannot be opened, what is here stays in force.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import apsw
import httpx

from agent.supervisor import keep_running
from sync.catalogue_builder import built_outside
from sync.catalogue_downlink import CatalogueDownlink, free_bytes
from sync.feed_courier import FeedCourier
from sync.feed_following import NO_FEED_WAIT_S, FeedBoard, FeedFollower, on_a_thread
from sync.store.told_rows import ToldRows
from sync.wire.feed import CATALOGUE, SHOP

log = logging.getLogger(__name__)


@dataclass(slots=True)
class HqFeeds:
    """`told` None: its file cannot be opened, and only the catalogue is followed. `boards` by feed."""

    directory: Path
    told: ToldRows | None
    boards: dict[str, FeedBoard] = field(default_factory=lambda: {CATALOGUE: FeedBoard(), SHOP: FeedBoard()})

    async def run(self, url: str, auth: httpx.Auth, rng: random.Random) -> None:
        """Until cancelled; a feed that fails unexpectedly is begun again by the supervisor."""
        async with httpx.AsyncClient(trust_env=False) as client, anyio.create_task_group() as tasks:
            courier = FeedCourier(client, url, auth)
            board = self.boards[CATALOGUE]
            catalogue = CatalogueDownlink(self.directory, courier.page, courier, built_outside, on_a_thread, rng, board)
            tasks.start_soon(keep_running, "catalogue feed", catalogue.run)
            if self.told is not None:
                board = self.boards[SHOP]
                room = partial(free_bytes, self.directory)
                shop = FeedFollower(SHOP, courier.page, self.told, _later, on_a_thread, board, rng, room)
                tasks.start_soon(keep_running, "shop feed", shop.run)


@contextmanager
def opened_feeds(directory: Path) -> Iterator[HqFeeds]:
    """Opens what HQ told before; the data directory exists already."""
    try:
        told = ToldRows(directory)
    except apsw.Error as error:
        log.error("what HQ tells cannot be kept, the till sells without it: %s", error)
        told = None
    try:
        yield HqFeeds(directory, told)
    finally:
        if told is not None:
            told.close()


async def _later() -> float:
    """The shop's feed always has a place to go on from; this is never asked."""
    return NO_FEED_WAIT_S
