"""Words a person reads for refusals of the `confirm` terminal, in Russian and English (the file beside this one)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

REFUSALS: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(
    (files(__package__) / "confirm_refusals.json").read_text("utf-8")
)
"""By code without `confirm.`: {"no_card": {"ru": {"what", "safe", "do"}, "en": {...}}}."""


def refusal_code(reason: str, otherwise: str = "refused") -> str:
    """The stable name of a reason, that of `otherwise` where nobody wrote words for it."""
    return f"confirm.{reason if reason in REFUSALS else otherwise}"
