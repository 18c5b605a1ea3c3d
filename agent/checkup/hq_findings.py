"""The way to HQ: does it answer, does it know our key, and is its clock ours. Nothing is pushed.

HQ looks at the key before anything else, so a question for a stream that does not exist tells: 401, the key is unknown;
404 `unknown_stream`, it is known.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from pathlib import Path

import httpx
import msgspec

from agent.checkup.finding import Finding, attention, broken, fine
from agent.hq_identity import machine_hash, who_we_are
from agent.settings import HqSettings
from sync.enrolment.kept import FILE, read, readable_by_others
from sync.store.failures import StoreError
from sync.wire.edge_log import Problem
from sync.wire.signatures import Refusal

ASK_WITHIN_S = 5.0
"""A person waits for the doctor; a till would wait longer."""
SKEW = dt.timedelta(minutes=2)
"""Receipts in the office would stand at a wrong minute; more is a clock that nobody sets."""
NO_STREAM = "doctor"
CODE_WANTED = (
    "Попросите в офисе код и дайте команду tillkeeper enroll АДРЕС КОД --config ФАЙЛ.",
    "Ask HQ for a code and run tillkeeper enroll URL CODE --config FILE.",
)
SAFE = ("Касса продаёт, чеки ждут в очереди.", "The till sells; what is closed waits in the queue.")


async def hq_findings(
    hq: HqSettings | None, now: dt.datetime, not_enrolled_at: str = "", keys: Path | None = None
) -> list[Finding]:
    """`now` is UTC with its zone. `not_enrolled_at`: the address of an HQ that knows no key of ours; `keys`: where one
    would lie."""
    if hq is None:
        return [_no_code(not_enrolled_at, keys)] if not_enrolled_at else [_none()]
    kept = _key_file(hq)
    url = f"{hq.url.rstrip('/')}/v1/push/{NO_STREAM}"
    try:
        auth = who_we_are(hq, lambda: int(now.timestamp() * 1000))
        async with httpx.AsyncClient(trust_env=False, timeout=ASK_WITHIN_S) as client:
            answer = await client.post(url, auth=auth, content=b"{}")
    except StoreError as error:
        return [broken("hq", (error.ru, error.en), CODE_WANTED, SAFE)]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = (
            f"{hq.url} не отвечает: {error or type(error).__name__}",
            f"{hq.url} does not answer: {error or type(error).__name__}",
        )
        do = ("Проверьте сеть и адрес офиса в настройках.", "Check the network and HQ's address in the configuration.")
        return [*kept, attention("hq", what, do, SAFE)]
    if answer.status_code in (401, 403) and _code(answer.content) == Refusal.REVOKED.value:
        what = (
            f"{hq.url} закрыл приём от устройства {hq.device}.",
            f"{hq.url} takes nothing from {hq.device} any more.",
        )
        return [*kept, broken("hq", what, CODE_WANTED, SAFE)]
    if answer.status_code in (401, 403):
        what = (f"{hq.url} не знает ключ устройства {hq.device}.", f"{hq.url} does not know the key of {hq.device}.")
        do = ("Зарегистрируйте устройство в офисе или исправьте key_file.", "Enrol the device at HQ or mend key_file.")
        return [*kept, broken("hq", what, CODE_WANTED if hq.keys is not None else do, SAFE)]
    if answer.status_code != 404 or _code(answer.content) != "unknown_stream":
        what = (
            f"{hq.url} отвечает, но это не офис (код {answer.status_code}).",
            f"{hq.url} answers, but it is not HQ (status {answer.status_code}).",
        )
        do = (
            "Проверьте адрес; может быть, сеть просит войти.",
            "Check the address; perhaps the network wants a login.",
        )
        return [*kept, broken("hq", what, do, SAFE)]
    found = [
        *kept,
        fine(
            "hq",
            f"{hq.url} отвечает и принимает ключ {hq.device}.",
            f"{hq.url} answers and accepts the key of {hq.device}.",
        ),
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


def _none() -> Finding:
    return fine("hq", "офис не настроен.", "no HQ is configured.")


def _no_code(url: str, keys: Path | None) -> Finding:
    try:
        if keys is not None:
            read(keys)
    except StoreError as error:
        return broken("hq", (error.ru, error.en), CODE_WANTED, SAFE)
    what = (f"{url} этой кассы ещё не знает.", f"{url} does not know this till yet.")
    return attention("hq", what, CODE_WANTED, SAFE)


def _key_file(hq: HqSettings) -> list[Finding]:
    """What is wrong with the key of an enrolled device: others may read it, or the disk was copied."""
    if hq.keys is None:
        return []
    found = []
    if readable_by_others(hq.keys):
        what = (f"{hq.keys / FILE} могут прочесть другие.", f"{hq.keys / FILE} can be read by others.")
        found.append(attention("hq", what, ("chmod 600", "chmod 600")))
    try:
        enrolled = read(hq.keys).enrolled
    except StoreError as error:
        return [*found, broken("hq", (error.ru, error.en), CODE_WANTED, SAFE)]
    here = machine_hash()
    if enrolled is not None and enrolled.machine and here and enrolled.machine != here:
        what = (
            f"{hq.device} зарегистрирован на другой машине: этот диск — копия или переставлен.",
            f"{hq.device} was enrolled on another machine: this disk is a copy, or was moved.",
        )
        do = (
            "Не включайте обе машины. Если первая снята, зарегистрируйте эту заново: tillkeeper enroll.",
            "Do not run both. If the first is retired, enrol this one anew: tillkeeper enroll.",
        )
        found.append(attention("hq", what, do))
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
