"""Did the hopper pay, and how much: judged from its registers before and after, never from our having asked.

    166 -> event counter | remaining | paid | unpaid        168 -> coins ever paid
    accepted dispense: the counter moves by one (255, then 1); after a power failure it is 0 and paid / unpaid remain

Source: Suzohapp Flow / 18-ccTalk hopper manual; how the registers are weighed is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LIFE_SPAN = 1 << 24
NO_LIFE = -1  # the hopper does not tell how many coins it ever paid


@dataclass(frozen=True, slots=True)
class Status:
    counter: int
    remaining: int
    paid: int
    unpaid: int

    @classmethod
    def read(cls, data: bytes) -> Status:
        return cls(*data[:4])


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the registers said before the dispense, and what was to be paid."""

    coins: int
    coin_minor: int
    before: Status
    life: int

    def kept(self) -> tuple[int, ...]:
        """As the journal keeps it."""
        status = self.before
        return (self.coins, self.coin_minor, status.counter, status.paid, status.unpaid, self.life)

    @classmethod
    def from_kept(cls, kept: Sequence[int]) -> Baseline | None:
        """None for what this driver did not write."""
        if len(kept) != 6 or kept[1] <= 0:
            return None
        coins, coin_minor, counter, paid, unpaid, life = kept
        return cls(coins, coin_minor, Status(counter, 0, paid, unpaid), life)

    @property
    def expected(self) -> int:
        """The counter after the dispense was accepted."""
        return 1 if self.before.counter == 255 else self.before.counter + 1


@dataclass(frozen=True, slots=True)
class Verdict:
    coins: int  # paid; the least that is proved where it is not certain
    certain: bool


def judge(base: Baseline, now: Status, life: int, *, accepted: bool) -> Verdict:
    """The end of a payout, with nothing remaining. `accepted`: the hopper had answered the dispense."""
    sums = now.paid + now.unpaid == base.coins
    since = (life - base.life) % LIFE_SPAN if NO_LIFE not in (life, base.life) else None
    if since is not None and since > base.coins:
        since = None  # a counter that was reset, or another hand: no evidence
    if now.counter == base.expected:
        if sums:
            return Verdict(now.paid, True)
        return Verdict(since, True) if since is not None else Verdict(0, False)
    if now.counter == base.before.counter and now.counter != 0:
        return Verdict(0, not accepted)
    if now.counter != 0:
        return Verdict(0, False)  # somebody else's dispenses
    changed = (now.paid, now.unpaid) != (base.before.paid, base.before.unpaid)
    if since is not None:
        if changed and sums and now.paid != since:
            return Verdict(min(now.paid, since), False)
        return Verdict(since, True)
    if sums and (changed or accepted):
        return Verdict(now.paid, True)
    never_ran = base.before.counter == 0 and not changed and not sums and not accepted
    return Verdict(0, never_ran)
