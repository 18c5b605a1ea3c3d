"""A later count at the till: an emptied box is looked at, its count compared, signed for by a supervisor, once."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agent.box_view import EncashmentScreen
from agent.cash.cash_slot import CashSlot
from agent.cash.unit_record import UnitRecord
from agent.devices.device_port import DevicePort, Health
from agent.settings import TillConfig
from agent.view import Command, Note
from agent.wiring import build_shop
from drivers.cash_devices import contract as c
from drivers.catalogue import driver
from sync.store.store import open_store
from tests.agent import encash_room
from tests.agent.encash_room import RUB500, VALIDATOR, Puppet, Room, _wire
from tests.agent.kiosk_shop import _plain_pin, kiosk_settings
from tests.agent.small_shop import BEAR, CASHIER, SUPERVISOR, Goods, LoopClock, SmallShop, small_shop

pytestmark = pytest.mark.anyio
BOX: dict[str, Any] = {"kiosk": "k1", "device": "cash1", "unit": "validator", "period": 1}
ANN, SUE = ({"person": name, "pin": pin} for name, pin in (CASHIER, SUPERVISOR))


@asynccontextmanager
async def a_shop_with_a_box(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SmallShop, Room]]:
    """A till with an open shift, and a kiosk of the same store whose validator was emptied: one note, one in doubt."""
    monkeypatch.setattr(encash_room, "PERSON", "sue")
    async with small_shop(directory) as shop:
        puppet = Puppet()
        port: DevicePort[Any] = DevicePort(
            "cash1", "cash1", driver("ccnet"), puppet, _wire, LoopClock(), keep_open=False
        )
        record = partial(UnitRecord, "cash1", till="k1", store=shop.store, changed=lambda: None)
        slot = CashSlot(port, "k1", record, lambda worth: True, lambda: None)
        slot.remember(["validator", "hopper"])
        room = Room(shop.store, slot, puppet)
        shop.till().encashments.add("k1", "Киоск у входа", room.desk.book, shop.till().changed_if_shown)
        async with anyio.create_task_group() as life:
            life.start_soon(slot.attend)
            await room.tell()
            await shop.open_shift()
            yield shop, room
            slot.leave()


async def emptied(room: Room) -> None:
    await room.note()
    room.slot.order = "order-2"
    await room.tell(c.Escrowed("validator", 3, RUB500), c.Found(VALIDATOR))
    await room.emptied()


def screen_of(shop: SmallShop) -> EncashmentScreen:
    view = shop.view()
    assert view.screen == "encashment"
    assert view.encashment is not None
    return view.encashment


def printed(shop: SmallShop) -> list[str]:
    return [line for record in shop.device("kkt1").events("printed") for line in record["lines"]]


async def refused(shop: SmallShop, what: str, **args: Any) -> str:
    note = await shop.do(what, **args)
    assert note is not None
    return note.code


async def test_a_count_is_compared_signed_printed_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_shop_with_a_box(tmp_path, monkeypatch) as (shop, room):
        await emptied(room)
        assert shop.view().encashments
        await shop.done("encashment")
        shown = screen_of(shop)
        assert (shown.box, shown.waiting) == (None, 1)
        assert [(box.place, box.number, box.by, box.total_minor, box.doubts) for box in shown.boxes] == [
            ("Киоск у входа", "1", "Sue", 50_000, 1)
        ]
        await shop.done("encashment", **BOX)
        assert [(one.value_minor, one.expected, one.counted) for one in screen_of(shop).pieces] == [
            (50_000, 1, -1),
            (10_000, 0, -1),
        ]
        rows = len(shop.store.journal_since(0, 10_000))
        await shop.done("encashment_count", counts=[[50_000, 2], [10_000, 1]])
        shown = screen_of(shop)
        assert shown.box is not None
        assert (shown.typed, shown.box.counted_minor, shown.box.difference_minor) == (True, 110_000, 10_000)
        assert len(shop.store.journal_since(0, 10_000)) == rows, "compared, and nothing is written"
        assert await refused(shop, "encashment_sign", **ANN) == "no_privilege"
        assert await refused(shop, "encashment_sign", person="sue", pin="0000") == "wrong_pin"
        await shop.done("encashment_sign", **SUE)
        shown = screen_of(shop)
        assert shown.box is not None
        assert (shown.typed, shown.box.counted_by, shown.box.difference_minor) == (False, "Sue", 10_000)
        assert shown.box.counted_ms
        assert [(one.expected, one.counted) for one in shown.pieces] == [(1, 2), (0, 1)]
        assert room.kinds(1)[-3:] == ["piece_resolved", "centre_counted", "document_printed"]
        told = room.told_hq()[-1]
        assert (told.state, told.centre, told.centre_by, told.difference) == ("counted", 110_000, "sue", 10_000)
        paper = printed(shop)
        assert any("ИЗЛИШЕК" in line and "100.00" in line for line in paper)
        assert "Пересчёт внёс: Sue" in paper
        await shop.done("encashment_leave")
        assert shop.view().screen == "selling"


async def test_nothing_is_counted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same id does nothing more, not even after a restart; a second count is refused, from another screen too."""
    async with a_shop_with_a_box(tmp_path, monkeypatch) as (shop, room):
        await emptied(room)
        await shop.done("encashment", **BOX)
        await shop.done("encashment_count", counts=[], sum_minor=50_000)
        sign = Command("sign-once-00000001", shop.till().revision, "encashment_sign", dict(SUE))
        assert await shop.commands().carry_out(sign) is None
        assert await shop.commands().carry_out(sign) is None
        assert shop.store.command(sign.id) is not None
        assert room.kinds(1).count("centre_counted") == 1
        assert await refused(shop, "encashment_count", sum_minor=1) == "encash_counted_already"
        assert await refused(shop, "encashment_sign", **SUE) == "case_moved"
        stale = Command("sign-late-00000001", shop.till().revision - 1, "encashment_sign", dict(SUE))
        assert await shop.commands().carry_out(stale) == Note("stale_revision")
        assert [told.state for told in room.told_hq()] == ["closed", "counted"]


async def test_counted_elsewhere_while_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_shop_with_a_box(tmp_path, monkeypatch) as (shop, room):
        await emptied(room)
        await shop.done("encashment", **BOX)
        await shop.done("encashment_count", sum_minor=50_000)
        await room.desk.book.counted("cash1", "validator", 1, "sue", total_minor=60_000)
        shown = screen_of(shop)
        assert shown.box is not None
        assert (shown.typed, shown.box.counted_minor) == (False, 60_000)
        assert await refused(shop, "encashment_sign", **SUE) == "encash_counted_already"


async def test_a_scan_drops_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a box that is being counted goods are refused; over the list they begin the next sale."""
    async with a_shop_with_a_box(tmp_path, monkeypatch) as (shop, room):
        await emptied(room)
        await shop.done("encashment", **BOX)
        assert await refused(shop, "scan", code=BEAR) == "encash_no_scan"
        assert screen_of(shop).box is not None
        await shop.done("encashment")
        await shop.scan(BEAR)
        assert shop.view().screen == "selling"


async def test_paper_trouble_loses_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_shop_with_a_box(tmp_path, monkeypatch) as (shop, room):
        await emptied(room)
        await shop.done("encashment", **BOX)
        await shop.done("encashment_count", sum_minor=50_000)
        shop.unplug("kkt1")
        view = await shop.done("encashment_sign", **SUE)
        assert view.said is not None
        assert view.said.code == "encash_not_printed"
        assert room.kinds(1)[-1] == "centre_counted"
        shop.plug("kkt1")
        view = await shop.done("encashment_print")
        assert view.said is None
        assert any("СОШЛОСЬ" in line or "ИЗЛИШЕК" in line or "НЕДОСТАЧА" in line for line in printed(shop))


async def test_odd_words_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_shop_with_a_box(tmp_path, monkeypatch) as (shop, room):
        await shop.done("encashment")
        assert (screen_of(shop).boxes, screen_of(shop).waiting) == ([], 0)
        assert await refused(shop, "encashment", **BOX) == "encash_no_document"
        assert await refused(shop, "encashment", **(BOX | {"kiosk": "k9"})) == "encash_no_document"
        assert await refused(shop, "encashment_count", sum_minor=1) == "case_moved"
        await emptied(room)
        await shop.done("encashment", **BOX)
        for odd in ([[1]], [["a", 1]], "x", [[1, -1]], [[50_000, True]]):
            assert await refused(shop, "encashment_count", counts=odd) == "malformed"
        assert await refused(shop, "encashment_count", counts=[[50_000, 1], [50_000, 1]]) == "encash_counts_odd"
        assert await refused(shop, "encashment_count") == "malformed"


async def test_each_till_beside_a_kiosk_finds_its_boxes(tmp_path: Path) -> None:
    """And the kiosk says where the till is."""
    clock = LoopClock()
    till = TillConfig("1", "Till 1", "kkt1", (), "", "goods", where="right of the entrance")
    told = replace(kiosk_settings(tmp_path), tills=(till,))
    async with open_store(tmp_path, device="s", now_ms=clock.now_ms, inline=anyio.lowlevel.checkpoint) as store:
        shop = build_shop(told, store, Goods, clock, random.Random(1), _plain_pin)  # type: ignore[arg-type]
        assert shop.tills["1"].encashments.kept
        assert shop.tills["1"].encashments.name("k1") == "Kiosk 1"
        assert not shop.kiosks["k1"].till.encashments.kept
        shop.tills["1"].devices.register.port.health = Health("ok", 0)
        place = {"till": "Till 1", "where": "right of the entrance"}
        assert shop.kiosk_builders["k1"].view().elsewhere == Note("kiosk_elsewhere", place)
