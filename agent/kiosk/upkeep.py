"""What the kiosk's register wants between purchases: a shift that is open and not too old, and claims in its books."""

from __future__ import annotations

import logging

import anyio

from agent.kiosk.money_back import MoneyBack, Work
from agent.till.till import Till
from agent.till.trade import TradeRefused
from fiscal.sale import Phase

log = logging.getLogger("tillkeeper.kiosk")

RETRY_S = 3.0
"""A register that is away or has no paper is tried again so often; the screen says what is wrong with it."""
OLD_SHIFT_MS = 23 * 3_600_000
"""The kiosk closes its own shift before the register refuses to sell (24 h), when nobody is there."""
_AT_WORK = frozenset({Phase.SEALING, Phase.IN_DOUBT})


class Upkeep:
    def __init__(self, till: Till, back: MoneyBack) -> None:
        self._till = till
        self._back = back

    def next_step(self, *, there: bool) -> Work | None:
        """One act of the register; `there`: a shopper has begun, so a shift will be needed."""
        till = self._till
        shifts, desk = till.shifts, till.devices.register
        if desk.last is None or shifts.standing is not None or (till.counter is not None and till.counter.live):
            return None
        if any(course.record.sale.phase in _AT_WORK for course in till.courses()):
            return None
        if not desk.shift.open:
            waits = self._back.unbooked() or any(one.record.sale.phase is Phase.PAID_UNSEALED for one in till.aside)
            return self._tried(lambda: shifts.open("", 0)) if there or waits else None
        if self._back.unbooked():
            return self._tried(self._back.book)
        if not there and till.clock.now_ms() - desk.shift.opened_ms >= OLD_SHIFT_MS:
            return self._tried(lambda: shifts.close(""))
        return None

    def _tried(self, work: Work) -> Work:
        async def carried_out() -> None:
            try:
                await work()
            except TradeRefused as refused:
                log.info("later: %s", refused.note.code, extra={"kiosk": self._till.settings.id})
                await anyio.sleep(RETRY_S)

        return carried_out
