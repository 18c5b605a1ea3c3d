"""Many shops before one HQ, in virtual time: the program's own batches and waits against a measured rate.

    shop: spread -> batch -> 200: the next, larger batch      -> 503: half as many, Retry-After and a drawn wait, again
    HQ:   at most MOST_AT_ONCE batches beside each other, served one after another at `each_s` receipts a second

A model and no measurement: it says what cannot be tried on one machine, and by which rules it was computed.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

from cloud_api.push_door import MOST_AT_ONCE
from cloud_api.storage.storage import RETRY_AFTER_S
from sync.backoff import Backoff
from sync.batch_size import BatchSize
from sync.wire.edge_log import MAX_ITEMS


@dataclass(slots=True)
class _Shop:
    left: int
    size: BatchSize
    wait: Backoff


@dataclass(frozen=True, slots=True)
class Return:
    """Seconds until the last shop and until every other one has sent everything; `densest`: the most refusals in one
    second."""

    whole_s: float
    half_s: float
    refusals: int
    densest: int


def come_back(shops: int, receipts_each: int, each_s: float, spread_s: float, seed: int = 1) -> Return:
    """Everything that `shops` have waited with, at an HQ of `each_s` receipts a second."""
    rng = random.Random(seed)
    kept = [_Shop(receipts_each, BatchSize(), Backoff(random.Random(rng.random()))) for _ in range(shops)]
    asking = [(rng.uniform(0, spread_s), n) for n in range(shops)]
    heapq.heapify(asking)
    served: list[float] = []  # when each batch under way is answered, in order
    free_at = 0.0
    done: list[float] = []
    refused: dict[int, int] = {}
    while asking:
        now_s, n = heapq.heappop(asking)
        shop = kept[n]
        while served and served[0] <= now_s:
            heapq.heappop(served)
        sent = min(shop.left, shop.size.items)
        if len(served) >= MOST_AT_ONCE:
            refused[int(now_s)] = refused.get(int(now_s), 0) + 1
            shop.size.refused(sent)
            heapq.heappush(asking, (now_s + RETRY_AFTER_S + shop.wait.next_s(), n))
            continue
        free_at = max(free_at, now_s) + sent / each_s
        heapq.heappush(served, free_at)
        shop.size.taken(MAX_ITEMS)
        shop.wait.reset()
        shop.left -= sent
        if shop.left:
            heapq.heappush(asking, (free_at, n))
        else:
            done.append(free_at)
    done.sort()
    return Return(done[-1], done[len(done) // 2], sum(refused.values()), max(refused.values(), default=0))
