"""Reads from a till's register what it has sealed since the backup, and compares it with what the journal knows now.

state -> which documents? -> each by its number (kept: asked once) -> fiscal/register_match
         after the newest the backup knew of this memory; without one, from the oldest that HQ told;
         none of a memory that nobody of this shop has ever named: what it sealed before, it sealed elsewhere
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.devices.register_desk import RegisterDesk
from drivers.fiscal_registers.contract import MemoryRecord, RecordKind, RegisterState
from fiscal.register_match import Fate, FoundDocument, FoundKind, KnownDocument, RegisterMatch, register_match
from fiscal.sale import Sale
from sync.store.restored import RestoreState
from sync.store.sale_journal import read_sale
from sync.store.store import Store

MOST_READ = 2_000
"""Documents that are asked one by one, 30 to 50 ms each: two busy days of a till in a minute and a half."""
MOST_SALES = 20_000
OLDER_MS = 2 * 86_400_000
"""A sale of before the backup may have ended after it: so far back the journal is looked through."""
_KINDS = {
    RecordKind.RECEIPT: FoundKind.RECEIPT,
    RecordKind.CORRECTION: FoundKind.CORRECTION,
    RecordKind.SHIFT_OPENED: FoundKind.REPORT,
    RecordKind.SHIFT_CLOSED: FoundKind.REPORT,
    RecordKind.OTHER: FoundKind.REPORT,
}


@dataclass(frozen=True, slots=True)
class RegisterLook:
    """`expected`: serial and memory of the register that the journal knew. `ours`: this memory is one of this shop.
    `skipped`: documents that were too many to be asked for."""

    state: RegisterState
    match: RegisterMatch
    expected: tuple[str, str] | None
    ours: bool
    skipped: int = 0

    @property
    def swapped(self) -> str:
        """register, fn or "": what is another than the journal's."""
        if self.expected is None or self.expected == (self.state.serial, self.state.fn):
            return ""
        return "fn" if self.expected[0] == self.state.serial else "register"


class RegisterReader:
    """One till's register; documents once read are kept, so that a second look asks for the new ones only."""

    def __init__(self, desk: RegisterDesk) -> None:
        self._desk = desk
        self._found: dict[tuple[str, int], FoundDocument] = {}

    async def look(self, restored: RestoreState, till: str, known: list[KnownDocument]) -> RegisterLook:
        """Raises drivers.errors."""
        state = await self._desk.read("restore")
        identity = self._desk.identity
        expected = (identity.serial, identity.fn) if identity is not None else None
        numbers = [one.number for one in known if one.fn == state.fn]
        baseline = restored.baselines.get(till)
        ours = bool(numbers) or (baseline is not None and baseline.fn == state.fn)
        base = state.last_document
        if baseline is not None and baseline.fn == state.fn:
            base = baseline.number
        elif numbers:
            base = min(numbers) - 1
        first = max(base + 1, state.last_document - MOST_READ + 1)
        read = range(first, state.last_document + 1)
        port = self._desk.port
        for number in read:
            if (state.fn, number) not in self._found:
                record = await port.run(port.driver.record(number), about="restore")
                if record is not None:
                    self._found[state.fn, number] = _found(record)
        told_fn = expected[1] if expected is not None else next((one.fn for one in known), "")
        compared = [one for one in known if one.fn == told_fn or (one.fn == state.fn and one.number >= first)]
        compared = [one for one in compared if one.fn != state.fn or one.number >= first]
        found = {number: self._found[state.fn, number] for number in read if (state.fn, number) in self._found}
        match = register_match(state.fn, read, found, compared)
        return RegisterLook(state, match, expected, ours, first - base - 1)


def known_documents(store: Store, restored: RestoreState, tills: Iterable[str]) -> Iterator[KnownDocument]:
    """The receipts of the journal that may have been made since the backup, newest first; a fold of a sale each."""
    for till in tills:
        for row in store.recent_sales(till, MOST_SALES):
            if restored.backup and row.opened_ms < restored.newest_ms - OLDER_MS:
                break
            yield from documents_of(read_sale(store.journal(row.id)))


def documents_of(sale: Sale) -> Iterator[KnownDocument]:
    for sealed, meant in zip(sale.sealed, sale.sealed_meant, strict=True):
        total = meant.planned.document.total_minor
        yield KnownDocument(meant.fn, sealed.number, sealed.sign, total, sale.id, sale.number)


def _found(record: MemoryRecord) -> FoundDocument:
    return FoundDocument(
        record.number, _KINDS[record.kind], record.fiscal_sign, record.operation, record.total_minor, record.at,
        record.shift_number or 0,
    )  # fmt: skip


def said_of(look: RegisterLook) -> dict[str, object]:
    """The whole finding, for the journal."""
    match = look.match

    def rows(fate: Fate) -> list[dict[str, object]]:
        return [
            {
                "number": row.number,
                "sum": row.found.total_minor if row.found else row.known.total_minor if row.known else None,
                "sign": row.found.sign if row.found else row.known.sign if row.known else 0,
                "sale": row.known.sale if row.known else "",
            }
            for row in match.of(fate)
        ]

    return {
        "serial": look.state.serial,
        "fn": match.fn,
        "expected": list(look.expected or ()),
        "first": match.first,
        "last": match.last,
        "matched": len(match.of(Fate.MATCHED)),
        "foreign": rows(Fate.FOREIGN),
        "differs": rows(Fate.DIFFERS),
        "unread": [row.number for row in match.of(Fate.UNREAD)],
        "elsewhere": [[one.fn, one.known, one.newest] for one in match.elsewhere],
        "not_compared": look.skipped,
    }
