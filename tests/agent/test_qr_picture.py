"""The QR on the screen is the one segno makes, mask and format information included, and is drawn module by module."""

from __future__ import annotations

import random
import re

import pytest
import segno

from agent.qr_picture import BORDER, best_masked, qr_svg


def receipt(rng: random.Random) -> str:
    """The text of a fiscal receipt's QR."""
    at = f"202{rng.randrange(10)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}00"
    total = f"{rng.randrange(1, 10 ** rng.randrange(2, 7))}.{rng.randrange(100):02d}"
    number, sign = rng.randrange(1, 10**6), rng.getrandbits(32)
    return (
        f"t={at}&s={total}&fn=99990789802{rng.randrange(10**5):05d}&i={number}&fp={sign:010d}&n={rng.randrange(1, 5)}"
    )


def rows(matrix: tuple[bytearray, ...]) -> list[int]:
    return [int("".join(map(str, row)), 2) for row in matrix]


@pytest.mark.parametrize("seed", range(60))
def test_the_mask_is_the_one_the_standard_wants(seed: int) -> None:
    rng = random.Random(seed)
    text = receipt(rng) if seed % 3 else "x" * rng.randrange(20, 100)
    wanted = segno.make_qr(text, error="m")
    assert best_masked(rows(segno.make_qr(text, error="m", mask=0).matrix), wanted.error) == rows(wanted.matrix)


@pytest.mark.parametrize("text", ["t=20261121T1200&s=1.00&fn=9999078980299388&i=1&fp=1&n=1", "x", "x" * 400])
def test_the_picture_shows_every_module(text: str) -> None:
    matrix = segno.make_qr(text, error="m").matrix
    drawn = [[0] * len(matrix) for _ in matrix]
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", qr_svg(text)):
        for step in range(int(length)):
            drawn[int(y) - BORDER][int(x) - BORDER + step] = 1
    assert drawn == [list(row) for row in matrix]
