"""The drivers' refusals in words: every driver's own file of texts, gathered for the pages under `driver.code`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DRIVERS = Path(__file__).resolve().parents[2] / "drivers"


@cache
def all_refusals() -> dict[str, Any]:
    """{"shtrih_m.6B": {"ru": {"what", "safe", "do"}, "en": {...}}, ...}"""
    found: dict[str, Any] = {}
    for file in sorted(DRIVERS.rglob("*refusals.json")):
        prefix = file.parent.name if file.name == "refusals.json" else file.name.removesuffix("_refusals.json")
        for code, words in json.loads(file.read_text(encoding="utf-8")).items():
            found[code if code.startswith(f"{prefix}.") else f"{prefix}.{code}"] = words
    return found
