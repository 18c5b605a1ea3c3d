"""Ways to break what holds for stock: a sum of movements, and no piece promised twice inside one shop."""

from __future__ import annotations

from tests.laws.mutations import Mutation

MODEL = "tests/agent/test_stock_model.py"
DOCUMENTS = "tests/agent/test_stock_documents.py"
PICKUPS = "tests/agent/test_stock_pickups.py"

STOCK_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "stock: two reach for the last piece between a look and its commit",
        6,
        "agent/stock/pickup_desk.py",
        (
            (
                "        async with self._reservations.turn:\n            before = self.order(order)\n",
                "        if True:\n            before = self.order(order)\n",
            ),
        ),
        (MODEL,),
    ),
    Mutation(
        "stock: two lines of one product are looked at one by one",
        6,
        "fiscal/pickup.py",
        (
            (
                'asked[line.sku] = (line.name, asked.get(line.sku, ("", 0))[1] + line.thousandths)',
                "asked[line.sku] = (line.name, line.thousandths)",
            ),
        ),
        ("tests/fiscal/test_pickup.py", PICKUPS),
    ),
    Mutation(
        "stock: a basket left by the process before is not seen until its till wakes",
        6,
        "agent/stock/reservations.py",
        (
            (
                "waking = [row.id for row in self._store.open_sales() if row.id not in found and row.till in tills]",
                "waking: list[str] = []",
            ),
        ),
        (f"{PICKUPS}::test_a_basket_of_the_process_before_is_seen_at_once",),
    ),
    Mutation(
        "stock: the till sells a kept piece without asking",
        6,
        "agent/till/stock_guard.py",
        (("            if not agreed:\n", "            if not agreed and not promised:\n"),),
        (f"{PICKUPS}::test_the_last_piece_is_not_sold_silently",),
    ),
    Mutation(
        "stock: a count forgets what lies in open baskets",
        6,
        "fiscal/stock_document.py",
        (("line.thousandths + line.in_baskets_thousandths - line", "line.thousandths - line"),),
        ("tests/fiscal/test_stock_document.py", DOCUMENTS),
    ),
    Mutation(
        "stock: what two stocktakes find missing is missing twice",
        6,
        "fiscal/stock_document.py",
        (("lines=_corrected(document.lines, dict(event.corrected)),", "lines=document.lines,"),),
        (f"{DOCUMENTS}::test_what_two_stocktakes_find_missing_is_missing_once",),
    ),
    Mutation(
        "stock: HQ forgets what documents moved",
        6,
        "cloud_api/taken_rows.py",
        (("                    self.moved[sku] += quantity\n", "                    pass\n"),),
        ("tests/cloud_api/test_stock_at_hq.py",),
    ),
    Mutation(
        "stock: what was sold in a batch that was stored late is told to no other store",
        6,
        "cloud_api/telling/moved_products.py",
        (("again_ms = now_ms - now_ms % 60_000 - OVERLAP_MS", "again_ms = now_ms"),),
        ("tests/cloud_api/test_moved_products.py",),
    ),
    Mutation(
        "stock: a transfer is received a second time",
        6,
        "agent/stock/stock_desk.py",
        (
            (
                "            if of and self._store.stock_received(of):\n",
                "            if of and not of:\n",
            ),
        ),
        (DOCUMENTS,),
    ),
)
