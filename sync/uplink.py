"""The way to HQ: a handshake, then every stream pushes its outbox in order until nothing waits, and listens.

    handshake (handshake.py) -> was away for long: a moment of one's own -> streams side by side (push_stream.py)
        ^                                                                            |
        +----------------- fork, or no stream reaches HQ any more -------------------+

Delivery is at least once, HQ applies (device, epoch, stream, seq) once. Streams do not wait for each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import anyio

from sync import backoff, courier
from sync.greeter import Greet
from sync.handshake import Handshake
from sync.kept_outbox import KeptOutbox
from sync.push_stream import REPORT_EVERY_S, STOPPED_WAIT_S, PushStream, Reach
from sync.uplink_board import Trouble, UplinkBoard

AWAY_LONG_S = 60.0
"""Who was away for less took no part in an outage that others wait for the end of."""
SPREAD_S = 60.0
"""Five thousand boxes that come back at once push their first batch evenly over a minute."""


async def run_uplink(
    store: KeptOutbox,
    post: courier.Post,
    board: UplinkBoard,
    *,
    now_ms: Callable[[], int],
    rng: random.Random,
    greet: Greet | None = None,
    longest_wait_s: float = backoff.LONGEST_S,
    report_every_s: float = REPORT_EVERY_S,
    spread_s: float = SPREAD_S,
    program: str = "",
) -> None:
    """Runs until cancelled. Without `greet` it pushes at once, and ends when every stream had to stop."""
    if greet is None:
        await _push_all(store, post, board, None, now_ms, rng, longest_wait_s, report_every_s)
        return
    handshake = Handshake(store, greet, board, now_ms=now_ms, rng=rng, longest_wait_s=longest_wait_s, program=program)
    away_s, forked = _waited_s(store, board, now_ms()), False
    while True:
        away_s += await handshake.settle(forked)
        if away_s >= AWAY_LONG_S:
            await anyio.sleep(rng.uniform(0.0, spread_s))
        reach = await _push_all(store, post, board, handshake.unknown, now_ms, rng, longest_wait_s, report_every_s)
        away_s = 0.0 if reach.lost_at is None else anyio.current_time() - reach.lost_at
        forked = reach.forked


def _waited_s(store: KeptOutbox, board: UplinkBoard, now_ms: int) -> float:
    """A box that starts with old items was away: its shop had no power, or no line."""
    oldest = [state.oldest_ms for state in store.outbox_state() if state.stream in board.streams and state.oldest_ms]
    return max(0.0, (now_ms - min(oldest)) / 1000) if oldest else 0.0


async def _push_all(
    store: KeptOutbox,
    post: courier.Post,
    board: UplinkBoard,
    unknown: frozenset[str] | None,
    now_ms: Callable[[], int],
    rng: random.Random,
    longest_wait_s: float,
    report_every_s: float,
) -> Reach:
    """Pushes until the way is lost or there is a fork. `unknown` None: there is no handshake
    to go back to, so a stream that has to stop leaves the others at work. What HQ does not know it is asked about
    again by a handshake after a while: it may be a newer HQ by then."""
    async with anyio.create_task_group() as tasks:
        reach = Reach(tasks.cancel_scope.cancel if unknown is not None else None)
        for stream in board.streams:
            if stream in (unknown or ()):
                board.troubled(stream, Trouble.REFUSED, "HQ does not know this stream", now_ms())
                continue
            wait = backoff.Backoff(random.Random(rng.getrandbits(64)), longest_s=longest_wait_s)
            line = PushStream(store, post, board, stream, now_ms, wait, report_every_s, reach)
            tasks.start_soon(line.run, name=f"uplink {stream}")
        if unknown:
            await anyio.sleep(STOPPED_WAIT_S)
            tasks.cancel_scope.cancel()
    return reach
