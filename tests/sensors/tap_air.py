"""An air of its own: a TAP device with radiotap's link type in a network namespace, a radar on it, frames at a rate.

`unshare -n python tap_air.py FRAMES COUNT RATE -- RADAR OPTIONS`. FRAMES: a file of frames, each with its length (four
bytes, big-endian) before it. Words on standard input: `send` (answered `sent COUNT CPU_S SECONDS`), `remove`, `make`,
`end`. A TAP device stands in for the radio: the kernel receives what is written to it (linux/if_tun.h).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

TUNSETIFF, TUNSETLINK = 0x400454CA, 0x400454CD
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
RADIOTAP = 803
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
NAME = "mon0"
NOT_HERE = 77
"""The exit code that means: this machine has no TAP devices for us."""


def made() -> int:
    """The device, up. Raises OSError where there is none or it is not allowed."""
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), IFF_TAP | IFF_NO_PI))
    fcntl.ioctl(tap, TUNSETLINK, RADIOTAP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        told = fcntl.ioctl(way, SIOCGIFFLAGS, struct.pack("16sH22x", NAME.encode(), 0))
        flags = struct.unpack("16xH22x", told)[0]
        fcntl.ioctl(way, SIOCSIFFLAGS, struct.pack("16sH22x", NAME.encode(), flags | IFF_UP))
    return tap


def only_raw() -> list[str]:
    """What takes every capability but CAP_NET_RAW from the radar."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--bounding-set=-all,+net_raw", "--inh-caps=-all", "--no-new-privs"] if setpriv else []


def cpu_s(process: int) -> float:
    """User and system time of a process (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def send(tap: int, frames: list[bytes], count: int, rate: int) -> float:
    """So many frames in an even rhythm; how long it took."""
    began = time.perf_counter()
    for number in range(count):
        due = began + number / rate
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        os.write(tap, frames[number % len(frames)])
    return time.perf_counter() - began


def main(argv: list[str]) -> int:
    at = argv.index("--")
    file, count, rate = Path(argv[0]), int(argv[1]), int(argv[2])
    try:
        tap = made()
    except OSError as error:
        print(error, flush=True)
        return NOT_HERE
    data, frames = file.read_bytes(), []
    while data:
        end = 4 + struct.unpack_from(">I", data)[0]
        frames.append(data[4:end])
        data = data[end:]
    with subprocess.Popen(
        [sys.executable, "-m", "sensors.radar", "live", "--interface", NAME, *argv[at + 1 :]]
    ) as radar:
        print("running", radar.pid, flush=True)
        try:
            for word in map(str.strip, sys.stdin):
                if word == "send":
                    before = cpu_s(radar.pid)
                    took = send(tap, frames, count, rate)
                    time.sleep(0.2)  # what lies in the socket's buffer is read within milliseconds
                    print("sent", count, round(cpu_s(radar.pid) - before, 3), round(took, 3), flush=True)
                elif word == "remove":
                    os.close(tap)
                    print("removed", flush=True)
                elif word == "make":
                    tap = made()
                    print("made", flush=True)
                elif word == "end":
                    break
        finally:
            radar.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
