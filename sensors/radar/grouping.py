"""Frames put together by what their phones say of themselves: groups that are phones, or several equal phones.

A group is a signature (`sensors/radar/signature.py`); addresses play no part, for a phone makes up hundreds. Frames of
a damaged or rare kind make groups of their own, so that only groups holding a share of the frames are counted: one
hundredth. Nothing is merged and nothing learnt from labels. What this cannot do: equal phones are one group (four
iPhones 11 of the PoliMi files), and a phone that changes its elements is two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

LEAST_SHARE = 0.01
"""Of the frames: what is rarer is damaged, or a phone that walked by."""

Signature = TypeVar("Signature", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Group(Generic[Signature]):
    """`share`: of all frames, 0 to 1."""

    signature: Signature
    frames: int
    share: float


def groups(signatures: Iterable[Signature]) -> list[Group[Signature]]:
    """All groups of these frames, the largest first; equally large ones in the order in which they were first heard."""
    counts = Counter(signatures)
    total = counts.total()
    return [Group(signature, count, count / total) for signature, count in counts.most_common()]


def counted(found: Sequence[Group[Signature]], least_share: float = LEAST_SHARE) -> list[Group[Signature]]:
    """The groups that hold at least the share: how many kinds of phones there were."""
    return [group for group in found if group.share >= least_share]
