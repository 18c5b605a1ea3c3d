"""The one note that is on its way through a validator, as far as its statuses tell."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cash_devices.id003.words import Say


@dataclass(slots=True)
class Note:
    """`type` 0: not known. `found`: it was on its way before this conversation, or before the device lost its power.

    `wish`: what we asked for it (STACK_1, STACK_2 or RETURN), first at `wished_s`, last at `asked_s`, of counted time.
    """

    type: int = 0
    found: bool = False
    escrowed: bool = False
    escrowed_s: float = 0.0
    held_s: float = 0.0
    wish: Say | None = None
    wished_s: float = 0.0
    asked_s: float = 0.0
    taken: bool = False  # the device acknowledged what we asked
    past_return: bool = False
    going_back: bool = False
    rejected: bool = False
    credited: bool = False
    may_stay_silent: bool = False  # in the stacker when the power came: not every model says what became of it

    @property
    def stack_asked(self) -> bool:
        return self.wish in (Say.STACK_1, Say.STACK_2)

    @property
    def decided(self) -> bool:
        return self.wish is not None

    @property
    def ended(self) -> bool:
        """Its end is told or about to be: what enters now is another note."""
        return self.credited or self.going_back or self.rejected
