"""Pictures of the pages for the README: made by tests from real states, kept only when TILLKEEPER_PICTURES=1.

Without it they are made all the same and looked at by machine: something is on them, nothing is cut off.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "pictures"
CLIPPED = ROOT / "tests" / "browser" / "clipped.js"
KIOSK_CLIPPED = CLIPPED.with_name("kiosk_clipped.js")
LARGEST_BYTES = 300_000
SMALLEST_BYTES = 15_000
"""A page without its text or style is smaller."""
FIXED = ".case-body, .door, .sealed-card, .panel"


def take(page: Any, name: str, folder: Path, *, fits: bool = True, fingers: bool = True, kept: bool = True) -> None:
    """`fits`: one screen that never scrolls (till), else only what is cut is wrong; `fingers`: keys are for touch;
    `kept`: the README shows it, else it is only looked at.
    """
    page.evaluate("() => document.fonts.ready")
    wrong = page.evaluate(CLIPPED.read_text(encoding="utf-8"), {"fixed": FIXED if fits else ".nothing", "fits": fits})
    wrong = [one for one in wrong if fingers or not one.startswith("smaller than a finger")]
    _keep(page, name, folder, wrong, kept)


def take_kiosk(page: Any, name: str, folder: Path) -> None:
    """A kiosk shortens long names on purpose and never scrolls: it is looked at by rules of its own."""
    page.evaluate("() => document.fonts.ready")
    script = KIOSK_CLIPPED.read_text(encoding="utf-8").strip().removesuffix(";")
    _keep(page, name, folder, page.evaluate(script, {"low": False}))


def _keep(page: Any, name: str, folder: Path, wrong: list[str], kept: bool = True) -> None:
    assert wrong == [], f"{name}: " + "\n".join(wrong)
    file = (KEPT if kept and os.environ.get("TILLKEEPER_PICTURES") == "1" else folder) / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(file))
    assert SMALLEST_BYTES < file.stat().st_size <= LARGEST_BYTES, f"{file}: {file.stat().st_size} bytes"
