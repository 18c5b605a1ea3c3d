"""The laws of the money path, judged from outside: what the devices' ledgers say against what the journal says.

Each function returns sentences, empty when the law holds. The ledgers are the truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.simulators.world import ListLedger
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct, SealedBy
from sync.store.sale_journal import read_sale
from sync.store.store import Store

ALL = 10_000_000
UNRESOLVED = frozenset({AttemptPhase.UNKNOWN, AttemptPhase.NEEDS_PERSON, AttemptPhase.CANNOT_TELL, AttemptPhase.SENT,
                        AttemptPhase.HEARD})  # fmt: skip
EVENTS = {CardAct.PURCHASE: "charged", CardAct.REFUND: "refunded", CardAct.REVERSAL: "reversed"}
SIGNS = {"charged": 1, "reversed": -1, "refunded": -1}


@dataclass(frozen=True, slots=True)
class Truth:
    """The ledgers of the shop: registers and terminals by device id."""

    registers: dict[str, ListLedger]
    terminals: dict[str, ListLedger]


def all_sales(store: Store) -> list[Sale]:
    rows = store.journal_since(0, ALL)
    by_sale: dict[str, list[Any]] = {}
    for row in rows:
        if row.sale and row.kind.startswith("sale."):
            by_sale.setdefault(row.sale, []).append(row)
    return [read_sale(kept) for kept in by_sale.values()]


def broken_laws(store: Store, truth: Truth) -> list[str]:
    """Everything that does not agree, in words, before any end of day."""
    return disagreements(store, all_sales(store), truth, {})


def disagreements(store: Store, sales: list[Sale], truth: Truth, listed: Mapping[str, frozenset[str]]) -> list[str]:
    """`sales`: all of the store's. `listed`: by terminal, the attempts that an end of day names as the possible cause
    of a difference between the terminal's totals and the journal."""
    bad = store.verify_chain()
    found = [f"the journal's chain breaks at {bad}"] if bad is not None else []
    found += documents(sales, truth)
    found += charges(sales, truth, listed)
    for sale in sales:
        found += sealed_sum(sale)
    return found


def fiscalised(truth: Truth) -> list[dict[str, Any]]:
    """Every receipt in every fiscal memory, without those of other programs."""
    records = [record for ledger in truth.registers.values() for record in ledger.records]
    return [record for record in records if record["event"] == "fiscalised" and not record.get("foreign")]


def documents(sales: list[Sale], truth: Truth) -> list[str]:
    """Each planned document sealed at most once, each sealed one planned, and the journal knows every one of them by
    its number: a document of an equal sum is not the same document."""
    made = fiscalised(truth)
    found = []
    by_key = Counter(record["key1084"] for record in made)
    known = {(record["key1084"], record["document"], record["total_minor"]) for record in made}
    for sale in sales:
        sealed = [one for one in sale.sealed if one.number]
        in_flight = 1 if sale.phase in (Phase.SEALING, Phase.IN_DOUBT) or sale.phase is Phase.LEFT_OPEN else 0
        there = by_key.pop(sale.id, 0)
        if there > len(sale.parts):
            found.append(f"sale {sale.id}: {there} documents for {len(sale.parts)} planned")
        if not len(sealed) <= there <= len(sealed) + in_flight:
            found.append(f"sale {sale.id} ({sale.phase.value}): journal has {len(sealed)} documents, register {there}")
        for one, meant in zip(sale.sealed, sale.sealed_meant, strict=True):
            document = (sale.id, one.number, meant.planned.document.total_minor)
            if document not in known and (one.number or one.by is not SealedBy.PERSON):
                found.append(f"sale {sale.id}: the register has no document {one.number} of this sale and sum")
    found += [f"{count} documents of nobody's sale {key!r}" for key, count in by_key.items()]
    return found


def charges(sales: list[Sale], truth: Truth, listed: Mapping[str, frozenset[str]]) -> list[str]:
    """Money at the terminals is the journal's money, to the kopeck, but for attempts that are listed: as unresolved, or
    by an end of day. Then the difference is the sum of some of them. No sale is charged twice."""
    found = []
    for terminal, ledger in truth.terminals.items():
        attempts = [a for sale in sales for a in sale.attempts if a.sent.terminal == terminal]
        booked = sum(SIGNS.get(record["event"], 0) * record.get("amount_minor", 0) for record in ledger.records)
        ours = sum(_signed(a) for a in attempts if counts(a))
        named = listed.get(terminal, frozenset())
        doubtful = [
            -_signed(a) if counts(a) else _signed(a) for a in attempts if a.phase in UNRESOLVED or a.id in named
        ]
        if booked - ours not in _sums(doubtful):
            found.append(f"{terminal}: {booked} booked there, {ours} in the journal, in doubt are {doubtful}")
        found += _slips(terminal, attempts, ledger, named)
    for sale in sales:
        if sale.act is SaleAct.SALE and sale.card_minor > max(sale.due_minor, 0) and not sale.unsettled:
            over = sale.phase not in (Phase.GIVING_BACK, Phase.VOIDED)
            if over:
                found.append(f"sale {sale.id}: {sale.card_minor} charged for {sale.due_minor}")
    return found


def _slips(terminal: str, attempts: list[Attempt], ledger: ListLedger, named: frozenset[str]) -> list[str]:
    """What the journal took for its own is its own: each slip once, of the sum and kind that the terminal booked."""
    found = []
    booked = {(r["slip"], r["event"], r["amount_minor"]) for r in ledger.records if r["event"] in SIGNS}
    claimed: Counter[int] = Counter()
    for attempt in attempts:
        if attempt.facts is None or not counts(attempt) or attempt.phase is AttemptPhase.DISPUTED:
            continue
        if attempt.facts.slip == attempt.sent.of_slip:
            continue  # "already reversed" names the slip of the purchase
        claimed[attempt.facts.slip] += 1
        slip = (attempt.facts.slip, EVENTS[attempt.sent.act], attempt.sent.amount_minor)
        if slip not in booked and attempt.id not in named:
            found.append(f"{terminal}: no such booking: {slip}")
    return found + [f"{terminal}: slip {slip} is claimed {times} times" for slip, times in claimed.items() if times > 1]


def counts(attempt: Attempt) -> bool:
    """Does the journal say that the terminal booked it? What a terminal holds for us is not booked yet; where the
    terminal contradicts a person, the terminal is right."""
    if attempt.phase is AttemptPhase.DISPUTED:
        return attempt.trail[-2] is AttemptPhase.PERSON_UNPAID and not attempt.sent.confirm
    if attempt.sent.confirm:
        return attempt.phase is AttemptPhase.BOOKED
    return attempt.money_moved


def _signed(attempt: Attempt) -> int:
    return SIGNS[EVENTS[attempt.sent.act]] * attempt.sent.amount_minor


def _sums(parts: Iterable[int]) -> set[int]:
    """The sums of every choice among the parts, none of them included."""
    sums = {0}
    for part in parts:
        sums |= {known + part for known in sums}
    return sums


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
    if sale.phase is Phase.BASKET and sale.money_here:
        found.append(f"sale {sale.id}: an open basket holds {sale.paid_minor} of the shopper's money")
    return found


def unfinished(store: Store) -> list[str]:
    """What still hangs although every device answers and every register is the one it was."""
    return hanging(all_sales(store), frozenset())


def hanging(sales: list[Sale], gone: frozenset[str]) -> list[str]:
    """What still hangs although every device answers: nothing may, once things have quietened down.

    A case that a person left open is listed and done with, as long as the terminal cannot say more: one that waits for
    our word can always be told. `gone`: tills whose register was replaced, where a document can wait for ever.
    """
    found = []
    for sale in sales:
        stuck = (Phase.SEALING, Phase.IN_DOUBT, Phase.PAID_UNSEALED, Phase.GIVING_BACK, Phase.SEALED)
        if sale.phase in stuck and sale.opened.till not in gone:
            found.append(f"sale {sale.id} still {sale.phase.value} ({sale.trouble})")
        if sale.phase is Phase.PAYING and sale.money_here:
            found.append(f"sale {sale.id}: {sale.paid_minor} paid of {sale.due_minor}, and nothing goes on")
        for attempt in sale.attempts:
            left_open = attempt.phase is AttemptPhase.CANNOT_TELL and sale.phase is Phase.LEFT_OPEN
            if left_open and not attempt.sent.confirm:
                continue
            held = attempt.sent.confirm and attempt.phase is AttemptPhase.APPROVED and sale.opened.till not in gone
            unended = (AttemptPhase.ROLLING_BACK, AttemptPhase.CONFIRMING)
            if attempt.phase in UNRESOLVED or attempt.phase in unended or held:
                found.append(f"sale {sale.id} ({sale.phase.value}): attempt {attempt.phase.value}")
    return found
