"""The simulated days that ran beside all other tests: every law held, every reachable cell was hit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.__main__ import COVERAGE, TOGETHER
from tests.simulation.long_days import ended


@pytest.mark.slow
@pytest.mark.last
def test_days_keep_the_laws(long_days: Path) -> None:
    """In processes of their own: the run needs a fixed hash seed. What struck where is shown at the session's end."""
    code, output, errors = ended(long_days)
    told, _, judged = output.partition(COVERAGE)
    assert code == 0, f"{told[-6_000:]}\n{judged.partition(TOGETHER)[2]}\n{errors[-3_000:]}"
