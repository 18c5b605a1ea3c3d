"""All that goes to HQ and comes from it: journals up, commands and feeds down, a beat that says how this device is.

Each way has a watch of its own: what one of them dies of reaches neither the others nor a till.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import anyio
import httpx
from anyio.abc import TaskGroup

from agent.claims.claim_key import keys_beside
from agent.clock import SystemClock
from agent.heartbeat import disk_facts, lanes, program_version, run_heartbeat
from agent.hq_feeds import HqFeeds
from agent.settings import HqSettings
from agent.supervisor import keep_running
from agent.visitors.chain_customers import ChainCustomers
from agent.visitors.chain_secret import ChainSecret
from agent.visitors.forgotten_command import forgotten_takers
from agent.visitors.visitors import Visitors
from agent.wiring import Shop
from sync import backoff
from sync.courier import Courier
from sync.customer_asking import CustomerAsking
from sync.downlink import FeedReader, Take, run_downlink
from sync.enrolment.rotating import keep_young
from sync.enrolment.signer import Signer
from sync.greeter import Greeter
from sync.kept_outbox import KeptOutbox
from sync.store.store import Store
from sync.telemetry_log import TelemetryLog
from sync.uplink import SPREAD_S, run_uplink
from sync.uplink_board import UplinkBoard
from sync.wire.hello import Welcome
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.telemetry_facts import Heartbeat
from sync.wire.visit_facts import STREAM as VISITS

TRAINING_WAIT_S = 5.0
"""In a training shop somebody sits before the screen and waits for HQ to come back; five seconds are bearable."""


def start_hq_ways(
    hq: HqSettings,
    auth: httpx.Auth,
    shop: Shop,
    visitors: Visitors | None,
    feeds: HqFeeds | None,
    clock: SystemClock,
    rng: random.Random,
    tasks: TaskGroup,
) -> None:
    """Starts them all in `tasks`; a shop without a board has no HQ."""
    watched = shop.board
    if watched is None:
        return
    store = shop.store
    longest_s = TRAINING_WAIT_S if shop.settings.training else backoff.LONGEST_S
    tasks.start_soon(uplink, hq, auth, store, watched, clock, rng, longest_s)
    boards: list[tuple[UplinkBoard, KeptOutbox]] = [(watched, store)]
    takers = dict(shop.exchange.takers) if shop.exchange is not None else {}
    takers |= shop.stock.takers
    if visitors is not None:
        board = UplinkBoard((VISITS,))
        heard = _join_chain(hq, shop.settings.directory, auth, visitors, feeds, rng, tasks)
        tasks.start_soon(uplink, hq, auth, visitors.store, board, clock, rng, longest_s, heard)
        takers |= forgotten_takers(visitors.consents, store)
        boards.append((board, visitors.store))
    tasks.start_soon(downlink, hq, auth, store, takers, rng, shop.restore.let_hear)
    if isinstance(auth, Signer) and hq.keys is not None:
        tasks.start_soon(_fresh_key, hq.url, auth, hq.keys)
    log = TelemetryLog(store.device, TELEMETRY, clock.now_ms)
    tasks.start_soon(uplink, hq, auth, log, UplinkBoard((TELEMETRY,)), clock, rng, longest_s)
    facts = partial(heartbeat, shop, boards)
    tasks.start_soon(keep_running, "heartbeat", partial(run_heartbeat, log, facts, rng))
    if feeds is not None:
        shop.feeds = feeds.boards
        tasks.start_soon(feeds.run, hq.url, auth, rng)


def heartbeat(shop: Shop, boards: Sequence[tuple[UplinkBoard, KeptOutbox]], uptime_s: int) -> Heartbeat:
    """How this device is now."""
    skew = shop.board.clock.kept if shop.board is not None else None
    used, free, log = disk_facts(shop.settings.directory)
    visits = shop.visitors.store.outbox_dropped(VISITS) if shop.visitors is not None else 0
    return Heartbeat(
        program_version(),
        uptime_s,
        lanes(boards, shop.clock.now_ms()),
        shop.store.commit_p99_us(),
        used,
        free,
        log,
        skew.offset_ms if skew is not None else None,
        sum(port.health.state != "down" for port in shop.ports.values()),
        len(shop.ports),
        visits,
        sum(board.new_epochs for board, _ in boards),
    )


async def uplink(
    hq: HqSettings,
    auth: httpx.Auth,
    store: KeptOutbox,
    board: UplinkBoard,
    clock: SystemClock,
    rng: random.Random,
    longest_wait_s: float,
    heard: Callable[[Welcome], None] | None = None,
) -> None:
    """`heard`: what else HQ says when it is greeted."""
    async with httpx.AsyncClient(trust_env=False) as client:
        courier, greeter = Courier(client, hq.url, auth), Greeter(client, hq.url, auth, heard)

        async def run() -> None:
            await run_uplink(
                store,
                courier.post,
                board,
                now_ms=clock.now_ms,
                rng=rng,
                greet=greeter,
                longest_wait_s=longest_wait_s,
                spread_s=min(SPREAD_S, longest_wait_s),
                program=program_version(),
            )

        await keep_running(f"uplink of {', '.join(board.streams)}", run)


def _join_chain(
    hq: HqSettings,
    directory: Path,
    auth: httpx.Auth,
    visitors: Visitors,
    feeds: HqFeeds | None,
    rng: random.Random,
    tasks: TaskGroup,
) -> Callable[[Welcome], None]:
    """What HQ's word of the chain's secret is given to."""
    secret = ChainSecret(keys_beside(directory))
    chain = ChainCustomers(secret, feeds.told if feeds is not None else None)
    visitors.join_chain(chain, random.Random(rng.getrandbits(64)))

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            chain.ask = CustomerAsking(client, hq.url, auth).ask
            await anyio.sleep_forever()

    tasks.start_soon(ask)
    return lambda welcome: secret.heard(welcome.customer_key)


async def downlink(
    hq: HqSettings,
    auth: httpx.Auth,
    store: Store,
    takers: Mapping[str, Take],
    rng: random.Random,
    let_hear: Callable[[], Awaitable[None]],
) -> None:
    """`let_hear`: a restored box answers for no order and no slip before HQ has given back what it knew of them."""
    async with httpx.AsyncClient(trust_env=False) as client:
        reader = FeedReader(client, hq.url, auth)

        async def run() -> None:
            await let_hear()
            await run_downlink(store, reader.fetch, takers, rng=rng)

        await keep_running("downlink", run)


async def _fresh_key(url: str, signer: Signer, keys: Path) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def run() -> None:
            await keep_young(client, signer, url, keys, draw=secrets.token_bytes)

        await keep_running("rotation of the key", run)
