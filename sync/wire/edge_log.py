"""The envelope of the edge log: what a device pushes to HQ and what HQ answers (edge log v1, push half).

    POST /v1/push/{stream}      body = zstd(JSON Push), `authorization: Bearer DEVICE_KEY`, `content-encoding: zstd`
    200 Ack                     everything up to `ack` is committed at HQ; cumulative
    409 Gap                     the batch starts after a hole: rewind to `expect`
    409 Fork                    same sequence, other hash: this device's numbers were used before (a restored backup),
                                or an epoch that another one has followed: hello.py
    400 / 413 / 401 / 503       Problem: unreadable or too large: halve the batch; key unknown; busy: Retry-After
                                400 not_droppable too: `dropped` in a stream of which nothing may be missing

Key of an item for ever: (device, epoch, stream, seq). seq is dense per stream. `hash` chains the items: sha256 hex of
(previous hash in hex + "\\n" + id + "\\n" + kind + "\\n" + v + "\\n" + sha256 hex of the body bytes), in ASCII.
"""

from __future__ import annotations

import hashlib

import msgspec

GENESIS = "0" * 64
MAX_ITEMS = 500
DROPPABLE = frozenset({"visits", "telemetry"})
"""Streams whose items a device may drop when its room is short. Sales are none of them."""
MAX_ENDED = 100
"""Epochs in one push: a box begins one each time it comes back from a backup."""
MAX_MARKS = 64
MARK_DIGITS = 16
"""Hex digits of a mark: enough to tell two histories of one box apart, and a quarter of the room."""
MAX_WIRE_BYTES = 256 * 1024
MAX_RAW_BYTES = 8 * 1024 * 1024


class Item(msgspec.Struct, frozen=True):
    """One fact. `body` is the raw JSON as it was hashed; `at_ms` is the device's wall clock when it was committed."""

    seq: int
    id: str
    kind: str
    v: int
    at_ms: int
    hash: str
    body: msgspec.Raw


class Dropped(msgspec.Struct, frozen=True):
    """Items that will never come: the device gave their room to sales. `hash` is the last one's, so the chain goes on.

    In streams of DROPPABLE only.
    """

    first: int
    last: int
    hash: str


class Mark(msgspec.Struct, frozen=True):
    """Of item `seq` the beginning of its hash."""

    seq: int
    hash: str


class Ended(msgspec.Struct, frozen=True):
    """Of an epoch that the device has left: HQ had acknowledged everything up to `last`, and it is kept no more. An HQ
    that came back from a backup may lack some of it, and would hear of that from nobody. In streams of DROPPABLE.

    `hash` is that of item `last`; `marks` are the first MARK_DIGITS of the hashes of items up to it, oldest first: the
    numbers of a left epoch may have been given by two lives of a box, and HQ looks how far it has this one's."""

    epoch: int
    last: int
    hash: str = ""
    marks: list[Mark] = []


class Push(msgspec.Struct, frozen=True, omit_defaults=True):
    """A batch of consecutive items of one stream: items[0].seq == first. `dropped` ends at first - 1.

    `prev` is the hash of what comes before: of item first - 1, or of the one before `dropped`. So an empty batch, too,
    says which history it is of; "" from a device that no longer keeps that item, or does not know this member.
    `ended` goes with number 1 of an epoch.
    """

    device: str
    epoch: int
    first: int
    items: list[Item]
    dropped: Dropped | None = None
    prev: str = ""
    ended: list[Ended] = []


class Ack(msgspec.Struct, frozen=True):
    """`hash` is that of item `ack` as HQ has it: a device takes this for delivered only if its own is the same. Equal
    hashes mean equal histories up to there, so nobody else's item can be taken for one of ours. `fates` counts what
    became of the items that were new with this push: taken, known (by id), kept (of a kind HQ does not know),
    quarantined (it does not fit; a person at HQ looks)."""

    ack: int
    server_time_ms: int
    max_items: int = MAX_ITEMS
    hash: str = ""
    fates: dict[str, int] = {}


class Gap(msgspec.Struct, frozen=True, tag="gap", tag_field="problem"):
    expect: int


class Fork(msgspec.Struct, frozen=True, tag="fork", tag_field="problem"):
    seq: int


class Problem(msgspec.Struct, frozen=True, tag="refused", tag_field="problem"):
    code: str
    what: str


def chain(previous_hash: str, id: str, kind: str, v: int, body: bytes) -> str:
    """The hash of an item that follows `previous_hash` (hex, GENESIS for the first)."""
    text = f"{previous_hash}\n{id}\n{kind}\n{v}\n{hashlib.sha256(body).hexdigest()}"
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def sendable(body: bytes) -> bytes:
    """The body as it is; one that a damaged disk has left no JSON goes in base64, for a person at HQ: a batch with it
    would be refused, alone as well, and nothing behind it would ever arrive."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.encode({"unreadable": body})
    return body
