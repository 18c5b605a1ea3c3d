"""The handshake of the edge log: do a device's numbers and HQ's belong together? And the way to new numbers.

    POST /v1/hello    body = JSON Hello      200 Welcome      what HQ has of each stream, and whether it is this history
    POST /v1/epoch    body = JSON NewEpoch   200 EpochIssued  an epoch nobody has numbered anything under
                                             400 / 401 / 403 / 503   Problem, as for a push

A box restored from an image gives numbers again that it had given before. HQ says so ("fork") before the first push:
the box asks for an epoch, numbers anew what HQ has not acknowledged, and HQ matches by id what it knows already. The
same `request` gets the same epoch again for as long as nothing was pushed under it: an answer may be lost.
"""

from __future__ import annotations

from enum import Enum

import msgspec

PROTOCOL = 1
FEATURES = ("ack_hash", "prev", "epoch", "dropped", "commands")
"""Additions to version 1 by name; each side ignores names it does not know."""
MAX_HELLO_BYTES = 16 * 1024
MAX_STREAMS = 32
MAX_EPOCH = 2**31 - 1


class Standing(Enum):
    """How a device's stream and HQ's belong together."""

    SAME = "same"  # HQ has the beginning of what the device has, or all of it
    BEHIND = "behind"  # HQ lacks what it had acknowledged: it came back from an older backup and asks for it again
    FORK = "fork"  # two histories: nothing may be pushed under these numbers
    UNKNOWN = "unknown"  # HQ does not know such a stream: its items wait in the device


class StreamHead(msgspec.Struct, frozen=True):
    """What a device says of a stream: the last number it gave, the last one HQ acknowledged, and their hashes (GENESIS
    for 0; "" for one that is no longer kept)."""

    stream: str
    epoch: int
    head: int
    head_hash: str
    acked: int
    acked_hash: str


class Hello(msgspec.Struct, frozen=True):
    """`protocols` and `features`: what this device speaks; `clock_ms`: its wall clock as this was sent. `device` ""
    asks whose key this is."""

    device: str
    streams: list[StreamHead]
    clock_ms: int
    protocols: list[int] = msgspec.field(default_factory=lambda: [PROTOCOL])
    features: list[str] = msgspec.field(default_factory=lambda: list(FEATURES))
    program: str = ""


class StreamStand(msgspec.Struct, frozen=True):
    """HQ's end of a stream under the epoch the device named; `epoch` is the newest that HQ knows of the stream."""

    stream: str
    epoch: int
    seq: int
    hash: str
    standing: Standing


class Welcome(msgspec.Struct, frozen=True):
    """`kinds`: "stream/kind" and the newest version of its items that HQ reads; two older ones it reads as well.
    `customer_key`: the chain's secret for keys of customers in hex (customer_facts.py), "" where HQ keeps none; a
    device keeps it as it keeps its own key, outside its data."""

    protocol: int
    protocols: list[int]
    features: list[str]
    server_time_ms: int
    max_items: int
    streams: list[StreamStand]
    kinds: dict[str, int] = {}
    device: str = ""
    customer_key: str = ""


class NewEpoch(msgspec.Struct, frozen=True):
    """`request` is made once by the device and durable there before it asks; `above`: the epoch it leaves."""

    device: str
    request: str
    streams: list[str]
    above: int


class EpochIssued(msgspec.Struct, frozen=True):
    epoch: int
    server_time_ms: int
