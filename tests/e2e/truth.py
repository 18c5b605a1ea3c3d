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
    record = shop.last(device, event)
    return int(record["total_minor"] if "total_minor" in record else record["amount_minor"])


# Holding the world still: a trouble that is looked at lasts until the test ends it, however slow the machine is.

FOR_LONG = 600
"""Seconds: longer than any test."""


def falls_silent(shop: Shop, register: str, fault: str) -> None:
    """When this fault strikes the register's wire is lost, and nobody reaches it before `answers_again`."""
    shop.until(lambda: shop.health(register) == "ok", "the wire that is to be lost")
    shop.fault(register, fault)
    shop.fault(register, "second_client_refused@1x100000")


def answers_again(shop: Shop, register: str) -> None:
    shop.order(register, "clear faults")


def loses_power(shop: Shop, terminal: str, point: str) -> None:
    """At this point of its next payment the terminal goes dark, before `has_power_again`."""
    shop.fault(terminal, f"power_off_{point}={FOR_LONG}")


def has_power_again(shop: Shop, terminal: str) -> None:
    """Whoever took the power: a fault of the terminal's own, or somebody at the bench."""
    shop.order(terminal, "power off")
    shop.order(terminal, "power on")


def once_more(shop: Shop, device: str, event: str, count: int) -> None:
    """The world did this since there were `count` of them."""
    shop.until(lambda: shop.happened(device, event) > count, f"{device}: {event}")
