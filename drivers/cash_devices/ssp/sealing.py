"""eSSP: how host and device agree on a key in plain sight, and how a packet's data is encrypted with it.

    host  4A generator (8 bytes, least first, prime)      4B modulus (the same)      4C host's g^a mod p
    device                                                                           F0 device's g^b mod p
    key = the fixed key (8 bytes, least first) and g^ab mod p (8 bytes, least first); AES-128

    DATA = 7E | AES-ECB( length 1 | counter 4, least first | data | random bytes | CRC low, CRC high )

The clear text is filled up to whole blocks of 16; its CRC is that of the packets. The host sends counter n, the device
counts and answers with n+1, which the host sends next: a packet that was taken down and played again is dropped.
Source: Innovative Technology's SSP library (`ITLSSPProc.c`, `Encryption.c`).
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from drivers.cash_devices.ssp.frames import crc16_ssp

SEALED = 0x7E
BLOCK = 16
RandBits = Callable[[int], int]

# Two primes below 2^32. They are sent in plain text each time, so that others would be no better secret than these;
# what is secret is the exponent, and the fixed key above all.
GENERATOR = 982_451_653
MODULUS = 2_147_483_647


class HostExponent:
    """The host's half of a key exchange."""

    def __init__(self, randbits: RandBits) -> None:
        self._exponent = 2 + randbits(30)
        self.public = pow(GENERATOR, self._exponent, MODULUS)

    def shared(self, device_public: int) -> int:
        return pow(device_public, self._exponent, MODULUS)


class Seal:
    """A key in use, and the counter both sides keep."""

    def __init__(self, fixed: int, shared: int, randbits: RandBits) -> None:
        key = fixed.to_bytes(8, "little") + shared.to_bytes(8, "little")
        # The protocol prescribes ECB; the counter in each packet keeps equal commands from looking equal.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())
        self._randbits = randbits
        self.count = 0

    def close(self, data: bytes) -> bytes:
        """The data field of a packet. Does not count: that is done when the answer is right."""
        clear = bytes([len(data)]) + self.count.to_bytes(4, "little") + data
        fill = -(len(clear) + 2) % BLOCK
        clear += self._randbits(8 * fill).to_bytes(fill, "little") if fill else b""
        clear += crc16_ssp(clear).to_bytes(2, "little")
        sealing = self._cipher.encryptor()
        return bytes([SEALED]) + sealing.update(clear) + sealing.finalize()

    def open(self, field: bytes) -> bytes | None:
        """The answer's data, and the counter goes on; None if it is not the answer to what was closed last."""
        secret = field[1:]
        if field[:1] != bytes([SEALED]) or not secret or len(secret) % BLOCK:
            return None
        opening = self._cipher.decryptor()
        clear = opening.update(secret) + opening.finalize()
        length, count = clear[0], int.from_bytes(clear[1:5], "little")
        if crc16_ssp(clear[:-2]) != int.from_bytes(clear[-2:], "little") or length > len(clear) - 7:
            return None
        following = (self.count + 1) & 0xFFFFFFFF
        if count != following:
            return None
        self.count = following
        return clear[5 : 5 + length]
