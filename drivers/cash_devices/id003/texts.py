"""The words a person reads for ID-003 codes, in Russian and English, from the file beside this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

Words = Mapping[str, Mapping[str, str]]

# Small and needed by the first answer: read with the module, like a table written in code.
REFUSALS: Mapping[str, Words] = json.loads((files(__package__) / "refusals.json").read_text("utf-8"))
"""By code without `id003.`: {"full": {"ru": {"what", "safe", "do"}, "en": {...}}, "reject_79": ...}."""
