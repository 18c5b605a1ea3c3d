"""Inserted money in the agent: intents are durable before the device is told, credits before it is acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import apsw
import pytest
from anyio.lowlevel import checkpoint

from agent.cash.cash_slot import CashSlot, Slot
from agent.cash.unit_record import UnitRecord
from agent.devices.device_port import DevicePort
from drivers.cash_devices import contract as c
from drivers.catalogue import driver
from drivers.errors import Unanswered
from drivers.links.memory import pair
from drivers.wire.dialogue import Dialogue, Rest, Tell
from sync.store.store import Store, open_store
from tests.agent.small_shop import LoopClock

pytestmark = pytest.mark.anyio
RUB500 = c.Denomination(3, 50_000, "RUB")
UNIT = c.Unit("validator", "SN1", "a validator", (RUB500,), escrow=True, stacked=100)
Script = Callable[[Mapping[str, c.Remembered]], Dialogue[None]]


class Scripted:
    """A device that does what the test wrote down."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)

    def identify(self) -> Dialogue[tuple[c.Unit, ...]]:
        yield Rest(0.01)
        return (UNIT,)

    def attend(self, remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        return self._scripts.pop(0)(remembered)


@asynccontextmanager
async def wire() -> AsyncIterator[Any]:
    near, _far = pair("memory:cash")
    yield near
    near.cut()


@asynccontextmanager
async def attended(directory: Path, *scripts: Script, keeps: bool = True) -> AsyncIterator[tuple[CashSlot, Store]]:
    """A slot on a real store, with a purchase open; left when the last script has ended."""
    clock = LoopClock()
    # No thread: virtual time would run past the deadline while a commit waits for a slow disk.
    async with open_store(directory, device="agent", now_ms=clock.now_ms, inline=checkpoint) as store:
        port: DevicePort[Any] = DevicePort(
            "cash1", "cash1", driver("ccnet"), Scripted(*scripts), wire, clock, keep_open=False
        )
        record = partial(UnitRecord, "cash1", till="k1", store=store, changed=lambda: None)
        slot = CashSlot(port, "k1", record, lambda worth: keeps, lambda: None)  # type: ignore[arg-type]
        slot.order = "order-1"
        slot.remember(["validator"])
        with anyio.fail_after(20):
            await slot.attend()
        yield slot, store


def kinds(store: Store) -> list[str]:
    return [row.kind for row in store.journal_since(0, 1000)]


async def test_a_note_is_stacked_after_its_intent_and_acknowledged_after_its_credit(tmp_path: Path) -> None:
    """What the journal holds is read from the file itself, at the moment the device hears."""
    seen: list[tuple[str, list[str]]] = []

    def journal() -> list[str]:
        return [kind for (kind,) in apsw.Connection(str(tmp_path / "journal.db")).execute("SELECT kind FROM journal")]

    def script(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        assert remembered == {}
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        wish = yield Rest(1.0)
        seen.append((type(wish).__name__, journal()))
        yield Tell(c.Stacked("validator", 3, RUB500))
        seen.append(("acknowledge", journal()))

    async with attended(tmp_path, script) as (slot, _):
        assert seen == [
            ("Stack", ["cash.unit_found", "cash.piece_escrowed", "cash.stack_meant"]),
            ("acknowledge", ["cash.unit_found", "cash.piece_escrowed", "cash.stack_meant", "cash.piece_credited"]),
        ]
        assert slot.units["validator"].unit.inserted_for("order-1") == 50_000


async def test_a_note_nobody_wants_goes_back(tmp_path: Path) -> None:
    def script(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        assert (yield Rest(1.0)) == c.GiveBack("validator")
        yield Tell(c.Returned("validator", 3))
        yield Tell(c.Escrowed("validator", 9, None))
        assert (yield Rest(1.0)) == c.GiveBack("validator"), "a type without a value can only go back"
        yield Tell(c.Returned("validator", 9))

    async with attended(tmp_path, script, keeps=False) as (slot, store):
        assert kinds(store)[1:] == ["cash.piece_escrowed", "cash.piece_returned"] * 2
        assert slot.units["validator"].unit.counted_minor == 0


async def test_after_silence_it_asks_again_and_remembers(tmp_path: Path) -> None:
    """The wire broke after our intent; the next conversation is told what the journal knows, the count settles it."""

    def breaks(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        yield Rest(1.0)
        yield Tell(c.PayoutMeant("validator", "p1", 10_000, (7,)))
        raise Unanswered("silent")

    def recovers(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        known = remembered["validator"]
        assert (known.unit.serial, known.unit.takes) == ("SN1", (RUB500,))
        assert known.payout == c.PayoutMeant("validator", "p1", 10_000, (7,))
        yield Tell(c.PaidOut("validator", "p1", 10_000, 5_000, recovered=True, reason="ssp.pay_short"))
        yield Tell(c.Found(c.Unit("validator", "SN1", "a validator", (RUB500,), escrow=True, stacked=101)))

    async with attended(tmp_path, breaks, recovers) as (slot, _):
        unit = slot.units["validator"].unit
        assert unit.counted_minor == 50_000
        assert [(ended.paid_minor, ended.how) for ended in unit.paid] == [(5_000, "found")]
        assert slot.slots["validator"] is Slot.CLOSED


async def test_a_restart_reads_the_journal(tmp_path: Path) -> None:
    def first(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        yield Rest(1.0)
        yield Tell(c.Stacked("validator", 3, RUB500))

    def again(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        assert remembered["validator"].unit.serial == "SN1"
        yield Tell(c.Stacked("validator", 3, RUB500, recovered=True))
        yield Tell(c.Found(c.Unit("validator", "SN1", "a validator", (RUB500,), escrow=True, stacked=101)))

    async with attended(tmp_path, first):
        pass
    async with attended(tmp_path, again) as (slot, store):
        assert kinds(store)[-2:] == ["cash.piece_repeated", "cash.unit_found"]
        assert slot.units["validator"].unit.counted_minor == 50_000, "told twice, credited once"


@pytest.mark.parametrize("inside", [False, True], ids=["well", "stuck inside"])
async def test_closed_says_that_nothing_is_on_its_way(tmp_path: Path, inside: bool) -> None:
    """A note whose end the device never told is listed when the slot is shut; one that is stuck has no end yet."""

    def script(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        yield Rest(1.0)
        if inside:
            yield Tell(c.Trouble("validator", "ccnet.stuck", inside=True))
        yield Tell(c.Closed("validator"))

    async with attended(tmp_path, script) as (slot, _):
        unit = slot.units["validator"].unit
        assert [doubt.reason for doubt in unit.doubts] == ([] if inside else ["overtaken"])
        assert (unit.on_its_way is not None) == inside
        assert slot.slots["validator"] is (Slot.TROUBLE if inside else Slot.CLOSED)


@pytest.mark.parametrize("well", [False, True])
async def test_a_trouble_is_seen_until_the_device_is_well(tmp_path: Path, well: bool) -> None:
    """The shopper leaves and the slot is shut: staff must still see what is wrong, or nobody ever resets the device."""

    def script(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Trouble("validator", "ccnet.stacking_long", inside=True))
        yield Tell(c.Closed("validator"))
        if well:
            yield Tell(c.Well("validator"))
            yield Tell(c.Closed("validator"))

    async with attended(tmp_path, script) as (slot, _):
        assert slot.slots["validator"] is (Slot.CLOSED if well else Slot.TROUBLE)


async def test_the_count_before_it_opens_again_is_proof(tmp_path: Path) -> None:
    def script(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        yield Rest(1.0)
        yield Tell(c.Counted("validator", 101))

    async with attended(tmp_path, script) as (slot, store):
        assert kinds(store)[-2:] == ["cash.piece_credited", "cash.unit_counted"]
        assert slot.units["validator"].unit.inserted_for("order-1") == 50_000


@pytest.mark.parametrize(
    "why", [c.CassetteOut("validator"), c.Trouble("validator", "ccnet.stuck", inside=True)], ids=["cassette", "trouble"]
)
async def test_shut_twice_while_a_note_is_stuck(tmp_path: Path, why: object) -> None:
    """The note in the stacker is not given up for lost: it counts when the device tells of it."""

    def script(remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        yield Tell(c.Found(UNIT))
        yield Tell(c.Escrowed("validator", 3, RUB500))
        yield Rest(1.0)
        yield Tell(why)
        yield Tell(c.Closed("validator"))
        yield Tell(c.Closed("validator"))
        yield Tell(c.Stacked("validator", 3, RUB500, recovered=True))
        yield Tell(c.Found(c.Unit("validator", "SN1", "a validator", (RUB500,), escrow=True, stacked=101)))

    async with attended(tmp_path, script) as (slot, _):
        unit = slot.units["validator"].unit
        assert (unit.doubts, unit.inserted_for("order-1")) == ((), 50_000)
