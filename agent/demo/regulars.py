"""Customers of the demo's chain: each agrees once, in one shop, and buys in the others by the same telephone.

    home shop    "agree" at the till: number, the code as the shop sent it, two boxes ticked
    any shop     the number given for the receipt: HQ knows whose it is, the till shows their offer

Simulated cashiers carry it out (trader.py), by the till's own API; at the demo's own till a person types a number.
"""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import anyio

COUNT = 6
SHARE = 0.25
"""Of a shop's shoppers: a chain lives on its regulars, and whoever watches sees one come within a minute."""
PURPOSES = frozenset({"analytics", "marketing"})
LOOKS_EACH_S = 0.3
CODE_WITHIN_S = 6.0
"""The demo's gateway writes a file at once; a person would wait longer."""
_CODE = re.compile(r"\b\d{4,8}\b")
NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор")


def phone_of(number: int) -> str:
    """999 00x is given to nobody in Russia."""
    return f"+7999000000{number + 1}"


class Regulars:
    """`shop` is this shop's number among `shops` that have a simulated cashier; `messages`: where its texts lie.
    `do(act, **args)` and `look()` are the trader's; `view()` what the till shows."""

    def __init__(self, shop: int, shops: int, messages: Path, rng: random.Random) -> None:
        self._home = {number for number in range(COUNT) if number % max(1, shops) == shop}
        self._messages, self._rng = messages, rng
        self._agreed: set[int] = set()

    def next(self) -> int | None:
        """Who comes now; None: somebody else."""
        return self._rng.randrange(COUNT) if self._rng.random() < SHARE else None

    def wants_to_agree(self, number: int) -> bool:
        return number in self._home - self._agreed

    async def agree(
        self,
        number: int,
        do: Callable[..., Awaitable[bool]],
        look: Callable[[], Awaitable[None]],
        view: Callable[[], dict[str, Any]],
    ) -> None:
        """From an empty counter back to it, whatever comes of it; who did not succeed tries the next time."""
        if not view().get("agrees") or not await do("agree"):
            return
        try:
            if not await do("agree_phone", number=phone_of(number)):
                return
            code = await self._code(phone_of(number))
            if not code or not await do("agree_code", code=code):
                return
            boxes: Sequence[dict[str, Any]] = view()["agree"]["offered"]
            agreed = [f"{box['purpose']}:{box['hash']}" for box in boxes if box["purpose"] in PURPOSES]
            if agreed and not await do("agree_give", agreed=agreed, name=NAMES[number]):
                return
            with anyio.move_on_after(CODE_WITHIN_S):
                while view()["screen"] == "agree" and view()["agree"]["step"] == "keeping":
                    await anyio.sleep(LOOKS_EACH_S)
                    await look()
                self._agreed.add(number)
        finally:
            await look()
            if view()["screen"] == "agree":
                await do("agree_leave")

    async def _code(self, phone: str) -> str:
        """The newest that was sent to this number; "" for none."""
        with anyio.move_on_after(CODE_WITHIN_S):
            while True:
                await anyio.sleep(LOOKS_EACH_S)
                found = await anyio.to_thread.run_sync(_sent_to, self._messages, phone)
                if found:
                    return found
        return ""


def _sent_to(directory: Path, phone: str) -> str:
    try:
        files = sorted(directory.glob("code-*.txt"), key=lambda file: file.stat().st_mtime, reverse=True)
        texts = [file.read_text(encoding="utf-8") for file in files[:8]]
    except OSError:
        return ""
    for text in texts:
        head, _, said = text.partition("\n\n")
        if head.startswith(f"To: {phone}\n"):
            code = _CODE.search(said)
            return code.group() if code is not None else ""
    return ""
