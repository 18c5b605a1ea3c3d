"""The laws of the money path, judged from outside: what the devices' ledgers say happened against what the journal says.

Each function returns sentences, empty when the law holds. The ledgers are the truth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from drivers.simulators.world import ListLedger
from fiscal.payment import AttemptPhase, CardAct
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct
from sync.store.sale_journal import read_sale
from sync.store.store import Store

UNRESOLVED = frozenset({AttemptPhase.UNKNOWN, AttemptPhase.NEEDS_PERSON, AttemptPhase.CANNOT_TELL, AttemptPhase.SENT,
                        AttemptPhase.HEARD, AttemptPhase.DISPUTED})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Truth:
    """The ledgers of the shop: registers and terminals by device id."""

    registers: dict[str, ListLedger]
    terminals: dict[str, ListLedger]


def all_sales(store: Store) -> list[Sale]:
    rows = store.journal_since(0, 10_000_000)
    by_sale: dict[str, list] = {}
    for row in rows:
        if row.sale and row.kind.startswith("sale."):
            by_sale.setdefault(row.sale, []).append(row)
    return [read_sale(kept) for kept in by_sale.values()]


def broken_laws(store: Store, truth: Truth) -> list[str]:
    """Everything that does not agree, in words."""
    sales = all_sales(store)
    bad = store.verify_chain()
    found = [f"the journal's chain breaks at {bad}"] if bad is not None else []
    found += documents(sales, truth)
    found += charges(sales, truth)
    for sale in sales:
        found += sealed_sum(sale)
    return found


def documents(sales: list[Sale], truth: Truth) -> list[str]:
    """Each planned document sealed at most once, each sealed one planned, and the journal knows every one of them."""
    made = [
        record
        for ledger in truth.registers.values()
        for record in ledger.records
        if record["event"] == "fiscalised" and not record.get("foreign")
    ]
    found = []
    by_key = Counter(record["key1084"] for record in made)
    for sale in sales:
        sealed = [one for one in sale.sealed if one.number]
        in_flight = 1 if sale.phase in (Phase.SEALING, Phase.IN_DOUBT) or sale.phase is Phase.LEFT_OPEN else 0
        there = by_key.pop(sale.id, 0)
        if there > len(sale.parts):
            found.append(f"sale {sale.id}: {there} documents for {len(sale.parts)} planned")
        if not len(sealed) <= there <= len(sealed) + in_flight:
            found.append(f"sale {sale.id} ({sale.phase.value}): journal has {len(sealed)} documents, register {there}")
    found += [f"{count} documents of nobody's sale {key!r}" for key, count in by_key.items()]
    numbers = {(record["document"], record["total_minor"]) for record in made}
    for sale in sales:
        for one, meant in zip(sale.sealed, sale.sealed_meant, strict=True):
            if one.number and (one.number, meant.planned.document.total_minor) not in numbers:
                found.append(f"sale {sale.id}: the register has no document {one.number} of that sum")
    return found


def charges(sales: list[Sale], truth: Truth) -> list[str]:
    """Money at the terminals is the journal's money, but for what is listed as unresolved; no sale is charged twice."""
    found = []
    for terminal, ledger in truth.terminals.items():
        booked = _net(ledger)
        ours = unresolved = 0
        for sale in sales:
            for attempt in sale.attempts:
                if attempt.sent.terminal != terminal:
                    continue
                sign = 1 if attempt.sent.act is CardAct.PURCHASE else -1
                if attempt.phase in UNRESOLVED:
                    unresolved += attempt.sent.amount_minor
                elif (
                    attempt.money_moved
                    and attempt.phase is not AttemptPhase.CONFIRMING
                    and not _reserved(sale, attempt)
                ):
                    ours += sign * attempt.sent.amount_minor
        if abs(booked - ours) > unresolved:
            found.append(f"{terminal}: {booked} booked there, {ours} in the journal, {unresolved} unresolved")
    for sale in sales:
        if sale.act is SaleAct.SALE and sale.card_minor > max(sale.due_minor, 0) and not sale.unsettled:
            over = sale.phase not in (Phase.GIVING_BACK, Phase.VOIDED)
            if over:
                found.append(f"sale {sale.id}: {sale.card_minor} charged for {sale.due_minor}")
    return found


def _reserved(sale: Sale, attempt) -> bool:  # type: ignore[no-untyped-def]
    """A suspended amount is no money yet: the terminal books it when it is confirmed."""
    return attempt.sent.confirm and attempt.phase in (AttemptPhase.APPROVED, AttemptPhase.PERSON_PAID)


def _net(ledger: ListLedger) -> int:
    signs = {"charged": 1, "reversed": -1, "refunded": -1}
    return sum(signs.get(record["event"], 0) * record.get("amount_minor", 0) for record in ledger.records)


def sealed_sum(sale: Sale) -> list[str]:
    """A closed sale is paid to the kopeck and has all its documents; money without a document is named as such."""
    found = []
    if sale.phase is Phase.CLOSED:
        if sale.paid_minor != sale.due_minor:
            found.append(f"sale {sale.id}: closed with {sale.paid_minor} paid of {sale.due_minor}")
        if sale.documents_left:
            found.append(f"sale {sale.id}: closed with {len(sale.sealed)} of {len(sale.parts)} documents")
    if sale.phase is Phase.VOIDED and sale.money_here:
        found.append(f"sale {sale.id}: voided with {sale.paid_minor} of the shopper's money")
    return found


def unfinished(store: Store) -> list[str]:
    """What still hangs although every device answers: nothing may, once things have quietened down."""
    found = []
    for sale in all_sales(store):
        if sale.phase in (Phase.SEALING, Phase.IN_DOUBT, Phase.PAID_UNSEALED, Phase.GIVING_BACK, Phase.SEALED):
            found.append(f"sale {sale.id} still {sale.phase.value} ({sale.trouble})")
        found += [
            f"sale {sale.id}: attempt {attempt.phase.value}"
            for attempt in sale.attempts
            if attempt.phase in UNRESOLVED or attempt.phase in (AttemptPhase.ROLLING_BACK, AttemptPhase.CONFIRMING)
        ]
    return found
