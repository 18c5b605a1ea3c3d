"""The laws of a whole day, judged when everything was mended and had its time: journal, ledgers, stock and HQ agree."""

from __future__ import annotations

from collections import Counter

import msgspec

from agent.till.terminal_days import is_doubtful
from fiscal.document import Operation
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct
from sync.store.store import Store
from sync.wire.facts import TerminalDay
from tests.simulation.books_laws import books_agree
from tests.simulation.hq_laws import hq_agrees
from tests.simulation.laws import ALL, Truth, counts, disagreements, hanging
from tests.simulation.shop_plan import PRODUCTS
from tests.simulation.world import SimShop

GOODS_GONE = frozenset({Phase.CLOSED, Phase.CORRECTION_DUE, Phase.LEFT_OPEN})


def truth_of(world: SimShop) -> Truth:
    registers = {id: device.ledger for id, device in world.devices.items() if device.is_register}
    terminals = {id: device.ledger for id, device in world.devices.items() if device.is_terminal}
    return Truth(registers, terminals)


def broken_at_the_end(world: SimShop, sales: list[Sale], gone: frozenset[str]) -> list[str]:
    """`sales`: all there are. `gone`: tills whose register is another one since, which sell and settle nothing more."""
    store, truth = world.store, truth_of(world)
    assert store is not None
    assert world.office is not None
    days = terminal_days(store)
    tills = {terminal: till.id for till in world.settings.tills for terminal in till.terminals}
    listed = {
        terminal: suspects_of(terminal, days)
        | (never_compared(terminal, days, sales) if tills[terminal] in gone else set())
        for terminal in truth.terminals
    }
    found = [f"a task died: {death}" for death in world.deaths]
    found += disagreements(store, sales, truth, listed) + hanging(sales, gone)
    for till in world.settings.tills:
        if till.id not in gone:
            found += drawer_and_shifts(world, store, till.id, till.register)
            found += [line for terminal in till.terminals for line in compared(terminal, days, sales, truth)]
            found += register_sums(sales, truth, till.id, till.register)
    found += stock(store, sales)
    found += hq_agrees(store, world.office.storage, sales)
    found += books_agree(world.office.storage, sales, truth, gone, world.clock.now_ms())
    return found


def suspects_of(terminal: str, days: list[TerminalDay]) -> frozenset[str]:
    return frozenset(id for day in days if day.terminal == terminal and day.state != "equal" for id in day.suspects)


def never_compared(terminal: str, days: list[TerminalDay], sales: list[Sale]) -> frozenset[str]:
    """Doubtful attempts since the terminal's last end of day. A till whose register was exchanged closes no shift, so
    the end of day that would list what its terminal forgot (`power_cut_lost_record`) has not come yet."""
    last_ms = max((day.at_ms for day in days if day.terminal == terminal), default=0)
    attempts = [a for sale in sales for a in sale.attempts if a.sent.terminal == terminal]
    return frozenset(a.id for a in attempts if a.sent.sent_ms > last_ms and is_doubtful(a))


def terminal_days(store: Store) -> list[TerminalDay]:
    rows = store.journal_since(0, ALL)
    return [msgspec.json.decode(row.body, type=TerminalDay) for row in rows if row.kind == "terminal.day_closed"]


def compared(terminal: str, days: list[TerminalDay], sales: list[Sale], truth: Truth) -> list[str]:
    """The end of day lists a difference exactly where terminal and journal differ, as far as its totals were heard."""
    mine = [day for day in days if day.terminal == terminal]
    if not mine or mine[-1].state == "unanswered":
        return [f"{terminal}: its last day was never compared"]
    closed = [record for record in truth.terminals[terminal].records if record["event"] == "day_closed"]
    if len(closed) != sum(day.state != "unanswered" for day in mine):
        return []  # an end of day whose totals were lost: the sums of the others cannot add up
    told = sum(day.difference for day in mine)
    ledger = truth.terminals[terminal].records
    signs = {"charged": 1, "reversed": -1, "refunded": -1}
    booked = sum(signs.get(record["event"], 0) * record.get("amount_minor", 0) for record in ledger)
    attempts = [a for sale in sales for a in sale.attempts if a.sent.terminal == terminal and counts(a)]
    ours = sum((1 if a.sent.act.value == "purchase" else -1) * a.sent.amount_minor for a in attempts)
    unsaid = [day for day in mine if day.state == "unsaid"]
    if unsaid:
        # A total below zero was told as zero: how far below, the terminal does not say. It was zero at most.
        most = told - sum(day.journal for day in unsaid)
        if booked - ours > most:
            return [f"{terminal}: the ends of day leave room for {most} at most, the difference is {booked - ours}"]
    elif told != booked - ours:
        return [f"{terminal}: the ends of day list {told}, the difference is {booked - ours}"]
    return []


def register_sums(sales: list[Sale], truth: Truth, till: str, register: str) -> list[str]:
    """Net sum and number of receipts by the register's ledger and by the journal."""
    ledger = [r for r in truth.registers[register].records if r["event"] == "fiscalised" and not r.get("foreign")]
    there = sum(_sign(r["operation"]) * r["total_minor"] for r in ledger)
    mine = [sale for sale in sales if sale.opened.till == till]
    documents = [meant.planned.document for sale in mine for meant in sale.sealed_meant]
    ours = sum(_sign(document.operation.value) * document.total_minor for document in documents)
    open_documents = [s.meant.planned.document for s in mine if s.phase is Phase.LEFT_OPEN and s.meant is not None]
    possible = {ours, *(ours + _sign(d.operation.value) * d.total_minor for d in open_documents)}
    if there not in possible:
        return [f"{register}: {there} fiscalised, {ours} in the journal"]
    return []


def _sign(operation: int) -> int:
    return {Operation.SALE.value: 1, Operation.SALE_REFUND.value: -1}[operation]


def drawer_and_shifts(world: SimShop, store: Store, till: str, register: str) -> list[str]:
    """The drawer by the register is the journal's cash; every shift and cash move that happened is known, once."""
    found = []
    ledger = world.devices[register].ledger.records
    there = Counter(record["event"] for record in ledger)
    rows = [row for row in store.journal_since(0, ALL) if row.till == till and row.kind.startswith("shift.")]
    kinds = Counter(row.kind for row in rows)
    moves = [msgspec.json.decode(row.body) for row in rows if row.kind == "shift.moved"]
    for event in ("opened", "closed"):
        if there[f"shift_{event}"] != kinds[f"shift.{event}"]:
            found.append(
                f"{register}: {there[f'shift_{event}']} shifts {event}, {kinds[f'shift.{event}']} in the journal"
            )
    for act, sign in (("cash_in", 1), ("cash_out", -1)):
        happened = [record["sum_minor"] for record in ledger if record["event"] == act]
        known = [move["sum_minor"] for move in moves if move["act"] == act]
        if sorted(happened) != sorted(known):
            found.append(f"{register}: {act} {sign * sum(happened)} there, {sign * sum(known)} in the journal")
    return found


def stock(store: Store, sales: list[Sale]) -> list[str]:
    """Stock is the sum of what left with sales and came back with refunds."""
    moved: Counter[str] = Counter()
    for sale in sales:
        if sale.phase in GOODS_GONE:
            for line in sale.basket.lines:
                sign = 1 if sale.act is SaleAct.REFUND else -1
                moved[line.product.barcode] += sign * line.quantity_thousandths
    found = []
    for product in PRODUCTS:
        kept = store.stock(product.barcode, "store")
        if kept != moved[product.barcode]:
            found.append(f"stock of {product.name}: {kept} kept, {moved[product.barcode]} by the sales")
    return found
