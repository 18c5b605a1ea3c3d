"""The radar's parser against scapy's dissection of the same file; and what a monitor interface loses at 8,000 a second.

parser   a pcap of real probe requests (Brno and PoliMi, ../shared), read by scapy's PcapReader, then by the radar:
         own reader, parser, signature and its key; in turns, in one process, each pass with nothing remembered
live     the same frames into a TAP device with radiotap's link type, the radar's program on it, all in a network
         namespace of their own; heard is what the program's last pulse counts, CPU is its process's own
"""

from __future__ import annotations

import struct
import tempfile
import time
from pathlib import Path

import pytest

from sensors.radar.capture_file import opened
from sensors.radar.frames import FrameReader, LinkType
from sensors.radar.signature import Keys
from tests.bench.figure import Figure, of_runs
from tests.sensors.radar_process import agent_end, memory
from tests.sensors.radar_tap import NoTap, tap_air

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "captures"
FASTER = 100
RATE, CPU_SHARE = 8_000, 60
A_RUN_S = 5.0


class NotHere(Exception):
    """This machine has not what the bench needs; it says what."""


def bench_radar_parser(runs: int = 3, frames: int = 6_000, passes: int = 5) -> list[Figure]:
    """`passes`: of the radar within one run, of which the median counts; scapy's takes seconds and is one."""
    try:
        from scapy.layers import dot11  # noqa: F401  (scapy dissects no more than what was imported)
        from scapy.utils import PcapReader
    except ImportError as missing:
        raise NotHere("scapy is not installed: make venv") from missing
    ratios, theirs, ours = [], [], []
    with tempfile.TemporaryDirectory(prefix="tillkeeper-radar-") as folder:
        file = Path(folder) / "probes.pcap"
        _write(file, _probes(frames))
        for _ in range(runs):
            began = time.perf_counter()
            with PcapReader(str(file)) as reader:
                dissected = sum(1 for _ in reader)
            scapy_s = time.perf_counter() - began
            mine = sorted(_read_once(file, frames) for _ in range(passes))[passes // 2]
            if dissected != frames:
                raise RuntimeError(f"scapy read {dissected} of {frames} frames")
            ratios.append(scapy_s / mine)
            theirs.append(frames / scapy_s)
            ours.append(frames / mine)
    typical = sorted(theirs)[len(theirs) // 2]
    return [
        of_runs(
            "radar's parser with signature, times scapy's dissection",
            ratios,
            "x",
            digits=0,
            at_least=FASTER,
            against=f"scapy's PcapReader on the same {frames} frames: {typical:,.0f} frames/s",
            more={"frames_per_s": round(sorted(ours)[len(ours) // 2]), "scapy_frames_per_s": round(typical)},
        )
    ]


def bench_radar_live(runs: int = 3, a_run_s: float = A_RUN_S, rate: int = RATE) -> list[Figure]:
    count = int(a_run_s * rate)
    done = [_live(count, rate) for _ in range(runs)]
    heard = [100 * share for share, _, _ in done]
    slowest = max(took for _, _, took in done)
    return [
        of_runs(
            f"probes heard at {rate:,} a second on a TAP interface",
            heard,
            "%",
            digits=3,
            at_least=100,
            against=f"{count:,} frames written in {slowest:.1f} s at the most",
        ),
        of_runs(
            f"the radar's CPU at {rate:,} probes a second",
            [cpu for _, cpu, _ in done],
            "% of a core",
            at_most=CPU_SHARE,
        ),
    ]


def _read_once(file: Path, frames: int) -> float:
    began = time.perf_counter()
    reader, keys = FrameReader(), Keys(b"s" * 32)
    read, key_of = reader.read, keys.of
    found = 0
    with opened(file) as records:
        for link, at_ns, frame, lost in records:
            probe = read(link, at_ns, frame, lost)
            if probe is not None:
                key_of(probe.shape)
                found += 1
    took = time.perf_counter() - began
    if found != frames:
        raise RuntimeError(f"{found} of {frames} frames were probes")
    return took


def _live(count: int, rate: int) -> tuple[float, float, float]:
    """The share heard, the radar's CPU in percent of a core while frames came, and the seconds they took."""
    frames = _probes(min(count, 9_000))
    try:
        with memory() as folder, agent_end(folder) as end, tap_air(folder, frames, count, rate) as air:
            end.listen(lambda: end.pulse is not None and end.pulse.state.value == "listening")
            _, sent, cpu_s, took_s = air.order("send")
            seen = end.pulse.at_ms if end.pulse else 0
            # Two pulses later everything that was heard is counted in one.
            end.listen(lambda: end.pulse and (end.pulse.frames >= count or end.pulse.at_ms > seen + 11_000))
            heard = end.pulse.frames if end.pulse else 0
            return heard / int(sent), max(0.01, 100 * float(cpu_s) / float(took_s)), float(took_s)
    except (NoTap, pytest.skip.Exception) as why:
        raise NotHere(str(why)) from why


def _probes(count: int) -> list[bytes]:
    """Probe requests with radiotap headers, of all captures that have them, evenly chosen; again and again if few."""
    found = []
    for file in sorted(SHARED.glob("[bp]*.pcap")) if SHARED.is_dir() else []:
        reader = FrameReader()
        with opened(file) as records:
            for record in records:
                if record.link.kind is LinkType.RADIOTAP and reader.read(*record) is not None:
                    found.append(record.frame)
    if not found:
        raise NotHere("the captures of ../shared are not here")
    step = max(1, len(found) // count)
    chosen = found[::step]
    return [chosen[number % len(chosen)] for number in range(count)]


def _write(file: Path, frames: list[bytes]) -> None:
    with file.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LinkType.RADIOTAP))
        for number, frame in enumerate(frames):
            out.write(
                struct.pack("<IIII", 1_700_000_000 + number // 1000, number % 1000 * 1000, len(frame), len(frame))
            )
            out.write(frame)
