"""No fiscal law: a training shop or a country without registers; goods, money and rounding still follow the house."""

from __future__ import annotations

from typing import Final

from fiscal.money import CashRounding
from fiscal.regimes.profile import Profile
from fiscal.vat import VatRate

PROFILE: Final = Profile(
    name="unregulated",
    base_rate=VatRate.NONE,
    vat_rates=frozenset(VatRate),
    cash_rounding=CashRounding.NONE,
    no_change_allowed=True,
)
