"""What the tests of the association program share: packets made from the RFC's formulas, a floor, an agent's end."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable
from ipaddress import ip_network

from sensors.association.counts import Counts
from sensors.association.floor import Floor
from sensors.association.outbox import Outbox
from sensors.association.radius_door import RadiusClient, RadiusDoor
from sensors.association_messages import Came, Left, ToAgent, at_the_agent

SECRET = b"xyzzy5461-shop-1"
TENANT, SALT = bytes(range(32)), bytes(range(32, 64))
NETWORK = "Guests"
ADDRESS = bytes.fromhex("a45e60112233")
NOW_MS = 1_763_800_000_000
ROUTER = "192.168.10.2"

Attributes = list[tuple[int, bytes]]


def packet(attributes: Attributes, identifier: int = 1, secret: bytes = SECRET, *, sign: bool = False) -> bytes:
    """An Accounting-Request: RFC 2866, 3; with `sign` a Message-Authenticator, RFC 2869, 5.14."""
    attributes = [*attributes, (80, bytes(16))] if sign else attributes
    if sign:
        attributes[-1] = (80, hmac.new(secret, _whole(attributes, identifier, bytes(16)), hashlib.md5).digest())
    blank = _whole(attributes, identifier, bytes(16))
    return _whole(attributes, identifier, hashlib.md5(blank + secret).digest())


def _whole(attributes: Attributes, identifier: int, authenticator: bytes) -> bytes:
    body = b"".join(struct.pack("BB", kind, 2 + len(value)) + value for kind, value in attributes)
    return struct.pack(">BBH16s", 4, identifier, 20 + len(body), authenticator) + body


def session(
    status: int, address: str = "A4-5E-60-11-22-33", network: str = NETWORK, name: bytes = b"S-1", delay_s: int = 0
) -> Attributes:
    return [
        (1, b"anna.petrova@example.org"),
        (30, f"00-10-A4-23-19-C0:{network}".encode()),
        (31, address.encode()),
        (40, struct.pack(">I", status)),
        (41, struct.pack(">I", delay_s)),
        (44, name),
    ]


class Clock:
    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


class Shop:
    """A floor with its outbox, and the door of RADIUS before it."""

    def __init__(self, salt: Callable[[int], bytes] = lambda _: SALT) -> None:
        self.clock, self.counts, self.outbox = Clock(), Counts(), Outbox()
        self.floor = Floor("wifi", "b1", [NETWORK], TENANT, salt, self.outbox, self.counts, self.clock)
        client = RadiusClient("hall", (ip_network(f"{ROUTER}/32"),), SECRET, "", "hall")
        self.radius = RadiusDoor((client,), self.floor, self.counts, self.clock)

    def told(self) -> list[ToAgent]:
        """What left the floor since the last call."""
        return at_the_agent().feed(self.outbox.next(10_000))

    def moves(self) -> list[tuple[str, bool, str]]:
        """(came or left, agreed, key) since the last call."""
        return [
            ("came" if isinstance(one, Came) else "left", one.agreed, one.sighting.key)
            for one in self.told()
            if isinstance(one, Came | Left)
        ]


def traces(secrets: list[str], written: bytes) -> list[str]:
    """Which of these words or addresses can be found, in any spelling that somebody would look for."""
    low = written.lower()
    found = []
    for secret in secrets:
        try:
            raw = bytes.fromhex(secret.replace(":", ""))
        except ValueError:
            forms = [secret.encode().lower()]
        else:
            forms = [raw, raw.hex().encode(), raw.hex(":").encode(), raw.hex("-").encode(), raw.hex(".", 2).encode()]
        found += [secret for form in forms if form in (written if form == secret else low)]
    return found
