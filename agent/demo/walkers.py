"""Simulated guests of a branch: their phones join and leave its network, some come again; the router tells of them."""

from __future__ import annotations

import heapq
import random

import anyio

from agent.demo.control_line import ControlLine, DeviceGone, OrderRefused

COMES_EACH_S = (5.0, 25.0)
STAYS_S = (20.0, 240.0)
RETURNS = 0.2
"""Of those who come, who was here today already."""


async def walk(line: ControlLine, rng: random.Random) -> None:
    """Until cancelled. `line` is the access point's."""
    inside: list[tuple[float, str]] = []
    known: list[str] = []
    comes_at = anyio.current_time()
    while True:
        now = anyio.current_time()
        while inside and inside[0][0] <= now:
            await _order(line, f"leave {heapq.heappop(inside)[1]}")
        if comes_at <= now:
            here = {phone for _, phone in inside}
            gone = [phone for phone in known if phone not in here]
            phone = rng.choice(gone) if gone and rng.random() < RETURNS else _drawn(rng)
            if phone not in known:
                known.append(phone)
            await _order(line, f"join {phone}")
            heapq.heappush(inside, (now + rng.uniform(*STAYS_S), phone))
            comes_at = now + rng.uniform(*COMES_EACH_S)
        await anyio.sleep(max(0.1, min([comes_at, *(inside[0][:1] if inside else ())]) - anyio.current_time()))


def _drawn(rng: random.Random) -> str:
    """A locally administered address, as phones draw one for each network."""
    return "-".join(["DA", *(f"{rng.randrange(256):02X}" for _ in range(5))])


async def _order(line: ControlLine, order: str) -> None:
    try:
        await line.order(order)
    except (DeviceGone, OrderRefused):
        return  # its plug was pulled: guests come and go anyway
