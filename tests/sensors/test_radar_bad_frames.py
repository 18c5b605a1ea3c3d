"""Truncated and hostile frames: whatever the bytes are, reading ends in a probe or in a counted reason."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.radar.elements import elements_of
from sensors.radar.frames import FrameReader, Left, Link, Probe
from sensors.radar.signature import Shapes, shape_of
from tests.sensors.radar_samples import BARE, ELEMENTS, PRISM, RADIOTAP, captures, probe, records, request, ssid

LINKS = [RADIOTAP, BARE, PRISM]


def judged(reader: FrameReader, link: Link, frame: bytes, lost: int = 0) -> Probe | None:
    """Reads a frame; it is a probe, or exactly one reason counts one more."""
    before = dict(reader.left)
    found = reader.read(link, 0, frame, lost)
    more = {why: count - before[why] for why, count in reader.left.items() if count != before[why]}
    if found is None:
        assert sum(more.values()) == 1
        assert Left.CUT_ELEMENT not in more
    else:
        assert len(found.source) == 6
        assert 0 <= found.sequence < 4096
        assert found.signal_dbm is None or -128 <= found.signal_dbm <= 127
        assert more == ({} if found.shape.whole else {Left.CUT_ELEMENT: 1})
        elements, whole = elements_of(found.tagged)
        assert whole == found.shape.whole
        assert tuple(one.id for one in elements) == found.ids[: len(elements)]
        assert len(found.ids) - len(elements) in ((0,) if whole else (0, 1))
    return found


def real_frames(each: int) -> list[tuple[Link, bytes]]:
    """A few of every capture."""
    found = []
    for file in captures():
        all_of_it = records(file, 400)
        found += [(one.link, one.frame) for one in all_of_it[:: max(1, len(all_of_it) // each)]]
    return found


def test_a_real_frame_may_end_at_any_byte() -> None:
    reader = FrameReader()
    for link, frame in real_frames(4):
        for end in range(len(frame)):
            judged(reader, link, frame[:end])
    assert reader.left[Left.CUT_ELEMENT] > 100
    assert reader.left[Left.SHORT] > 100
    assert reader.left[Left.RADIO_HEADER] > 100


def test_a_made_up_frame_may_end_at_any_byte() -> None:
    """Without ../shared too. The ids of a cut frame are the first ones of the whole."""
    whole = FrameReader().read(RADIOTAP, 0, probe())
    assert whole is not None
    reader = FrameReader()
    cut = 0
    for end in range(len(probe())):
        found = judged(reader, RADIOTAP, probe()[:end])
        if found is not None:
            assert found.ids == whole.ids[: len(found.ids)]
            cut += not found.shape.whole
    assert cut == reader.left[Left.CUT_ELEMENT] > 50


def test_bits_of_real_frames_may_flip() -> None:
    """One bit, then many: 20,000 frames."""
    rng = random.Random(20251122)
    frames = real_frames(30)
    reader = FrameReader()
    kept = 0
    for _ in range(20_000):
        link, frame = rng.choice(frames)
        spoiled = bytearray(frame)
        for _ in range(rng.choice((1, 1, 1, 3, 30))):
            spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
        kept += judged(reader, link, bytes(spoiled), rng.choice((0, 0, 0, 2, 9))) is not None
    assert kept > 1_000
    assert len(reader.shapes) > 100


@given(st.sampled_from(LINKS), st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes(link: Link, frame: bytes, lost: int) -> None:
    judged(FrameReader(), link, frame, lost)


@given(st.binary(max_size=300))
def test_any_elements(tagged: bytes) -> None:
    found = judged(FrameReader(), BARE, request(tagged))
    assert found is not None
    assert found.tagged == tagged


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_remembering_changes_nothing(many: list[bytes]) -> None:
    """Shapes remembered, forgotten in between, and behind any SSID."""
    shapes = Shapes(most=3)
    for tagged, name in product(many, (b"", b"x", b"a longer name")):
        for all_of_it in (tagged, ssid(name) + tagged):
            assert shapes.of(all_of_it) == shape_of(all_of_it)
            assert shapes.of(all_of_it) == shape_of(all_of_it)
    assert len(shapes) <= 3


@pytest.mark.parametrize("length", [0, 1, 31, 200])
def test_an_ssid_that_reaches_beyond_the_end(length: int) -> None:
    """It must not be remembered as the elements of whoever comes next."""
    shapes = Shapes()
    cut = bytes([0, length + 1]) + b"x" * length
    assert not shapes.of(cut).whole
    assert shapes.of(ssid(b"") + ELEMENTS) == shape_of(ssid(b"") + ELEMENTS)
    assert shapes.of(ssid(b"x" * length)).whole
    assert not shapes.of(cut).whole


def test_a_flood_of_made_up_shapes_costs_a_bounded_memory() -> None:
    reader = FrameReader(Shapes(most=100))
    rng = random.Random(1)
    for _ in range(1_000):
        judged(reader, BARE, request(ssid() + bytes([221, 8]) + rng.randbytes(8)))
        assert len(reader.shapes) <= 100
