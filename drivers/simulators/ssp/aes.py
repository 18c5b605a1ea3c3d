"""AES with a 128-bit key, one block of 16 bytes at a time, as FIPS-197 describes it; slow and plain."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter

BLOCK = 16
ROUNDS = 10


def _times(left: int, right: int) -> int:
    """The product in GF(2^8), modulus x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = left << 1 ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return product


def _substitution() -> tuple[bytes, bytes]:
    forward, backward = bytearray(256), bytearray(256)
    inverse = [0] * 256
    for value in range(1, 256):
        if not inverse[value]:
            partner = next(other for other in range(1, 256) if _times(value, other) == 1)
            inverse[value], inverse[partner] = partner, value
    for value in range(256):
        seed = inverse[value]
        spread = seed
        for turn in range(1, 5):
            spread ^= (seed << turn | seed >> (8 - turn)) & 0xFF
        forward[value] = spread ^ 0x63
        backward[forward[value]] = value
    return bytes(forward), bytes(backward)


_BOX, _UNBOX = _substitution()


def _columns(row: tuple[int, int, int, int]) -> tuple[tuple[int, ...], ...]:
    """For each place in a column and each byte there: what it adds to the column times the circulant matrix."""
    return tuple(
        tuple(
            int.from_bytes(bytes(_times(value, row[(place - turn) % 4]) for turn in range(4)), "big")
            for value in range(256)
        )
        for place in range(4)
    )


_MIX, _UNMIX = _columns((2, 3, 1, 1)), _columns((14, 11, 13, 9))
# Where the byte at each place comes from when the rows are shifted; bytes run down the columns.
_SHIFTED = itemgetter(*((place + 4 * (place % 4)) % BLOCK for place in range(BLOCK)))
_UNSHIFTED = itemgetter(*((place - 4 * (place % 4)) % BLOCK for place in range(BLOCK)))


@lru_cache(maxsize=64)
def _round_keys(key: bytes) -> tuple[bytes, ...]:
    words = [key[at : at + 4] for at in range(0, BLOCK, 4)]
    constant = 1
    while len(words) < 4 * (ROUNDS + 1):
        word = words[-1]
        if len(words) % 4 == 0:
            word = bytes(_BOX[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _times(constant, 2)
        words.append(_added(words[-4], word))
    return tuple(b"".join(words[at : at + 4]) for at in range(0, len(words), 4))


def _added(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _mixed(state: bytes, tables: tuple[tuple[int, ...], ...]) -> bytes:
    first, second, third, fourth = tables
    return b"".join(
        (first[state[at]] ^ second[state[at + 1]] ^ third[state[at + 2]] ^ fourth[state[at + 3]]).to_bytes(4, "big")
        for at in range(0, BLOCK, 4)
    )


def encrypt(key: bytes, clear: bytes) -> bytes:
    """Every block by itself (ECB). `clear` is a whole number of blocks."""
    return b"".join(_encrypted(_round_keys(key), clear[at : at + BLOCK]) for at in range(0, len(clear), BLOCK))


def decrypt(key: bytes, sealed: bytes) -> bytes:
    """Every block by itself (ECB). `sealed` is a whole number of blocks."""
    return b"".join(_decrypted(_round_keys(key), sealed[at : at + BLOCK]) for at in range(0, len(sealed), BLOCK))


def _encrypted(keys: tuple[bytes, ...], block: bytes) -> bytes:
    state = _added(block, keys[0])
    for turn in range(1, ROUNDS + 1):
        state = bytes(_SHIFTED(state.translate(_BOX)))
        if turn < ROUNDS:
            state = _mixed(state, _MIX)
        state = _added(state, keys[turn])
    return state


def _decrypted(keys: tuple[bytes, ...], block: bytes) -> bytes:
    state = _added(block, keys[ROUNDS])
    for turn in range(ROUNDS - 1, -1, -1):
        state = bytes(_UNSHIFTED(state.translate(_UNBOX)))
        state = _added(state, keys[turn])
        if turn:
            state = _mixed(state, _UNMIX)
    return state
