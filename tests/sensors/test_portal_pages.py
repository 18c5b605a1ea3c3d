"""The guests' page: the internet for nothing, empty boxes, texts recorded as read, and the way back."""

from __future__ import annotations

import json
import logging
import re
from hashlib import sha256
from pathlib import Path

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.association.floor import Point
from sensors.association.portal.desk import MINUTE_MS
from sensors.association.portal.room import MOST_BYTES
from sensors.association.portal.words import PURPOSES, WORDS
from sensors.association.pseudonyms import day_key, returning_key
from sensors.association_messages import Came, Exports, Gives, Lists, Withdraws
from sensors.consent.facts import Purpose
from sensors.consent.proving import PROVEN_MS
from sensors.consent.texts import TEXTS
from tests.sensors.association_samples import ADDRESS, NETWORK, SALT, TENANT, traces
from tests.sensors.portal_stage import DAYS, HOST, Page, Stage

MAC = ADDRESS.hex(":")
REDIRECT = {"ap": "94:2a:6f:d0:30:57", "id": MAC, "t": "1742398732", "url": "http://evil.example/", "ssid": NETWORK}
PHONE = "+79261234567"


async def opened(client: httpx.AsyncClient, lang: str = "ru", redirect: dict[str, str] | None = None) -> Page:
    told = REDIRECT if redirect is None else redirect
    said = await client.get("/guest/s/default/", params={**told, "lang": lang})
    assert said.status_code == 200
    return Page(said.text)


async def agree(
    client: httpx.AsyncClient, page: Page, purposes: list[Purpose], phone: str = PHONE, **other: str
) -> httpx.Response:
    form: dict[str, str | list[str]] = {
        "visitor": page.value("visitor"),
        "phone": phone,
        "agree": [one.value for one in purposes],
    }
    form |= {one["name"]: one["value"] for one in page.inputs if one.get("name", "").startswith("text_")}
    return await client.post("/agree", data={**form, **other})


async def agreed(stage: Stage, client: httpx.AsyncClient, purposes: list[Purpose], lang: str = "ru") -> httpx.Response:
    page = await opened(client, lang)
    assert (await agree(client, page, purposes)).status_code == 200
    return await client.post("/agree/code", data={"visitor": page.value("visitor"), "code": stage.code()})


@pytest.mark.anyio
async def test_the_internet_is_there_without_a_box_a_number_or_a_code() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        said = await client.post("/online", data={"visitor": page.value("visitor")})
        assert said.status_code == 200
        assert WORDS["online"].ru in said.text
        assert stage.gate.admitted == [HOST]
    assert (stage.agent.asked, stage.sms.sent) == ([], [])


@pytest.mark.anyio
async def test_refusing_the_boxes_changes_nothing_about_the_internet() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        said = await agree(client, page, [])
        assert (said.status_code, WORDS["nothing_ticked"].ru in said.text) == (422, True)
        assert "/online" in Page(said.text).actions, "the way onto the internet is on this page too"
        code = await agree(client, page, [Purpose.MARKETING])
        assert "/online" in Page(code.text).actions
        await client.post("/online", data={"visitor": page.value("visitor")})
        assert stage.gate.admitted == [HOST]


@pytest.mark.anyio
@pytest.mark.parametrize("lang", ["ru", "en"])
async def test_boxes_are_empty_one_a_purpose_and_the_text_is_what_is_hashed(lang: str) -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client, lang)
    assert page.language == lang
    assert [box["value"] for box in page.boxes()] == [one.value for one in DAYS]
    assert not [box for box in page.boxes() if "checked" in box]
    for purpose in DAYS:
        text = page.by_id[f"text-{purpose.value}"]
        assert sha256(text.encode()).hexdigest() == page.value(f"text_{purpose.value}")
        assert "ООО «Игрушки»" in text
        assert str(DAYS[purpose]) in text
        assert PURPOSES[purpose].in_(lang) in page.text
    assert page.text.count("2026-11") == len(DAYS), "each version is shown"
    assert "face_id" not in page.text
    assert WORDS["name"].in_(lang) in page.text
    assert page.value("name") == ""


@pytest.mark.anyio
@pytest.mark.parametrize("lang", ["ru", "en"])
async def test_a_guest_agrees_and_the_agent_is_told_what_was_read(lang: str) -> None:
    stage = Stage()
    async with stage.client() as client:
        said = await agreed(stage, client, [Purpose.WIFI_ID, Purpose.ANALYTICS], lang)
        assert (said.status_code, WORDS["done"].in_(lang) in said.text) == (200, True)
    (gives,) = stage.agent.asked
    assert isinstance(gives, Gives)
    assert [one.purpose for one in gives.agreements] == [Purpose.WIFI_ID, Purpose.ANALYTICS]
    for one in gives.agreements:
        words = TEXTS[one.purpose][one.text_version].in_(lang)
        text = words.format(controller=gives.controller, days=one.retention_days)
        assert one.text_hash == sha256(text.encode()).hexdigest()
        assert one.locale == lang
    assert len({one.consent_id for one in gives.agreements}) == 2
    assert (gives.phone, gives.controller) == (PHONE, "ООО «Игрушки»")
    assert gives.key == returning_key(TENANT, NETWORK, ADDRESS)
    assert gives.was == day_key(SALT, NETWORK, ADDRESS)
    (came,) = stage.shop.told()
    assert isinstance(came, Came)
    assert (came.sighting.key, came.agreed, came.was) == (gives.key, True, gives.was)
    stage.shop.floor.joined(Point("hall", "hall"), "s", NETWORK, ADDRESS, stage.clock())
    assert stage.shop.moves() == [("came", True, gives.key)], "from now on it returns"


@pytest.mark.anyio
async def test_a_name_is_given_by_who_likes_and_is_one_line_of_text() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        for wrong in ("Анна\u202e", "x" * 41, "a\x00b"):
            said = await agree(client, page, [Purpose.MARKETING], name=wrong)
            assert (said.status_code, WORDS["name_wrong"].ru in said.text) == (422, True)
            again = Page(said.text)
            assert again.value("phone") == PHONE
            assert [box["value"] for box in again.boxes() if "checked" in box] == ["marketing"]
        assert stage.sms.sent == []
        said = await agree(client, page, [Purpose.MARKETING], phone="12", name="<b>Аня")
        assert "&lt;b&gt;Аня" in said.text
        await agree(client, page, [Purpose.MARKETING], name="  Анна \t Сергеевна ")
        await client.post("/agree/code", data={"visitor": page.value("visitor"), "code": stage.code()})
    (gives,) = stage.agent.asked
    assert isinstance(gives, Gives)
    assert gives.name == "Анна Сергеевна"
    assert "Анна" not in repr(gives)


@pytest.mark.anyio
async def test_without_the_wifi_box_no_device_is_told() -> None:
    stage = Stage()
    async with stage.client() as client:
        await agreed(stage, client, [Purpose.MARKETING])
    (gives,) = stage.agent.asked
    assert isinstance(gives, Gives)
    assert (gives.key, gives.was) == ("", "")
    assert stage.shop.floor.known == frozenset()
    assert stage.shop.told() == []


@pytest.mark.anyio
@pytest.mark.parametrize("redirect", [{}, {"id": "nobody"}, {**REDIRECT, "id": "ff:ff:ff:ff:ff:ff"}])
async def test_a_device_nobody_knows_is_not_offered_to_be_known(redirect: dict[str, str]) -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client, redirect=redirect)
        assert [box["value"] for box in page.boxes()] == ["marketing", "analytics"]
        said = await agree(client, page, [Purpose.WIFI_ID], text_wifi_id="0" * 64)
        assert said.status_code == 422, "a box that was not there is not ticked"


@pytest.mark.anyio
async def test_a_forged_device_is_not_offered_and_gets_the_internet() -> None:
    stage = Stage()
    stage.gate.proves = False
    async with stage.client() as client:
        page = await opened(client)
        assert "wifi_id" not in [box["value"] for box in page.boxes()]
        assert (await client.post("/online", data={"visitor": page.value("visitor")})).status_code == 200


@pytest.mark.anyio
async def test_a_text_that_was_not_shown_is_not_agreed_to() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        for hash in ("0" * 64, "", page.value("text_analytics")):
            said = await agree(client, page, [Purpose.MARKETING], text_marketing=hash)
            assert (said.status_code, WORDS["text_changed"].ru in said.text) == (409, True)
    assert stage.sms.sent == []


@pytest.mark.anyio
async def test_a_wrong_number_keeps_the_persons_own_ticks() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        said = await agree(client, page, [Purpose.MARKETING], phone="12<b>")
        again = Page(said.text)
        assert said.status_code == 422
        assert [box["value"] for box in again.boxes() if "checked" in box] == ["marketing"]
        assert again.value("phone") == "12<b>"
        assert "<b>" not in said.text


@pytest.mark.anyio
async def test_codes_that_are_wrong_and_codes_that_are_dead() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        token = page.value("visitor")
        early = await client.post("/agree/code", data={"visitor": token, "code": "000000"})
        assert early.status_code == 409
        await agree(client, page, [Purpose.MARKETING])
        wrong = f"{(int(stage.code()) + 1) % 10**6:06d}"
        said = [
            (await client.post("/agree/code", data={"visitor": token, "code": wrong})).status_code for _ in range(5)
        ]
        assert said == [422, 422, 422, 422, 409]
        right = await client.post("/agree/code", data={"visitor": token, "code": stage.code()})
        assert right.status_code == 409
    assert stage.agent.asked == []


@pytest.mark.anyio
async def test_an_agent_that_is_away_is_said_and_tried_again_with_the_same_ids() -> None:
    stage = Stage()
    stage.agent.away = True
    async with stage.client() as client:
        page = await opened(client)
        token = page.value("visitor")
        await agree(client, page, [Purpose.WIFI_ID])
        said = await client.post("/agree/code", data={"visitor": token, "code": stage.code()})
        assert (said.status_code, WORDS["agent_away"].ru in said.text) == (503, True)
        assert WORDS["done"].ru not in said.text
        assert stage.shop.floor.known == frozenset()
        stage.agent.away = False
        said = await client.post("/agree/code", data={"visitor": token})
        assert (said.status_code, WORDS["done"].ru in said.text) == (200, True)
        first, second = stage.agent.asked
        assert first == second
        again = await client.post("/agree/code", data={"visitor": token, "code": stage.code()})
        assert again.status_code == 409, "done is done"
    assert len(stage.agent.books.gives) == 1


@pytest.mark.anyio
async def test_while_the_agent_is_off_no_box_is_offered_and_no_code_is_sent() -> None:
    stage = Stage()
    async with stage.client() as client:
        before = await opened(client)
        stage.agent.there = False
        page = await opened(client)
        assert (page.boxes(), WORDS["agent_away_now"].ru in page.text) == ([], True)
        assert (await client.post("/online", data={"visitor": page.value("visitor")})).status_code == 200
        assert (await agree(client, before, [Purpose.MARKETING])).status_code == 503
        token = Page((await client.get("/my")).text).value("visitor")
        assert (await client.post("/my", data={"visitor": token, "phone": PHONE})).status_code == 503
    assert stage.sms.sent == []


@pytest.mark.anyio
async def test_what_the_agent_refuses_is_not_called_done() -> None:
    stage = Stage()
    stage.agent.books.refuses = "other_text"
    async with stage.client() as client:
        said = await agreed(stage, client, [Purpose.WIFI_ID])
    assert said.status_code == 409
    assert "Показан другой текст согласия." in said.text
    assert stage.shop.floor.known == frozenset()


@pytest.mark.anyio
async def test_a_shop_without_room_is_said_and_tried_again_with_the_same_ids() -> None:
    stage = Stage()
    stage.agent.books.refuses = "no_room"
    async with stage.client() as client:
        page = await opened(client)
        token = page.value("visitor")
        await agree(client, page, [Purpose.WIFI_ID])
        said = await client.post("/agree/code", data={"visitor": token, "code": stage.code()})
        assert (said.status_code, WORDS["refused_no_room"].ru in said.text) == (503, True)
        assert stage.shop.floor.known == frozenset()
        stage.agent.books.refuses = ""
        said = await client.post("/agree/code", data={"visitor": token})
        assert (said.status_code, WORDS["done"].ru in said.text) == (200, True)
    first, second = stage.agent.asked
    assert first == second


@pytest.mark.anyio
async def test_consents_are_seen_withdrawn_and_data_taken_home() -> None:
    stage = Stage()
    async with stage.client() as client:
        await agreed(stage, client, [Purpose.WIFI_ID, Purpose.MARKETING])
        page = Page((await client.get("/my", params={"lang": "ru"})).text)
        token = page.value("visitor")
        for path in ("/my/withdraw", "/my/export"):
            assert (await client.post(path, data={"visitor": token})).status_code == 410, "the number first"
        await client.post("/my", data={"visitor": token, "phone": PHONE})
        listed = await client.post("/my/code", data={"visitor": token, "code": stage.code()})
        boxes = Page(listed.text).boxes()
        assert [box["name"] for box in boxes] == ["consent", "consent"]
        assert not [box for box in boxes if "checked" in box]
        assert "Я согласен получать предложения" in listed.text
        nothing = await client.post("/my/withdraw", data={"visitor": token, "consent": ["f" * 32]})
        assert WORDS["withdrawn_none"].ru in nothing.text, "nobody else's consent can be named"
        took = await client.post("/my/withdraw", data={"visitor": token, "consent": boxes[0]["value"]})
        assert "Согласие отозвано" in took.text
        assert [box["value"] for box in Page(took.text).boxes()] == [boxes[1]["value"]]
        data = await client.post("/my/export", data={"visitor": token})
        assert data.headers["content-type"] == "application/json"
        assert "attachment" in data.headers["content-disposition"]
        assert json.loads(data.text) == {"format": "tillkeeper-person-1"}
        stage.clock.now_ms += PROVEN_MS
        assert (await client.post("/my/export", data={"visitor": token})).status_code == 410
    kinds = [type(one) for one in stage.agent.asked]
    assert kinds == [Gives, Lists, Lists, Withdraws, Lists, Exports]
    assert {one.phone for one in stage.agent.asked} == {PHONE}


@pytest.mark.anyio
async def test_a_number_nobody_knows_looks_the_same_until_it_is_proven() -> None:
    pages = []
    for known in (True, False):
        stage = Stage()
        async with stage.client() as client:
            if known:
                await agreed(stage, client, [Purpose.MARKETING])
            token = Page((await client.get("/my?lang=ru")).text).value("visitor")
            said = await client.post("/my", data={"visitor": token, "phone": PHONE})
            pages.append(said.text.replace(token, ""))
            listed = await client.post("/my/code", data={"visitor": token, "code": stage.code()})
            assert (WORDS["none_standing"].ru in listed.text) is not known
    assert pages[0] == pages[1]


@pytest.mark.anyio
async def test_a_withdrawal_without_an_answer_is_not_called_done() -> None:
    stage = Stage()
    async with stage.client() as client:
        await agreed(stage, client, [Purpose.MARKETING])
        token = Page((await client.get("/my?lang=en")).text).value("visitor")
        await client.post("/my", data={"visitor": token, "phone": PHONE})
        listed = await client.post("/my/code", data={"visitor": token, "code": stage.code()})
        consent = Page(listed.text).boxes()[0]["value"]
        stage.agent.away = True
        for path in ("/my/withdraw", "/my/export"):
            said = await client.post(path, data={"visitor": token, "consent": consent})
            assert (said.status_code, WORDS["agent_away_mine"].en in said.text) == (503, True)


@pytest.mark.anyio
async def test_limits_are_told_and_pages_are_bounded() -> None:
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        for _ in range(3):
            assert (await agree(client, page, [Purpose.MARKETING])).status_code == 200
        said = await agree(client, page, [Purpose.MARKETING])
        assert (said.status_code, WORDS["too_many"].ru in said.text) == (429, True)
        pages = [(await client.get("/?lang=ru")).status_code for _ in range(70)]
        assert set(pages[:50]) == {200}
        assert pages[-1] == 429
        stage.clock.now_ms += 10 * MINUTE_MS
        assert (await client.get("/")).status_code == 200
    stage.sms.away = True
    stage.clock.now_ms += 15 * MINUTE_MS
    async with stage.client() as client:
        said = await agree(client, await opened(client), [Purpose.MARKETING], phone="+79260000001")
        assert WORDS["gateway_away"].ru in said.text


@pytest.mark.anyio
async def test_a_network_that_does_not_open_is_said() -> None:
    stage = Stage()
    stage.gate.away = True
    async with stage.client() as client:
        page = await opened(client)
        said = await client.post("/online", data={"visitor": page.value("visitor")})
        assert (said.status_code, WORDS["not_admitted"].ru in said.text) == (503, True)


@pytest.mark.anyio
async def test_a_token_of_another_device_is_of_no_use() -> None:
    stage = Stage()
    async with stage.client() as client, stage.client("192.168.10.66") as thief:
        page = await opened(client)
        for path in ("/online", "/agree", "/agree/code", "/my", "/my/code", "/my/withdraw", "/my/export"):
            for told in ({"visitor": page.value("visitor")}, {}, {"visitor": "x"}):
                assert (await thief.post(path, data=told)).status_code == 410
    assert stage.gate.admitted == []


@pytest.mark.anyio
async def test_pages_load_nothing_keep_nothing_and_are_framed_by_nobody() -> None:
    stage = Stage()
    async with stage.client() as client:
        said = await client.get("/", params=REDIRECT)
        assert "set-cookie" not in said.headers
        assert said.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in said.headers["content-security-policy"]
        assert said.headers["referrer-policy"] == "no-referrer"
        page = Page(said.text)
        assert "script" not in page.tags
        assert all(link.startswith("/") for link in page.links)
        assert "evil.example" not in "".join(link for link in page.links if not link.startswith("/?"))
        css = await client.get("/portal.css")
        assert (css.status_code, "url(" in css.text, "@import" in css.text) == (200, False, False)
        elsewhere = await client.get("/generate_204", follow_redirects=False)
        assert (elsewhere.status_code, elsewhere.headers["location"]) == (302, "/")


@pytest.mark.anyio
async def test_every_field_has_its_label_and_every_description_is_there() -> None:
    stage = Stage()
    async with stage.client() as client:
        first = await opened(client)
        texts = [first.text, (await agree(client, first, [Purpose.MARKETING])).text, (await client.get("/my")).text]
    for text in texts:
        page = Page(text)
        assert page.tags.count("h1") == 1
        for one in page.inputs:
            if one.get("type") == "hidden":
                continue
            assert one["labelled"] == "True" or one.get("id") in page.labels_for
            assert page.by_id[one["aria-describedby"]].strip()


@pytest.mark.anyio
async def test_the_language_follows_the_browser_and_the_link() -> None:
    stage = Stage()
    async with stage.client() as client:
        for accept, language in (("en-GB,en;q=0.9", "en"), ("de, ru;q=0.5", "ru"), ("ja", "ru"), ("", "ru")):
            said = await client.get("/", headers={"accept-language": accept}, params=REDIRECT)
            assert Page(said.text).language == language
        other = next(link for link in Page(said.text).links if "lang=en" in link and "id=" in link)
        page = Page((await client.get(other)).text)
        assert page.language == "en"
        assert "wifi_id" in [box["value"] for box in page.boxes()], "the device is not lost with the language"
        assert Page((await client.get("/?lang=xx")).text).language == "ru"


@settings(max_examples=60)
@given(
    path=st.sampled_from(["/online", "/agree", "/agree/code", "/my", "/my/code", "/my/withdraw", "/my/export"]),
    body=st.binary(max_size=200),
    fields=st.dictionaries(
        st.sampled_from(["phone", "code", "agree", "consent", "text_marketing"]), st.text(), max_size=5
    ),
)
def test_any_form_is_answered(path: str, body: bytes, fields: dict[str, str]) -> None:
    async def post() -> None:
        stage = Stage()
        async with stage.client() as client:
            assert (await client.post(path, content=body)).status_code == 410
            token = (await opened(client)).value("visitor")
            clean = {name: value.encode("utf-8", "ignore").decode() for name, value in fields.items()}
            said = await client.post(path, data={"visitor": token, **clean})
            assert said.status_code < 500
            assert stage.agent.asked == []

    anyio.run(post)


@pytest.mark.anyio
async def test_a_body_without_end_and_a_query_without_end() -> None:
    stage = Stage()
    async with stage.client() as client:
        assert (await client.post("/agree", content=b"x" * (MOST_BYTES + 1))).status_code == 410
        assert (await client.get("/", params={"id": "x" * 5_000, "ssid": "y" * 5_000})).status_code == 200


@pytest.mark.anyio
async def test_no_number_device_or_code_is_in_a_log_or_a_pulse(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tillkeeper")
    stage = Stage()
    async with stage.client() as client:
        page = await opened(client)
        await agree(client, page, [Purpose.MARKETING], name="Евпраксия")
        token = page.value("visitor")
        held = repr(vars(stage.room.desk)) + repr(stage.visitors._visitors[token]) + repr(stage.agent.asked)
        await client.post("/agree/code", data={"visitor": token, "code": stage.code()})
        held += repr(stage.agent.asked)
    written = (caplog.text + json.dumps(stage.shop.counts.told()) + held).encode()
    assert traces([MAC, PHONE, PHONE[2:], stage.code(), NETWORK], written) == []
    assert "Евпраксия".encode() not in written
    assert stage.shop.outbox.next() == b""


SENTENCE_MOST = 14
BANNED = {"ru": ("ошибка", "неверно", "пожалуйста"), "en": ("error", "invalid", "please", "oops")}


def test_words_are_short_in_both_languages_and_blame_nobody() -> None:
    for word, words in WORDS.items():
        for language in ("ru", "en"):
            text = words.in_(language)
            assert text, word
            assert "!" not in text
            assert not [one for one in BANNED[language] if one in text.lower()], (word, text)
            for sentence in text.replace("?", ".").replace(":", ".").split("."):
                assert len(sentence.split()) <= SENTENCE_MOST, (word, sentence)
    assert set(PURPOSES) == set(Purpose)


def test_the_styles_are_the_houses_colours() -> None:
    tokens = (Path(__file__).resolve().parents[2] / "agent/web/kit/tokens.css").read_text("utf-8")
    style = (Path(__file__).resolve().parents[2] / "sensors/association/portal/portal.css").read_text("utf-8")
    light, dark = (set(re.findall(r"--(\w+): (#[0-9A-F]{6});", part)) for part in re.split("@media", style)[:2])
    house = set(re.findall(r"--(\w+): (#[0-9A-F]{6});", tokens))
    assert len(light) == len(dark) == 10
    assert light | dark <= house
