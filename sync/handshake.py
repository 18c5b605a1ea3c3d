"""Finds out, before anything is pushed, whether HQ's numbers and ours are of one history, and mends it if they are not.

    hello -> same, behind -> push            (what HQ has and its answer never told is acknowledged on the way)
          -> fork: a request, kept here -> HQ issues an epoch, kept there -> everything kept is numbered anew, one
             transaction -> hello again      (whatever is lost or cut between two arrows: hello begins anew)
          -> away: wait and try; the till sells. Its numbers are no promise until HQ has acknowledged them, its ids are.

A fork is a data directory that came back from an older copy, or an empty one. What is sold before HQ can be asked is as
safe as anything else: it can collide with old numbers only, and a number alone makes nothing known. HQ takes an item
that follows its chain, and we take an acknowledgement that carries the hash of our own item.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import anyio
import msgspec

from sync import backoff, greeter
from sync.asking import Away
from sync.clock_offset import Offset
from sync.courier import Busy, NotEnrolled
from sync.kept_outbox import FollowingOutbox, KeptOutbox
from sync.store.failures import DiskFull, JournalRefused
from sync.uplink_board import Trouble, UplinkBoard
from sync.wire.edge_log import DROPPABLE, GENESIS
from sync.wire.hello import EpochIssued, Hello, NewEpoch, Standing, StreamHead, StreamStand, Welcome

REQUEST = "uplink/epoch-request"
CLOCK = "uplink/clock"
EPOCHS_AT_ONCE = 3
"""A restored box needs one, and one more if its image held a request of before."""
CLONE_WAIT_S = 600.0
"""More than that, and two boxes carry one name: they would take epochs from each other without end. Both still sell."""


class _Request(msgspec.Struct, frozen=True):
    """The wish to leave an epoch; asked with the same name until it was left."""

    request: str
    leaves: int


class Handshake:
    """`settle` returns when items may be pushed. `unknown` are streams that this HQ does not have."""

    def __init__(
        self,
        store: KeptOutbox,
        greet: greeter.Greet,
        board: UplinkBoard,
        *,
        now_ms: Callable[[], int],
        rng: random.Random,
        longest_wait_s: float,
        program: str = "",
    ) -> None:
        self._store = store
        self._greet = greet
        self._board = board
        self._now_ms = now_ms
        self._rng = rng
        self._program = program
        self._wait = backoff.Backoff(random.Random(rng.getrandbits(64)), longest_s=longest_wait_s)
        self._epochs: deque[float] = deque(maxlen=EPOCHS_AT_ONCE)
        self.unknown: frozenset[str] = frozenset()
        kept = store.setting(CLOCK)
        if kept and board.clock.kept is None:
            with suppress(msgspec.DecodeError):
                board.clock.kept = msgspec.json.decode(kept, type=Offset)

    async def settle(self, forked: bool = False) -> float:
        """Asks until HQ's end and ours belong together; for how many seconds there was no HQ before it answered.

        `forked`: a push was answered with a fork. Should hello not see it, the epoch is left all the same.
        """
        lost_at: float | None = None
        while True:
            sent_ms = self._now_ms()
            answer = await self._greet.hello(self._hello(sent_ms))
            if isinstance(answer, Away):
                lost_at = anyio.current_time() if lost_at is None else lost_at
            away_s = 0.0 if lost_at is None else anyio.current_time() - lost_at
            if isinstance(answer, greeter.NoHandshake):
                if forked:
                    await self._pause(answer)
                return away_s
            if not isinstance(answer, Welcome):
                await self._pause(answer)
                continue
            self._wait.reset()
            await self._heard(sent_ms, answer.server_time_ms)
            if await self._belongs(answer) and not forked:
                self._board.confirmed(self._now_ms())
                return away_s
            forked = False
            await self._leave_epoch()

    def _hello(self, sent_ms: int) -> Hello:
        store = self._store
        heads = []
        for stream in self._board.streams:
            head, acked = store.outbox_head(stream), store.outbox_ack(stream)
            links = [store.outbox_hash(stream, seq) or "" for seq in (head, acked)]
            heads.append(StreamHead(stream, store.epoch, head, links[0], acked, links[1]))
        return Hello(store.device, heads, sent_ms, program=self._program)

    async def _heard(self, sent_ms: int, server_time_ms: int) -> None:
        offset = self._board.clock.heard(sent_ms, server_time_ms, self._now_ms())
        with suppress(DiskFull, JournalRefused):
            await self._store.outbox_note(CLOCK, msgspec.json.encode(offset))

    async def _belongs(self, welcome: Welcome) -> bool:
        store = self._store
        stands = {one.stream: one for one in welcome.streams if one.stream in self._board.streams}
        self.unknown = frozenset(
            stream
            for stream in self._board.streams
            if stream not in stands or stands[stream].standing is Standing.UNKNOWN
        )
        known = [one for one in stands.values() if one.stream not in self.unknown]
        if isinstance(store, FollowingOutbox):
            newest = max((one.epoch for one in known), default=store.epoch)
            if newest > store.epoch:
                await store.begin_epoch(newest)
                return await self._again()
            for one in known:
                store.follow(one.stream, store.epoch, one.seq, one.hash)
            return True
        if not all(self._is_ours(one) for one in known):
            return False
        for one in known:
            if one.seq > store.outbox_ack(one.stream) and store.outbox_hash(one.stream, one.seq) == one.hash:
                with suppress(DiskFull, JournalRefused):  # pushing tells it again
                    await store.outbox_acked(one.stream, one.seq)
        return True

    async def _again(self) -> bool:
        """Once more under the epoch that was just taken over."""
        answer = await self._greet.hello(self._hello(self._now_ms()))
        return isinstance(answer, Welcome) and await self._belongs(answer)

    def _is_ours(self, stand: StreamStand) -> bool:
        """Both sides compare: HQ what we said, and we what HQ says. An item of which we no longer know the hash may be
        another life's of this box: then its items would stand for what we let go of, and nobody would hear that ours
        are missing. Under a new epoch they are named. Sales are never let go of: HQ asks for those it lacks, and a
        stream that has to answer "gone" stops for a person."""
        if stand.standing is Standing.FORK or stand.seq > self._store.outbox_head(stand.stream):
            return False
        ours = GENESIS if stand.seq == 0 else self._store.outbox_hash(stand.stream, stand.seq)
        if ours is None and stand.stream not in DROPPABLE:
            return stand.seq <= self._store.outbox_ack(stand.stream)
        return ours == stand.hash

    async def _leave_epoch(self) -> None:
        """Asks HQ for an epoch and begins it. Whatever goes wrong, the next hello tells what there is to do."""
        if isinstance(self._store, FollowingOutbox):
            await anyio.sleep(self._wait.next_s())  # hello tells where HQ's end is now
            return
        if len(self._epochs) == EPOCHS_AT_ONCE and anyio.current_time() - self._epochs[0] < CLONE_WAIT_S:
            self._board.all_troubled(Trouble.FORK, f"{EPOCHS_AT_ONCE} epochs in ten minutes", self._now_ms())
            await anyio.sleep(CLONE_WAIT_S)
            self._epochs.extend(
                [anyio.current_time()] * EPOCHS_AT_ONCE
            )  # the next one waits too, and not three at once
        try:
            wish = await self._request()
            answer = await self._greet.new_epoch(wish)
            if not isinstance(answer, EpochIssued):
                await self._pause(answer)
            elif answer.epoch <= self._store.epoch:
                await self._pause(greeter.Unfit(f"HQ issued epoch {answer.epoch} after {self._store.epoch}"))
            else:
                self._epochs.append(anyio.current_time())
                await self._store.begin_epoch(answer.epoch)
                self._board.new_epochs += 1
        except DiskFull:
            self._board.all_troubled(Trouble.BUSY, "no room on this disk", self._now_ms())
            await anyio.sleep(self._wait.next_s())

    async def _request(self) -> NewEpoch:
        """The wish, durable before HQ hears of it: asked twice it is still one epoch."""
        store, kept = self._store, self._store.setting(REQUEST)
        request = None
        if kept:
            with suppress(msgspec.DecodeError):
                request = msgspec.json.decode(kept, type=_Request)
        if request is None or request.leaves != store.epoch:
            request = _Request(f"{self._rng.getrandbits(128):032x}", store.epoch)
            await store.outbox_note(REQUEST, msgspec.json.encode(request))
        streams = [stream for stream in self._board.streams if stream not in self.unknown]
        return NewEpoch(store.device, request.request, streams, store.epoch)

    async def _pause(self, answer: greeter.Trouble) -> None:
        now_ms = self._now_ms()
        match answer:
            case NotEnrolled(what, revoked):
                trouble = Trouble.REVOKED if revoked else Trouble.NOT_ENROLLED
                self._board.all_troubled(trouble, what, now_ms)
                await anyio.sleep(backoff.NOT_ENROLLED_WAIT_S)
            case Busy(retry_after_s):
                self._board.all_troubled(Trouble.BUSY, "", now_ms)
                await anyio.sleep((retry_after_s or 0.0) + self._wait.next_s())
            case Away(what):
                self._board.all_troubled(Trouble.AWAY, what, now_ms)
                await anyio.sleep(self._wait.next_s())
            case greeter.Unfit(what):
                self._board.all_troubled(Trouble.REFUSED, what, now_ms)
                await anyio.sleep(self._wait.next_s())
            case greeter.NoHandshake():
                self._board.all_troubled(Trouble.FORK, "HQ issues no epochs", now_ms)
                await anyio.sleep(CLONE_WAIT_S)
