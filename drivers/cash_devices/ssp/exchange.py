"""One question and its answer on an SSP bus: the sequence bit, the retry, and the seal of eSSP.

    host    7F 00 .. question          sent again, byte for byte, after a second of silence
    device  7F 00 .. answer            the same bit; to a question sent again it repeats its answer and does nothing
    host    7F 80 .. next question     the bit changes after a right answer only; SYNC sets it to 1

Source: Innovative Technology's SSP library (`SSPComs.c`, `ITLSSPProc.c`).
"""

from __future__ import annotations

from collections import deque

from drivers.cash_devices.ssp.commands import ALWAYS_SEALED, NEVER_SEALED, Answer, Command, Reply
from drivers.cash_devices.ssp.frames import GRAMMAR, Frame
from drivers.cash_devices.ssp.sealing import SEALED, Seal
from drivers.errors import Unanswered
from drivers.wire.dialogue import Dialogue, Hear, Rest, Send, Wish

REPLY_S = 1.0
"""The library's own wait for an answer; a device answers within some 10 ms, at 9600 baud plus a millisecond a byte."""
TRIES = 3
"""The library's count of tries."""
POLL_TRIES = 5
"""Five seconds of silence are a device that is gone. Until then the same poll is asked: it alone brings back events of
an answer that was lost."""
STALE_S = 1.0
"""After a retry a late answer to the first try may still come, with the bit that the question after the next has."""
FOREIGN = 8
"""Packets for others or of another bit that are passed over before a try counts as silent."""


class Gone(Unanswered):
    """Silent for as long as anybody waits: who attends begins again."""


class Line:
    """One unit on the bus. `inbox` takes wishes that come while the line rests."""

    def __init__(self, address: int, inbox: deque[Wish], *, spare: int | None = None, seal_all: bool = False) -> None:
        self.address = address
        self.seal: Seal | None = None
        self._inbox = inbox
        self._bit = True
        self._spare = spare  # retries left for the whole conversation, None: as many as there are tries
        self._seal_all = seal_all

    def sync(self, tries: int = TRIES) -> Dialogue[Reply]:
        """SYNC: the device expects bit 0 next. The key and its counter stay."""
        self._bit = True
        return (yield from self.ask(bytes([Command.SYNC]), tries=tries))

    def ask(self, question: bytes, *, tries: int = TRIES) -> Dialogue[Reply]:
        """Raises Unanswered after the last try; whether the device acted is then not known."""
        sealed = self._seals(question[0])
        data = self.seal.close(question) if sealed and self.seal else question
        packet = Frame(self.address, self._bit, data).encode()
        for attempt in range(tries):
            if attempt:
                if self._spare == 0:
                    break
                self._spare = None if self._spare is None else self._spare - 1
            yield Send(packet)
            try:
                reply = yield from self._answer(sealed)
            except Unanswered:
                continue
            self._bit = not self._bit
            if attempt:
                yield from self.calm()
            return reply
        silent = Gone if tries >= POLL_TRIES else Unanswered
        raise silent(f"no answer to {question[0]:02X} from address {self.address:02X}")

    def calm(self) -> Dialogue[None]:
        """Let what nobody waits for pass by."""
        while (wish := (yield Rest(0.0, STALE_S if self._spare is None else STALE_S / 2))) is not None:
            self._inbox.append(wish)

    def _seals(self, command: int) -> bool:
        if self.seal is None or command in NEVER_SEALED:
            return False
        return self._seal_all or command in ALWAYS_SEALED

    def _answer(self, sealed: bool) -> Dialogue[Reply]:
        for _ in range(FOREIGN):
            frame: Frame = yield Hear(GRAMMAR, REPLY_S)
            if frame.address != self.address or frame.sequence is not self._bit:
                continue
            data: bytes | None = frame.data
            if sealed and self.seal is not None and frame.data[0] == SEALED:
                data = self.seal.open(frame.data)
            elif frame.data[0] == SEALED or (sealed and frame.data[0] == Answer.OK):
                data = None  # "done" in plain text proves nothing about what was asked under the seal
            if data:
                return Reply(data[0], data[1:])
        raise Unanswered("only foreign packets")
