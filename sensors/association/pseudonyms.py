"""What becomes of an address: a key that returns where its owner agreed to that, and a day's number where not.

    returning   hex( HMAC-SHA-256( tenant key, "wifi" 00 length(network) network address ) )[:32]
    of the day  "day-" + hex( HMAC-SHA-256( the day's salt, the same ) )[:16]

The returning key is the same in every shop of the chain that has the tenant key and the network's name, for as long as
a phone keeps its address for that network (Android 10, iOS 14: until the network is forgotten). It is computed for
every station, looked up among the keys whose owners agreed, and dropped at once where it is not there: of somebody who
did not agree nothing outlives the call but a number that is another one tomorrow.
"""

from __future__ import annotations

import hmac
from collections.abc import Container
from dataclasses import dataclass
from hashlib import sha256

from sensors.association_messages import DAY_MARK

KEY_BYTES = 32
RETURNING_HEX = 32
"""128 bits: among ten million devices two never meet."""
DAY_HEX = 16
"""64 bits: enough for one shop and one day."""


@dataclass(frozen=True, slots=True)
class Told:
    """The key a device is told under. `agreed`: it returns, and its owner agreed to that."""

    key: str
    agreed: bool


def returning_key(tenant_key: bytes, network: str, address: bytes) -> str:
    """The key of an associated device: `Kind.MAC` in the identity graph. Raises ValueError for no key, no address."""
    return _keyed(tenant_key, network, address)[:RETURNING_HEX]


def day_key(salt: bytes, network: str, address: bytes) -> str:
    return DAY_MARK + _keyed(salt, network, address)[:DAY_HEX]


def told_as(tenant_key: bytes, salt: bytes, network: str, address: bytes, agreed: Container[str]) -> Told:
    """The one key this device may be told under now. `agreed`: returning keys with a standing consent."""
    key = returning_key(tenant_key, network, address)
    return Told(key, True) if key in agreed else Told(day_key(salt, network, address), False)


def is_returning(key: str) -> bool:
    """The shape of a returning key, and of no other."""
    return len(key) == RETURNING_HEX and not set(key) - set("0123456789abcdef")


def _keyed(secret: bytes, network: str, address: bytes) -> str:
    if len(secret) != KEY_BYTES or len(address) != 6:
        raise ValueError("a key of 32 bytes and an address of six")
    name = network.encode()
    return hmac.new(secret, b"wifi\0" + bytes([len(name)]) + name + address, sha256).hexdigest()
