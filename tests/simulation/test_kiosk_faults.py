"""A recycler that fails while it gives change: what came out is booked, the rest is owed and comes otherwise."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.pool import Pool

import pytest

from tests.simulation.kiosk_cases import CASES
from tests.simulation.kiosk_faults import PAYOUT_FAULTS, faults_of, run_fault
from tests.simulation.kiosk_plan import COINS, NOTES

CAMPAIGN = bool(os.environ.get("TILLKEEPER_CAMPAIGN"))
CHANGE = "change from the recycler"
OWED_MINOR = 500_000 - 416_790
RECYCLERS = [name for name, case in CASES.items() if case.recycles]


@pytest.mark.slow
@pytest.mark.parametrize("both", [False, True], ids=["recycler", "recycler and agent"])
def test_what_falls_short_is_given_otherwise(both: bool, pool: Pool) -> None:
    """Notes and coins that came out and slips make up the change, to the kopeck."""
    runs = pool.starmap(run_fault, [(CHANGE, NOTES, fault, both) for fault in PAYOUT_FAULTS], chunksize=1)
    for fault, ended in zip(PAYOUT_FAULTS, runs, strict=True):
        assert ended.broken == [], f"{fault}: {ended.broken}"
        assert ended.struck, f"{fault} never struck"
        given = ended.notes_out_minor + ended.coins_out_minor + ended.promised_minor
        assert given == OWED_MINOR, f"{fault}: {ended}"
    short = dict(zip(PAYOUT_FAULTS, runs, strict=True))
    for fault in ("pay_jam", "pay_short"):
        assert short[fault].notes_out_minor == 50_000, f"{fault} ends a payout after its first note"
        if not both:
            assert (short[fault].coins_out_minor, short[fault].promised_minor) == (33_000, 210)


@pytest.mark.slow
@pytest.mark.skipif(not CAMPAIGN, reason="every fault of every box takes half an hour: TILLKEEPER_CAMPAIGN=1")
@pytest.mark.parametrize("device", [NOTES, COINS])
@pytest.mark.parametrize("both", [False, True], ids=["box", "box and agent"])
@pytest.mark.parametrize("name", RECYCLERS)
def test_every_fault_of_the_boxes(name: str, both: bool, device: str, pool: Pool) -> None:
    specs = faults_of("ssp" if device == NOTES else "cctalk", every=7)
    runs = pool.map(partial(run_fault, name, device, both=both), specs, chunksize=4)
    broken = {spec: ended.broken for spec, ended in zip(specs, runs, strict=True) if ended.broken}
    print(f"{name}, {device}: {len(specs)} faults, {sum(bool(ended.struck) for ended in runs)} struck")
    assert broken == {}, f"{len(broken)} of {len(specs)}: {dict(list(broken.items())[:5])}"
