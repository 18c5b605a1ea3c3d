"""Receipts as a shop makes them, for the benches of the way to HQ: real names, few lines, ids and signs of their own.

The number of lines of a receipt follows the real receipts of ../shared/data/receipts_scanner.csv (LINES_PER_RECEIPT:
how many of them have 1, 2, 3 ... lines; one of 21 is left out). Names and prices come from the catalogue.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from agent.ids import new_id
from fiscal.product import Product
from sync.store.batch import Batch, Outgoing
from sync.store.catalogue import Catalogue
from sync.wire.facts import Sale, SaleDocument, SaleLine, SalePayment
from tests.bench.million import codes

LINES_PER_RECEIPT = dict(
    enumerate((943, 510, 202, 107, 67, 32, 18, 17, 4, 5, 3, 3, 3), start=1),
)
START_MS = 1_795_251_600_000
DAY_RECEIPTS = 300
A_BATCH = 500
FEW_PRODUCTS = 5_000  # what a shop really sells of a large catalogue


def shelf(catalogue: Catalogue) -> list[Product]:
    """The products that are sold."""
    found = [catalogue.product(code) for code in codes(catalogue, FEW_PRODUCTS)]
    return [product for product in found if product is not None]


def receipts(goods: list[Product], count: int) -> Iterator[Sale]:
    """The same receipts each time; cash and card by turns of chance."""
    rng = random.Random(7)
    weights = list(LINES_PER_RECEIPT.values())
    popular = [1 / (place + 1) ** 0.7 for place in range(len(goods))]
    for number in range(count):
        at_ms = START_MS + number * 90_000 + rng.randrange(60_000)
        many = rng.choices(list(LINES_PER_RECEIPT), weights)[0]
        lines = [_line(rng, product) for product in rng.choices(goods, popular, k=many)]
        total = sum(line.sum for line in lines)
        id = new_id(at_ms, rng)
        yield Sale(
            id=id,
            till="1",
            number=f"{number + 1:06d}",
            act="sale",
            state="closed",
            shift=1 + number // DAY_RECEIPTS,
            cashier=rng.choice(("irina", "olga")),
            opened_ms=at_ms - rng.randrange(20_000, 120_000),
            closed_ms=at_ms,
            total=total,
            lines=lines,
            payments=[_payment(rng, at_ms, number, total)],
            documents=[_document(rng, number, total)],
        )


def _line(rng: random.Random, product: Product) -> SaleLine:
    pieces = 1 if rng.random() < 0.8 else rng.randrange(2, 5)
    price = product.price_minor
    vat, seller = product.vat.value, product.seller
    return SaleLine(product.barcode, product.name, pieces * 1000, price, pieces * price, vat, seller=seller)


def _payment(rng: random.Random, at_ms: int, number: int, total: int) -> SalePayment:
    if rng.random() < 0.3:
        return SalePayment("cash", total)
    card, auth = f"{rng.randrange(10_000):04d}", f"{rng.randrange(1_000_000):06d}"
    attempt = new_id(at_ms, rng)
    return SalePayment("card", total, attempt, "52500038", 1 + number, card, "MIR", auth, "purchase:booked")


def _document(rng: random.Random, number: int, total: int) -> SaleDocument:
    day, minute = divmod(number * 2, 600)
    at = f"2026-11-{1 + day % 28:02d}T{9 + minute // 60:02d}:{minute % 60:02d}:00"
    return SaleDocument("main", "0000000000000001", "9999078980299388", 14 + number, rng.getrandbits(32), total, at, 1)


def batches(sales: Iterator[Sale]) -> Iterator[Batch]:
    """What the store takes at once; each sale becomes one item for HQ."""
    waiting: list[Outgoing] = []
    for sale in sales:
        waiting.append(Outgoing("sales", sale.id, "sale", 1, msgspec.json.encode(sale)))
        if len(waiting) == A_BATCH:
            yield Batch(outgoing=tuple(waiting))
            waiting = []
    if waiting:
        yield Batch(outgoing=tuple(waiting))
