"""Passwords of the office's people, kept as argon2id hashes as the cashiers' PINs are in the shops."""

from __future__ import annotations

import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 200
"""Ten characters at five guesses a minute; longer than 200 is no password but a way to keep the machine busy."""
_hasher = PasswordHasher()
NOBODYS = _hasher.hash("a password that nobody has")
"""Verified where there is no such login, so that the answer takes as long."""


def long_enough(password: str) -> bool:
    return SHORTEST <= len(password) <= LONGEST


async def hash_of(password: str) -> str:
    """About 50 ms of arithmetic, off the event loop."""
    return await anyio.to_thread.run_sync(_hasher.hash, password)


async def fits(password_hash: str, password: str) -> bool:
    return await anyio.to_thread.run_sync(_fits, password_hash, password)


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
