"""`tillkeeper doctor`: looks at everything the shop hangs on and says what is wrong, what is safe, and what to do.

Exit code 0: all is well. 1: something needs attention. 2: something does not work. A running agent is asked through its
API, since it holds the wires; without one the devices are asked through their drivers. Nothing is changed anywhere.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import msgspec

from agent.checkup.agent_answers import agent_findings
from agent.checkup.data_directory import catalogue_finding, directory_findings, foreign_owner, journal_findings
from agent.checkup.device_answers import ask_all
from agent.checkup.device_findings import device_findings
from agent.checkup.finding import Finding, Level, as_text, attention, broken, fine, worst
from agent.checkup.finding import as_json as finding_json
from agent.checkup.hq_findings import hq_findings
from agent.checkup.ofd_way import of_state
from agent.checkup.settled import settled_answers
from agent.checkup.visitor_answers import visitor_findings
from agent.clock import SystemClock
from agent.devices.register_desk import Identity
from agent.hq_told import UNKNOWN_HQ
from agent.key_file import keys_beside
from agent.settings import Mistake, Settings, SettingsWrong
from agent.settings_file import read_settings
from sync.store.directory_lock import in_use
from sync.store.failures import StoreError
from sync.store.looking import Look, look_into
from sync.store.store import LOCAL


def run_doctor(config: Path, *, as_json: bool) -> int:
    """Print the findings; the worst of them is the exit code."""
    try:
        settings = read_settings(config)
    except SettingsWrong as wrong:
        findings = [_mistake(wrong.file, mistake) for mistake in wrong.mistakes]
    else:
        findings = anyio.run(examine, settings)
    _print(findings, as_json=as_json)
    return int(worst(findings))


async def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order of how much hangs on it."""
    found = [
        fine(
            "config",
            f"{settings.file}: касс {len(settings.tills)}, устройств {len(settings.devices)}.",
            f"{settings.file}: {len(settings.tills)} tills, {len(settings.devices)} devices.",
        )
    ]
    directory, owned = settings.directory, ""
    try:
        pid = in_use(directory) if directory.is_dir() else None
        found += directory_findings(directory, pid)
        owner = foreign_owner(directory)
        if owner is not None:
            found.append(_run_as(owner))
            found += await _devices(settings, None, pid)
        elif directory.is_dir():
            with look_into(directory) as look:
                found += journal_findings(look)
                if look is not None and look.schema <= look.known:
                    owned = (look.reading.setting("store.device") or b"").decode()
                found.append(catalogue_finding(directory))
                found += await _devices(settings, look, pid)
        else:
            found += await _devices(settings, None, None)
    except PermissionError as error:
        found.append(_run_as(str(error.filename)))
    except StoreError as error:
        do = ("Сделайте копию каталога и обратитесь в поддержку.", "Keep a copy of the directory and call support.")
        what = (f"журнал не читается: {error.ru}", f"the journal cannot be read: {error.en}")
        found.append(broken("journal", what, do))
    keys = keys_beside(directory)
    if owned not in ("", LOCAL) and settings.hq is None:
        settings = replace(settings, not_enrolled_at=settings.not_enrolled_at or UNKNOWN_HQ)
    found += await hq_findings(settings.hq, dt.datetime.now(dt.UTC), settings.not_enrolled_at, keys)
    return found


async def _devices(settings: Settings, look: Look | None, pid: int | None) -> list[Finding]:
    if pid is not None:
        status, visitors = await settled_answers(settings)
        found = agent_findings(settings, status, pid)
        return found if visitors is None else [*found, *visitor_findings(visitors)]
    clock = SystemClock(settings.zone)
    known = _registers(settings, look)
    found = []
    for answer in await ask_all(list(settings.devices.values()), clock):
        device = answer.device
        found += device_findings(answer, clock.local(), known.get(device.id))
        if answer.register is not None:
            found.append(of_state(device.id, device.name, device.address, answer.register))
    return found


def _registers(settings: Settings, look: Look | None) -> dict[str, Identity]:
    """Which register each till's journal belongs to."""
    if look is None or look.schema > look.known:
        return {}
    kept = {till.register: look.reading.setting(f"register/{till.id}") for till in settings.tills}
    return {id: msgspec.json.decode(body, type=Identity) for id, body in kept.items() if body}


def _mistake(file: Path, mistake: Mistake) -> Finding:
    what = (f"{file}: {mistake.ru}", f"{file}: {mistake.en}")
    do = ("Исправьте файл настроек; пока он неверен, ничего не запускается.", "Mend the file; nothing starts before.")
    return broken("config", what, do, ("Данные не тронуты.", "The data are not touched."))


def _run_as(owner: str) -> Finding:
    what = (
        f"каталог данных принадлежит другому пользователю ({owner}): журнал не проверен.",
        f"the data directory belongs to another user ({owner}): the journal was not checked.",
    )
    do = ("Запустите проверку от имени этого пользователя.", "Run the doctor as that user.")
    return attention("data", what, do)


def _print(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        _print_json(findings)
        return
    for finding in findings:
        print(as_text(finding))
    summary = {
        Level.FINE: ("Всё в порядке", "All is well"),
        Level.ATTENTION: ("Есть на что посмотреть", "Something needs attention"),
        Level.BROKEN: ("Что-то не работает", "Something does not work"),
    }[worst(findings)]
    print(f"\n{summary[0]} · {summary[1]}")


def _print_json(findings: list[Finding]) -> None:
    told = {"level": worst(findings).name.lower(), "findings": [finding_json(finding) for finding in findings]}
    json.dump(told, sys.stdout, ensure_ascii=False, indent=1)
    print()
