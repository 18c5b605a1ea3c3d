"""`tillkeeper devices`: what is configured, how sure we are of each driver, how it recovers, and what is plugged in."""

from __future__ import annotations

from pathlib import Path

import anyio

from agent.checkup.agent_answers import ask_agent, note_words
from agent.checkup.device_answers import DeviceAnswer, ask_all
from agent.clock import SystemClock
from agent.complaint import complain
from agent.settings import Settings, SettingsWrong
from agent.settings_file import read_settings
from drivers.discovery import serial_ports
from drivers.driver import Evidence
from sync.store.directory_lock import in_use
from sync.store.failures import DirectoryUnusable

EVIDENCE = {
    Evidence.MANUAL: ("написано по описанию протокола", "written from the manual"),
    Evidence.TRANSCRIPT: ("проверено по записям обмена", "checked against transcripts"),
    Evidence.PEER: ("проверено с чужой программой", "checked with another program"),
    Evidence.HARDWARE: ("проверено на железе", "checked on hardware"),
}
COMMIT = {
    "query": ("исход узнаём вопросом к устройству", "we ask the device what it last did"),
    "ack": ("наше подтверждение проводит оплату, молчание отменяет", "our acknowledgement books, silence reverses"),
    "confirm": ("устройство ждёт подтверждения после чека", "it waits for our commit after the receipt"),
    "operator": ("исход говорит человек по слипу", "a person tells from the slip"),
    "credit": ("деньги в журнале до подтверждения устройству", "money is journaled before the device is acknowledged"),
    "none": ("ничего не проводит", "it books nothing"),
}
STATES = {
    "ok": ("работает", "works"),
    "busy": ("работает", "works"),
    "away": ("нет связи", "away"),
    "down": ("не работает", "does not work"),
    "silent": ("не отвечает", "does not answer"),
    "wrong": ("отвечает другое устройство", "another device answers"),
    "refused": ("отвечает отказом", "refuses"),
    "attention": ("требует внимания", "needs attention"),
    "unknown": ("неизвестно", "unknown"),
}
WRONG = 2


def print_devices(config: Path) -> int:
    """0 when every configured device answers, 1 when one does not, 2 when the configuration or the data
    directory cannot be used."""
    try:
        settings = read_settings(config)
    except SettingsWrong as wrong:
        complain(wrong)
        return WRONG
    try:
        states = anyio.run(_states, settings)
    except PermissionError as error:
        complain(DirectoryUnusable(str(settings.directory), error))
        return WRONG
    for id, device in settings.devices.items():
        about = device.driver
        state, detail = states.get(id, ("unknown", ""))
        ru, en = STATES.get(state, (state, state))
        print(f"{id}: {device.name}")
        print(f"    {about.title} [{about.name}, {about.kind.value}] {device.address}")
        print(f"    {ru} · {en}{f': {detail}' if detail else ''}")
        print(f"    {' · '.join(COMMIT.get(about.commit, (about.commit,)))}")
        print(f"    {' · '.join(EVIDENCE[about.evidence])}: {about.source}")
    print("\nПоследовательные порты · serial ports:")
    ports = serial_ports()
    for port in ports:
        print(f"    {port.address}  {port.description}".rstrip())
    if not ports:
        print("    нет · none")
    return int(any(state not in ("ok", "busy") for state, _ in states.values()))


async def _states(settings: Settings) -> dict[str, tuple[str, str]]:
    """Through the agent when one runs, since it holds the wires; else through the drivers."""
    if settings.directory.is_dir() and in_use(settings.directory) is not None:
        status = await ask_agent(settings) or {}
        return {
            told["id"]: (told["state"], note_words(told["note"]).en if told.get("note") else "")
            for told in status.get("devices", [])
        }
    answers = await ask_all(list(settings.devices.values()), SystemClock(settings.zone))
    return {answer.device.id: (answer.state, answer.detail or _units(answer)) for answer in answers}


def _units(answer: DeviceAnswer) -> str:
    """What stands on the wire of a cash device."""
    return "; ".join(f"{unit.name} {unit.title} № {unit.serial or '?'}" for unit in answer.units)
