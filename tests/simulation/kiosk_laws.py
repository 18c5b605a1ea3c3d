"""The laws of a kiosk, judged from outside: boxes and register by their own ledgers, against what the journal says."""

from __future__ import annotations

from collections import Counter

from fiscal.cash_piece import Piece
from fiscal.claim import Claim
from sync.store.claim_journal import read_claim, subject
from tests.simulation.credit_law import credit_law
from tests.simulation.day_laws import drawer_and_shifts, truth_of
from tests.simulation.kiosk_plan import COINS, KIOSK, NOTES, REGISTER
from tests.simulation.laws import ALL, all_sales, disagreements
from tests.simulation.world import SimShop


def kiosk_laws(world: SimShop, *, settled: bool) -> list[str]:
    """Everything that does not agree. `settled`: the kiosk had its time, so nothing may be owed or open any more."""
    assert world.store is not None
    assert world.shop is not None
    kiosk = world.shop.kiosks[KIOSK]
    sales = all_sales(world.store)
    found = disagreements(world.store, sales, truth_of(world), {})
    found += drawer_and_shifts(world, world.store, KIOSK, REGISTER)
    waiting = sum(kiosk.back.unbooked())
    moneys = {order: kiosk.back.money(order) for order in kiosk.back.orders() if order}
    doubted = [piece for _, _, record in kiosk.boxes.units() for piece in record.unit.doubts]
    known = in_register(world) + waiting + sum(piece.value_minor for piece in doubted)
    known += sum(money.in_order_minor + money.owed_minor + money.debt_minor for money in moneys.values())
    there = in_boxes(world)
    if there != known and not _explained(there - known, doubted):
        found.append(f"{there} in the boxes, {known} in the books (doubted {[p.value_minor for p in doubted]})")
    for order, money in moneys.items():
        if money.lost_minor:
            found.append(f"{order}: {money.lost_minor} given beyond what was there")
        if settled and (money.owed_minor or money.in_order_minor):
            found.append(f"{order}: {money.owed_minor} owed and {money.in_order_minor} open after all that time")
    if settled and waiting:
        found.append(f"{waiting} of claims are not booked")
    found += credit_law(world.store, sales, [world.devices[REGISTER]])
    return found + _claims(world, waiting)


def in_boxes(world: SimShop) -> int:
    """By the devices' ledgers: what was stacked, less what was paid out and what the hopper was filled with."""
    total = 0
    for id in (NOTES, COINS):
        for record in world.devices[id].ledger.records:
            if record["event"] == "stacked":
                total += record["value_minor"]
            elif record["event"] == "paid_out":
                total -= record["value_minor"]
    return total


def in_register(world: SimShop) -> int:
    """Cash that the register counts: of its receipts and of what was put in."""
    total = 0
    for record in world.devices[REGISTER].ledger.records:
        if record["event"] == "fiscalised":
            total += record["cash_minor"]
        elif record["event"] in ("cash_in", "cash_out"):
            total += record["sum_minor"] * (1 if record["event"] == "cash_in" else -1)
    return total


def _explained(gap: int, doubted: list[Piece]) -> bool:
    """A doubted piece is in the box or it is not: some of them may explain what is missing."""
    sums = {0}
    for piece in doubted:
        sums |= {known - piece.value_minor for known in sums}
    return gap in sums or any(not piece.value_minor for piece in doubted)


def _claims(world: SimShop, waiting: int) -> list[str]:
    """Each claim is booked once: what the register was told equals what was promised."""
    claims = claims_of(world)
    promised = sum(claim.issued.amount_minor for claim in claims)
    booked = sum(r["sum_minor"] for r in world.devices[REGISTER].ledger.records if r["event"] == "cash_in")
    found = []
    if promised != booked + waiting:
        found.append(f"{promised} promised by claims, {booked} booked and {waiting} waiting")
    twice = [number for number, times in Counter(claim.issued.number for claim in claims).items() if times > 1]
    return [*found, *(f"claim {number} was issued twice" for number in twice)]


def claims_of(world: SimShop) -> list[Claim]:
    assert world.store is not None
    subjects = {row.sale for row in world.store.journal_since(0, ALL) if row.kind.startswith("claim.")}
    found = [read_claim(world.store.journal(one)) for one in sorted(subjects)]
    assert all(one == subject(claim.issued.number) for one, claim in zip(sorted(subjects), found, strict=True) if claim)
    return [claim for claim in found if claim is not None]
