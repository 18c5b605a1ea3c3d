"""The command `tillkeeper`: one line each for the programs it starts.

What stops a command is said in Russian and in English: what happened, what is safe, what to do. The lists of options
(`--help`, and what argparse says of a wrong option) are English, as those of the system's other commands are.
"""

from __future__ import annotations

import argparse
import getpass
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from agent.complaint import complain
from agent.logs import log_to

USAGE_ERROR = 2
HQ_BOOKS = ("import-operator", "set-acquirer", "set-duty", "shift-file", "check", "read-again")
HQ_ROOMS = {"key": "access", "user": "access", "quarantine": "desk", **dict.fromkeys(HQ_BOOKS, "books")}
"""Which of HQ's programs has this matter; any other is of what it tells its stores."""
HQ_ACTIONS = ("migrate", "enrol-code", "revoke-device")


def main(argv: list[str] | None = None) -> int:
    told = sys.argv[1:] if argv is None else argv
    if told[:1] == ["simulate"]:
        from drivers.simulators.runner import main as simulate

        return simulate(told[1:])
    if told[:1] == ["hq"] and told[1:2] and not told[1].startswith("-") and told[1] not in HQ_ACTIONS:
        return _hq_program(HQ_ROOMS.get(told[1], "telling"), told[1:])
    options = _parser().parse_args(told)
    run = {
        "agent": _agent,
        "backup": _backup,
        "hq": _hq,
        "catalog": _catalog,
        "demo": _demo,
        "devices": _devices,
        "doctor": _doctor,
        "enroll": _enroll,
        "faces": _faces,
        "pin": _pin,
        "radar": _radar,
        "restore": _restore,
        "visits": _visits,
    }[options.command]
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillkeeper", description="The edge of a shop.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="a shop made of simulators, the agent and HQ")
    demo.add_argument("--port", type=int, default=8080)
    demo.add_argument("--hq-port", type=int, default=8090)
    demo.add_argument("--data", type=Path, help="keep the shop here; without it a new one each time")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--stores", type=int, default=1, help="a chain: so many shops at one HQ (at most 9)")
    agent = commands.add_parser("agent", help="the in-store daemon")
    agent.add_argument("--config", type=Path, required=True)
    hq = commands.add_parser("hq", help="the cloud API and the office page; `hq import-catalog FILE`: its goods")
    hq.add_argument("--database", required=True, help="sqlite:///PATH or postgresql://SERVER/NAME")
    hq.add_argument("--port", type=int, default=8090)
    hq.add_argument("--devices", type=Path, help="TOML file of devices that may push")
    hq.add_argument("--keys", type=Path, help="directory of HQ's own key; beside a SQLite file unless told")
    hq.add_argument(
        "action",
        nargs="?",
        choices=HQ_ACTIONS,
        help="bring the storage to this version, make a code for a till, or end a device's access",
    )
    for name, help in (("store", "the shop"), ("till", "the till"), ("device", "the device's id")):
        hq.add_argument(f"--{name}", default="", help=f"with enrol-code or revoke-device: {help}")
    hq.add_argument("--replaces", default="", help="with enrol-code: the device that a new machine replaces")
    enroll = commands.add_parser("enroll", help="make this shop one of HQ's, with a code of HQ")
    enroll.add_argument("url", help="HQ's address")
    enroll.add_argument("code", help="as HQ has shown it: 16 letters and digits, good for 15 minutes, once")
    enroll.add_argument("--config", type=Path, required=True)
    restore = commands.add_parser("restore", help="put this machine in a dead one's place (docs/dead_box.md)")
    restore.add_argument("url", nargs="?", default="", help="HQ's address")
    restore.add_argument("code", nargs="?", default="", help="as HQ has shown it for the device that is replaced")
    restore.add_argument("--config", type=Path, required=True)
    found = restore.add_mutually_exclusive_group()
    found.add_argument("--backup", type=Path, help="a copy of journal.db, as old as it may be")
    found.add_argument("--no-backup", action="store_true", help="there is none: everything comes from HQ")
    backup = commands.add_parser("backup", help="a whole copy of the journal, beside a running agent")
    backup.add_argument("file", type=Path, help="where to, best on another disk")
    backup.add_argument("--config", type=Path, required=True)
    catalog = commands.add_parser("catalog", help="the catalogue of products")
    actions = catalog.add_subparsers(dest="action", required=True)
    imported = actions.add_parser("import", help="put a TSV or CSV file in force")
    imported.add_argument("file", type=Path)
    imported.add_argument("--config", type=Path, required=True)
    simulate = commands.add_parser("simulate", help="one simulated device (see `tillkeeper simulate --help`)")
    simulate.add_argument("rest", nargs=argparse.REMAINDER)
    for name, help in (
        ("devices", "what is configured and what is plugged in"),
        ("doctor", "what is wrong, and what to do"),
    ):
        command = commands.add_parser(name, help=help)
        command.add_argument("--config", type=Path, required=True)
        if name == "doctor":
            command.add_argument("--json", action="store_true")
    radar = commands.add_parser("radar", help="the Wi-Fi radar: capture files read, estimates judged")
    asked = radar.add_mutually_exclusive_group(required=True)
    asked.add_argument("--read", type=Path, metavar="FILE", help="one line a probe request of a capture file")
    asked.add_argument("--people", type=Path, nargs=2, metavar=("TRAIN", "TEST"), help="calibrate, then judge")
    radar.add_argument("--json", action="store_true", help="with --read: one JSON object a line")
    radar.add_argument("--show-addresses", action="store_true", help="with --read: the phones' addresses too")
    faces = commands.add_parser("faces", help="two photos: how far apart their faces are")
    faces.add_argument("--compare", type=Path, nargs=2, metavar=("A", "B"), required=True)
    visits = commands.add_parser("visits", help="the day's visitors in numbers, asked of the running agent")
    visits.add_argument("--config", type=Path, help="whose agent; without it the one at 127.0.0.1:8080")
    visits.add_argument("--url", default="", help="the agent's address, instead of the configuration's")
    visits.add_argument("--json", action="store_true")
    commands.add_parser("pin", help="make the hash of a PIN for the configuration")
    return parser


def _agent(options: argparse.Namespace) -> int:
    import anyio

    from agent.daemon import run_agent
    from agent.listening import PortTaken
    from agent.local_api.bench import BENCH_URL, send_to_bench
    from agent.settings import SettingsWrong
    from agent.settings_file import read_settings
    from sync.store.failures import StoreError

    log_to(sys.stderr)
    bench = os.environ.get(BENCH_URL, "")
    extra = partial(send_to_bench, url=bench) if bench else None
    try:
        settings = read_settings(options.config)
        return anyio.run(partial(run_agent, settings, extra=extra), backend_options={"use_uvloop": False})
    except (SettingsWrong, PortTaken, StoreError) as error:
        complain(error)
        return USAGE_ERROR


def _hq(options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "cloud_api", options.action or "serve", "--database", options.database]
    command += ["--port", str(options.port)]
    if options.devices:
        command += ["--devices", str(options.devices)]
    if options.keys:
        command += ["--keys", str(options.keys)]
    for name in ("store", "till", "device", "replaces"):
        command += [f"--{name}={getattr(options, name)}"] if getattr(options, name) else []
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def _hq_program(room: str, told: list[str]) -> int:
    """Beside a running HQ. `telling`: what it tells its stores (`tillkeeper hq import-catalog FILE ...` and its
    sisters); `access`: who may ask it (`tillkeeper hq key add ...`, `hq user add ...`); `desk`: what waits for a person
    (`tillkeeper hq quarantine replay ...`); `books`: what the accountant needs (`tillkeeper hq shift-file ...`)."""
    return subprocess.run([sys.executable, "-m", f"cloud_api.{room}", *told], check=False).returncode


def _catalog(options: argparse.Namespace) -> int:
    from agent.settings import SettingsWrong
    from agent.settings_file import read_settings
    from sync.store.catalogue import FED_NAME
    from sync.store.catalogue_import import import_catalogue
    from sync.store.catalogue_swap import in_force
    from sync.store.failures import StoreError

    try:
        settings = read_settings(options.config)
        before = in_force(settings.directory)
        report = import_catalogue(options.file, settings.directory)
    except (SettingsWrong, StoreError) as error:
        complain(error)
        return USAGE_ERROR
    print(f"Загружено товаров: {report.imported}, строк пропущено: {report.broken}.")
    print(f"{report.imported} products imported, {report.broken} lines left out.")
    for broken in report.first_broken:
        print(f"  строка {broken.line}: {broken.ru}\n  line {broken.line}: {broken.en}")
    if report.broken:
        print("Остальные товары уже продаются. Исправьте эти строки и загрузите файл снова.")
        print("The other products are on sale already. Mend these lines and import the file again.")
    if before is not None and before.name.startswith(FED_NAME):
        print("Каталог этой точки ведёт офис: файл действует, пока агент не получит от офиса новый каталог.")
        print("HQ keeps this store's catalogue: the file is in force until the agent has a new one from HQ.")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from agent.demo.demo_shop import run_demo

    return run_demo(options.port, options.hq_port, options.data, options.seed, options.stores)


def _devices(options: argparse.Namespace) -> int:
    from agent.checkup.devices_report import print_devices

    return print_devices(options.config)


def _doctor(options: argparse.Namespace) -> int:
    from agent.checkup.doctor import run_doctor

    return run_doctor(options.config, as_json=options.json)


def _enroll(options: argparse.Namespace) -> int:
    from agent.enroll_command import run_enroll

    return run_enroll(options.url, options.code, options.config)


def _restore(options: argparse.Namespace) -> int:
    from agent.restore_command import run_restore

    return run_restore(options.url, options.code, options.backup, options.no_backup, options.config)


def _backup(options: argparse.Namespace) -> int:
    from agent.restore_command import run_backup

    return run_backup(options.file, options.config)


def _radar(options: argparse.Namespace) -> int:
    """A program of its own: what reads raw frames is no part of the agent's process."""
    if options.people:
        asked = ["people", *map(str, options.people)]
    else:
        asked = ["read", str(options.read)]
        asked += [f"--{name}" for name in ("json", "show-addresses") if vars(options)[name.replace("-", "_")]]
    try:
        return subprocess.run([sys.executable, "-m", "sensors.radar", *asked], check=False).returncode
    except KeyboardInterrupt:
        return 0


def _faces(options: argparse.Namespace) -> int:
    """A process of its own, too: what computes faces may crash, and may take memory."""
    asked = [sys.executable, "-m", "sensors.cameras", "compare", "--", *map(str, options.compare)]
    try:
        return subprocess.run(asked, check=False).returncode
    except KeyboardInterrupt:
        return 0


def _visits(options: argparse.Namespace) -> int:
    from agent.checkup.visits_report import print_visits

    return print_visits(options.config, options.url, as_json=options.json)


def _pin(options: argparse.Namespace) -> int:
    from agent.till.people import hash_pin

    pin = getpass.getpass("PIN: ")
    if not (4 <= len(pin) <= 12 and pin.isdigit()):
        print("В PIN от 4 до 12 цифр. Ничего не записано, повторите.", file=sys.stderr)
        print("A PIN has 4 to 12 digits. Nothing was written, try again.", file=sys.stderr)
        return USAGE_ERROR
    print(hash_pin(pin))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
