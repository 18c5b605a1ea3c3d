"""The bill validator as its host sees it: inhibits, events, routing, ids. Its mechanics are in `bill_path`.

    event (t, 1)   a bill of type t is in escrow          event (0, s)   status s: returned, rejected, jam, cassette
    event (t, 0)   the bill is in the stacker: credit

Bill ids are country, value in roubles, issue: `RU0050A`; 156 scales `RU` by 100 with 2 decimals: 0050 is 50.00.
After power-up and reset every type and the whole unit are inhibited, and the operating mode is stacker without escrow:
a host that wants an escrow asks for it (153 with bit 1).
"""

from __future__ import annotations

from typing import Any

from drivers.simulators.cash_box import Place
from drivers.simulators.cctalk.bill_path import BILLS, UNNAMED_TYPE, BillPath
from drivers.simulators.cctalk.event_buffer import EventBuffer
from drivers.simulators.cctalk.frames import ACKNOWLEDGED, REFUSED, Answer
from drivers.simulators.cctalk.peripheral import MINOR, Command, Identity, Peripheral, readers, three
from drivers.simulators.cctalk.rig import Rig

EMPTY = b"......."
STACKER, ESCROW = 0x01, 0x02  # bits of the operating mode
RETURN, STACK, EXTEND = 0, 1, 255
NOTHING_IN_ESCROW, FAILED = bytes([254]), bytes([255])
STACKER_FAULT, BILL_JAMMED, STACKER_MISSING, STACKER_FULL = 38, 39, 44, 45  # of self-check

IDENTITY = Identity("validator", 40, "Bill Validator", "SIM-B1", "BV-1.0", bytes([2, 20]), STACKER | ESCROW)


class BillValidator(Peripheral):
    """What the host asks and orders."""

    counter_headers = (159,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig, IDENTITY, rig.rng.getrandbits(24))
        self.accepted: int = self.kept.get("accepted", 0)
        self.inserted: int = self.kept.get("inserted", 0)
        self.rejected: int = self.kept.get("rejected", 0)
        self.frauds: int = self.kept.get("frauds", 0)
        self.events = EventBuffer()
        self.mask, self.master, self.mode = 0, False, STACKER
        self._fresh_credit = self.tells_new_credit = self.credit_was_told = False
        self.path = BillPath(self, self.kept.get("path", {}))
        self.commands |= {
            159: Command(self._read),
            154: Command(self._route, (1,)),
            153: Command(self._set_mode, (1,)),
            157: Command(self._bill_id, (1,)),
            156: Command(self._scaling, (2,)),
            145: Command(self._currency_revision, (0, 2)),
            231: Command(self._set_mask, (2,)),
            228: Command(self._set_master, (1,)),
        }
        self.commands |= readers(
            {
                152: lambda: bytes([self.mode]),
                230: lambda: self.mask.to_bytes(2, "little"),
                227: lambda: bytes([self.master]),
                226: lambda: three(self.inserted),
                225: lambda: three(self.accepted),
                194: lambda: three(self.rejected),
                193: lambda: three(self.frauds),
            }
        )

    def state(self) -> dict[str, Any]:
        counts = {"accepted": self.accepted, "inserted": self.inserted, "rejected": self.rejected}
        return {**super().state(), **counts, "frauds": self.frauds, "path": self.path.kept()}

    def forget(self) -> None:
        self.events.forget()
        self.mask, self.master, self.mode = 0, False, STACKER
        self._fresh_credit = self.tells_new_credit = self.credit_was_told = False
        self.path.interrupted()

    def started(self) -> None:
        self.path.boot()

    def self_check(self) -> bytes:
        if not self.box.cassette_in_place:
            return bytes([STACKER_MISSING])
        if self.path.full:
            return bytes([STACKER_FULL])
        return bytes([{"": 0, "mouth": BILL_JAMMED, "inside": STACKER_FAULT}[self.path.jammed]])

    def stand_at(self, counter: int) -> None:
        self.events.counter = counter

    def answered(self, header: int) -> None:
        if header == 159 and self.tells_new_credit:
            self.tells_new_credit = False
            if not self.rig.arrow("reported"):
                self.credit_was_told = True

    def credit(self, bill_type: int) -> None:
        self.events.add(bill_type, 0)
        self._fresh_credit = True

    def accepts(self, bill_type: int) -> bool:
        return self.master and bool(self.mask >> (bill_type - 1) & 1)

    # The host

    def _read(self, _: bytes) -> Answer:
        if self.credit_was_told:  # its next poll is how a ccTalk host says that it has read the last one
            self.credit_was_told = False
            if self.rig.arrow("acknowledged"):
                return REFUSED  # never leaves: there is no power
        self.tells_new_credit, self._fresh_credit = self.tells_new_credit or self._fresh_credit, False
        return Answer(self.events.read())

    def _route(self, data: bytes) -> Answer:
        order = data[0]
        if order not in (RETURN, STACK, EXTEND):
            return REFUSED
        if self.box.place is not Place.ESCROW or self.path.word != "escrow":
            jammed_there = self.box.place is Place.ESCROW and self.path.jammed
            return Answer(FAILED if jammed_there else NOTHING_IN_ESCROW)
        if order == STACK:
            if not self.box.cassette_in_place or self.path.full or self.path.jammed:
                return Answer(FAILED)
            if self.rig.arrow("stack_asked"):
                return REFUSED  # never leaves: there is no power
            self.path.stack()
        elif order == RETURN:
            self.path.give_back()
        else:
            self.path.hold()
        return ACKNOWLEDGED

    def _set_mode(self, data: bytes) -> Answer:
        self.mode = data[0] & (STACKER | ESCROW)
        return ACKNOWLEDGED

    def _bill_id(self, data: bytes) -> Answer:
        for roubles, bill_type in BILLS.items():
            if bill_type == data[0]:
                return Answer(f"RU{roubles:04d}A".encode())
        return Answer(EMPTY) if 1 <= data[0] <= UNNAMED_TYPE else REFUSED

    def _scaling(self, data: bytes) -> Answer:
        return Answer(bytes([MINOR, 0, 2]) if data == b"RU" else bytes(3))

    def _currency_revision(self, data: bytes) -> Answer:
        return Answer(b"RU2601" if data in (b"", b"RU") else b"")

    def _set_mask(self, data: bytes) -> Answer:
        self.mask = int.from_bytes(data, "little")
        return ACKNOWLEDGED

    def _set_master(self, data: bytes) -> Answer:
        self.master = bool(data[0] & 1)
        return ACKNOWLEDGED
