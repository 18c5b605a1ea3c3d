"""What the status codes in a ccTalk event buffer mean for the money: refused, noticed, a trouble, or more.

An entry with A = 0 is no credit; B says what happened. The words of each code are in refusals.json.
Source: the tables of ashaduri/qt-cctalk and mordae/cctalk; what each code means for the money is our reading.
"""

from __future__ import annotations

from enum import Enum, auto


class Meaning(Enum):
    REJECTED = auto()  # the shopper has it back
    NOTICED = auto()  # for the log and the alarms
    TROUBLE = auto()  # takes nothing until it is well
    TROUBLE_INSIDE = auto()  # a piece may be stuck on our side
    LOST = auto()  # a piece is gone without credit
    RETURNED = auto()  # out of escrow
    STACKED_UNKNOWN = auto()  # in the box, of no known value
    CASSETTE_OUT = auto()
    CASSETTE_BACK = auto()
    WELL = auto()


COIN_REJECTED = frozenset({1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 25, 37, 38})
COIN_TROUBLE = frozenset({14, 15, 26, 29, 30, 35})
COIN_NAMED = frozenset({*range(1, 41), 253, 254, 255})
SWALLOWED = 36

BILL_MEANINGS = {
    **dict.fromkeys((0, 2, 3, 4, 5), Meaning.REJECTED),
    1: Meaning.RETURNED,
    **dict.fromkeys((6, 14, 19), Meaning.TROUBLE),
    **dict.fromkeys((7, 13, 15, 16), Meaning.TROUBLE_INSIDE),
    10: Meaning.WELL,
    11: Meaning.CASSETTE_OUT,
    12: Meaning.CASSETTE_BACK,
    21: Meaning.STACKED_UNKNOWN,
}
BILL_NAMED = frozenset(range(22))


def coin_status(code: int) -> tuple[Meaning, str]:
    """(meaning, the code of its words)."""
    if 128 <= code <= 159:
        return Meaning.REJECTED, "cctalk.coin.2"
    if 160 <= code <= 191:
        return Meaning.NOTICED, "cctalk.coin.cancelled"
    words = f"cctalk.coin.{code}" if code in COIN_NAMED else "cctalk.coin.255"
    if code == SWALLOWED:
        return Meaning.LOST, words
    if code in COIN_REJECTED:
        return Meaning.REJECTED, words
    return (Meaning.TROUBLE if code in COIN_TROUBLE else Meaning.NOTICED), words


def bill_status(code: int) -> tuple[Meaning, str]:
    """(meaning, the code of its words)."""
    if code not in BILL_NAMED:
        return Meaning.NOTICED, "cctalk.bill.unknown"
    return BILL_MEANINGS.get(code, Meaning.NOTICED), f"cctalk.bill.{code}"
