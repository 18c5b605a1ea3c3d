"""A station's address as routers write it, in all the spellings in use, and the name of the network beside it.

    a4:5e:60:11:22:33   A4-5E-60-11-22-33   a45e.6011.2233   a45e60112233   a45e60-112233
    1:a4:5e:60:11:22:33                     a DHCP client id: the hardware type before the address
    0:c:42:0:1:2                            each octet without its leading zero
    00-10-A4-23-19-C0:Guests                RFC 3580, 3.20: the access point's address, a colon, the network's name

An address is read, made a pseudonym (pseudonyms.py) and let go: no record of this program has a field for one.
"""

from __future__ import annotations

import re

OCTETS = 6
_PARTS = re.compile(r"(?:0?1[:-])?([0-9a-f]{1,2})([:-])([0-9a-f]{1,2})(?:\2[0-9a-f]{1,2}){4}")
_RUN = re.compile(r"[0-9a-f]{12}|[0-9a-f]{4}([.-])[0-9a-f]{4}\1[0-9a-f]{4}|[0-9a-f]{6}[:-][0-9a-f]{6}")
_LEADING = re.compile(
    r"(?:[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}"
    r"|[0-9a-f]{4}([.-])[0-9a-f]{4}\2[0-9a-f]{4}|[0-9a-f]{12})(?=[^0-9a-z]|$)",
    re.IGNORECASE,
)
LONGEST = 64
"""An attribute has 253 bytes; no spelling of an address has more than 23."""
LONGEST_NETWORK_BYTES = 32
"""IEEE 802.11, 9.4.2.2."""


def station_address(text: str) -> bytes | None:
    """Six octets of one device; None for what is no address, a group's address, or nobody's."""
    plain = text.strip().lower()
    if len(plain) > LONGEST or not plain.isascii():
        return None
    if _PARTS.fullmatch(plain):
        octets = bytes(int(part, 16) for part in re.split(r"[:-]", plain)[-OCTETS:])
    elif _RUN.fullmatch(plain):
        octets = bytes.fromhex(re.sub(r"[.:-]", "", plain))
    else:
        return None
    return octets if any(octets) and not octets[0] & 1 else None


def network_of(called: str) -> str:
    """The network's name in a Called-Station-Id; empty where it holds the access point's address alone, or no address.

    A name may hold colons. One that is longer than a name can be is none.
    """
    found = _LEADING.match(called.strip())
    if found is None:
        return ""
    rest = called.strip()[found.end() :]
    name = rest[1:] if rest[:1] == ":" else ""
    return name if len(name.encode()) <= LONGEST_NETWORK_BYTES else ""
