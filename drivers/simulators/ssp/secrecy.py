"""eSSP on the device's side: the key exchange, and packets sealed with a counter.

    DATA = 7E | AES-128-ECB( LEN | COUNT (4) | data | random padding | CRC low  CRC high )

All numbers little-endian. The host sends COUNT n; the device accepts only its own n, counts on, and answers with n + 1.
A packet with another count, or one that does not open, is dropped without a word. The AES key is the fixed key (8
bytes) followed by the exchanged one (8 bytes). Source: Innovative Technology's public C library (ITLSSPProc.c).
"""

from __future__ import annotations

import random

from drivers.simulators.ssp import aes
from drivers.simulators.ssp.frames import checksum

STEX = 0x7E
DEFAULT_FIXED_KEY = 0x0123456701234567
AROUND = 7  # LEN, COUNT and CRC
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # enough for every number below 2^64


def is_prime(number: int) -> bool:
    """Miller-Rabin, certain below 2^64."""
    if number < 2:
        return False
    for small in _WITNESSES:
        if number % small == 0:
            return number == small
    odd, halvings = number - 1, 0
    while odd % 2 == 0:
        odd, halvings = odd // 2, halvings + 1
    return all(_passes(number, witness, odd, halvings) for witness in _WITNESSES)


def _passes(number: int, witness: int, odd: int, halvings: int) -> bool:
    power = pow(witness, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(halvings - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


class Secrecy:
    """One unit's keys. All but the fixed key is forgotten without power."""

    def __init__(self, rng: random.Random, fixed_key: int = DEFAULT_FIXED_KEY) -> None:
        self._rng = rng
        self.fixed_key = fixed_key
        self.generator = 0
        self.modulus = 0
        self._key: bytes | None = None
        self._count = 0

    @property
    def agreed(self) -> bool:
        return self._key is not None

    def forget(self) -> None:
        self.generator = self.modulus = self._count = 0
        self._key = None

    def exchange(self, host_inter: int) -> int | None:
        """The device's half of the exchange; None while generator or modulus is missing."""
        if not self.generator or not self.modulus:
            return None
        secret = self._rng.randrange(2, 1 << 31)
        shared = pow(host_inter, secret, self.modulus)
        self._key = self.fixed_key.to_bytes(8, "little") + shared.to_bytes(8, "little")
        self._count = 0
        return pow(self.generator, secret, self.modulus)

    def open(self, sealed: bytes) -> bytes | None:
        """What was in the packet; None when it is to be dropped. Counts on."""
        opened = self.peek(sealed)
        if opened is not None:
            self._count = (self._count + 1) & 0xFFFFFFFF
        return opened

    def peek(self, sealed: bytes) -> bytes | None:
        """The same without counting on."""
        if self._key is None or not sealed or len(sealed) % aes.BLOCK:
            return None
        clear = aes.decrypt(self._key, sealed)
        if checksum(clear[:-2]) != int.from_bytes(clear[-2:], "little"):
            return None
        size, count = clear[0], int.from_bytes(clear[1:5], "little")
        if count != self._count or not 0 < size <= len(clear) - AROUND:
            return None
        return clear[5 : 5 + size]

    def seal(self, data: bytes) -> bytes:
        """The DATA field for an answer."""
        if self._key is None:
            raise ValueError("no key was agreed")
        clear = bytes([len(data)]) + self._count.to_bytes(4, "little") + data
        clear += self._rng.randbytes(-(len(data) + AROUND) % aes.BLOCK)
        clear += checksum(clear).to_bytes(2, "little")
        return bytes([STEX]) + aes.encrypt(self._key, clear)
