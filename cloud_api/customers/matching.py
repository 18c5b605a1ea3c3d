"""Whose consent this is: the profile that holds one of its keys already, a new one, or a question for a person. Pure.

    no key is known                          a new profile
    keys of one person                       that person
    keys of several                          theirs are one person, if nothing speaks against it
    two telephones, each proved with a code  put aside: a family's card is not one person
    a card of one, a telephone of another    put aside: somebody else's card was shown

Nothing is guessed: equal keys are equal, and similar ones are different.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.wire.customer_facts import CARD, PHONE, CustomerKey


@dataclass(frozen=True, slots=True)
class Known:
    """What a person (a root) holds: verified telephones by their hash."""

    root: str
    phones: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """`root` "": nobody yet. `merged`: roots that turn out to be `root`. `aside`: (kind, other root) for a person."""

    root: str
    merged: tuple[str, ...] = ()
    aside: tuple[tuple[str, str], ...] = ()


TWO_PHONES, CARD_OF_ANOTHER = "two_phones", "card_of_another"


def match(keys: Sequence[CustomerKey], owners: Mapping[tuple[str, str], Sequence[Known]]) -> Match:
    """`owners`: who holds each (kind, hash) of `keys`, oldest first. A card is asked last: it is lent."""
    held = {one.key for one in keys if one.kind == PHONE and one.verified}
    found: dict[str, tuple[Known, str]] = {}
    for key in sorted(keys, key=lambda one: (one.kind == CARD, one.kind, one.key)):
        for owner in owners.get((key.kind, key.key), ()):
            found.setdefault(owner.root, (owner, key.kind))
    root = ""
    merged: list[str] = []
    aside: list[tuple[str, str]] = []
    for owner, kind in found.values():
        if owner.phones and held and held.isdisjoint(owner.phones):
            aside.append((CARD_OF_ANOTHER if kind == CARD else TWO_PHONES, owner.root))
            continue
        held |= owner.phones
        if root:
            merged.append(owner.root)
        else:
            root = owner.root
    return Match(root, tuple(merged), tuple(aside))
