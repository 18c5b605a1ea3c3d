"""What the devices' ledgers say: the truth that every screen is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shop import SUPERVISOR, Shop

PIN = SUPERVISOR[2]
TERMINAL, REGISTER = "terminal-1", "register-1"


@contextmanager
def world(shop: Shop, till: str = "1", **wanted: int) -> Iterator[None]:
    """In the block exactly this happened: charged, reversed, refunded (cards), fiscalised (documents); else nothing."""
    counted = ("charged", "reversed", "refunded", "fiscalised")

    def count() -> dict[str, int]:
        records = shop.ledger(f"terminal-{till}") + shop.ledger(f"register-{till}")
        return {name: sum(record["event"] == name for record in records) for name in counted}

    before = count()
    yield
    after = count()
    happened = {name: after[name] - before[name] for name in counted}
    assert happened == {name: wanted.get(name, 0) for name in counted}


def sum_of_last(shop: Shop, device: str, event: str) -> int:
    """The amount of the newest such record of a ledger."""
    record = next(record for record in reversed(shop.ledger(device)) if record["event"] == event)
    return int(record.get("total_minor", record.get("amount_minor")))


def goes_dark_when(shop: Shop, device: str, event: str, count: int) -> None:
    """Pull the power at the moment the world did this: its answer is not heard, and no question after it is."""
    shop.until(lambda: shop.happened(device, event) > count, f"{device}: {event}")
    shop.order(device, "power off")
