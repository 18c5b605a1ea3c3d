"""What a terminal remembers over a power cut: counters, booked cards, and an approval it may have to take back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from drivers.simulators.world import Memory

SLIPS = 9999  # bitmap 87 holds four digits
TRACES = 999_999  # bitmap 0B holds six
KEPT_RECORDS = 2000  # enough for a day and the one before; older ones are dropped
SCHEMES = ("girocard", "JCB", "Mastercard", "American Express", "Visa", "Diners", "others")  # order of bitmap 60


@dataclass(slots=True)
class Record:
    """One money operation that the terminal stands by. `kind` is sale, refund, reversal, reservation or release."""

    kind: str
    slip: int
    trace: int
    amount_minor: int
    currency: int  # ISO 4217 number
    at: str  # the terminal's own wall clock, YYYY-MM-DDTHH:MM:SS
    scheme: str = ""
    pan: str = ""  # masked for the wire: E is a hidden digit, F fills up
    auth: str = ""
    chip: bool = False
    pin: bool = False
    of: int | None = None  # slip of the operation this one takes back or books
    of_trace: int | None = None
    day: int = 0
    gone: bool = False  # reversed, or a reservation that was booked or released
    hidden: bool = False  # booked, yet the terminal no longer finds it
    currency_sent: bool = False  # the host named the currency, so the answer names it too

    def facts(self) -> dict[str, Any]:
        """What the ledger says about it."""
        known = {"slip": self.slip, "trace": self.trace, "amount_minor": self.amount_minor, "currency": self.currency}
        return known if self.of is None else {**known, "of": self.of}


@dataclass(slots=True)
class Totals:
    """A day: what bitmap 60 lists."""

    first: int = 0
    last: int = 0
    amount_minor: int = 0
    count: int = 0
    schemes: dict[str, tuple[int, int]] = field(default_factory=dict)


def _plain(record: Record) -> dict[str, Any]:
    """A record as JSON has it; its fields are plain values, so nothing needs to be copied deeper."""
    return {name: getattr(record, name) for name in Record.__slots__}


class Books:
    """The durable state; every change that must outlive a power cut is followed by `save`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        kept = memory.load()
        self.slip: int = kept.get("slip", 0)
        self.trace: int = kept.get("trace", 0)
        self.day: int = kept.get("day", 1)
        self.clock_ahead_s: int = kept.get("clock_ahead_s", 0)
        self.sync_ids: bool = kept.get("sync_ids", False)
        self.sync_id: int = kept.get("sync_id", 0)
        self.needs: set[int] = set(kept.get("needs", []))  # preconditions: C2 diagnosis, F0 end of day, 51 initialise
        self.records = [Record(**record) for record in kept.get("records", [])]
        self.reservations = [Record(**record) for record in kept.get("reservations", [])]
        pending = kept.get("pending")
        self.pending: Record | None = Record(**pending) if pending else None
        taken_back = kept.get("taken_back")
        self.taken_back: Record | None = Record(**taken_back) if taken_back else None

    def save(self) -> None:
        self._memory.save(
            {
                "slip": self.slip,
                "trace": self.trace,
                "day": self.day,
                "clock_ahead_s": self.clock_ahead_s,
                "sync_ids": self.sync_ids,
                "sync_id": self.sync_id,
                "needs": sorted(self.needs),
                "records": [_plain(record) for record in self.records],
                "reservations": [_plain(record) for record in self.reservations],
                "pending": _plain(self.pending) if self.pending else None,
                "taken_back": _plain(self.taken_back) if self.taken_back else None,
            }
        )

    def number(self, record: Record) -> None:
        """Give it the next slip and trace numbers; both wrap and never take 0."""
        self.slip = self.slip % SLIPS + 1
        self.trace = self.trace % TRACES + 1
        record.slip, record.trace, record.day = self.slip, self.trace, self.day

    def approve(self, record: Record) -> None:
        """The host said yes: keep it apart until the till has acknowledged."""
        self.pending = record
        self.save()

    def book(self, record: Record) -> None:
        """The commit point of the terminal: durable when this returns."""
        self.pending = None
        target = self.find(record.of) if record.kind == "reversal" else self.reservation(record.of)
        if target is not None:
            target.gone = True
        if record.kind == "reservation":
            self.reservations.append(record)
        else:
            self.records = [*self.records, record][-KEPT_RECORDS:]
        if self.sync_ids:
            self.sync_id = self.sync_id % SLIPS + 1
        self.save()

    def take_back(self, record: Record) -> None:
        """Automatic reversal: the approval came to nothing."""
        self.pending = None
        self.taken_back = record
        self.save()

    def find(self, slip: int | None) -> Record | None:
        """The newest sale or refund with this slip number."""
        return next((r for r in reversed(self.records) if r.slip == slip and r.kind in ("sale", "refund")), None)

    def reservation(self, slip: int | None) -> Record | None:
        return next((r for r in reversed(self.reservations) if r.slip == slip), None)

    def last(self) -> Record | None:
        """The newest record the terminal can still show."""
        return next((record for record in reversed(self.records) if not record.hidden), None)

    def totals(self) -> Totals:
        """The open day: sales minus refunds, without what was reversed. Hidden records count: the host knows them."""
        today = [r for r in self.records if r.day == self.day]
        found = Totals(first=today[0].slip if today else 0, last=today[-1].slip if today else 0)
        for record in today:
            if record.gone or record.kind not in ("sale", "refund"):
                continue
            sign = -1 if record.kind == "refund" else 1
            scheme = record.scheme if record.scheme in SCHEMES else "others"
            count, amount = found.schemes.get(scheme, (0, 0))
            found.schemes[scheme] = (count + 1, amount + sign * record.amount_minor)
            found.count += 1
            found.amount_minor += sign * record.amount_minor
        return found

    def close_day(self) -> Totals:
        found = self.totals()
        self.day += 1
        self.needs.discard(0xF0)
        self.save()
        return found
