"""The troubles a simulated ccTalk bus can be told to have, and how each finds its moment."""

from __future__ import annotations

from collections.abc import Callable

from drivers.simulators.world import Faults

ARROWS = ("entering", "escrowed", "stack_asked", "stacking", "stacked", "reported", "acknowledged")
COIN_ARROWS = ("coin_entering", "coin_stacked", "coin_reported")
PAY_ARROWS = ("pay_asked", "paying", "paid")

FAULTS: dict[str, str] = {
    # power
    "power_cut": "the whole bus is dark for a second at an arrow of a note, coin or payout (=ARROW: "
    f"{', '.join(ARROWS)}; {', '.join(COIN_ARROWS)}; {', '.join(PAY_ARROWS)}; none: the next arrow)",
    "reset_in_session": "a unit resets itself instead of answering (=UNIT: coins, validator or hopper)",
    # the wire; all but late_reply take =HEADER in decimal, for that command alone
    "drop_reply": "an answer never reaches the host",
    "drop_request": "a command of the host never reaches the device",
    "corrupt_reply": "a bit of an answer is turned over",
    "late_reply": "an answer comes after the host's next command, before its answer (=SECONDS: so long after)",
    "busy": "a command is answered BUSY and not carried out",
    # events
    "repeat_credit": "the answer that carries a credit for the first time arrives twice",
    "drop_ack": "the poll after a credit was told is lost on the wire: polling on is the only acknowledgement",
    "other_type": "the escrow of a note names another type than its credit will; the credit is right (=TYPE)",
    "counter_wrap": "an event counter stands at N from its next reading on (=N or =UNIT:N)",
    # the mechanics
    "second_note": "a second note is pushed in behind the one in escrow: transport trouble, both come back",
    "escrow_expiry": "the validator gives the note in escrow back at once",
    "jam": "a piece jams on its way (=UNIT: validator, where nothing is said; coins or hopper)",
    "jam_inside": "a note jams past the point of no return",
    "cassette_pulled": "the cassette is pulled while a note is on its way into it",
    "cheat": "the next note taken in is on a string: it is told and given back",
    "stuck": "the validator stays in stacking until it is reset",
}

Fits = Callable[[str], bool]


class Traps:
    """A fault that names a moment of its own counts and strikes at such moments only: `drop_reply@2=167` is the second
    answer to 167, `power_cut=stacked` the next note that falls into the cassette."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._sprung: dict[str, list[str]] = {}  # struck at a moment of another one's with the same name
        self._cleared = faults.cleared

    def arm(self, spec: str) -> None:
        self._faults.arm(spec)

    def due(self, name: str, fits: Fits) -> str | None:
        """Does an armed fault with a value that fits strike now? Its value."""
        self._forget_cleared()
        armed = (spec.partition("=") for spec in self._faults.armed())
        if any(each == name and fits(value) for each, _, value in armed):
            value = self._faults.value(name)
            if value is not None:
                self._sprung.setdefault(name, []).append(value)
        waiting = self._sprung.get(name, [])
        for at, value in enumerate(waiting):
            if fits(value):
                return waiting.pop(at)
        return None

    def strikes(self, name: str, *values: str) -> bool:
        """Armed without a value, or with one of these."""
        return self.due(name, lambda value: not value or value in values) is not None

    def strikes_only(self, name: str, value: str) -> bool:
        """Armed with this very value."""
        return self.due(name, lambda given: given == value) is not None

    def armed(self) -> list[str]:
        self._forget_cleared()
        sprung = [f"{name}={value}" if value else name for name, rows in self._sprung.items() for value in rows]
        return self._faults.armed() + sprung

    def _forget_cleared(self) -> None:
        if self._cleared != self._faults.cleared:
            self._cleared = self._faults.cleared
            self._sprung.clear()
