"""A bill validator in conversation: escrow, decisions, extension, what is found after an outage, troubles."""

from __future__ import annotations

from typing import Any

import pytest
from cctalk_playbook import BILL_NAMES, FakeBills, Wire, kinds, known

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    CassetteBack,
    CassetteOut,
    Closed,
    CreditsLost,
    Denomination,
    Escrowed,
    GiveBack,
    Leave,
    Noticed,
    Refuse,
    Rejected,
    Reset,
    Returned,
    Stack,
    Stacked,
    Stacking,
    Trouble,
    Well,
)

HUNDRED = Denomination(2, 10000, "RUB")
ALL = Accept({"validator": frozenset({1, 2})})
SETTINGS = {"coin_address": 0, "bill_address": 40}


def met(bills: FakeBills, remembered: Any = None, **settings: Any) -> Wire:
    wire = Wire({40: bills}).attend({**SETTINGS, **settings}, remembered)
    wire.run(1)
    return wire


def opened(bills: FakeBills, **settings: Any) -> Wire:
    wire = met(bills, **settings)
    wire.wish(ALL, 2)
    assert wire.told[-1] == Accepting("validator")
    bills.route_answer = lambda where: b""
    bills.routed.clear()
    return wire


def escrowed(bills: FakeBills, **settings: Any) -> Wire:
    wire = opened(bills, **settings)
    bills.happen(2, 1)
    assert wire.run(1) == [Escrowed("validator", 2, HUNDRED)]
    return wire


def test_found_with_its_table_and_opened_with_escrow() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = met(bills)
    unit = wire.told[0].unit
    assert unit.takes == (Denomination(1, 5000, "RUB"), HUNDRED)
    assert unit.escrow
    wire.wish(ALL, 2)
    assert (40, 153, b"\x03") in wire.asked
    assert (bills.mask, bills.master) == (b"\x03\x00", 1)
    assert bills.routed == [0]


def test_a_note_is_credited_on_stacked_and_not_before() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    assert wire.wish(Stack("validator")) == [Stacking("validator")]
    assert bills.routed == [1]
    assert wire.run(10) == []
    bills.happen(2, 0)
    assert wire.run(1) == [Stacked("validator", 2, HUNDRED, credits=2)]
    assert wire.run(50) == []
    assert bills.routed == [1]


def test_a_note_is_given_back() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    assert wire.wish(GiveBack("validator")) == []
    assert bills.routed == [0]
    bills.happen(0, 1)
    assert wire.run(1) == [Returned("validator", 2)]


def test_undecided_it_is_extended_before_five_seconds_and_given_back_at_the_end() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills, decide_within_s=10)
    wire.run(24)
    assert bills.routed == [255]
    wire.run(20)
    assert bills.routed == [255, 255]
    wire.run(10)
    assert bills.routed == [255, 255, 0]


def test_its_own_timer_returns_the_note() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    bills.happen(0, 1)
    assert wire.run(1) == [Returned("validator", 2)]
    assert wire.wish(Stack("validator"), 3) == []
    assert bills.routed == []


def test_wishes_without_a_note_come_to_nothing() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    wire.wish(Stack("validator"), 2)
    wire.wish(GiveBack("validator"), 2)
    wire.wish(Stack("coins"), 2)
    assert bills.routed == []


def test_a_note_of_no_known_value_only_goes_back() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(7, 1)
    assert wire.run(1) == [Escrowed("validator", 7, None)]
    wire.wish(Stack("validator"), 2)
    assert bills.routed == [0]


def test_a_stack_whose_answer_is_lost_is_asked_again_only_while_nothing_happened() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    wire.dumb = lambda address, header: header == 154
    wire.wish(Stack("validator"))
    assert bills.routed == [1]
    bills.happen(2, 0)
    bills.happen(1, 1)
    told = wire.run(1)
    assert told == [Stacked("validator", 2, HUNDRED, credits=2), Escrowed("validator", 1, Denomination(1, 5000, "RUB"))]
    assert bills.routed == [1]


def test_a_stack_that_was_not_heard_is_asked_again() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    wire.deaf = lambda address, header: header == 154
    wire.wish(Stack("validator"), 3)
    wire.deaf = lambda address, header: False
    assert wire.run(2) == [Stacking("validator")]
    assert bills.routed == [1]


def test_an_empty_escrow_awaits_the_credit() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    bills.route_answer = lambda where: b"\xfe"
    assert wire.wish(Stack("validator"), 100) == []
    bills.happen(2, 0)
    assert wire.run(1) == [Stacked("validator", 2, HUNDRED, credits=2)]


def test_an_empty_escrow_that_nobody_stacked_went_back() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    bills.route_answer = lambda where: b"\xfe"
    wire.wish(GiveBack("validator"))
    assert wire.run(20) == []
    assert wire.run(10) == [Returned("validator", 2)]


def test_a_route_that_fails_is_a_trouble_until_the_note_is_somewhere() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    bills.route_answer = lambda where: b"\xff"
    assert Trouble("validator", "cctalk.route_failed") in wire.wish(Stack("validator"), 8)
    assert bills.routed == [1, 1, 1]
    bills.happen(0, 1)
    assert kinds(wire.run(3)) == ["Returned", "Well", "Counted", "Accepting"]


def test_stacking_for_half_a_minute_is_an_alarm_that_may_be_ours() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    wire.wish(Stack("validator"))
    told = wire.run(160)
    assert told == [Trouble("validator", "cctalk.stacking_long", inside=True)]
    bills.happen(2, 0)
    assert kinds(wire.run(3)) == ["Stacked", "Well", "Counted", "Accepting"]


def test_another_type_than_in_escrow_is_told_as_the_device_says() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    wire.wish(Stack("validator"))
    bills.happen(1, 0)
    assert wire.run(1) == [Stacked("validator", 1, Denomination(1, 5000, "RUB"), credits=2)]


def test_without_escrow_a_note_is_credited_at_once() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(2, 0)
    assert wire.run(1) == [Stacked("validator", 2, HUNDRED, credits=1)]


def test_found_after_an_outage_stacked_meanwhile() -> None:
    bills = FakeBills(BILL_NAMES)
    bills.happen(2, 1)
    bills.happen(2, 0)
    wire = met(bills, known("validator", 0))
    assert wire.told[0] == Stacked("validator", 2, HUNDRED, recovered=True, credits=2)
    assert kinds(wire.told) == ["Stacked", "Found"]
    assert (wire.told[1].unit.stacked, wire.told[1].unit.credits) == (1, 2)


def test_found_in_escrow_it_is_given_back_before_found() -> None:
    bills = FakeBills(BILL_NAMES)
    bills.happen(2, 1)

    def give_back(where: int) -> bytes:
        bills.happen(0, 1)
        return b""

    bills.route_answer = give_back
    wire = met(bills, known("validator", 0))
    assert wire.told[0] == Returned("validator", 2)
    assert kinds(wire.told) == ["Returned", "Found"]
    assert bills.routed == [0]


def test_found_past_return_it_is_awaited() -> None:
    bills = FakeBills(BILL_NAMES)
    bills.happen(2, 1)
    polls = 0

    def stack_later(address: int, header: int, answer: bytes) -> bytes:
        nonlocal polls
        polls += header == 159
        if polls == 10:
            polls += 1
            bills.happen(2, 0)
        return answer

    wire = Wire({40: bills})
    wire.instead = stack_later
    wire.attend(SETTINGS, known("validator", 0)).run(1)
    assert wire.told[0] == Stacked("validator", 2, HUNDRED, recovered=True, credits=2)
    assert kinds(wire.told) == ["Stacked", "Found"]


def test_found_past_return_for_ever_it_is_an_alarm() -> None:
    bills = FakeBills(BILL_NAMES)
    bills.happen(2, 1)
    wire = met(bills, known("validator", 0))
    assert kinds(wire.told) == ["Found", "Trouble"]
    assert wire.told[1] == Trouble("validator", "cctalk.stacking_long", inside=True)


def test_only_the_last_return_is_told_after_an_outage() -> None:
    bills = FakeBills(BILL_NAMES)
    for event in ((1, 1), (0, 1), (2, 1), (2, 0)):
        bills.happen(*event)
    wire = met(bills, known("validator", 0))
    assert kinds(wire.told) == ["Stacked", "Found"]


def test_without_memory_an_old_credit_is_not_told() -> None:
    bills = FakeBills(BILL_NAMES)
    bills.happen(2, 0)
    assert kinds(met(bills).told) == ["Found"]


def test_reset_with_a_note_in_escrow_loses_nothing_that_the_journal_does_not_know() -> None:
    bills = FakeBills(BILL_NAMES)
    bills.accepted = None
    wire = escrowed(bills)
    wire.wish(Stack("validator"))
    bills.power_cut()
    told = wire.run(3)
    assert kinds(told) == ["Found", "Counted", "Accepting"]
    bills.happen(0, 1)
    assert wire.run(1) == [Returned("validator", 2)]


@pytest.mark.parametrize("code", [0, 2, 3, 4, 5])
def test_rejected_with_its_reason(code: int) -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(0, code)
    assert wire.run(1) == [Rejected("validator", f"cctalk.bill.{code}")]


@pytest.mark.parametrize("code", [8, 9, 17, 18, 20])
def test_noticed(code: int) -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(0, code)
    assert wire.run(1) == [Noticed("validator", f"cctalk.bill.{code}")]


@pytest.mark.parametrize(("code", "inside"), [(6, False), (7, True), (16, True), (19, False)])
def test_a_jam_shuts_it_until_its_check_is_well(code: int, inside: bool) -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.fault = 1
    bills.happen(0, code)
    assert wire.run(15) == [Trouble("validator", f"cctalk.bill.{code}", inside)]
    assert not bills.open
    bills.fault = 0
    assert kinds(wire.run(12)) == ["Well", "Counted", "Accepting"]


@pytest.mark.parametrize(("code", "inside"), [(13, True), (14, False), (15, True)])
def test_a_stacker_in_trouble_is_well_when_it_says_so(code: int, inside: bool) -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(0, code)
    assert wire.run(30) == [Trouble("validator", f"cctalk.bill.{code}", inside)]
    bills.happen(0, 10)
    assert kinds(wire.run(3)) == ["Well", "Counted", "Accepting"]


def test_the_cassette_goes_and_comes_back() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(0, 11)
    assert wire.run(5) == [CassetteOut("validator")]
    assert not bills.open
    bills.happen(0, 12)
    told = wire.run(3)
    assert told[0] == CassetteBack("validator")
    assert kinds(told) == ["CassetteBack", "Found", "Counted", "Accepting"]
    assert told[1].unit.credits == 2


def test_an_unknown_note_in_the_box_is_told_without_value() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(0, 21)
    assert wire.run(1) == [Stacked("validator", 0, None, credits=1)]
    again = met(bills, known("validator", 0))
    assert again.told[0] == Stacked("validator", 0, None, recovered=True, credits=1)


def test_refuse_waits_for_the_note_in_escrow() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    assert wire.wish(Refuse(), 40) == []
    assert not bills.open
    wire.wish(Stack("validator"))
    bills.happen(2, 0)
    assert kinds(wire.run(2)) == ["Stacked"]
    assert wire.run(30) == [Closed("validator")]


def test_leave_lets_the_note_come_to_its_end() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = escrowed(bills)
    wire.wish(Leave(), 10)
    assert not wire.ended
    wire.wish(GiveBack("validator"))
    bills.happen(0, 1)
    told = wire.run(40)
    assert told == [Returned("validator", 2), Closed("validator")]
    assert wire.ended


def test_after_a_reset_by_a_person_it_begins_anew() -> None:
    bills = FakeBills(BILL_NAMES)
    wire = opened(bills)
    bills.happen(0, 14)
    wire.run(2)
    told = wire.wish(Reset(), 4)
    assert kinds(told) == ["Found", "Well", "Counted", "Accepting"]
    assert not any(isinstance(event, CreditsLost) for event in wire.told)
    assert Well("validator") in told
