"""Russia: what the law says on a day, as dated rows; rows whose date no source confirms say so.

Sources: 54-FZ and order ED-7-20/662@ (documents), order ED-7-20/1050@ (22 % VAT), decree 1944 (check before the sale),
304-FZ (energy drinks), 3073-U (cash between businesses). Groups and dates change often: a shop may replace this table
by data of its own, and no rule outside it names a group.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from fiscal.money import CashRounding
from fiscal.regimes.profile import GroupRule, Profile
from fiscal.vat import VatRate, base_rate

ALWAYS: Final = dt.date.min


@dataclass(frozen=True, slots=True)
class Dated:
    """A row: from this day on, the rule replaces the earlier row of its group."""

    since: dt.date
    rule: GroupRule


@dataclass(frozen=True, slots=True)
class DatedRates:
    """From this day on, new sales may carry these VAT rates."""

    since: dt.date
    rates: frozenset[VatRate]


_COMMON: Final = frozenset({VatRate.V10, VatRate.V10_110, VatRate.V0, VatRate.NONE})
_SIMPLIFIED: Final = frozenset({VatRate.V5, VatRate.V7, VatRate.V5_105, VatRate.V7_107})

RATES: Final = (
    DatedRates(ALWAYS, _COMMON | {VatRate.V20, VatRate.V20_120}),
    DatedRates(dt.date(2025, 1, 1), _COMMON | _SIMPLIFIED | {VatRate.V20, VatRate.V20_120}),
    # 20 % stays lawful for settlements of goods of the years before, returns and corrections only.
    DatedRates(dt.date(2026, 1, 1), _COMMON | _SIMPLIFIED | {VatRate.V22, VatRate.V22_122}),
)


def _marked(group: str, *, age: int = 0) -> GroupRule:
    return GroupRule(group, scan_required=True, check_required=True, age=age)


# UNVERIFIED: sources differ on the day from which retail scans a group, so these are days by which the duty held. For
# toys no retail day was found; marked at producers since 2025-12-01, they are scanned from that day on here, the
# stricter reading.
GROUPS: Final = (
    Dated(
        dt.date(2020, 7, 1),
        GroupRule(
            "tobacco",
            scan_required=True,
            check_required=True,
            printed_price_only=True,
            discount_allowed=False,
            age=18,
        ),
    ),
    Dated(dt.date(2020, 7, 1), _marked("shoes")),
    Dated(dt.date(2021, 1, 1), _marked("clothes")),
    Dated(dt.date(2021, 1, 1), _marked("perfume")),
    Dated(dt.date(2022, 1, 20), _marked("dairy")),
    Dated(dt.date(2023, 3, 1), _marked("water")),
    Dated(dt.date(2024, 9, 1), _marked("juice")),
    Dated(dt.date(2025, 3, 1), _marked("energy_drinks", age=18)),
    Dated(dt.date(2025, 12, 1), _marked("toys")),
    # Alcohol and beer are sold through the state's alcohol system, and this till has no link to it.
    Dated(ALWAYS, GroupRule("alcohol", not_sellable_because="no_alcohol_system", discount_allowed=False, age=18)),
    Dated(ALWAYS, GroupRule("beer", not_sellable_because="no_alcohol_system", discount_allowed=False, age=18)),
    Dated(ALWAYS, GroupRule("medicine", not_sellable_because="licence_needed")),
    Dated(ALWAYS, GroupRule("fur", not_sellable_because="mark_not_supported")),
)

_STANDING: Final = Profile(
    name="russia",
    base_rate=VatRate.V20,
    vat_rates=RATES[0].rates,
    cash_rounding=CashRounding.WHOLE_ROUBLE,
    unknown_groups_marked=True,
    goods_check_within_ms=1500,
    cash_b2b_limit_minor=100_000_00,
    zero_total_allowed=True,
    document_greatest_bytes=30_000,  # the format allows 32 768; registers overflow earlier, from 30 kB on
    shift_longest_s=(23 * 60 + 30) * 60,  # the register refuses at 24 h: half an hour for the sale under way
    clock_off_s=5 * 60,
    unsent_warn_days=2,
    unsent_block_days=30,
)


def profile_on(day: dt.date, *, cash_rounding: CashRounding = CashRounding.WHOLE_ROUBLE) -> Profile:
    """The regime in force on a day; whether cash is rounded is the shop's choice."""
    groups = {row.rule.group: row.rule for row in sorted(GROUPS, key=lambda row: row.since) if row.since <= day}
    not_yet = {row.rule.group for row in GROUPS if row.since > day} - groups.keys()
    rates = max((row for row in RATES if row.since <= day), key=lambda row: row.since).rates
    return replace(
        _STANDING,
        base_rate=base_rate(day),
        vat_rates=rates,
        cash_rounding=cash_rounding,
        groups=(*groups.values(), *(GroupRule(group) for group in sorted(not_yet))),
    )
