"""The words a person reads for SSP codes, in Russian and English, from the file beside this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

Words = Mapping[str, Mapping[str, str]]

# Small and needed by the first trouble: read with the module, like a table written in code.
REFUSALS: Mapping[str, Words] = json.loads((files(__package__) / "refusals.json").read_text("utf-8"))
"""By code without `ssp.`: {"jam_inside": {"ru": {"what", "safe", "do"}, "en": {...}}, ...}."""

_REJECTS = (code for code in REFUSALS if code.startswith("reject_") and code != "reject_other")
REJECTS: Mapping[int, str] = {int(code.removeprefix("reject_"), 16): code for code in _REJECTS}
"""The byte that LAST REJECT answers -> the code of its words."""
