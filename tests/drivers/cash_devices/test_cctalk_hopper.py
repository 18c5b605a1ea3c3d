"""A hopper in conversation: paid once, and what was paid is proved by its registers."""

from __future__ import annotations

from typing import Any

import pytest
from cctalk_playbook import FakeHopper, FakeTaker, Wire, kinds, known
from hypothesis import given
from hypothesis import strategies as st

from drivers.cash_devices.cctalk.payout import NO_LIFE, Baseline, Status, Verdict, judge
from drivers.cash_devices.contract import (
    Denomination,
    Found,
    Leave,
    PaidOut,
    Pay,
    Paying,
    PayoutMeant,
    Reset,
    Trouble,
    Unit,
    Well,
)

SETTINGS = {"coin_address": 0, "hopper_address": 3, "hopper_coin_minor": 1000}
PAY = Pay("hopper", "p1", 5000)
FOUND = Found(Unit("hopper", "12345", "Flow 1", gives=(Denomination(1, 1000, "RUB"),)))


def met(hopper: FakeHopper, remembered: Any = None) -> Wire:
    wire = Wire({3: hopper}).attend(SETTINGS, remembered)
    wire.run(1)
    return wire


def paying(hopper: FakeHopper) -> Wire:
    """167 was sent just now."""
    wire = met(hopper)
    assert wire.told == [FOUND]
    wire.wished.append(PAY)
    while not hopper.dispensed and 167 not in wire.headers(3):
        wire.one()
    return wire


def left_open(before: int = 7, *, paid: int = 0, unpaid: int = 0, life: int = 100) -> dict[str, Any]:
    meant = PayoutMeant("hopper", "p1", 5000, (5, 1000, before, paid, unpaid, life))
    return known("hopper", None, payout=meant)


def test_a_payout_is_meant_before_it_is_asked() -> None:
    hopper = FakeHopper()
    hopper.status = [7, 0, 2, 0]
    wire = met(hopper)
    wire.asked.clear()
    at_tell: list[list[int]] = []
    wire.on_tell = lambda event: at_tell.append(wire.headers(3))
    told = wire.wish(PAY, 4)
    assert told == [
        PayoutMeant("hopper", "p1", 5000, (5, 1000, 7, 2, 0, 100)),
        PaidOut("hopper", "p1", 5000, 5000),
    ]
    assert [header for header in at_tell[0] if header != 254] == [163, 164, 163, 242, 166, 168]
    assert hopper.dispensed == [b"\x39\x30\x00\x05"]


def test_paying_is_told_as_the_coins_fall() -> None:
    hopper = FakeHopper()
    hopper.pays = lambda count: (count, 0, 0)
    wire = paying(hopper)
    wire.run(2)
    told = len(wire.told)
    hopper.status[1:] = [3, 2, 0]
    wire.run(2)
    hopper.status[1:] = [0, 5, 0]
    wire.run(2)
    assert wire.told[told:] == [Paying("hopper", "p1", 2000), PaidOut("hopper", "p1", 5000, 5000)]


def test_short_of_coins() -> None:
    hopper = FakeHopper()
    hopper.pays = lambda count: (0, 2, count - 2)
    wire = paying(hopper)
    wire.run(3)
    assert wire.told[-1] == PaidOut("hopper", "p1", 5000, 2000, reason="cctalk.hopper.short")


def test_a_lost_reply_is_settled_by_the_counter_and_never_asked_again() -> None:
    hopper = FakeHopper()
    wire = met(hopper)
    wire.dumb = lambda address, header: header == 167
    told = wire.wish(PAY, 5)
    assert told[-1] == PaidOut("hopper", "p1", 5000, 5000)
    assert wire.headers(3).count(167) == 1


@pytest.mark.parametrize("counter", [0, 7, 255])
def test_a_dispense_that_was_not_heard_paid_nothing(counter: int) -> None:
    hopper = FakeHopper()
    hopper.status[0] = counter
    wire = met(hopper)
    wire.deaf = lambda address, header: header == 167
    told = wire.wish(PAY, 10)
    assert told[-1] == PaidOut("hopper", "p1", 5000, 0, reason="cctalk.hopper.refused")
    assert wire.headers(3).count(167) == 1


def test_one_old_status_is_not_taken_for_a_dispense_that_did_not_run() -> None:
    hopper = FakeHopper()
    hopper.status[0] = 7
    wire = met(hopper)
    wire.dumb = lambda address, header: header == 167
    stale = bytes.fromhex("01 04 03 00 07 00 00 00")
    stale += bytes([-sum(stale) & 0xFF])
    late = [stale]
    wire.instead = lambda address, header, answer: late.pop() if late and header == 166 and hopper.dispensed else answer
    assert wire.wish(PAY, 10)[-1] == PaidOut("hopper", "p1", 5000, 5000)
    assert not late


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(5001, "not_exact"), (0, "not_exact"), (256_000, "too_many"), (500, "not_exact")],
)
def test_what_it_cannot_pay_exactly_it_does_not_pay(amount: int, reason: str) -> None:
    hopper = FakeHopper()
    wire = met(hopper)
    told = wire.wish(Pay("hopper", "p1", amount), 3)
    assert told == [PaidOut("hopper", "p1", amount, 0, reason=f"cctalk.hopper.{reason}")]
    assert hopper.dispensed == []


def test_no_hopper_on_the_wire() -> None:
    wire = Wire({2: FakeTaker({})}).attend({})
    wire.run(1)
    assert wire.wish(PAY, 2) == [PaidOut("hopper", "p1", 5000, 0, reason="cctalk.hopper.none")]


def test_a_hopper_that_stays_disabled_or_is_another_or_is_busy() -> None:
    hopper = FakeHopper()
    wire = met(hopper)
    wire.deaf = lambda address, header: header == 164
    assert wire.wish(PAY, 6)[-1].reason == "cctalk.silent"
    wire.deaf = lambda address, header: False
    hopper.serial = b"\x01\x00\x00"
    assert wire.wish(PAY, 3)[-1].reason == "cctalk.hopper.other"
    hopper.serial, hopper.status = b"\x39\x30\x00", [1, 4, 0, 0]
    assert wire.wish(PAY, 3)[-1].reason == "cctalk.hopper.busy"
    assert hopper.dispensed == []


def test_power_cut_while_paying_is_settled_and_found_anew() -> None:
    hopper = FakeHopper()
    hopper.pays = lambda count: (count, 0, 0)
    hopper.status[0] = 7
    wire = paying(hopper)
    wire.run(2)
    told = len(wire.told)
    wire.deaf = lambda address, header: True
    wire.run(3)
    wire.deaf = lambda address, header: False
    hopper.status, hopper.life = [0, 0, 3, 2], 103
    wire.run(10)
    assert wire.told[told:] == [
        PaidOut("hopper", "p1", 5000, 3000, recovered=True, reason="cctalk.hopper.short"),
        FOUND,
    ]


def test_silence_while_paying_leaves_it_open_until_it_answers() -> None:
    hopper, coins = FakeHopper(), FakeTaker({})
    hopper.pays = lambda count: (count, 0, 0)
    wire = Wire({2: coins, 3: hopper}).attend({**SETTINGS, "coin_address": 2})
    wire.run(1)
    wire.wish(PAY, 2)
    wire.deaf = lambda address, header: address == 3
    wire.run(60)
    assert wire.told[-1] == Trouble("hopper", "cctalk.silent")
    wire.deaf = lambda address, header: False
    hopper.status[1:] = [0, 5, 0]
    told = wire.run(20)
    assert kinds(told) == ["PaidOut", "Found", "Well"]
    assert told[0].paid_minor == 5000
    assert hopper.dispensed == [b"\x39\x30\x00\x05"]


def test_left_open_it_ran() -> None:
    hopper = FakeHopper()
    hopper.status, hopper.life = [8, 0, 4, 1], 104
    wire = met(hopper, left_open())
    assert wire.told == [
        PaidOut("hopper", "p1", 5000, 4000, recovered=True, reason="cctalk.hopper.short"),
        FOUND,
    ]


def test_left_open_it_never_ran() -> None:
    hopper = FakeHopper()
    hopper.status = [7, 0, 5, 0]
    wire = met(hopper, left_open())
    assert wire.told[0] == PaidOut("hopper", "p1", 5000, 0, recovered=True, reason="cctalk.hopper.refused")
    assert hopper.dispensed == []


def test_left_open_still_running_is_awaited() -> None:
    hopper = FakeHopper()
    hopper.status = [8, 3, 2, 0]
    looks = 0

    def fall(address: int, header: int, answer: bytes) -> bytes:
        nonlocal looks
        looks += header == 166
        if looks == 12:
            hopper.status = [8, 0, 5, 0]
        return answer

    wire = Wire({3: hopper})
    wire.instead = fall
    wire.attend(SETTINGS, left_open()).run(1)
    assert wire.told == [
        Paying("hopper", "p1", 2000),
        PaidOut("hopper", "p1", 5000, 5000, recovered=True),
        FOUND,
    ]


def test_left_open_and_stuck_for_a_minute() -> None:
    hopper = FakeHopper()
    hopper.status = [8, 3, 2, 0]
    wire = met(hopper, left_open())
    assert wire.told[1] == PaidOut(
        "hopper", "p1", 5000, 2000, certain=False, recovered=True, reason="cctalk.hopper.stuck"
    )
    assert Trouble("hopper", "cctalk.hopper.stuck") in wire.told


def test_left_open_by_another_hopper_is_not_certain() -> None:
    hopper = FakeHopper()
    hopper.serial = b"\x01\x00\x00"
    wire = met(hopper, left_open())
    assert wire.told[0] == PaidOut("hopper", "p1", 5000, 0, certain=False, recovered=True, reason="cctalk.hopper.other")


def test_after_a_power_failure_without_evidence_it_is_not_certain() -> None:
    hopper = FakeHopper()
    hopper.life = None
    wire = met(hopper, left_open(life=NO_LIFE))
    assert wire.told[0] == PaidOut(
        "hopper", "p1", 5000, 0, certain=False, recovered=True, reason="cctalk.hopper.unproved"
    )


def test_leave_waits_for_the_payout() -> None:
    hopper = FakeHopper()
    hopper.pays = lambda count: (count, 0, 0)
    wire = paying(hopper)
    wire.wish(Leave(), 5)
    assert not wire.ended
    hopper.status[1:] = [0, 5, 0]
    wire.run(3)
    assert wire.ended
    assert wire.told[-1] == PaidOut("hopper", "p1", 5000, 5000)


def test_two_payouts_one_after_the_other() -> None:
    hopper = FakeHopper()
    wire = met(hopper)
    wire.wished.extend([PAY, Pay("hopper", "p2", 1000)])
    wire.run(6)
    assert [event.key for event in wire.told if isinstance(event, PaidOut)] == ["p1", "p2"]


def test_reset_never_cuts_a_payout() -> None:
    hopper = FakeHopper()
    hopper.pays = lambda count: (count, 0, 0)
    wire = paying(hopper)
    wire.wish(Reset(), 3)
    assert 1 not in wire.headers(3)


def test_a_hopper_that_is_off_pays_nothing_and_is_well_again() -> None:
    hopper, coins = FakeHopper(), FakeTaker({})
    wire = Wire({2: coins, 3: hopper}).attend({**SETTINGS, "coin_address": 2})
    wire.deaf = lambda address, header: address == 3
    wire.run(40)
    assert wire.wish(PAY, 3)[-1] == PaidOut("hopper", "p1", 5000, 0, reason="cctalk.silent")
    wire.deaf = lambda address, header: False
    assert wire.run(15)[-2:] == [FOUND, Well("hopper")]


BASE = Baseline(5, 1000, Status(7, 0, 2, 3), 100)


@pytest.mark.parametrize(
    ("base", "now", "life", "accepted", "verdict"),
    [
        (BASE, Status(8, 0, 5, 0), 105, True, Verdict(5, True)),
        (BASE, Status(8, 0, 3, 2), NO_LIFE, False, Verdict(3, True)),
        (BASE, Status(8, 0, 3, 1), 103, True, Verdict(3, True)),
        (BASE, Status(8, 0, 3, 1), NO_LIFE, True, Verdict(0, False)),
        (BASE, Status(7, 0, 2, 3), 100, False, Verdict(0, True)),
        (BASE, Status(7, 0, 2, 3), 100, True, Verdict(0, False)),
        (BASE, Status(9, 0, 5, 0), 105, False, Verdict(0, False)),
        # after a power failure
        (BASE, Status(0, 0, 3, 2), 103, False, Verdict(3, True)),
        (BASE, Status(0, 0, 3, 2), 102, False, Verdict(2, False)),
        (BASE, Status(0, 0, 2, 3), 100, False, Verdict(0, True)),
        (BASE, Status(0, 0, 2, 3), NO_LIFE, False, Verdict(0, False)),
        (BASE, Status(0, 0, 2, 3), NO_LIFE, True, Verdict(2, True)),
        (BASE, Status(0, 0, 4, 1), NO_LIFE, False, Verdict(4, True)),
        (BASE, Status(0, 0, 0, 0), 104, False, Verdict(4, True)),
        (BASE, Status(0, 0, 0, 0), 200, False, Verdict(0, False)),
        # the counter stood at 0 already
        (Baseline(5, 1000, Status(0, 0, 0, 0), NO_LIFE), Status(0, 0, 0, 0), NO_LIFE, False, Verdict(0, True)),
        (Baseline(5, 1000, Status(0, 0, 0, 0), 100), Status(0, 0, 1, 4), 101, False, Verdict(1, True)),
        (Baseline(5, 1000, Status(0, 0, 5, 0), NO_LIFE), Status(0, 0, 5, 0), NO_LIFE, False, Verdict(0, False)),
        # the wraps
        (Baseline(5, 1000, Status(255, 0, 0, 0), 100), Status(1, 0, 5, 0), 105, True, Verdict(5, True)),
        (Baseline(5, 1000, Status(7, 0, 0, 0), (1 << 24) - 2), Status(0, 0, 3, 2), 1, False, Verdict(3, True)),
    ],
)
def test_verdicts(base: Baseline, now: Status, life: int, accepted: bool, verdict: Verdict) -> None:
    assert judge(base, now, life, accepted=accepted) == verdict


byte = st.integers(0, 255)


@given(byte, byte, byte, byte, byte, byte, st.integers(-1, 300), st.integers(-1, 300), st.booleans())
def test_a_verdict_is_never_more_than_was_asked(
    before: int, paid_before: int, unpaid_before: int, now: int, paid: int, unpaid: int, was: int, life: int, ran: bool
) -> None:
    base = Baseline(5, 1000, Status(before, 0, paid_before, unpaid_before), was)
    verdict = judge(base, Status(now, 0, paid, unpaid), life, accepted=ran)
    assert 0 <= verdict.coins <= 5
    assert Baseline.from_kept(base.kept()) == base


def test_what_another_driver_kept_is_no_baseline() -> None:
    assert Baseline.from_kept((1, 2)) is None
    assert Baseline.from_kept((5, 0, 0, 0, 0, 0)) is None
