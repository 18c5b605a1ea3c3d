"""How a conversation with a unit begins: SYNC, the protocol version, and the key where the unit has eSSP.

    SYNC (11) -> HOST PROTOCOL (06) 8, 7 or 6 -> [4A, 4B, 4C]

Source: the start sequence of the SSP manual GA138, and `ITLSSPProc.c` for the key.
"""

from __future__ import annotations

from drivers.cash_devices.ssp.commands import Command, Reply
from drivers.cash_devices.ssp.exchange import Line
from drivers.cash_devices.ssp.sealing import GENERATOR, MODULUS, HostExponent, RandBits, Seal
from drivers.errors import Garbled, Refused
from drivers.wire.dialogue import Dialogue

PROTOCOLS = (8, 7, 6)
"""Newest first: 8 tells the value of a note found at power-up. Before 6 nothing tells values at all."""


def agree_on_protocol(line: Line) -> Dialogue[int]:
    """The newest protocol both speak. Refused if the unit knows only older ones."""
    for version in PROTOCOLS:
        reply = yield from line.ask(bytes([Command.HOST_PROTOCOL, version]))
        if reply.ok:
            return version
    raise Refused("ssp.old_protocol", f"{reply.code:02X} to version {PROTOCOLS[-1]}")


def agree_on_key(line: Line, fixed: int, randbits: RandBits) -> Dialogue[bool]:
    """A fresh key with counters at 0; False if the unit has no eSSP."""
    host = HostExponent(randbits)
    reply: Reply = yield from line.ask(_number(Command.SET_GENERATOR, GENERATOR))
    if not reply.ok:
        return False
    reply = yield from line.ask(_number(Command.SET_MODULUS, MODULUS))
    if not reply.ok:
        return False
    reply = yield from line.ask(_number(Command.KEY_EXCHANGE, host.public))
    if not reply.ok:
        return False
    if len(reply.data) != 8:
        raise Garbled(f"a key half of {len(reply.data)} bytes")
    line.seal = Seal(fixed, host.shared(int.from_bytes(reply.data, "little")), randbits)
    return True


def _number(command: Command, number: int) -> bytes:
    return bytes([command]) + number.to_bytes(8, "little")
