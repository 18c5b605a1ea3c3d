"""Takes back from HQ what this device has told it since the backup: page by page, each fact in a commit with its place.

    place kept -> GET /v1/copies/sales -> facts -> ... -> told
                                       -> GivesNothing: an older HQ, nothing to wait for
                                       -> Away, Busy, NotEnrolled: said, and asked again; the place stays

A fact that lies in our own outbox is ours already (the backup held it, or this box has made it since): it is passed
over.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
from msgspec.structs import replace as changed

from agent.restore.told_facts import ToldFacts
from sync import backoff
from sync.asking import Away
from sync.copies_reader import Answer, GivesNothing
from sync.courier import Busy, NotEnrolled
from sync.store.batch import Batch
from sync.store.failures import DiskFull
from sync.store.outbox import NO_LIMIT
from sync.store.restored import RestoreState, restore_state, state_setting
from sync.store.store import Store
from sync.wire.copies import Copies

STREAM = "sales"
FULL_WAIT_S = 30.0  # a full disk is emptied by a person
LONGEST_WAIT_S = 20.0
"""People stand before the screen and wait: HQ is asked again sooner than an uplink would ask it."""
Fetch = Callable[[str, int, int], Awaitable[Answer]]


class TakingBack:
    """`changed` is called when `trouble` (hq_away, hq_busy, hq_refuses, disk or "") or the state may have moved."""

    def __init__(self, store: Store, facts: ToldFacts, changed: Callable[[], None]) -> None:
        self.trouble = ""
        self._store = store
        self._facts = facts
        self._changed = changed

    @property
    def state(self) -> RestoreState | None:
        return restore_state(self._store)

    async def run(self, fetch: Fetch, rng: random.Random) -> None:
        """Returns when HQ has given back everything, or has nothing to give."""
        wait = backoff.Backoff(random.Random(rng.getrandbits(64)), longest_s=LONGEST_WAIT_S)
        while (state := self.state) is not None and not state.finished:
            epoch, after = state.copied_epoch or state.epoch, state.copied_after if state.copied_epoch else state.acked
            answer = await fetch(STREAM, epoch, after)
            try:
                match answer:
                    case Copies():
                        self._say("")
                        wait.reset()
                        await self._take(answer)
                    case GivesNothing():
                        await self._store.commit(Batch(settings=(state_setting(changed(state, finished="nothing")),)))
                    case NotEnrolled():
                        self._say("hq_refuses")
                        await anyio.sleep(LONGEST_WAIT_S)
                    case Busy(retry_after_s):
                        self._say("hq_busy")
                        await anyio.sleep((retry_after_s or 0.0) + wait.next_s())
                    case Away():
                        self._say("hq_away")
                        await anyio.sleep(wait.next_s())
            except DiskFull:
                self._say("disk")
                await anyio.sleep(FULL_WAIT_S)
        self._say("")

    def _say(self, trouble: str) -> None:
        self.trouble = trouble
        self._changed()

    async def _take(self, page: Copies) -> None:
        ours = {row.id for row in self._store.outbox_read(STREAM, 0, NO_LIMIT)}
        for copy in page.copies:
            state = self.state
            assert state is not None, "a restore does not end while it is taking back"
            batch = None if copy.id in ours else self._facts.batch(copy)
            told = state.told + (batch is not None)
            here = state_setting(changed(state, copied_epoch=copy.epoch, copied_after=copy.seq, told=told))
            batch = batch or Batch()
            await self._store.commit(replace(batch, settings=(*batch.settings, here)))
        state = self.state
        assert state is not None
        finished = "" if page.more else "told"
        place = changed(state, copied_epoch=page.epoch, copied_after=page.after, finished=finished)
        await self._store.commit(Batch(settings=(state_setting(place),)))
        self._changed()
