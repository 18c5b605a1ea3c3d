"""Opening and closing the shift, X, cash in and out: intent first, and a lost answer is read off the counters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from agent.view import Note
from tests.agent.small_shop import BEAR, CLAY, SUPERVISOR, SmallShop, make_world, small_shop

pytestmark = pytest.mark.anyio
virtual = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)

EXECUTED = "drop_after_ack"
NOT_EXECUTED = "power_cycle_after_ack"
ACTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "open": ("open_shift", {"float_minor": 0}, "E0h"),
    "close": ("close_shift", {}, "41h"),
    "cash in": ("cash_in", {"sum_minor": 10_000}, "50h"),
    "cash out": ("cash_out", {"sum_minor": 10_000, "reason": "bank"}, "51h"),
}
LEDGER = {"open": "shift_opened", "close": "shift_closed", "cash in": "cash_in", "cash out": "cash_out"}


def happened(shop: SmallShop, act: str) -> int:
    return len(shop.device("kkt1").events(LEDGER[act]))


def rows(shop: SmallShop) -> list[str]:
    return [row.kind for row in shop.store.journal_since(0, 10_000) if row.kind.startswith("shift.")]


def facts(shop: SmallShop, kind: str) -> list[dict[str, object]]:
    items = shop.store.outbox_read("sales", 0, 1000)
    return [msgspec.json.decode(item.body) for item in items if item.kind == kind]


async def prepare(shop: SmallShop, act: str) -> None:
    await shop.done("sign_in", cashier=SUPERVISOR[0], pin=SUPERVISOR[1])
    if act != "open":
        await shop.done("open_shift", float_minor=50_000)


@virtual
@pytest.mark.parametrize("act", list(ACTS))
async def test_an_act_whose_answer_was_lost_is_done_once(tmp_path: Path, act: str) -> None:
    """Law 2: the register did it and the wire broke; the counters tell, nothing is asked for again."""
    do, args, command = ACTS[act]
    async with small_shop(tmp_path, watch_s=5) as shop:
        await prepare(shop, act)
        before = happened(shop, act)
        shop.fault("kkt1", f"{EXECUTED}={command}")
        note = await shop.do(do, **args)
        assert note is None or note.code == "shift_unknown"
        await shop.until(lambda view: not view.shift.exceptions, within_s=120)
        assert happened(shop, act) == before + 1
        assert rows(shop).count("shift.meant") == rows(shop).count("shift.opened") + rows(shop).count(
            "shift.closed"
        ) + rows(shop).count("shift.moved")
        assert shop.view().shift.open is (act != "close")


@virtual
@pytest.mark.parametrize("act", list(ACTS))
async def test_an_act_that_never_happened_is_refused_and_may_be_asked_for_again(tmp_path: Path, act: str) -> None:
    """The register lost its power before it acted: a proof that nothing was done, so a person may ask once more."""
    do, args, command = ACTS[act]
    async with small_shop(tmp_path, watch_s=5) as shop:
        await prepare(shop, act)
        before = happened(shop, act)
        shop.fault("kkt1", f"{NOT_EXECUTED}={command}")
        await shop.do(do, **args)
        await shop.until(lambda view: not view.shift.exceptions, within_s=120)
        assert happened(shop, act) == before
        assert rows(shop)[-1] == "shift.refused"
        await shop.done(do, **args)
        assert happened(shop, act) == before + 1


@virtual
@pytest.mark.parametrize("act", list(ACTS))
async def test_a_restart_settles_what_stood(tmp_path: Path, act: str) -> None:
    """The agent dies while the register is away with the answer; its successor asks the counters, not for the act."""
    do, args, _ = ACTS[act]
    world = make_world()
    async with small_shop(tmp_path, world=world, watch_s=5) as shop:
        await prepare(shop, act)
        before = happened(shop, act)
        shop.device("kkt1").unplug_when(LEDGER[act])
        note = await shop.do(do, **args)
        assert note is not None
        assert note.code == "shift_unknown"
        assert shop.view().shift.exceptions == [Note("shift_unknown")]
        await shop.done("call_supervisor")
    shop.plug("kkt1")
    async with small_shop(tmp_path, world=world, watch_s=5) as shop:
        await shop.until(lambda view: not view.shift.exceptions, within_s=60)
        assert happened(shop, act) == before + 1
        assert shop.view().shift.open is (act != "close")


@virtual
async def test_a_close_asked_for_again_is_told_once(tmp_path: Path) -> None:
    """Z was made and its answer lost; the second wish settles the first, and there is nothing left to close."""
    async with small_shop(tmp_path, watch_s=600) as shop:
        await prepare(shop, "close")
        shop.device("kkt1").unplug_when("shift_closed")
        note = await shop.do("close_shift")
        assert note is not None
        assert note.code == "shift_unknown"
        shop.plug("kkt1")
        await shop.do("close_shift")
        await shop.until(lambda view: not view.shift.exceptions, within_s=1200)
        assert happened(shop, "close") == rows(shop).count("shift.closed") == 1
        assert [fact["event"] for fact in facts(shop, "shift")] == ["opened", "closed"]


@virtual
@pytest.mark.parametrize("act", ["cash in", "cash out"])
async def test_cash_asked_for_again_is_not_moved_twice(tmp_path: Path, act: str) -> None:
    """The drawer moved and the answer was lost; who presses the key again gets to see it, not a second move."""
    do, args, _ = ACTS[act]
    async with small_shop(tmp_path, watch_s=600) as shop:
        await prepare(shop, act)
        before = happened(shop, act)
        shop.device("kkt1").unplug_when(LEDGER[act])
        for _ in range(2):
            note = await shop.do(do, **args)
            assert note == Note("shift_unknown")
            shop.plug("kkt1")
        assert happened(shop, act) == before + 1
        assert not shop.view().shift.exceptions
        await shop.done(do, **args)
        assert happened(shop, act) == before + 2


@virtual
async def test_while_an_act_stands_no_money_is_taken(tmp_path: Path) -> None:
    """Nobody knows whether the shift is closed: no sale is paid before the register said so."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        shop.device("kkt1").unplug_when("cash_in")
        await shop.do("cash_in", sum_minor=100)
        for means in ("cash", "card"):
            note = await shop.do("pay", means=means)
            assert note is not None
            assert note.code == "shift_unknown"


@virtual
async def test_a_business_day_is_the_day_the_shift_was_opened(tmp_path: Path) -> None:
    """A shift that goes on after midnight is one day: its sales, cash and Z are told under the day of its opening."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        day = shop.till().clock.local().date()
        await shop.sold(CLAY, means="cash")
        await anyio.sleep(20 * 3600)
        assert shop.till().clock.local().date() > day
        await shop.sold(CLAY, means="cash")
        await shop.done("close_shift")
        told = {fact["day"] for kind in ("sale", "shift", "cash") for fact in facts(shop, kind)}
        assert told == {day.isoformat()}
        assert [fact["shift"] for fact in facts(shop, "sale")] == [facts(shop, "shift")[0]["number"]] * 2


async def test_a_day_is_told_to_hq(tmp_path: Path) -> None:
    """Opening, float, X, cash out and Z: each is one fact; the register's drawer is what the facts add up to."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(CLAY, means="cash")
        await shop.done("x_report")
        await shop.done("cash_out", sum_minor=500_000, reason="bank")
        await shop.done("close_shift")
        assert [fact["event"] for fact in facts(shop, "shift")] == ["opened", "x", "closed"]
        assert [(fact["event"], fact["sum"]) for fact in facts(shop, "cash")] == [("in", 500_000), ("out", 500_000)]
        assert facts(shop, "shift")[-1]["cash"] == 21_990
        closed = facts(shop, "shift")[-1]
        assert (closed["counted"], closed["sales"], closed.get("refunds", 0), closed["sum"]) == (True, 1, 0, 21_990)
        assert not shop.view().shift.open
        for do, args in (("scan", {"code": BEAR}), ("pay", {"means": "cash"}), ("new_sale", {})):
            note = await shop.do(do, **args)
            assert note is not None
            assert note.code == "shift_closed"


async def test_refusals_of_the_drawer(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        for do, args, code in (
            ("cash_out", {"sum_minor": 500_001, "reason": ""}, "no_cash_in_drawer"),
            ("cash_in", {"sum_minor": 0}, "malformed"),
            ("cash_in", {"sum_minor": -5}, "malformed"),
            ("cash_in", {"sum_minor": 1.5}, "malformed"),
            ("cash_in", {}, "malformed"),
        ):
            note = await shop.do(do, **args)
            assert note is not None
            assert note.code == code
        await shop.order("kkt1", "paper out")
        note = await shop.do("cash_in", sum_minor=100)
        assert note is not None
        assert note.code == "paper_out"


async def test_a_shift_the_register_has_open_is_taken_over(tmp_path: Path) -> None:
    """The journal is new, the register's shift is not: it becomes ours without a second opening."""
    world = make_world()
    async with small_shop(tmp_path / "old", world=world) as shop:
        await shop.open_shift()
    async with small_shop(tmp_path / "new", world=world) as shop:
        assert not shop.view().shift.open
        await shop.open_shift()
        assert happened(shop, "open") == 1
        assert shop.view().shift.open


async def test_another_register_stops_the_till(tmp_path: Path) -> None:
    """The fiscal memory was changed while we were away: a plain screen with both numbers, and nothing is sold."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        shop.fault("kkt1", "fn_swapped")
        await shop.till().devices.register.port.hang_up()
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.screen == "stopped")
        assert view.stop is not None
        assert view.stop.code == "other_register"
        assert view.stop.params["expected"] != view.stop.params["found"]
        assert shop.device("card1").events("charged") == []
        note = await shop.do("close_shift")
        assert note is not None


async def test_two_who_open_at_once_open_once(tmp_path: Path) -> None:
    """A kiosk's loop and its shopper: the second reads "closed" before the first one's act and comes after it."""
    async with small_shop(tmp_path) as shop:
        async with anyio.create_task_group() as both:
            for _ in range(2):
                both.start_soon(shop.till().shifts.open, "", 0)
        kinds = [row.kind for row in shop.store.journal_since(0, 1000)]
        assert (kinds.count("shift.meant"), kinds.count("shift.opened")) == (1, 1)
        assert len(shop.device("kkt1").events("shift_opened")) == 1
