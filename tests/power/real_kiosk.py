"""A real kiosk on this machine: agent and simulated boxes are processes, and the agent dies by SIGKILL.

register   TCP                 note validator   CCNET on a pty named `serial:PATH?baud=9600`
terminal   ZVT on TCP          coins, hopper    ccTalk on a pty named `pty:PATH`
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from argon2 import PasswordHasher

from agent.demo.free_ports import free_ports
from tests.power.real_shop import PIN, RealShop, Wanted, furnish, simulator

KIOSK = "k1"
NOTES, COINS, REGISTER, TERMINAL = "cash1", "coins1", "kkt1", "card1"
COINS_INSIDE = 200
HOPPER = "{coin_unit_minor = 100, hopper_address = 3, hopper_coin_minor = 1000}"
DEVICES = (
    Wanted(REGISTER, "shtrih_m", "tcp", "{send_sale_key = true}", instant=False),
    Wanted(TERMINAL, "zvt", "tcp", "{currency = 643}"),
    Wanted(NOTES, "ccnet", "serial:{path}?baud=9600", instant=False),
    Wanted(COINS, "cctalk", "pty:{path}", HOPPER, instant=False),
)
OPENS_WITHIN_S = 60.0
OUT = ("returned", "rejected")
PUSHES, PUSH_S = 20, 0.5
"""A slot opens within a second or two; on a loaded box later."""


class RealKiosk(RealShop):
    """Made by `real_kiosk`."""

    SELLS = "kiosks"

    async def until(self, wanted: Any, within_s: float = OPENS_WITHIN_S) -> dict[str, Any]:
        """The first view that `wanted` likes. Raises AssertionError with the screen when none comes."""
        view: dict[str, Any] = {}
        with anyio.move_on_after(within_s):
            while True:
                view = await self.view(KIOSK)
                if wanted(view):
                    return view
                await anyio.sleep(0.05)
        raise AssertionError(
            {name: view.get(name) for name in ("screen", "trouble", "said", "cash", "change", "tenders")}
        )

    async def brief(self, till: str) -> str:
        view = await self.view(till)
        return str({name: view[name] for name in ("screen", "trouble", "said", "cash")})

    async def insert(self, piece: str) -> None:
        """One piece, seen on the counter or past it; what a slot does not take, or gives back because it was just about
        to open, is put in again."""
        device = COINS if "coin" in piece else NOTES
        for _ in range(PUSHES):
            view = await self.until(lambda view: view["screen"] != "cash" or view["cash"]["takes_minor"])
            if view["screen"] != "cash":
                return
            counted, out = view["cash"]["inserted_minor"], self._count(device, *OUT)
            if await self._push_in(device, piece):
                view = await self.until(
                    lambda view, counted=counted, out=out: (
                        view["screen"] != "cash"
                        or view["cash"]["inserted_minor"] > counted
                        or self._count(device, *OUT) > out
                    )
                )
                if view["screen"] != "cash" or view["cash"]["inserted_minor"] > counted:
                    return
        raise AssertionError(f"{piece} does not get in: {await self.brief(KIOSK)}")

    async def _push_in(self, device: str, piece: str) -> bool:
        entered = self._count(device, "entered")
        await self.sims[device].order(f"insert {piece}")
        with anyio.move_on_after(PUSH_S):
            while True:
                if self._count(device, "entered") > entered:
                    return True
                await anyio.sleep(0.02)
        return False

    def _count(self, device: str, *events: str) -> int:
        return sum(record["event"] in events for record in self.sims[device].ledger.records)


@asynccontextmanager
async def real_kiosk(place: Path, seed: int) -> AsyncIterator[RealKiosk]:
    """Boxes, register and agent run, and cash may be paid. Everything is ended by its own process id."""
    furnish(place)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client, anyio.create_task_group() as tasks:
        shop = RealKiosk(place, client, tasks)
        try:
            wires = {}
            for number, device in enumerate(DEVICES):
                shop.sims[device.id] = sim = await simulator(place, device, seed * 100 + number)
                path = sim.address.removeprefix("pty:")
                wires[device.id] = sim.address if device.scheme == "tcp" else device.scheme.format(path=path)
            await shop.sims[COINS].order(f"fill 10 {COINS_INSIDE}")
            (place / "shop.toml").write_text(_config(place, free_ports([0])[0], wires), encoding="utf-8")
            await shop.start()
            await shop.until(cash_works)
            yield shop
        finally:
            with anyio.CancelScope(shield=True):
                await shop.end()
            tasks.cancel_scope.cancel()


def cash_works(view: dict[str, Any]) -> bool:
    return any(tender["means"] == "cash" and tender["available"] for tender in view["tenders"])


def _config(place: Path, port: int, wires: dict[str, str]) -> str:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
    parts = [
        f'[shop]\nname = "Real"\ndirectory = "{place / "data"}"\ntraining = true',
        f"[agent]\nport = {port}\nwatch_ms = 2000",
        '[hq]\nurl = "http://127.0.0.1:9"\ndevice = "shop"\nkey_file = "hq.key"',  # nobody is there
        f'[[cashiers]]\nid = "sue"\nname = "Sue"\npin_hash = "{quick}"\nsupervisor = true',
        # An agent has a till; this one's register is not there, and nobody sells at it.
        '[[tills]]\nid = "1"\nname = "Till 1"\nregister = "kkt2"',
        '[[devices]]\nid = "kkt2"\ndriver = "shtrih_m"\naddress = "tcp://127.0.0.1:9"',
        f'[[kiosks]]\nid = "{KIOSK}"\nname = "Kiosk"\nregister = "{REGISTER}"\nterminals = ["{TERMINAL}"]\n'
        f'cash = ["{NOTES}", "{COINS}"]\nmachine = "K-0001"',
    ]
    for device in DEVICES:
        parts.append(f'[[devices]]\nid = "{device.id}"\ndriver = "{device.kind}"\naddress = "{wires[device.id]}"')
        if device.settings:
            parts[-1] += f"\nsettings = {device.settings}"
    return "\n\n".join(parts) + "\n"
