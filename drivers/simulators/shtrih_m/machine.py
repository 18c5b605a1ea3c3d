"""The register itself, without its wire: memory, clock, printer, fiscal memory, and one command at a time.

A command either is refused and changes nothing, or changes the image, and the image is saved before anybody hears of
it: that save is the commit point. Nothing here waits; time is read from the clocks given.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from drivers.simulators.shtrih_m import tables
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.faults import WARNING_BITS, Traps
from drivers.simulators.shtrih_m.identity import made_up, new_fn
from drivers.simulators.shtrih_m.memory_image import Filed, FiscalMemory, Image, Receipt, frozen, frozen_fn, thawed
from drivers.simulators.shtrih_m.printer import Printer
from drivers.simulators.shtrih_m.registers import CLASSIC
from drivers.simulators.world import Ledger, Memory, Now

DAY = dt.timedelta(hours=24)
OFD_FLAG_AFTER = dt.timedelta(days=5)
OFD_REFUSE_AFTER = dt.timedelta(days=30)
OFD_SENDS_AFTER_S = 2.0  # a network round trip to the operator and its ticket
BODIES_KEPT = 20  # how many documents FF3B can still tell in full
LINES_KEPT = 60  # printed lines a picture of the device shows


class Kind(IntEnum):
    """Documents, by the codes of FF01's curDoc."""

    NONE = 0x00
    REGISTRATION = 0x01
    SHIFT_OPEN = 0x02
    RECEIPT = 0x04
    SHIFT_CLOSE = 0x08
    ARCHIVE_CLOSE = 0x10
    RE_REGISTRATION = 0x13
    CORRECTION = 0x14
    STATE = 0x17


class Mode(IntEnum):
    SHIFT_OPEN = 2
    OVER_24H = 3
    SHIFT_CLOSED = 4
    CONFIRM_DATE = 6
    DOCUMENT = 8


@dataclass(slots=True)
class Outcome:
    """What one command came to. `wait_for_print`: the answer comes when the lines are out."""

    answer: bytes
    committed: bool = False
    wait_for_print: bool = False


class Machine:
    """`runtime` is a monotonic clock in seconds, `now` the world's wall clock."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        memory: Memory,
        rng: random.Random,
        now: Now,
        traps: Traps,
        instant: bool,
        runtime: Callable[[], float],
    ) -> None:
        self.ledger = ledger
        self.traps = traps
        self.instant = instant
        self.printed: list[str] = []
        self.committed = False
        self.command = ""  # the code being carried out, "FF45"
        self.wait_for_print = False
        self.stirred: Callable[[], None] = (
            _nobody_listens  # told after each change; the device listens to know what is due
        )
        self.buffer = bytearray()  # FF30-FF33, volatile
        self.checked_marks: dict[bytes, int] = {}  # code -> 2106, accepted by FF69, volatile
        self.mark_in_question: tuple[bytes, int] | None = None
        self.chosen_body = b""  # FF3A, volatile
        self._memory = memory
        self._rng = rng
        self._now = now
        self._runtime = runtime
        self._told: list[tuple[str, dict[str, Any]]] = []
        self._job: list[str] = []
        self._report = False
        self._ofd_due: float | None = None
        self.printer = Printer(self._came_out, instant)
        kept = memory.load()
        self.image = thawed(Image, kept) if kept else self._new_register()
        self._remember()
        self._restore_printer()
        if not kept:
            self.save()
        elif self.unsent and not self.image.ofd_away:
            self._ofd_due = 0.0  # they have waited long enough

    # ---- life of the device

    def _new_register(self) -> Image:
        image = Image(identity=made_up(self._rng))
        self._new_fiscal_memory(image)
        return image

    def _new_fiscal_memory(self, image: Image) -> None:
        at = self._now().replace(tzinfo=None, microsecond=0)
        image.fn = FiscalMemory(valid_until=(at + dt.timedelta(days=450)).date().isoformat())
        sign = _fiscal_sign(image.identity.fn, 1, Kind.REGISTRATION, at.isoformat(), 0)
        image.fn.documents.append(Filed(1, Kind.REGISTRATION, at.isoformat(), sign, 0, sent=True))

    def power_lost(self) -> None:
        """What was not saved is gone."""
        self.advance()
        self.image.unprinted = list(self.printer.job)
        self.save()
        self.image = thawed(Image, self._memory.load())
        self.buffer.clear()
        self.checked_marks.clear()
        self.mark_in_question = None
        self._told.clear()
        self._job.clear()
        self._restore_printer()

    def _restore_printer(self) -> None:
        self.printer.paper, self.printer.cover_open = self.image.paper, self.image.cover_open
        self.printer.job = list(self.image.unprinted)
        self.printer.power_lost()

    def save(self) -> None:
        """The commit point."""
        self.image.paper, self.image.cover_open = self.printer.paper, self.printer.cover_open
        self._memory.save({**self._remember(), "fn": frozen_fn(self.image.fn)})
        self.stirred()

    def _remember(self) -> dict[str, Any]:
        """What a refused command goes back to. The archive, which may be long, is remembered by its entries."""
        self._before, self._documents_before = frozen(self.image), list(self.image.fn.documents)
        return self._before

    def swap(self, whole: bool) -> None:
        """Another fiscal memory, or another register altogether, stands here."""
        if whole:
            self.image = Image(identity=made_up(self._rng), tables=self.image.tables)
        else:
            self.image.identity.fn = new_fn(self._rng)
            self.image.receipt = None
        self._new_fiscal_memory(self.image)
        self.save()

    # ---- clocks

    def wall(self) -> dt.datetime:
        """The device's own clock: local, without zone."""
        at = self._now().replace(tzinfo=None, microsecond=0)
        return at + dt.timedelta(seconds=self.image.rtc_ahead_s)

    @property
    def shift_over_24h(self) -> bool:
        fn = self.image.fn
        return fn.shift_open and self.wall() - dt.datetime.fromisoformat(fn.shift_opened_at) >= DAY

    def age_shift(self, hours: int = 24) -> None:
        """A fault: the shift was opened so many hours earlier than it was."""
        fn = self.image.fn
        if fn.shift_open:
            earlier = dt.datetime.fromisoformat(fn.shift_opened_at) - dt.timedelta(hours=hours)
            fn.shift_opened_at = earlier.isoformat()

    # ---- state bytes

    @property
    def mode(self) -> Mode:
        if self.image.date_to_confirm:
            return Mode.CONFIRM_DATE
        if self.image.receipt or self.image.non_fiscal:
            return Mode.DOCUMENT
        if not self.image.fn.shift_open:
            return Mode.SHIFT_CLOSED
        return Mode.OVER_24H if self.shift_over_24h else Mode.SHIFT_OPEN

    @property
    def mode_byte(self) -> int:
        if self.mode is not Mode.DOCUMENT:
            return self.mode
        return (CLASSIC[self.image.receipt.operation] if self.image.receipt else 4) << 4 | Mode.DOCUMENT

    @property
    def flags(self) -> int:
        paper = 1 << 7 if self.printer.paper else 0
        return 1 << 4 | paper | self.printer.cover_open << 10 | self.image.drawer_open << 11

    @property
    def unsent(self) -> list[Filed]:
        return [filed for filed in self.image.fn.documents if not filed.sent]

    def fn_warnings(self) -> int:
        for name, bit in WARNING_BITS.items():
            if self.traps.strikes(name, self.command):
                self.image.fn.warnings |= bit
                self.save()
        return self.image.fn.warnings | (0x08 if self._unsent_for() > OFD_FLAG_AFTER else 0)

    def _unsent_for(self) -> dt.timedelta:
        waiting = self.unsent
        return self.wall() - dt.datetime.fromisoformat(waiting[0].at) if waiting else dt.timedelta()

    def cell(self, cell: tuple[int, int, int]) -> int:
        return tables.read_number(self.image, cell)

    def need_receipt(self) -> Receipt:
        """The open receipt; 73h without one."""
        if self.image.receipt is None:
            raise Refusal(Code.WRONG_MODE)
        return self.image.receipt

    # ---- effects

    def tell(self, event: str, **facts: Any) -> None:
        """To the ledger, once the image is saved."""
        self._told.append((event, facts))

    def print(self, lines: list[str], *, wait: bool = False, report: bool = False) -> None:
        """Out of the slot, once the image is saved. With `wait` the answer comes after the last line."""
        self._job += lines
        self._report = report
        self.wait_for_print = wait

    def add(self, sums: dict[str, int], name: str, amount: int = 1) -> None:
        sums[name] = sums.get(name, 0) + amount

    def file(self, kind: Kind, *, operation: int = 0, total: int = 0, body: bytes = b"") -> Filed:
        """Commit one document to the fiscal memory; refused as the memory refuses, before anything changed."""
        self._fn_may_refuse()
        if self.traps.strikes("last_document_jumps_by_2", self.command):
            foreign = self._append(Kind.RECEIPT, 1, 100_00, b"")
            facts = {"operation": 1, "total_minor": 100_00, "cash_minor": 100_00, "electronic_minor": 0, "lines": []}
            self._tell_fiscalised(foreign, {**facts, "buyer": "", "key1084": "", "foreign": True})
        filed = self._append(kind, operation, total, body)
        self.committed = True
        return filed

    def _fn_may_refuse(self) -> None:
        fn, code = self.image.fn, self.command
        if self.traps.strikes("paper_out_before_commit", code):
            self.printer.set_condition(paper=False)
            raise Refusal(Code.NO_PAPER)
        if self.traps.strikes("fn_exhausted", code):
            raise Refusal(Code.FN_EXHAUSTED)
        if self.traps.strikes("fn_store_full", code):
            raise Refusal(Code.FN_STORE_FULL)
        failure = self.traps.sprung("fn_fails_before_commit", code)
        if failure is not None:
            raise Refusal(int(failure or "03", 16))
        if fn.life != 3:
            raise Refusal(Code.FN_WRONG_STATE)
        if self._unsent_for() > OFD_REFUSE_AFTER:
            raise Refusal(Code.FN_OFD_OVERDUE)
        if fn.documents and self.wall() < dt.datetime.fromisoformat(fn.documents[-1].at):
            raise Refusal(Code.FN_WRONG_TIME)

    def _append(self, kind: Kind, operation: int, total: int, body: bytes) -> Filed:
        fn, at = self.image.fn, self.wall().isoformat()
        number = fn.last + 1
        sign = _fiscal_sign(self.image.identity.fn, number, kind, at, total)
        if self.traps.strikes("ofd_away", self.command):
            self.image.ofd_away = True
        filed = Filed(number, kind, at, sign, fn.shift, operation, total, body.hex())
        fn.documents.append(filed)
        if len(fn.documents) > BODIES_KEPT:
            fn.documents[-BODIES_KEPT - 1].body = ""
        fn.current, fn.has_data, fn.tlv = Kind.NONE, False, ""
        self.image.running_number += 1
        if not self.image.ofd_away:
            self._ofd_due = self._runtime() + (0 if self.instant else OFD_SENDS_AFTER_S)
        return filed

    def _tell_fiscalised(self, filed: Filed, facts: dict[str, Any]) -> None:
        self.tell("fiscalised", document=filed.number, fiscal_sign=filed.sign, shift=filed.shift, **facts)

    def tell_fiscalised(self, filed: Filed, **facts: Any) -> None:
        self._tell_fiscalised(filed, facts)

    # ---- one command

    def settle(self) -> None:
        """Make what a command did durable, then let the world know: ledger, operator of fiscal data, paper."""
        job, self._job = self._job, []
        sent = self._send_to_ofd(self._runtime()) if self.instant else []
        self.image.unprinted = list(self.printer.job) if self.instant else [*self.printer.job, *job]
        if self.instant and self.image.receipt and not self.committed and not self._told:
            self._remember()  # an open receipt lies in battery memory; benches do not wait for a disk
        else:
            self.save()
        told, self._told = self._told, []
        for event, facts in told:
            self.ledger.write(event, **facts)
        self._tell_sent(sent)
        if not job:
            return
        if self.committed:
            self._printing_faults(len(job))
        self.printer.start(job, self._runtime(), self._report)
        self._report = False
        if self.instant and self.printer.job:
            self.image.unprinted = list(self.printer.job)
            self.save()

    def resume_printing(self) -> None:
        """B0h: goes on where the printing stopped; 72h when nothing waits."""
        self.printer.carry_on(self._runtime())
        self.printer.advance(self._runtime())

    def undo(self) -> None:
        """A refused command changes nothing, tells nothing and prints nothing."""
        self.image = thawed(Image, self._before)
        self.image.fn.documents = list(self._documents_before)
        self._told.clear()
        self._job.clear()

    def _printing_faults(self, lines: int) -> None:
        if self.traps.strikes("paper_out_after_commit", self.command):
            self.printer.runs_out_after = lines // 2
        if self.traps.strikes("hangs_before_continue", self.command):
            self.printer.hangs = True

    def advance(self) -> None:
        """Let time pass: printing, and the way to the OFD."""
        at, printing = self._runtime(), bool(self.printer.job)
        self.printer.advance(at)
        sent = self._send_to_ofd(at)
        if sent or (printing and not self.printer.job):
            self.image.unprinted = list(self.printer.job)
            self.save()
            self._tell_sent(sent)

    @property
    def next_change_at(self) -> float | None:
        """When `advance` has something to do by itself, on the runtime's clock."""
        moments = [at for at in (self.printer.done_at, self._ofd_due) if at is not None]
        return min(moments, default=None)

    def set_ofd(self, away: bool) -> None:
        self.image.ofd_away = away
        self._ofd_due = (
            None if away or not self.unsent else self._runtime() + (0 if self.instant else OFD_SENDS_AFTER_S)
        )
        self.save()

    def _send_to_ofd(self, at: float) -> list[Filed]:
        if self._ofd_due is None or at < self._ofd_due or self.image.ofd_away:
            return []
        self._ofd_due = None
        sent = self.unsent
        for filed in sent:
            filed.sent = True
        return sent

    def _tell_sent(self, sent: list[Filed]) -> None:
        for filed in sent:
            self.ledger.write("ofd_sent", document=filed.number, fiscal_sign=filed.sign)

    def _came_out(self, lines: list[str]) -> None:
        self.printed = (self.printed + lines)[-LINES_KEPT:]
        self.ledger.write("printed", lines=lines)


def _nobody_listens() -> None:
    return


def _fiscal_sign(fn: str, number: int, kind: int, at: str, total: int) -> int:
    """Stands for the fiscal memory's cryptography: the same document always gets the same sign."""
    digest = hashlib.blake2b(f"{fn}/{number}/{kind}/{at}/{total}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
