"""A simulated cashier of a branch: does through the till's API what a person does at its page, at a shop's pace.

It reads nothing but the till's view and goes on from whatever that shows, so a person may open the same till beside it,
pull a device's plug or cut the power: it waits like one, and leaves what a person has to decide alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import anyio
import httpx

from agent.demo.regulars import Regulars, phone_of
from agent.demo.shop_plan import CASHIER_PIN, PEOPLE

PAUSE_S = (4.0, 16.0)
"""Between two shoppers: a queue at a small shop's till on a Saturday."""
LOOKS_EACH_S = 0.5
WAITS_S = 5.0
"""Before another look at a screen that a person or a device has to move."""
CARD_SHARE = 0.7
REFUND_SHARE = 0.04
FLOAT_MINOR = 500_000
NOTES_MINOR = (50_000, 100_000, 500_000)


class Trader:
    """`codes`: barcodes to sell from; `url`: the agent's. `regulars`: the chain's customers, who come among others."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        codes: Sequence[str],
        rng: random.Random,
        regulars: Regulars | None = None,
    ) -> None:
        self._client, self._codes, self._rng, self._regulars = client, codes, rng, regulars
        self._till = f"{url}/api/tills/1"
        self._view: dict[str, Any] = {}
        self._sold: list[str] = []
        self.orders: list[str] = []  # whose goods somebody has come for

    async def trade(self) -> None:
        """Until cancelled. An agent that is away is looked for again."""
        while True:
            try:
                served = await self._serve()
            except (httpx.HTTPError, LookupError, TypeError, ValueError):
                # No agent there, or it has just been cut; or a person beside it has taken the screen elsewhere.
                served = False
            await anyio.sleep(self._rng.uniform(*PAUSE_S) if served else WAITS_S)

    async def _serve(self) -> bool:
        """One shopper, from an empty counter to the next; False where the screen wants somebody else first."""
        await self._look()
        if self._view["screen"] == "receipt":
            await self._do("new_sale")
        if self._view["screen"] == "locked":
            await self._do("sign_in", cashier=PEOPLE[0][0], pin=CASHIER_PIN)
        if self._view["screen"] == "shift_closed":
            await self._do("open_shift", float_minor=FLOAT_MINOR)
        elif self._view["shift"]["too_old"] and self._view["sale"] is None:
            await self._do("close_shift")
            await self._do("open_shift", float_minor=FLOAT_MINOR)
        if self._view["screen"] != "selling":
            return False
        if self._sold and self._rng.random() < REFUND_SHARE:
            return await self._take_back(self._sold.pop(self._rng.randrange(len(self._sold))))
        if self.orders and await self._do("collect", order=self.orders.pop(0)):
            return await self._paid()
        regular = self._regulars.next() if self._regulars is not None else None
        if self._regulars is not None and regular is not None and self._regulars.wants_to_agree(regular):
            await self._regulars.agree(regular, self._do, self._look, lambda: self._view)
        for code in self._rng.choices(self._codes, k=self._rng.choice((1, 1, 1, 2, 2, 3, 4))):
            if not await self._do("scan", code=code):
                break
        sale = self._view["sale"]
        if sale is None or not sale["lines"]:
            return False
        if regular is not None:
            await self._do("contact", value=phone_of(regular))
        return await self._paid()

    async def _paid(self) -> bool:
        """What lies in the basket, to its receipt."""
        card = self._rng.random() < CARD_SHARE
        if not await self._do("pay", means="card" if card else "cash"):
            await self._do("back")
            return False
        if not card and self._view["screen"] == "cash":
            left = self._view["sale"]["left_minor"]
            note = self._rng.choice(NOTES_MINOR)
            await self._do("take_cash", received_minor=-(-left // note) * note)
        return await self._until_receipt()

    async def _take_back(self, number: str) -> bool:
        """The whole receipt, by the means it was paid with."""
        if not await self._do("refund", number=number):
            return False
        for line in self._view["sale"]["lines"]:
            await self._do("refund_line", line=line["id"], thousandths=line["returnable"])
        if not await self._do("refund_pay"):  # no money in the drawer yet, or the terminal does not refund
            await self._do("back")
            return False
        return await self._until_receipt()

    async def _until_receipt(self) -> bool:
        """The card is presented and the receipt printed by themselves; whatever else comes is left to a person."""
        while True:
            await self._look()
            if self._view["screen"] == "receipt" and self._view["receipt"]["printing"] == "done":
                if self._view["receipt"]["act"] == "sale":
                    self._sold.append(self._view["receipt"]["number"])
                await self._do("new_sale")
                return True
            if self._view["screen"] not in ("card", "working", "receipt", "cash"):
                return False
            await anyio.sleep(LOOKS_EACH_S)

    async def _look(self) -> None:
        answer = await self._client.get(self._till)
        answer.raise_for_status()
        self._view = answer.json()

    async def _do(self, act: str, **args: Any) -> bool:
        """One command, with the revision of the view it was decided on; False: refused by the trade."""
        command = {"id": f"{self._rng.getrandbits(128):032x}", "revision": self._view["revision"], "do": act}
        answer = await self._client.post(f"{self._till}/commands", json={**command, "args": args})
        answer.raise_for_status()
        told = answer.json()
        self._view = told["view"]
        return bool(told["done"])
