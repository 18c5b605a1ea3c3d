"""Unpacks a pushed body: bounded on the wire, bounded when unpacked, and one reason in words when it cannot be read.

body = zstd frame of JSON Push (content-encoding: zstd), or the JSON itself (no content-encoding: for curl)
"""

from __future__ import annotations

import re

import msgspec
import zstandard

from sync.wire.edge_log import (
    MARK_DIGITS,
    MAX_ENDED,
    MAX_ITEMS,
    MAX_MARKS,
    MAX_RAW_BYTES,
    MAX_WIRE_BYTES,
    Ended,
    Push,
)
from sync.wire.hello import MAX_EPOCH

MAX_SEQ = 2**53  # whole numbers above this are not safe in every JSON reader


class Unreadable(Exception):
    """The batch is refused as a whole: `status` is 400, 413 or 415, `code` one word, `what` a sentence."""

    def __init__(self, status: int, code: str, what: str) -> None:
        super().__init__(what)
        self.status, self.code, self.what = status, code, what


_DECODER = msgspec.json.Decoder(Push)


def too_large_on_wire() -> Unreadable:
    return Unreadable(413, "too_large", f"a batch is at most {MAX_WIRE_BYTES} bytes on the wire")


def unpack(body: bytes, encoding: str) -> Push:
    """The batch inside `body`, or Unreadable. Items are consecutive from `first` and at most MAX_ITEMS."""
    if len(body) > MAX_WIRE_BYTES:
        raise too_large_on_wire()
    if encoding == "zstd":
        body = _unzstd(body)
    elif encoding not in ("", "identity"):
        raise Unreadable(415, "encoding", "content-encoding is zstd or absent")
    try:
        push = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(400, "bad_json", f"not a batch: {error}") from None
    if not 0 <= push.epoch <= MAX_EPOCH or not 1 <= push.first <= MAX_SEQ:
        raise Unreadable(400, "bad_numbers", "epoch or first is out of range")
    if len(push.items) > MAX_ITEMS:
        raise Unreadable(413, "too_many", f"a batch is at most {MAX_ITEMS} items")
    for place, item in enumerate(push.items):
        if item.seq != push.first + place:
            raise Unreadable(400, "not_dense", f"item {place} has seq {item.seq}, expected {push.first + place}")
        if "\0" in item.id or "\0" in item.kind or "\0" in item.hash:
            raise Unreadable(400, "bad_json", f"item {place} has the character NUL in a name")
    dropped = push.dropped
    if dropped is not None and not (
        1 <= dropped.first <= dropped.last == push.first - 1 and re.fullmatch("[0-9a-f]{64}", dropped.hash)
    ):
        raise Unreadable(400, "bad_numbers", "what was dropped does not end where the items begin")
    if len(push.ended) > MAX_ENDED or not all(map(_readable, push.ended)):
        raise Unreadable(400, "bad_numbers", f"at most {MAX_ENDED} epochs that ended, each with its last number")
    return push


def _readable(ended: Ended) -> bool:
    return (
        0 <= ended.epoch <= MAX_EPOCH
        and 1 <= ended.last <= MAX_SEQ
        and re.fullmatch("([0-9a-f]{64})?", ended.hash) is not None
        and len(ended.marks) <= MAX_MARKS
        and all(
            1 <= mark.seq <= ended.last and re.fullmatch(f"[0-9a-f]{{{MARK_DIGITS}}}", mark.hash)
            for mark in ended.marks
        )
    )


def _unzstd(body: bytes) -> bytes:
    """One whole frame. The size in its header is checked before memory is taken: a few bytes can promise terabytes."""
    try:
        promised = zstandard.get_frame_parameters(body).content_size
        if promised != zstandard.CONTENTSIZE_UNKNOWN and promised > MAX_RAW_BYTES:
            raise Unreadable(413, "too_large", f"a batch is at most {MAX_RAW_BYTES} bytes unpacked")
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=MAX_RAW_BYTES)
    except zstandard.ZstdError as error:
        raise Unreadable(400, "bad_zstd", f"not one whole zstd frame: {error}") from None
