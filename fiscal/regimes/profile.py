"""The shape of a regime: what the law of one country says on one day, as data the pure rules read."""

from __future__ import annotations

from dataclasses import dataclass

from fiscal.money import SUM_GREATEST_MINOR, CashRounding
from fiscal.quantity import QUANTITY_GREATEST_THOUSANDTHS
from fiscal.vat import VatRate


@dataclass(frozen=True, slots=True)
class GroupRule:
    """What holds for one product group on one day."""

    group: str
    scan_required: bool = False  # the marking code must be scanned: the EAN is not enough
    check_required: bool = False  # the goods check is asked before the line is sold
    not_sellable_because: str = ""  # a reason code: the till cannot sell it lawfully
    printed_price_only: bool = False  # sold at the price its own code or pack carries, nothing else
    discount_allowed: bool = True
    age: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One regime on one day. Sums in minor units, durations in the unit their name ends with."""

    name: str
    base_rate: VatRate
    vat_rates: frozenset[VatRate]  # rates a new sale may carry; returns keep the rate of their sale
    cash_rounding: CashRounding
    groups: tuple[GroupRule, ...] = ()
    unknown_groups_marked: bool = False  # a group this profile does not name is scanned and checked all the same
    goods_check_within_ms: int = 0  # 0 = no goods check
    cash_b2b_limit_minor: int = 0  # 0 = no limit
    zero_total_allowed: bool = True
    no_change_allowed: bool = False  # may a machine take cash and give no change, if the buyer agreed before?
    lines_greatest: int = 100
    document_greatest_bytes: int = 0  # 0 = no limit
    sum_greatest_minor: int = SUM_GREATEST_MINOR
    quantity_greatest_thousandths: int = QUANTITY_GREATEST_THOUSANDTHS
    shift_longest_s: int = 0  # 0 = no limit
    clock_off_s: int = 0  # greatest difference between host and register; 0 = not compared
    unsent_warn_days: int = 0
    unsent_block_days: int = 0

    def group(self, name: str) -> GroupRule:
        """The rule of a group; "" is the group of all goods that are in none."""
        for rule in self.groups:
            if rule.group == name:
                return rule
        strict = bool(name) and self.unknown_groups_marked
        return GroupRule(name, scan_required=strict, check_required=strict)
