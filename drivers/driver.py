"""A driver as the catalogue sees it: data about a module, and how to make an instance from settings.

Each driver module ends in `DRIVER = Driver(...)`; the catalogue reads that constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    FISCAL_REGISTER = "fiscal_register"
    PAYMENT_TERMINAL = "payment_terminal"
    GOODS_CHECK = "goods_check"
    SCANNER = "scanner"
    CASH_DEVICE = "cash_device"


class Evidence(Enum):
    """How we know that the driver is right, weakest first."""

    MANUAL = "manual"
    TRANSCRIPT = "transcript"
    PEER = "peer"
    HARDWARE = "hardware"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a driver: its default and what it means, in a sentence of English and one of Russian."""

    default: int | str | bool
    meaning: str
    meaning_ru: str


@dataclass(frozen=True, slots=True)
class Driver:
    """`make(settings)` builds the contract's object; settings not given take their defaults, unknown ones are an error
    that the config reader reports. It raises `SettingWrong` for a value that only the driver can judge. `commit` is how
    an operation becomes final and is recovered."""

    name: str
    kind: Kind
    title: str
    make: Callable[[Mapping[str, int | str | bool]], object]
    evidence: Evidence
    source: str
    commit: str
    settings: Mapping[str, Setting] = field(default_factory=dict)
