"""From a video file to the cashier's panel, through the real camera program; in Russia the same film makes no face."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agent.guest_view import OfferView
from agent.visitors.visitors import CAMERAS, Visitors
from sensors.consent.facts import Channel, Given, Proof, Purpose, Why
from sensors.consent.texts import RETENTION_DAYS, latest, shown
from tests.agent.greeting_shop import CONTROLLER, NAME, PHONE, bought, greeting_shop, on_disk
from tests.agent.small_shop import SmallShop
from tests.sensors.camera_scene import needs_dlib, photo
from tests.sensors.radar_process import memory
from tests.sensors.socket_agent import program

needs_dlib()

from sensors.cameras.moving_photo import STAY, WALK, Visit, read_photo  # noqa: E402
from tests.agent.film import write_film  # noqa: E402

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)]

COMINGS = 6
"""In the film, of some five seconds each: to be enrolled in one and recognised in the next, however slow a machine."""
KNOWN_BY = (Purpose.ANALYTICS, Purpose.MARKETING)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks in, stands before the camera, and is gone for two seconds; again and again."""
    visit = Visit(read_photo(photo("astronaut.png")), width=800, height=480)
    steps = [*range(WALK // 3, WALK + STAY // 2, 2), *range(WALK + STAY, 2 * WALK + STAY, 4)]
    empty = 2 * WALK + STAY
    pictures = [visit.frame(step) for step in steps] + [visit.frame(empty + step) for step in range(30)]
    file = tmp_path_factory.mktemp("film") / "film.avi"
    write_film(file, pictures * COMINGS)
    return file


def signed(purpose: Purpose) -> Given:
    """On paper, at the till."""
    days = RETENTION_DAYS[purpose]
    return Given(
        consent_id=f"paper-{purpose.value}",
        subject="",
        purpose=purpose,
        text_version=latest(purpose),
        text_hash=shown(purpose, latest(purpose), "ru", CONTROLLER, days).hash,
        channel=Channel.PAPER,
        locale="ru",
        given_ms=time.time_ns() // 1_000_000,
        proof=Proof.SIGNATURE,
        proof_id="paper-1",
        controller=CONTROLLER,
        retention_days=days,
        of_age=True,
    )


def options(folder: Path, film: Path) -> tuple[str, ...]:
    place = ("--sensor", "door-cam", "--place", "door", "--line", "0.5,1,0.5,0", "--zone", "0,0,1,1")
    return ("live", "--socket", str(folder / CAMERAS), "--camera", f"file:{film}", *place)


def children(process: int) -> list[int]:
    """Of every thread of it."""
    return [
        int(number)
        for task in os.listdir(f"/proc/{process}/task")
        for number in Path(f"/proc/{process}/task/{task}/children").read_text().split()
    ]


async def agreed(shop: SmallShop, visitors: Visitors) -> None:
    """Everything but the face; and a bear was bought."""
    for purpose in KNOWN_BY:
        assert await visitors.consents.give_in_person([signed(purpose)], PHONE, NAME) == ""
    await bought(shop)


async def test_a_member_who_enrolled_is_greeted_by_the_face_from_a_video(film: Path) -> None:
    with memory() as folder:
        async with greeting_shop(folder, "DE", zone_is_trigger=True) as (shop, visitors):
            await agreed(shop, visitors)
            face = signed(Purpose.FACE_ID)
            assert await visitors.consents.give_in_person([face], PHONE, NAME) == ""
            record = visitors.gallery.new_record()
            with program("sensors.cameras", *options(folder, film)):
                visitors.enrolments.expect("q-1", record, face.consent_id)
                await shop.wait(lambda: visitors.cameras.enrol("q-1", record) == 1)
                await shop.wait(lambda: visitors.enrolments.outcome("q-1") is not None)
                assert visitors.enrolments.outcome("q-1") == ""
                assert visitors.consents.holds(record, Purpose.FACE_ID) == face.consent_id
                view = await shop.until(lambda view: view.guests and view.guests[0].purchases)
                (guest,) = view.guests
                assert (guest.name, guest.tail, guest.how) == (NAME, PHONE[-4:], "face")
                assert [one.name for one in guest.purchases] == ["Мишка"]
                assert guest.offers == [OfferView("К мишке — одежда", "Clothes for the bear")]
                (row,) = visitors.store.templates()
                assert row.sealed in on_disk(folder)
                subject = visitors.consents.subject_with_phone(PHONE)
                assert subject is not None
                await visitors.consents.withdraw_subject(subject, Why.WITHDRAWN)
                assert shop.view().guests == []
                assert visitors.store.templates() == []
                assert row.sealed not in on_disk(folder)


async def test_in_russia_the_same_film_is_counted_and_makes_no_template(film: Path) -> None:
    with memory() as folder:
        async with greeting_shop(folder, "RU", zone_is_trigger=True) as (shop, visitors):
            await agreed(shop, visitors)
            assert await visitors.consents.give_in_person([signed(Purpose.FACE_ID)], PHONE, NAME) == "face_off"
            record = visitors.gallery.new_record()
            with program("sensors.cameras", *options(folder, film)) as running:
                await shop.wait(lambda: visitors.cameras.door.lines == 1)
                visitors.enrolments.expect("q-1", record, "paper-face_id")
                assert visitors.cameras.enrol("q-1", record) == 0, "no camera is asked"
                await shop.wait(lambda: visitors.day.inside())
                assert children(running.pid) == [], "no process for templates was ever started"
                assert visitors.enrolments.outcome("q-1") is None
                assert (shop.view().guests, visitors.guests.count) == ([], 0)
                assert visitors.store.templates() == []
