"""Whatever hands, faults and hosts do to the simulated ID-003 validator: each note ends in one place."""

from __future__ import annotations

import contextlib
import random
from collections import Counter

import anyio
import pytest
from id003_host import Bench, Host, in_virtual_time

from drivers.links.link import LinkLost
from drivers.simulators.id003.codes import NOTES
from drivers.simulators.id003.faults import ARROWS, FAULTS

HANDS = (
    *("insert 500", "insert 100 x2", "insert 5000", "insert forgery", "insert unknown", "pull", "cheat", "jam"),
    *("jam inside", "failure B0", "clear", "full", "cassette out", "cassette in", "replay off", "replay on"),
    *("vend denomination off", "vend denomination on", "power off", "power on"),
)
ENDS = ("stacked", "returned", "rejected")
ROUNDS = 100


def fault(rng: random.Random) -> str:
    name = rng.choice(list(FAULTS))
    value = f"={rng.choice(list(ARROWS))}" if name == "power_cut" else "=0.4" if name == "late_reply" else ""
    return f"fault {name}@{rng.randint(1, 3)}{value}"


async def hands(bench: Bench, rng: random.Random) -> None:
    """Notes, and mischief between them; at the end everything is mended."""

    async def order(line: str) -> None:
        with contextlib.suppress(ValueError):  # what nobody can do now is told so
            await bench.device.command(line)

    for _ in range(ROUNDS):
        change = ("cassette out",) if bench.device.picture()["full"] else ()
        for line in (*change, "clear", "cassette in", "power on", "insert 500"):
            await order(line)
        await anyio.sleep(rng.uniform(0.1, 6))
        if rng.random() < 0.4:
            await order(rng.choice(HANDS))
        if rng.random() < 0.3:
            await order(fault(rng))
    bench.faults.clear()
    for line in ("clear", "cassette out", "cassette in", "power on"):
        await order(line)


async def host_course(host: Host, rng: random.Random) -> None:
    """One host's habits: it decides at random, resets what wants it, and acknowledges sooner or later."""
    while True:
        status = ""
        try:
            status = await host.poll()
        except AssertionError:  # a frame with a wrong bit
            await anyio.sleep(0.5)
        command = {"13": "42", "19": "41", "15": "50", "1A": "C300"}.get(status[:2], "")
        if status[:2] in ("40", "41", "42", "43", "44", "45", "46", "49") or rng.random() < 0.005:
            command = rng.choice(["40", ""])
        elif status[:2] == "13":
            command = rng.choice(["41", "42", "43", "44", "45", ""])
        if command:
            try:
                await host.ask(command)
            except AssertionError:
                await anyio.sleep(0.5)
        await anyio.sleep(rng.choice([0.1, 0.1, 0.2, 4.0 if rng.random() < 0.05 else 0.1]))


@pytest.mark.parametrize("seed", range(8))
def test_each_note_ends_once(seed: int) -> None:
    bench_held: list[Bench] = []

    async def scenario() -> None:
        rng = random.Random(seed)
        bench = Bench()
        bench_held.append(bench)

        async def hosts() -> None:
            while True:
                async with bench.plug_in() as host:
                    try:
                        await host_course(host, rng)
                    except LinkLost:
                        await anyio.sleep(0.2)

        async with anyio.create_task_group() as life:
            life.start_soon(hosts)
            await hands(bench, rng)
            await anyio.sleep(60)
            life.cancel_scope.cancel()
        await bench.device.command("power off")
        assert bench.device.picture()["note_minor"] is None, "nothing is left inside"

    in_virtual_time(scenario)
    bench = bench_held[0]
    entered = {fact["piece"]: fact["value_minor"] for fact in bench.facts("entered")}
    ends = Counter(fact["piece"] for event in ENDS for fact in bench.facts(event))
    assert len(entered) > ROUNDS / 10
    assert ends == Counter(dict.fromkeys(entered, 1))
    assert all(entered[fact["piece"]] > 0 for fact in bench.facts("stacked"))
    assert len(bench.facts("stacked")) > 3
    taken = sum(fact["sum_minor"] for fact in bench.facts("cassette_out"))
    kept = bench.memory.load()["box"]["cassette"]
    assert taken + sum(piece["value_minor"] for piece in kept) == sum(f["value_minor"] for f in bench.facts("stacked"))


class Books:
    """A careful host's: a credit counts when a note was sent to the cassette and nothing was credited since."""

    def __init__(self) -> None:
        self.sent = ""
        self.credited: list[str] = []
        self.duplicates = 0

    async def attend(self, host: Host) -> None:
        while True:
            status = await host.poll()
            if status[:2] == "13":
                self.sent = status[2:]
                await host.ask("42")
            elif status[:2] == "15":
                if self.sent:
                    self.credited.append(self.sent)
                else:
                    self.duplicates += 1
                self.sent = ""
                await host.acknowledge()
            elif status in ("40", "41", "1A", "11"):
                self.sent = ""
            if status in ("40", "41", "42", "45", "46") or (status == "14" and anyio.current_time() > self._patience):
                await host.ask("40")
            elif status == "1A":
                await host.enable()
            if status != "14":
                self._patience = anyio.current_time() + 30  # a note is stacked long before, or never
            await anyio.sleep(0.1)

    _patience = 0.0


@pytest.mark.parametrize("seed", range(4))
def test_a_careful_host_credits_each_stacked_note_once(seed: int) -> None:
    """Power cuts, restarts, lost acknowledgements, repeated credits, jams: the replay leaves nothing in doubt."""
    books = Books()
    bench_held: list[Bench] = []
    faults = ("drop_ack", "repeat_credit", "repeat_credit=later", "reset_in_session", "jam", "jam_inside", "stuck")
    faults += ("cassette_pulled", "cheat", "escrow_expiry", "second_note", "drop_reply")
    faults += tuple(f"power_cut={arrow}" for arrow in ARROWS)

    async def scenario() -> None:
        rng = random.Random(seed)
        bench = Bench()
        bench_held.append(bench)
        async with bench.plug_in() as host, anyio.create_task_group() as life:
            life.start_soon(books.attend, host)
            for number in range(70):
                for line in ("clear", "cassette in", f"fault {rng.choice(faults)}" if number < 66 else "clear"):
                    with contextlib.suppress(ValueError):
                        await bench.device.command(line)
                value = rng.choice([10, 50, 100, 200, 500, 1000, 2000, 5000])
                await bench.device.command(f"insert {value}")
                await anyio.sleep(rng.uniform(1, 12))
            bench.faults.clear()
            await anyio.sleep(60)
            life.cancel_scope.cancel()

    in_virtual_time(scenario)
    bench = bench_held[0]
    types = {f"{code:02X}": rubles * 100 for code, rubles in NOTES.items()}
    assert [types[code] for code in books.credited] == [fact["value_minor"] for fact in bench.facts("stacked")]
    assert len(books.credited) > 10
    assert books.duplicates
