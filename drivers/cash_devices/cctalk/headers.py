"""The ccTalk commands this driver uses, by their numbers.

Source: cctalk_enums.h of ashaduri/qt-cctalk, enum.h of mordae/cctalk.
"""

from __future__ import annotations

from enum import IntEnum


class Header(IntEnum):
    RESET = 1
    BILL_EVENTS = 159  # -> event counter and five entries
    ROUTE_BILL = 154  # [where] -> ACK, or one byte: why not
    OPERATING_MODE = 153  # [b0 stacker, b1 escrow]
    BILL_ID = 157  # [type] -> 7 characters
    COUNTRY_SCALING = 156  # [2 characters] -> scale lo, hi, decimals
    TEST_HOPPER = 163  # -> flags
    ENABLE_HOPPER = 164  # [A5]
    HOPPER_STATUS = 166  # -> event counter, remaining, paid, unpaid
    DISPENSE = 167  # [serial number, coins] -> event counter
    DISPENSE_COUNT = 168  # -> coins ever paid, 3 bytes
    COIN_ID = 184  # [position] -> 6 characters
    ACCEPT_COUNTER = 225  # -> pieces ever accepted, 3 bytes
    MASTER_INHIBIT = 228  # [1 accepts, 0 does not]
    BUFFERED_CREDIT = 229  # -> event counter and five entries
    READ_INHIBIT = 230  # -> mask lo, hi
    MODIFY_INHIBIT = 231  # [mask lo, hi], 1 accepts
    SELF_CHECK = 232  # -> fault code, 0 is well
    SOFTWARE = 241
    SERIAL_NUMBER = 242  # -> 3 bytes, least significant first
    PRODUCT = 244
    SIMPLE_POLL = 254


ROUTE_RETURN, ROUTE_STACK, ROUTE_EXTEND = 0, 1, 255
ESCROW_EMPTY, ROUTE_FAILED = 254, 255  # the answers of 154 that are no ACK
STACKER_AND_ESCROW = 3
HOPPER_KEY = 0xA5
