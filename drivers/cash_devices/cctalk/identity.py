"""Who a unit says it is: its serial number and its title."""

from __future__ import annotations

from drivers.cash_devices.cctalk.bus import Bus
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import Header
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue

SERIAL_BYTES = 3
SERIAL_TRIES = 5  # much hangs on it: a unit that is taken for another one owes us nothing


def serial_of(bus: Bus, station: Station, known: str = "") -> Dialogue[str]:
    """As a decimal number; "" where it has none to tell.

    `known`: what it said before. Raises Unanswered where it told one before and is silent now: taking it for another
    device would forget what it owes us. One that differs is read twice.
    """
    for again in (False, True):
        try:
            data = yield from bus.ask(station, Header.SERIAL_NUMBER, lengths={SERIAL_BYTES}, tries=SERIAL_TRIES)
        except Refused:
            return ""
        except (Unanswered, Garbled):
            if known:
                raise
            yield from bus.let_pass(station)  # it is there, and has no serial number
            return ""
        serial = str(int.from_bytes(data, "little"))
        if again or not known or serial == known:
            break
        yield from bus.quiet()
    return serial


def name_of(bus: Bus, station: Station) -> Dialogue[str]:
    """Product and software version, as far as it tells them."""
    product = yield from bus.optional(station, Header.PRODUCT)
    software = yield from bus.optional(station, Header.SOFTWARE)
    words = ("".join(chr(byte) for byte in word if 32 <= byte < 127).strip() for word in (product, software))
    return " ".join(word for word in words if word)
