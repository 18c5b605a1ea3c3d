"""Makes tests/frozen/agent_v1: a shop in the middle of its day as version 1 left it, and its devices.

    PYTHONPATH=. python tests/frozen/make_agent_v1.py DIRECTORY

    data/journal.db    closed sales (cash, card, split, refund), an open basket, a card payment in doubt, a paid sale
                       without its document, a phone number, locks, stock, and an outbox of which HQ has a part
    keys/hq.key        beside the data, not in it (a key for tests)
    devices.json       the memories of the simulated devices, so that what is in doubt can be asked
    expected.json      how every sale folded then

Run once with the program of that version; a frozen directory is never made again.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from fiscal.sale import Sale
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, SmallShop, make_world, small_shop

TERMINALS = ("zvt", "confirm")
KEY = "a-key-for-tests-only-0001"
ACKED = 4


def told(sale: Sale) -> dict[str, Any]:
    """What of a fold must never be read differently."""
    return {
        "act": sale.act.value,
        "phase": sale.phase.value,
        "number": sale.number,
        "due": sale.due_minor,
        "card": sale.card_minor,
        "cash": sale.cash_kept_minor,
        "lines": [[line.product.barcode, line.quantity_thousandths, line.sum_minor] for line in sale.basket.lines],
        "attempts": [[attempt.phase.value, attempt.sent.amount_minor, attempt.slip] for attempt in sale.attempts],
        "documents": [[one.number, one.sign, meant.planned.document.total_minor]
                      for one, meant in zip(sale.sealed, sale.sealed_meant, strict=True)],
        "trouble": sale.trouble,
        "contact": bool(sale.contact),
        "parked": sale.parked,
    }  # fmt: skip


async def a_day(shop: SmallShop) -> None:
    for till in ("1", "2"):
        await shop.open_shift(till)
    await shop.sold(BEAR, means="cash")
    sold = await shop.sold(BEAR, CLAY, CLAY)
    await shop.scan(PUZZLE)
    await shop.done("contact", value="+79990000000")
    await shop.done("pay", means="card", sum_minor=10_000)
    await shop.until(lambda view: view.screen == "selling")
    await shop.pay_cash()
    await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
    await shop.done("new_sale")
    await shop.done("refund", number=sold.number)
    clay = next(line.id for line in shop.view().sale.lines if line.name == "Пластилин")  # type: ignore[union-attr]
    await shop.done("refund_line", line=clay, thousandths=1000)
    await shop.done("refund_pay")
    await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
    await shop.done("new_sale")
    await shop.sold(CLAY, till="2")
    await shop.scan(PUZZLE, CLAY)
    await shop.done("discount", percent_thousandths=10_000)
    await shop.done("park")
    await shop.scan(BEAR, PUZZLE)
    shop.device("card1").unplug_when("charged")
    await shop.done("pay", means="card")
    await shop.until(lambda view: view.case is not None)
    await shop.scan(BEAR, till="2")
    shop.device("card2").taps.append(lambda data: shop.unplug("kkt2") if b'"authorise"' in data else None)
    await shop.done("pay", "2", means="card")
    await shop.until(lambda view: view.case is not None and view.case.kind == "unsealed", "2")
    await shop.store.outbox_acked("sales", ACKED)


async def make(directory: Path) -> None:
    data, keys = directory / "data", directory / "keys"
    keys.mkdir(parents=True)
    (keys / "hq.key").write_text(KEY + "\n", encoding="utf-8")
    world = make_world(TERMINALS)
    async with small_shop(data, terminals=TERMINALS, world=world, hq=True) as shop:
        await a_day(shop)
        expected = {sale.id: told(sale) for sale in shop.sales()}
    memories = {id: device.memory.load() for id, device in world.devices.items()}
    for name, content in (("expected.json", expected), ("devices.json", memories)):
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        (directory / name).write_text(text + "\n", encoding="utf-8")
    for left in ("lock", "reserve"):
        (data / left).unlink(missing_ok=True)


if __name__ == "__main__":
    anyio.run(partial(make, Path(sys.argv[1])))
