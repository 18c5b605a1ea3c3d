"""Regimes are data: what holds on a day is read from dated rows, and every rule can be found by its group."""

from __future__ import annotations

import datetime as dt

import pytest

from fiscal import refused
from fiscal.money import CashRounding
from fiscal.regimes import russia, unregulated
from fiscal.vat import VatRate

TODAY = dt.date(2026, 11, 21)


def test_the_base_rate_changes_on_the_first_of_january_2026() -> None:
    assert russia.profile_on(dt.date(2025, 12, 31)).base_rate is VatRate.V20
    assert russia.profile_on(dt.date(2026, 1, 1)).base_rate is VatRate.V22


@pytest.mark.parametrize("day", [dt.date(2019, 1, 1), dt.date(2025, 6, 1), TODAY])
def test_the_base_rate_is_among_the_rates_of_its_day(day: dt.date) -> None:
    profile = russia.profile_on(day)
    assert profile.base_rate in profile.vat_rates


def test_simplified_rates_exist_since_2025() -> None:
    assert VatRate.V5 not in russia.profile_on(dt.date(2024, 12, 31)).vat_rates
    assert VatRate.V5 in russia.profile_on(dt.date(2025, 1, 1)).vat_rates


def test_every_dated_row_begins_on_its_day_and_not_before() -> None:
    for row in russia.GROUPS:
        assert russia.profile_on(max(row.since, dt.date(2015, 1, 1))).group(row.rule.group) == row.rule
        if row.since > dt.date(2015, 1, 1):
            before = russia.profile_on(row.since - dt.timedelta(days=1)).group(row.rule.group)
            assert not before.scan_required


def test_groups_the_till_cannot_sell_name_their_reason() -> None:
    profile = russia.profile_on(TODAY)
    refusing = {rule.group: rule.not_sellable_because for rule in profile.groups if rule.not_sellable_because}
    assert {"alcohol", "beer"} <= refusing.keys()
    assert all(refusing.values())
    assert profile.group("tobacco").printed_price_only
    assert not profile.group("tobacco").discount_allowed
    assert profile.group("energy_drinks").age == 18


def test_goods_in_no_group_have_no_rules() -> None:
    plain = russia.profile_on(TODAY).group("")
    assert not plain.scan_required
    assert plain.discount_allowed
    assert not unregulated.PROFILE.group("toys").scan_required


def test_the_figures_of_the_regime() -> None:
    profile = russia.profile_on(TODAY)
    assert profile.goods_check_within_ms == 1500
    assert profile.shift_longest_s == 84_600
    assert (profile.unsent_warn_days, profile.unsent_block_days) == (2, 30)
    assert profile.cash_b2b_limit_minor == 10_000_000
    assert profile.cash_rounding is CashRounding.WHOLE_ROUBLE
    assert russia.profile_on(TODAY, cash_rounding=CashRounding.NONE).cash_rounding is CashRounding.NONE


def test_refusals_say_their_code_and_parameters() -> None:
    error = refused.BasketRefused("limit_sum", limit_minor=5)
    assert (error.code, error.params, str(error)) == ("limit_sum", {"limit_minor": 5}, "limit_sum, limit_minor=5")
    assert refused.BASKET_CODES | refused.PLAN_CODES | refused.SCAN_CODES == refused.CODES
