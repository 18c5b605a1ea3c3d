"""Questions to a validator and their answers, over a wire that may swallow either; it counts how long it was silent.

A conversation has no clock: time is counted from what is known to have passed, a whole rest or a wait that ended
without an answer. So counted time never runs ahead of the real one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from drivers.cash_devices.id003.frames import Answers, Frame
from drivers.cash_devices.id003.words import ACKNOWLEDGED, REFUSALS, STATUSES, Is, Say
from drivers.errors import Garbled, Unanswered
from drivers.wire.dialogue import Dialogue, Hear, Rest, Send, Wish

PERIOD_S = 0.2  # the reference: a poll each 100 to 200 ms; a validator nobody polls for 3 s gives the note back
# The longest answer (15 records of the currency table) takes 75 ms at 9600 baud; a USB adapter may add 100 ms each way.
ANSWER_S = 0.3
BREATH_S = 0.1  # between a question that was not answered and the next one: the shortest poll period
TRIES = 3  # a question that changes nothing, or a setting, is asked so often
SILENT_S = 5.0  # then the device is gone


class Exchange:
    """The wire of one conversation. `wishes` are those heard while it rested, in order."""

    def __init__(self) -> None:
        self.wishes: deque[Wish] = deque()
        self.counted_s = 0.0
        self._silent_s = 0.0
        self._unanswered = False

    def rest(self) -> Dialogue[None]:
        """Until the next beat. Wishes are kept for later."""
        while (wish := (yield from self.rest_or_wish())) is not None:
            self.wishes.append(wish)

    def rest_or_wish(self) -> Dialogue[Wish | None]:
        """Until the next beat, or until a wish; None at the beat's end. After a question without an answer it is never
        shorter than a breath: a late answer then comes while nobody listens and is dropped."""
        least_s = BREATH_S if self._unanswered else 0.0
        wish: Wish | None = yield Rest(PERIOD_S, least_s)
        if wish is None:
            self.counted_s += least_s or PERIOD_S
            self._silent_s += least_s
            self._unanswered = False
        return wish

    def status(self) -> Dialogue[Frame | None]:
        """What it says of itself, asked once; None without an answer."""
        return self._ask(Say.STATUS, b"", lambda frame: frame.code in STATUSES)

    def get(self, what: Say, tries: int = TRIES) -> Dialogue[bytes | None]:
        """What it answers to a question about itself; None if it does not, or says that it cannot now."""

        def answers(frame: Frame) -> bool:
            return (frame.code == what and bool(frame.data)) or frame.code == Is.NOT_NOW

        answer = yield from self._insist(what, b"", answers, tries)
        return answer.data if answer is not None and answer.code == what else None

    def set(self, what: Say, data: bytes, tries: int = TRIES) -> Dialogue[bool]:
        """Did it echo this setting? A setting may be repeated: it says the same again."""

        def answers(frame: Frame) -> bool:
            return (frame.code == what and frame.data == data) or frame.code == Is.NOT_NOW

        answer = yield from self._insist(what, data, answers, tries)
        return answer is not None and answer.code == what

    def operate(self, what: Say) -> Dialogue[bool | None]:
        """Ask for a movement, once. True: taken; False: refused; None: nobody knows, and only its status can tell."""
        answer = yield from self._ask(what, b"", lambda frame: frame.code == ACKNOWLEDGED or frame.code in REFUSALS)
        return None if answer is None else answer.code == ACKNOWLEDGED

    def _insist(self, what: Say, data: bytes, answers: Callable[[Frame], bool], tries: int) -> Dialogue[Frame | None]:
        for turn in range(tries):
            if turn:
                yield from self.rest()
            answer = yield from self._ask(what, data, answers)
            if answer is not None:
                return answer
        return None

    def _ask(self, what: Say, data: bytes, answers: Callable[[Frame], bool]) -> Dialogue[Frame | None]:
        if self._unanswered:
            yield from self.rest()
        yield Send(Frame(what, data).encode())
        try:
            answer: Frame = yield Hear(Answers(answers), ANSWER_S)
        except (Unanswered, Garbled) as silence:
            self.counted_s += ANSWER_S
            self._silent_s += ANSWER_S
            self._unanswered = True
            if self._silent_s >= SILENT_S:
                raise Unanswered(f"silent for {SILENT_S:g} s") from silence
            return None
        self._silent_s, self._unanswered = 0.0, False
        return answer
