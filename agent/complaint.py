"""Says on standard error why a command cannot go on: first in Russian, then in English."""

from __future__ import annotations

import sys
from typing import Protocol


class Told(Protocol):
    """What a person is told: what happened, what is safe, what to do. The errors that stop a command carry it."""

    ru: str
    en: str


def complain(told: Told) -> None:
    print(f"{told.ru}\n{told.en}", file=sys.stderr, flush=True)
