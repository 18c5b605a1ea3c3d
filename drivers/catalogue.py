"""All drivers there are: reads the constant `DRIVER` of every module beside a contract.

A new device needs no registration: its module (or its folder's `driver.py`) ends in `DRIVER = Driver(...)`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

from drivers import cash_devices, fiscal_registers, goods_checks, payment_terminals, scanners
from drivers.driver import Driver

SHELVES: tuple[ModuleType, ...] = (fiscal_registers, payment_terminals, goods_checks, scanners, cash_devices)


@cache
def drivers() -> tuple[Driver, ...]:
    """Every driver, by kind, then by name. Raises ValueError if two have the same name."""
    found: dict[str, Driver] = {}
    for shelf in SHELVES:
        for driver in sorted(_on(shelf), key=lambda each: each.name):
            if driver.name in found:
                raise ValueError(f"two drivers are named {driver.name!r}")
            found[driver.name] = driver
    return tuple(found.values())


def driver(name: str) -> Driver:
    """The driver of this name. Raises KeyError with a sentence that names the drivers there are."""
    for each in drivers():
        if each.name == name:
            return each
    raise KeyError(f"no driver is named {name!r}; there are {', '.join(each.name for each in drivers())}")


def _on(shelf: ModuleType) -> Iterator[Driver]:
    for place in pkgutil.iter_modules(shelf.__path__, f"{shelf.__name__}."):
        module = import_module(place.name)
        if place.ispkg and not hasattr(module, "DRIVER"):
            inside = {inner.name for inner in pkgutil.iter_modules(module.__path__)}
            if "driver" in inside:
                module = import_module(f"{place.name}.driver")
        constant = getattr(module, "DRIVER", None)
        if isinstance(constant, Driver):
            yield constant
