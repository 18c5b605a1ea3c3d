"""The console shows faults as armed until they have struck for the last time, and no longer."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from drivers.simulators.catalogue import names, simulator_class
from drivers.simulators.console import Console
from drivers.simulators.feed import HeardLedger
from drivers.simulators.outlets import LINK_FAULTS, Plug
from drivers.simulators.shtrih_m.faults import Traps
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 3, 2, 12, 0, 0, tzinfo=dt.UTC)
pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]


def standing(name: str) -> tuple[Console, Faults]:
    made: Any = simulator_class(name)
    known = {**LINK_FAULTS, **made.FAULTS}
    faults = Faults(known)
    ledger = HeardLedger(ListLedger(lambda: NOON), lambda: NOON)
    device = made(
        ledger=ledger, memory=KeptMemory(), rng=seeded(1, name), now=lambda: NOON, faults=faults, instant=True
    )
    return Console(device, known, faults, Plug(), ledger), faults


async def shown(console: Console) -> list[str]:
    armed: list[str] = json.loads(await console.carry_out("state"))["faults"]
    return armed


@pytest.mark.parametrize("device", names())
async def test_what_has_struck_is_armed_no_more(device: str) -> None:
    console, faults = standing(device)
    name = (await console.carry_out("faults")).partition(":")[0]
    assert await shown(console) == []
    await console.carry_out(f"fault {name}@2x2")
    assert await shown(console) == [name]
    assert [faults.strikes(name) for _ in range(2)] == [False, True]
    assert await shown(console) == [name], "once more"
    assert faults.strikes(name)
    assert await shown(console) == []
    assert not faults.strikes(name)
    await console.carry_out(f"fault {name}=7")
    assert await shown(console) == [f"{name}=7"]
    await console.carry_out("clear faults")
    assert await shown(console) == []


async def test_clearing_takes_a_fault_that_waits_for_its_command_too() -> None:
    """A register's fault may wait for one command: it is armed until that command comes, or until all are cleared."""
    console, faults = standing("shtrih_m")
    traps = Traps(faults)
    await console.carry_out("fault refuses=FF45:33")
    assert traps.sprung("refuses", "10") is None
    assert traps.armed() == ["refuses=FF45"]
    await console.carry_out("clear faults")
    assert traps.armed() == []
    assert traps.sprung("refuses", "FF45") is None
    await console.carry_out("fault refuses=FF46:33")
    assert traps.sprung("refuses", "FF46") == "33"
    assert traps.armed() == []
