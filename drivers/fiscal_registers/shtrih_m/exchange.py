"""One command and its answer over the Shtrih-M link, version 1, with everything the link does to get them across.

    host   05      02 LEN body LRC                        06
    device     15                   06   02 LEN answer LRC

What may be repeated, and why:
* ENQ, freely: it changes nothing.
* A command frame answered with NAK, after the line has been quiet and ENQ was answered "idle": it was not executed.
* The answer: NAK, then ENQ, and the device sends the answer it still holds.
* After silence, ENQ answered "idle" proves nothing (the device may have lost its held answer with its power): only
  commands that merely read are repeated then.

Source: vendor protocol 1.17, "link layer" and its exchange diagrams; stray bytes from real driver logs.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from drivers.errors import Garbled, NeverSent, Refused, Unanswered, WrongDevice
from drivers.fiscal_registers.shtrih_m.frames import ACK, ENQ, NAK, Control, DeviceGrammar, Heard, Message, frame
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Dialogue, Hear, Send

# The device answers a control character after about one byte time-out of its own (50 to 100 ms by default); windows in
# use are 50 to 500 ms, and the longest still lets three of them fit the two seconds of a pre-flight.
ENQ_WITHIN_S = 0.5
ENQS_BEFORE = 3
# Once a command that does something is out we would rather know than be quick: other drivers ask ten times.
ENQS_AFTER = 10
# An answer left from before is sent at once if it is ready; a device still busy with it is left alone.
HELD_WITHIN_S = 0.6
# The longest frame takes 0.6 s to leave at the factory's 4800 baud, then the device's own byte time-out.
ACCEPTED_WITHIN_S = 1.2
# Two byte time-outs: no late reply to an earlier ENQ can still be on its way.
QUIET_S = 0.2
COMMAND_ATTEMPTS = 10
READS_REPEATED = 2
ANSWER_ATTEMPTS = 3
# A device still executing after its time is asked again this often before we give up.
EXECUTING_ROUNDS = 3
PROTOCOL = "Shtrih-M link v1"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: code and parameters, how long its answer may take, and whether it only reads."""

    body: bytes
    within_s: float
    reads: bool = False

    @property
    def code(self) -> bytes:
        return self.body[: 2 if self.body[0] == 0xFF else 1]


class _Lost(Enum):
    NOT_EXECUTED = "damaged on the way and certainly not executed"
    SILENT = "no answer, and none is held: executed or not, nobody knows"


def exchange(command: Command) -> Dialogue[bytes]:
    """The data of the answer, after its error byte.

    Raises NeverSent or WrongDevice if the command never went out or was proved not executed, Refused with
    `shtrih_m.XX`, Unanswered or Garbled if it may have been executed.
    """
    try:
        yield from _settle()
    except LinkLost as error:
        raise NeverSent(f"link lost: {error}") from error
    try:
        silences = 0
        for _ in range(COMMAND_ATTEMPTS):
            yield Send(frame(command.body))
            outcome = yield from _outcome(command)
            if isinstance(outcome, bytes):
                return _data(command, outcome)
            silences += outcome is _Lost.SILENT
            if silences > (READS_REPEATED if command.reads else 0):
                raise Unanswered(f"{command.code.hex()}: {outcome.value}")
    except LinkLost as error:
        raise Unanswered(f"{command.code.hex()}: link lost: {error}") from error
    raise NeverSent(f"{command.code.hex()}: not understood in {COMMAND_ATTEMPTS} attempts")


def _data(command: Command, body: bytes) -> bytes:
    size = len(command.code)
    if len(body) <= size:
        raise Garbled(f"answer without error byte: {body.hex(' ')}")
    if body[size]:
        raise Refused(f"shtrih_m.{body[size]:02X}", f"answer {body.hex(' ')}")
    return body[size + 1 :]


def _hear(grammar: DeviceGrammar, within_s: float) -> Dialogue[Heard | None]:
    grammar.noise = b""
    try:
        heard: Heard = yield Hear(grammar, within_s)
    except Unanswered:
        return None
    return heard


def _settle() -> Dialogue[None]:
    """Bring the device to waiting for a command; an answer it still holds is taken and dropped."""
    grammar = DeviceGrammar()
    noise = b""
    unanswered, spoke = 0, False
    try:
        for _ in range(ENQS_BEFORE):
            yield Send(bytes([ENQ]))
            unanswered += 1
            idle = False
            while True:
                heard = yield from _hear(grammar, QUIET_S if idle else ENQ_WITHIN_S)
                noise += grammar.noise
                if heard is None:
                    if idle:
                        return
                    break
                spoke = True
                if heard is Control.ACK:
                    unanswered -= 1
                    heard = yield from _hear(grammar, HELD_WITHIN_S)
                    if heard is None:
                        break
                    if isinstance(heard, Control):
                        unanswered -= 1
                    idle = True
                elif heard is Control.NAK:
                    unanswered -= 1
                    idle = True
                if isinstance(heard, Message):
                    yield Send(bytes([ACK]))  # even if damaged: nobody waits for it, and it must not block the line
                # Replies to earlier ENQs must not be taken for replies to the command: hear them all first.
                if idle and unanswered <= 0:
                    return
    except LinkLost:
        noise += grammar.noise
        if spoke or not noise:
            raise
    if noise and not spoke:
        raise WrongDevice(PROTOCOL, noise[:32].hex(" "))
    raise NeverSent("busy with an earlier command" if spoke else "no reply to ENQ")


def _outcome(command: Command) -> Dialogue[bytes | _Lost]:
    """What became of a command frame just sent."""
    grammar = DeviceGrammar()
    accepted, rounds, damaged = False, 0, 0
    enqs = ENQS_BEFORE if command.reads else ENQS_AFTER
    heard = yield from _hear(grammar, ACCEPTED_WITHIN_S)
    while True:
        if isinstance(heard, Message) and heard.body is not None:
            return (yield from _take(command, heard.body))
        if heard is Control.ACK:
            rounds += 1
            if rounds > EXECUTING_ROUNDS:
                raise Unanswered(f"{command.code.hex()}: still executing")
            accepted = True
            heard = yield from _answer(grammar, command.within_s)
            continue
        if heard is Control.NAK:
            heard = yield from _hear(grammar, QUIET_S)
            while heard is Control.NAK:
                heard = yield from _hear(grammar, QUIET_S)
            if heard is not None:
                continue
            heard = yield from _ask_again(grammar, enqs)
            if heard is Control.NAK:
                return _Lost.SILENT if accepted else _Lost.NOT_EXECUTED
        elif isinstance(heard, Message):
            damaged += 1
            if damaged > ANSWER_ATTEMPTS:
                raise Garbled(f"{command.code.hex()}: the answer came damaged {damaged} times")
            yield Send(bytes([NAK]))
            accepted, rounds = True, 0
            heard = yield from _ask_again(grammar, enqs)
        else:
            heard = yield from _ask_again(grammar, enqs)
        if heard is Control.NAK:
            return _Lost.SILENT
        if heard is None:
            raise Unanswered(f"{command.code.hex()}: no reply to ENQ")


def _answer(grammar: DeviceGrammar, within_s: float) -> Dialogue[Heard | None]:
    """The message after an ACK; a control character before it is a late reply and says nothing new."""
    for _ in range(ENQS_AFTER):
        heard = yield from _hear(grammar, within_s)
        if not isinstance(heard, Control):
            return heard
    return None


def _ask_again(grammar: DeviceGrammar, enqs: int) -> Dialogue[Heard | None]:
    for _ in range(enqs):
        yield Send(bytes([ENQ]))
        heard = yield from _hear(grammar, ENQ_WITHIN_S)
        if heard is not None:
            return heard
    return None


def _take(command: Command, body: bytes) -> Dialogue[bytes]:
    with suppress(LinkLost):  # the answer is here all the same; the device will go on holding it
        yield Send(bytes([ACK]))
    if not body.startswith(command.code):
        raise Garbled(f"asked {command.code.hex()}, answered {body.hex(' ')}")
    return body
