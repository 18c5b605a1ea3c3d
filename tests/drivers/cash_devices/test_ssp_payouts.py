"""Paying out on SSP: meant before the first byte that pays, asked for once, and settled by what the unit can prove."""

from __future__ import annotations

import pytest
from ssp_playbook import (
    HOPPER,
    RECYCLER,
    RUB50,
    RUB500,
    SERIAL,
    TABLE,
    VALIDATOR,
    Play,
    amounts,
    counters,
    driver,
    levels,
)

from drivers.cash_devices import contract as c
from drivers.cash_devices.ssp.identity import Counters, Level
from drivers.cash_devices.ssp.payer import proved

STORE = levels((10, 5000), (4, 50000))
PAY = c.Pay("validator", "k1", 105000)
BASELINE = (7, 5000, 10, 50000, 4)
MEANT = c.PayoutMeant("validator", "k1", 105000, BASELINE)
RUB = "52 55 42"
TEST, DO = (f"33 28 9A 01 00 {RUB} {option}" for option in ("19", "58"))


def recycler(remembered: c.PayoutMeant | None = None, store: str = STORE) -> Play:
    unit = c.Unit("validator", "1234567", "SMART Payout 0400")
    play = Play(driver().attend({"validator": c.Remembered(unit, remembered)}))
    play.begins(sealed=True, setup=RECYCLER, store=store)
    return play


def ready() -> Play:
    return recycler().tells(c.Levels("validator", ((1, 10), (3, 4))))


def meant() -> Play:
    return ready().rests(PAY).s("56", "F0 E8").x("22", STORE).x("58", counters(100, 0, 7)).tells(MEANT)


def paying() -> Play:
    return meant().s(TEST).s(DO).rests()


def paid(minor: int, reason: str = "", *, certain: bool = True, recovered: bool = False) -> c.PaidOut:
    return c.PaidOut("validator", "k1", 105000, minor, certain, recovered, f"ssp.{reason}" if reason else "")


def test_a_payout() -> None:
    play = paying().s("56", f"F0 {amounts('DA', 0)}").rests()
    play.s("56", f"F0 {amounts('DA', 50000)}").tells(c.Paying("validator", "k1", 50000)).rests()
    play.s("56", f"F0 {amounts('DA', 50000)}").rests().s("56", f"F0 {amounts('D2', 105000)}").tells(paid(105000))
    play.s("57").x("22", levels((9, 5000), (2, 50000))).tells(c.Levels("validator", ((1, 9), (3, 2)))).rests()


def test_the_unit_gives_what_its_store_has_levels_for() -> None:
    unit = recycler().told[0].unit
    assert (unit.takes, unit.gives) == (TABLE, (RUB50, RUB500))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("F5 00", "pay_not_enough"),
        ("F5 01", "pay_not_exact"),
        ("F5 03", "pay_busy"),
        ("F5 07", "pay_refused"),
        ("F5", "pay_refused"),
        ("F2", "pay_refused"),
    ],
)
def test_what_cannot_be_paid_is_not_asked_for(answer: str, reason: str) -> None:
    meant().s(TEST, answer).tells(paid(0, reason)).rests()


def test_a_disabled_unit_is_enabled_with_no_channel_open() -> None:
    play = meant().s(TEST, "F5 04").x("5C 00").x("0A").s(TEST).s(DO).rests()
    play.s("56", f"F0 {amounts('D2', 105000)}").tells(paid(105000)).s("57")


def test_one_that_stays_disabled_pays_nothing() -> None:
    meant().s(TEST, "F5 04").x("5C 00").x("0A").s(TEST, "F5 04").tells(paid(0, "pay_disabled"))


def test_refused_at_the_last_moment() -> None:
    meant().s(TEST).s(DO, "F5 03").tells(paid(0, "pay_busy")).rests()


@pytest.mark.parametrize(
    ("code", "reason"),
    [("D2", "pay_short"), ("D5", "pay_jam"), ("D6", "pay_halted"), ("D9", "pay_time_out")],
)
def test_less_than_asked_is_told_as_it_is(code: str, reason: str) -> None:
    paying().s("56", f"F0 {amounts(code, 50000)}").tells(paid(50000, reason)).s("57")


def test_the_door_is_shut_while_it_pays() -> None:
    take = c.Accept({"validator": frozenset({1})})
    play = ready().rests(take).opens("01 00", sealed=True, pays=True)
    play.rests(PAY).s("56").x("02 00 00").rests().s("56").x("09").rests().s("56", "F0 E8").tells(c.Closed("validator"))
    play.x("22", STORE).x("58", counters(100, 0, 7)).tells(MEANT).s(TEST, "F5 04").x("5C 00").x("0A").s(TEST).s(DO)
    play.rests().s("56", f"F0 {amounts('D2', 105000)}").tells(paid(105000)).s("57").x("58", counters(100))
    play.tells(c.Counted("validator", 100)).x("02 01 00").x("5C 00").x("0A").tells(c.Accepting("validator"))
    play.x("22", STORE).tells(c.Levels("validator", ((1, 10), (3, 4)))).rests()


# Silence: the packet may be repeated, the payout never


def test_a_lost_answer_brings_the_same_packet_again() -> None:
    play = meant().s(TEST)
    first = play.sent()
    play.silence()
    assert play.sent() == first


def test_a_payout_without_an_answer_is_settled_by_the_reports() -> None:
    play = meant().s(TEST)
    for _ in range(3):
        play.sent()
        play.silence()
    play.rests().rests().greets(sealed=True).x("08", "F5").s("56", f"F0 {amounts('DA', 50000)}").x("05", RECYCLER)
    play.tells(c.Paying("validator", "k1", 50000)).x("02 00 00").x("09")
    play.rests().s("56", f"F0 {amounts('D2', 105000)}").tells(paid(105000, recovered=True)).s("57")
    play.introduces(store=STORE).tells_a(c.Levels)


def test_a_payout_without_an_answer_and_without_reports_is_settled_by_the_store() -> None:
    play = meant().s(TEST)
    for _ in range(3):
        play.sent()
        play.silence()
    play.rests().rests().begins(sealed=True, setup=RECYCLER, store=STORE).tells_a(c.Levels)
    play.x("22", STORE).x("58", counters(100, 0, 7)).tells(paid(0, "pay_interrupted", recovered=True)).rests()
    assert all("33" not in line for line in play.lines[-6:])


def test_a_lost_key_means_that_nothing_was_paid() -> None:
    play = meant().s(TEST).asked(DO, sealed=True).answered("FA").rests().rests()
    play.greets(sealed=True).x("08", "F5").s("56", "F0 E8").x("05", RECYCLER).x("02 00 00").x("09")
    play.rests().s("56", "F0 E8").introduces(store=STORE).tells_a(c.Levels)
    play.x("22", STORE).x("58", counters(100, 0, 7)).tells(paid(0, "pay_interrupted", recovered=True))


def test_an_end_that_never_comes_is_settled_by_the_store() -> None:
    play = paying().s("56", f"F0 {amounts('DA', 50000)}").tells(c.Paying("validator", "k1", 50000)).rests()
    for _ in range(24):
        play.s("56").rests()
    play.s("56").x("22", levels((9, 5000), (2, 50000))).x("58", counters(100, 0, 10)).tells(paid(105000)).rests()


# Found unsettled


def test_an_interrupted_payout_reported_at_power_up() -> None:
    play = Play(driver().attend({"validator": c.Remembered(c.Unit("validator", "", ""), MEANT)}))
    play.greets(sealed=True).x("08", "F5")
    play.s("56", f"F0 F1 DC 01 50 C3 00 00 28 9A 01 00 {RUB} E8").x("05", RECYCLER)
    play.tells(paid(50000, "pay_interrupted", recovered=True)).s("57").x("02 00 00").x("09")


def test_a_reset_while_paying() -> None:
    play = paying().s("56", f"F0 F1 DC 01 50 C3 00 00 28 9A 01 00 {RUB} E8")
    play.tells(paid(50000, "pay_interrupted", recovered=True)).s("57").rests().begins(
        sealed=True, setup=RECYCLER, store=STORE
    )


def test_a_report_of_another_payout_is_not_ours() -> None:
    play = Play(driver().attend({"validator": c.Remembered(c.Unit("validator", "", ""), MEANT)}))
    play.greets(sealed=True).x("08", "F5").s("56", f"F0 DC 01 00 00 00 00 01 00 00 00 {RUB}").x("05", RECYCLER)
    play.s("57").x("02 00 00")


@pytest.mark.parametrize(
    ("store", "dispensed", "end"),
    [
        (STORE, 7, paid(0, "pay_interrupted", recovered=True)),
        (levels((10, 5000), (3, 50000)), 8, paid(50000, "pay_interrupted", recovered=True)),
        (levels((9, 5000), (2, 50000)), 10, paid(105000, recovered=True)),
        (levels((9, 5000), (3, 50000)), 8, paid(0, "pay_interrupted", certain=False, recovered=True)),
    ],
    ids=["nothing", "a part", "everything", "the counter and the store disagree"],
)
def test_a_remembered_payout_is_settled_by_the_store(store: str, dispensed: int, end: c.PaidOut) -> None:
    play = recycler(MEANT, store)
    play.tells_a(c.Levels)
    play.x("22", store).x("58", counters(100, 0, dispensed)).tells(end).rests()


def test_a_remembered_payout_that_ended_meanwhile() -> None:
    play = Play(driver().attend({"validator": c.Remembered(c.Unit("validator", "", ""), MEANT)}))
    play.greets(sealed=True).x("08", "F5").s("56", f"F0 {amounts('D2', 105000)} E8").x("05", RECYCLER)
    play.tells(paid(105000, recovered=True)).s("57")


LEVELS = (Level(9, 5000, "RUB"), Level(4, 50000, "RUB"))


@pytest.mark.parametrize(
    ("baseline", "now", "count", "proof"),
    [
        ((), LEVELS, Counters(0, 0, 8), (0, False)),
        ((-1, 5000, 10, 50000, 4), LEVELS, None, (5000, True)),
        ((7, 5000, 10, 50000, 4), None, Counters(0, 0, 9), (0, False)),
        ((7, 5000, 10, 50000, 4), None, Counters(0, 0, 7), (0, True)),
        ((7, 5000, 8, 50000, 4), LEVELS, None, (0, False)),
        ((0xFFFFFFFF, 5000, 10, 50000, 4), LEVELS, Counters(0, 0, 0), (5000, True)),
        ((7, 5000, 10, 50000, 99), LEVELS, None, (0, False)),
    ],
    ids=["no baseline", "no counter", "no store", "counter alone", "more than before", "wraps", "more than asked"],
)
def test_what_is_proved(
    baseline: tuple[int, ...], now: tuple[Level, ...] | None, count: Counters | None, proof: tuple[int, bool]
) -> None:
    assert proved(c.PayoutMeant("validator", "k", 105000, baseline), now, count) == proof


# Units that do not pay


def test_a_validator_pays_nothing_and_says_so() -> None:
    play = Play(driver().attend({})).begins(sealed=True, setup=VALIDATOR).rests(PAY).s("56", "F0 E8")
    play.x("22", "F2").x("58", "F2").tells(c.PayoutMeant("validator", "k1", 105000, (-1,)), paid(0, "pay_unable"))


def test_without_a_key_nothing_is_paid() -> None:
    play = Play(driver().attend({})).begins(setup=RECYCLER).rests(PAY).x("07", "F0 E8").x("22", STORE)
    play.x("58", counters(100, 0, 7)).tells(MEANT, paid(0, "pay_no_key"))


def test_a_unit_that_is_not_there_pays_nothing_and_says_so() -> None:
    play = Play(driver().attend({})).begins().rests(c.Pay("hopper", "k1", 100))
    play.tells(c.PayoutMeant("hopper", "k1", 100, ()), c.PaidOut("hopper", "k1", 100, 0, reason="ssp.pay_unable"))


def test_a_hopper_on_the_same_wire() -> None:
    play = Play(driver(hopper_address=16).attend({})).begins()
    play.greets(16, sealed=True).s("56", "F0 E8", 16).x("05", HOPPER, 16).rests().s("56", "F0", 16)
    play.x("0C", SERIAL, 16).x("58", "F2", 16).x("22", levels((30, 100), (9, 1000)), 16)
    coins = (c.Denomination(1, 100, "RUB"), c.Denomination(2, 1000, "RUB"))
    play.tells(c.Found(c.Unit("hopper", "1234567", "SMART Hopper 0615", (), coins)))
    play.tells(c.Levels("hopper", ((1, 30), (2, 9)))).rests(c.Pay("hopper", "k2", 1300))
    play.poll("F0 E8").s("56", "F0 E8", 16).x("22", levels((30, 100), (9, 1000)), 16).x("58", "F2", 16)
    play.tells(c.PayoutMeant("hopper", "k2", 1300, (-1, 100, 30, 1000, 9)))
    play.s(f"33 14 05 00 00 {RUB} 19", at=16).s(f"33 14 05 00 00 {RUB} 58", at=16).rests()
    play.poll("F0 E8").s("56", f"F0 {amounts('DA', 1000)}", 16).tells(c.Paying("hopper", "k2", 1000)).rests()
    play.poll("F0 E8").s("56", f"F0 {amounts('D2', 1300)} {amounts('DE', 0)}", 16)
    play.tells(c.PaidOut("hopper", "k2", 1300, 1300)).s("57", at=16)


def test_leaving_waits_for_the_end_of_a_payout() -> None:
    play = paying().s("56", f"F0 {amounts('DA', 50000)}").tells(c.Paying("validator", "k1", 50000)).rests(c.Leave())
    play.s("56", f"F0 {amounts('D2', 105000)}").tells(paid(105000)).s("57").x("22", STORE).tells_a(c.Levels)
    assert play.ended
