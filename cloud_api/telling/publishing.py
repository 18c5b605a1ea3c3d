"""Keeps snapshots fresh while HQ runs: a child process publishes what needs it, so that HQ goes on answering."""

from __future__ import annotations

import logging
import sys

import anyio

from cloud_api.storage.storage import Reading, StorageBusy
from cloud_api.telling.snapshots import stale_zones

LOOK_EVERY_S = 600.0  # a store that begins with an older snapshot only has more feed to read
COMMAND = (sys.executable, "-m", "cloud_api.telling", "publish")

log = logging.getLogger(__name__)


async def keep_published(reading: Reading, database: str) -> None:
    """Until cancelled. `database` is the address the storage was opened by."""
    while True:
        await publish_stale(reading, database)
        await anyio.sleep(LOOK_EVERY_S)


async def publish_stale(reading: Reading, database: str) -> bool:
    """True when a child was started and did it."""
    try:
        if not await stale_zones(reading):
            return False
        done = await anyio.run_process([*COMMAND, "--database", database], check=False, stdin=None)
    except (StorageBusy, OSError) as error:
        log.warning("snapshots were not published: %s", error)
        return False
    if done.returncode:
        log.warning("snapshots were not published: %s", done.stderr.decode(errors="replace").strip())
    return done.returncode == 0
