"""The faults of a simulated device in both languages: its own sentence, and the Russian one kept beside this file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from drivers.simulators.catalogue import simulator_class
from drivers.simulators.runner import known_faults

WORDS = Path(__file__).with_name("faults_ru.json")


@cache
def russian() -> dict[str, dict[str, str]]:
    """{simulator: {fault: sentence}}; what every plug knows stands under "link"."""
    words: dict[str, dict[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return words


def fault_list(simulator: str, first: list[str]) -> list[dict[str, Any]]:
    """[{"name", "what": {"ru", "en"}}], those in `first` at the top."""
    known = known_faults(simulator_class(simulator))
    words = {**russian()["link"], **russian().get(simulator, {})}
    order = [*(name for name in first if name in known), *(name for name in known if name not in first)]
    return [{"name": name, "what": {"ru": words.get(name, known[name]), "en": known[name]}} for name in order]
