"""The books of a note at a real kiosk: the files of journal and ledgers, read from outside while the agent runs."""

from __future__ import annotations

from typing import Any

from agent.kiosk.boxes import order_of
from fiscal.cash_unit import CashUnit
from fiscal.claim import Claim
from fiscal.sale import Phase
from sync.store.cash_journal import read_unit
from sync.store.claim_journal import read_claim
from sync.store.reading import Reading
from tests.power.real_kiosk import COINS, NOTES, REGISTER, TERMINAL, RealKiosk
from tests.simulation.cash_laws import broken_laws as broken_cash_laws
from tests.simulation.laws import ALL, Truth, all_sales, broken_laws, unfinished


def disagreements(shop: RealKiosk) -> list[str]:
    """Everything that does not agree once nobody stands there and nothing is owed or to be booked."""
    reading = shop.reading()
    truth = Truth({REGISTER: shop.sims[REGISTER].ledger}, {TERMINAL: shop.sims[TERMINAL].ledger})  # type: ignore[dict-item]
    found = unfinished(reading) or broken_laws(reading, truth)  # type: ignore[arg-type]
    units = {device: _units(reading, device) for device in (NOTES, COINS)}
    for device, own in units.items():
        found += [f"{device}: {said}" for said in broken_cash_laws(shop.sims[device].ledger.records, own)]
    every = [unit for own in units.values() for unit in own.values()]
    found += [f"{piece.value_minor} is listed in doubt: {piece.reason}" for unit in every for piece in unit.doubts]
    claims = _claims(reading)
    found += _orders(reading, every, claims)
    promised, booked = sum(claim.issued.amount_minor for claim in claims), _sum(shop, REGISTER, "cash_in", "sum_minor")
    if promised != booked:
        found.append(f"{promised} promised by claims, {booked} booked")
    taken, given = (sum(_sum(shop, id, event, "value_minor") for id in units) for event in ("stacked", "paid_out"))
    register = _sum(shop, REGISTER, "fiscalised", "cash_minor") + booked
    if taken - given != register:
        found.append(f"{taken - given} in the boxes, {register} in the register")
    return found


def _sum(shop: RealKiosk, device: str, event: str, field: str) -> int:
    return sum(record[field] for record in shop.sims[device].ledger.records if record["event"] == event)


def _units(reading: Reading, device: str) -> dict[str, CashUnit]:
    subjects = {row.sale for row in reading.journal_since(0, ALL) if row.sale.startswith(f"cash/{device}/")}
    return {one.split("/")[2]: read_unit(reading.journal(one)) for one in sorted(subjects)}


def _claims(reading: Reading) -> list[Claim]:
    subjects = {row.sale for row in reading.journal_since(0, ALL) if row.kind.startswith("claim.")}
    return [claim for one in sorted(subjects) if (claim := read_claim(reading.journal(one))) is not None]


def _orders(reading: Reading, units: list[CashUnit], claims: list[Claim]) -> list[str]:
    """Each purchase: inserted = in its receipt + paid out + promised, to the kopeck."""
    kept: dict[str, Any] = {
        sale.id: sale.cash_kept_minor
        for sale in all_sales(reading)  # type: ignore[arg-type]
        if sale.phase is Phase.CLOSED
    }
    found = []
    for order in sorted({order for unit in units for order in unit.orders}):
        inserted = sum(unit.inserted_for(order) for unit in units)
        paid = sum(ended.paid_minor for unit in units for ended in unit.paid if order_of(ended.key) == order)
        promised = sum(claim.issued.amount_minor for claim in claims if claim.issued.order == order)
        if inserted != kept.get(order, 0) + paid + promised:
            found.append(f"{order}: {inserted} in, {kept.get(order, 0)} kept, {paid} paid, {promised} promised")
    return found
