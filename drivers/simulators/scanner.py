"""A simulated barcode scanner on a serial line: it sends what it reads, and listens to nobody.

scan 4600000000017  ->  34 36 ... 37 0D          scan 0104...21ABC\\x1d93XYZ  ->  ... 1D 39 33 ... 0D
"""

from __future__ import annotations

import contextlib
import random
import re
from typing import Any

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.world import Faults, Ledger, Memory, Now

SUFFIXES = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t", "none": b""}
ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|<GS>")
BETWEEN_HALVES_S = 0.02  # a slow line: longer than a byte takes, shorter than a pause between two codes


class ScannerSimulator:
    """A `world.Simulator`. A code scanned while nobody listens is lost, as in life."""

    NAME = "scanner"
    FAULTS: dict[str, str] = {  # noqa: RUF012 - the protocol wants a plain dict
        "lost": "the code is read, beeps, and never arrives",
        "twice": "the code arrives twice",
        "split": "the code arrives in two pieces",
        "no_suffix": "the code arrives without its end mark",
    }
    COMMANDS: dict[str, str] = {  # noqa: RUF012
        "scan CODE": r"read a code; \x1d or <GS> is the group separator",
        "scan mangled CODE": "read it as a badly set scanner does: without group separators",
        "suffix cr|lf|crlf|tab|none": "what ends a code",
        "prefix TEXT": "what precedes a code, with the same escapes (nothing: none)",
        "power off": "pull the plug",
        "power on": "give the power back",
        "fault NAME[@N[xK]][=VALUE]": "arm a fault",
    }

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._ledger, self._memory, self._faults = ledger, memory, faults
        self._instant = instant
        kept = memory.load()
        self._suffix: str = kept.get("suffix", "cr")
        self._prefix: str = kept.get("prefix", "")
        self._power = True
        self._links: list[Link] = []
        self._scopes: list[anyio.CancelScope] = []
        self._last = ""

    async def serve(self, link: Link) -> None:
        """Stay connected until the host is gone; what it says is ignored."""
        if not self._power:
            return
        scope = anyio.CancelScope()
        self._links.append(link)
        self._scopes.append(scope)
        try:
            with scope, contextlib.suppress(LinkLost):
                while True:
                    await link.receive()
        finally:
            self._links.remove(link)
            self._scopes.remove(scope)

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        order, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        match order, rest:
            case "scan", code if code:
                return await self._scan(code)
            case "suffix", name if name in SUFFIXES:
                self._suffix = name
            case "prefix", text:
                self._prefix = text
            case "power", "off":
                self._power = False
                for scope in self._scopes:
                    scope.cancel()
                return "the scanner is dark"
            case "power", "on":
                self._power = True
                return "the scanner has power"
            case "fault", spec if spec:
                self._faults.arm(spec)
                return f"armed {spec}"
            case _:
                raise ValueError(f"unknown command {line!r}; known: {', '.join(self.COMMANDS)}")
        self._memory.save({"suffix": self._suffix, "prefix": self._prefix})
        return f"codes are sent as {self._prefix}CODE {self._suffix}"

    async def _scan(self, text: str) -> str:
        mangled = text.startswith("mangled ")
        code = unescaped(text.removeprefix("mangled ").strip())
        if mangled:
            code = code.replace(b"\x1d", b"")
        if not self._power:
            return "the scanner has no power"
        self._last = text
        self._ledger.write("scanned", code=code.decode("latin-1"))
        end = b"" if self._faults.strikes("no_suffix") else SUFFIXES[self._suffix]
        data = unescaped(self._prefix) + code + end
        if self._faults.strikes("lost") or not self._links:
            return "read, but nobody heard it"
        pieces = [data, data] if self._faults.strikes("twice") else [data]
        if self._faults.strikes("split"):
            pieces = [part for piece in pieces for part in (piece[: len(piece) // 2], piece[len(piece) // 2 :])]
        for at, piece in enumerate(pieces):
            if at and not self._instant:
                await anyio.sleep(BETWEEN_HALVES_S)
            for link in tuple(self._links):
                with contextlib.suppress(LinkLost):
                    await link.send(piece)
        return f"sent {len(b''.join(pieces))} bytes"

    def picture(self) -> dict[str, Any]:
        """What a drawing of the scanner needs."""
        told: dict[str, Any] = {"device": self.NAME, "power": self._power, "connections": len(self._links)}
        return {**told, "last": self._last, "suffix": self._suffix, "faults": self._faults.armed()}


def unescaped(text: str) -> bytes:
    r"""The bytes of a typed code: `\xNN` is one byte, `<GS>` the group separator, the rest UTF-8."""
    found, at = b"", 0
    for escape in ESCAPE.finditer(text):
        found += text[at : escape.start()].encode() + bytes([int(escape[1] or "1d", 16)])
        at = escape.end()
    return found + text[at:].encode()
