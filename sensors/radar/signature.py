"""What a phone's probe requests say about its make, without its address and without the networks it looks for.

The stable bytes ("signature v2", /reference/sensors/wifi.md) are, element by element in the order sent:

    SSID 0, DS 3                    nothing: where it looks and on which channel
    rates 1, 50, capabilities 127   id, length, all bytes
    HT 45                           id, length kept, the first 3 bytes
    VHT 191                         id, length kept, the first 4 bytes
    vendor 221                      id, length kept, OUI and type (the first 4 bytes)
    extension 255                   id, length kept, the extension's id (the first byte)
    every other                     id, length

Equal phones of one model say the same: a signature is a model and its system, not a person. Even so the stable bytes
stay in this process; what leaves is a keyed hash of them whose key is forgotten each midnight (sensors/salt.py).
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from sensors.radar.elements import (
    DS,
    EXTENDED_CAPABILITIES,
    EXTENDED_RATES,
    EXTENSION,
    HT,
    RATES,
    SSID,
    VENDOR,
    VHT,
)

KEY_BYTES = 8
"""Of a hash: among 100,000 signatures of a day two fall together once in four thousand years of days."""
MOST_SHAPES = 8_192
"""Remembered: a busy lab shows 200 makes on 13 channels. Frames made up at random only cost the memory of these."""
_SILENT = frozenset((SSID, DS))
_WHOLE = frozenset((RATES, EXTENDED_RATES, EXTENDED_CAPABILITIES))
_FIRST = {HT: 3, VHT: 4, VENDOR: 4, EXTENSION: 1}


class Shape(msgspec.Struct, frozen=True):
    """What the elements of one frame say: identifiers in order, stable bytes, and whether no element was cut short.

    The identifier of an element that is cut short is the last of `ids`; `stable` ends before it.
    """

    ids: tuple[int, ...]
    stable: bytes
    whole: bool


def shape_of(tagged: bytes) -> Shape:
    """Reads the elements once. Never raises: it stops where an element reaches beyond the end."""
    ids: list[int] = []
    stable = bytearray()
    at, end = 0, len(tagged)
    whole = True
    while at + 2 <= end:
        id, length = tagged[at], tagged[at + 1]
        begins = at + 2
        at = begins + length
        ids.append(id)
        if at > end:
            whole = False
            break
        if id in _SILENT:
            continue
        if id in _WHOLE:
            stable += tagged[begins - 2 : at]
        elif id in _FIRST:
            kept = min(length, _FIRST[id])
            stable.append(id)
            stable.append(kept)
            stable += tagged[begins : begins + kept]
        else:
            stable += tagged[begins - 2 : begins]
    return Shape(tuple(ids), bytes(stable), whole and at == end)


class Shapes:
    """Remembers shapes by the elements behind the SSID: a phone sends the same ones again and again."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = MOST_SHAPES) -> None:
        self._known: dict[bytes, Shape] = {}
        self._most = most

    def __len__(self) -> int:
        return len(self._known)

    def of(self, tagged: bytes) -> Shape:
        """The same as `shape_of`, sooner."""
        if len(tagged) < 2 or tagged[0] != SSID:
            return shape_of(tagged)  # the standard puts the SSID first; whoever does not is rare
        rest = tagged[2 + tagged[1] :]
        shape = self._known.get(rest)
        return self._learn(tagged, rest) if shape is None else shape

    def _learn(self, tagged: bytes, rest: bytes) -> Shape:
        shape = shape_of(tagged)
        if not rest:
            return shape  # the SSID is all there is, or it is cut short: what follows says nothing
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[rest] = shape
        return shape


def key_of(stable: bytes, salt: bytes) -> str:
    """The only form in which a signature leaves the process: BLAKE2b with the day's salt as its key, in hex."""
    return blake2b(stable, digest_size=KEY_BYTES, key=salt).hexdigest()


class Keys:
    """Keys under one salt, remembered; a new salt makes new ones."""

    __slots__ = ("_known", "_most", "_salt")

    def __init__(self, salt: bytes, most: int = MOST_SHAPES) -> None:
        self._salt = salt
        self._known: dict[bytes, str] = {}
        self._most = most

    def of(self, shape: Shape) -> str:
        key = self._known.get(shape.stable)
        if key is None:
            if len(self._known) >= self._most:
                self._known.clear()
            key = self._known[shape.stable] = key_of(shape.stable, self._salt)
        return key
