"""A coin acceptor in conversation: credits by the counter, restarts, resets, silence, troubles."""

from __future__ import annotations

from typing import Any

import pytest
from cctalk_playbook import COIN_NAMES, SETTINGS, FakeTaker, Wire, kinds, known, reply

from drivers.cash_devices.cctalk.driver import CcTalk
from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Closed,
    Counted,
    CreditsLost,
    Denomination,
    Found,
    Leave,
    Noticed,
    Refuse,
    Rejected,
    Reset,
    Stacked,
    Trouble,
    Unit,
    Well,
)
from drivers.errors import Unanswered
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Hear, Rest, Send

FIVE = Denomination(3, 500, "RUB")
TWO = Denomination(2, 200, "RUB")
ALL = Accept({"coins": frozenset({1, 2, 3, 9})})


def met(coins: FakeTaker, remembered: Any = None, *, echo: bool = True) -> Wire:
    wire = Wire({2: coins}, echo=echo).attend({}, remembered)
    wire.run(1)
    return wire


def opened(coins: FakeTaker, remembered: Any = None) -> Wire:
    wire = met(coins, remembered)
    wire.wish(ALL, 2)
    assert coins.open
    return wire


def test_found_with_its_table_and_takes_nothing() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.master, coins.mask = 1, b"\xff\xff"
    wire = met(coins)
    one = Denomination(1, 100, "RUB")
    unit = Unit("coins", "12345", "SR5 1.0", (one, TWO, FIVE), stacked=0, credits=0)
    assert wire.told == [Found(unit)]
    assert not coins.open
    assert wire.headers(2).index(228) < wire.headers(2).index(229)


def test_accepting_is_counted_first_and_only_known_types_are_opened() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.accepted = 70
    wire = met(coins)
    assert wire.wish(ALL, 2) == [Counted("coins", 70), Accepting("coins")]
    assert (coins.mask, coins.master) == (b"\x07\x00", 1)
    assert wire.wish(Accept({"coins": frozenset({2})}), 2) == []
    assert coins.mask == b"\x02\x00"


@pytest.mark.parametrize("echo", [True, False])
def test_a_coin_is_credited_once(echo: bool) -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = met(coins, echo=echo)
    wire.wish(ALL, 2)
    coins.happen(3, 1)
    assert wire.run(1) == [Stacked("coins", 3, FIVE, credits=1)]
    assert wire.run(20) == []


def test_several_coins_oldest_first_over_the_wrap() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.counter, coins.buffer = 254, [(1, 0)] * 5
    wire = opened(coins)
    coins.happen(3, 1)
    coins.happen(0, 1)
    coins.happen(2, 1)
    told = wire.run(1)
    assert told == [
        Stacked("coins", 3, FIVE, credits=255),
        Rejected("coins", "cctalk.coin.1"),
        Stacked("coins", 2, TWO, credits=2),
    ]


def test_more_than_five_tells_the_loss_before_the_rest() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    for _ in range(8):
        coins.happen(3, 1)
    told = wire.run(1)
    assert told[0] == CreditsLost("coins", 3, 3)
    assert [each.credits for each in told[1:]] == [4, 5, 6, 7, 8]


def test_a_coin_of_no_known_value() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.happen(9, 1)
    assert wire.run(1) == [Stacked("coins", 9, None, credits=1)]


def test_after_a_restart_exactly_the_difference_is_told_before_found() -> None:
    coins = FakeTaker(COIN_NAMES)
    for type_ in (1, 1, 3):
        coins.happen(type_, 1)
    coins.happen(0, 2)
    coins.happen(2, 1)
    wire = met(coins, known("coins", 2))
    assert wire.told[:-1] == [
        Stacked("coins", 3, FIVE, recovered=True, credits=3),
        Stacked("coins", 2, TWO, recovered=True, credits=5),
    ]
    assert wire.told[-1].unit.credits == 5
    assert wire.told[-1].unit.stacked == 4


@pytest.mark.parametrize("remembered", [None, known("coins", 2, serial="777"), known("coins", None)])
def test_without_memory_of_this_unit_nothing_is_credited(remembered: Any) -> None:
    coins = FakeTaker(COIN_NAMES)
    for _ in range(4):
        coins.happen(3, 1)
    wire = met(coins, remembered)
    assert kinds(wire.told) == ["Found"]
    assert wire.told[0].unit.credits == 4
    coins.happen(2, 1)
    assert wire.run(1) == [Stacked("coins", 2, TWO, credits=5)]


def test_a_unit_without_serial_is_not_credited_but_its_events_are_not_silent() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.serial = b""
    for _ in range(4):
        coins.happen(3, 1)
    wire = met(coins, known("coins", 2, serial=""))
    assert wire.told[0] == CreditsLost("coins", 2, 4)
    assert kinds(wire.told) == ["CreditsLost", "Found"]


def test_reset_while_we_were_away_its_own_count_is_the_witness() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.accepted = 12
    wire = met(coins, known("coins", 9, stacked=11))
    assert kinds(wire.told) == ["Found"]
    assert (wire.told[0].unit.stacked, wire.told[0].unit.credits) == (12, 0)


@pytest.mark.parametrize(("count", "stacked"), [(None, 11), (12, None)])
def test_reset_while_we_were_away_without_a_witness_is_told(count: int | None, stacked: int | None) -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.accepted = count
    wire = met(coins, known("coins", 9, stacked=stacked))
    assert wire.told[0] == CreditsLost("coins", 1, 0)
    assert kinds(wire.told) == ["CreditsLost", "Found"]


def test_reset_in_session_is_found_anew_and_opened_again() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.happen(3, 1)
    wire.run(1)
    coins.power_cut()
    told = wire.run(3)
    assert kinds(told) == ["Found", "Counted", "Accepting"]
    assert told[0].unit.credits == 0
    assert coins.open
    coins.happen(3, 1)
    assert wire.run(1) == [Stacked("coins", 3, FIVE, credits=1)]


def test_reset_in_session_without_a_count_is_in_doubt_only_while_it_could_take() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.accepted = None
    wire = opened(coins)
    coins.happen(3, 1)
    wire.run(1)
    coins.power_cut()
    assert kinds(wire.run(3)) == ["CreditsLost", "Found", "Counted", "Accepting"]
    coins.happen(3, 1)
    wire.wish(Refuse(), 10)
    coins.power_cut()
    assert kinds(wire.run(3)) == ["Found"]


def test_a_coin_after_the_reset_is_credited() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    for _ in range(4):
        coins.happen(3, 1)
        wire.run(1)
    coins.power_cut()
    coins.happen(2, 1)
    told = wire.run(2)
    assert kinds(told)[:2] == ["Stacked", "Found"]
    assert told[0] == Stacked("coins", 2, TWO, recovered=True, credits=1)


def test_a_reset_that_the_counter_does_not_show_is_seen_by_the_mask() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.power_cut()
    told = wire.run(15)
    assert kinds(told) == ["Found", "Counted", "Accepting"]
    assert coins.open


def test_counter_is_carried_only_after_the_journal_has_it() -> None:
    """A conversation that ends at any Tell leaves nothing told behind the counter and nothing untold before it."""
    for cut in range(1, 9):
        coins = FakeTaker(COIN_NAMES)
        for _ in range(7):
            coins.happen(3, 1)
        journal: dict[str, int] = {"credits": 0, "pieces": 0, "lost": 0}

        def book(event: Any, journal: dict[str, int] = journal) -> None:
            if isinstance(event, Stacked):
                journal["pieces"] += 1
                journal["credits"] = event.credits or 0
            elif isinstance(event, CreditsLost):
                journal["lost"] += event.count
                journal["credits"] = event.credits

        wire = Wire({2: coins})
        wire.on_tell = book
        wire.attend({}, known("coins", 0))
        while not wire.beats and len(wire.told) < cut:
            wire.one()
        wire.dialogue.close()
        again = Wire({2: coins})
        again.on_tell = book
        again.attend({}, known("coins", journal["credits"])).run(1)
        assert (journal["pieces"], journal["lost"], journal["credits"]) == (5, 2, 7)


def test_refuse_closes_when_no_coin_can_be_on_its_way() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    assert wire.wish(Refuse(), 2) == []
    assert not coins.open
    coins.happen(3, 1)
    assert kinds(wire.run(4)) == ["Stacked"]
    assert wire.run(4) == [Closed("coins")]


def test_leave_ends_after_closed() -> None:
    wire = opened(FakeTaker(COIN_NAMES))
    wire.wish(Leave(), 12)
    assert wire.told[-1] == Closed("coins")
    assert wire.ended
    assert wire.error is None


def test_a_lost_poll_is_repeated_in_the_next_beat() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.happen(3, 1)
    wire.dumb = lambda address, header: header == 229
    assert wire.run(3) == []
    wire.dumb = lambda address, header: False
    assert wire.run(1) == [Stacked("coins", 3, FIVE, credits=1)]


def test_a_late_older_buffer_is_no_loss() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.happen(3, 1)
    stale = reply(2, coins.answer(229, b"") or b"")
    coins.happen(2, 1)
    wire.run(1)
    late = [stale]
    wire.instead = lambda address, header, answer: late.pop() if late and header == 229 else answer
    assert wire.run(3) == []
    assert not late


def test_a_serial_that_is_not_answered_is_not_another_unit() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.happen(3, 1)
    wire = Wire({2: coins})
    wire.deaf = lambda address, header: header == 242
    wire.attend({}, known("coins", 0)).run(3)
    assert wire.told == []
    wire.deaf = lambda address, header: False
    assert kinds(wire.run(2)) == ["Stacked", "Found"]


def test_a_serial_that_differs_is_read_twice() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.happen(3, 1)
    strange = [reply(2, b"\x01\x02\x03")]
    wire = Wire({2: coins})
    wire.instead = lambda address, header, answer: strange.pop() if strange and header == 242 else answer
    wire.attend({}, known("coins", 0)).run(1)
    assert kinds(wire.told) == ["Stacked", "Found"]


def test_after_a_repetition_the_wire_is_let_run_dry() -> None:
    """The first answer may be the late one, the second is then dropped and not taken for that to the next question."""
    wire = met(FakeTaker(COIN_NAMES))
    silent = [True]
    wire.dumb = lambda address, header: bool(silent and silent.pop())
    wire.run(1)
    while not isinstance(wire.step, Send):
        wire.one()
    wire.one()
    assert isinstance(wire.step, Hear)
    wire.one()
    assert wire.step == Rest(0.0, at_least_s=0.06)


def test_silence_of_five_seconds_raises_unanswered() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    wire.deaf = lambda address, header: True
    told = wire.run(60)
    assert told == [Trouble("coins", "cctalk.silent")]
    assert isinstance(wire.error, Unanswered)


def test_nobody_there_at_the_beginning() -> None:
    wire = Wire({}).attend({})
    wire.run(60)
    assert isinstance(wire.error, Unanswered)


def test_one_silent_unit_does_not_stop_the_others() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = Wire({2: coins}).attend(SETTINGS)
    wire.run(1)
    told = wire.run(60)
    assert Trouble("validator", "cctalk.silent") in told
    assert Trouble("hopper", "cctalk.silent") in told
    wire.wish(ALL)
    coins.happen(3, 1)
    assert Stacked("coins", 3, FIVE, credits=1) in wire.run(1)
    assert wire.error is None


def test_a_unit_that_comes_back_is_found_and_well() -> None:
    coins, bills = FakeTaker(COIN_NAMES), FakeTaker({})
    bills.events, bills.ids = 159, 157
    wire = Wire({2: coins, 40: bills}).attend({"bill_address": 40})
    wire.run(1)
    wire.deaf = lambda address, header: address == 2
    assert Trouble("coins", "cctalk.silent") in wire.run(40)
    wire.deaf = lambda address, header: False
    assert kinds(wire.run(15)) == ["Found", "Well"]


def test_trouble_shuts_it_and_its_own_check_ends_it() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.fault = 3
    coins.happen(0, 14)
    assert wire.run(1) == [Trouble("coins", "cctalk.coin.14")]
    assert not coins.open
    assert wire.run(20) == []
    coins.fault = 0
    assert kinds(wire.run(12)) == ["Well", "Counted", "Accepting"]


def test_a_person_ends_a_trouble_of_a_unit_without_self_check() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.fault = None
    wire = opened(coins)
    coins.happen(0, 14)
    assert wire.run(30) == [Trouble("coins", "cctalk.coin.14")]
    told = wire.wish(Reset(), 3)
    assert kinds(told) == ["Found", "Well", "Counted", "Accepting"]
    assert 1 in wire.headers(2)


def test_a_fault_found_at_the_beginning() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.fault = 1
    wire = met(coins)
    assert wire.told[1:] == [Trouble("coins", "cctalk.self_check", False)]
    assert wire.wish(ALL, 3) == []
    coins.fault = 0
    assert wire.run(12)[0] == Well("coins")


def test_swallowed_coin_is_in_doubt_and_fraud_is_noticed() -> None:
    coins = FakeTaker(COIN_NAMES)
    wire = opened(coins)
    coins.happen(0, 36)
    coins.happen(0, 20)
    assert wire.run(1) == [
        CreditsLost("coins", 1, 1),
        Noticed("coins", "cctalk.coin.36"),
        Noticed("coins", "cctalk.coin.20"),
    ]


def test_the_period_is_kept_by_rest() -> None:
    wire = met(FakeTaker(COIN_NAMES))
    periods = set()
    while wire.beats < 10:
        if isinstance(wire.step, Rest):
            periods.add(wire.step.period_s)
        wire.one()
    assert periods == {0.2}


def test_only_the_polls_of_a_beat_are_asked() -> None:
    wire = met(FakeTaker(COIN_NAMES))
    wire.asked.clear()
    wire.run(5)
    assert wire.headers(2) == [229] * 5


def test_identify_changes_nothing() -> None:
    coins = FakeTaker(COIN_NAMES)
    coins.master, coins.mask = 1, b"\x07\x00"
    wire = Wire({2: coins})
    wire.dialogue = CcTalk(SETTINGS).identify()
    wire.step = next(wire.dialogue)
    while not wire.ended:
        wire.one()
    found = {unit.name: unit for unit in wire.answer}
    assert found["coins"].serial == "12345"
    assert len(found["coins"].takes) == 3
    assert found["validator"].serial == ""
    assert found["hopper"] == Unit("hopper", "", "")
    assert coins.open
    assert not set(wire.headers(2)) & {1, 228, 231, 154, 164, 167}


@pytest.mark.parametrize(
    "settings",
    [
        {"currency": "rub"},
        {"coin_address": 0},
        {"coin_address": 40, "bill_address": 40},
        {"coin_address": 1},
        {"hopper_address": 3},
        {"echo": "perhaps"},
        {"countries": "Russia"},
        {"coin_table": "17=100"},
        {"bill_table": "1:100"},
        {"coin_unit_minor": 0},
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingWrong) as wrong:
        CcTalk(settings)
    assert any("а" <= letter <= "я" for letter in wrong.value.ru)


def test_a_table_in_the_settings_is_not_asked_for() -> None:
    wire = Wire({2: FakeTaker({})}).attend({"coin_table": "1=100 4=1000"})
    wire.run(1)
    assert wire.told[0].unit.takes == (Denomination(1, 100, "RUB"), Denomination(4, 1000, "RUB"))
    assert 184 not in wire.headers(2)
