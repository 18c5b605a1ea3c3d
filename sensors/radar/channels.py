"""Makes the monitor interface and says on which channels it listens; the one part that needs CAP_NET_ADMIN.

    wlan1 ── iw dev wlan1 interface add mon0 type monitor ── ip link set mon0 up ── iw dev mon0 set channel 6

Phones sweep all channels, so a radio parked on one hears most bursts; a radio that hops hears one channel in three and
loses two thirds of each. Hence one channel by default, and hopping for whoever wants to see more makes than scans.
The monitor flag `active` (answers frames) is never set: a radar that transmits is another device.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sensors import notify

DEFAULT = (6,)
DWELL_MS = 300
"""A phone waits some 100 ms on each channel for answers: 250 to 500 ms meet it at least once."""
COMMAND_WITHIN_S = 10.0
NETWORKS = Path("/sys/class/net")
_BAND_2 = frozenset(range(1, 15))
_BAND_5 = frozenset((*range(36, 65, 4), *range(100, 145, 4), *range(149, 178, 4)))
Run = Callable[[Sequence[str]], str]
"""Runs a command; says on which words it failed, "" when it did not."""


def channels_of(text: str) -> tuple[int, ...]:
    """`6` or `1,6,11`. Raises ValueError."""
    found = tuple(int(part) for part in text.split(","))
    wrong = [one for one in found if one not in _BAND_2 | _BAND_5]
    if wrong or len(set(found)) < len(found):
        raise ValueError(f"no such channels: {text}")
    return found


def making(device: str, monitor: str) -> list[list[str]]:
    """The commands that make and open the monitor interface."""
    return [
        ["iw", "dev", device, "interface", "add", monitor, "type", "monitor"],
        ["ip", "link", "set", monitor, "up"],
    ]


def tuning(monitor: str, channel: int) -> list[str]:
    return ["iw", "dev", monitor, "set", "channel", str(channel)]


def run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"code {done.returncode}"


def hop(
    monitor: str, channels: Sequence[int], dwell_s: float, do: Run = run, sleep: Callable[[float], None] = time.sleep
) -> str:
    """From channel to channel until one cannot be set; says why."""
    for channel in itertools.cycle(channels):
        refused = do(tuning(monitor, channel))
        if refused:
            return refused
        sleep(dwell_s)
    return "no channels"


def main(argv: list[str], do: Run = run) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sensors.radar channels", description="Makes the monitor interface."
    )
    parser.add_argument("--device", help="the radio, e.g. wlan1; without it the monitor interface must be there")
    parser.add_argument("--monitor", default="mon0")
    parser.add_argument("--channels", type=channels_of, default=DEFAULT, help="6, or 1,6,11 to hop until stopped")
    parser.add_argument("--dwell-ms", type=int, default=DWELL_MS)
    options = parser.parse_args(argv)
    commands = []
    if options.device and not (NETWORKS / options.monitor).exists():
        commands = making(options.device, options.monitor)
    commands.append(tuning(options.monitor, options.channels[0]))
    refused = next((f"{' '.join(command)}: {why}" for command in commands if (why := do(command))), "")
    if not refused and len(options.channels) > 1:
        notify.notify(notify.READY)
        try:
            refused = hop(options.monitor, options.channels, options.dwell_ms / 1000, do)
        except KeyboardInterrupt:
            return 0
    if refused:
        print(f"Радио не настроено: {refused}", file=sys.stderr)
        print(f"The radio is not set up: {refused}", file=sys.stderr)
        return 1
    return 0
