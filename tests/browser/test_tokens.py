"""Contrast of every pair of tokens that meet on a page, recomputed from tokens.css in light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "agent" / "web" / "kit" / "tokens.css"
TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    *[
        ("ink", ground, 7.0)
        for ground in ("bg", "surface", "sunken", "actionSoft", "attSoft", "dangerSoft", "unkSoft", "infoSoft", "hatch")
    ],
    *[
        ("ink2", ground, TEXT)
        for ground in ("bg", "surface", "sunken", "actionSoft", "attSoft", "dangerSoft", "unkSoft")
    ],
    ("onAction", "action", TEXT),
    ("action", "surface", TEXT),
    ("action", "actionSoft", TEXT),
    ("att", "attSoft", TEXT),
    ("att", "surface", TEXT),
    ("onAtt", "attSolid", 7.0),
    ("danger", "dangerSoft", TEXT),
    ("danger", "surface", TEXT),
    ("unk", "unkSoft", TEXT),
    ("unk", "surface", TEXT),
    ("onUnk", "unk", TEXT),
    ("info", "infoSoft", TEXT),
    ("info", "surface", TEXT),
    ("onStripe", "stripe", TEXT),
    ("onStripe", "stripeHatch", TEXT),
    ("lineS", "surface", CONTROL),
    ("lineS", "bg", CONTROL),
    ("action", "bg", CONTROL),
]


def blocks() -> dict[str, dict[str, str]]:
    """Token name to #RRGGBB for each theme; the dark of the machine and the dark of choice are kept apart."""
    css = TOKENS.read_text(encoding="utf-8")
    found = {
        "light": css[css.index(":root {") :],
        "dark by the machine": css[css.index(':root:not([data-theme="light"])') :],
        "dark by choice": css[css.index(':root[data-theme="dark"]') :],
    }
    light = dict(re.findall(r"--(\w+): (#[0-9A-F]{6});", found["light"].split("}")[0]))
    return {
        name: light | dict(re.findall(r"--(\w+): (#[0-9A-F]{6});", text.split("}")[0])) for name, text in found.items()
    }


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark by the machine", "dark by choice"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS, ids=lambda value: str(value))
def test_contrast(theme: str, front: str, ground: str, least: float) -> None:
    tokens = blocks()[theme]
    assert contrast(tokens[front], tokens[ground]) >= least


def test_both_darks_are_one() -> None:
    assert blocks()["dark by the machine"] == blocks()["dark by choice"]


def test_the_table_of_the_rules() -> None:
    """A few figures of SCREENS section 2, so that the arithmetic here is known to be right."""
    light, dark = blocks()["light"], blocks()["dark by choice"]
    assert round(contrast(light["ink"], light["bg"]), 2) == 14.95
    assert round(contrast(dark["ink"], dark["bg"]), 2) == 16.72
    assert round(contrast(light["onAction"], light["action"]), 1) == 6.5
    assert round(contrast(light["unk"], light["unkSoft"]), 1) == 7.1
