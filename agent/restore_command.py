"""`tillkeeper restore` and `tillkeeper backup`: a new machine takes a dead one's place, and what makes that quick.

    tillkeeper restore URL CODE --backup FILE --config FILE     or --no-backup: everything comes from HQ

Both halves may be given again, in one command or in two: the copy that is in its place stays, a code goes on where it
was cut off. What is left to do the agent does, and its screen says so (docs/dead_box.md).
"""

from __future__ import annotations

import secrets
import sys
from functools import partial
from pathlib import Path

import anyio

from agent.checkup.data_directory import foreign_owner
from agent.clock import SystemClock
from agent.complaint import complain
from agent.enroll_command import enrol_here, say_refused
from agent.key_file import keys_beside
from agent.settings import Settings, SettingsWrong
from agent.settings_file import read_settings
from sync.enrolment.enrolling import NotTaken
from sync.store.backup import back_up, place
from sync.store.catalogue_swap import in_force
from sync.store.database import FILE
from sync.store.failures import StoreError
from sync.store.restored import RestoreState

USAGE_ERROR = 2
NOT_DONE = 1
_MB = 1_000_000


def run_backup(to: Path, config: Path) -> int:
    """A whole copy of the journal beside a running agent."""
    try:
        settings = read_settings(config)
        size = back_up(settings.directory, to)
    except (SettingsWrong, StoreError) as error:
        complain(error)
        return USAGE_ERROR
    print(f"Готово: {to}, {size / _MB:.1f} МБ. Ключей в копии нет. Держите её на другом диске.")
    print(f"Done: {to}, {size / _MB:.1f} MB. There are no keys in it. Keep it on another disk.")
    return 0


def run_restore(url: str, code: str, backup: Path | None, nothing: bool, config: Path) -> int:
    """0: in place (and enrolled, where a code was given). 1: HQ refused or is away, the copy is in place. 2: nothing
    was done."""
    try:
        settings = read_settings(config)
        owner = foreign_owner(settings.directory) or foreign_owner(keys_beside(settings.directory))
        if owner is not None:
            print(f"Данные принадлежат пользователю {owner}: дайте команду от его имени.", file=sys.stderr)
            print(f"The data belong to the user {owner}: run the command as that user.", file=sys.stderr)
            return USAGE_ERROR
        if backup is None and not nothing and not (settings.directory / FILE).exists():
            print("Назовите копию журнала: --backup ФАЙЛ; если её нет: --no-backup.", file=sys.stderr)
            print("Name the journal's backup: --backup FILE; where there is none: --no-backup.", file=sys.stderr)
            return USAGE_ERROR
        clock = SystemClock(settings.zone)
        state = place(settings.directory, backup, now_ms=clock.now_ms(), id=secrets.token_hex(8))
    except (SettingsWrong, StoreError) as error:
        complain(error)
        return USAGE_ERROR
    _say_placed(state)
    if url and code:
        answer = anyio.run(partial(enrol_here, settings, url, code))
        if isinstance(answer, NotTaken):
            say_refused(
                answer,
                "Копия на месте: исправьте это и дайте команду ещё раз, без --backup.",
                "The copy is in its place: mend this and give the command again, without --backup.",
            )
            return NOT_DONE
        print(f"2. Эта машина теперь {answer.till}, {answer.store} (устройство {answer.device}); прежний ключ закрыт.")
        print(f"   This machine is {answer.till}, {answer.store} now (device {answer.device}); the old key has ended.")
    elif settings.hq is None:
        print("2. Кода нет: касса спросит офис, когда вы дадите команду с адресом и кодом.")
        print("   No code: the till asks HQ once the command was given with an address and a code.")
    _say_next(settings)
    return 0


def _say_placed(state: RestoreState) -> None:
    rows = f"{state.rows}" if state.backup else "0"
    print(f"1. Журнал на месте: записей {rows}, цепочка цела.")
    print(f"   The journal is in its place: {rows} rows, its chain is whole.")


def _say_next(settings: Settings) -> None:
    if in_force(settings.directory) is None:
        print("3. Каталога ещё нет: его пришлёт офис, или tillkeeper catalog import ФАЙЛ.")
        print("   There is no catalogue yet: HQ sends it, or tillkeeper catalog import FILE.")
    print("Дальше: запустите агент. Касса не продаёт, пока офис не вернёт своё и старший не подтвердит сверку с ККТ.")
    print("Next: start the agent. The till does not sell until HQ has given back what it had and a supervisor has")
    print("confirmed the match with the register.")
