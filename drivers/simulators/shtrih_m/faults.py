"""The faults of the simulated register, each with what it does (reference recovery.md, section 10).

A value may begin with a command code (`FF45`, or `41h` for one-byte codes): once its turn has come the fault then
waits for that command. `drop_after_commit=FF45` loses the answer of the next receipt, whatever is asked before it;
`slow_answer=FF45:20` makes that answer 20 s late.
"""

from __future__ import annotations

import re

from drivers.simulators.world import Faults

_CUT = "the device's power is cut for a second "

FAULTS = {
    "drop_before_frame": "the link drops before the command is taken: nothing is executed",
    "drop_after_ack": "the link drops right after the command's ACK; the device executes it, the answer stays pending",
    "drop_during_execution": "the link drops while the command is executed; it is carried out, its answer is pending",
    "drop_after_commit": "a document is committed, then the link drops before its answer, which stays pending",
    "half_answer": "half of the answer is sent, then silence; the answer stays pending",
    "bad_lrc_once": "the answer's check byte is wrong once; asked again it is right",
    "bad_lrc_always": "the answer's check byte is wrong each time that answer is sent",
    "nak_storm": "good command frames are answered NAK (value: how many in a row, 10 by default)",
    "ff_noise": "stray FF bytes precede the control bytes around one command",
    "enq_silence": "ENQ is not answered (value: how many in a row, 3 by default)",
    "slow_answer": "the answer comes late (value: seconds, 15 by default)",
    "power_cycle_before_frame": _CUT + "before the command is taken: nothing is executed",
    "power_cycle_after_ack": _CUT + "after the command's ACK: nothing is executed",
    "power_cycle_during_execution": _CUT + "while the command is executed, before anything is committed",
    "power_cycle_after_commit": _CUT + "after a document was committed, before its answer, which is lost",
    "power_cycle_half_answer": _CUT + "in the middle of the answer",
    "power_cycle_while_printing": _CUT + "after the answer, while the committed document is printed",
    "pending_answer_survives_power": "the next time the power returns the device still holds the answer it owed",
    "v2_number_survives_power": "the next time the power returns link v2 still knows its last number and answer",
    "previous_answer_pending": "at the next connection the device still holds the answer to an earlier status request",
    "paper_out_before_commit": "the paper runs out just before a document would be committed: refused with 6Bh",
    "paper_out_after_commit": "the paper runs out while a committed document is printed: submode 2, then 3, then B0h",
    "hangs_before_continue": "printing of a committed document stops in submode 3 although there is paper, until B0h",
    "shift_24h_mid_receipt": "the shift becomes older than 24 hours right after a line is registered",
    "shift_24h": "the shift becomes older than 24 hours before the next command",
    "fn_warns_3_days": "the fiscal memory warns: key ends in 3 days",
    "fn_warns_30_days": "the fiscal memory warns: key ends in 30 days",
    "fn_warns_archive": "the fiscal memory warns: archive 90 % full",
    "fn_warns_ofd": "the fiscal memory warns: documents wait for the OFD too long",
    "fn_warns_critical": "the fiscal memory warns: critical error",
    "fn_exhausted": "the fiscal memory refuses to commit: resource exhausted (12h)",
    "fn_store_full": "the fiscal memory refuses to commit: store for the OFD full (14h)",
    "fn_fails_before_commit": "the answer is FN failure (03h, or value: another byte) and nothing was committed",
    "fn_fails_after_commit": "the answer is FN failure (03h, or value: another byte) though the document was committed",
    "fn_document_stuck": "cancelling the receipt (88h) leaves the document half-open in the fiscal memory, until FF08",
    "last_document_jumps_by_2": "another program's document of 100.00 is committed just before ours",
    "fn_swapped": "at the next connection another fiscal memory is inside",
    "register_swapped": "at the next connection another register (serial number and fiscal memory) answers",
    "mark_refused_at_item": "FF67 refuses the mark (A2h, or value: another byte)",
    "mark_refused_at_seal": "FF45 refuses a receipt with marks (A5h, or value: another byte)",
    "marks_unreachable": "the marking service times out: FF61 and FF67 answer an unchecked code",
    "refuses": "a command is refused without effect (value: CODE:BYTE, e.g. FF46:33)",
    "clock_off": "the device's clock is wrong (value: minutes ahead, 10 by default)",
    "ofd_away": "the OFD cannot be reached from the next document on: unsent documents gather",
}

WARNING_BITS = {
    "fn_warns_3_days": 0x01,
    "fn_warns_30_days": 0x02,
    "fn_warns_archive": 0x04,
    "fn_warns_ofd": 0x08,
    "fn_warns_critical": 0x80,
}

_FOR_COMMAND = re.compile(r"(?P<code>FF[0-9A-F]{2}|[0-9A-F]{2}(?=h))h?(?::(?P<value>.*))?$", re.IGNORECASE)


class Traps:
    """Armed faults, with those that wait for a certain command."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._waiting: dict[str, list[tuple[str, str]]] = {}
        self._cleared = faults.cleared

    def sprung(self, name: str, command: str = "") -> str | None:
        """The value of the fault that strikes now, "" when it has none, None when none strikes.

        `command` is the code of the command being carried out, "FF45" or "41".
        """
        struck = self._faults.value(name)
        self._drop_cleared()
        if struck is not None:
            meant = _FOR_COMMAND.match(struck)
            if not meant:
                return struck
            self._waiting.setdefault(name, []).append((meant["code"].upper(), meant["value"] or ""))
        for waiting in self._waiting.get(name, []):
            if waiting[0] == command:
                self._waiting[name].remove(waiting)
                return waiting[1]
        return None

    def armed(self) -> list[str]:
        """The faults that are still to strike, those that wait for a certain command too."""
        self._drop_cleared()
        waiting = [f"{name}={code}" for name, turns in self._waiting.items() for code, _value in turns]
        return [*self._faults.armed(), *waiting]

    def _drop_cleared(self) -> None:
        """Somebody has disarmed all faults: those that wait for their command too."""
        if self._cleared != self._faults.cleared:
            self._cleared = self._faults.cleared
            self._waiting.clear()

    def strikes(self, name: str, command: str = "") -> bool:
        return self.sprung(name, command) is not None
