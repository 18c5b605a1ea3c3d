"""The faults of the simulated validator, each with what it does, and their way to the moment they are meant for.

A fault of one arrow waits, once its turn has come, for that arrow: `power_cut=stacking` cuts at the next note that is
stacked, whatever happens before. Likewise `drop_reply=35` waits for the reply to STACK and `drop_reply=33:81` for the
reply to POLL that says 81.
"""

from __future__ import annotations

from drivers.simulators.world import Faults

_REPLY = " (value: command, or command:first byte of the reply, in hexadecimal, e.g. 33:81; none: the next reply)"

FAULTS = {
    "power_cut": "the power goes for a second at an arrow (value: entering, escrowed, stack_asked, stacking, stacked,"
    " reported or acknowledged; none: the next arrow)",
    "reset_in_session": "the validator starts anew by itself, at the next POLL or at an arrow (value, as in power_cut)",
    "drop_reply": "a command is carried out, its reply is lost" + _REPLY,
    "corrupt_reply": "the CRC of a reply is wrong" + _REPLY,
    "late_reply": "a reply comes only after the host's next command, or so many seconds late (value: seconds,"
    " then / and which reply, e.g. 1.5/35)",
    "drop_ack": "the host's acknowledgement of data is lost on the wire" + _REPLY,
    "repeat_credit": "an acknowledged credit is reported once more (value later: after another state was seen)",
    "other_type": "escrow names another type than the credit will (value: which); the credit is right",
    "second_note": "the shopper pushes a second note after the first: pause, until it is pulled or 10 s have passed",
    "busy": "POLL says busy for a second (value: how many tenths)",
    "escrow_expiry": "the escrow timer lapses as soon as escrow was reported (value: seconds after its beginning)",
    "counter_wrap": "before the next command the counter of stacked notes stands at 65535 (value: at what)",
    "jam": "the next note jams in the validator",
    "jam_inside": "the next note jams on its way into the cassette",
    "cassette_pulled": "the cassette is pulled while a note is being stacked",
    "cheat": "a note is drawn back out on a string while it is being stacked",
    "stuck": "stacking never ends, until the validator is reset",
    "failure": "the validator fails when the next note enters (value: failure code in hexadecimal, 50 by default)",
}

ARROWS = ("entering", "escrowed", "stack_asked", "stacking", "stacked", "reported", "acknowledged")
_OF_ARROWS = ("power_cut", "reset_in_session")


class Traps:
    """Armed faults, with those whose turn has come and that wait for their moment."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._waiting: list[tuple[str, str, str]] = []  # fault, moment, amount
        self._cleared = faults.cleared

    def arm(self, spec: str) -> None:
        """Raises ValueError with a sentence, also for an arrow that there is not."""
        name, _, value = spec.partition("=")
        if name.partition("@")[0] in _OF_ARROWS and value and value not in ARROWS:
            raise ValueError(f"no arrow {value!r}; there are: {', '.join(ARROWS)}")
        self._faults.arm(spec)

    def value(self, name: str) -> str | None:
        """The value of a fault that strikes here and now, "" without one; None when none strikes."""
        return self._faults.value(name)

    def strikes(self, name: str) -> bool:
        return self._faults.value(name) is not None

    def number(self, name: str, otherwise: int, base: int = 10) -> int | None:
        """Like `value`, as a number; what cannot be read as one counts as `otherwise`."""
        text = self.value(name)
        if text is None:
            return None
        try:
            return int(text, base)
        except ValueError:
            return otherwise

    def meets(self, name: str, *moments: str) -> str | None:
        """One opportunity for a fault that may wait. None when it strikes at none of these moments; otherwise what its
        value says besides the moment (`late_reply` alone says something)."""
        struck = self._faults.value(name)
        if self._cleared != self._faults.cleared:
            self._cleared = self._faults.cleared
            self._waiting.clear()
        if struck is not None:
            amount, _, moment = struck.partition("/") if name == "late_reply" else ("", "", struck)
            self._waiting.append((name, moment.lower(), amount))
        for waiting in self._waiting:
            if waiting[0] == name and waiting[1] in ("", *moments):
                self._waiting.remove(waiting)
                return waiting[2]
        return None

    def armed(self) -> list[str]:
        """For a picture: what is still to strike, what waits for its moment too."""
        waiting = self._waiting if self._cleared == self._faults.cleared else []
        return [*self._faults.armed(), *(f"{name}={moment}" for name, moment, _amount in waiting)]
