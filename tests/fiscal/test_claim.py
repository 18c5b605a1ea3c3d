"""Claim slips: a code nobody can make up or alter, paid once, and money that stays owed until it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.claim import (
    DAY_MS,
    OWED,
    TRANSITIONS,
    Claim,
    ClaimCancelled,
    ClaimEvent,
    ClaimExpired,
    ClaimIssued,
    ClaimMoved,
    ClaimNotAllowed,
    ClaimPaid,
    ClaimPayFailed,
    ClaimPayMeant,
    ClaimPhase,
    ClaimTaken,
    Slip,
    SlipWrong,
    begin_claim,
    evolve_claim,
    parse_slip,
    read_slip,
    slip_code,
    slip_hash,
)

KEY = bytes(range(32))
NOON_MS = 20_779 * DAY_MS
ISSUED = ClaimIssued("К-0417-83", 45_200, "RUB", "change_short", "order", "kiosk-1", NOON_MS, NOON_MS + 30 * DAY_MS)
MEANT, PAID = ClaimPayMeant("irina", "1", 17), ClaimPaid(NOON_MS, "seen")
FAILED, CANCELLED, EXPIRED = ClaimPayFailed("paper_out"), ClaimCancelled("olga", "found"), ClaimExpired(NOON_MS)
CODE = slip_code(ISSUED, KEY)
MOVED = ClaimMoved("shop-b", "request-1", NOON_MS)
TAKEN = ClaimTaken(ISSUED, "shop-b", "request-2", slip_hash(CODE), NOON_MS)


def walked(*events: ClaimEvent) -> Claim:
    claim = Claim(ISSUED)
    for event in events:
        claim = evolve_claim(claim, event)
    return claim


def test_a_slip_says_what_it_is_worth() -> None:
    code = slip_code(ISSUED, KEY)
    assert code.startswith("TK1.kiosk-1.К-0417-83.45200.RUB.20809.")
    slip = Slip("kiosk-1", "К-0417-83", 45_200, "RUB", 20_809)
    text, dot, signature = code.rpartition(".")
    assert read_slip(code, KEY) == read_slip(f" {text}{dot}{signature.lower()}\n", KEY) == slip


@given(st.integers(min_value=0, max_value=200), st.characters(codec="utf-8"))
def test_no_character_can_be_changed(at: int, letter: str) -> None:
    code = slip_code(ISSUED, KEY)
    at %= len(code)
    changed = code[:at] + letter + code[at + 1 :]
    if changed.strip().upper() == code.upper():
        return  # the signature may be typed in small letters
    with pytest.raises(SlipWrong):
        read_slip(changed, KEY)


def test_another_key_signs_other_slips() -> None:
    with pytest.raises(SlipWrong) as wrong:
        read_slip(slip_code(ISSUED, KEY), bytes(32))
    assert wrong.value.code == "slip_forged"


@pytest.mark.parametrize("code", ["", "4601234004127", "TK1", "TK1.a.b.c.d.e.f", "TK2.a.b.1.RUB.1.AAAA", "." * 6])
def test_what_is_no_slip_is_said_so(code: str) -> None:
    with pytest.raises(SlipWrong) as wrong:
        read_slip(code, KEY)
    assert wrong.value.code == "slip_unreadable"


def test_parts_that_could_run_into_each_other_are_refused() -> None:
    for issued in (replace(ISSUED, issuer="kiosk.1"), replace(ISSUED, number="")):
        with pytest.raises(ValueError, match="part of the slip"):
            slip_code(issued, KEY)


def test_a_claim_is_paid_once() -> None:
    paid = walked(MEANT, PAID)
    assert (paid.phase, paid.owed_minor) == (ClaimPhase.PAID, 0)
    for again in (MEANT, PAID, CANCELLED, EXPIRED, FAILED):
        with pytest.raises(ClaimNotAllowed):
            evolve_claim(paid, again)


def test_a_payout_in_the_air_is_neither_begun_again_nor_cancelled() -> None:
    paying = walked(MEANT)
    assert paying.owed_minor == 45_200
    for other in (MEANT, CANCELLED, EXPIRED):
        with pytest.raises(ClaimNotAllowed):
            evolve_claim(paying, other)
    assert evolve_claim(paying, FAILED).phase is ClaimPhase.ISSUED


def test_an_expired_claim_is_still_owed_and_a_supervisor_pays_it() -> None:
    claim = walked()
    assert not claim.is_over(ISSUED.expires_ms - 1)
    assert claim.is_over(ISSUED.expires_ms)
    expired = walked(EXPIRED)
    assert expired.owed_minor == 45_200
    with pytest.raises(ClaimNotAllowed):
        evolve_claim(expired, MEANT)
    assert evolve_claim(expired, replace(MEANT, supervisor=True)).phase is ClaimPhase.PAYING


def test_the_table_is_closed() -> None:
    """Every pair of a phase and an event either has its row or is refused; money leaves OWED by these rows only."""
    events = (MEANT, PAID, FAILED, CANCELLED, EXPIRED, MOVED, TAKEN)
    for phase, event in product(ClaimPhase, events):
        claim = replace(Claim(ISSUED), phase=phase)
        if (phase, type(event)) not in TRANSITIONS:
            with pytest.raises(ClaimNotAllowed):
                evolve_claim(claim, event)
    leaving = {
        (phase, event.__name__) for (phase, event), to in TRANSITIONS.items() if phase in OWED and to not in OWED
    }
    assert leaving == {
        (ClaimPhase.PAYING, "ClaimPaid"),
        (ClaimPhase.ISSUED, "ClaimCancelled"),
        (ClaimPhase.ISSUED, "ClaimMoved"),
        (ClaimPhase.EXPIRED, "ClaimMoved"),
    }


def test_a_claim_given_over_is_not_owed_here_until_it_comes_back() -> None:
    moved = walked(MOVED)
    assert (moved.phase, moved.owed_minor, moved.at) == (ClaimPhase.MOVED, 0, "shop-b")
    for other in (MEANT, CANCELLED, EXPIRED, MOVED, PAID):
        with pytest.raises(ClaimNotAllowed):
            evolve_claim(moved, other)
    back = evolve_claim(moved, TAKEN)
    assert (back.phase, back.owed_minor, back.at) == (ClaimPhase.ISSUED, 45_200, "")
    assert evolve_claim(back, MEANT).phase is ClaimPhase.PAYING


def test_a_claim_taken_over_begins_with_that() -> None:
    """The taker cannot check the signature; it keeps the hash by which the slip is known again."""
    taken = begin_claim(TAKEN)
    assert (taken.issued, taken.phase, taken.slip) == (ISSUED, ClaimPhase.ISSUED, slip_hash(CODE))
    assert begin_claim(ISSUED) == Claim(ISSUED)
    with pytest.raises(ValueError, match="begins with ClaimPaid"):
        begin_claim(PAID)


def test_the_hash_is_of_the_code_as_printed() -> None:
    body, _, signature = CODE.rpartition(".")
    assert slip_hash(f" {body}.{signature.lower()}\n") == slip_hash(CODE)
    assert slip_hash(CODE[:-1] + ("A" if CODE[-1] != "A" else "B")) != slip_hash(CODE)
    assert parse_slip(CODE) == read_slip(CODE, KEY)


def test_age_is_whole_days() -> None:
    assert [walked().age_days(NOON_MS + ms) for ms in (-5, 0, DAY_MS - 1, 40 * DAY_MS)] == [0, 0, 0, 40]
