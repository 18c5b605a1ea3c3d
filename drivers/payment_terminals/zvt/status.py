"""Status enquiry (05 01) and the terminal's own services that clear what it reports.

    05 01 00                                    -> 80 00 00
    06 0F LEN [LLLVAR version] status           <- 00 ready, C2 wants 06 70, 51 wants 06 93, F0 wants 06 50 ...

Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.apdu import Apdu
from drivers.payment_terminals.zvt.exchange import run
from drivers.payment_terminals.zvt.patience import Patience
from drivers.payment_terminals.zvt.results import Repair, ZvtRefused, repair
from drivers.wire.dialogue import Dialogue

READY = 0x00


def enquire(patience: Patience) -> Dialogue[int]:
    """The terminal status byte. A refusal (84 xx: busy, not registered ...) is a status too and is returned as one."""
    try:
        ended = yield from run(Apdu(0x0501), patience)
    except ZvtRefused as refused:
        return refused.byte or 0xFF
    return status_byte(ended.data)


def status_byte(data: bytes) -> int:
    """The status behind the optional version; an empty completion says nothing against the terminal."""
    version = bitmaps.variable_length(data, 0, 3)
    if version is not None and version[0] + version[1] < len(data):
        return data[version[0] + version[1]]
    return data[0] if data else READY


def mend(status: int, password: bytes, patience: Patience) -> Dialogue[None]:
    """Run the service that clears `status`: diagnosis or initialisation. An end of day is never started from here:
    it moves the day's money and is a person's decision."""
    wanted = repair(status)
    if wanted is Repair.DIAGNOSIS:
        yield from run(Apdu(0x0670), patience)
    elif wanted is Repair.INITIALISATION:
        yield from run(Apdu(0x0693, password), patience)
