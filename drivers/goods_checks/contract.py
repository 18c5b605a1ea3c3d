"""What a check of marked goods offers: one code in, one verdict out, before the line is sold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from drivers.wire.dialogue import Dialogue


class GoodsVerdict(Enum):
    OK = "ok"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOT_IN_CIRCULATION = "not_in_circulation"
    UNKNOWN_CODE = "unknown_code"


@dataclass(frozen=True, slots=True)
class GoodsAnswer:
    """`evidence` is what later goes into tag 1265 (`UUID=...&Time=...`)."""

    verdict: GoodsVerdict
    evidence: str = ""


class GoodsCheck(Protocol):
    def check(self, code: bytes, *, within_s: float) -> Dialogue[GoodsAnswer]:
        """The code as scanned, separators kept. Unanswered after `within_s` (1.5 s by law): the line is not sold."""
        ...

    def reachable(self) -> Dialogue[None]:
        """Returns if the service answers at all."""
        ...
