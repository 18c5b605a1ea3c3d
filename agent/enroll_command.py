"""`tillkeeper enroll URL CODE --config FILE`: makes this shop one of HQ's, with a code somebody at HQ has made.

The key is made here and stays here. Running the command again with the same code goes on where it was cut off.
"""

from __future__ import annotations

import platform
import secrets
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import anyio
import httpx

from agent.checkup.data_directory import foreign_owner
from agent.clock import SystemClock
from agent.complaint import complain
from agent.hq_identity import machine_hash
from agent.key_file import keys_beside
from agent.settings import Mistake, Settings, SettingsWrong
from agent.settings_file import read_settings
from sync.enrolment.enrolling import AWAY, BAD_CODE, NOT_HQ, Machine, NotTaken, enrol
from sync.store.directory_lock import in_use
from sync.store.failures import StoreError
from sync.store.looking import owner_of
from sync.store.store import LOCAL
from sync.wire.enrolment import Enrolled

USAGE_ERROR = 2
NOT_DONE = 1
SAFE = Mistake(
    "Ничего не изменилось: касса продаёт, как продавала, чеки ждут.",
    "Nothing has changed: the till sells as it did, what is closed waits.",
)
SAID = {
    BAD_CODE: Mistake(
        "Это не код: в коде 16 букв и цифр, как их показал офис. Офис не спрашивали.",
        "This is no code: a code has 16 letters and digits, as HQ has shown them. HQ was not asked.",
    ),
    AWAY: Mistake(
        "Офис не отвечает. Проверьте сеть и адрес и дайте команду ещё раз: код не потрачен.",
        "HQ does not answer. Check the network and the address and give the command again: the code is not used up.",
    ),
    NOT_HQ: Mistake(
        "По этому адресу отвечает не офис. Проверьте адрес; может быть, сеть просит войти.",
        "What answers at this address is not HQ. Check the address; perhaps the network wants a login.",
    ),
    "unknown_code": Mistake(
        "Офис не знает такого кода. Проверьте буквы и цифры или попросите новый код.",
        "HQ does not know this code. Check its letters and digits, or ask for a new one.",
    ),
    "code_expired": Mistake(
        "Срок кода вышел: он действует 15 минут. Попросите новый код.",
        "The code has expired: it is good for 15 minutes. Ask for a new one.",
    ),
    "code_used": Mistake(
        "Этим кодом уже зарегистрирована другая машина. Если это были не вы, скажите офису; попросите новый код.",
        "Another machine was enrolled with this code. If that was not you, tell HQ; ask for a new code.",
    ),
    "other_device": Mistake(
        "Код для другой кассы, а здесь уже лежат данные этой. Попросите код для неё.",
        "The code is for another till, and the data here belong to this one. Ask for a code for this one.",
    ),
    "too_many": Mistake(
        "Офису назвали слишком много неверных кодов. Подождите несколько минут и повторите.",
        "HQ was told too many wrong codes. Wait some minutes and try again.",
    ),
}


def run_enroll(url: str, code: str, config: Path) -> int:
    """0: enrolled. 1: HQ refused or is away. 2: the configuration or the files here are in the way."""
    try:
        settings = read_settings(config)
        owner = foreign_owner(settings.directory) or foreign_owner(keys_beside(settings.directory))
        if owner is not None:
            print(f"Данные принадлежат пользователю {owner}: дайте команду от его имени. {SAFE.ru}", file=sys.stderr)
            print(f"The data belong to the user {owner}: run the command as that user. {SAFE.en}", file=sys.stderr)
            return USAGE_ERROR
        answer = anyio.run(partial(enrol_here, settings, url, code))
        running = in_use(settings.directory)
    except (SettingsWrong, StoreError) as error:
        complain(error)
        return USAGE_ERROR
    if isinstance(answer, NotTaken):
        say_refused(answer, SAFE.ru, SAFE.en)
        return NOT_DONE
    _done(answer, running=running is not None)
    return 0


async def enrol_here(settings: Settings, url: str, code: str) -> Enrolled | NotTaken:
    """Raises StoreError of the keys' file."""
    machine = Machine(_whose(settings.directory), machine_hash(), _about())
    clock = SystemClock(settings.zone)
    async with httpx.AsyncClient(trust_env=False) as client:
        return await enrol(
            client,
            url,
            code,
            keys_beside(settings.directory),
            machine,
            draw=secrets.token_bytes,
            now_ms=clock.now_ms,
        )


def _whose(directory: Path) -> str:
    """The device the data belong to, "" for nobody's or a shop that had no HQ."""
    owner = owner_of(directory) if directory.is_dir() else None
    return "" if owner is None or owner[0] == LOCAL else owner[0]


def _about() -> str:
    try:
        program = version("tillkeeper")
    except PackageNotFoundError:
        program = "0"
    return f"tillkeeper {program}, {platform.system()} {platform.release()}, {platform.machine()}"[:200]


def say_refused(answer: NotTaken, safe_ru: str, safe_en: str) -> None:
    """Why HQ did not take the code, and what is safe."""
    other = Mistake(f"Офис отказал ({answer.code}): {answer.what}.", f"HQ refused ({answer.code}): {answer.what}.")
    said = SAID.get(answer.code, other)
    print(f"{said.ru} {safe_ru}\n{said.en} {safe_en}", file=sys.stderr)


def _done(answer: Enrolled, *, running: bool) -> None:
    print(f"Готово: это {answer.till}, {answer.store} (устройство {answer.device}).")
    print(f"Done: this is {answer.till}, {answer.store} (device {answer.device}).")
    if running:
        print("Перезапустите агент, когда касса свободна: до этого он работает как раньше.")
        print("Restart the agent when the till is free: until then it goes on as before.")
