"""Live, on a TAP device with radiotap's link type: every probe is heard, others stay in the kernel, and the interface
may go and come back. Skipped by name where there are no TAP devices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensors.radar_messages import State
from tests.sensors.radar_process import AgentEnd, agent_end, memory, radar
from tests.sensors.radar_samples import ELEMENTS, SECRET_NAME, probe, radiotap, request
from tests.sensors.radar_tap import NoTap, TapAir, tap_air

pytest.importorskip("scapy", reason="scapy is not installed: make venv")

BEACON = radiotap() + request(b"\0" * 12 + b"\0\4shop", first=0x80)
DATA = radiotap() + request(b"x" * 60, first=0x08)
OTHERS_EACH = 4
"""Of five frames one is a probe."""
COUNT, RATE = 2_000, 2_000
PROBES = COUNT // (1 + OTHERS_EACH)


def frames() -> list[bytes]:
    found = []
    for number in range(40):
        found.append(
            probe(
                source=bytes([2, 0, 0, 0, 0, number]),
                elements=ELEMENTS + bytes([70, number % 5]) + b"12345"[: number % 5],
            )
        )
        found += [BEACON, DATA, BEACON, DATA]
    return found


@contextmanager
def listening() -> Iterator[tuple[TapAir, AgentEnd, Path]]:
    with memory() as folder, agent_end(folder) as end:
        try:
            with tap_air(folder, frames(), COUNT, RATE) as air:
                end.listen(lambda: end.pulse and end.pulse.state is State.LISTENING)
                yield air, end, folder
        except NoTap as why:
            pytest.skip(str(why))


def test_every_probe_is_heard_and_nothing_else_reaches_us() -> None:
    with listening() as (air, end, folder):
        said = air.order("send")
        assert said[:2] == ["sent", str(COUNT)]
        end.listen(lambda: sum(one.frames for one in end.tallies.values()) == PROBES)
        end.listen(lambda: end.pulse and end.pulse.kept == PROBES)
        pulse = end.pulse
        assert pulse is not None
        assert (pulse.frames, pulse.left, pulse.unsent, pulse.kernel_drops) == (PROBES, {}, 0, 0)
        assert len({key for _, key, _ in end.tallies}) == 5
        assert {one.signal_dbm for one in end.tallies.values()} == {-61}
        assert SECRET_NAME not in end.bytes
        for message in bytes(end.bytes).split(b"}")[:5]:
            assert b"020000" not in message
        assert sorted(file.name for file in (folder / "p").iterdir()) == ["counts", "salt"]


def test_an_interface_that_goes_is_told_and_is_heard_again_when_it_comes_back() -> None:
    with listening() as (air, end, _):
        air.order("send")
        end.listen(lambda: sum(one.frames for one in end.tallies.values()) == PROBES)
        assert air.order("remove") == ["removed"]
        end.listen(lambda: end.pulse and end.pulse.state in (State.INTERFACE_DOWN, State.NO_INTERFACE))
        assert air.order("make") == ["made"]
        end.listen(lambda: end.pulse and end.pulse.state is State.LISTENING)
        air.order("send")
        end.listen(lambda: sum(one.frames for one in end.tallies.values()) == 2 * PROBES)
        assert end.connections == 1, "the agent's connection outlives the radio"
        assert len({key for _, key, _ in end.tallies}) == 5


def test_an_interface_of_another_kind_is_refused_by_name() -> None:
    """The loopback interface is Ethernet: the filter has no meaning there."""

    with memory() as folder, agent_end(folder) as end, radar(folder, "--interface", "lo"):
        end.listen(lambda: end.pulse and end.pulse.state is not State.STARTING)
        assert end.pulse is not None
        assert end.pulse.state in (State.NOT_MONITOR, State.NOT_ALLOWED, State.NO_LIBRARY)
