"""From frames to messages: nobody counted twice over a restart or midnight, and nothing of anybody in what is told."""

from __future__ import annotations

import random
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from sensors.radar.frames import FrameReader, Link
from sensors.radar.hearing import Hearing
from sensors.radar_messages import Reading, Tally, encoded
from sensors.salt import SECRET_BYTES, Salt, salt_for
from tests.sensors.radar_samples import (
    ELEMENTS,
    FILES,
    RADIOTAP,
    SECRET_NAME,
    SOURCE,
    captures,
    probe,
    radiotap,
    records,
    request,
    ssid,
)

ZONE = ZoneInfo("Asia/Yekaterinburg")
NOON_MS = 1_763_794_800_000  # 2025-11-22, 12:00 in that zone
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
Heard = tuple[Link, int, bytes]


class Salts:
    """Draws them in order; remembers how many."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, at_ms: int) -> Salt:
        self.drawn += 1
        return salt_for(at_ms, ZONE, None, bytes([self.drawn]) * SECRET_BYTES)[0]


def hearing(at_ms: int = NOON_MS, salts: Salts | None = None) -> Hearing:
    salts = salts or Salts()
    return Hearing(salts(at_ms), salts)


def told(heard: Hearing, now_ms: int) -> dict[tuple[int, str, bool], Tally]:
    """As an agent keeps them: a later tally in place of an earlier."""
    return {(one.window_ms, one.key, one.made_up): one for one in heard.news(now_ms) if isinstance(one, Tally)}


def phones(count: int, seed: int = 1) -> list[Heard]:
    """Frames of phones of different makes over some minutes, each with a new address a burst."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        make = ELEMENTS + bytes([70, number % 200])[:2] + bytes(number % 200)
        for _ in range(rng.randint(1, 6)):
            at_ms = NOON_MS + rng.randrange(400_000)
            source = bytes([rng.randrange(256) & 0xFE | 2]) + rng.randbytes(5)
            frames = [probe(signal_dbm=-rng.randint(40, 90), source=source, elements=make) for _ in range(3)]
            found += [(RADIOTAP, (at_ms + 20 * n) * 1_000_000, frame) for n, frame in enumerate(frames)]
    return sorted(found, key=lambda one: one[1])


def test_a_phone_with_many_addresses_is_one_signature() -> None:
    heard = hearing()
    for number in range(50):
        source = bytes([2, 0, 0, 0, 0, number])
        heard.hear(
            RADIOTAP, (NOON_MS + number * 1_000) * 1_000_000, probe(bytes([65 + number % 20]) * 5, source=source)
        )
    (one,) = told(heard, NOON_MS + 60_000).values()
    assert (one.frames, one.bursts, one.made_up, one.signal_dbm) == (50, 1, True, -61)


@pytest.mark.parametrize("seed", range(5))
def test_a_restart_counts_nobody_twice(seed: int) -> None:
    """Killed at any moment after what it had told was kept: the agent holds in the end what one process would tell."""
    frames = phones(40, seed)
    end_ms = NOON_MS + 500_000
    alone = hearing()
    for link, at_ns, frame in frames:
        alone.hear(link, at_ns, frame)
    expected = told(alone, end_ms)
    rng = random.Random(seed)
    cuts = sorted(rng.sample(range(len(frames)), 4))
    agent: dict[tuple[int, str, bool], Tally] = {}
    kept = None
    for begins, ends in pairwise([0, *cuts, len(frames)]):
        heard = hearing()
        assert heard.take_up(kept) == (kept is not None)
        heard.tell_again()
        for link, at_ns, frame in frames[begins:ends]:
            heard.hear(link, at_ns, frame)
        kept = heard.kept_bytes()
        agent |= told(heard, end_ms)
    assert agent == expected
    assert len(agent) == 40


def test_what_was_heard_after_the_last_keeping_is_lost_and_nothing_twice() -> None:
    frames = phones(20)
    heard = hearing()
    for link, at_ns, frame in frames[:60]:
        heard.hear(link, at_ns, frame)
    kept = heard.kept_bytes()
    agent = told(heard, NOON_MS + 500_000)
    for link, at_ns, frame in frames[60:70]:
        heard.hear(link, at_ns, frame)  # never kept, never told: the process dies here
    second = hearing()
    second.take_up(kept)
    for link, at_ns, frame in frames[70:]:
        second.hear(link, at_ns, frame)
    second.tell_again()
    agent |= told(second, NOON_MS + 500_000)
    assert sum(one.frames for one in agent.values()) == len(frames) - 10
    assert len(agent) <= 20


def test_the_window_for_the_estimate_goes_on_after_a_restart() -> None:
    frames = phones(30)
    alone, first, second = hearing(), hearing(), hearing()
    for link, at_ns, frame in frames:
        alone.hear(link, at_ns, frame)
    for link, at_ns, frame in frames[:50]:
        first.hear(link, at_ns, frame)
    assert second.take_up(first.kept_bytes())
    for link, at_ns, frame in frames[50:]:
        second.hear(link, at_ns, frame)
    assert second.open_reading() == alone.open_reading()
    assert alone.open_reading()[0].near > 5


def test_counts_of_another_salt_or_damaged_ones_are_not_taken_up() -> None:
    kept = hearing().kept_bytes()
    salts = Salts()
    salts(NOON_MS)
    other = Hearing(salts(NOON_MS), salts)
    for bad in (None, b"", b"\xff" * 20, kept[:-3], kept):
        assert not other.take_up(bad)
    assert hearing().take_up(kept)


def test_midnight_ends_the_salt_and_what_was_counted_is_told_first() -> None:
    salts = Salts()
    heard = hearing(NOON_MS, salts)
    midnight = NOON_MS + DAY_MS // 2
    heard.hear(RADIOTAP, (midnight - 5) * 1_000_000, probe())
    heard.hear(RADIOTAP, (midnight + 5) * 1_000_000, probe())
    assert salts.drawn == 2
    before, after = sorted(told(heard, midnight + 1_000).values(), key=lambda one: one.window_ms)
    assert (before.window_ms, after.window_ms) == (midnight - 600_000, midnight)
    assert before.key != after.key, "the same phone: nobody can tell any more"
    assert (before.frames, after.frames) == (1, 1)


def test_midnight_comes_without_frames_too() -> None:
    salts = Salts()
    heard = hearing(NOON_MS, salts)
    heard.hear(RADIOTAP, NOON_MS * 1_000_000, probe())
    kept = heard.kept_bytes()
    midnight = NOON_MS + DAY_MS // 2
    heard.news(midnight - 1)
    assert salts.drawn == 1
    heard.news(midnight)
    assert salts.drawn == 2
    assert heard.kept_bytes() != kept
    assert not heard.take_up(kept), "yesterday's counts are of no use"


def test_a_window_is_told_when_it_is_over() -> None:
    heard = hearing()
    heard.live(NOON_MS)
    for link, at_ns, frame in phones(10):
        heard.hear(link, at_ns, frame)
    assert [one for one in heard.news(NOON_MS + 400_000) if isinstance(one, Reading)] == []
    over = [one for one in heard.news(NOON_MS + 610_000) if isinstance(one, Reading)]
    assert [(one.start_ms, one.closed) for one in over] == [(NOON_MS, True)]
    assert over[0].near > 0
    heard.tell_again()
    assert over[0] in heard.news(NOON_MS + 611_000), "an agent that has just come gets it too"


@pytest.mark.parametrize("jump_ms", [-2 * DAY_MS, -HOUR_MS // 2, 3 * DAY_MS, 40 * 365 * DAY_MS])
def test_a_clock_that_jumps_is_survived(jump_ms: int) -> None:
    heard = hearing()
    for link, at_ns, frame in phones(5):
        heard.hear(link, at_ns, frame)
    heard.news(NOON_MS + 400_000)
    for link, at_ns, frame in phones(5):
        heard.hear(link, at_ns + jump_ms * 1_000_000, frame)
    heard.live(NOON_MS + jump_ms)
    heard.news(NOON_MS + jump_ms + 400_000)
    for link, at_ns, frame in phones(5):
        heard.hear(link, at_ns + 1, frame)
    assert heard.news(NOON_MS + 500_000)
    assert heard.kept == len(phones(5)) * 3


def secrets_of(frames: list[bytes], link: Link) -> set[bytes]:
    """Addresses and names of networks, raw and as text."""
    reader, found = FrameReader(), set()
    for frame in frames:
        one = reader.read(link, 0, frame)
        if one is None:
            continue
        names = [element.content for element in one.elements if element.id == 0 and len(element.content) >= 4]
        found |= {one.source, one.source.hex().encode(), one.source.hex(":").encode(), *names}
        found |= {name.hex().encode() for name in names}
    return found


def test_no_address_and_no_name_in_anything_that_leaves_or_is_kept() -> None:
    heard = hearing()
    frames = [probe(), radiotap() + request(ssid(b"another network") + ELEMENTS, source=SOURCE)]
    for frame in frames:
        heard.hear(RADIOTAP, NOON_MS * 1_000_000, frame)
    out = b"".join(encoded(one) for one in [*heard.news(NOON_MS + 610_000), *heard.open_reading()])
    out += heard.kept_bytes()
    secrets = secrets_of(frames, RADIOTAP)
    assert {SECRET_NAME, SOURCE} <= secrets
    assert len(out) > 200
    assert not [secret for secret in secrets if secret in out]


@pytest.mark.parametrize("file", FILES or [None], ids=lambda file: file.stem if file else "none")
def test_no_real_address_or_name_leaves(file: object) -> None:
    captures()
    found = records(file, 1_500)  # type: ignore[arg-type]
    heard = hearing(found[0].at_ns // 1_000_000)
    out = b""
    for number, record in enumerate(found):
        heard.hear(*record)
        if number % 500 == 499:
            out += b"".join(map(encoded, heard.news(record.at_ns // 1_000_000))) + heard.kept_bytes()
    out += b"".join(map(encoded, [*heard.news(found[-1].at_ns // 1_000_000), *heard.open_reading()]))
    out += heard.kept_bytes()
    secrets = secrets_of([record.frame for record in found], found[0].link)
    assert not [secret for secret in secrets if secret in out]


def test_ten_thousand_makes_in_a_second_are_bounded_in_news_and_memory() -> None:
    heard = hearing()
    rng = random.Random(5)
    for number in range(10_000):
        heard.hear(
            RADIOTAP,
            NOON_MS * 1_000_000 + number * 100_000,
            radiotap() + request(ssid() + b"\xdd\x06" + rng.randbytes(6)),
        )
    assert heard.kept == 10_000
    assert len(heard.news(NOON_MS + 1_000)) <= 500
    assert len(heard.reader.shapes) <= 8_192
