"""Law 4: inserted money is credited once or listed in doubt, whatever is cut or goes wrong, for each cash device."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.pool import Pool

import pytest

from drivers.simulators.catalogue import simulator_class
from tests.simulation.cash_cases import ARROWS, CASES, PAY_ARROWS, run_case, run_fault, run_point
from tests.simulation.cash_notes import PIECES, run_notes

AT_ONCE = 8
"""Points a process is handed at a time: few enough that no process ends much later than the other."""
CAMPAIGN = bool(os.environ.get("TILLKEEPER_CAMPAIGN"))
NOTES = 5_000 if CAMPAIGN else 250
"""Of each kind of device: 20,000 in a campaign, 1,000 otherwise."""
A_RUN = 50
REPLIES = ("drop_reply", "corrupt_reply", "late_reply", "drop_ack")
REPLIES_UP_TO = 40
"""Longer than all exchanges of a piece's way."""
STRIDE, REPLY_STRIDE = (1, 1) if CAMPAIGN else (40, 19)
"""A campaign cuts at every point and loses every reply; otherwise each so many-th of them, others for each case."""


def faults_of(name: str) -> list[str]:
    """Every fault of the device once; those of the wire at each of their opportunities; each arrow of a power cut."""
    case = CASES[name]
    known = simulator_class(case.kind).FAULTS
    arrows = PAY_ARROWS if case.paid_minor else ARROWS
    specs = [f"power_cut={arrow}" for arrow in arrows]
    for fault in known:
        if fault in REPLIES:
            late = "=0.4" if fault == "late_reply" else ""
            specs += [
                f"{fault}@{at}{late}" for at in range(1 + _first(name, REPLY_STRIDE), REPLIES_UP_TO, REPLY_STRIDE)
            ]
        elif fault not in ("power_cut", "counter_wrap"):
            specs.append(fault)
    return specs


def _first(name: str, stride: int) -> int:
    return list(CASES).index(name) % stride


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_the_agents_power_is_cut_at_every_point(name: str, pool: Pool) -> None:
    """Each point is the same as in the dry run and reached by the same way; the money is all there afterwards."""
    dry, found = pool.apply(run_case, (name, None))
    assert found == []
    assert dry, "a scenario without points proves nothing"
    numbers = range(_first(name, STRIDE), len(dry), STRIDE)
    runs = pool.imap_unordered(partial(run_point, name, dry), numbers, chunksize=AT_ONCE)
    broken = {number: found for number, found in runs if found}
    print(f"{name}: {len(numbers)} of {len(dry)} points")
    shown = {f"{number}: {dry[number]}": broken[number] for number in sorted(broken)[:5]}
    assert broken == {}, f"{len(broken)} of {len(numbers)} points of {name}: {shown}"


@pytest.mark.slow
@pytest.mark.parametrize("both", [False, True], ids=["device", "device and agent"])
@pytest.mark.parametrize("name", list(CASES))
def test_the_device_fails_at_every_arrow(name: str, both: bool, pool: Pool) -> None:
    """Alone, and with the agent's power going in the same instant."""
    specs = faults_of(name)
    if not CAMPAIGN:  # each other one: the rest strikes in the same device's other cases, or with the agent
        specs = specs[(list(CASES).index(name) + both) % 2 :: 2]
    runs = pool.starmap(partial(run_fault, both=both), [(name, spec) for spec in specs], chunksize=AT_ONCE)
    broken = {spec: found for spec, (_, found) in zip(specs, runs, strict=True) if found}
    missed = [
        spec for spec, (struck, _) in zip(specs, runs, strict=True) if spec.startswith("power_cut") and not struck
    ]
    print(f"{name}: {len(specs)} faults")
    assert broken == {}, f"{len(broken)} of {len(specs)} faults of {name}: {dict(list(broken.items())[:5])}"
    assert missed == [], f"{name}: the power was never cut there"


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(PIECES))
def test_many_notes(kind: str, pool: Pool) -> None:
    """Faults, cuts of either side and pulled cables at every fourth piece; then everything adds up."""
    seeds = range(1, NOTES // A_RUN + 1)
    runs = pool.starmap(run_notes, [(kind, A_RUN, seed) for seed in seeds], chunksize=1)
    broken = {seed: notes.broken for seed, notes in zip(seeds, runs, strict=True) if notes.broken}
    entered, struck = sum(notes.entered for notes in runs), sum(len(notes.struck) for notes in runs)
    boots, doubts = sum(notes.boots for notes in runs), sum(notes.doubted for notes in runs)
    print(f"{kind}: {entered} pieces entered, {struck} faults struck, {boots} starts of the agent, {doubts} doubts")
    assert broken == {}
    assert entered >= 0.8 * NOTES, "too few pieces got in: the run proves little"
    assert struck >= 0.05 * NOTES
