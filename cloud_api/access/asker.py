"""Who asks HQ for something, and what that one may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AskerKind(Enum):
    MACHINE = "machine"
    """Somebody on HQ's own machine, who could read its files as well."""
    USER = "user"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Asker:
    """`name` is what a log calls it; `stores` are the only ones it may look at, None all of them."""

    name: str
    kind: AskerKind
    scopes: frozenset[str]
    stores: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def sees(self, store: str) -> bool:
        return self.stores is None or store in self.stores


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not: the status, one word for programs, a sentence. `retry_after_s` where asking again later helps."""

    status: int
    code: str
    what: str
    retry_after_s: int = 0
