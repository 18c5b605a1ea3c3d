"""The agent as a process: store, tills, screens and the way to HQ, from start to a clean end."""

from __future__ import annotations

import gc
import os
import random
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import anyio
from fastapi import FastAPI

from agent.claims.claim_key import claim_key, keys_beside
from agent.clock import SystemClock
from agent.hq_feeds import opened_feeds
from agent.hq_identity import who_we_are
from agent.hq_told import UNKNOWN_HQ
from agent.hq_ways import start_hq_ways
from agent.listening import bind, serve
from agent.local_api.app import create_app
from agent.restore_wired import take_back
from agent.settings import Settings
from agent.supervisor import keep_running
from agent.till.people import fits_on_a_thread
from agent.told_offers import ToldOffers
from agent.told_stock import ToldStock
from agent.visitors_opened import opened_visitors
from agent.wiring import add_visitors, build_shop, run_tills
from sync.store.catalogue import Shelf
from sync.store.store import LOCAL, open_store


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
            if feeds is not None and feeds.told is not None:
                shop.stock.screens.elsewhere = ToldStock(feeds.told, clock.now_ms)
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
            if hq is not None and auth is not None:
                start_hq_ways(hq, auth, shop, visitors, feeds, clock, rng, tasks)
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
