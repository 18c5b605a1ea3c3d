"""The law of store credit: what the accounts hold is what advance receipts took less what was paid with it, by the
register's own ledger."""

from __future__ import annotations

from collections.abc import Iterable

from fiscal.document import Method, Operation
from fiscal.sale import ENDED, Phase, Sale
from fiscal.sale_events import SaleAct
from sync.store.credit_journal import read_account
from sync.store.store import Store
from tests.simulation.devices import Device
from tests.simulation.laws import ALL


def credit_law(store: Store, sales: Iterable[Sale], registers: Iterable[Device]) -> list[str]:
    """Everything that does not agree."""
    subjects = {row.sale for row in store.journal_since(0, ALL) if row.kind.startswith("credit.")}
    accounts = [read_account(store.journal(one)) for one in sorted(subjects)]
    held = sum(account.balance_minor for account in accounts if account is not None)
    made = sum(_moved(record) for device in registers for record in device.ledger.records)
    # Money that is neither here nor there for the register: a payment under way, and documents that are owed.
    between = sum(_between(sale) for sale in sales)
    if held != made + between:
        return [f"{held} on accounts, {made} by the registers' documents and {between} between the two"]
    return []


def _moved(record: dict[str, object]) -> int:
    """What a document puts on accounts, less what it is paid with from them."""
    if record["event"] != "fiscalised":
        return 0
    prepaid = record["prepaid_minor"]
    assert isinstance(prepaid, int)
    lines = record["lines"]
    assert isinstance(lines, list)
    advance = sum(line["sum_minor"] for line in lines if line.get("method") == Method.ADVANCE.value)
    return advance + (prepaid if record["operation"] == Operation.SALE_REFUND.value else -prepaid)


def _between(sale: Sale) -> int:
    if sale.phase is Phase.CORRECTION_DUE:
        return sale.cash_kept_minor if sale.act is SaleAct.ADVANCE else -sale.credit_minor
    open_now = sale.phase not in ENDED and sale.act is SaleAct.SALE and not sale.sealed
    return -sale.credit_minor if open_now or sale.phase is Phase.LEFT_OPEN else 0
