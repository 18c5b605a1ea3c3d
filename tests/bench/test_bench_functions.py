"""Every bench works: its quick form measures something and says against what. No figure is judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHES, main, table
from tests.bench.bench_cash_poll import latenesses
from tests.bench.bench_radar import NotHere
from tests.bench.bench_screen import NoChromium
from tests.bench.figure import Figure, of_runs, quantile

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_measures_something(name: str) -> None:
    bench, quick = BENCHES[name]
    try:
        figures = bench(**quick)
    except (NoChromium, NotHere) as why:
        pytest.skip(str(why))
    assert figures
    for figure in figures:
        assert figure.value > 0, figure
        assert figure.name
        assert figure.unit
        assert figure.as_json()["goal"] == figure.goal


def test_the_command_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--json", str(tmp_path / "out.json"), "commit"]) == 0
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    printed = capsys.readouterr().out
    assert told["machine"]["cores"] >= 1
    assert told["machine"]["fsync_p50_ms"] > 0
    for figure in told["figures"]:
        assert figure["name"] in printed


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SystemExit):
        main(["speed"])


def test_goals_medians_and_quantiles() -> None:
    slow = of_runs("x", [3.0, 1.0, 9.0], "ms", at_most=2)
    assert (slow.value, slow.met, slow.goal, slow.spread) == (3.0, False, "<= 2", "1.00 to 9.00")
    assert Figure("y", 5_000, "1/s", at_least=5_000).met
    assert Figure("z", 1, "s").met is None
    assert quantile(list(range(100)), 0.95) == 95
    assert quantile([7.0], 0.99) == 7.0
    assert "NO" in table([slow])


def test_a_poll_is_late_against_its_beat() -> None:
    """A late poll does not move the beats after it; a slow answer does, by the silence the bus wants; a beat that was
    missed is not caught up."""
    late = latenesses([(0.0, 0.0), (0.2, 0.0), (0.45, 0.2), (0.6, 0.45), (0.82, 0.8), (1.5, 0.82), (1.7, 1.5)])
    assert [round(each, 6) for each in late] == [0.0, 0.05, 0.0, 0.0, 0.48, 0.0]
    assert latenesses([(1.01, 0.0), (1.2, 1.02), (1.4, 1.21)]) == pytest.approx([0.0, 0.0]), "the first was late itself"
