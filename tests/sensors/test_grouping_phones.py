"""Labelled phones, put into groups by their elements alone; V-measure as in Rosenberg and Hirschberg 2007."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from math import log
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.radar.capture_file import opened
from sensors.radar.elements import EXTENDED_CAPABILITIES, EXTENDED_RATES, EXTENSION, HT, RATES, VENDOR, VHT
from sensors.radar.frames import FrameReader
from sensors.radar.grouping import LEAST_SHARE, counted, groups
from sensors.radar.signature import shape_of

CAPTURES = Path(__file__).parents[3] / "shared" / "data" / "captures"
Labelled = list[tuple[str, Hashable, Hashable]]
"""(phone, signature, address) of each frame."""


def v_measure(phones: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Harmonic mean of homogeneity (a group holds one phone) and completeness (a phone lies in one group)."""
    total = len(phones)
    pairs, by_phone, by_group = Counter(zip(phones, found, strict=True)), Counter(phones), Counter(found)

    def entropy(counts: Counter[Hashable]) -> float:
        return -sum(one / total * log(one / total) for one in counts.values())

    of_phones, of_groups = entropy(by_phone), entropy(by_group)
    unsure_phone = -sum(one / total * log(one / by_group[group]) for (_, group), one in pairs.items())
    unsure_group = -sum(one / total * log(one / by_phone[phone]) for (phone, _), one in pairs.items())
    homogeneity = 1 - unsure_phone / of_phones if of_phones else 1.0
    completeness = 1 - unsure_group / of_groups if of_groups else 1.0
    both = homogeneity + completeness
    return 2 * homogeneity * completeness / both if both else 0.0


@pytest.fixture(scope="module")
def polimi() -> Labelled:
    files = sorted(CAPTURES.glob("polimi_*.pcap"))
    if not files:
        pytest.skip("needs ../shared/data/captures/polimi_*.pcap")
    found: Labelled = []
    for file in files:
        reader = FrameReader()
        with opened(file) as records:
            for record in records:
                probe = reader.read(record.link, record.at_ns, record.frame, record.lost)
                if probe is not None and probe.shape.whole:
                    found.append((file.name.split("_")[1], probe.shape.stable, probe.source))
    return found


@pytest.fixture(scope="module")
def lecture() -> Labelled:
    files = sorted((CAPTURES / "pintor_csv").glob("lecture_*.csv.gz"))
    if not files:
        pytest.skip("needs ../shared/data/captures/pintor_csv/lecture_*.csv.gz")
    columns = (
        (RATES, "Supported Rates"),
        (EXTENDED_RATES, "Extended Supported Rates"),
        (HT, "HT Capabilities"),
        (EXTENDED_CAPABILITIES, "Extended Capabilities"),
        (VHT, "VHT Capabilities"),
        (VENDOR, "Vendor Specific Tags"),
        (EXTENSION, "HE Capabilities"),
    )
    found: Labelled = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                # The table has columns, not an order: elements are put together again, one a column.
                bodies = [(number, bytes.fromhex(row[name])) for number, name in columns if row[name]]
                tagged = b"".join(bytes((number, len(body))) + body for number, body in bodies)
                found.append((row["Label"], shape_of(tagged).stable, row["MAC Address"]))
    return found


def figures(frames: Labelled) -> tuple[float, int, int]:
    """(V-measure of all frames, groups counted, phones)."""
    phones, signatures, _ = zip(*frames, strict=True)
    return v_measure(phones, signatures), len(counted(groups(signatures))), len(set(phones))


def test_the_polimi_phones_fall_into_their_groups(polimi: Labelled) -> None:
    v, number, phones = figures(polimi)
    assert (len(polimi), phones) == (6090, 8)
    assert v >= 0.84
    assert abs(number - phones) <= 2


def test_the_lecture_phones_fall_into_their_groups(lecture: Labelled) -> None:
    v, number, phones = figures(lecture)
    assert (len(lecture), phones) == (4988, 7)
    assert v >= 0.94
    assert abs(number - phones) <= 2


@pytest.mark.parametrize("set_", ["polimi", "lecture"])
def test_neither_addresses_nor_chance_reach_it(set_: str, request: pytest.FixtureRequest) -> None:
    """The same measure, so that it can fail: a group an address, and the right signatures given to wrong frames."""
    phones, signatures, addresses = zip(*request.getfixturevalue(set_), strict=True)
    assert v_measure(phones, addresses) < 0.6
    assert v_measure(phones, random.Random(1).sample(signatures, len(signatures))) < 0.05


@pytest.mark.parametrize(
    ("phones", "found", "v"),
    [
        ("aabb", "xxyy", 1.0),
        ("aabb", "xxxx", 0.0),
        ("aabb", "wxyz", 2 / 3),  # homogeneous, half complete
        ("aabb", "xxyz", 0.8),
        ("aaaa", "xxyy", 0.0),
        ("aa", "xx", 1.0),
    ],
)
def test_v_measure_by_hand(phones: str, found: str, v: float) -> None:
    assert v_measure(phones, found) == pytest.approx(v)


kinds = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=80)


@given(kinds, st.randoms(use_true_random=False))
def test_groups_hold_each_frame_once_in_whatever_order(frames: list[str], random_: random.Random) -> None:
    mixed = list(frames)
    random_.shuffle(mixed)
    found = groups(frames)
    assert sum(group.frames for group in found) == len(frames)
    assert sum(group.share for group in found) == pytest.approx(1.0)
    assert {(one.signature, one.frames) for one in found} == {(one.signature, one.frames) for one in groups(mixed)}
    assert [group.frames for group in found] == sorted((group.frames for group in found), reverse=True)


@given(kinds, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_counts_fewer_groups(frames: list[str], one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    found = groups(frames)
    assert len(counted(found, larger)) <= len(counted(found, smaller)) <= len(found)


def test_rare_frames_are_no_group() -> None:
    found = groups(["phone"] * 990 + ["other"] * 10 + ["damaged"] * 9)
    assert [group.signature for group in counted(found)] == ["phone"]
    assert [group.signature for group in counted(groups(["phone"] * 990 + ["other"] * 10))] == ["phone", "other"]
    assert LEAST_SHARE == 0.01
    assert groups([]) == []
