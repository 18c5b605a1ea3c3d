"""The transcripts that judge the drivers judge the simulators too: the same questions, the same course of answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_confirm_sim import Bench as ConfirmBench
from zvt_till import REGISTER_86, SALE_10, Bench, in_virtual_time

from drivers.simulators.world import KeptMemory

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"
REVERSAL = "06 30 06 000000 87 0031"
BEFORE: dict[str, list[str]] = {  # what happened at the terminal before the transcript begins
    "reversal": [SALE_10, REVERSAL],
    "repeat_receipt": [SALE_10],
    "state": [SALE_10],
    "end_of_day": [SALE_10, SALE_10],
    "refund": [SALE_10],
}
BY_HAND = {"stopped_by_the_till": "", "sale_cancelled_on_terminal": "press cancel"}


def lines(path: Path) -> list[tuple[str, bytes]]:
    found = (line for line in path.read_text(encoding="utf-8").splitlines() if line[:2] in ("> ", "< "))
    return [(line[0], bytes.fromhex(line[2:])) for line in found]


@pytest.mark.parametrize("path", sorted((TRANSCRIPTS / "zvt").glob("*.txt")), ids=lambda path: path.stem)
def test_the_zvt_terminal_takes_the_course_of_the_transcript(path: Path) -> None:
    """Message by message; progress and print lines may differ in number and words."""
    memory = KeptMemory()
    memory.save({"slip": 30})
    bench = Bench(memory=memory)
    noise = (b"\x04\xff", b"\x06\xd1")

    async def scenario() -> None:
        async with bench.plug_in(REGISTER_86) as till:
            for command in BEFORE.get(path.stem, []):
                await till.run(command)
        if path.stem in BY_HAND:
            await bench.device.command("card manual")
        async with bench.plug_in(register="") as till:
            said = lines(path)
            for at, (who, frame) in enumerate(said):
                if who == ">":
                    if said[at - 1][1][:2] not in noise:
                        await till.link.send(frame)
                elif frame[:2] not in noise:
                    if frame == bytes.fromhex("06 1E 01 6C") and BY_HAND.get(path.stem):
                        await bench.device.command(BY_HAND[path.stem])
                    message = await till.hear()
                    while message[:2] in noise:
                        await till.send("80 00 00")
                        message = await till.hear()
                    assert message[:2].hex() == frame[:2].hex()
                    if frame[:2] == b"\x06\x1e":
                        assert message == frame

    in_virtual_time(scenario)


CONFIRM_BEFORE: dict[str, list[dict[str, Any]]] = {
    "commit": [{"do": "authorise", "key": "a1", "amount": 1000, "currency": 643}],
    "roll_back": [{"do": "authorise", "key": "a1", "amount": 1000, "currency": 643}],
    "query": [{"do": "authorise", "key": "a1", "amount": 1000, "currency": 643}],
    "refund": [{"do": "authorise", "key": "p", "amount": 1000, "currency": 643}, {"do": "commit", "key": "p"}],
}
CONFIRM_BEFORE["reversal"] = [*CONFIRM_BEFORE["refund"], {"do": "reverse", "key": "v", "of": 94}]
CONFIRM_BEFORE["totals"] = [
    *CONFIRM_BEFORE["refund"],
    {"do": "refund", "key": "r", "of": 94, "amount": 500, "currency": 643},
]


@pytest.mark.parametrize("path", sorted((TRANSCRIPTS / "confirm").glob("*.txt")), ids=lambda path: path.stem)
def test_the_confirm_terminal_answers_as_the_transcript(path: Path) -> None:
    """Member by member, but for the card, the clock and the authorisation code."""
    memory = KeptMemory()
    memory.save({"slip": 93})
    bench = ConfirmBench(*(["declined"] if path.stem == "declined" else []), memory=memory)
    by_chance = ("at", "card", "scheme", "auth")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for request in CONFIRM_BEFORE.get(path.stem, []):
                await host.ask(**request)
        if path.stem == "stopped":
            await bench.device.command("card manual")
        async with bench.plug_in() as host:
            for who, frame in lines(path):
                if who == ">":
                    await host.link.send(frame)
                    continue
                wanted = json.loads(frame)
                if "show" in wanted:
                    continue
                answer = await host.hear()
                while "show" in answer:
                    answer = await host.hear()
                assert answer.keys() == wanted.keys()
                assert {k: v for k, v in answer.items() if k not in by_chance} == {
                    k: v for k, v in wanted.items() if k not in by_chance
                }

    in_virtual_time(scenario)
