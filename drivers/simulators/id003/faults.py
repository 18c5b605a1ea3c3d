"""What can go wrong with the simulated validator, by name, and the power cut that waits for its place."""

from __future__ import annotations

from drivers.simulators.world import Faults

ARROWS = {
    "entering": "a note is half-way in",
    "escrowed": "13 was told for the first time",
    "stack_asked": "STACK arrived, nothing has moved or been answered",
    "stacking": "past return, not yet in the cassette, nothing told",
    "stacked": "in the cassette; not reported after STACK-2",
    "reported": "15 was told for the first time",
    "acknowledged": "the host's 50 was taken",
}

FAULTS = {
    "power_cut": "the power is cut for a second where a note is, then the unit starts as after any loss of power"
    f" (value: {', '.join(ARROWS)}; none: the next of them)",
    "drop_reply": "an answer gets lost on the wire",
    "corrupt_reply": "a bit of an answer is turned over on the wire",
    "late_reply": "an answer comes late (value: seconds; none: right before the answer to the host's next command)",
    "comm_error": "a frame of the host arrives damaged: it is answered 4A and nothing is done",
    "drop_ack": "the host's 50 to a credit gets lost on the wire",
    "repeat_credit": "the credit is told once more after its 50 (value: later = after 16 was told in between)",
    "other_type": "15 names another type than 13 did (it names one even where it usually does not)",
    "second_note": "a second note is pushed in while one is stacked: 47 for two seconds",
    "busy": "a command or setting that fits is refused with 4B and nothing is done",
    "escrow_expiry": "the time for a decision about a note in escrow lapses almost at once: 17 79",
    "reset_in_session": "the unit restarts by itself at a status request, which is not answered",
    "jam": "a note jams while it comes in: 45 until it is cleared and the unit reset",
    "jam_inside": "a note jams past return: 46 until it is cleared and the unit reset",
    "cassette_pulled": "the cassette is pulled while a note past return is on its way to it: 44",
    "cheat": "a note is drawn back on a string while it is stacked: 48, the shopper has it",
    "stuck": "the unit stays in 14 until it is reset, the note past return (value: before = before that point)",
}

COMMANDS = {
    "insert VALUE": "push in a note of 10, 50, 100, 200, 500, 1000, 2000 or 5000 rubles",
    "insert VALUE xN": "push in N of them, one after the other as the unit becomes ready",
    "insert forgery": "push in something that looks like a note",
    "insert unknown": "push in a note of another country",
    "pull": "draw a note that is still in the transport back out",
    "cassette out": "take the cassette away with all that is in it",
    "cassette in": "put an empty cassette in",
    "jam": "something jams at the mouth",
    "jam inside": "something jams on the way to the cassette",
    "failure CODE": "a part fails (A2, A5, A6, A7, AB, AC, AD, AF, B0...B3)",
    "clear": "the jam or the failure is mended; the unit still wants a reset",
    "full": "the cassette is full",
    "cheat": "somebody fishes at the mouth",
    "vend denomination on|off": "whether 15 carries the type again",
    "replay on|off": "whether 15 and 16 come once more after power-up 42 and a reset",
    "barcode on|off": "whether the unit knows the barcode settings C6 and C7",
    "power off": "cut the power",
    "power on": "give the power back",
    "fault NAME[@N[xK]][=VALUE]": "arm a fault",
}


class Cuts:
    """The armed power cut: when its turn has come it waits for its arrow, until faults are cleared."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._waiting: str | None = None
        self._cleared = faults.cleared

    def at(self, arrow: str) -> bool:
        """Is the power cut here?"""
        waiting = self._still_waiting()
        if waiting is None:
            waiting = self._waiting = self._faults.value("power_cut")
        if waiting not in ("", arrow):
            return False
        self._waiting = None
        return True

    def _still_waiting(self) -> str | None:
        if self._faults.cleared != self._cleared:
            self._cleared, self._waiting = self._faults.cleared, None
        return self._waiting

    def armed(self) -> list[str]:
        """All armed faults, the one that waits among them."""
        waiting = self._still_waiting()
        return [*([f"power_cut={waiting}"] if waiting else []), *self._faults.armed()]
