"""The words a person reads for CCNET codes, in Russian and English, from the file beside this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

# Small and needed by the first poll: read with the module, like a table written in code.
REFUSALS: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(
    (files(__package__) / "refusals.json").read_text("utf-8")
)
"""By code without `ccnet.`: {"reject.68": {"ru": {"what", "safe", "do"}, "en": {...}}, "jam": ...}."""
