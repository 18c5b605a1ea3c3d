"""An SSP unit's beginning: who is there, what happened unheard, and nothing accepted before that is told."""

from __future__ import annotations

import pytest
from ssp_playbook import (
    DEVICE_EXPONENT,
    HOPPER,
    RECYCLER,
    RUB50,
    RUB500,
    SERIAL,
    TABLE,
    VALIDATOR,
    Play,
    counters,
    driver,
    levels,
    packet,
    unpacked,
    validator,
)

from drivers.cash_devices import contract as c
from drivers.cash_devices.ssp.sealing import GENERATOR, MODULUS
from drivers.errors import Garbled, Refused, Unanswered
from drivers.setting_wrong import SettingWrong


def attended(**settings: int | str | bool) -> Play:
    return Play(driver(**settings).attend({}))


# Who is there


def test_identify_asks_and_changes_nothing() -> None:
    play = Play(driver().identify())
    play.x("11").x("06 08").x("05", VALIDATOR).x("0C", SERIAL).x("58", counters(100, 7))
    assert play.answer == (validator(107),)


def test_identify_a_recycler_and_a_hopper() -> None:
    play = Play(driver(hopper_address=16).identify())
    play.x("11").x("06 08").x("05", RECYCLER).x("0C", SERIAL).x("58", counters(1)).x(
        "22", levels((4, 5000), (0, 50000))
    )
    play.x("11", at=16).x("06 08", at=16).x("05", HOPPER, 16).x("0C", SERIAL, 16).x("58", "F2", 16)
    play.x("22", levels((30, 100), (9, 1000)), 16)
    recycler, hopper = play.answer
    assert recycler == c.Unit("validator", "1234567", "SMART Payout 0400", TABLE, (RUB50, RUB500), True, 1)
    coins = (c.Denomination(1, 100, "RUB"), c.Denomination(2, 1000, "RUB"))
    assert hopper == c.Unit("hopper", "1234567", "SMART Hopper 0615", (), coins)


def test_identify_tells_a_silent_hopper_by_an_empty_serial() -> None:
    play = Play(driver(hopper_address=16).identify())
    play.x("11").x("06 08").x("05", VALIDATOR).x("0C", "F5").x("58", "F2")
    play.asked("11", 16).silence().asked("11", 16).silence()
    assert play.answer == (c.Unit("validator", "", "Validator 0400", TABLE, escrow=True), c.Unit("hopper", "", ""))


def test_identify_gives_up_within_three_seconds() -> None:
    play = Play(driver().identify())
    play.asked("11").silence().asked("11").silence()
    assert isinstance(play.error, Unanswered)


def test_an_older_protocol_is_refused() -> None:
    play = attended()
    play.x("11").x("06 08", "F8").x("06 07", "F8").x("06 06", "F8")
    assert isinstance(play.error, Refused)
    assert play.error.code == "ssp.old_protocol"


def test_the_newest_protocol_both_speak() -> None:
    play = attended().x("11").x("06 08", "F8").x("06 07", "F8").x("06 06")
    play.x("4A C5 05 8F 3A 00 00 00 00", "F2").x("08", "F5")
    play.x("07", "F0 CA").x("05", VALIDATOR)
    # Before protocol 8 a note found at power-up has no value.
    play.tells(c.Stacked("validator", 0, None, recovered=True))


def test_a_setup_that_ends_early_is_garbled() -> None:
    play = attended().greets().x("08", "F5").poll().x("05", VALIDATOR[:-6])
    assert isinstance(play.error, Garbled)


# Silence, retries, late answers


def test_a_retry_is_the_same_packet() -> None:
    play = attended()
    first = play.sent()
    play.silence()
    assert play.sent() == first
    play.silence()
    assert play.sent() == first
    play.heard(packet(0x80, b"\xf0")).rests()
    assert unpacked(play.sent()) == (0x00, b"\x06\x08")


def test_an_answer_with_the_other_bit_or_of_another_unit_is_none() -> None:
    play = attended().asked("11")
    play.heard(packet(0x00, b"\xf0")).heard(packet(0x90, b"\xf0")).heard(packet(0x80, b"\xf0"))
    assert unpacked(play.sent()) == (0x00, b"\x06\x08")


def test_five_seconds_of_silence_end_it() -> None:
    play = attended()
    for _ in range(5):
        play.asked("11").silence()
    assert isinstance(play.error, Unanswered)


def test_a_poll_is_repeated_for_five_seconds() -> None:
    """Its answer may carry events that nothing but the same poll brings back."""
    play = attended().begins()
    play.rests()
    for _ in range(4):
        play.asked("07").silence()
    play.x("07", "F0 E8").rests()
    play.rests()
    for _ in range(5):
        play.asked("07").silence()
    assert isinstance(play.error, Unanswered)


def test_a_unit_that_answers_sync_only_is_given_up() -> None:
    play = attended()
    for _ in range(4):
        play.x("11")
        for _ in range(3):
            play.asked("06 08").silence()
        if not play.ended:
            play.rests()
            play.rests()
    assert isinstance(play.error, Unanswered)


# What happened before


def test_the_first_poll_comes_before_anything_is_set() -> None:
    """A piece past return at power-off: told as found, before the identity, whose counter settles the rest."""
    play = attended().greets().x("08", "F5").poll("F0 F1 E2 03 E8").x("05", VALIDATOR)
    play.tells(c.Stacked("validator", 3, RUB500, recovered=True))
    play.x("02 00 00").x("09")
    for _ in range(5):
        play.rests().poll("F0 E8")
    play.introduces(stacked=101)
    assert play.told[-1] == c.Found(validator(101))


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ("E2 00", c.Stacked("validator", 0, None, recovered=True)),
        ("E2 03", c.Stacked("validator", 3, RUB500, recovered=True)),
        ("EE 01", c.Stacked("validator", 1, RUB50, recovered=True)),
        ("CA 50 C3 00 00 52 55 42", c.Stacked("validator", 3, RUB500, recovered=True)),
        ("CB 88 13 00 00 52 55 42", c.Stacked("validator", 1, RUB50, recovered=True)),
        ("CB 01 00 00 00 52 55 42", c.Stacked("validator", 0, None, recovered=True)),
        ("E1 02", c.Returned("validator", 2)),
        ("E1 00", c.Returned("validator", 0)),
        ("E6 02", c.Noticed("validator", "ssp.fraud")),
        ("E3", c.CassetteOut("validator")),
    ],
)
def test_recovery_facts(events: str, told: object) -> None:
    play = attended().greets().x("08", "F5").poll(f"F0 F1 {events} E8").x("05", VALIDATOR)
    play.tells(told).x("02 00 00")


def test_a_note_in_escrow_is_given_back() -> None:
    """REJECT before the first poll: the poll alone would keep the note. The counter proves where it is."""
    play = attended().greets().x("08", "F0").poll("F0 ED").x("05", VALIDATOR).x("02 00 00").x("09")
    play.rests().poll("F0 ED").rests().poll("F0 EC E8").introduces()
    assert play.told == [c.Found(validator())]


def test_a_note_in_escrow_is_given_back_and_told_where_no_counter_proves_it() -> None:
    play = attended().greets().x("08", "F0").poll("F0 ED").x("05", VALIDATOR).x("02 00 00").x("09")
    play.rests().poll("F0 EC E8").x("0C", SERIAL).x("58", "F2")
    play.tells(c.Returned("validator"), c.Found(validator(None)))


def test_a_note_that_reaches_escrow_during_the_beginning_is_given_back() -> None:
    play = attended().greets().x("08", "F5").poll("F0 EF 00").x("05", VALIDATOR).x("02 00 00").x("09")
    play.rests().poll("F0 EF 03").rests().x("08").poll("F0 ED").rests().poll("F0 EC E8").introduces()
    assert play.told == [c.Found(validator())]


def test_a_note_past_return_is_awaited() -> None:
    play = attended().greets().x("08", "F5").poll("F0 CC").x("05", VALIDATOR).x("02 00 00").x("09")
    play.rests().poll("F0 CC").rests().poll("F0 CC EE 03").tells(c.Stacked("validator", 3, RUB500, recovered=True))
    play.rests().poll("F0 EB E8").introduces(stacked=101)


def test_a_jam_at_the_beginning_waits_for_a_person() -> None:
    """Where the piece is cannot be told yet: no identity, so no verdict by its counter, until the jam is cleared."""
    play = attended().greets().x("08", "F5").poll("F0 EA E8").x("05", VALIDATOR)
    play.tells(c.Trouble("validator", "ssp.jam_inside", inside=True)).x("02 00 00").x("09")
    play.rests().poll("F0 E8").rests().poll("F0 E8").rests(c.Reset())
    play.rests().begins(stacked=101, restarts=True).tells(c.Well("validator"))


def test_leaving_a_jammed_unit_does_not_wait_for_a_person() -> None:
    play = attended().greets().x("08", "F5").poll("F0 E9 E8").x("05", VALIDATOR)
    play.tells(c.Trouble("validator", "ssp.jam_reachable")).x("02 00 00").x("09").rests(c.Leave()).rests()
    play.poll("F0 E8")
    assert (play.ended, play.error) == (True, None)


def test_a_note_that_never_arrives_is_a_trouble() -> None:
    play = attended().greets().x("08", "F5").poll("F0 CC").x("05", VALIDATOR).x("02 00 00").x("09")
    for _ in range(150):
        play.rests().poll("F0 CC")
    play.tells(c.Trouble("validator", "ssp.stuck", inside=True))


# The key


def test_the_key_is_agreed_and_the_poll_is_sealed() -> None:
    play = attended().begins(sealed=True)
    assert play.told == [c.Found(validator())]
    exponent = 2 + 5
    generator, modulus, half = play.peer().numbers
    assert (generator, modulus, half) == (GENERATOR, MODULUS, pow(GENERATOR, exponent, MODULUS))
    assert pow(pow(generator, DEVICE_EXPONENT, modulus), exponent, modulus) == pow(half, DEVICE_EXPONENT, modulus)


@pytest.mark.parametrize("prime", [GENERATOR, MODULUS])
def test_both_numbers_are_prime(prime: int) -> None:
    assert all(prime % divisor for divisor in range(2, int(prime**0.5) + 1))


def test_a_unit_without_poll_with_acknowledge_is_polled_plainly() -> None:
    play = attended().greets(sealed=True).x("08", "F5").s("56", "F2").x("07", "F0 E8").x("05", VALIDATOR)
    play.x("02 00 00").x("09").rests().x("07", "F0 E8").introduces()
    play.rests().x("07", "F0 E8").rests()


def test_never_encrypted() -> None:
    play = attended(encrypt="never").x("11").x("06 08").x("08", "F5").x("07", "F0 E8").x("05", VALIDATOR)
    play.x("02 00 00")


def test_always_encrypted() -> None:
    play = attended(encrypt="always").greets(sealed=True).s("08", "F5").s("56", "F0 E8").s("05", VALIDATOR)
    play.s("02 00 00").s("09")


def test_a_key_half_of_the_wrong_length_is_garbled() -> None:
    play = attended().x("11").x("06 08").x("4A C5 05 8F 3A 00 00 00 00").x("4B FF FF FF 7F 00 00 00 00")
    play.asked(f"4C {pow(GENERATOR, 7, MODULUS).to_bytes(8, 'little').hex(' ')}").answered("F0 01 02")
    assert isinstance(play.error, Garbled)


# Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", 126),
        ("hopper_address", "x"),
        ("fixed_key", "0123"),
        ("fixed_key", "01234567012345zz"),
        ("encrypt", "sometimes"),
        ("decide_within_s", 0),
    ],
)
def test_settings_that_cannot_be_used(name: str, value: int | str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        driver(**{name: value})
    assert name in wrong.value.ru
    assert name in wrong.value.en


def test_two_units_need_two_addresses() -> None:
    with pytest.raises(SettingWrong):
        driver(address=16, hopper_address=16)
