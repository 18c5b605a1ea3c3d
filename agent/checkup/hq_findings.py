"""The way to HQ: does it answer, does it know our key, and is its clock ours. Nothing is pushed.

HQ looks at the key before anything else, so a question for a stream that does not exist tells: 401, the key is unknown;
404 `unknown_stream`, it is known.
"""

from __future__ import annotations

import datetime as dt
import email.utils

import httpx
import msgspec

from agent.checkup.finding import Finding, attention, broken, fine
from agent.settings import HqSettings
from sync.wire.edge_log import Problem

ASK_WITHIN_S = 5.0
"""A person waits for the doctor; a till would wait longer."""
SKEW = dt.timedelta(minutes=2)
"""Receipts in the office would stand at a wrong minute; more is a clock that nobody sets."""
NO_STREAM = "doctor"
SAFE = ("Касса продаёт, чеки ждут в очереди.", "The till sells; what is closed waits in the queue.")


async def hq_findings(hq: HqSettings | None, now: dt.datetime) -> list[Finding]:
    """`now` is UTC with its zone."""
    if hq is None:
        return [fine("hq", "офис не настроен.", "no HQ is configured.")]
    url = f"{hq.url.rstrip('/')}/v1/push/{NO_STREAM}"
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=ASK_WITHIN_S) as client:
            answer = await client.post(url, headers={"authorization": f"Bearer {hq.key}"}, content=b"{}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = (
            f"{hq.url} не отвечает: {error or type(error).__name__}",
            f"{hq.url} does not answer: {error or type(error).__name__}",
        )
        do = ("Проверьте сеть и адрес офиса в настройках.", "Check the network and HQ's address in the configuration.")
        return [attention("hq", what, do, SAFE)]
    if answer.status_code in (401, 403):
        what = (f"{hq.url} не знает ключ устройства {hq.device}.", f"{hq.url} does not know the key of {hq.device}.")
        do = ("Зарегистрируйте устройство в офисе или исправьте key_file.", "Enrol the device at HQ or mend key_file.")
        return [broken("hq", what, do, SAFE)]
    if answer.status_code != 404 or _code(answer.content) != "unknown_stream":
        what = (
            f"{hq.url} отвечает, но это не офис (код {answer.status_code}).",
            f"{hq.url} answers, but it is not HQ (status {answer.status_code}).",
        )
        do = (
            "Проверьте адрес; может быть, сеть просит войти.",
            "Check the address; perhaps the network wants a login.",
        )
        return [broken("hq", what, do, SAFE)]
    found = [
        fine(
            "hq",
            f"{hq.url} отвечает и принимает ключ {hq.device}.",
            f"{hq.url} answers and accepts the key of {hq.device}.",
        )
    ]
    told = _date(answer.headers.get("date", ""))
    if told is not None and abs(told - now) > SKEW:
        minutes = int((now - told).total_seconds() // 60)
        what = (f"часы расходятся с офисом на {minutes} мин.", f"this clock is {minutes} min from HQ's.")
        found.append(
            attention(
                "clock", what, ("Включите установку часов по сети (NTP).", "Set the clock over the network (NTP).")
            )
        )
    elif told is not None:
        found.append(fine("clock", "часы сходятся с офисом.", "the clock agrees with HQ's."))
    return found


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Problem).code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _date(header: str) -> dt.datetime | None:
    try:
        told = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=dt.UTC)
