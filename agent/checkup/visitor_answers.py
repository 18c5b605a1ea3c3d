"""What the running agent says of the shop's visitors, asked through its own API on loopback; and what to make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import msgspec

from agent.checkup.agent_answers import ASK_WITHIN_S, note_words
from agent.checkup.finding import Finding, attention, broken, fine
from agent.settings import Settings
from agent.visitors.view import SensorView, VisitorsView

SAFE = ("Касса продаёт, датчики ей не нужны.", "The till sells; it needs no sensor.")
NO_SENSORS = "no_sensors"


class Problem(msgspec.Struct):
    """What the agent answers instead of what was asked for."""

    problem: str


@dataclass(frozen=True, slots=True)
class NoDay:
    """There are no figures, and why: `sensors` False where the shop has none, True where nobody answers for them."""

    sensors: bool
    why: str = ""


def agents_url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


async def ask_visitors(url: str) -> VisitorsView | NoDay:
    """`url`: of the agent, without a path."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=ASK_WITHIN_S) as client:
            answer = await client.get(f"{url.rstrip('/')}/api/visitors")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return NoDay(sensors=True, why=str(error) or type(error).__name__)
    try:
        if answer.status_code == 200:
            return msgspec.json.decode(answer.content, type=VisitorsView)
        problem = msgspec.json.decode(answer.content, type=Problem).problem
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = ""
    return NoDay(sensors=problem != NO_SENSORS, why=f"HTTP {answer.status_code}")


def visitor_findings(told: VisitorsView | NoDay) -> list[Finding]:
    """Of a shop that has section [visitors] and whose agent runs. Each silent sensor is one."""
    if isinstance(told, NoDay):
        what = (
            "датчики настроены, а агент о них не знает.",
            "sensors are configured, and the agent does not know of them.",
        )
        do = ("Перезапустите агента с этими настройками.", "Restart the agent with this configuration.")
        return [attention("sensors", what, do, SAFE)]
    if not told.sensors:
        what = ("раздел [visitors] есть, датчики не подключались.", "section [visitors] is there, no sensor connected.")
        do = ("Запустите программы датчиков.", "Start the sensors' programs.")
        return [attention("sensors", what, do, SAFE)]
    return [*(_sensor(one) for one in told.sensors), *_dropped(told)]


def sensor_words(one: SensorView) -> tuple[str, str]:
    """Name, kind and state, in both languages."""
    words = note_words({"code": one.code, "params": one.params})
    kinds = {"radar": "радар", "camera": "камера", "association": "гости Wi-Fi"}
    return f"{one.id} ({kinds.get(one.kind, one.kind)}): {words.ru}", f"{one.id} ({one.kind}): {words.en}"


def _sensor(one: SensorView) -> Finding:
    about, (ru, en) = f"sensor:{one.id}", sensor_words(one)
    if one.state == "ok":
        return fine(about, f"{ru}.", f"{en}.")
    words = note_words({"code": one.code, "params": one.params}, "do")
    do = (words.ru, words.en)
    finding = broken if one.state == "down" else attention
    return finding(about, (f"{ru}.", f"{en}."), do, SAFE)


def _dropped(told: VisitorsView) -> Iterator[Finding]:
    if told.dropped:
        what = (f"сведений о визитах пропущено: {told.dropped}.", f"facts about visits left out: {told.dropped}.")
        do = ("Освободите место на диске, проверьте связь с офисом.", "Make room on the disk, see to the way to HQ.")
        yield attention("sensors", what, do, ("Чеки целы.", "Receipts are safe."))
