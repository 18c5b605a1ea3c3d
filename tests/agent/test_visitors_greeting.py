"""From a RADIUS packet to the cashier's panel, through the real program; and a till that none of it can hold up."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from agent.guest_view import OfferView
from agent.visitors.sensor_health import SensorHealth
from agent.visitors.visitors import CAMERAS, RADAR
from tests.agent.greeting_shop import NAME, PHONE, PURPOSES, bought, greeting_shop, on_disk, wifi
from tests.agent.small_shop import BEAR, CLAY, SmallShop, small_shop
from tests.sensors.association_samples import traces
from tests.sensors.radar_process import memory
from tests.sensors.socket_agent import program
from tests.sensors.test_radar_program import replay

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)]


async def test_a_guest_who_agreed_is_greeted_from_a_radius_packet_until_they_go_or_withdraw() -> None:
    with memory() as folder:
        async with greeting_shop(folder) as (shop, visitors), wifi(folder) as (hall, page):
            hall.start("S-1")
            await shop.wait(visitors.store.sightings)
            assert shop.view().guests == [], "nobody has agreed to anything"
            assert "Согласие записано" in await hall.agree(page, *PURPOSES)
            view = await shop.until(lambda view: view.guests)
            assert [(one.name, one.how, one.purchases) for one in view.guests] == [(NAME, "wifi", [])]
            await bought(shop)
            hall.stop("S-1")
            await shop.until(lambda view: not view.guests)

            hall.start("S-2")
            view = await shop.until(lambda view: view.guests and view.guests[0].purchases)
            (guest,) = view.guests
            assert (guest.name, guest.tail, guest.how) == (NAME, PHONE[-4:], "wifi")
            assert [(one.name, one.sum_minor) for one in guest.purchases] == [("Мишка", 349_900)]
            assert guest.offers == [OfferView("К мишке — одежда", "Clothes for the bear")]
            assert traces([PHONE[1:], hall.key()], on_disk(folder)) == [PHONE[1:], hall.key()]
            hall.stop("S-2")
            await shop.until(lambda view: not view.guests)

            hall.start("S-3")
            await shop.until(lambda view: view.guests)
            assert "Согласие отозвано" in await hall.withdraw(page)
            assert shop.view().guests == [], "gone with the word"
            for tell in (hall.stop, hall.start):
                seen = len(visitors.store.sightings())
                tell("S-3")
                await shop.wait(lambda seen=seen: len(visitors.store.sightings()) > seen)
            await shop.sold(CLAY)
            assert shop.view().guests == []
            assert traces([PHONE[1:], hall.key(), NAME], on_disk(folder)) == []


async def test_every_program_is_killed_in_the_middle_of_a_sale_and_the_sale_does_not_notice() -> None:
    pytest.importorskip("cv2", reason="opencv is not installed: make cameras")
    with memory() as folder:
        film = folder / "film.avi"
        a_film(film)
        eye = ("--socket", str(folder / CAMERAS), "--camera", f"file:{film}", "--backend", "none")
        ear = (
            "--socket",
            str(folder / RADAR),
            "--place",
            str(folder / "r"),
            "--replay",
            str(replay(folder)),
            "--again",
        )
        async with greeting_shop(folder) as (shop, visitors):
            alone = await shop.sold(BEAR, CLAY)
            with program("sensors.cameras", "live", *eye) as camera, program("sensors.radar", "live", *ear) as radar:
                async with wifi(folder) as (hall, page):
                    await hall.agree(page, *PURPOSES)
                    hall.start("S-1")
                    await shop.until(lambda view: view.guests)
                    await shop.wait(lambda: len(codes(visitors.health)) == 3)
                    assert "sensor_away" not in codes(visitors.health)
                    await shop.scan(BEAR)
                    for running in (camera, radar, hall.running):
                        os.kill(running.pid, signal.SIGKILL)
                    await shop.scan(CLAY)
                    await shop.wait(lambda: codes(visitors.health) == ["sensor_away"] * 3)
                    assert shop.view().screen == "selling", "the doors closed in the middle of the sale"
                    await shop.done("pay", means="card")
                    await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
            sold = shop.till().last
            assert sold is not None
            assert shop.kinds(sold.id) == shop.kinds(alone.id), "the journal has not one row more or less"
            assert [sale.basket.total_minor for sale in shop.sales()] == [371_890, 371_890]


async def test_a_shop_without_visitors_names_nobody_and_knows_no_such_command(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        assert shop.shop.visitors is None
        await shop.open_shift()
        await shop.sold(CLAY)
        assert shop.view().guests == []
        await refused(shop)
        assert not [name for name in os.listdir(tmp_path) if name.startswith("visitors")], "and no file is made"


async def refused(shop: SmallShop) -> None:
    note = await shop.do("guest_wrong", guest="g-1")
    assert note is not None
    assert note.code == "guest_gone"


def codes(health: SensorHealth) -> list[str]:
    return [one.code for one in health.views()]


def a_film(file: Path) -> None:
    """Somebody drawn walks through a shop for some seconds."""
    from sensors.cameras.moving_photo import Visit
    from tests.agent.film import write_film

    visit = Visit(width=320, height=240, photo_height=200)
    write_film(file, [visit.frame(number) for number in range(150)])
