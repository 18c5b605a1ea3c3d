"""One ZVT command from its first byte to its end, and the small replies every conversation owes the terminal.

    till -> terminal   command
    terminal -> till   80 00 00 | 84 xx LEN        positive (it begins now) | it did nothing
    terminal -> till   04 FF, 04 0F, 06 D1, 06 D3 ...   each answered 80 00 00 before anything is done with it
    terminal -> till   06 0F | 06 1E xx            ended | given up; answered 80 00 00

Money has a conversation of its own (payment.py); this one serves registration, enquiries and reports.
Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from drivers.errors import Unanswered
from drivers.links.link import LinkLost
from drivers.payment_terminals.contract import Progress
from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.apdu import ACK, UNKNOWN_COMMAND, Apdu, ApduGrammar
from drivers.payment_terminals.zvt.bitmaps import Fields
from drivers.payment_terminals.zvt.patience import Patience
from drivers.payment_terminals.zvt.results import ZvtRefused
from drivers.payment_terminals.zvt.slips import PRINT_BLOCK, PRINT_LINE, Slip
from drivers.wire.dialogue import Dialogue, Hear, Send, Tell

GRAMMAR = ApduGrammar()
SET_CLOCK, STATUS_INFORMATION, INTERMEDIATE = 0x0401, 0x040F, 0x04FF
COMPLETION, GIVEN_UP = 0x060F, 0x061E
MOST_MESSAGES = 5000  # hours of progress messages: a terminal that talks on for longer talks in a circle


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended well: the completion's data, the status information heard on the way, the slip."""

    data: bytes
    reports: tuple[Fields, ...]
    lines: tuple[str, ...]


def run(command: Apdu, patience: Patience) -> Dialogue[Ended]:
    """Send a command that moves no money and hear it to its end.

    ZvtRefused when the terminal declines or gives up; Unanswered, Garbled and LinkLost as the steps raise them.
    """
    slip = Slip()
    reports: list[Fields] = []
    yield Send(command.encode())
    within_s = patience.answer_s()
    for _ in range(MOST_MESSAGES):
        message: Apdu = yield Hear(GRAMMAR, within_s)
        if message.response and not message.positive:
            raise ZvtRefused(message.refusal_code)
        if message.command == COMPLETION:
            yield from acknowledge_end()
            return Ended(message.data, tuple(reports), slip.lines)
        if message.command == GIVEN_UP:
            yield from acknowledge_end()
            code, detail = given_up(message)
            raise ZvtRefused(code, detail)
        if message.command == STATUS_INFORMATION:
            reports.append(bitmaps.parse(message.data))
            yield Send(ACK.encode())
        else:
            yield from oblige(message, slip, patience)
        within_s = patience.running_s()
    raise Unanswered("the terminal talks without coming to an end")


def oblige(message: Apdu, slip: Slip, patience: Patience) -> Dialogue[None]:
    """Reply to a message that decides nothing: acknowledge first, look at it afterwards."""
    if message.response:
        return  # a response to nothing we still wait for: a repeated one, or that to our abort
    if message.command in (INTERMEDIATE, SET_CLOCK, PRINT_LINE, PRINT_BLOCK):
        yield Send(ACK.encode())
    else:
        yield Send(UNKNOWN_COMMAND.encode())
    if message.command == INTERMEDIATE:
        yield Tell(progress(message, patience))
    elif message.command in (PRINT_LINE, PRINT_BLOCK):
        slip.hear(message)


def acknowledge_end() -> Dialogue[None]:
    """What ended has ended, whether or not the terminal hears that we know."""
    with suppress(LinkLost):
        yield Send(ACK.encode())


def progress(message: Apdu, patience: Patience) -> Progress:
    """What 04 FF says: `status [T4 in BCD minutes] [06 TLV 24 { 07 line }]`; a new T4 goes to `patience`."""
    data = message.data
    status, rest = data[:1].hex().upper() or "FF", data[1:]
    fields = bitmaps.parse(rest)
    if len(rest) > 1 and fields.complete and bitmaps.TLV in fields.values:
        lines = fields.objects()
    else:
        if rest[:1].hex().isdecimal():
            patience.stretch(int(rest[:1].hex()))
        lines = bitmaps.parse(rest[1:]).objects()
    text = " ".join(value.decode("cp437").strip() for tag, value in lines if tag == 0x07)
    return Progress(f"zvt.progress.{status}", text)


def given_up(message: Apdu) -> tuple[int, str]:
    """Code and words of 06 1E: `code [CC] [06 TLV 1F16 extended code, 1F17 text]`; code 0 where it gives none."""
    if not message.data:
        return 0, ""
    start = 3 if message.data[0] == 0x6F and message.data[1:2] != b"\x06" else 1
    told = [
        value.hex().upper() if tag == 0x1F16 else value.decode("latin-1").strip()
        for tag, value in bitmaps.parse(message.data, start).objects()
        if tag in (0x1F16, 0x1F17)
    ]
    return message.data[0], " ".join(told)
