"""The tagged elements at the end of a probe request: identifier, length, content, one after the other.

+----+--------+-----------------+----+--------+---- ...      IEEE 802.11-2020, 9.4.2.1
| id | length | length bytes    | id | length |
+----+--------+-----------------+----+--------+---- ...
255: the first byte of the content is the identifier's extension
221: the first three bytes are the vendor's OUI, the fourth the vendor's own type
"""

from __future__ import annotations

import msgspec

SSID = 0
RATES = 1
DS = 3
HT = 45
EXTENDED_RATES = 50
EXTENDED_CAPABILITIES = 127
VHT = 191
VENDOR = 221
EXTENSION = 255


class Element(msgspec.Struct, frozen=True):
    """One element; `content` lacks the two bytes of identifier and length."""

    id: int
    content: bytes


def elements_of(tagged: bytes) -> tuple[tuple[Element, ...], bool]:
    """The elements up to the first that is cut short (which is left out), and whether there was none such."""
    found: list[Element] = []
    at, end = 0, len(tagged)
    while at + 2 <= end:
        begins = at + 2
        at = begins + tagged[begins - 1]
        if at > end:
            return tuple(found), False
        found.append(Element(tagged[begins - 2], tagged[begins:at]))
    return tuple(found), at == end
