"""A simulated goods check: it says of a scanned marking code whether the product may be sold.

    > {"do":"check","code":"<base64>"}        < {"verdict":"ok","uuid":"...","time":1772452800000}

Source: drivers/goods_checks/LOCAL_LINE.md, version 1.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import random
import uuid
from typing import Any

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.json_lines import JsonLines, write
from drivers.simulators.world import Faults, Ledger, Memory, Now

REFUSALS = {
    "BLOCK": "blocked",
    "EXPIR": "expired",
    "WITHD": "withdrawn",
    "NOTIN": "not_in_circulation",
    "NOSUCH": "unknown_code",
}
VERDICTS = ("ok", *REFUSALS.values())
USUAL_S = 0.1
SLOW = {"SLOW14": 1.4, "SLOW16": 1.6}  # just inside and just outside the till's 1.5 s
GTIN_AND_SERIAL_AI = 18  # 01 + 14 digits + 21: the serial number begins here
GROUP_SEPARATOR = b"\x1d"


class GoodsCheckSimulator:
    """A `world.Simulator`. It remembers nothing, so a power cut only breaks connections."""

    NAME = "goods_check"
    FAULTS: dict[str, str] = {  # noqa: RUF012 - the protocol wants a plain dict
        "silent": "a question is not answered",
        "slow": "the answer takes long (=SECONDS, default 5)",
        "verdict": "the next check says so (=VERDICT, default blocked)",
        "garbage": "the answer is no JSON",
        "drop": "the connection closes instead of the answer",
    }
    COMMANDS: dict[str, str] = {  # noqa: RUF012
        "power off": "the service stops",
        "power on": "the service runs again",
        "fault NAME[@N[xK]][=VALUE]": "arm a fault",
    }

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._ledger, self._rng, self._now, self._faults = ledger, rng, now, faults
        self._instant = instant
        self._power = True
        self._scopes: list[anyio.CancelScope] = []
        self._last: dict[str, str] = {}

    async def serve(self, link: Link) -> None:
        """Answer one host in the order of its questions until the connection is gone."""
        if not self._power:
            return
        lines = JsonLines()
        scope = anyio.CancelScope()
        self._scopes.append(scope)
        try:
            with scope, contextlib.suppress(LinkLost):
                while True:
                    for question in lines.feed(await link.receive()):
                        if not await self._answer(link, question):
                            return
        finally:
            self._scopes.remove(scope)

    async def _answer(self, link: Link, question: dict[str, Any] | None) -> bool:
        """False: the connection is to be closed."""
        if self._faults.strikes("drop"):
            return False
        if self._faults.strikes("silent"):
            return True
        slow = self._faults.value("slow")
        if slow is not None:
            await anyio.sleep(float(slow or 5))
        if self._faults.strikes("garbage"):
            await link.send(b"\x00verdict?{\n")
            return True
        match question:
            case {"do": "ping"}:
                told: dict[str, Any] = {"ok": True}
            case {"do": "check", "code": str(text)} if (code := _decoded(text)) is not None:
                told = await self._check(code)
            case _:
                told = {"error": "bad_request"}
        await link.send(write(told))
        return True

    async def _check(self, code: bytes) -> dict[str, Any]:
        serial = serial_of(code)
        if not self._instant:
            await anyio.sleep(next((seconds for mark, seconds in SLOW.items() if mark in serial), USUAL_S))
        verdict = next((said for mark, said in REFUSALS.items() if mark in serial), "ok")
        forced = self._faults.value("verdict")
        if forced is not None:
            verdict = forced if forced in VERDICTS else "blocked"
        self._last = {"serial": serial, "verdict": verdict}
        self._ledger.write("checked", serial=serial, verdict=verdict)
        name = uuid.UUID(int=self._rng.getrandbits(128), version=4)
        return {"verdict": verdict, "uuid": str(name), "time": int(self._now().timestamp() * 1000)}

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        match line.split():
            case ["power", "off"]:
                self._power = False
                for scope in self._scopes:
                    scope.cancel()
                return "the service is stopped"
            case ["power", "on"]:
                self._power = True
                return "the service runs"
            case ["fault", *spec] if spec:
                self._faults.arm(" ".join(spec))
                return f"armed {' '.join(spec)}"
            case _:
                raise ValueError(f"unknown command {line!r}; known: {', '.join(self.COMMANDS)}")

    def picture(self) -> dict[str, Any]:
        """What a drawing of the service needs."""
        told: dict[str, Any] = {"device": self.NAME, "power": self._power, "connections": len(self._scopes)}
        return {**told, "last": dict(self._last), "faults": self._faults.armed()}


def serial_of(code: bytes) -> str:
    """The serial number of a code `01 GTIN 21 serial [GS ...]`; of anything else, all of it."""
    body = code.lstrip(GROUP_SEPARATOR)
    if body[:2] == b"01" and body[16:18] == b"21":
        body = body[GTIN_AND_SERIAL_AI:]
    return body.split(GROUP_SEPARATOR)[0].decode("ascii", "replace")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
