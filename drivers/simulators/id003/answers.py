"""What the validator answers to each command of the host, and what it does on the way.

11 -> its status        40 41 42 43 44 45 -> 50        50 -> nothing        C0...C7 -> the same bytes
80 81 83 84 85 88 8A -> the number and what it holds   what does not fit -> 4B
"""

from __future__ import annotations

from drivers.simulators.id003 import codes, settings
from drivers.simulators.id003.codes import Ask, Status
from drivers.simulators.id003.note_way import NoteWay
from drivers.simulators.id003.unit import Unit

ACKNOWLEDGED = bytes([codes.ACK])
REFUSED = bytes([codes.INVALID_COMMAND])
DAMAGED = bytes([codes.COMMUNICATION_ERROR])
SETS = range(settings.DENOMINATIONS, settings.BARCODE_INHIBIT + 1)
DECISIONS = (Ask.STACK_1, Ask.STACK_2, Ask.RETURN, Ask.HOLD, Ask.WAIT)


class Answers:
    def __init__(self, unit: Unit, way: NoteWay) -> None:
        self._unit = unit
        self._way = way

    def to(self, body: bytes) -> bytes | None:
        """Command and data of the answer; None: silence."""
        unit = self._unit
        if unit.faults.strikes("comm_error"):
            return DAMAGED
        self._way.polled()
        command, data = body[0], body[1:]
        if command == Ask.ACK and not data:
            self._acknowledgement()
            return None
        if command == Ask.STATUS and not data:
            return self._status()
        if command in settings.READABLE and not data:
            return bytes([command]) + unit.settings.get(settings.READABLE[command])
        if command == Ask.VERSION and not data:
            return bytes([command]) + codes.VERSION
        if command == Ask.CURRENCIES and not data:
            return bytes([command]) + codes.currency_table()
        if (command in DECISIONS or command == Ask.RESET or command in SETS) and unit.faults.strikes("busy"):
            return REFUSED
        if command in SETS:
            return self._set(command, data)
        return self._operation(command) if not data else REFUSED

    def told(self, answer: bytes) -> None:
        """The answer is on the wire."""
        unit = self._unit
        status = next((each for each in Status if each == answer[0]), Status.DARK)
        if status is not unit.status:
            return
        first = status not in unit.told
        unit.told.add(status)
        arrow = {Status.ESCROW: "escrowed", Status.VEND_VALID: "reported"}.get(status)
        if first and arrow and unit.cuts.at(arrow):
            unit.cut_power()
        elif status is Status.STACKED:
            self._way.stacked_told()

    def _status(self) -> bytes | None:
        unit = self._unit
        if unit.faults.strikes("reset_in_session"):
            unit.cut_power(dark_s=0)
            return None
        if unit.status is Status.VEND_VALID and unit.credit is not None:
            named = unit.vend_denomination or unit.credit.always_named
            return bytes([unit.status, unit.credit.code]) if named else bytes([unit.status])
        return bytes([unit.status]) + unit.data

    def _acknowledgement(self) -> None:
        """Power-up too is acknowledged with 50; only a reset ends it."""
        if self._unit.status is Status.VEND_VALID and not self._unit.faults.strikes("drop_ack"):
            self._way.acknowledged()

    def _set(self, command: int, data: bytes) -> bytes:
        unit = self._unit
        if not unit.settings.set(command, data, barcodes=unit.barcode):
            return REFUSED
        if unit.status in (Status.IDLE, Status.DISABLED):
            unit.settle()
        return bytes([command]) + data

    def _operation(self, command: int) -> bytes | None:
        unit, way = self._unit, self._way
        if command == Ask.RESET:
            unit.reset()
            return ACKNOWLEDGED
        if command not in DECISIONS or not way.undecided():
            return REFUSED
        if command in (Ask.STACK_1, Ask.STACK_2):
            if unit.cuts.at("stack_asked"):
                unit.cut_power()
                return None
            way.stack(first=command == Ask.STACK_1)
        elif command == Ask.RETURN:
            way.give_back()
        elif command == Ask.HOLD:
            way.hold()
        else:
            way.wait()
        return ACKNOWLEDGED
