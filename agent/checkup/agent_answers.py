"""What the running agent says of its devices, queues and cases, asked through its own API: it holds the wires."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from agent.checkup.device_findings import clock_findings
from agent.checkup.finding import Finding, Words, attention, broken, fine
from agent.checkup.ofd_way import ofd_finding
from agent.settings import Settings

ASK_WITHIN_S = 5.0
TEXTS = Path(__file__).resolve().parent.parent / "web" / "kit" / "texts"
SAFE = ("Остальное на кассе работает.", "The rest of the till works.")


async def ask_agent(settings: Settings) -> dict[str, Any] | None:
    """The agent's status, or None when it does not answer."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=ASK_WITHIN_S) as client:
            answer = await client.get(f"http://{host}:{settings.port}/api/status")
            status: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    except (httpx.HTTPError, ValueError):
        return None
    return status or None


def agent_findings(settings: Settings, status: dict[str, Any] | None, pid: int) -> list[Finding]:
    """`pid` is the process that holds the data directory."""
    if status is None:
        what = (
            f"процесс {pid} держит данные, но на порту {settings.port} не отвечает.",
            f"process {pid} holds the data, but does not answer on port {settings.port}.",
        )
        do = ("Перезапустите агента.", "Restart the agent.")
        return [broken("agent", what, do, ("Записанное цело.", "What is written is safe."))]
    found = [fine("agent", f"работает, процесс {pid}.", f"runs, process {pid}.")]
    seen: set[str] = set()
    for device in status.get("devices", []):
        if device["id"] not in seen:
            seen.add(device["id"])
            found.append(_device(settings, device))
    for clock in status.get("clocks", []):
        device = settings.devices.get(clock["device"])
        where = f"{device.name} ({device.driver.title}, {device.address})" if device else str(clock["device"])
        found += clock_findings(where, dt.timedelta(seconds=int(clock["ahead_s"])))
    for way in status.get("leaves", []):
        if way["id"].startswith("ofd/"):
            found.append(_ofd(settings, way, int(status["now_ms"])))
    for case in status.get("cases", []):
        words = note_words(case.get("note"))
        found.append(
            attention(
                "sales",
                (f"{case['till_name']}: {words.ru}", f"{case['till_name']}: {words.en}"),
                (
                    "Откройте страницу статуса: там видно, что касса делает.",
                    "Open the status page: it says what goes on.",
                ),
                ("Второй раз ничего не спишется и не пробьётся.", "Nothing is charged or made twice."),
            )
        )
    found += [_asked(alarm) for alarm in status.get("alarms", []) if alarm["code"] == "old_money"]
    if not status.get("cases"):
        found.append(fine("sales", "дел, ждущих человека, нет.", "nothing waits for a person."))
    return found


def _asked(alarm: dict[str, Any]) -> Finding:
    """Money of before a kiosk was restored, which only a person can decide about."""
    what, do, safe = note_words(alarm), note_words(alarm, "do"), note_words(alarm, "safe")
    return attention("kiosks", (what.ru, what.en), (do.ru, do.en), (safe.ru, safe.en))


def _device(settings: Settings, told: dict[str, Any]) -> Finding:
    about = f"device:{told['id']}"
    configured = settings.devices.get(told["id"])
    address = f", {configured.address}" if configured else ""
    where = f"{told['name']} ({told['model']}{address})"
    if told["state"] in ("ok", "busy"):
        return fine(about, f"{where}: работает.", f"{where}: works.")
    words = note_words(told.get("note"))
    what = (f"{where}: {words.ru}", f"{where}: {words.en}")
    do = ("Проверьте питание, кабель и экран устройства.", "Check the device's power, cable and display.")
    return broken(about, what, do, SAFE) if told["state"] == "down" else attention(about, what, do, SAFE)


def _ofd(settings: Settings, way: dict[str, Any], now_ms: int) -> Finding:
    till = next((till for till in settings.tills if f"ofd/{till.id}" == way["id"]), None)
    register = settings.devices[till.register] if till is not None else None
    if register is None:
        return fine(way["id"], "касса не из этих настроек.", "the till is not of this configuration.")
    queue = way["queue"]
    oldest = int(queue["oldest_ms"])
    age = dt.timedelta(milliseconds=max(0, now_ms - oldest)) if oldest else None
    return ofd_finding(register.id, register.name, register.address, int(queue["waiting"]), age)


def note_words(note: dict[str, Any] | None, part: str = "what") -> Words:
    """The page's words for a code; the code itself where they need more than plain places to fill. `part`: what, safe
    or do."""
    if not note:
        return Words("не работает", "does not work")
    params = {name: str(value) for name, value in note.get("params", {}).items()}
    return Words(*(_filled(language, str(note["code"]), params, part) for language in ("ru", "en")))


def _filled(language: str, code: str, params: dict[str, str], part: str) -> str:
    """Optional parts, [[…]], are left out: a terminal's line does without them."""
    template = re.sub(r"\[\[.*?\]\]", "", str(_notes(language).get(code, {}).get(part, "")))
    detail = params.get("detail", "")
    try:
        said = template.format_map(params)
    except (KeyError, ValueError, IndexError, AttributeError):
        said = ""
    return " ".join(part for part in (said or code, f"[{detail}]" if detail and detail not in said else "") if part)


def figure_words(said: str) -> Words:
    """The page's words beside a figure of the visitors, or instead of it."""
    return _visitor_words("said", said)


def aside_words(why: str) -> Words:
    """Why a visit is not counted."""
    return _visitor_words("set_aside", why)


def _visitor_words(of: str, code: str) -> Words:
    told = (_texts(language)["visitors"][of] for language in ("ru", "en"))
    return Words(*(str(words.get(code, code)) for words in told))


def _notes(language: str) -> dict[str, Any]:
    notes: dict[str, Any] = _texts(language)["notes"]
    return notes


@cache
def _texts(language: str) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return texts
