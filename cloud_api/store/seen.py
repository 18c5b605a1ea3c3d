"""Which stores an asker may look at, as a condition for questions about the whole chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloud_api.storage.storage import Reading


@dataclass(frozen=True, slots=True)
class Seen:
    """`stores` None: all of them."""

    storage: Reading
    stores: frozenset[str] | None

    def only(self, column: str = "store") -> str:
        """Follows a WHERE's first condition."""
        return "" if self.stores is None else f" AND {self.storage.dialect.among(column)}"

    @property
    def values(self) -> tuple[Any, ...]:
        return () if self.stores is None else (self.storage.dialect.asked(sorted(self.stores)),)
