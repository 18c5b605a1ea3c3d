"""A simulated Wi-Fi access point: phones join and leave, and it accounts for them to a RADIUS server (RFC 2866, UDP).

      0        1        2        3
    +--------+--------+--------+--------+   Code 4 Accounting-Request, answered by 5
    | 4      | Ident. | Length          |   Authenticator = MD5(code, identifier, length, 16 zeros, attributes, secret)
    +--------+--------+--------+--------+
    | Authenticator (16)                |   30 Called-Station-Id   "AA-BB-CC-DD-EE-FF:Network"  (RFC 3580, 3.20)
    +--------+--------+--------+--------+   31 Calling-Station-Id  the phone
    | Type   | Length | Value ...           40 Acct-Status-Type    1 Start, 2 Stop, 3 Interim, 7 On
                                            41 Acct-Delay-Time, 44 Acct-Session-Id, 80 Message-Authenticator

Nobody calls an access point: it speaks first. A packet that is not answered is sent again, with its delay and another
identifier, and given up after some tries: what it tells next is the next interim update.
"""

from __future__ import annotations

import contextlib
import hmac
import random
import struct
from dataclasses import dataclass
from hashlib import md5
from typing import Any

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.world import Faults, Ledger, Memory, Now

REQUEST, ANSWER = 4, 5
START, STOP, INTERIM, ON = 1, 2, 3, 7
NAS_IDENTIFIER, CALLED, CALLING, STATUS, DELAY, SESSION, SIGNATURE = 32, 30, 31, 40, 41, 44, 80
ANSWER_WITHIN_S = 2.0
TRIES = 3
INTERIM_EACH_S = 60.0
"""Common settings of access points are one to ten minutes."""
OWN = "02-00-5E-00-53-01"
PHONE = "DA-A1-19-00-00-01"
"""A locally administered address, as a phone draws one for each network."""


@dataclass(slots=True)
class Server:
    """To whom is accounted. No server: nothing is told."""

    host: str = ""
    port: int = 0
    secret: bytes = b""
    network: str = "Guests"


class AccessPoint:
    """A `world.Simulator` with a life of its own (`live`). Joined phones survive a power cut in its memory, as they do
    in life: they join again by themselves."""

    NAME = "access_point"
    FAULTS: dict[str, str] = {  # noqa: RUF012 - the protocol wants a plain dict
        "lost": "the packet never arrives; it is sent again",
        "twice": "the packet arrives twice",
        "wrong_secret": "the packet is signed with another secret",
    }
    COMMANDS: dict[str, str] = {  # noqa: RUF012
        "radius HOST:PORT SECRET [NETWORK]": "to whom phones are accounted for",
        "join [MAC]": "a phone joins the network",
        "leave [MAC]": "a phone leaves it",
        "power off": "pull the plug",
        "power on": "give the power back: Accounting-On, and the phones join again",
        "fault NAME[@N[xK]][=VALUE]": "arm a fault",
    }

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._ledger, self._memory, self._rng, self._faults = ledger, memory, rng, faults
        self._answer_within_s = 0.2 if instant else ANSWER_WITHIN_S
        kept = memory.load()
        self._server = Server()
        self._sessions: dict[str, str] = dict(kept.get("sessions", {}))
        self._power = True
        self._identifier = rng.randrange(256)
        self._answered = self._unanswered = 0

    async def serve(self, link: Link) -> None:
        """Nobody has business on its wire; whoever comes may stay."""
        with contextlib.suppress(LinkLost):
            while self._power:
                await link.receive()

    async def live(self) -> None:
        """Interim updates of the phones that are joined, until cancelled."""
        while True:
            await anyio.sleep(INTERIM_EACH_S)
            for phone in tuple(self._sessions) if self._power else ():
                await self._account(INTERIM, phone)

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        order, *rest = line.split()
        match order, rest:
            case "radius", [address, secret, *network] if address.rpartition(":")[2].isdigit() and len(network) < 2:
                host, _, port = address.rpartition(":")
                self._server = Server(host, int(port), secret.encode(), network[0] if network else "Guests")
                return f"accounts to {address}"
            case "join" | "leave", [] | [_]:
                return await self._move(order, rest[0].upper() if rest else PHONE)
            case "power", ["off"]:
                self._power = False
                return "the access point is dark"
            case "power", ["on"]:
                return await self._boot()
            case "fault", [spec]:
                self._faults.arm(spec)
                return f"armed {spec}"
            case _:
                raise ValueError(f"unknown command {line!r}; known: {', '.join(self.COMMANDS)}")

    def picture(self) -> dict[str, Any]:
        """What a drawing of it needs."""
        told: dict[str, Any] = {"device": self.NAME, "power": self._power, "joined": sorted(self._sessions)}
        counts = {"answered": self._answered, "unanswered": self._unanswered}
        return {**told, **counts, "faults": self._faults.armed()}

    async def _move(self, order: str, phone: str) -> str:
        if not self._power:
            return "the access point has no power"
        if (order == "join") is (phone in self._sessions):
            return f"{phone} has done so before"
        if order == "join":
            self._sessions[phone] = f"{self._rng.getrandbits(64):016X}"
        self._ledger.write("joined" if order == "join" else "left_network", phone=phone)
        said = await self._account(START if order == "join" else STOP, phone)
        if order == "leave":
            del self._sessions[phone]
        self._keep()
        return said

    async def _boot(self) -> str:
        self._power = True
        phones = tuple(self._sessions)
        await self._account(ON, "")
        for phone in phones:
            self._sessions[phone] = f"{self._rng.getrandbits(64):016X}"
            await self._account(START, phone)
        self._keep()
        return f"the access point has power, {len(phones)} phones joined again"

    def _keep(self) -> None:
        self._memory.save({"sessions": self._sessions})

    async def _account(self, status: int, phone: str) -> str:
        """Tells the server and waits for its word; says what became of it."""
        if not self._server.port:
            return "no server to account to"
        async with await anyio.create_connected_udp_socket(self._server.host, self._server.port) as udp:
            for tried in range(TRIES):
                packet = self._packet(status, phone, round(tried * self._answer_within_s))
                if not self._faults.strikes("lost"):
                    for _ in range(2 if self._faults.strikes("twice") else 1):
                        with contextlib.suppress(OSError, anyio.BrokenResourceError):
                            await udp.send(packet)
                with anyio.move_on_after(self._answer_within_s):
                    while True:
                        try:
                            heard = await udp.receive()
                        except (OSError, anyio.BrokenResourceError):
                            await anyio.sleep(self._answer_within_s)  # nobody listens there: it is asked again
                            continue
                        if self._answers(heard, packet):
                            self._answered += 1
                            return "told and answered"
        self._unanswered += 1
        return "told, and nobody answered"

    def _packet(self, status: int, phone: str, delay_s: int) -> bytes:
        server = self._server
        secret = server.secret + b"?" if self._faults.strikes("wrong_secret") else server.secret
        self._identifier = (self._identifier + 1) % 256
        told = [
            (STATUS, struct.pack(">I", status)),
            (NAS_IDENTIFIER, b"tillkeeper-ap"),
            (CALLED, f"{OWN}:{server.network}".encode()),
            (DELAY, struct.pack(">I", delay_s)),
        ]
        if phone:
            told += [(CALLING, phone.encode()), (SESSION, self._sessions[phone].encode())]
        body = b"".join(bytes([kind, 2 + len(value)]) + value for kind, value in told)
        head = struct.pack(">BBH", REQUEST, self._identifier, 20 + len(body) + 18)
        # RFC 2869, 5.14: the signature is made with zeros in both authenticators, then takes its place.
        unsigned = body + bytes([SIGNATURE, 18]) + bytes(16)
        signature = hmac.new(secret, head + bytes(16) + unsigned, md5).digest()
        signed = body + bytes([SIGNATURE, 18]) + signature
        return head + md5(head + bytes(16) + signed + secret).digest() + signed

    def _answers(self, heard: bytes, packet: bytes) -> bool:
        """An Accounting-Response to this very packet, signed with the secret."""
        if len(heard) < 20 or heard[0] != ANSWER or heard[1] != packet[1]:
            return False
        (length,) = struct.unpack_from(">H", heard, 2)
        proof = md5(heard[:4] + packet[4:20] + heard[20:length] + self._server.secret).digest()
        return length <= len(heard) and hmac.compare_digest(proof, heard[4:20])
