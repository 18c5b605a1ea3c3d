"""`python -m cloud_api.books`: what the accountant needs, beside a running HQ; `tillkeeper hq COMMAND`.

import-operator FILE [--column fn=HEADING ...]   a fiscal data operator's register (CSV), streamed; findings from it
set-acquirer --acquirer NAME --rate BP --from DAY [--fixed MINOR] [--store S] [--terminal PREFIX] [--means card]
             [--scheme NAME] [--given-back]      what a bank keeps of a payment, from a day on; BP: 165 is 1.65 %
set-duty --from DAY --needed yes|no [--store S] [--seller S]     whose sales need a fiscal document
shift-file --device D --till T --number N [--day DAY] [--out FILE]   a shift as CSV for the accountant
check                                            looks now at every day with news; says what does not fit
read-again                                       sales taken before HQ kept channels, reasons of prices and days
each with --database sqlite:///PATH or postgresql://SERVER/NAME
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from cloud_api.at_a_terminal import Said, run_command
from cloud_api.books.acquirers import AcquirerTerm, TermRefused, all_terms, checked, put_term
from cloud_api.books.duties import DocumentDuty, put_duty
from cloud_api.books.reading_again import read_again
from cloud_api.books.shift_file import file_name, shift_file
from cloud_api.books.shift_sales import read_shift
from cloud_api.findings.checking import check_all, check_of_no_day
from cloud_api.findings.keeping import findings
from cloud_api.operator_register.reading import NoRegister
from cloud_api.operator_register.taking import take_register
from cloud_api.settings import BadSettings, Mistake, checked_zone, database_path
from cloud_api.storage.business_day import ZONE, told_day
from cloud_api.storage.opening import opened
from cloud_api.storage.storage import Storage

"""Lines in Russian and English."""


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _day(option: str, text: str) -> int:
    day = told_day(text)
    if day is None:
        raise BadSettings(
            Mistake(f"{option}: {text!r} — не день; пишите как 2027-01-01", f"{option}: {text!r} is no day")
        )
    return day


async def _import(storage: Storage, asked: argparse.Namespace) -> Said:
    said = dict(pair.partition("=")[::2] for pair in asked.column)
    with asked.file.open("rb") as file:
        report = await take_register(storage, file, str(asked.file), now_ms=wall_ms(), said=said or None)
    told: Said = [
        (
            f"Чеков {report.rows}: известны {report.known}, изменены {report.changed}; прочих бумаг {report.aside}, "
            f"непонятных строк {report.odd_lines}.",
            f"{report.rows} receipts: {report.known} known, {report.changed} changed; {report.aside} other papers, "
            f"{report.odd_lines} odd lines.",
        )
    ]
    told += [
        (f"  строка {one.line}: {one.why} {one.text}", f"  line {one.line}: {one.why} {one.text}") for one in report.odd
    ]
    return told + await _check(storage, asked)


async def _check(storage: Storage, asked: argparse.Namespace) -> Said:
    await check_all(storage, now_ms=wall_ms())
    await check_of_no_day(storage, now_ms=wall_ms())
    found = await findings(storage, state="open", store="", day=None)
    said: Said = [(f"Ждут объяснения: {found.open}.", f"Waiting for a word: {found.open}.")]
    return said + [(f"  {one.store} {one.ru.what}", f"  {one.store} {one.en.what}") for one in found.findings]


async def _set_acquirer(storage: Storage, asked: argparse.Namespace) -> Said:
    day = _day("--from", asked.from_day)
    names = (asked.store, asked.terminal, asked.means, asked.scheme)
    term = checked(AcquirerTerm(*names, day, asked.acquirer, asked.rate, asked.fixed, asked.given_back))
    async with storage.transaction(None) as transaction:
        await put_term(transaction, term)
    rate = f"{asked.rate / 100:.2f}"
    return [
        (f"{asked.acquirer}: {rate} % с {asked.from_day}.", f"{asked.acquirer}: {rate} % from {asked.from_day} on.")
    ]


async def _set_duty(storage: Storage, asked: argparse.Namespace) -> Said:
    day, needed = _day("--from", asked.from_day), asked.needed == "yes"
    async with storage.transaction(None) as transaction:
        await put_duty(transaction, DocumentDuty(asked.store, asked.seller, day, needed))
        await transaction.write(
            "/* global: a duty */ UPDATE day_told SET told=told + 1 WHERE day >= ? AND (store=? OR ''=?)",
            (day, asked.store, asked.store),
        )
    whose = asked.seller or asked.store or "*"
    return [
        (
            f"{whose}: документ {'нужен' if needed else 'не нужен'} с {asked.from_day}.",
            f"{whose}: a document is {'needed' if needed else 'not needed'} from {asked.from_day} on.",
        )
    ]


async def _shift_file(storage: Storage, asked: argparse.Namespace) -> Said:
    day = _day("--day", asked.day) if asked.day else None
    shift = await read_shift(storage, asked.device, asked.till, asked.number, await all_terms(storage), day)
    if shift is None:
        raise BadSettings(Mistake("такой смены нет", "there is no such shift"))
    out = asked.out or Path(file_name(shift))
    out.write_bytes(shift_file(shift, ZoneInfo(checked_zone(asked.zone))))
    return [(f"{out}: чеков {len(shift.sales)}.", f"{out}: {len(shift.sales)} receipts.")]


async def _read_again(storage: Storage, _: argparse.Namespace) -> Said:
    report = await read_again(storage)
    return [
        (
            f"Прочитано заново: продаж {report.sales}, поздних слов терминалов {report.late}.",
            f"Read again: {report.sales} sales, {report.late} late words of terminals.",
        )
    ]


COMMANDS: dict[str, Callable[[Storage, argparse.Namespace], Awaitable[Said]]] = {
    "import-operator": _import,
    "set-acquirer": _set_acquirer,
    "set-duty": _set_duty,
    "shift-file": _shift_file,
    "check": _check,
    "read-again": _read_again,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillkeeper hq", description="The books of HQ")
    commands = parser.add_subparsers(dest="command", required=True)
    made = {name: commands.add_parser(name) for name in COMMANDS}
    for one in made.values():
        one.add_argument("--database", required=True, help="sqlite:///PATH or postgresql://SERVER/NAME")
    made["import-operator"].add_argument("file", type=Path)
    made["import-operator"].add_argument(
        "--column", action="append", default=[], help="fn=HEADING, number=, total= ..."
    )
    for name in ("set-acquirer", "set-duty"):
        made[name].add_argument("--from", dest="from_day", required=True, help="the first day, 2027-01-01")
        made[name].add_argument("--store", default="", help="of this shop; without it of all")
    made["set-acquirer"].add_argument("--acquirer", required=True)
    made["set-acquirer"].add_argument("--rate", type=int, required=True, help="hundredths of a per cent")
    made["set-acquirer"].add_argument("--fixed", type=int, default=0, help="minor units of each payment")
    made["set-acquirer"].add_argument("--terminal", default="", help="how the terminal's number begins")
    made["set-acquirer"].add_argument("--means", default="card")
    made["set-acquirer"].add_argument("--scheme", default="", help="as terminals tell it, such as MIR")
    made["set-acquirer"].add_argument("--given-back", action="store_true", help="the rate comes back with a refund")
    made["set-duty"].add_argument("--seller", default="")
    made["set-duty"].add_argument("--needed", required=True, choices=["yes", "no"])
    made["shift-file"].add_argument("--device", required=True)
    made["shift-file"].add_argument("--till", required=True)
    made["shift-file"].add_argument("--number", type=int, required=True)
    made["shift-file"].add_argument("--day", default="", help="business day, where a number came again")
    made["shift-file"].add_argument("--out", type=Path)
    made["shift-file"].add_argument("--zone", default=ZONE, help="on whose clock")
    return parser


async def _run(asked: argparse.Namespace) -> Said:
    async with opened(database_path(asked.database)) as storage:
        return await COMMANDS[asked.command](storage, asked)


def main(arguments: list[str] | None = None) -> int:
    """0 when it was done, 2 when it was not."""
    asked = _parser().parse_args(arguments)
    return run_command(
        functools.partial(_run, asked),
        {
            TermRefused: lambda no: (f"{no.ru}. Ничего не изменено.", f"{no.en}. Nothing was changed."),
            NoRegister: lambda no: (no.ru, no.en),
        },
    )


if __name__ == "__main__":
    sys.exit(main())
