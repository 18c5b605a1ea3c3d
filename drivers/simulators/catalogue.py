"""Which simulated devices exist, by name; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
import importlib.util
import random
from typing import Protocol, cast

from drivers.simulators.world import Faults, Ledger, Memory, Now, Simulator

CLASSES = {
    "ssp": ("drivers.simulators.ssp.device", "SspSimulator"),
    "shtrih_m": ("drivers.simulators.shtrih_m.device", "ShtrihMSimulator"),
    "zvt": ("drivers.simulators.zvt.device", "ZvtSimulator"),
    "confirm": ("drivers.simulators.confirm", "ConfirmSimulator"),
    "goods_check": ("drivers.simulators.goods_check", "GoodsCheckSimulator"),
    "scanner": ("drivers.simulators.scanner", "ScannerSimulator"),
    "cctalk": ("drivers.simulators.cctalk.device", "CctalkSimulator"),
    "ccnet": ("drivers.simulators.ccnet.device", "CcnetSimulator"),
    "access_point": ("drivers.simulators.access_point", "AccessPoint"),
    "id003": ("drivers.simulators.id003.device", "Id003Simulator"),
}


class SimulatorClass(Protocol):
    """The class of a simulated device."""

    NAME: str
    FAULTS: dict[str, str]
    COMMANDS: dict[str, str]

    def __call__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool
    ) -> Simulator: ...


def names() -> list[str]:
    """The devices whose code is there."""
    return [name for name, (module, _) in CLASSES.items() if _exists(module)]


def simulator_class(name: str) -> SimulatorClass:
    """Raises ValueError with a sentence when there is no such device."""
    module, attribute = CLASSES.get(name, ("", ""))
    if not module or not _exists(module):
        raise ValueError(f"no simulated device {name!r}; there are: {', '.join(names())}")
    return cast(SimulatorClass, getattr(importlib.import_module(module), attribute))


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
