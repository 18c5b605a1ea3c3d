"""When a device is asked again about a lost answer: at 0, 2, 5, 10, 20, 30 s, then each minute; a person after 15.

The same numbers for terminal and register, shown on the screen as they are (reference: recovery of card payments).
Questions go on after a person was asked.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_S = (0, 2, 5, 10, 20, 30)
THEN_EACH_S = 60
PERSON_AFTER_S = 15 * 60
"""Unless the configuration says otherwise ([agent] person_after_s)."""
NEXT_SHOPPER_AFTER_S = 30
NOT_CHARGED_TWICE_S = 5
"""A "not charged" counts when it was said twice, this far apart: the terminal may just be finishing."""


def due_s(asked: int) -> int:
    """Seconds after the loss at which question number `asked` (from 0) is due."""
    return FIRST_S[asked] if asked < len(FIRST_S) else FIRST_S[-1] + (asked - len(FIRST_S) + 1) * THEN_EACH_S


@dataclass(slots=True)
class Asking:
    """The course of one doubt in this process. Instants are UTC milliseconds."""

    since_ms: int
    asked: int = 0
    not_charged_ms: int = 0  # when the terminal first said so (0: it has not)
    silent: bool = False
    other_register: bool = False
    ambiguous: bool = False
    person_after_s: int = PERSON_AFTER_S

    @property
    def next_ms(self) -> int:
        due_ms = self.since_ms + due_s(self.asked) * 1000
        return max(due_ms, self.not_charged_ms + NOT_CHARGED_TWICE_S * 1000) if self.not_charged_ms else due_ms

    @property
    def person_ms(self) -> int:
        return self.since_ms + self.person_after_s * 1000

    @property
    def next_shopper_ms(self) -> int:
        return self.since_ms + NEXT_SHOPPER_AFTER_S * 1000
