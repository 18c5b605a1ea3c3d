"""Starts tap_air.py in a network namespace of its own and talks with it; says why where that is not possible."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("tap_air.py")


class NoTap(Exception):
    """This machine has no TAP devices for us."""


class TapAir:
    """`order` gives a word and returns what is answered."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    def order(self, word: str) -> list[str]:
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        print(word, file=self._running.stdin, flush=True)
        return self._running.stdout.readline().split()


@contextmanager
def tap_air(folder: Path, frames: Sequence[bytes], count: int, rate: int, *options: str) -> Iterator[TapAir]:
    """A radar on a TAP device of its own, its agent's socket and its place in memory in `folder`. Raises NoTap.

    The radar runs with CAP_NET_RAW alone where setpriv is installed, as its unit does.
    """
    unshare = shutil.which("unshare")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK) or unshare is None:
        raise NoTap("no TAP device: /dev/net/tun or unshare is not here")
    (folder / "frames").write_bytes(b"".join(struct.pack(">I", len(one)) + one for one in frames))
    space = ["-n"] if os.geteuid() == 0 else ["-rn"]
    command = [unshare, *space, sys.executable, str(PROGRAM), str(folder / "frames"), str(count), str(rate), "--"]
    command += ["--socket", str(folder / "s"), "--place", str(folder / "p"), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        said = running.stdout.readline()
        if not said.startswith("running"):
            running.wait(20)
            raise NoTap(f"no TAP device for us: {said.strip() or running.stderr.read().strip()[:200]}")
        try:
            yield TapAir(running)
        finally:
            assert running.stdin is not None
            running.stdin.close()
