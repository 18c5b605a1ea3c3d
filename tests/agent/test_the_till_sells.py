"""Law 8: no HQ, no goods check, no terminal: the sale goes on with what works, and the screen says what does not."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from agent import hq_ways
from agent.clock import SystemClock
from agent.settings import HqSettings
from agent.supervisor import keep_running
from agent.view import Note
from sync.enrolment.signer import Bearer
from sync.uplink_board import UplinkBoard
from tests.agent.small_shop import BEAR, DOLL, mark_of, small_shop

pytestmark = pytest.mark.anyio
virtual = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)


@virtual
async def test_a_crash_of_the_uplink_does_not_reach_the_till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the way to HQ dies of, it is started again and the till beside it never notices."""
    crashes = []

    async def crashing(*_: object, **__: object) -> None:
        await anyio.sleep(0.01)
        crashes.append(1)
        raise RuntimeError("a defect in the uplink")

    monkeypatch.setattr(hq_ways, "run_uplink", crashing)
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        async with anyio.create_task_group() as tasks:
            hq = HqSettings("http://127.0.0.1:1", "shop-1", "key")
            clock = SystemClock("Europe/Moscow")
            arguments = (hq, Bearer(hq.key), shop.store, UplinkBoard(), clock, random.Random(1), 5.0)
            tasks.start_soon(hq_ways.uplink, *arguments)
            sale = await shop.sold(BEAR)
            await anyio.sleep(30)
            assert len(crashes) > 3
            assert sale.sealed
            tasks.cancel_scope.cancel()


@virtual
async def test_the_supervisor_tries_again_more_slowly_and_ends_with_its_work() -> None:
    """A task that dies at once is tried after 0.5, 1, 2, 5 and then every 15 s; one that returns is left alone."""
    began: list[float] = []

    async def work() -> None:
        began.append(anyio.current_time())
        if len(began) < 7:
            raise ValueError("no")

    await keep_running("work", work)
    pauses = [round(after - before, 3) for before, after in pairwise(began)]
    assert pauses == [1, 2, 5, 15, 15, 15]


async def test_plain_goods_sell_without_the_goods_check(tmp_path: Path) -> None:
    """The marking service is away: marked goods wait, everything else is sold."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        shop.unplug("goods")
        await shop.scan(mark_of(DOLL, "ABCDEF1234567"))
        view = await shop.until(lambda view: view.sale.lines[0].mark.state == "unanswered")  # type: ignore[union-attr]
        note = await shop.do("pay", means="card")
        assert note is not None
        assert note.code == "mark_not_accepted"
        await shop.done("remove", line=view.sale.lines[0].id)  # type: ignore[union-attr]
        sale = await shop.sold(BEAR)
        assert len(sale.sealed) == 1


async def test_cash_sells_without_the_terminal(tmp_path: Path) -> None:
    """The terminal is away: the card key says so, cash is taken."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        shop.unplug("card1")
        await shop.scan(BEAR)
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.trouble is not None)
        assert view.trouble is not None
        assert view.trouble.code == "terminal_away"
        card = next(tender for tender in view.tenders if tender.means == "card")
        assert (card.available, card.note and card.note.code) == (False, "terminal_away")
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert shop.device("card1").events("charged") == []


async def test_without_the_register_nothing_is_charged(tmp_path: Path) -> None:
    """No register, no sale: the terminal is not even asked for a card."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        shop.unplug("kkt1")
        asked: list[bytes] = []
        shop.device("card1").taps.append(asked.append)
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.trouble is not None)
        assert view.trouble is not None
        assert view.trouble.code == "register_away"
        assert asked == []
        assert view.sale is not None
        assert view.sale.phase == "basket"


@virtual
async def test_a_clock_that_is_wrong_is_said_and_stops_nothing(tmp_path: Path) -> None:
    async with small_shop(tmp_path, hq=True) as shop:
        await shop.open_shift()
        board = shop.shop.board
        assert board is not None
        board.clock.heard(1_000, 90_000, 1_100)
        assert shop.shop.health.office().note is None, "a minute and a half is no news"
        board.clock.heard(2_000, 602_000, 2_100)
        assert shop.shop.health.office().note == Note("office_clock", {"minutes": 9})
        assert (await shop.sold(BEAR)).sealed
