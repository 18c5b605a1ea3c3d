"""Asking a device on a ccTalk wire: one question at a time, repeated where a repetition is harmless.

A reply does not say what it answers. So a question that went unanswered is asked again only after the wire was quiet,
and before another question is asked a simple poll lets the late answer pass: else a coin's name could be taken for that
of the next coin. Time is reckoned here from what the conversation waited for: it has no clock.
Source: timing in the Alberici AL66 manual.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from drivers.cash_devices.cctalk.frames import ACK, BUSY, NAK, Echo, ReplyGrammar, Station, encode
from drivers.cash_devices.cctalk.headers import Header
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue, Hear, Rest, Send, Wish

# Simple replies come within 10 ms and last 17 ms at 9600 baud; the rest is for slow memories and USB adapters (16 ms).
REPLY_WITHIN_S = 0.2
# A receiver drops a packet after 50 ms without a byte: after that long both sides begin anew.
QUIET_S = 0.06
TRIES = 3  # a frame, and two repetitions
BUSY_PAUSE_S = 0.2  # a busy device did nothing; it is asked again in the next beat
BUSY_TRIES = 10
PERIOD_S = 0.2  # many acceptors shut themselves when nobody asked for 1 s
ANY_ID = range(1, 33)


@dataclass(slots=True)
class Bus:
    """The wire, what was wished meanwhile, and how many seconds have passed since the beginning."""

    echo: Echo
    wishes: deque[Wish] = field(default_factory=deque)
    now_s: float = 0.0
    _spent_s: float = 0.0
    misses: int = 0  # how many answers did not come
    _owing: set[int] = field(default_factory=set)  # addresses that may still answer an earlier question

    def ask(
        self,
        station: Station,
        header: int,
        data: bytes = b"",
        lengths: Collection[int] = (0,),
        tries: int = TRIES,
    ) -> Dialogue[bytes]:
        """The data of the reply. Raises Unanswered, or Refused where the device says NAK or stays busy."""
        if header != Header.SIMPLE_POLL:
            yield from self.let_pass(station)
        frame = encode(station, header, data)
        grammar = ReplyGrammar(frame, station, frozenset(lengths), self.echo)
        busy = 0
        while True:
            yield Send(frame)
            try:
                reply = yield Hear(grammar, REPLY_WITHIN_S)
                if reply.crowded:
                    raise Garbled("two replies to one question")
            except (Unanswered, Garbled):
                self._missed(station)
                tries -= 1
                yield from self.quiet()
                if tries <= 0:
                    raise
                continue
            if reply.echoed and self.echo is Echo.AUTO:
                # The adapter hands our bytes back: from now on nothing counts that comes before them.
                self.echo = Echo.ON
                grammar = replace(grammar, echo=self.echo)
            if station.address in self._owing:
                # Perhaps this was the late answer, and the one to this very frame is still to come.
                self._owing.discard(station.address)
                yield from self.quiet()
            if reply.header == NAK:
                raise Refused("cctalk.nak", f"header {header}")
            if reply.header == BUSY:
                busy += 1
                if busy >= BUSY_TRIES:
                    raise Refused("cctalk.busy", f"header {header}")
                yield from self.wait(BUSY_PAUSE_S)
                continue
            answer: bytes = reply.data
            return answer

    def once(self, station: Station, header: int, data: bytes, lengths: Collection[int]) -> Dialogue[bool | None]:
        """Ask a single time: True where it answered, False where it refused, None where nothing came."""
        yield from self.let_pass(station)
        frame = encode(station, header, data)
        yield Send(frame)
        try:
            reply = yield Hear(ReplyGrammar(frame, station, frozenset(lengths), self.echo), REPLY_WITHIN_S)
        except (Unanswered, Garbled):
            self._missed(station)
            yield from self.quiet()
            return None
        if reply.crowded:
            return None
        answered: bool = reply.header == ACK
        return answered

    def let_pass(self, station: Station) -> Dialogue[None]:
        """A late answer to an earlier question passes before that to a simple poll, which is like no other."""
        if station.address in self._owing:
            yield from self.ask(station, Header.SIMPLE_POLL, tries=2)

    def _missed(self, station: Station) -> None:
        self._spent_s += REPLY_WITHIN_S
        self.misses += 1
        self._owing.add(station.address)

    def optional(
        self, station: Station, header: int, data: bytes = b"", lengths: Collection[int] = ANY_ID, tries: int = 2
    ) -> Dialogue[bytes]:
        """Like `ask`, for what many devices do not know: b"" where they refuse, or are silent each time."""
        try:
            return (yield from self.ask(station, header, data, lengths, tries))
        except (Unanswered, Garbled, Refused):
            return b""

    def quiet(self) -> Dialogue[None]:
        """Until whatever is still on the wire has passed."""
        yield from self.wait(QUIET_S)

    def wait(self, seconds: float) -> Dialogue[None]:
        """Let time pass, drop what nobody asked for, and keep the wishes for later."""
        self._spent_s += seconds
        while True:
            wish = yield Rest(0.0, at_least_s=seconds)
            if wish is None:
                return
            self.wishes.append(wish)

    def beat(self) -> Dialogue[Wish | None]:
        """The rest of the period: a wish that came, or None at its end."""
        if self.wishes:
            return self.wishes.popleft()
        # At least the quiet of a packet's end, so that a late byte is dropped here and not taken for an answer.
        wish: Wish | None = yield Rest(PERIOD_S, at_least_s=QUIET_S)
        if wish is None:
            self.now_s += max(PERIOD_S, self._spent_s + QUIET_S)
            self._spent_s = 0.0
        return wish
