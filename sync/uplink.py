"""The way to HQ: every stream pushes its outbox in order, one batch under way, until nothing waits, and then listens.
A quiet stream reports once a minute by an empty batch: HQ knows that the shop is there, and says if it is behind.

    read rows after the cursor -> pack -> POST -> Delivered: the cursor moves in the store, next batch at once
                                               -> GapFound: go back to where HQ is (rows HQ had are kept a while)
                                                  what is gone: sales stop, a stream of DROPPABLE says so and goes on
                                               -> ForkFound: our numbers were used before: stop, a person decides
                                               -> TooMuch: half as many        -> NotEnrolled: try slowly, sell on
                                               -> Busy, Away: wait, then again; the timer does not depend on new sales

Delivery is at least once, HQ applies (device, epoch, stream, seq) once. Streams do not wait for each other.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

import anyio
import msgspec

from sync import backoff, courier
from sync.kept_outbox import DroppingOutbox, KeptOutbox
from sync.store.batch import OutboxRow
from sync.store.failures import DiskFull
from sync.wire.edge_log import DROPPABLE, MAX_ITEMS, MAX_RAW_BYTES, MAX_WIRE_BYTES, Dropped, Item, Push

NOT_ENROLLED_WAIT_S = 60.0  # a person has to act; a minute after that the shop is connected
REPORT_EVERY_S = 60.0  # HQ calls a shop silent after ten minutes: ten reports may be lost
STREAMS = ("sales",)
_ENVELOPE = 256  # bytes an item needs around its body
LOOK_AHEAD_AFTER_S = 0.001
"""By then a batch is on its way, and while HQ takes it (30 ms) the next one is packed (12 ms)."""


class Trouble(Enum):
    """Why a stream does not move; the text for a person is the page's."""

    AWAY = "away"
    BUSY = "busy"
    NOT_ENROLLED = "not_enrolled"
    REVOKED = "revoked"  # HQ knew this device and does not want it any more; the till sells on
    REFUSED = "refused"  # HQ cannot read even one item
    FORK = "fork"  # stopped: the data directory is a restored copy, or two devices share a name
    HQ_BEHIND = "hq_behind"  # stopped: HQ asks for items that are long gone here (it was restored from an old backup)

    @property
    def stopped(self) -> bool:
        return self in (Trouble.FORK, Trouble.HQ_BEHIND)


@dataclass(frozen=True, slots=True)
class UplinkState:
    """How far a stream is: `since_ms` is when its trouble began, `oldest_ms` when its oldest waiting item was made."""

    stream: str
    waiting: int
    oldest_ms: int | None
    trouble: Trouble | None
    since_ms: int | None
    what: str
    last_ack_ms: int | None
    skew_ms: int | None  # HQ's clock minus ours at the last answer


@dataclass(slots=True)
class _Line:
    trouble: Trouble | None = None
    since_ms: int | None = None
    what: str = ""
    last_ack_ms: int | None = None
    skew_ms: int | None = None


class UplinkBoard:
    """What the till shows about the way to HQ; written by the uplink, read by anyone."""

    def __init__(self, streams: Sequence[str] = STREAMS) -> None:
        self.streams = tuple(streams)
        self._lines = {stream: _Line() for stream in streams}

    def states(self, store: KeptOutbox) -> list[UplinkState]:
        """One state a stream, the waiting numbers as they are in the store now."""
        waiting = {state.stream: state for state in store.outbox_state()}
        found = []
        for stream, line in self._lines.items():
            state = waiting.get(stream)
            count, oldest = (state.waiting, state.oldest_ms) if state is not None else (0, None)
            found.append(
                UplinkState(
                    stream, count, oldest, line.trouble, line.since_ms, line.what, line.last_ack_ms, line.skew_ms
                )
            )
        return found

    def troubled(self, stream: str, trouble: Trouble, what: str, now_ms: int) -> None:
        line = self._lines[stream]
        if line.trouble is not trouble:
            line.since_ms = now_ms
        line.trouble, line.what = trouble, what

    def moved(self, stream: str, server_time_ms: int, now_ms: int) -> None:
        line = self._lines[stream]
        line.trouble, line.since_ms, line.what = None, None, ""
        line.last_ack_ms, line.skew_ms = now_ms, server_time_ms - now_ms


async def run_uplink(
    store: KeptOutbox,
    post: courier.Post,
    board: UplinkBoard,
    *,
    now_ms: Callable[[], int],
    rng: random.Random,
    longest_wait_s: float = backoff.LONGEST_S,
    report_every_s: float = REPORT_EVERY_S,
) -> None:
    """Runs until cancelled, or until every stream had to stop."""
    async with anyio.create_task_group() as tasks:
        for stream in board.streams:
            wait = backoff.Backoff(random.Random(rng.getrandbits(64)), longest_s=longest_wait_s)
            line = _Stream(store, post, board, stream, now_ms, wait, report_every_s)
            tasks.start_soon(line.run, name=f"uplink {stream}")


@dataclass(frozen=True, slots=True)
class _Packed:
    """The rows that follow number `after`, and the request's body made of them. `dropped`: what is missing between."""

    after: int
    rows: list[OutboxRow]
    body: bytes
    dropped: Dropped | None = None

    @property
    def first(self) -> int:
        """The first number this is about."""
        return self.dropped.first if self.dropped is not None else self.rows[0].seq

    @property
    def least(self) -> int:
        """HQ has at least this when it took anything of it."""
        return self.rows[0].seq if self.rows or self.dropped is None else self.dropped.last


class _Stream:
    def __init__(
        self,
        store: KeptOutbox,
        post: courier.Post,
        board: UplinkBoard,
        stream: str,
        now_ms: Callable[[], int],
        wait: backoff.Backoff,
        report_every_s: float,
    ) -> None:
        self._store = store
        self._post = post
        self._board = board
        self._stream = stream
        self._now_ms = now_ms
        self._wait = wait
        self._report_every_s = report_every_s
        self._silent_since = -math.inf  # a shop that starts with nothing to send says that it is there
        self._sent = store.outbox_ack(stream)  # HQ has everything up to here, as far as we know
        self._most_items = MAX_ITEMS
        self._allowed_items = MAX_ITEMS
        self._ahead: _Packed | None = None

    async def run(self) -> None:
        trouble: Trouble | None = None
        while trouble is None or not trouble.stopped:
            news = self._store.news()
            ahead, self._ahead = self._ahead, None
            if ahead is not None and ahead.after == self._sent and len(ahead.rows) <= self._most_items:
                batch: _Packed | None = ahead
            else:
                batch = await self._next(self._sent)
            if batch is None:
                due_s = self._silent_since + self._report_every_s - anyio.current_time()
                with anyio.move_on_after(max(0.0, due_s)):
                    await news.wait()
                    continue
                trouble = await self._heed(await self._post(self._stream, await self._report()), None)
                continue
            if batch.first != self._sent + 1:
                trouble = self._stop(Trouble.HQ_BEHIND, f"{self._sent + 1} is asked for, kept from {batch.first} on")
                continue
            trouble = await self._heed(await self._posted(batch), batch)

    async def _posted(self, batch: _Packed) -> courier.Answer:
        """Posts the batch; when more than a batch waits, the next one is packed meanwhile."""
        if len(batch.rows) < self._most_items:
            return await self._post(self._stream, batch.body)
        answers: list[courier.Answer] = []
        async with anyio.create_task_group() as tasks:

            async def post() -> None:
                answers.append(await self._post(self._stream, batch.body))
                tasks.cancel_scope.cancel()

            tasks.start_soon(post)
            await anyio.sleep(LOOK_AHEAD_AFTER_S)
            with anyio.CancelScope(shield=True):  # an answer meanwhile does not undo the packing
                self._ahead = await self._next(batch.rows[-1].seq)
        return answers[0]

    async def _report(self) -> bytes:
        """An empty batch: nothing new since the last acknowledged item."""
        return await courier.pack(Push(self._store.device, self._store.epoch, self._sent + 1, []))

    async def _next(self, after: int) -> _Packed | None:
        dropped = await self._missing(after)
        kept_after = after if dropped is None else dropped.last
        rows = self._store.outbox_read(self._stream, kept_after, self._most_items, MAX_RAW_BYTES // 2)
        return _Packed(after, *(await self._packed(rows, dropped)), dropped) if rows or dropped is not None else None

    async def _missing(self, after: int) -> Dropped | None:
        """What of a droppable stream HQ waits for and nobody keeps any more. Of sales nothing may be missing."""
        if self._stream not in DROPPABLE or not isinstance(self._store, DroppingOutbox):
            return None
        if self._store.outbox_gone(self._stream)[0] <= after:
            return None
        while True:
            try:
                await self._store.outbox_behind(self._stream, after + 1)
                break
            except DiskFull:
                await self._pause(Trouble.BUSY, "no room on this disk", self._wait.next_s())
        last, link = self._store.outbox_gone(self._stream)
        return Dropped(after + 1, last, link)

    async def _packed(self, rows: list[OutboxRow], dropped: Dropped | None) -> tuple[list[OutboxRow], bytes]:
        """As many of the rows as fit the wire, at least one if there is one."""
        while True:
            body = await courier.pack(_push(self._store, rows, dropped))
            raw = sum(len(row.body) + _ENVELOPE for row in rows)
            if len(rows) <= 1 or (len(body) <= MAX_WIRE_BYTES and raw <= MAX_RAW_BYTES):
                return rows, body
            rows = rows[: len(rows) // 2]

    async def _heed(self, answer: courier.Answer, batch: _Packed | None) -> Trouble | None:
        match answer:
            case courier.Delivered(ack, server_time_ms, max_items):
                return await self._delivered(ack, server_time_ms, max_items, batch)
            case courier.GapFound(expect):
                return await self._rewind(expect, batch)
            case courier.ForkFound(seq):
                return self._stop(Trouble.FORK, f"HQ holds another item {seq}")
            case courier.TooMuch(what):
                if batch is not None and len(batch.rows) > 1:
                    self._most_items = len(batch.rows) // 2
                    return None
                return await self._pause(Trouble.REFUSED, f"item {self._sent + 1}: {what}", self._wait.next_s())
            case courier.NotEnrolled(what, revoked):
                trouble = Trouble.REVOKED if revoked else Trouble.NOT_ENROLLED
                return await self._pause(trouble, what, NOT_ENROLLED_WAIT_S)
            case courier.Busy(retry_after_s):
                asked = retry_after_s if retry_after_s is not None else 0.0
                return await self._pause(Trouble.BUSY, "", asked + self._wait.next_s())
            case courier.Away(what):
                return await self._pause(Trouble.AWAY, what, self._wait.next_s())

    async def _delivered(self, ack: int, server_time_ms: int, max_items: int, batch: _Packed | None) -> Trouble | None:
        if ack > self._store.outbox_head(self._stream):
            return self._stop(Trouble.FORK, f"HQ has {ack}, we never numbered so far")
        if ack < (batch.least if batch is not None else self._sent):
            return await self._pause(Trouble.REFUSED, f"HQ kept nothing after {ack}", self._wait.next_s())
        acked, self._sent = self._sent, ack
        self._silent_since = anyio.current_time()
        self._wait.reset()
        self._allowed_items = max(1, min(MAX_ITEMS, max_items))
        self._most_items = min(self._allowed_items, self._most_items * 2)
        self._board.moved(self._stream, server_time_ms, self._now_ms())
        if ack == acked:
            return None
        with suppress(DiskFull):  # the next acknowledgement covers this one
            await self._store.outbox_acked(self._stream, ack)
        return None

    async def _rewind(self, expect: int, batch: _Packed | None) -> Trouble | None:
        if not 1 <= expect < (batch.first if batch is not None else self._sent + 1):
            return await self._pause(Trouble.REFUSED, f"a gap at {expect} that is none", self._wait.next_s())
        self._sent = expect - 1
        return None

    def _stop(self, trouble: Trouble, what: str) -> Trouble:
        self._board.troubled(self._stream, trouble, what, self._now_ms())
        return trouble

    async def _pause(self, trouble: Trouble, what: str, seconds: float) -> Trouble:
        self._board.troubled(self._stream, trouble, what, self._now_ms())
        await anyio.sleep(seconds)
        return trouble


def _push(store: KeptOutbox, rows: list[OutboxRow], dropped: Dropped | None) -> Push:
    items = [Item(row.seq, row.id, row.kind, row.v, row.at_ms, row.hash, msgspec.Raw(row.body)) for row in rows]
    first = rows[0].seq if rows or dropped is None else dropped.last + 1
    return Push(store.device, store.epoch, first, items, dropped)
