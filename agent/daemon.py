"""The agent as a process: store, tills, screens and the way to HQ, from start to a clean end."""

from __future__ import annotations

import gc
import os
import random
import secrets
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import httpx
from anyio.abc import TaskGroup
from fastapi import FastAPI

from agent.claims.claim_key import claim_key, keys_beside
from agent.clock import SystemClock
from agent.heartbeat import disk_facts, lanes, program_version, run_heartbeat
from agent.hq_feeds import HqFeeds, opened_feeds
from agent.hq_identity import who_we_are
from agent.hq_told import UNKNOWN_HQ
from agent.listening import bind, serve
from agent.local_api.app import create_app
from agent.restore_wired import take_back
from agent.settings import HqSettings, Settings
from agent.supervisor import keep_running
from agent.till.people import fits_on_a_thread
from agent.told_offers import ToldOffers
from agent.visitors.chain_customers import ChainCustomers
from agent.visitors.chain_secret import ChainSecret
from agent.visitors.forgotten_command import forgotten_takers
from agent.visitors.visitors import Visitors
from agent.visitors_opened import opened_visitors
from agent.wiring import Shop, add_visitors, build_shop, run_tills
from sync import backoff
from sync.courier import Courier
from sync.customer_asking import CustomerAsking
from sync.downlink import FeedReader, Take, run_downlink
from sync.enrolment.rotating import keep_young
from sync.enrolment.signer import Signer
from sync.greeter import Greeter
from sync.kept_outbox import KeptOutbox
from sync.store.catalogue import Shelf
from sync.store.store import LOCAL, Store, open_store
from sync.telemetry_log import TelemetryLog
from sync.uplink import SPREAD_S, run_uplink
from sync.uplink_board import UplinkBoard
from sync.wire.hello import Welcome
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.telemetry_facts import Heartbeat
from sync.wire.visit_facts import STREAM as VISITS

TRAINING_WAIT_S = 5.0
"""In a training shop somebody sits before the screen and waits for HQ to come back; five seconds are bearable."""


async def run_agent(
    settings: Settings, *, say: Callable[[str], None] = print, extra: Callable[[FastAPI], None] | None = None
) -> int:
    """Run until SIGINT or SIGTERM. Raises PortTaken and the store's OpenRefused before anything is started.

    `extra` may add routes to the app (the demo's way to its bench).
    """
    bound = bind(settings.host, settings.port)
    clock = SystemClock(settings.zone)
    rng = random.Random(secrets.randbits(128))
    device, epoch = whose_data(settings)
    shelf = Shelf(settings.directory, clock)
    async with open_store(settings.directory, device=device, epoch=epoch, now_ms=clock.now_ms) as store:
        settings = as_owned(settings, store.device)
        key = claim_key(keys_beside(settings.directory)) if settings.kiosks or settings.hq else b""
        shop = build_shop(settings, store, shelf.catalogue, clock, rng, fits_on_a_thread, claim_key=key)
        app = create_app(shop)
        if extra is not None:
            extra(app)
        async with AsyncExitStack() as stack:
            feeds = stack.enter_context(opened_feeds(settings.directory)) if settings.hq is not None else None
            offers = ToldOffers(feeds.told) if feeds is not None and feeds.told is not None else tuple
            visitors = await stack.enter_async_context(opened_visitors(settings, store, clock, rng, offers))
            tasks = await stack.enter_async_context(anyio.create_task_group())
            if visitors is not None:
                add_visitors(shop, visitors)
            tasks.start_soon(run_tills, shop)
            hq, auth = settings.hq, who_we_are(settings.hq, clock.now_ms) if settings.hq is not None else None
            if shop.restore.pending and (hq is not None or not settings.not_enrolled_at):
                url = hq.url if hq is not None else ""
                tasks.start_soon(keep_running, "restore", partial(take_back, shop.restore, url, auth, rng))
            elif shop.restore.pending:
                shop.restore.taking.trouble = "hq_refuses"  # nobody gave this machine a code yet
            if settings.hq is not None and shop.board is not None and auth is not None:
                longest_s = TRAINING_WAIT_S if settings.training else backoff.LONGEST_S
                tasks.start_soon(_uplink, settings.hq, auth, store, shop.board, clock, rng, longest_s)
                boards: list[tuple[UplinkBoard, KeptOutbox]] = [(shop.board, store)]
                takers = dict(shop.exchange.takers) if shop.exchange is not None else {}
                takers |= shop.stock.takers
                if visitors is not None:
                    board = UplinkBoard((VISITS,))
                    heard = _join_chain(settings, auth, visitors, feeds, rng, tasks)
                    tasks.start_soon(_uplink, settings.hq, auth, visitors.store, board, clock, rng, longest_s, heard)
                    takers |= forgotten_takers(visitors.consents, store)
                    boards.append((board, visitors.store))
                tasks.start_soon(_downlink, settings.hq, auth, store, takers, rng)
                if isinstance(auth, Signer) and settings.hq.keys is not None:
                    tasks.start_soon(_fresh_key, settings.hq.url, auth, settings.hq.keys)
                log = TelemetryLog(store.device, TELEMETRY, clock.now_ms)
                tasks.start_soon(_uplink, settings.hq, auth, log, UplinkBoard((TELEMETRY,)), clock, rng, longest_s)
                facts = partial(heartbeat, shop, boards)
                tasks.start_soon(keep_running, "heartbeat", partial(run_heartbeat, log, facts, rng))
                if feeds is not None:
                    shop.feeds = feeds.boards
                    tasks.start_soon(feeds.run, settings.hq.url, auth, rng)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            url = f"http://{host}:{bound.getsockname()[1]}"

            def started() -> None:
                spare_the_collector()
                say(f"ready {url}/till")
                notify("READY=1")

            tasks.start_soon(serve, app, bound, started)
            tasks.start_soon(keep_running, "watchdog", _watchdog)
            await until_signal()
            notify("STOPPING=1")
            tasks.cancel_scope.cancel()
    shelf.close()
    return 0


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


def whose_data(settings: Settings) -> tuple[str | None, int]:
    """The device and the epoch the data are opened for; None goes on with their owner. A machine whose key was lost, or
    that got another one's data, sells all the same, and nothing reaches HQ until somebody gives it a code."""
    return (settings.hq.device, settings.hq.epoch) if settings.hq is not None else (None, 1)


def as_owned(settings: Settings, owner: str) -> Settings:
    """Data of one of HQ's devices, and no key of it here: the key was lost, and screens are to say so. Where the
    settings name no HQ the word itself stands for its address."""
    if settings.hq is None and owner != LOCAL and not settings.not_enrolled_at:
        return replace(settings, not_enrolled_at=UNKNOWN_HQ)
    return settings


def spare_the_collector() -> None:
    """What start-up made lives as long as the agent, and a full collection need not walk through it.

    Measured while the shop works: such a walk holds the event loop for up to 180 ms, a polled device's whole period.
    """
    gc.collect()
    gc.freeze()


async def until_signal() -> None:
    """Returns at the first SIGINT or SIGTERM."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            return


async def _uplink(
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
    settings: Settings,
    auth: httpx.Auth,
    visitors: Visitors,
    feeds: HqFeeds | None,
    rng: random.Random,
    tasks: TaskGroup,
) -> Callable[[Welcome], None]:
    """What HQ's word of the chain's secret is given to."""
    secret = ChainSecret(keys_beside(settings.directory))
    chain = ChainCustomers(secret, feeds.told if feeds is not None else None)
    visitors.join_chain(chain, random.Random(rng.getrandbits(64)))
    url = settings.hq.url if settings.hq is not None else ""

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            chain.ask = CustomerAsking(client, url, auth).ask
            await anyio.sleep_forever()

    tasks.start_soon(ask)
    return lambda welcome: secret.heard(welcome.customer_key)


async def _downlink(
    hq: HqSettings, auth: httpx.Auth, store: Store, takers: Mapping[str, Take], rng: random.Random
) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        reader = FeedReader(client, hq.url, auth)

        async def run() -> None:
            await run_downlink(store, reader.fetch, takers, rng=rng)

        await keep_running("downlink", run)


async def _fresh_key(url: str, signer: Signer, keys: Path) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def run() -> None:
            await keep_young(client, signer, url, keys, draw=secrets.token_bytes)

        await keep_running("rotation of the key", run)


def notify(state: str) -> None:
    """Tell systemd (sd_notify: a datagram to NOTIFY_SOCKET); nothing where there is no systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect("\0" + address[1:] if address.startswith("@") else address)
        out.sendall(state.encode())


async def _watchdog() -> None:
    """Pets systemd's watchdog from the event loop itself: a loop that hangs is restarted."""
    period_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    if not period_us:
        return
    while True:
        notify("WATCHDOG=1")
        await anyio.sleep(period_us / 2_000_000)
