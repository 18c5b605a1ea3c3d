"""Who may stand at the till: a wrong PIN and an unknown name are answered alike; the privilege is the person's."""

from __future__ import annotations

from pathlib import Path

import anyio.lowlevel
import pytest

from agent.till.people import Cashier, People, fits, fits_on_a_thread, hash_pin
from agent.till.trade import TradeRefused
from tests.agent.small_shop import CASHIER, SUPERVISOR, make_world, small_shop

pytestmark = pytest.mark.anyio


async def test_every_wrong_sign_in_has_one_answer_and_one_price() -> None:
    """Neither the words nor the work done tell a stranger which names exist."""
    tried: list[str] = []

    async def verify(pin_hash: str, pin: str) -> bool:
        await anyio.lowlevel.checkpoint()
        tried.append(pin_hash)
        return pin_hash == pin

    people = People((Cashier("ann", "Ann", "1111"), Cashier("sue", "Sue", "2222", True)), verify)
    for who, pin in (("ann", "2222"), ("nobody", "9999"), ("", ""), ("nobody", "1111")):
        with pytest.raises(TradeRefused) as refused:
            await people.sign(who, pin)
        assert refused.value.note.code == "wrong_pin"
        assert not refused.value.note.params
    assert len(tried) == 4
    assert (await people.sign("ann", "1111")).name == "Ann"
    with pytest.raises(TradeRefused, match="no_privilege"):
        await people.sign("ann", "1111", supervisor=True)
    assert (await people.sign("sue", "2222", supervisor=True)).supervisor
    assert people.name_of("gone") == "gone"


async def test_pins_are_argon2id(anyio_backend_name: str) -> None:
    """The configuration keeps hashes that cost time; a broken one fits nothing."""
    made = hash_pin("4321")
    assert made.startswith("$argon2id$")
    assert fits(made, "4321")
    assert not fits(made, "4322")
    assert not fits("$argon2id$broken", "4321")
    if anyio_backend_name == "asyncio":  # a thread and a virtual clock do not go together
        assert await fits_on_a_thread(made, "4321")


async def test_signing_in_and_out(tmp_path: Path) -> None:
    """Who is signed in survives a restart; without anybody nothing can be done; a sale under way keeps its cashier."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        note = await shop.do("open_shift", float_minor=0)
        assert note is not None
        assert note.code == "locked"
        assert shop.view().screen == "locked"
        await shop.open_shift(person=CASHIER)
    async with small_shop(tmp_path, world=world) as shop:
        cashier = shop.view().cashier
        assert cashier is not None
        assert (cashier.id, cashier.supervisor) == ("ann", False)
        await shop.done("sign_out")
        assert shop.view().screen == "locked"
        note = await shop.do("sign_in", cashier="sue", pin="1111")
        assert note is not None
        assert note.code == "wrong_pin"
        await shop.done("sign_in", cashier=SUPERVISOR[0], pin=SUPERVISOR[1])


async def test_nobody_signs_out_of_a_payment(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.order("card1", "card manual")
        await shop.scan("4601234004121")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.sale is not None and view.sale.phase == "paying")
        for do in ("sign_out", "close_shift"):
            note = await shop.do(do)
            assert note is not None
            assert note.code == "busy"
