"""A command is carried out once: the same id twice, a double click, a reload, two tabs, an old view, a restart."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agent.view import Command, Note
from tests.agent.small_shop import BEAR, CLAY, SmallShop, make_world, small_shop

pytestmark = pytest.mark.anyio


async def send(shop: SmallShop, id: str, revision: int, do: str, **args: object) -> Note | None:
    return await shop.commands().carry_out(Command(id, revision, do, args))


async def test_the_same_id_twice_is_one_act(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        for _ in range(3):
            assert await send(shop, "page-1-scan-1", shop.till().revision, "scan", code=BEAR) is None
        view = shop.view()
        assert [line.quantity for line in view.sale.lines] == [1000]  # type: ignore[union-attr]


async def test_also_over_a_restart(tmp_path: Path) -> None:
    """A page that repeats its request to the agent's successor gets the old answer, not a second act."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await send(shop, "page-1-scan-1", shop.till().revision, "scan", code=BEAR)
    async with small_shop(tmp_path, world=world) as shop:
        assert await send(shop, "page-1-scan-1", shop.till().revision, "scan", code=BEAR) is None
        assert [line.quantity for line in shop.view().sale.lines] == [1000]  # type: ignore[union-attr]


async def test_a_double_click_on_cash_takes_cash_once(tmp_path: Path) -> None:
    """Two presses of one key carry two ids and one revision: the second is for a screen that is gone."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        await shop.done("pay", means="cash")
        revision = shop.till().revision
        answers: list[Note | None] = []

        async def press(id: str) -> None:
            answers.append(await send(shop, id, revision, "take_cash", received_minor=400_000))

        async with anyio.create_task_group() as fingers:
            fingers.start_soon(press, "click-number-1")
            fingers.start_soon(press, "click-number-2")
        assert sorted(note.code if note else "done" for note in answers) == ["done", "stale_revision"]
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert len(shop.device("kkt1").events("fiscalised")) == 1
        assert len(shop.sales()) == 1


@pytest.mark.parametrize("presses", [2, 5])
async def test_a_storm_of_card_keys_charges_once(tmp_path: Path, presses: int) -> None:
    """Even with the newest revision each time: a payment under way refuses the next."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        refused = []
        for number in range(presses):
            note = await send(shop, f"storm-{number:04d}", shop.till().revision, "pay", means="card")
            refused.append(note)
        assert refused[0] is None
        assert all(note is not None for note in refused[1:])
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert len(shop.device("card1").events("charged")) == 1


async def test_two_tabs_cannot_sell_twice(tmp_path: Path) -> None:
    """Both tabs show the same basket; one pays by card, the other by cash with what it saw: one of them is stale."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        seen = shop.view().revision
        assert await send(shop, "tab-one-pays", seen, "pay", means="card") is None
        note = await send(shop, "tab-two-pays", seen, "pay", means="cash")
        assert note is not None
        assert note.code == "stale_revision"
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert len(shop.device("kkt1").events("fiscalised")) == 1
        assert len(shop.device("card1").events("charged")) == 1


async def test_an_old_view_changes_nothing(tmp_path: Path) -> None:
    """A tab that slept over the change removes nothing; what a fast scanner sends does not hang on the screen."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        old = shop.view()
        await shop.scan(CLAY)
        line = old.sale.lines[0].id  # type: ignore[union-attr]
        for do, args in (("remove", {"line": line}), ("discount", {"percent_thousandths": 50_000}), ("park", {})):
            note = await send(shop, f"old-tab-{do}", old.revision, do, **args)
            assert note is not None
            assert note.code == "stale_revision"
        assert len(shop.view().sale.lines) == 2  # type: ignore[union-attr]
        assert await send(shop, "fast-scanner", old.revision, "scan", code=CLAY) is None
        assert shop.view().sale.lines[1].quantity == 2000  # type: ignore[union-attr]


async def test_a_revision_of_an_earlier_process_is_stale(tmp_path: Path) -> None:
    """The successor counts on from its clock: no page of before can match by accident."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        old = shop.till().revision
    async with small_shop(tmp_path, world=world) as shop:
        assert shop.till().revision != old
        note = await send(shop, "page-of-before", old, "pay", means="cash")
        assert note is not None
        assert note.code == "stale_revision"


async def test_a_refused_command_may_be_sent_again(tmp_path: Path) -> None:
    """Refused means nothing happened: the same id is free to try once more when the reason is gone."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        note = await send(shop, "page-1-take", shop.till().revision, "take_cash", received_minor=100)
        assert note is not None
        await shop.scan(BEAR)
        await shop.done("pay", means="cash")
        assert await send(shop, "page-1-take", shop.till().revision, "take_cash", received_minor=400_000) is None


@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_what_goes_on_aside_makes_no_key_at_the_counter_stale(tmp_path: Path) -> None:
    """The sale before is told to its terminal while the next shopper's goods are scanned: no press is lost to it."""
    world = make_world(("confirm",))
    async with small_shop(tmp_path, "confirm", world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        world.devices["kkt1"].taps.append(lambda data: shop.unplug("card1") if b"\xff\x45" in data else None)
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt")
        await shop.done("new_sale")
        await shop.scan(CLAY)
        world.devices["kkt1"].taps.clear()
        before = shop.till().revision
        shop.plug("card1")
        await shop.until(lambda view: not view.parked, within_s=120)
        assert len(shop.device("card1").events("charged")) == 1
        assert shop.till().revision == before
