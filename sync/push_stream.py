"""One stream on its way: reads what follows the cursor, packs it, posts it and heeds the answer.

    read rows after the cursor -> pack -> POST -> Delivered: the hash is ours: the cursor moves in the store, next batch
                                                  another hash: these are not our items: fork
                                               -> GapFound: go back to where HQ is (rows HQ had are kept a while)
                                                  what is gone: sales stop, a stream of DROPPABLE says so and goes on
                                               -> ForkFound: our numbers were used before: back to the handshake
                                               -> TooMuch: half as many        -> NotEnrolled: try slowly, sell on
                                               -> Busy, Away: wait, then again; the timer does not depend on new sales

A quiet stream reports once a minute by an empty batch: HQ knows that the shop is there, and says if it is behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import anyio
import msgspec

from sync import backoff, courier
from sync.asking import Away
from sync.batch_size import BatchSize
from sync.kept_outbox import DroppingOutbox, FollowingOutbox, KeptOutbox
from sync.store.batch import OutboxRow
from sync.store.failures import DiskFull, JournalRefused
from sync.uplink_board import Trouble, UplinkBoard
from sync.wire.edge_log import DROPPABLE, MAX_ENDED, MAX_RAW_BYTES, MAX_WIRE_BYTES, Dropped, Ended, Item, Push, sendable

REPORT_EVERY_S = 60.0  # HQ calls a shop silent after ten minutes: ten reports may be lost
LOST_AFTER_S = 90.0
"""No stream has reached HQ for so long, a report and a half: the way back begins with a handshake."""
STOPPED_WAIT_S = 600.0
"""HQ asks for what is gone, and people have to mend it: so often we look whether they have."""
SIZE = "uplink/batch/"
_ENVELOPE = 256  # bytes an item needs around its body
LOOK_AHEAD_AFTER_S = 0.001
"""By then a batch is on its way, and while HQ takes it (30 ms) the next one is packed (12 ms)."""


@dataclass(slots=True)
class Reach:
    """Shared by the streams of one store: since when none of them was answered, and what ends them all for a handshake
    (None: there is none, and a stream that has to stop stays where it is)."""

    end: Callable[[], None] | None
    lost_at: float | None = None
    forked: bool = False

    def answered(self) -> None:
        self.lost_at = None

    def unanswered(self) -> None:
        now_s = anyio.current_time()
        if self.lost_at is None:
            self.lost_at = now_s
        elif now_s - self.lost_at >= LOST_AFTER_S and self.end is not None:
            self.end()

    def fork(self) -> None:
        self.forked = True
        if self.end is not None:
            self.end()


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

    @property
    def last(self) -> int:
        return self.rows[-1].seq if self.rows or self.dropped is None else self.dropped.last


class PushStream:
    """A quiet stream tells once in a while that it is there, but for a side stream that never had an item."""

    def __init__(
        self,
        store: KeptOutbox,
        post: courier.Post,
        board: UplinkBoard,
        stream: str,
        now_ms: Callable[[], int],
        wait: backoff.Backoff,
        report_every_s: float,
        reach: Reach,
    ) -> None:
        self._store = store
        self._post = post
        self._board = board
        self._stream = stream
        self._now_ms = now_ms
        self._wait = wait
        self._report_every_s = report_every_s
        self._reach = reach
        self._silent_since = -math.inf  # a shop that starts with nothing to send says that it is there
        self._sent = store.outbox_ack(stream)  # HQ has everything up to here, as far as we know
        self._size = BatchSize.read(store.setting(SIZE + stream))
        self._ahead: _Packed | None = None

    async def run(self) -> None:
        """Until this stream has to stop, or `reach` ends all of them."""
        trouble: Trouble | None = None
        while trouble is None or not trouble.stopped:
            news = self._store.news()
            ahead, self._ahead = self._ahead, None
            if ahead is not None and ahead.after == self._sent and len(ahead.rows) <= self._size.items:
                batch: _Packed | None = ahead
            else:
                batch = await self._next(self._sent)
            if batch is None:
                due_s = self._silent_since + self._report_every_s - anyio.current_time()
                with anyio.move_on_after(max(0.0, due_s) if self._reports else math.inf):
                    await news.wait()
                    continue
                sent_ms, report = self._now_ms(), await self._report()
                trouble = await self._heed(await self._post(self._stream, report), None, sent_ms)
                continue
            if batch.first != self._sent + 1:
                trouble = self._stop(Trouble.HQ_BEHIND, f"{self._sent + 1} is asked for, kept from {batch.first} on")
                if isinstance(self._store, FollowingOutbox):
                    trouble = Trouble.FORK  # a handshake tells where to go on
                elif self._reach.end is not None:
                    await anyio.sleep(STOPPED_WAIT_S)
                    trouble, self._sent = None, self._store.outbox_ack(self._stream)
                continue
            sent_ms = self._now_ms()
            trouble = await self._heed(await self._posted(batch), batch, sent_ms)
        if trouble is Trouble.FORK:
            self._reach.fork()

    @property
    def _reports(self) -> bool:
        return self._stream == self._board.streams[0] or self._store.outbox_head(self._stream) > 0

    async def _posted(self, batch: _Packed) -> courier.Answer:
        """Posts the batch; when more than a batch waits, the next one is packed meanwhile."""
        if len(batch.rows) < self._size.items:
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
        return await courier.pack(self._push([], None, self._sent))

    async def _next(self, after: int) -> _Packed | None:
        dropped = await self._missing(after)
        kept_after = after if dropped is None else dropped.last
        rows = self._store.outbox_read(self._stream, kept_after, self._size.items, MAX_RAW_BYTES // 2)
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
            first = dropped.first if dropped is not None else rows[0].seq
            body = await courier.pack(self._push(rows, dropped, first - 1))
            raw = sum(len(row.body) + _ENVELOPE for row in rows)
            if len(rows) <= 1 or (len(body) <= MAX_WIRE_BYTES and raw <= MAX_RAW_BYTES):
                return rows, body
            rows = rows[: len(rows) // 2]

    def _push(self, rows: list[OutboxRow], dropped: Dropped | None, after: int) -> Push:
        store = self._store
        items = [
            Item(row.seq, row.id, row.kind, row.v, row.at_ms, row.hash, msgspec.Raw(sendable(row.body))) for row in rows
        ]
        first = rows[0].seq if rows else (dropped.last if dropped is not None else after) + 1
        prev = store.outbox_hash(self._stream, after) or ""
        ended: list[Ended] = []
        if after == 0 and self._stream in DROPPABLE and isinstance(store, DroppingOutbox):
            # HQ counts from 1: it is new to this epoch, or came back from a backup of before.
            ended = store.outbox_ended(self._stream)[-MAX_ENDED:]
        return Push(store.device, store.epoch, first, items, dropped, prev, ended)

    async def _heed(self, answer: courier.Answer, batch: _Packed | None, sent_ms: int) -> Trouble | None:
        if not isinstance(answer, Away):
            self._reach.answered()
        match answer:
            case courier.Delivered():
                return await self._delivered(answer, batch, sent_ms)
            case courier.GapFound(expect):
                return await self._rewind(expect, batch)
            case courier.ForkFound(seq):
                return self._stop(Trouble.FORK, f"HQ holds another item {seq}")
            case courier.TooMuch(what):
                if batch is not None and len(batch.rows) > 1:
                    await self._fewer(batch)
                    return None
                return await self._pause(Trouble.REFUSED, f"item {self._sent + 1}: {what}", self._wait.next_s())
            case courier.NotEnrolled(what, revoked):
                trouble = Trouble.REVOKED if revoked else Trouble.NOT_ENROLLED
                return await self._pause(trouble, what, backoff.NOT_ENROLLED_WAIT_S)
            case courier.Busy(retry_after_s):
                await self._fewer(batch)
                asked = retry_after_s if retry_after_s is not None else 0.0
                return await self._pause(Trouble.BUSY, "", asked + self._wait.next_s())
            case Away(what, late):
                if late:
                    await self._fewer(batch)
                self._reach.unanswered()
                return await self._pause(Trouble.AWAY, what, self._wait.next_s())

    async def _delivered(self, told: courier.Delivered, batch: _Packed | None, sent_ms: int) -> Trouble | None:
        ack = told.ack
        if not told.hash and batch is not None:
            ack = min(ack, batch.last)  # an HQ that shows no hash has compared what it was just sent, and no more
        ours = self._store.outbox_hash(self._stream, ack)
        if ack > self._store.outbox_head(self._stream):
            return self._stop(Trouble.FORK, f"HQ has {ack}, we never numbered so far")
        if not told.hash and batch is None:
            ack = min(ack, self._sent)  # nothing was sent: there was nothing to compare
        if told.hash and ours is not None and ours != told.hash:
            return self._stop(Trouble.FORK, f"HQ's item {ack} is not ours")
        if ack < (batch.least if batch is not None else self._sent):
            return await self._pause(Trouble.REFUSED, f"HQ kept nothing after {ack}", self._wait.next_s())
        acked, self._sent = self._sent, ack
        self._silent_since = anyio.current_time()
        self._wait.reset()
        await self._sized(self._size.taken(told.max_items))
        self._board.moved(self._stream, sent_ms, told.server_time_ms, self._now_ms())
        if ack == acked:
            return None
        with suppress(DiskFull, JournalRefused):  # the next acknowledgement covers this one
            await self._store.outbox_acked(self._stream, ack)
        return None

    async def _fewer(self, batch: _Packed | None) -> None:
        if batch is not None and batch.rows:
            await self._sized(self._size.refused(len(batch.rows)))

    async def _sized(self, changed: bool) -> None:
        if changed:
            with suppress(DiskFull, JournalRefused):  # then the size is right until the next start
                await self._store.outbox_note(SIZE + self._stream, self._size.written())

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
