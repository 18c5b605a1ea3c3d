"""What is new in an event buffer is reckoned from the counter alone; what a coin or note is worth, from its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cash_devices.cctalk.credit_buffer import Buffer, Happening, News, back, news
from drivers.cash_devices.cctalk.statuses import Meaning, bill_status, coin_status
from drivers.cash_devices.cctalk.texts import REFUSALS
from drivers.cash_devices.cctalk.values import Scaling, Worth, bill_worth, coin_worth

FULL = ((5, 0), (4, 0), (3, 0), (2, 0), (1, 0))


def test_a_buffer_as_it_comes() -> None:
    assert Buffer.read(bytes.fromhex("01 03 01 00 00 00 00 00 00 00 00")) == Buffer(
        1, ((3, 1), (0, 0), (0, 0), (0, 0), (0, 0))
    )


def test_the_contents_alone_are_never_news() -> None:
    assert news(7, Buffer(7, FULL)) == News()
    assert news(0, Buffer(0, FULL)) == News()


def test_oldest_first_each_with_its_counter() -> None:
    assert news(7, Buffer(9, FULL)).happenings == (Happening(4, 0, 8), Happening(5, 0, 9))


def test_after_255_comes_1() -> None:
    found = news(254, Buffer(2, FULL))
    assert found == News((Happening(3, 0, 255), Happening(4, 0, 1), Happening(5, 0, 2)))
    assert back(2, 2) == 255


def test_more_than_five_are_lost_and_counted() -> None:
    found = news(7, Buffer(15, FULL))
    assert (found.lost, found.lost_until, found.reset) == (3, 10, False)
    assert [each.credits for each in found.happenings] == [11, 12, 13, 14, 15]


def test_from_power_up_to_255() -> None:
    assert news(0, Buffer(255, FULL)).lost == 250


def test_counter_zero_is_a_reset() -> None:
    assert news(7, Buffer(0, ((0, 0),) * 5)) == News(reset=True)


def test_a_counter_that_went_back_over_empty_entries_is_a_reset() -> None:
    entries = ((2, 0), (1, 0), (0, 0), (0, 0), (0, 0))
    assert news(14, Buffer(2, entries)) == News((Happening(1, 0, 1), Happening(2, 0, 2)), reset=True)
    assert news(254, Buffer(2, FULL)).reset is False


@given(st.integers(0, 255), st.integers(1, 40))
def test_every_event_is_told_or_counted_as_lost(last: int, count: int) -> None:
    counter, entries = last, [(9, 9)] * 5
    for number in range(count):
        counter = counter % 255 + 1
        entries = [(number % 16 + 1, 0), *entries[:4]]
    found = news(last, Buffer(counter, tuple(entries)))
    assert found.lost + len(found.happenings) == count
    assert [each.a for each in found.happenings] == [number % 16 + 1 for number in range(count)][-5:]
    assert [each.credits for each in found.happenings][-1] == counter
    assert not found.reset


@pytest.mark.parametrize(
    ("name", "unit", "value"),
    [
        ("RU500A", 1, 500),
        ("RU005A", 100, 500),
        ("RU1K0A", 1, 1000),
        ("RU2K5A", 1, 2500),
        ("RU10KA", 1, 10000),
        ("RU.50A", 100, 50),
        ("RU050B", 1, 50),
    ],
)
def test_coins(name: str, unit: int, value: int) -> None:
    assert coin_worth(name.encode(), {"RU": "RUB"}, unit) == Worth(value, "RUB")


@pytest.mark.parametrize(
    "name", ["......", "      ", "RU000A", "TK001A", "RU.5.A", "XX100A", "RU100", "\x00" * 6, "RU.05A"]
)
def test_no_coins(name: str) -> None:
    assert coin_worth(name.encode(), {"RU": "RUB"}, 1) is None


def test_notes_by_their_countrys_scale() -> None:
    countries = {"RU": "RUB", "JP": "JPY", "KW": "KWD"}
    assert bill_worth(b"RU0050A", countries, Scaling(100, 2)) == Worth(5000, "RUB")
    assert bill_worth(b"RU5000A", countries, Scaling(1, 0)) == Worth(500000, "RUB")
    assert bill_worth(b"RU005KA", countries, Scaling(100, 2)) == Worth(500000, "RUB")
    assert bill_worth(b"JP0010A", countries, Scaling(100, 0)) == Worth(1000, "JPY")
    assert bill_worth(b"KW0005A", countries, Scaling(1000, 3)) == Worth(5000, "KWD")
    assert bill_worth(b".......", countries, Scaling(100, 2)) is None


def test_every_status_has_words() -> None:
    told = {coin_status(code)[1] for code in range(1, 256)} | {
        bill_status(code)[1] for code in range(256) if bill_status(code)[0] not in (Meaning.RETURNED,)
    }
    silent = {"cctalk.bill.10", "cctalk.bill.11", "cctalk.bill.12", "cctalk.bill.21"}  # events of their own
    assert told - silent <= {f"cctalk.{code}" for code in REFUSALS}


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_words_are_plain_and_in_both_languages(code: str) -> None:
    assert set(REFUSALS[code]) == {"ru", "en"}
    for words in REFUSALS[code].values():
        assert set(words) == {"what", "safe", "do"}
        for sentence in words.values():
            assert 0 < len(sentence.split()) <= 14
            assert not any(word in sentence.lower() for word in ("ошибк", "oops", "error", "invalid"))


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (2, Meaning.REJECTED),
        (14, Meaning.TROUBLE),
        (20, Meaning.NOTICED),
        (36, Meaning.LOST),
        (130, Meaning.REJECTED),
        (170, Meaning.NOTICED),
        (99, Meaning.NOTICED),
    ],
)
def test_coin_statuses(code: int, meaning: Meaning) -> None:
    assert coin_status(code)[0] is meaning


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (1, Meaning.RETURNED),
        (6, Meaning.TROUBLE),
        (7, Meaning.TROUBLE_INSIDE),
        (11, Meaning.CASSETTE_OUT),
        (12, Meaning.CASSETTE_BACK),
        (21, Meaning.STACKED_UNKNOWN),
        (18, Meaning.NOTICED),
        (200, Meaning.NOTICED),
    ],
)
def test_bill_statuses(code: int, meaning: Meaning) -> None:
    assert bill_status(code)[0] is meaning
