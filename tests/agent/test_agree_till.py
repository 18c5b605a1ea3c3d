"""A shopper agrees at the till: the phone is proven, boxes are ticked, a withdrawal erases, and nobody waits for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from agent.guest_view import OfferView
from agent.visitors import in_person
from agent.visitors.in_person import LIFE_S
from sensors import camera_messages
from sensors.consent.codes import LIFE_MS, TRIES
from sensors.consent.facts import Channel, Proof, Purpose
from sensors.consent.texts import TEXTS
from sync.store.failures import DiskFull
from tests.agent.agreeing_counter import TEMPLATE, Counter, Pocket, a_camera, counter
from tests.agent.greeting_shop import NAME, PHONE, bought, greeting_shop, on_disk
from tests.agent.small_shop import BEAR, CASHIER, CLAY, SUPERVISOR, small_shop
from tests.sensors.radar_process import memory

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)]


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory() as made:
        yield made


async def test_without_sensors_or_messages_there_is_no_such_screen(tmp_path: Path, folder: Path) -> None:
    async with small_shop(tmp_path, gateway=Pocket()) as shop:
        await shop.open_shift()
        assert shop.view().agrees is False
        note = await shop.do("agree")
        assert note is not None
        assert note.code == "agree_away"
    async with greeting_shop(folder) as (shop, _):
        assert shop.view().agrees is False, "no message can be sent: no phone can be proven"


async def test_a_shopper_agrees_and_is_known_by_a_name(folder: Path) -> None:
    async with counter(folder) as at:
        assert at.view().agrees
        screen = await at.proven()
        assert at.view().screen == "agree"
        (told,) = at.pocket.sent
        assert told[1] == PHONE
        assert "Small shop" in told[2]
        assert [one.purpose for one in screen.offered] == ["analytics", "marketing", "face_id"]
        assert (screen.standing, screen.faces_why) == ([], "")
        done = await at.agree("analytics", "marketing", name=f"  {NAME} ")
        assert (done.step, done.given, done.face) == ("done", ["analytics", "marketing"], "")
        assert at.purposes() == ["analytics", "marketing"]
        given = [one.given for one in at.visitors.consents.ledger.consents.values()]
        assert {(one.channel, one.proof, one.of_age) for one in given} == {(Channel.TILL, Proof.CODE, False)}
        assert all(one.proof_id.startswith("code-") and at.pocket.code() not in one.proof_id for one in given)
        subject = at.visitors.consents.subject_with_phone(PHONE)
        assert subject is not None
        assert at.visitors.consents.personal(subject) == {"phone": PHONE, "name": NAME}
        await at.shop.done("agree_leave")
        assert (at.view().screen, at.view().agree) == ("selling", None)


async def test_the_boxes_are_in_the_shoppers_language_and_the_till_keeps_its_own(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        russian = at.boxes("marketing")
        assert (await at.shop.done("agree_language", language="en")).language == "en"
        text = TEXTS[Purpose.MARKETING]["2026-11"].en.partition("{")[0]
        assert next(one.text for one in at.screen.offered if one.purpose == "marketing").startswith(text)
        assert await at.refused("agree_give", agreed=russian) == "agree_text_changed", "another text was read"
        await at.agree("marketing")
        (one,) = at.visitors.consents.ledger.consents.values()
        assert one.given.locale == "en"
        assert (await at.shop.done("agree_leave")).language == "ru"


async def test_nothing_ticked_and_strange_boxes_and_names_are_refused(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        assert await at.refused("agree_give", agreed=[]) == "agree_nothing"
        assert await at.refused("agree_give", agreed=["wifi_id:0123456789abcdef"]) == "agree_text_changed"
        assert await at.refused("agree_give", agreed=["marketing:0123456789abcdef"]) == "agree_text_changed"
        assert await at.refused("agree_give", agreed=at.boxes("marketing"), name="x" * 41) == "agree_name_wrong"
        assert at.purposes() == []
        assert not on_disk(folder).count(PHONE.encode()), "a number without a consent is nowhere"


async def test_a_wrong_code_proves_nothing_and_five_end_it(folder: Path) -> None:
    async with counter(folder) as at:
        assert await at.refused("agree_phone", number="1") == "agree_gone", "nobody opened the screen"
        await at.shop.done("agree")
        assert await at.refused("agree_phone", number="12") == "agree_phone_wrong"
        assert await at.refused("agree_code", code="1") == "agree_gone", "no code was sent"
        await at.asked()
        wrong = f"{(int(at.pocket.code()) + 1) % 10**6:06d}"
        said = [await at.refused("agree_code", code=wrong) for _ in range(TRIES)]
        assert said == ["agree_code_wrong"] * (TRIES - 1) + ["agree_code_dead"]
        assert await at.refused("agree_code", code=at.pocket.code()) == "agree_code_dead", "the right one, too late"
        assert (at.screen.step, at.screen.offered, at.screen.standing) == ("code", [], [])
        assert await at.refused("agree_give", agreed=["marketing:x"]) == "agree_gone"
        assert await at.refused("agree_withdraw", consent="x") == "agree_gone"
        await at.shop.done("agree_phone")
        await at.shop.wait(lambda: len(at.pocket.sent) == 2)
        await at.shop.done("agree_code", code=f" {at.pocket.code()[:3]} {at.pocket.code()[3:]}")
        assert at.screen.step == "choose", "a new code for the same number"


async def test_a_code_expires_and_a_strangers_phone_rings_three_times(folder: Path) -> None:
    async with counter(folder) as at:
        await at.asked()
        at.shop.world.clock.ahead += dt.timedelta(milliseconds=LIFE_MS)
        assert await at.refused("agree_code", code=at.pocket.code()) == "agree_code_dead"
        for _ in range(2):
            await at.asked()
        assert await at.refused("agree_phone", number=PHONE) == "agree_too_many"
        assert len(at.pocket.sent) == 3


async def test_a_till_serves_one_shopper_after_another(folder: Path) -> None:
    """Whoever comes after six others is not to blame for their codes."""
    async with counter(folder) as at:
        for shopper in range(12):
            await at.shop.done("agree")
            await at.shop.done("agree_phone", number=f"+7926123{shopper:04d}")
            await at.shop.done("agree_leave")


async def test_ten_minutes_after_the_first_key_the_screen_is_nobodys(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counter(folder) as at:
        await at.proven()
        boxes = at.boxes("marketing")
        at.shop.world.clock.ahead += dt.timedelta(seconds=LIFE_S)  # the machine slept
        assert await at.refused("agree_give", agreed=boxes) == "agree_gone"
        assert at.view().screen == "selling"
        monkeypatch.setattr(in_person, "LIFE_S", 0.05)
        await at.shop.done("agree")
        await at.shop.until(lambda view: view.screen == "selling")
        assert at.purposes() == []


async def test_a_message_that_does_not_leave_is_said_and_nobody_waits(folder: Path) -> None:
    async with counter(folder) as at:
        at.pocket.stuck = True
        await at.shop.done("agree")
        with anyio.fail_after(1):
            await at.shop.done("agree_phone", number=PHONE)
            assert (at.screen.step, at.screen.message) == ("code", "sending")
            await at.shop.sold(CLAY)
        assert at.view().agree is None, "goods leave the screen"
        at.pocket.stuck = False
        for trouble, told in ((at.pocket.away, "not_sent"), (at.pocket.refuses, "undeliverable")):
            trouble()
            await at.shop.done("agree")
            await at.shop.done("agree_phone", number=f"+4915123456{len(told):03d}")
            await at.shop.until(lambda view, told=told: view.agree and view.agree.message == told)


async def test_left_in_the_middle_nothing_is_kept_and_the_next_one_sees_nothing(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        await at.shop.done("agree_leave")
        assert PHONE.encode() not in on_disk(folder)
        await at.shop.done("agree")
        assert (at.screen.step, at.screen.tail, at.screen.offered) == ("phone", "", [])
        await at.proven("+7 926 765-43-21")
        await at.shop.done("sign_out")
        await at.shop.open_shift(person=CASHIER)
        assert (at.view().screen, at.view().agree) == ("selling", None), "whoever signs in finds nobody's consents"
        await at.proven("+7 926 765-43-21")
        await at.shop.scan(BEAR)
        assert at.view().screen == "selling"
        await at.shop.done("agree")
        assert at.screen.step == "phone"
        await at.shop.done("agree_leave")
        await at.shop.done("pay", means="cash")
        assert await at.refused("agree") == "paying_no_scan", "in the middle of a payment nobody is asked"


async def test_what_was_confirmed_is_recorded_though_the_till_is_left(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        await at.visitors.identities.turn.acquire()  # the visitors' file does not answer
        with anyio.fail_after(1):
            await at.shop.done("agree_give", agreed=at.boxes("marketing"))
            assert (at.screen.step, at.screen.given) == ("keeping", []), "shown as kept once it is"
            await at.shop.sold(CLAY)
        assert at.purposes() == []
        at.visitors.identities.turn.release()
        await at.shop.wait(lambda: at.purposes() == ["marketing"])
        assert at.view().screen == "selling"


async def test_a_full_disk_keeps_nothing_and_the_boxes_come_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counter(folder) as at:
        await at.proven()

        async def full(*_: object) -> None:
            raise DiskFull("no room")

        with monkeypatch.context() as patched:
            patched.setattr(at.visitors.store, "commit", full)
            screen = await at.agree("marketing")
            assert (screen.step, screen.said) == ("choose", "agree_no_room")
        assert (await at.agree("marketing")).step == "done"


async def standing(at: Counter, purpose: str) -> str:
    return next(one.consent for one in at.screen.standing if one.purpose == purpose)


async def test_what_stands_is_shown_and_a_withdrawal_erases_it(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        await at.agree("analytics", "marketing", name=NAME)
        await at.shop.done("agree_leave")
        screen = await at.proven()
        assert [one.purpose for one in screen.standing] == ["marketing", "analytics"]
        assert ([one.purpose for one in screen.offered], screen.name) == (["face_id"], NAME)
        assert await at.refused("agree_withdraw", consent="somebody-elses") == "agree_gone"
        await at.shop.done("agree_withdraw", consent=await standing(at, "marketing"))
        assert (await at.at("choose")).said == "agree_withdrawn"
        assert at.purposes() == ["analytics"]
        assert PHONE.encode() in on_disk(folder)
        await at.shop.done("agree_withdraw", consent=await standing(at, "analytics"))
        await at.at("choose")
        assert at.purposes() == []
        assert PHONE.encode() not in on_disk(folder), "the last consent takes the number along"
        assert NAME.encode() not in on_disk(folder)
        assert [one.purpose for one in at.screen.offered] == ["analytics", "marketing", "face_id"]
        assert (await at.agree("marketing")).step == "done", "whoever comes back gives a new consent"


async def test_another_phones_consents_stay_out_of_reach(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        await at.agree("marketing")
        (other,) = at.visitors.consents.ledger.consents
        screen = await at.proven("+7 926 765-43-21")
        assert screen.standing == []
        assert await at.refused("agree_withdraw", consent=other) == "agree_gone"
        assert at.purposes() == ["marketing"]


async def test_any_cashier_may_and_nobody_at_a_locked_till(folder: Path) -> None:
    async with counter(folder) as at:
        await at.shop.done("sign_out")
        assert await at.refused("agree") == "locked"
        await at.shop.open_shift(person=CASHIER)
        assert (await at.proven()).step == "choose"
        assert SUPERVISOR[0] != at.view().cashier.id  # type: ignore[union-attr]


async def test_a_face_is_enrolled_seen_withdrawn_and_gone(folder: Path) -> None:
    async with counter(folder) as at, a_camera(folder, at) as camera:
        await at.proven()
        screen = await at.agree("face_id", "analytics", name=NAME)
        assert (screen.step, screen.face) == ("face", "looking")
        assert at.purposes() == ["analytics", "face_id"], "durable before anybody is looked at"
        assert all(one.given.of_age for one in at.visitors.consents.ledger.consents.values() if
                   one.given.purpose is Purpose.FACE_ID)  # fmt: skip
        await camera.answer(TEMPLATE)
        done = await at.at("done")
        assert (done.face, done.given) == ("seen", ["analytics", "face_id"])
        (row,) = at.visitors.store.templates()
        await at.shop.wait(lambda: camera.members == [row.record])
        await at.shop.done("agree_leave")
        await at.proven()
        assert at.screen.may_look is False, "the face is there"
        await at.shop.done("agree_withdraw", consent=await standing(at, "face_id"))
        await at.at("choose")
        assert at.visitors.store.templates() == []
        assert row.sealed not in on_disk(folder)
        await at.shop.wait(lambda: camera.members == [])
        assert at.purposes() == ["analytics"]


async def test_from_the_screen_to_a_greeting_by_the_face(folder: Path) -> None:
    """Agreed, enrolled and recognised through the camera's real door; the panel says what was agreed to."""
    async with counter(folder) as at, a_camera(folder, at) as camera:
        await bought(at.shop)
        await at.proven()
        await at.agree("analytics", "marketing", "face_id", name=NAME)
        await camera.answer(TEMPLATE)
        await at.at("done")
        await at.shop.done("agree_leave")
        (row,) = at.visitors.store.templates()
        await at.shop.wait(lambda: camera.members == [row.record])
        await camera.recognised(row.record, at.shop.till().clock.now_ms())
        view = await at.shop.until(lambda view: view.guests and view.guests[0].purchases)
        (guest,) = view.guests
        assert (guest.name, guest.tail, guest.how) == (NAME, PHONE[-4:], "face")
        assert [one.name for one in guest.purchases] == ["Мишка"]
        assert guest.offers == [OfferView("К мишке — одежда", "Clothes for the bear")]
        await at.proven()
        for purpose in ("face_id", "analytics", "marketing"):
            await at.shop.done("agree_withdraw", consent=await standing(at, purpose))
            await at.at("choose")
        await at.shop.done("agree_leave")
        assert at.view().guests == [], "whoever withdrew is nobody's guest"
        await camera.recognised(row.record, at.shop.till().clock.now_ms())
        await at.shop.sold(CLAY)
        assert at.view().guests == []


@pytest.mark.parametrize(
    ("why", "face"), [("no_face", "nobody"), ("several_faces", "several"), ("worker_lost", "not_made")]
)
async def test_what_the_camera_saw_instead_is_said_and_tried_again(folder: Path, why: str, face: str) -> None:
    async with counter(folder) as at, a_camera(folder, at) as camera:
        await at.proven()
        await at.agree("face_id")
        await camera.answer("", why)
        await at.shop.until(lambda view: view.agree and view.agree.face == face)
        assert at.screen.step == "face"
        assert at.screen.may_look
        await at.shop.done("agree_look")
        assert at.screen.face == "looking"
        assert await at.refused("agree_look") == "agree_gone", "one look at a time"
        await camera.answer(TEMPLATE, number=1)
        await camera.answer(TEMPLATE, number=2)
        await at.at("done")
        assert len(at.visitors.store.templates()) == 1, "the first request was over"


async def test_without_a_camera_the_consent_is_there_and_the_face_comes_another_day(folder: Path) -> None:
    async with counter(folder) as at:
        await at.proven()
        screen = await at.agree("face_id")
        assert (screen.step, screen.face, screen.given) == ("face", "away", ["face_id"])
        await at.shop.done("agree_leave")
        async with a_camera(folder, at) as camera:
            assert (await at.proven()).may_look
            await at.shop.done("agree_look")
            await camera.answer(TEMPLATE)
            await at.at("done")
        assert len(at.visitors.store.templates()) == 1


async def test_a_camera_that_goes_away_is_said_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_person, "LOOK_FOR_S", 0.2)
    monkeypatch.setattr(in_person, "ANSWER_WITHIN_S", 0.1)
    async with counter(folder) as at:
        async with a_camera(folder, at):
            await at.proven()
            await at.agree("face_id")
            assert at.screen.face == "looking"
        await at.shop.until(lambda view: view.agree and view.agree.face == "away")
        async with a_camera(folder, at) as camera:
            await at.shop.done("agree_look")
            await at.shop.until(lambda view: view.agree and view.agree.face == "nobody")
            await camera.answer(TEMPLATE)
            await at.shop.sold(CLAY)
        assert at.visitors.store.templates() == [], "an answer that came too late is nobody's"


async def test_a_face_whose_asker_left_is_not_kept(folder: Path) -> None:
    async with counter(folder) as at, a_camera(folder, at) as camera:
        await at.proven()
        await at.agree("face_id")
        await at.shop.wait(lambda: camera.asked)
        desk = at.shop.till().in_person
        assert desk is not None
        desk.leave()
        # In the same turn of the loop: no task has heard of the leaving yet.
        await at.visitors.enrolments.answered(camera.asked[0].request, camera_messages.unpacked(TEMPLATE), "")
        assert at.visitors.store.templates() == []
        await camera.answer(TEMPLATE)
        await at.shop.sold(CLAY)
        assert at.visitors.store.templates() == []


async def test_in_russia_no_box_is_about_the_face_and_no_template_is_asked_for(folder: Path) -> None:
    async with counter(folder, "RU") as at, a_camera(folder, at) as camera:
        screen = await at.proven()
        assert [one.purpose for one in screen.offered] == ["analytics", "marketing"]
        assert "572-ФЗ" in screen.faces_why
        assert (await at.shop.done("agree_language", language="en")).agree.faces_why.startswith("Face identification")  # type: ignore[union-attr]
        assert await at.refused("agree_give", agreed=["face_id:0123456789abcdef"]) == "agree_text_changed"
        done = await at.agree("analytics", "marketing")
        assert (done.step, done.may_look, done.face) == ("done", False, "")
        assert await at.refused("agree_look") == "agree_gone"
        assert (camera.asked, camera.members, at.visitors.store.templates()) == ([], [], [])


async def test_the_screen_does_not_print_a_number(folder: Path) -> None:
    async with counter(folder) as at:
        screen = await at.proven()
        desk = at.shop.till().in_person
        assert desk is not None
        assert desk.now is not None
        assert PHONE not in repr(screen)
        assert PHONE not in repr(desk.now)
        assert screen.tail == PHONE[-4:]
