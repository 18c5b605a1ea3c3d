"""A frame that was cut anywhere shows no card number, also where its half-bytes happen to read as text."""

from __future__ import annotations

import random

import pytest

from drivers.payment_terminals.card_numbers import SHORTEST, passes_luhn
from drivers.payment_terminals.redaction import redact_frame

LETTERS = "234567"
"""High half-bytes of printable characters: `20 21 22` is a blank and two marks."""


def number_of(rng: random.Random) -> str:
    length = rng.randint(SHORTEST, 19)
    digits = "".join(rng.choice(LETTERS) + rng.choice("0123456789") for _ in range(10))[: length - 1]
    return digits + next(str(last) for last in range(10) if passes_luhn(f"{digits}{last}"))


@pytest.mark.parametrize("seed", range(8))
def test_no_cut_shows_the_number(seed: int) -> None:
    """Every head and every tail of a status information with an EMV card number: all but four digits are hidden."""
    rng = random.Random(seed)
    for _ in range(60):
        number = number_of(rng)
        packed = bytes.fromhex(number + "F" * (len(number) % 2))
        data = b"\x06" + bytes([len(packed) + 2]) + b"\x5a" + bytes([len(packed)]) + packed
        raw = b"\x04\x0f" + bytes([len(data)]) + data
        for cut in range(len(raw) + 1):
            for piece in (raw[:cut], raw[cut:]):
                assert number[:-4] not in redact_frame(piece).hex(), (number, piece.hex(" "))
                assert len(redact_frame(piece)) == len(piece)


def test_words_of_a_torn_line_stay_readable() -> None:
    """Hiding more than needed would make a timeline useless: names and sums of a torn line are still there."""
    shown = redact_frame(b'suspended","slip":93,"amount":129900}')
    assert b'"amount":129900' in shown
    assert b'"slip":93' in shown
