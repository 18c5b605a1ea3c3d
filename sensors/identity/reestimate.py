"""The m and u of a shop's own data, by expectation-maximisation, without anybody labelling a pair.

Comparisons are taken as independent given the answer (Fellegi-Sunter's assumption, and Splink's). Patterns are counted,
not listed: a million pairs are a few dozen patterns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from sensors.identity.weights import Level, Model, Pattern

LEAST = 1e-9
"""No probability is ever 0: one pair that was never seen would decide everything."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`share`: of the pairs, how many are one person; `log_likelihood` per pair; `rounds` that it took."""

    model: Model
    share: float
    log_likelihood: float
    rounds: int


def reestimate(
    patterns: Mapping[Pattern, int],
    start: Model,
    share: float,
    version: str,
    *,
    rounds: int = 100,
    settled: float = 1e-9,
    fixed_u: frozenset[str] = frozenset(),
) -> Estimate:
    """EM from `start`, until the likelihood of a pair grows by less than `settled`.

    `fixed_u`: comparisons whose u is known better from random pairs (Splink does it so) and is kept. Raises ValueError
    where there is no pair or `share` is not inside (0, 1).
    """
    pairs = sum(patterns.values())
    if pairs <= 0 or not 0 < share < 1:
        raise ValueError("nothing to estimate from")
    model, before, done = start, -1e300, 0
    while done < rounds:
        done += 1
        matched, likelihood = _expect(patterns, model, share)
        expected = sum(matched[pattern] * count for pattern, count in patterns.items())
        share = min(max(expected / pairs, LEAST), 1 - LEAST)
        model = _maximise(patterns, matched, model, version, fixed_u)
        if likelihood / pairs - before < settled:
            break
        before = likelihood / pairs
    _, likelihood = _expect(patterns, model, share)
    return Estimate(model, share, likelihood / pairs, done)


def _expect(patterns: Mapping[Pattern, int], model: Model, share: float) -> tuple[dict[Pattern, float], float]:
    matched: dict[Pattern, float] = {}
    likelihood = 0.0
    for pattern, count in patterns.items():
        same, other = log(share), log(1 - share)
        for comparison, name in pattern:
            level = model.level(comparison, name)
            same += log(level.m)
            other += log(level.u)
        top = max(same, other)
        total = top + log(exp(same - top) + exp(other - top))
        matched[pattern] = exp(same - total)
        likelihood += count * total
    return matched, likelihood


def _maximise(
    patterns: Mapping[Pattern, int],
    matched: Mapping[Pattern, float],
    model: Model,
    version: str,
    fixed_u: frozenset[str],
) -> Model:
    levels: dict[str, tuple[Level, ...]] = {}
    for comparison, known in model.levels.items():
        same = dict.fromkeys((level.name for level in known), 0.0)
        other = dict(same)
        for pattern, count in patterns.items():
            name = dict(pattern).get(comparison)
            if name is not None:
                same[name] += count * matched[pattern]
                other[name] += count * (1 - matched[pattern])
        ms = _shares(same, {level.name: level.m for level in known})
        us = {level.name: level.u for level in known}
        if comparison not in fixed_u:
            us = _shares(other, us)
        levels[comparison] = tuple(Level(level.name, ms[level.name], us[level.name]) for level in known)
    return Model(version, levels)


def _shares(weights: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    """Weights as probabilities; what nothing spoke of stays as it was."""
    total = sum(weights.values())
    if total <= 0:
        return before
    floored = {name: max(weight / total, LEAST) for name, weight in weights.items()}
    whole = sum(floored.values())
    return {name: share / whole for name, share in floored.items()}
