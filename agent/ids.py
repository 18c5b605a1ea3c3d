"""Identifiers made once and kept for ever: UUID version 7, so that they sort by time. Randomness is passed in."""

from __future__ import annotations

import random
import uuid


def new_id(now_ms: int, rng: random.Random) -> str:
    """A UUIDv7 as text, RFC 9562: 48 bits of milliseconds, then randomness."""
    value = (now_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62)
    return str(uuid.UUID(int=value))
