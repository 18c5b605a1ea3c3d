"""Finds card numbers and hides all but their last four digits, in text and in half-byte (BCD) fields.

A card number (PAN) is 13 to 19 digits whose last one is a Luhn check digit (ISO/IEC 7812-1). Nothing here needs to know
where a number came from; it is better to hide a harmless number of that shape than to let one card number through.
"""

from __future__ import annotations

import re

SHORTEST, LONGEST = 13, 19
KEPT = 4
MASKED_NIBBLE = 0xE  # what ZVT terminals themselves send for a hidden digit
FILLER_NIBBLE = 0xF

_RUN = re.compile(r"[0-9](?:[ -]?[0-9])+")
_GROUP = re.compile(r"[0-9]+")
TORN = 7  # a piece of a number this long already says more than a bank's own six-digit prefix
_TORN_RUN = re.compile(rb"[0-9][0-9 -]{5,}[0-9]")
_TORN_PACKED = re.compile(rb"[ -)0-9@-IP-Y`-ip-y]{4,}")  # printable bytes whose half-bytes are digits: eight or more


def passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mask_text(text: str) -> str:
    """The same text, same length, with every card number shown as asterisks and its last four digits.

    Groups joined by single blanks or hyphens are looked at together in every combination, so that neither
    `4111 1111 1111 1111` nor a number printed right beside a receipt number escapes.
    """
    return _RUN.sub(lambda run: _mask_run(run.group()), text)


def _mask_run(run: str) -> str:
    groups = [found.span() for found in _GROUP.finditer(run)]
    hidden: list[tuple[int, int]] = []
    for first in range(len(groups)):
        for last in range(first, len(groups)):
            start, end = groups[first][0], groups[last][1]
            digits = run[start:end].replace(" ", "").replace("-", "")
            if len(digits) > LONGEST:
                # One unbroken run longer than any card number: a number may hide in the middle of it.
                if first == last:
                    hidden.append((start, end))
                break
            if len(digits) >= SHORTEST and passes_luhn(digits):
                hidden.append((start, end))
    shown = list(run)
    for start, end in hidden:
        places = [place for place in range(start, end) if run[place].isdigit()]
        for place in places[:-KEPT]:
            shown[place] = "*"
    return "".join(shown)


def mask_bytes(data: bytes) -> bytes:
    """`mask_text` for bytes of any one-byte charset: same length, other bytes untouched."""
    return mask_text(data.decode("latin-1")).encode("latin-1")


def nibbles(data: bytes) -> list[int]:
    return [half for byte in data for half in (byte >> 4, byte & 0xF)]


def from_nibbles(halves: list[int]) -> bytes:
    return bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))


def mask_number_field(data: bytes) -> bytes:
    """A field that holds a card number in half-bytes: every digit but the last four becomes E, fillers stay."""
    halves = nibbles(data)
    digits = [place for place, half in enumerate(halves) if half <= 9]
    for place in digits[:-KEPT]:
        halves[place] = MASKED_NIBBLE
    return from_nibbles(halves)


def is_number(data: bytes) -> bool:
    """Whether the half-bytes of `data`, without fillers at the end, are a card number and nothing else."""
    digits = data.hex().rstrip("f")
    return digits.isdecimal() and SHORTEST <= len(digits) <= LONGEST and passes_luhn(digits)


def hides_number(data: bytes) -> bool:
    """Whether the half-bytes of `data` hold, anywhere, a run of digits with the shape of a card number."""
    for run in _GROUP.findall(data.hex()):
        for start in range(len(run) - SHORTEST + 1):
            for length in range(SHORTEST, min(LONGEST, len(run) - start) + 1):
                if passes_luhn(run[start : start + length]):
                    return True
    return False


def mask_unknown(data: bytes) -> bytes:
    """Bytes nobody can read, but all of them: text masked, blanked if a number may hide in the half-bytes."""
    masked = mask_bytes(data)
    return blank(masked) if hides_number(masked) else masked


def mask_torn(data: bytes) -> bytes:
    """A piece of a message, torn anywhere: a number may be torn with it, so that no check digit betrays it."""
    # Half-bytes can look like text (20 is a blank): what could be a number in either reading is hidden.
    if all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in data) and not hides_number(data):
        text = _TORN_RUN.sub(lambda run: b"*" * (len(run.group()) - KEPT) + run.group()[-KEPT:], mask_bytes(data))
        return _TORN_PACKED.sub(_hide_packed, text)
    return blank(data) if any(len(run) >= TORN for run in _GROUP.findall(data.hex())) else data


def _hide_packed(run: re.Match[bytes]) -> bytes:
    """What may be a piece of a number in half-bytes; plain digits were seen to before."""
    found = run.group()
    return found if found.isdigit() else b"*" * len(found)


def blank(data: bytes) -> bytes:
    return bytes([MASKED_NIBBLE << 4 | MASKED_NIBBLE]) * len(data)
