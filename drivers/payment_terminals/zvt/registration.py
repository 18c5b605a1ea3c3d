"""Registration (06 00): with what the till introduces itself, at the beginning of every connection.

    06 00 LEN password3 config1 currency2 [03 service] [06 TLV]     -> 80 00 00
    06 0F LEN [19 system status] [29 terminal] [49 currency] [06 TLV]   <- the terminal's end

Source: VdTH PA00P015 rev 13.08; that terminals forget it between connections: Portalum's README.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.payment_terminals.zvt import bitmaps, tlv
from drivers.payment_terminals.zvt.apdu import Apdu
from drivers.payment_terminals.zvt.exchange import run
from drivers.payment_terminals.zvt.patience import Patience
from drivers.payment_terminals.zvt.results import DIAGNOSIS_NEEDED, INITIALISATION_NEEDED
from drivers.wire.bcd import to_bcd
from drivers.wire.dialogue import Dialogue

INITIALISATION_BIT, DIAGNOSIS_BIT = 0x01, 0x02
PERMITTED_COMMANDS, COMMAND_ID = 0x26, 0x0A


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the till says of itself. `config`: bits (86 = slips come as print commands)."""

    password: bytes
    config: int
    tlv: bool
    text_blocks: bool

    def command(self, currency: int) -> Apdu:
        data = self.password + bytes([self.config]) + to_bcd(currency, 2)
        if self.tlv:
            # An empty container is enough to switch TLV on; 06 D3 comes only to a till that lists it.
            wanted = tlv.encode(PERMITTED_COMMANDS, tlv.encode(COMMAND_ID, b"\x06\xd3")) if self.text_blocks else b""
            data += bytes([bitmaps.TLV]) + tlv.encode_length(len(wanted)) + wanted
        return Apdu(0x0600, data)


@dataclass(frozen=True, slots=True)
class Registered:
    """Who answered: its id ("" if it does not say) and the service it asks for (0 = none)."""

    terminal_id: str = ""
    needs: int = 0


def register(introduction: Introduction, currency: int, patience: Patience) -> Dialogue[Registered]:
    ended = yield from run(introduction.command(currency), patience)
    fields = bitmaps.parse(ended.data)
    system = fields.values.get(bitmaps.SYSTEM_STATUS, b"\0")[0]
    needs = INITIALISATION_NEEDED if system & INITIALISATION_BIT else DIAGNOSIS_NEEDED if system & DIAGNOSIS_BIT else 0
    return Registered(fields.values.get(bitmaps.TERMINAL, b"").hex(), needs)
