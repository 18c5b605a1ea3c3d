"""Questions and orders on the wire of one validator: who acknowledges what, the bus's silences, and how time is told.

    host    POLL, IDENTIFICATION ...      device   data        host   ACK     then 20 ms of silence
    host    RESET, ENABLE, STACK ...      device   ACK / illegal / NAK

A device that was not acknowledged shows the same again, so an answer that did not come is asked for again. Before that
the line is cleared: an answer may only be late, and would be taken for the next one's. GET STATUS is answered by six
bytes, which nothing else is; once they are heard everything asked before is over.
Source: CCNET common specification 2.6.0, chapters 2 and 3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from drivers.cash_devices.ccnet.frames import FrameGrammar, frame
from drivers.cash_devices.ccnet.states import Command, State, is_state, read_state
from drivers.errors import Unanswered
from drivers.wire.dialogue import Dialogue, Hear, Pause, Rest, Send, Wish

ACK, NAK, ILLEGAL = b"\x00", b"\xff", b"\x30"
PERIOD_S = 0.2  # recommended between polls; less than 0.1 is forbidden
SILENCE_S = 0.02  # recommended between our acknowledgement and the next command; less than 0.01 is forbidden
ABSENT_S = 5.0  # silent for so long the device counts as absent
TRIES = 3  # one damaged frame is noise, three in a row are a broken line: the polls then tell
STRANGERS = 4  # frames that answer something else, heard in one wait: more is a device that chatters
STATUS_LENGTH = 6
SLOW_S = 1.5  # identification and bill table are read out of a slow memory; production drivers wait as long


class Reply(Enum):
    DONE = "done"
    ILLEGAL = "illegal"  # not in this state: nothing was done
    SILENT = "silent"  # it may have been done: the next state tells


class Line:
    """`clock_s` is the time this conversation has lasted, reckoned from its own rests and waits. It runs slow by what
    answers and the journal take, which all the long timers here can bear."""

    def __init__(self, address: int, within_s: float) -> None:
        self._address = address
        self._grammar = FrameGrammar(address)
        self._within_s = within_s
        self._late = False  # a question stands unanswered: its answer may still come
        self._owes_silence = False
        self._waited_s = 0.0  # of the running period
        self._heard_at_s = 0.0
        self.clock_s = 0.0
        self.heard = False  # ever
        self.wishes: deque[Wish] = deque()

    def rest(self) -> Dialogue[bool]:
        """Until the next poll is due; False when a wish came first (it is in `wishes`). Unanswered after 5 s without
        a frame from the device."""
        wish = yield Rest(PERIOD_S, SILENCE_S)
        if wish is not None:
            self.wishes.append(wish)
            return False
        self.clock_s += max(PERIOD_S - self._waited_s, SILENCE_S)
        self._waited_s = 0.0
        self._owes_silence = False
        if self.clock_s - self._heard_at_s >= ABSENT_S:
            raise Unanswered(f"silent for {ABSENT_S:g} s")
        return True

    def poll(self) -> Dialogue[State | None]:
        """The state, None when no answer came. It is for the caller to `acknowledge`, once what it says is durable."""
        body = yield from self._exchange(bytes([Command.POLL]), is_state, self._within_s)
        return read_state(body) if body is not None and is_state(body) else None

    def acknowledge(self) -> Dialogue[None]:
        yield Send(frame(self._address, ACK))

    def get(self, command: Command, length: int, within_s: float | None = None, tries: int = TRIES) -> Dialogue[bytes]:
        """Data of this length, acknowledged; empty when the device would not tell."""
        for _ in range(tries):
            body = yield from self._exchange(
                bytes([command]), lambda heard: len(heard) == length, within_s or self._within_s
            )
            if body == ILLEGAL:
                return b""
            if body is not None and len(body) == length:
                yield from self.acknowledge()
                return body
        return b""

    def order(self, command: Command, data: bytes = b"", *, harmless: bool = False) -> Dialogue[Reply]:
        """A NAK proves that nothing was done: the frame goes again. After silence it only does if that is harmless."""
        for _ in range(TRIES):
            body = yield from self._exchange(bytes([command]) + data, lambda heard: heard == ACK, self._within_s)
            if body == ACK:
                return Reply.DONE
            if body == ILLEGAL:
                return Reply.ILLEGAL
            if body is None and not harmless:
                break
        return Reply.SILENT

    def shout(self, command: Command) -> Dialogue[None]:
        """Send, and listen to nothing."""
        yield Send(frame(self._address, bytes([command])))

    def _exchange(self, body: bytes, fits: Callable[[bytes], bool], within_s: float) -> Dialogue[bytes | None]:
        """What fits, NAK or ILLEGAL; None for silence."""
        while self._late:
            yield from self._clear()
        return (yield from self._ask(body, fits, within_s))

    def _clear(self) -> Dialogue[None]:
        while not (yield from self.rest()):
            pass  # what arrives meanwhile is dropped; a wish waits for its turn
        answer = yield from self._ask(
            bytes([Command.GET_STATUS]), lambda heard: len(heard) == STATUS_LENGTH, self._within_s
        )
        if answer is not None and len(answer) == STATUS_LENGTH:
            yield from self.acknowledge()

    def _ask(self, body: bytes, fits: Callable[[bytes], bool], within_s: float) -> Dialogue[bytes | None]:
        if self._owes_silence:
            yield Pause(SILENCE_S)
            self._owes_silence = False
        yield Send(frame(self._address, body))
        for _ in range(STRANGERS):
            try:
                heard = yield Hear(self._grammar, within_s)
            except Unanswered:
                self.clock_s += within_s
                self._waited_s += within_s
                break
            self._heard_at_s = self.clock_s
            self.heard = True
            self._owes_silence = True
            if fits(heard) or heard in (NAK, ILLEGAL):
                self._late = False
                return bytes(heard)
        self._late = True
        return None
