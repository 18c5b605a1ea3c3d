"""The commands that move money: authorisation (06 01), reversal of a slip (06 30), refund (06 31).

    06 01 LEN 04 amount6 49 currency2
    06 30 LEN password3 87 slip2
    06 31 LEN password3 04 amount6 49 currency2

No card data is ever sent: the card is presented to the terminal. Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from drivers.payment_terminals.contract import CardOperation, CardRequest
from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.apdu import Apdu
from drivers.wire.bcd import to_bcd


def money_command(request: CardRequest, password: bytes) -> Apdu:
    """The command for a request. ValueError if its numbers do not fit the fields."""
    sum_asked = bytes([bitmaps.AMOUNT]) + to_bcd(request.amount_minor, 6)
    sum_asked += bytes([bitmaps.CURRENCY]) + to_bcd(request.currency, 2)
    match request.operation:
        case CardOperation.PURCHASE:
            return Apdu(0x0601, sum_asked)
        case CardOperation.REFUND:
            return Apdu(0x0631, password + sum_asked)
        case CardOperation.REVERSAL:
            return Apdu(0x0630, password + bytes([bitmaps.RECEIPT]) + to_bcd(request.of_slip, 2))
