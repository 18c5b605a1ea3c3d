"""The agent as it runs in a shop, with a bill validator beside its till: notes when each poll left for the device.

    python -m tests.bench.polled_shop --config FILE --validator tcp://HOST:PORT --beats FILE [--fsync-s S]

It says `ready URL` once the validator takes notes, and works until SIGTERM. At the first SIGUSR1 the way to HQ opens
and the beats are counted, at the second they are written as JSON: pairs of the moment a poll left
and the moment of what went over the wire before it, in seconds of this process's clock. With `--fsync-s` each sync of
the store takes so much longer.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx

from agent.cash.cash_slot import CashSlot, Slot
from agent.cash.unit_record import UnitRecord
from agent.clock import SystemClock
from agent.daemon import spare_the_collector, until_signal
from agent.devices.device_port import DevicePort
from agent.listening import bind, serve
from agent.local_api.app import create_app
from agent.settings import Settings
from agent.settings_file import read_settings
from agent.till.people import fits_on_a_thread
from agent.wiring import build_shop, run_tills
from drivers.catalogue import driver
from drivers.links.address import parse_address
from drivers.links.link import Link, OpenLink
from sync.courier import Courier
from sync.store.catalogue import Shelf
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from tests.bench.bench_slow_disk import slow_disk

POLL = bytes([0x02, 0x03, 0x06, 0x33])
"""How a CCNET poll begins: sync, address, length, command."""
UNIT = "validator"
FOUND_WITHIN_S = 30.0

Beats = list[tuple[float, float]]


class TimedLink:
    """A link that notes when each poll is handed to it, and when it was last used before."""

    def __init__(self, link: Link, beats: Beats) -> None:
        self._link, self._beats = link, beats
        self._used_s = time.perf_counter()

    @property
    def address(self) -> str:
        return self._link.address

    async def send(self, data: bytes) -> None:
        if data.startswith(POLL):
            self._beats.append((time.perf_counter(), self._used_s))
        await self._link.send(data)
        self._used_s = time.perf_counter()

    async def receive(self) -> bytes:
        data = await self._link.receive()
        self._used_s = time.perf_counter()
        return data

    def take_back(self, data: bytes) -> None:
        self._link.take_back(data)


@asynccontextmanager
async def _timed(open_link: OpenLink, beats: Beats) -> AsyncIterator[Link]:
    async with open_link() as link:
        yield TimedLink(link, beats)


async def _run(settings: Settings, validator: str, written: Path) -> None:
    """As agent/daemon.py, and one cash slot more."""
    bound = bind(settings.host, settings.port)
    clock, rng, shelf = SystemClock(settings.zone), random.Random(1), Shelf(settings.directory)
    hq = settings.hq
    assert hq is not None
    beats: Beats = []
    async with open_store(settings.directory, device=hq.device, now_ms=clock.now_ms) as store:
        shop = build_shop(settings, store, shelf.catalogue, clock, rng, fits_on_a_thread)
        assert shop.board is not None
        slot = _slot(store, clock, partial(_timed, parse_address(validator), beats))
        async with httpx.AsyncClient(trust_env=False) as client, anyio.create_task_group() as tasks:
            post = Courier(client, hq.url, hq.key).post
            uplink = partial(run_uplink, store, post, shop.board, now_ms=clock.now_ms, rng=rng)
            tasks.start_soon(run_tills, shop)
            tasks.start_soon(slot.attend)
            listening = anyio.Event()
            tasks.start_soon(serve, create_app(shop), bound, listening.set)
            await listening.wait()
            with anyio.fail_after(FOUND_WITHIN_S):
                await _takes_notes(slot)
            spare_the_collector()
            tasks.start_soon(_counted, beats, partial(tasks.start_soon, uplink), written)
            print(f"ready http://{settings.host}:{bound.getsockname()[1]}/till", flush=True)
            await until_signal()
            tasks.cancel_scope.cancel()
    shelf.close()


async def _counted(beats: Beats, begin: Callable[[], None], written: Path) -> None:
    with anyio.open_signal_receiver(signal.SIGUSR1) as told:
        await anext(told)
        beats.clear()
        begin()
        await anext(told)
        await anyio.Path(written).write_text(json.dumps(beats), encoding="utf-8")


def _slot(store: Store, clock: SystemClock, open_link: OpenLink) -> CashSlot:
    about = driver("ccnet")
    port: DevicePort[Any] = DevicePort("cash", "cash", about, about.make({}), open_link, clock, keep_open=True)
    record = partial(UnitRecord, "cash", till="k1", store=store, changed=lambda: None)
    return CashSlot(port, "k1", record, lambda worth: True, lambda: None)  # type: ignore[arg-type]


async def _takes_notes(slot: CashSlot) -> None:
    """A purchase is open and the validator waits for notes: it is polled each 200 ms from now on."""
    while slot.slots.get(UNIT) is not Slot.CLOSED:  # noqa: ASYNC110 - a state of the slot, not an event
        await anyio.sleep(0.05)
    found = slot.units[UNIT].unit.found_as
    assert found is not None
    slot.open("bench", {UNIT: frozenset(kind.type for kind in found.takes)})
    while slot.slots[UNIT] is not Slot.OPEN:  # noqa: ASYNC110
        await anyio.sleep(0.05)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--config", type=Path, required=True)
    options.add_argument("--validator", required=True)
    options.add_argument("--beats", type=Path, required=True)
    options.add_argument("--fsync-s", type=float, default=0.0)
    told = options.parse_args()
    with ExitStack() as disk:
        if told.fsync_s:
            disk.enter_context(slow_disk(told.fsync_s))
        # The backend and the loop of the agent itself (agent/cli.py).
        anyio.run(_run, read_settings(told.config), told.validator, told.beats, backend_options={"use_uvloop": False})


if __name__ == "__main__":
    main()
