"""What is on its way to this shop, as a small setting: written with what makes it true, empty where there is no HQ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from sync.store.batch import Setting
from sync.store.reading import Reading

COMING = "stock/coming"


@dataclass(frozen=True, slots=True)
class Coming:
    """`lines`: (sku, name, thousandths) as its sender counted them."""

    number: str
    sender: str
    at_ms: int
    lines: tuple[tuple[str, str, int], ...]


def coming(store: Reading) -> list[Coming]:
    kept = store.setting(COMING)
    return msgspec.json.decode(kept, type=list[Coming]) if kept else []


def coming_setting(transfers: Iterable[Coming]) -> Setting:
    return Setting(COMING, msgspec.json.encode(list(transfers)))
