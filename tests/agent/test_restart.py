"""The agent comes back: the counter is as it was, what was left aside is aside, nothing is begun twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.fiscal_registers.shtrih_m.asking import ask
from drivers.fiscal_registers.shtrih_m.commands import Access, open_receipt
from fiscal.document import Operation
from fiscal.sale import Phase
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, make_world, small_shop

pytestmark = pytest.mark.anyio
virtual = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
ACCESS = Access(cashier=30, system=30)


async def test_a_basket_is_there_again(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR, CLAY)
    async with small_shop(tmp_path) as shop:
        view = shop.view()
        assert view.screen == "selling"
        assert [line.barcode for line in view.sale.lines] == [BEAR, CLAY]  # type: ignore[union-attr]
        assert view.shift.open


@virtual
async def test_a_refund_shows_again_what_may_come_back(tmp_path: Path) -> None:
    """Begun, nothing chosen yet: without its lines it could only be given up."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        sold = await shop.sold(BEAR, CLAY, means="cash")
        await shop.done("refund", number=sold.number)
    async with small_shop(tmp_path, world=world) as shop:
        view = shop.view()
        assert view.sale is not None
        assert view.sale.act == "refund"
        assert [line.returnable for line in view.sale.lines] == [1000, 1000]


@virtual
async def test_a_sale_that_only_waits_for_its_terminal_does_not_take_the_counter(tmp_path: Path) -> None:
    """The first sale is sealed, its terminal cannot be told yet; the second was being scanned: it is in front."""
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
    async with small_shop(tmp_path, "confirm", world=world) as shop:
        view = shop.view()
        assert view.screen == "selling"
        assert [line.barcode for line in view.sale.lines] == [CLAY]  # type: ignore[union-attr]
        shop.plug("card1")
        await shop.until(lambda view: not view.parked, within_s=120)
        assert len(shop.device("card1").events("charged")) == 1
        await shop.scan(PUZZLE)
        assert len(shop.view().sale.lines) == 2  # type: ignore[union-attr]


@virtual
async def test_the_cash_screen_of_a_sale_that_ended_is_gone(tmp_path: Path) -> None:
    """Paid in full and sealing by itself after a power cut: no cash is asked for, and the next sale starts clean."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        world.devices["card1"].unplug_when("charged")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.case is not None)
    shop.plug("card1")
    async with small_shop(tmp_path, world=world) as shop:
        for _ in range(400):
            await shop.do("pay", means="cash")
            if shop.till().counter is None:
                break
            await shop.until(lambda view: True)
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=120)
        assert not shop.till().cash_screen
        await shop.scan(CLAY, PUZZLE)
        assert shop.view().screen == "selling"
        assert len(shop.device("card1").events("charged")) == 1


@virtual
async def test_the_numbers_of_sales_go_on(tmp_path: Path) -> None:
    """A sale's number is given in the journal: none is given twice, none is left out."""
    world = make_world()
    numbers = []
    for _ in range(3):
        async with small_shop(tmp_path, world=world) as shop:
            await shop.open_shift()
            for _ in range(2):
                numbers.append((await shop.sold(CLAY, means="cash")).number)
    assert numbers == [f"{number:04d}" for number in range(1, 7)]
    async with small_shop(tmp_path, world=world) as shop:
        assert all(sale.phase is Phase.CLOSED for sale in shop.sales())
        assert shop.view().last.number == "0006"  # type: ignore[union-attr]
        items = shop.store.outbox_read("sales", 0, 1000)
        assert [item.seq for item in items] == list(range(1, len(items) + 1))
        assert len([item for item in items if item.kind == "sale"]) == 6


async def test_a_document_that_nobody_will_end_is_dropped_before_the_next_sale(tmp_path: Path) -> None:
    """Begun before a power cut and never committed: it would stop each sale after it. Dropping it makes nothing."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        register = shop.till().devices.register
        await register.port.run(ask(ACCESS, open_receipt(ACCESS, Operation.SALE)))
        assert (await register.read()).document_open
        await shop.sold(BEAR, means="cash")
        assert [one["total_minor"] for one in shop.device("kkt1").events("fiscalised")] == [
            shop.till().last.due_minor  # type: ignore[union-attr]
        ]
        assert not (await register.read()).document_open
