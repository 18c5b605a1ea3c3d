"""Are two written names the same name, a slip of the finger apart? For evidence only: a name alone names nobody."""

from __future__ import annotations

import unicodedata
from collections import Counter

SHORTEST_WITH_A_SLIP = 5
"""In a shorter word one letter makes another name: Маша and Даша, often in one family."""


def normalised(name: str) -> tuple[str, ...]:
    """Lower-case words in alphabetical order: "Иванова Анна" is "Анна Иванова"; ё is е, marks and signs go."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ё", "е").replace("й", "и"))
    letters = "".join(one if one.isalpha() else " " if not unicodedata.combining(one) else "" for one in plain)
    return tuple(sorted(letters.split()))


def same_name(one: str, other: str) -> bool | None:
    """None where either was not given. Each word has to have its own; one slip is allowed in all."""
    left, right = normalised(one), normalised(other)
    if not left or not right:
        return None
    if left == right:
        return True
    if len(left) != len(right):
        return False
    lacking = list((Counter(left) - Counter(right)).elements())
    without = list((Counter(right) - Counter(left)).elements())
    return len(lacking) == 1 and one_slip(lacking[0], without[0])


def one_slip(one: str, other: str) -> bool:
    """One letter changed, missing, doubled, or two neighbours swapped."""
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST_WITH_A_SLIP or abs(len(one) - len(other)) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, there = one[at:], other[at:]
    if len(rest) == len(there):
        return rest[1:] == there[1:] or (rest[:2] == there[1::-1] and rest[2:] == there[2:])
    return rest[1:] == there if len(rest) > len(there) else rest == there[1:]
