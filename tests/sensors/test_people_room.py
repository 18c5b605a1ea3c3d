"""The room whose people were counted: calibrated on its first seven dates, estimated on the others."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sensors.estimate.calibration import OCCUPIED
from sensors.estimate.calibration_choice import KnownReading, Method
from sensors.estimate.presence import View
from sensors.radar.__main__ import main as radar
from sensors.radar.people import (
    KnownProbe,
    Unreadable,
    day_of,
    held,
    judged,
    main,
    mean_error,
    method_from,
    read,
    readings,
    report,
    wape,
)

ROOM = Path(__file__).parents[3] / "shared" / "data" / "captures" / "room_2022_2023_first_half.csv.gz"
FIRST_DATES = 7
HEAD = "datetime;mac;randomized;rssi_dbm;seq;element_ids;vendor_ouis;occupancy_people\n"


@dataclass(frozen=True)
class Cut:
    """The room's file in two, and what was made of them."""

    train: Path
    test: Path
    method: Method
    rows: list[KnownReading]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    if not ROOM.exists():
        pytest.skip("needs ../shared/data/captures/room_2022_2023_first_half.csv.gz")
    with gzip.open(ROOM, "rt", encoding="utf-8") as file:
        head, *lines = file
    dates = sorted({line[:10] for line in lines})
    assert len(dates) == 15
    folder = tmp_path_factory.mktemp("room")
    parts = {"train": set(dates[:FIRST_DATES]), "test": set(dates[FIRST_DATES:])}
    for name, days in parts.items():
        with gzip.open(folder / f"{name}.csv.gz", "wt", compresslevel=1, encoding="utf-8") as file:
            file.writelines([head, *(line for line in lines if line[:10] in days)])
    train, test = folder / "train.csv.gz", folder / "test.csv.gz"
    method = method_from(read(train)[0])
    return Cut(train, test, method, readings(read(test)[0], method.reach))


def shuffled(rows: Sequence[KnownReading], seed: int) -> list[KnownReading]:
    people = [row.people for row in rows]
    random.Random(seed).shuffle(people)
    return [replace(row, people=one) for row, one in zip(rows, people, strict=True)]


def test_the_goals_are_reached_on_dates_that_the_method_never_saw(room: Cut) -> None:
    assert not {row.day for row in room.rows} & {day_of(probe.at_ms) for probe in read(room.train)[0][::500]}
    found = judged(room.method, room.rows)
    occupied = [one for one in found if one.people > OCCUPIED]
    assert (len(found), len(occupied)) == (462, 70)
    assert mean_error(found) <= 1.0
    assert wape(occupied) <= 0.25
    assert mean_error([one for one in found if one.people <= OCCUPIED]) <= 0.25
    assert held(occupied, 0) >= 0.70
    assert held(occupied, 1) >= 0.90


def test_a_live_view_that_knows_the_past_only_reaches_them_too(room: Cut) -> None:
    method = method_from(read(room.train)[0], View.LIVE)
    found = judged(method, readings(read(room.test)[0], method.reach))
    assert mean_error(found) <= 1.0
    assert wape([one for one in found if one.people > OCCUPIED]) <= 0.25


def test_what_was_chosen_is_what_the_text_says(room: Cut) -> None:
    use = room.method.calibration
    assert (use.windows, use.occupied, use.days, use.made_on) == (170, 142, 7, "2023-03-14")
    assert (room.method.reach.close_dbm, room.method.needed) == (-60, 2)
    assert use.fit.slope == pytest.approx(1.60, abs=0.02)
    assert room.method.error == pytest.approx(0.16, abs=0.01)


def test_judged_by_people_at_random_the_same_estimates_fail(room: Cut) -> None:
    found = judged(room.method, shuffled(room.rows, 1))
    assert mean_error(found) > 2.0
    assert wape([one for one in found if one.people > OCCUPIED]) > 0.8


def test_the_figure_is_far_better_than_a_constant(room: Cut) -> None:
    found = judged(room.method, room.rows)
    occupied = [one for one in found if one.people > OCCUPIED]
    best = sorted(one.people for one in occupied)[len(occupied) // 2]
    constant = [replace(one, middle=best) for one in occupied]
    assert wape(occupied) < 0.7 * wape(constant)


def test_the_command_prints_the_lines_that_other_programs_read(room: Cut, capsys: pytest.CaptureFixture[str]) -> None:
    assert radar(["people", str(room.train), str(room.test)]) == 0
    said = capsys.readouterr().out
    assert re.match(r"mean error 0\.\d\d\nWAPE \d\d\.\d %\noccupied windows 70 of 462: mean error \d\.\d\d\n", said)
    assert re.search(r"^band 80 % holds \d\d\.\d % of all windows, \d\d\.\d % of the occupied$", said, re.MULTILINE)
    assert "calibrated on 170 windows of 7 days" in said
    assert ":" in said.splitlines()[-1]
    assert not re.search(r"(?:[0-9a-f]{2}:){5}", said)  # no address


# Made-up rooms: fast, and without ../shared


def line(day: int, minute: float, source: int, signal_dbm: int, kind: int, people: float, made_up: int = 1) -> str:
    second = minute * 60
    clock = f"{9 + int(second // 3600):02d}:{int(second // 60 % 60):02d}:{second % 60:09.6f}"
    return f"2026-11-{day:02d} {clock};02:{source:010x};{made_up};{signal_dbm};1;[0,{kind}];[];{people}\n"


def made_up_room(days: Sequence[int], seed: int) -> list[str]:
    """Each person has a phone of one of forty kinds that scans twice in ten minutes; every other hour nobody is there,
    but for phones outside."""
    rng = random.Random(seed)
    lines = []
    for day in days:
        people = 0
        for window in range(24):
            if window % 6 == 0:
                people = rng.randrange(3, 12)
            here = people if (window // 6) % 2 else 0
            for kind in rng.sample(range(40), here):
                for _ in range(2):
                    minute = window * 10 + rng.random() * 9.9
                    lines.append(line(day, minute, rng.randrange(10**9), rng.randrange(-70, -40), kind, here))
            for _ in range(5):
                lines.append(line(day, window * 10 + rng.random() * 9.9, rng.randrange(10**9), -85, 50, here))
    return lines


def written(path: Path, lines: Sequence[str]) -> str:
    path.write_text(HEAD + "".join(lines), encoding="utf-8")
    return str(path)


def probes(lines: Sequence[str], folder: Path) -> list[KnownProbe]:
    return read(Path(written(folder / "probes.csv", lines)))[0]


def test_the_order_of_lines_does_not_matter(tmp_path: Path) -> None:
    lines = made_up_room([2, 3, 4], 1)
    mixed = random.Random(2).sample(lines, len(lines))
    methods = [method_from(probes(each, tmp_path)) for each in (lines, mixed)]
    assert methods[0] == methods[1]
    assert methods[0].calibration.own
    rows = [readings(probes(each, tmp_path), methods[0].reach) for each in (lines, mixed)]
    assert rows[0] == rows[1]


def test_a_made_up_room_is_counted(tmp_path: Path) -> None:
    method = method_from(probes(made_up_room([2, 3, 4, 5], 3), tmp_path))
    found = judged(method, readings(probes(made_up_room([9, 10], 4), tmp_path), method.reach))
    occupied = [one for one in found if one.people > OCCUPIED]
    assert mean_error(found) < 0.5
    assert wape(occupied) < 0.15
    assert held(found, 0) >= 0.75
    assert min(band[0] for one in found for band in one.bands) >= 0


@pytest.mark.parametrize("view", list(View))
def test_people_at_random_cannot_be_learnt(tmp_path: Path, view: View) -> None:
    lines = made_up_room([2, 3, 4, 5], 3)
    honest = method_from(probes(lines, tmp_path), view)
    rng = random.Random(6)
    count = {text[:15]: rng.choice([0, 0, 3, 7, 11]) for text in lines}
    mixed = [f"{text.rpartition(';')[0]};{count[text[:15]]}\n" for text in lines]
    fooled = method_from(probes(mixed, tmp_path), view)
    assert fooled.error > 3 * honest.error
    wide, narrow = (method.calibration.band(8.0, 95) for method in (fooled, honest))
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])  # and its band says so


def test_too_few_windows_are_estimated_by_another_rooms_slope_and_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = written(tmp_path / "train.csv", made_up_room([2], 1))
    assert main([train, train]) == 0
    said = capsys.readouterr().out
    assert "not calibrated: too few windows with people; 1.59 people a signature from another room" in said
    assert said.startswith("mean error ")


def test_damaged_lines_are_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = made_up_room([2, 3, 4], 1)
    damaged = ["\n", "nonsense\n", line(2, 1, 7, -50, 3, -4), good[0].replace(";-", ";x"), "2026-11-02 10:00;a;1\n"]
    plain, dirty = written(tmp_path / "plain.csv", good), written(tmp_path / "dirty.csv", [*damaged, *good])
    assert main([plain, plain]) == 0
    clean = capsys.readouterr().out
    assert main([plain, dirty]) == 0
    assert capsys.readouterr().out == f"{clean}damaged lines left out: 0 and {len(damaged)}\n"


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08broken", b"a;b\n1;2\n", HEAD.encode(), b"\xff\xfe\x00"])
def test_a_file_that_is_no_recording_is_refused_in_both_languages(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv.gz"
    bad.write_bytes(content)
    assert main([str(bad), str(bad)]) == 2
    said = capsys.readouterr().err
    assert re.search("[а-я]", said)
    assert re.search("file (lacks|has|cannot)", said)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "".join(made_up_room([2], 1))).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable, match="cannot be read"):
        read(tmp_path / "cut.csv.gz")


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: people TRAIN")
    assert main(["one"]) == 2
    assert capsys.readouterr().err.startswith("usage: people TRAIN")


def test_a_report_of_empty_windows_only_has_figures(tmp_path: Path) -> None:
    lines = [line(2, minute, minute, -85, 3, 0.0) for minute in range(60)]
    method = method_from(probes(lines, tmp_path))
    said = list(report(method, judged(method, readings(probes(lines, tmp_path), method.reach)), 0.0))
    assert said[:3] == ["mean error 0.00", "WAPE nan %", "occupied windows 0 of 6: mean error nan"]
