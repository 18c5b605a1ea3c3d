"""One-time codes, numbers and limits: how often one may guess, and how often one may make a stranger's phone ring."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.association.counts import Counts
from sensors.association.portal.desk import Asked, CodeDesk
from sensors.association.portal.sms import FileGateway, NotSent
from sensors.association.portal.visitors import LIFE_MS as VISIT_MS
from sensors.association.portal.visitors import MOST_VISITORS, Visitor, Visitors
from sensors.consent.codes import LIFE_MS, MOST_CODES, TRIES, Codes, Typed
from sensors.consent.limits import MOST_NAMES, Limit, Limiter
from sensors.consent.phones import phone_number
from sensors.consent.proving import MINUTE_MS
from tests.sensors.association_samples import NOW_MS, Clock

PHONE = "+79261234567"


def codes() -> Codes:
    made = Codes(bytes(32))
    made.sent("v", PHONE, "012345", NOW_MS)
    return made


def test_a_right_code_is_good_once() -> None:
    made = codes()
    assert made.typed("v", PHONE, "012345", NOW_MS + 1) is Typed.RIGHT
    assert made.typed("v", PHONE, "012345", NOW_MS + 2) is Typed.DEAD


def test_five_tries_and_no_more() -> None:
    made = codes()
    said = [made.typed("v", PHONE, f"{number:06d}", NOW_MS) for number in range(TRIES)]
    assert said == [Typed.WRONG] * (TRIES - 1) + [Typed.DEAD]
    assert made.typed("v", PHONE, "012345", NOW_MS) is Typed.DEAD


def test_the_fifth_try_may_be_right() -> None:
    made = codes()
    for number in range(TRIES - 1):
        made.typed("v", PHONE, f"{number:06d}", NOW_MS)
    assert made.typed("v", PHONE, "012345", NOW_MS) is Typed.RIGHT


@pytest.mark.parametrize("at_ms", [NOW_MS + LIFE_MS, NOW_MS + LIFE_MS * 100, NOW_MS - 1])
def test_five_minutes_and_no_longer(at_ms: int) -> None:
    assert codes().typed("v", PHONE, "012345", at_ms) is Typed.DEAD


def test_a_code_is_of_one_visitor_and_one_number() -> None:
    assert codes().typed("w", PHONE, "012345", NOW_MS) is Typed.DEAD
    assert codes().typed("v", "+79260000000", "012345", NOW_MS) is Typed.WRONG


def test_codes_are_bounded_and_not_kept_as_they_are() -> None:
    made = Codes(bytes(32))
    for number in range(MOST_CODES + 1):
        made.sent(str(number), PHONE, "012345", NOW_MS)
    assert made.typed("0", PHONE, "012345", NOW_MS) is Typed.DEAD
    held = repr([(one.digest, one.tries) for one in made._sent.values()])
    assert "012345" not in held
    assert PHONE not in held
    with pytest.raises(ValueError, match="six digits"):
        made.sent("v", PHONE, "12345", NOW_MS)


@given(st.text(max_size=30))
def test_anything_may_be_typed(text: str) -> None:
    assert codes().typed("v", PHONE, text, NOW_MS) is (Typed.RIGHT if text == "012345" else Typed.WRONG)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+7 926 123-45-67", PHONE),
        ("8 (926) 123-45-67", PHONE),
        ("9261234567", PHONE),
        ("79261234567", PHONE),
        ("+7\N{NO-BREAK SPACE}926 1234567", PHONE),
        ("+49 151 23456789", "+4915123456789"),
        ("+7 926 123", None),
        ("+7926123456789", None),
        ("anna", None),
        ("", None),
        ("+", None),
        ("12345", None),
        ("+0 926 123 45 67", None),
        ("٩٢٦١٢٣٤٥٦٧", None),
        ("+7926123456" + "7" * 40, None),
        ("9261234567; drop", None),
    ],
)
def test_numbers_as_people_type_them(typed: str, number: str | None) -> None:
    assert phone_number(typed) == number


def test_elsewhere_eight_is_no_seven() -> None:
    assert phone_number("89261234567", "DE") == "+89261234567"


@given(st.text(max_size=60))
def test_any_number_never_raises(text: str) -> None:
    found = phone_number(text)
    assert found is None or phone_number(found) == found


@given(st.lists(st.integers(0, 100), max_size=60))
def test_no_span_holds_more_than_the_limit(times: list[int]) -> None:
    limiter = Limiter(Limit(3, 10), Limit(5, 40))
    done = []
    for at in sorted(times):
        if limiter.may("a", at):
            limiter.count("a", at)
            done.append(at)
    for start in done:
        assert sum(start <= at < start + 10 for at in done) <= 3
        assert sum(start <= at < start + 40 for at in done) <= 5


def test_limits_are_bounded_and_apart() -> None:
    limiter = Limiter(Limit(1, 10))
    for number in range(MOST_NAMES + 1):
        limiter.count(str(number), 0)
    assert limiter.may("0", 0), "pushed out"
    assert not limiter.may("1", 0)
    assert limiter.may("1", 10)


class Pocket:
    """A gateway whose messages can be read here."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.away = False

    async def send(self, id: str, phone: str, text: str) -> None:
        if self.away:
            raise NotSent("away")
        self.sent.append((phone, text))


class Room:
    def __init__(self) -> None:
        self.clock, self.counts, self.sms = Clock(), Counts(), Pocket()
        rng = random.Random(5)
        self._ids: Iterator[int] = iter(range(1_000_000))
        self.desk = CodeDesk(
            self.sms,
            "Игрушки",
            self.counts,
            self.clock,
            lambda: f"{rng.randrange(10**6):06d}",
            lambda: f"id{next(self._ids)}",
            bytes(32),
        )
        self.visitors = Visitors(lambda: f"v{next(self._ids)}")

    def come(self, host: str = "10.0.0.1") -> Visitor:
        return self.visitors.come(host, "ru", self.clock())


@pytest.mark.anyio
async def test_a_strangers_phone_rings_three_times_at_the_most() -> None:
    room = Room()
    said = [await room.desk.send(room.come(f"10.0.0.{number}"), PHONE) for number in range(20)]
    assert said == [Asked.SENT] * 3 + [Asked.TOO_MANY] * 17
    for _ in range(10):
        room.clock.now_ms += 15 * MINUTE_MS
        await room.desk.send(room.come("10.0.1.1"), PHONE)
    assert len(room.sms.sent) == 6, "six a day"
    room.clock.now_ms += 1440 * MINUTE_MS
    assert await room.desk.send(room.come("10.0.2.1"), PHONE) is Asked.SENT


@pytest.mark.anyio
async def test_one_device_asks_for_few_numbers_and_all_for_few_messages() -> None:
    room = Room()
    said = [await room.desk.send(room.come(), f"+7926000{number:04d}") for number in range(9)]
    assert said == [Asked.SENT] * 6 + [Asked.TOO_MANY] * 3
    six = [f"2001:db8:0:1::{number:x}" for number in range(9)]
    said = [await room.desk.send(room.come(host), f"+7926001{at:04d}") for at, host in enumerate(six)]
    assert said.count(Asked.SENT) == 6, "the addresses of one IPv6 wire are one"
    for number in range(300):
        await room.desk.send(room.come(f"10.1.{number // 250}.{number % 250}"), f"+7926002{number:04d}")
    assert len(room.sms.sent) == 120


@pytest.mark.anyio
async def test_a_program_that_guesses_gets_nowhere() -> None:
    """All its life: each code it can get, five guesses each, from as many devices as it likes."""
    room, rng, right = Room(), random.Random(9), 0
    guesses = 0
    for number in range(400):
        room.clock.now_ms += MINUTE_MS
        visitor = room.come(f"10.0.{number % 200}.9")
        if await room.desk.send(visitor, PHONE) is not Asked.SENT:
            continue
        for _ in range(50):
            found = room.desk.typed(visitor, f"{rng.randrange(10**6):06d}")
            guesses += found is not Typed.DEAD
            right += found is Typed.RIGHT
    assert right == 0
    assert guesses <= 6 * TRIES


@pytest.mark.anyio
async def test_tries_of_one_device_end() -> None:
    room = Room()
    visitor = room.come()
    for number in range(40):
        if number % 10 == 0:
            await room.desk.send(room.come(f"10.9.0.{number}"), f"+7926003{number:04d}")
        room.desk.typed(visitor, "000000")
    assert room.counts["portal.tries_refused"] == 10


@pytest.mark.anyio
async def test_a_code_proves_the_number_it_went_to() -> None:
    room = Room()
    visitor = room.come()
    await room.desk.send(visitor, PHONE)
    code = room.sms.sent[0][1].split()[1].rstrip(".")
    assert room.desk.typed(visitor, f" {code[:3]} {code[3:]} ") is Typed.RIGHT
    assert visitor.proven(room.clock())
    assert visitor.phone == PHONE
    assert code not in visitor.proof_id
    await room.desk.send(visitor, "+79260000000")
    assert not visitor.proven(room.clock()), "another number is not proven by the code of the first"
    room.sms.away = True
    assert await room.desk.send(visitor, "+79260000001") is Asked.GATEWAY_AWAY


def test_visitors_end_and_are_bounded() -> None:
    room = Room()
    first = room.come()
    assert room.visitors.find(first.token, "10.0.0.1", NOW_MS) is first
    assert room.visitors.find(first.token, "10.0.0.2", NOW_MS) is None, "another device has this token"
    assert room.visitors.find(first.token, "10.0.0.1", NOW_MS + VISIT_MS) is None
    for _ in range(MOST_VISITORS):
        room.come()
    assert len(room.visitors) == MOST_VISITORS
    assert room.visitors.find(first.token, "10.0.0.1", NOW_MS) is None
    room.clock.now_ms += VISIT_MS
    room.come()
    assert len(room.visitors) == 1


@pytest.mark.anyio
async def test_the_file_gateway_writes_whole_messages(tmp_path: Path) -> None:
    gateway = FileGateway(tmp_path / "sms")
    await gateway.send("id-1", PHONE, "Код 123456.")
    (file,) = (tmp_path / "sms").iterdir()
    assert file.name == "id-1.txt"
    assert file.read_text("utf-8") == f"To: {PHONE}\n\nКод 123456.\n"
    assert file.stat().st_mode & 0o777 == 0o600
    os.utime(file, (0, 0))
    await gateway.send("id-2", PHONE, "x")
    assert [one.name for one in (tmp_path / "sms").iterdir()] == ["id-2.txt"], "a number does not stay for nothing"
    with pytest.raises(ValueError, match="no id"):
        await gateway.send("../x", PHONE, "x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotSent) as told:
        await FileGateway(tmp_path / "file").send("id-2", PHONE, "x")
    assert PHONE not in str(told.value)
