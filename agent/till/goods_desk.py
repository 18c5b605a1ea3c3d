"""The check of marked goods in the basket: asked at the scan, answered in 1.5 s or not sold."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from agent.course.sale_record import SaleMoved, SaleRecord
from agent.devices.device_port import DevicePort
from drivers.errors import DeviceError
from drivers.goods_checks.contract import GoodsCheck, GoodsVerdict
from fiscal.basket import BasketLine
from fiscal.regimes.profile import Profile
from fiscal.sale import Phase
from fiscal.sale_events import MarkJudged
from sync.store.failures import DiskFull, JournalRefused

STORE_PAUSE_S = 2
"""A full disk is tried again this often: somebody is making room."""


class GoodsDesk:
    """`port` is None where a shop has no check: then groups that need one are not sold."""

    def __init__(
        self, port: DevicePort[GoodsCheck] | None, profile: Callable[[], Profile], changed: Callable[[], None]
    ) -> None:
        self._port = port
        self._profile = profile
        self._changed = changed

    async def check(self, record: SaleRecord, line: BasketLine) -> None:
        """Ask about one line's code and write the answer into the sale, if the line is still there."""
        profile = self._profile()
        if line.mark is None:
            return
        if not profile.group(line.product.marked_group).check_required:
            judged = MarkJudged(line.id, "ok", "not_required")
        elif self._port is None:
            judged = MarkJudged(line.id, "unanswered", "no_goods_check")
        else:
            within_s = profile.goods_check_within_ms / 1000
            try:
                answer = await self._port.run(
                    self._port.driver.check(line.mark.raw, within_s=within_s), about=record.sale.id
                )
            except DeviceError:
                judged = MarkJudged(line.id, "unanswered")
            else:
                state = "ok" if answer.verdict is GoodsVerdict.OK else "refused"
                judged = MarkJudged(line.id, state, answer.verdict.value, answer.evidence)
        await self._write(record, line, judged)
        self._changed()

    async def _write(self, record: SaleRecord, line: BasketLine, judged: MarkJudged) -> None:
        """As long as the line is there and the sale takes it; a full disk is waited for."""
        while True:
            sale = record.sale
            here = any(kept.id == line.id and kept.mark == line.mark for kept in sale.basket.lines)
            if not here or sale.phase not in (Phase.BASKET, Phase.PAID_UNSEALED):
                return
            try:
                await record.append(judged, of=sale)
                return
            except SaleMoved:
                continue
            except (DiskFull, JournalRefused):
                await anyio.sleep(STORE_PAUSE_S)
