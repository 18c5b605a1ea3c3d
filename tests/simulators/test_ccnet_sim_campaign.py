"""Many notes through the CCNET simulator with a fault at nearly each: it always comes back to rest, and paper, counter
and what it told the host agree."""

from __future__ import annotations

import random

import anyio
import pytest
from ccnet_sim_host import ALL_DIRECT, ALL_ESCROW, Bench, Host, frame, virtual

from drivers.simulators.ccnet.faults import ARROWS, FAULTS

NOTES = 40
SPECS = [
    *(f"{name}={arrow}" for name in ("power_cut", "reset_in_session") for arrow in ARROWS),
    *("drop_reply", "drop_reply=35", "drop_reply=33:81", "corrupt_reply=33:81", "late_reply", "late_reply=0.3/35"),
    *("drop_ack", "drop_ack=33:81", "repeat_credit", "repeat_credit=later", "other_type", "second_note", "busy"),
    *("escrow_expiry", "escrow_expiry=1", "jam", "jam_inside", "cassette_pulled", "cheat", "stuck", "failure"),
]


class Attendant:
    """Does with each state what its table says, and notes each new 81 as one credit."""

    def __init__(self, bench: Bench, host: Host, rng: random.Random) -> None:
        self.bench, self.host, self.rng = bench, host, rng
        self.credits = 0
        self._before = ""
        self._stacking = 0

    async def until_at_rest(self) -> None:
        with anyio.fail_after(120):
            while True:
                state = await self.host.poll()
                await self.host.hear()  # a late reply is not taken for the next answer
                if state == "14" and self.bench.device.unit.mouth_open:
                    return
                await self._act(state or "")
                await anyio.sleep(0.15)

    async def _act(self, state: str) -> None:
        self.credits += state.startswith("81") and not self._before.startswith("81")
        self._stacking = self._stacking + 1 if state == "17" else 0
        if state not in ("", "bad CRC"):
            self._before = state
        match state[:2]:
            case "10" | "11" | "12":
                await self.host.ask("30")
            case "19":
                await self.host.ask(self.rng.choice([ALL_DIRECT, ALL_ESCROW, ALL_ESCROW]))
            case "41" | "43" | "44" | "47":
                if self.bench.device.unit.trouble is not None:
                    await self.bench.do("clear")
                await self.host.ask("30")
            case "42":
                await self.bench.do("cassette in")
            case "46" if self.rng.random() < 0.5:
                await self.bench.do("pull")
            case "80" | "1A":
                await self.host.ask(self.rng.choice(["35", "35", "36", "38"]))
            case "17" if self._stacking > 20:
                await self.host.ask("30")
            case "ba":
                await self.host.say(frame("FF"))


@pytest.mark.parametrize("latch", ["on", "off", "kept"])
@pytest.mark.parametrize("seed", range(3))
def test_the_unit_always_comes_to_rest_and_its_books_agree(seed: int, latch: str) -> None:
    async def run() -> None:
        rng = random.Random(f"{seed}/{latch}")
        bench = Bench()
        async with bench.plug_in() as host:
            await bench.do(f"latch {latch}")
            attendant = Attendant(bench, host, rng)
            await attendant.until_at_rest()
            for _ in range(NOTES):
                await bench.do(f"fault {rng.choice(SPECS)}")
                assert await bench.do(f"insert {rng.choice([10, 100, 500, 2000])}") == "a note entered"
                await attendant.until_at_rest()
            bench.faults.clear()
            await attendant.until_at_rest()
            stacked = len(bench.stacked())
            assert len(bench.events("entered")) == NOTES
            assert stacked + len(bench.events("returned", "rejected")) == NOTES
            assert stacked > NOTES / 4
            assert await host.counter() == stacked
            if latch == "kept":
                assert attendant.credits >= stacked, "a kept credit is never lost, but may be said again"
            out = sum(record["pieces"] for record in bench.ledger.records if record["event"] == "cassette_out")
            assert out + len(bench.device.unit.box.cassette) == stacked

    virtual(run)


def test_the_campaign_knows_every_fault() -> None:
    assert {spec.partition("=")[0] for spec in SPECS} | {"counter_wrap"} == set(FAULTS)
