"""A restored shop up to its first sale: whom it answers, which numbers it gives, whose sales it ends."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import msgspec
import pytest
from stock_room import line, new_command, told, written

from agent import hq_ways
from agent.restore.register_look import RegisterLook
from agent.screens.restore_view import _notes
from agent.till.people import Cashier
from agent.till.restore_acts import place_shown, restore_act
from agent.view import Note
from drivers.fiscal_registers.contract import RegisterState
from fiscal.pickup import HoldState
from fiscal.register_match import register_match
from fiscal.stock_document import StockKind
from sync.downlink import Page, place_of
from sync.store.backup import place
from sync.wire import facts
from sync.wire.commands import Command, Commands, OrderWanted
from sync.wire.copies import Copies
from tests.agent.claim_shop import claims_wired, desk_of, issued
from tests.agent.small_shop import PUZZLE, SUPERVISOR, SmallShop, make_world, small_shop
from tests.agent.test_told_facts import copies

__all__ = ["claims_wired"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("claims_wired")]
AGAIN = "order/web-1/wanted/again/0"


@pytest.fixture
def anyio_backend() -> str:
    return "trio"


class AsksAgain:
    """HQ's feed of commands: it asks a device that stands before its place for its open orders."""

    def __init__(self, *_: Any) -> None:
        self._asked = False

    async def fetch(self, *_: Any) -> Page:
        if self._asked:
            await anyio.sleep_forever()
        self._asked = True
        body = msgspec.Raw(msgspec.json.encode(OrderWanted("web-1", [("1", PUZZLE, PUZZLE, 2000)], 48)))
        return Page(Commands("feed", [Command(5, AGAIN, "order_wanted", 1, 0, body)], 0))


async def confirmed(shop: SmallShop) -> None:
    """By a supervisor, in a shop whose HQ has nothing to give."""
    desk = shop.shop.restore
    await desk.take_back(None, random.Random(1))
    await desk.confirm("1", SUPERVISOR[0])
    assert not desk.holds_back("1")


async def pressed(shop: SmallShop, do: str, **args: Any) -> None:
    """The till has just been let go and moves under the finger: the person looks and presses again."""
    note = await shop.do(do, **args)
    while note == Note("stale_revision"):
        note = await shop.do(do, **args)
    assert note is None, note


async def test_an_order_that_hq_will_give_back_is_not_refused_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HQ asks for it the moment the box is there; its goods and the order itself come back with the copies only."""
    async with small_shop(tmp_path / "dead", "zvt") as shop:
        await written(shop, StockKind.STOCKTAKE, (PUZZLE, 9))
        await shop.shop.stock.pickups.reserve("web-1", [line(PUZZLE, 2)], 48, "hq", command=new_command())
        given = copies(shop.store.outbox_read("sales", 0, 100))
    place(tmp_path / "new", None, now_ms=0, id="drill")
    monkeypatch.setattr(hq_ways, "FeedReader", AsksAgain)

    async def copied(*_: Any) -> Copies:
        return Copies(given, 1, given[-1].seq, False, 0)

    async with small_shop(tmp_path / "new", "zvt") as again, anyio.create_task_group() as tasks:
        desk, hq, takers = again.shop.restore, SimpleNamespace(url="http://hq"), again.shop.stock.takers
        tasks.start_soon(hq_ways.downlink, hq, None, again.store, takers, random.Random(1), desk.let_hear)
        await anyio.sleep(0.3)
        assert place_of(again.store).seq == 0, "nothing is answered yet"
        await desk.take_back(copied, random.Random(1))
        with anyio.fail_after(20):
            while not place_of(again.store).seq:  # noqa: ASYNC110 - the feed is watched
                await anyio.sleep(0.01)
        assert place_of(again.store).seq == 5
        assert told(again, "order_step", facts.OrderStep) == []
        assert [(one.order, one.state) for one in again.shop.stock.pickups.standing()] == [("web-1", HoldState.HELD)]
        tasks.cancel_scope.cancel()


async def test_no_slip_gets_the_number_of_one_that_died_with_the_box(tmp_path: Path) -> None:
    """It was printed and HQ never heard of it: a slip of the same number and another sum would be paid in its place."""
    async with small_shop(tmp_path / "dead", "zvt") as shop:
        lost = [(await issued(shop)).issued.number for _ in range(3)]
    place(tmp_path / "new", None, now_ms=0, id="drill")
    async with small_shop(tmp_path / "new", "zvt") as again:
        await confirmed(again)
        number = (await issued(again, 3_300)).issued.number
        assert number not in lost
        assert int(number.rpartition("-")[2]) > 100
        assert desk_of(again).claim(lost[0]) is None, "it is known to nobody, and nobody else is paid for it"


async def test_a_sale_of_the_new_box_is_taken_up_whatever_the_clock_said(tmp_path: Path) -> None:
    """The new machine's clock was ahead when the copy was put in its place, and was set afterwards: what is sold since
    is this box's own all the same, and is on the counter after a restart."""
    world = make_world(("zvt",))
    place(tmp_path / "new", None, now_ms=world.clock.now_ms() + 86_400_000, id="drill")
    async with small_shop(tmp_path / "new", world=world) as shop:
        await confirmed(shop)
        await shop.wait(lambda: shop.till().tasks is not None)
        await pressed(shop, "sign_in", cashier=SUPERVISOR[0], pin=SUPERVISOR[1])
        await pressed(shop, "open_shift", float_minor=0)
        await pressed(shop, "scan", code=PUZZLE)
    async with small_shop(tmp_path / "new", world=world) as shop:
        await shop.until(lambda view: view.sale is not None)
        sale = shop.view().sale
        assert sale is not None
        assert len(sale.lines) == 1


class TwoPlaces:
    """A restore whose till and kiosk both wait for a person; what is confirmed is written down."""

    state, looks = object(), {"k1": object()}

    def __init__(self) -> None:
        self.confirmed: list[str] = []

    def holds_back(self, till: str) -> bool:
        return till not in self.confirmed

    def stands(self, till: str) -> bool:
        return False

    def unattended(self) -> list[str]:
        return [id for id in ("k1",) if id not in self.confirmed]

    async def confirm(self, till: str, by: str) -> None:
        self.confirmed.append(till)


async def test_what_a_kiosk_found_is_confirmed_by_who_has_seen_it() -> None:
    """The page shows the till's own findings first: that key is no word about another register."""
    desk = TwoPlaces()
    till: Any = SimpleNamespace(restore=desk, settings=SimpleNamespace(id="1"))
    sue = Cashier("sue", "Sue", "", supervisor=True)
    await restore_act(till, "restore_confirm", sue)
    assert (desk.confirmed, place_shown(till)) == (["1"], "k1")
    await restore_act(till, "restore_confirm", sue)
    assert desk.confirmed == ["1", "k1"]


async def test_documents_that_the_register_does_not_show_are_a_persons_question(tmp_path: Path) -> None:
    """A kiosk does not confirm itself over them, and the page does not say that everything matches and no more."""
    place(tmp_path / "new", None, now_ms=0, id="drill")
    async with small_shop(tmp_path / "new") as shop:
        desk, state = shop.shop.restore, cast("RegisterState", SimpleNamespace(serial="7", fn="99"))
        desk.looks["1"] = RegisterLook(state, register_match("99", range(5, 7), {}, []), None, ours=True)
        assert not desk._is_clean("1")
        assert Note("restore_unread", {"count": 2}) in _notes(desk, "1")
