"""One screen for each step of a shopper who agrees to be known, with the house's own texts."""

from __future__ import annotations

from typing import Any

from agent.guest_view import AgreeScreen, AgreeText
from agent.visitors.in_person import PURPOSES, SHORT_HASH
from sensors.consent.countries import RU
from sensors.consent.facts import Purpose
from sensors.consent.texts import RETENTION_DAYS, latest, shown

CONTROLLER = "ООО «Игротека»"
NOW_MS = 1_795_260_733_000
DAY_MS = 86_400_000


def text(purpose: Purpose, locale: str = "ru", consent: str = "", given_ms: int = 0) -> AgreeText:
    made = shown(purpose, latest(purpose), locale, CONTROLLER, RETENTION_DAYS[purpose])
    return AgreeText(purpose.value, made.version, made.hash[:SHORT_HASH], made.text, consent, given_ms)


def offered(*purposes: Purpose, locale: str = "ru") -> list[AgreeText]:
    return [text(one, locale) for one in purposes]


def standing(*purposes: Purpose) -> list[AgreeText]:
    return [text(one, "ru", f"c-{one.value}", NOW_MS - 9 * DAY_MS) for one in purposes]


def agree(step: str, **more: Any) -> AgreeScreen:
    facts: dict[str, Any] = {
        "step": step,
        "tail": "" if step == "phone" else "4567",
        "message": "" if step == "phone" else "sent",
        "until_ms": NOW_MS + 300_000,
        "since_ms": NOW_MS - 3_000,
        "offered": [],
        "standing": [],
        "faces_why": "",
        "name": "",
        "given": [],
        "face": "",
        "may_look": False,
        "said": "",
    }
    return AgreeScreen(**(facts | more))


ANALYTICS, MARKETING, FACE = PURPOSES
AGREE = {
    "agree_phone": agree("phone"),
    "agree_code": agree("code"),
    "agree_sending": agree("code", message="sending"),
    "agree_not_sent": agree("code", message="not_sent"),
    "agree_undeliverable": agree("code", message="undeliverable"),
    "agree_choose": agree("choose", offered=offered(*PURPOSES)),
    "agree_choose_ru": agree("choose", offered=offered(ANALYTICS, MARKETING), faces_why=RU.why.ru),
    "agree_choose_en": agree("choose", offered=offered(*PURPOSES, locale="en")),
    "agree_standing": agree(
        "choose",
        offered=offered(MARKETING),
        standing=standing(ANALYTICS, FACE),
        name="Анна",
        may_look=True,
        said="agree_withdrawn",
    ),
    "agree_all_stand": agree(
        "choose", standing=standing(ANALYTICS, MARKETING, Purpose.WIFI_ID), name="Анна", faces_why=RU.why.ru
    ),
    "agree_no_room": agree("choose", offered=offered(*PURPOSES), said="agree_no_room"),
    "agree_keeping": agree("keeping"),
    "agree_looking": agree("face", face="looking", until_ms=NOW_MS + 17_000, given=["face_id"], may_look=True),
    "agree_several": agree("face", face="several", given=["face_id"], may_look=True),
    "agree_nobody": agree("face", face="nobody", given=["face_id"], may_look=True),
    "agree_camera_away": agree("face", face="away", given=["face_id"], may_look=True),
    "agree_not_made": agree("face", face="not_made", given=["face_id"], may_look=True),
    "agree_done": agree("done", given=["analytics", "face_id"], face="seen"),
}
