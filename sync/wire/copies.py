"""What HQ gives back to a device that lost its memory: its own facts as HQ keeps them (edge log v1, copies back).

    GET /v1/copies/{stream}?epoch=E&after=S     signed like every request of a device
    200 Copies          what this device has told of a stream after item (E, S), in the order it was told, page by page
    401 / 404 / 503     Problem: key unknown; no such stream; busy: Retry-After

(0, 0) asks from the beginning. A fact that came again under a later epoch is given once, where it came first. Reading
changes nothing at HQ: whoever asks twice is given the same.
"""

from __future__ import annotations

import msgspec

COPIES_AT_ONCE = 500
COPIES_BYTES = 1024 * 1024
"""Bodies of a page: a page is cut at the fact that exceeds it."""
GIVEN_BACK = frozenset({"sales"})
"""The streams a device can begin again from."""


class Copy(msgspec.Struct, frozen=True):
    """One fact under the number and hash it had. `fate`: taken, kept or quarantined."""

    epoch: int
    seq: int
    id: str
    kind: str
    v: int
    at_ms: int
    hash: str
    fate: str
    body: msgspec.Raw


class Copies(msgspec.Struct, frozen=True):
    """The next page is asked for after (`epoch`, `after`); `more`: there is one."""

    copies: list[Copy]
    epoch: int
    after: int
    more: bool
    server_time_ms: int
