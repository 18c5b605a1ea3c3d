"""The law in force today, by the settings' regime and the shop's clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from agent.clock import Clock
from agent.settings import Settings
from fiscal.money import CashRounding
from fiscal.regimes import russia, unregulated
from fiscal.regimes.profile import Profile


def profile_of(settings: Settings, clock: Clock) -> Callable[[], Profile]:
    """The regime in force today, remembered for the day."""
    rounding = CashRounding.WHOLE_ROUBLE if settings.cash_rounding else CashRounding.NONE
    known: dict[dt.date, Profile] = {}

    def profile() -> Profile:
        today = clock.local().date()
        if today not in known:
            known.clear()
            if settings.regime == "russia":
                known[today] = russia.profile_on(today, cash_rounding=rounding)
            else:
                known[today] = unregulated.PROFILE
        return known[today]

    return profile
