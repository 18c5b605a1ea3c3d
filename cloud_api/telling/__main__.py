"""`python -m cloud_api.telling`: what HQ tells its stores, changed beside a running HQ; `tillkeeper hq COMMAND`.

import-catalog FILE [--zone Z] [--whole]    goods and prices of a zone; only differences are told. --whole: what the
                                            file does not name is sold there no more
publish [--zone Z]                          a snapshot for stores that begin: of one zone, or of each that needs one
set-zone --store S --zone Z                 which prices a store has
set-price --zone Z --sku CODE --price KOPECKS [--from MS]      from a moment (UTC milliseconds), or at once
set-regime --seller S --from DAY --tax-system NAME [--vat RATE]
tell --kind K --key KEY (--body JSON | --gone) [--store S]     one row for a store, or for all
import-offers FILE [--whole]                offers for customers who agreed (TOML, [[offers]]); --whole: no others
prepare-offers [--zone-name Europe/Moscow]  chooses everybody's offers anew, for a nightly timer
forget                                      tombstones that no store needs any more
begin-anew                                  after HQ was restored from a backup: every store forgets what it was told
                                            since, and begins with a snapshot
each with --database sqlite:///PATH or postgresql://SERVER/NAME
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from cloud_api.at_a_terminal import Said, run_command
from cloud_api.customers.offer_book import OffersWrong, put_offers, read_offers
from cloud_api.customers.telling import tell_all
from cloud_api.settings import BadSettings, Mistake, checked_zone, database_path
from cloud_api.storage.opening import opened
from cloud_api.storage.storage import Storage
from cloud_api.telling import goods
from cloud_api.telling.forgetting import forget_tombstones
from cloud_api.telling.goods_import import import_goods
from cloud_api.telling.heads import DEFAULT_ZONE, begin_anew, set_zone
from cloud_api.telling.shop_rows import EVERY_STORE, Misshapen, put_rows, remove_rows
from cloud_api.telling.snapshots import publish, stale_zones
from fiscal.document import TaxSystem
from fiscal.vat import VatRate
from sync.wire.catalogue_file import HeaderRefused
from sync.wire.feed import AT_ONCE_MS, SHOP_KINDS, PriceRow, RegimeRow

"""Lines in Russian and English."""


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def _import(storage: Storage, asked: argparse.Namespace) -> Said:
    report = await import_goods(storage, asked.file, asked.zone, whole=asked.whole, now_ms=wall_ms())
    said = [
        (
            f"Строк {report.lines}: товаров изменено {report.products}, цен {report.prices}, снято {report.removed},"
            f" строк пропущено {report.broken}.",
            f"{report.lines} lines: {report.products} products changed, {report.prices} prices, {report.removed} taken"
            f" away, {report.broken} lines left out.",
        )
    ]
    said += [(f"  строка {line}: {ru}", f"  line {line}: {en}") for line, ru, en in report.first_broken]
    await forget_tombstones(storage, now_ms=wall_ms())
    return said + await _publish(storage, argparse.Namespace(zone=""))


async def _publish(storage: Storage, asked: argparse.Namespace) -> Said:
    said: Said = []
    for zone in [asked.zone] if asked.zone else await stale_zones(storage):
        manifest = await publish(storage, zone, now_ms=wall_ms())
        if manifest is None:
            said.append((f"Зона {zone}: товаров нет, снимок не нужен.", f"Zone {zone}: no goods, nothing to publish."))
            continue
        size = f"{manifest.size / 1_000_000:.1f}"
        said.append(
            (
                f"Зона {zone}: снимок готов, строк {manifest.rows}, {size} МБ.",
                f"Zone {zone}: a snapshot is published, {manifest.rows} rows, {size} MB.",
            )
        )
    return said


async def _set_zone(storage: Storage, asked: argparse.Namespace) -> Said:
    async with storage.transaction(asked.store) as transaction:
        await set_zone(transaction, asked.store, asked.zone)
    return [(f"{asked.store}: ценовая зона {asked.zone}.", f"{asked.store}: price zone {asked.zone}.")]


async def _set_price(storage: Storage, asked: argparse.Namespace) -> Said:
    row = msgspec.convert([asked.sku, asked.from_ms, asked.price], PriceRow)
    try:
        async with storage.transaction(None) as transaction:
            await goods.put_prices(transaction, asked.zone, [row], now_ms=wall_ms())
    except goods.NotSold:
        raise BadSettings(
            Mistake(
                f"--sku: {asked.sku} не продаётся в зоне {asked.zone}; сначала задайте цену без --from",
                f"--sku: {asked.sku} is not sold in zone {asked.zone}; first set a price without --from",
            )
        ) from None
    return [(f"{asked.sku}: цена {asked.price} в зоне {asked.zone}.", f"{asked.sku}: {asked.price} in {asked.zone}.")]


async def _set_regime(storage: Storage, asked: argparse.Namespace) -> Said:
    vat = VatRate(asked.vat).tag_1199 if asked.vat else 0
    told = [asked.seller, asked.from_day, TaxSystem[asked.tax_system.upper()].value, vat]
    row = msgspec.convert(told, RegimeRow)
    async with storage.transaction(None) as transaction:
        await goods.put_regime(transaction, row, now_ms=wall_ms())
    return [
        (
            f"{asked.seller}: {asked.tax_system} с {asked.from_day}.",
            f"{asked.seller}: {asked.tax_system} from {asked.from_day} on.",
        )
    ]


async def _tell(storage: Storage, asked: argparse.Namespace) -> Said:
    async with storage.transaction(asked.store) as transaction:
        if asked.gone:
            await remove_rows(transaction, asked.store, asked.kind, [asked.key], now_ms=wall_ms())
        else:
            body = msgspec.json.decode(asked.body)
            await put_rows(transaction, asked.store, asked.kind, [(asked.key, body)], now_ms=wall_ms())
    return [(f"{asked.kind} {asked.key}: принято.", f"{asked.kind} {asked.key}: taken.")]


async def _import_offers(storage: Storage, asked: argparse.Namespace) -> Said:
    text = asked.file.read_text(encoding="utf-8")
    async with storage.transaction(None) as transaction:
        count = await put_offers(transaction, read_offers(text), now_ms=wall_ms(), whole=asked.whole)
    said = [(f"Предложений теперь {count}.", f"There are {count} offers now.")]
    return said + await _prepare_offers(storage, asked)


async def _prepare_offers(storage: Storage, asked: argparse.Namespace) -> Said:
    customers, rows = await tell_all(storage, zone=checked_zone(asked.zone_name), now_ms=wall_ms())
    return [
        (
            f"Покупателей просмотрено {customers}, строк для магазинов изменено {rows}.",
            f"{customers} customers were looked at, {rows} rows of the shops changed.",
        )
    ]


async def _forget(storage: Storage, asked: argparse.Namespace) -> Said:
    count = await forget_tombstones(storage, now_ms=wall_ms())
    return [(f"Забыто отметок об удалении: {count}.", f"Tombstones forgotten: {count}.")]


async def _begin_anew(storage: Storage, asked: argparse.Namespace) -> Said:
    async with storage.transaction(None) as transaction:
        await begin_anew(transaction)
    said = [("Все магазины начнут со снимка.", "Every store begins with a snapshot.")]
    return said + await _publish(storage, argparse.Namespace(zone=""))


COMMANDS: dict[str, Callable[[Storage, argparse.Namespace], Awaitable[Said]]] = {
    "import-catalog": _import,
    "publish": _publish,
    "set-zone": _set_zone,
    "set-price": _set_price,
    "set-regime": _set_regime,
    "tell": _tell,
    "import-offers": _import_offers,
    "prepare-offers": _prepare_offers,
    "forget": _forget,
    "begin-anew": _begin_anew,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillkeeper hq", description="What HQ tells its stores")
    commands = parser.add_subparsers(dest="command", required=True)
    made = {name: commands.add_parser(name) for name in COMMANDS}
    for one in made.values():
        one.add_argument(
            "--database", required=True, help="sqlite:///PATH (four slashes if absolute) or postgresql://SERVER/NAME"
        )
    made["import-catalog"].add_argument("file", type=Path)
    made["import-catalog"].add_argument("--whole", action="store_true", help="what it does not name is sold no more")
    made["import-offers"].add_argument("file", type=Path)
    made["import-offers"].add_argument("--whole", action="store_true", help="what it does not name is offered no more")
    for name in ("import-offers", "prepare-offers"):
        made[name].add_argument("--zone-name", default="Europe/Moscow", help="whose day an offer begins and ends with")
    for name in ("import-catalog", "set-price"):
        made[name].add_argument("--zone", default=DEFAULT_ZONE, help="price zone")
    made["publish"].add_argument("--zone", default="", help="this zone, whether it needs it or not")
    made["set-zone"].add_argument("--store", required=True)
    made["set-zone"].add_argument("--zone", required=True)
    made["set-price"].add_argument("--sku", required=True)
    made["set-price"].add_argument("--price", type=int, required=True, help="minor units")
    made["set-price"].add_argument("--from", dest="from_ms", type=int, default=AT_ONCE_MS, help="UTC milliseconds")
    made["set-regime"].add_argument("--seller", required=True)
    made["set-regime"].add_argument("--from", dest="from_day", required=True, help="the first day, 2027-01-01")
    made["set-regime"].add_argument("--tax-system", required=True, choices=[one.name.lower() for one in TaxSystem])
    rates = [one.value for one in VatRate if not one.calculated]
    made["set-regime"].add_argument("--vat", default="", choices=["", *rates], help="of all goods; else their own")
    made["tell"].add_argument("--store", default=EVERY_STORE)
    made["tell"].add_argument("--kind", required=True, choices=sorted(SHOP_KINDS))
    made["tell"].add_argument("--key", required=True)
    what = made["tell"].add_mutually_exclusive_group(required=True)
    what.add_argument("--body", help="JSON")
    what.add_argument("--gone", action="store_true")
    return parser


async def _run(asked: argparse.Namespace) -> Said:
    async with opened(database_path(asked.database)) as storage:
        return await COMMANDS[asked.command](storage, asked)


def _not_taken(wrong: Exception) -> tuple[str, str]:
    return f"Не принято, ничего не изменено: {wrong}", f"Not taken, nothing was changed: {wrong}"


def _headless(wrong: HeaderRefused) -> tuple[str, str]:
    return (
        f"В первой строке файла нет столбцов: {wrong}. Ничего не изменено. Допишите их в первую строку.",
        f"The file's first line lacks the columns: {wrong}. Nothing was changed. Add them to the first line.",
    )


def _cut(wrong: Exception) -> tuple[str, str]:
    return (
        f"Сделано не до конца: {wrong}. Данные целы. Файл повреждён: возьмите его ещё раз и повторите.",
        f"It was not done to the end: {wrong}. The data are safe. The file is damaged: get it again and repeat.",
    )


def main(arguments: list[str] | None = None) -> int:
    """0 when it was done, 2 when it was not."""
    asked = _parser().parse_args(arguments)
    shapes = (Misshapen, OffersWrong, UnicodeDecodeError, msgspec.ValidationError, msgspec.DecodeError)
    refusals = {**dict.fromkeys(shapes, _not_taken), HeaderRefused: _headless, EOFError: _cut, zlib.error: _cut}
    return run_command(functools.partial(_run, asked), refusals)


if __name__ == "__main__":
    sys.exit(main())
