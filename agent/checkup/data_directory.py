"""The data directory as the doctor sees it: whose it is, the journal's chain, room, the catalogue, unfinished sales."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from agent.checkup.finding import Finding, attention, broken, fine
from fiscal.sale import Phase
from sync.store.catalogue import Shelf
from sync.store.failures import StoreError
from sync.store.looking import Look
from sync.store.reserve import MARGIN_BYTES, RESERVE_BYTES
from sync.store.sale_journal import read_sale
from sync.store.system_words import system_words

LOW_BYTES = 200 * 1024 * 1024
"""Some months of one shop: time enough to make room without haste."""
CALL = ("Сделайте копию каталога и обратитесь в поддержку.", "Keep a copy of the directory and call support.")


def foreign_owner(directory: Path) -> str | None:
    """Whose directory it is, when it is not ours: SQLite would leave files there that its owner cannot open."""
    try:
        owner = directory.stat().st_uid
    except FileNotFoundError:
        return None
    return None if owner == os.geteuid() else str(owner)


def directory_findings(directory: Path, pid: int | None) -> list[Finding]:
    """`pid` is the running agent's, None when none runs."""
    if not directory.is_dir():
        parent = next((folder for folder in directory.parents if folder.is_dir()), Path("/"))
        if not os.access(parent, os.W_OK):
            what = (
                f"{directory} нельзя создать: нет прав в {parent}.",
                f"{directory} cannot be made: {parent} is not ours.",
            )
            return [
                broken("data", what, ("Создайте каталог и дайте права.", "Make the directory and grant the right."))
            ]
        return [fine("data", f"{directory}: ещё нет, создастся при запуске.", f"{directory}: made at the first start.")]
    held = (f"каталог держит процесс {pid}", f"held by process {pid}") if pid else ("агент не запущен", "no agent runs")
    found = [fine("data", f"{directory}: {held[0]}.", f"{directory}: {held[1]}.")]
    free = shutil.disk_usage(directory).free
    room = f"{free // (1024 * 1024)}"
    if free < RESERVE_BYTES + MARGIN_BYTES:
        do = ("Освободите место на диске.", "Make room on the disk.")
        safe = ("Записанное цело, начатые чеки закончатся.", "What is written is safe, begun sales can be finished.")
        found.append(
            broken(
                "disk", (f"свободно {room} МБ: касса не берёт деньги.", f"{room} MB free: no money is taken."), do, safe
            )
        )
    elif free < LOW_BYTES:
        do = ("Освободите место на диске.", "Make room on the disk.")
        found.append(attention("disk", (f"свободно всего {room} МБ.", f"only {room} MB free."), do))
    else:
        found.append(fine("disk", f"свободно {room} МБ.", f"{room} MB free."))
    return found


def catalogue_finding(directory: Path) -> Finding:
    shelf = Shelf(directory)
    do = (
        "Загрузите товары: tillkeeper catalog import ФАЙЛ --config …",
        "Import products: tillkeeper catalog import FILE --config …",
    )
    try:
        catalogue = shelf.catalogue()
        if catalogue is None:
            return attention("catalogue", ("каталога ещё нет.", "there is no catalogue yet."), do)
        count, wrong = catalogue.count(), len(catalogue.put_aside())
        if wrong:
            what = (
                f"товаров: {count}; строк от офиса, в которых нет смысла: {wrong}.",
                f"{count} products; rows from HQ that make no sense: {wrong}.",
            )
            mend = ("Исправьте эти товары в офисе.", "Mend these products at HQ.")
            safe = ("Остальные товары продаются.", "The other products are on sale.")
            return attention("catalogue", what, mend, safe)
        if catalogue.fed:
            return fine("catalogue", f"товаров: {count}, их ведёт офис.", f"{count} products, kept by HQ.")
        return fine("catalogue", f"товаров: {count}.", f"{count} products.")
    except (StoreError, FileNotFoundError) as error:
        ru, en = system_words(error) if isinstance(error, OSError) else (error.ru, error.en)
        return broken("catalogue", (f"каталог не открывается: {ru}", f"the catalogue cannot be opened: {en}"), do)
    finally:
        shelf.close()


def journal_findings(look: Look | None) -> list[Finding]:
    if look is None:
        return []
    if look.schema > look.known:
        what = (
            f"файл записан более новой программой (схема {look.schema}, известна {look.known}).",
            f"the file was written by a newer program (schema {look.schema}, known {look.known}).",
        )
        return [broken("journal", what, ("Обновите программу.", "Update the program."))]
    first_bad = look.reading.verify_chain()
    if first_bad is not None:
        what = (f"цепочка нарушена с записи {first_bad}.", f"the chain is broken from entry {first_bad} on.")
        return [broken("journal", what, CALL)]
    told = (
        f"схема {look.schema}, записей {look.entries}, цепочка цела.",
        f"schema {look.schema}, {look.entries} entries",
    )
    return [fine("journal", told[0], f"{told[1]}, the chain is whole."), *_sale_findings(look)]


def _sale_findings(look: Look) -> list[Finding]:
    """Unfinished sales; those whose outcome nobody knows yet come by name."""
    found = []
    unfinished = 0
    for row in look.reading.open_sales():
        sale = read_sale(look.reading.journal(row.id))
        if sale.phase is Phase.BASKET:
            continue
        unfinished += 1
        doubtful = sale.phase in (Phase.SEALING, Phase.IN_DOUBT) or bool(sale.unsettled)
        if not doubtful and sale.phase is not Phase.PAID_UNSEALED:
            continue
        number = sale.number or sale.id[-6:]
        if doubtful:
            what = (
                f"чек {number} кассы {row.till}: исход операции ещё неизвестен.",
                f"sale {number} of till {row.till}: an operation's outcome is not known yet.",
            )
        else:
            what = (
                f"чек {number} кассы {row.till}: деньги взяты, чека нет.",
                f"sale {number} of till {row.till}: money is taken, there is no receipt.",
            )
        safe = ("Второй раз ничего не спишется и не пробьётся.", "Nothing is charged or made twice.")
        do = (
            "Запустите агента: он спросит ККТ и терминал; если попросит, решите на кассе или на странице статуса.",
            "Run the agent: it asks register and terminal; if it asks you, decide at the till or on the status page.",
        )
        found.append(attention("sales", what, do, safe))
    if not found:
        found.append(
            fine(
                "sales",
                f"неясных операций нет, незаконченных чеков {unfinished}.",
                f"nothing unclear, {unfinished} unfinished.",
            )
        )
    return found
