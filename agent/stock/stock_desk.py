"""The stock's documents: begun, filled line by line, and ended in one commit of movements, fact for HQ and who did it.

    begin ──> journal ──> lines, each durable ──> finish: journal + moves + outbox item + list row, one commit
                                            └──> drop

A draft moves nothing. What it says is in the journal before the page shows it, so a reload, a second page or a power
cut loses nothing, and the end of a document is either on the disk whole or has not happened.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio
import msgspec

from agent.clock import Clock
from agent.stock.reservations import OVER, Place, Reservations, counted
from agent.stock.stock_refused import StockRefused
from agent.stock.transfers_kept import coming, coming_setting
from fiscal.pickup import SaleFate
from fiscal.sale_events import SaleAct
from fiscal.stock_document import (
    SHELVES,
    StockArrived,
    StockBegun,
    StockCounted,
    StockDocument,
    StockDone,
    StockDropped,
    StockEvent,
    StockKind,
    StockLine,
    StockLinePut,
    StockLineRemoved,
    StockPhase,
    StockSent,
    begin_document,
    delta_of,
    evolve_document,
    on_the_way,
)
from sync.store import stock_journal as kept
from sync.store.batch import Batch, Command, Outgoing, Setting, StockDocumentRow, StockMove
from sync.store.store import Store
from sync.wire import facts

SALES = "sales"
MOST_LINES = 1_000
"""A rack of shelves; a shop is counted in several documents. The page shows every line with its balance of now: so many
take some 50 ms, which a polled device does not notice."""
LISTED = 60


class StockDesk:
    """One for the shop. `baskets` are the tills (a kiosk's shopper has nothing in the hand); `issuer` begins a
    transfer's number, so that no two shops give out the same, and `letters` end it: the counter of a data directory
    that came back from a copy begins again where it was. `watchers` are told after each durable change."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        reservations: Reservations,
        baskets: Callable[[], list[Place]],
        issuer: str,
        new_id: Callable[[], str],
        letters: Callable[[], str],
    ) -> None:
        self.watchers: list[Callable[[], None]] = []
        self.reservations = reservations
        self.turn = anyio.Lock(fast_acquire=True)
        self._store = store
        self._clock = clock
        self._baskets = baskets
        self._issuer = issuer
        self._new_id = new_id
        self._letters = letters
        self._known: dict[str, StockDocument] = {}  # what was read once; this desk is the only one that writes

    # Reading

    def document(self, id: str) -> StockDocument | None:
        found = self._known.get(id) or kept.read_document(self._store.journal(f"stock/{id}"))
        if found is not None and found.phase is StockPhase.DRAFT:
            self._known[id] = found
        return found

    def listed(self) -> list[StockDocumentRow]:
        return self._store.stock_documents(LISTED)

    def sent(self, number: str) -> StockDocument | None:
        """A transfer of this shop that has not arrived yet, by its number."""
        rows = [row for row in self.listed() if row.number == number and row.kind == StockKind.TRANSFER_OUT.value]
        return self.document(rows[0].id) if rows else None

    def draft(self, id: str) -> StockDocument:
        found = self.document(id)
        if found is None:
            raise StockRefused("stock_no_document")
        if found.phase is not StockPhase.DRAFT:
            raise StockRefused("stock_document_over", number=found.begun.number)
        return found

    # Filling

    def new_id(self) -> str:
        return self._new_id()

    async def begin(self, kind: StockKind, command: Command, of: str = "", id: str = "") -> str:
        """The id of a new draft. `of`: the number of a transfer that comes in. Raises StockRefused."""
        async with self.turn:
            count = kept.numbered(self._store) + 1
            number = f"{count:04d}"
            if kind is StockKind.TRANSFER_OUT:
                number = f"{self._issuer}-{number}-{self._letters()}"
            told = next((one for one in coming(self._store) if of and one.number == of), None)
            if of and self._store.stock_received(of):
                raise StockRefused("stock_received_before", number=of)
            begun = StockBegun(
                id or self._new_id(), kind.value, number, self._clock.now_ms(),
                told.sender if told else "", of, told.lines if told else (),
            )  # fmt: skip
            document = begin_document(begun)
            await self._commit(document, begun, command, settings=(kept.counter_setting(count),))
        return begun.id

    async def put(
        self, id: str, sku: str, name: str, thousandths: int, command: Command, *, more: bool = False
    ) -> None:
        """So much of a product; with `more` that much beside what the line has. Raises StockRefused."""
        async with self.turn:
            document = self.draft(id)
            before = document.lines.get(sku)
            if before is None and len(document.lines) >= MOST_LINES:
                raise StockRefused("stock_too_many_lines", most=MOST_LINES)
            if more and before is not None:
                thousandths += before.thousandths
            event: StockLine = StockLinePut(sku, name, thousandths)
            if document.kind is StockKind.STOCKTAKE:
                event = self._counted(sku, name, thousandths)
            await self._commit(evolve_document(document, event), event, command)

    async def remove(self, id: str, sku: str, command: Command) -> None:
        async with self.turn:
            document = self.draft(id)
            if sku not in document.lines:
                raise StockRefused("stock_no_line")
            event = StockLineRemoved(sku)
            await self._commit(evolve_document(document, event), event, command)

    async def drop(self, id: str, by: str, command: Command) -> None:
        async with self.turn:
            event = StockDropped(by, self._clock.now_ms())
            await self._commit(evolve_document(self.draft(id), event), event, command)

    # Ending

    async def finish(
        self, id: str, by: str, command: Command, *, reason: str = "", other: str = "", of: str = ""
    ) -> StockDocument:
        """The document's movements, its fact and its person in one commit. Raises StockRefused."""
        async with self.turn, self.reservations.turn:
            document = self.draft(id)
            self._may_end(document, reason, other or document.other, of or document.of)
            now = self._clock.now_ms()
            if document.kind is StockKind.TRANSFER_OUT:
                event: StockEvent = StockSent(by, now, other, reason)
            else:
                corrected = kept.corrected_since(self._store, id) if document.kind is StockKind.STOCKTAKE else ()
                event = StockDone(by, now, reason, other or document.other, of or document.of, corrected)
            after = evolve_document(document, event)
            settings = tuple(
                counted(line.sku) for line in after.lines.values() if isinstance(line, StockCounted) and line.first
            )
            if after.of:
                settings = (*settings, coming_setting(one for one in coming(self._store) if one.number != after.of))
            await self._commit(after, event, command, settings, _moves(after), (self._told(after),))
        return after

    async def arrived(
        self, document: StockDocument, at_ms: int, differences: tuple[tuple[str, int], ...], place: Setting
    ) -> None:
        """The other shop has what we sent: it is on the way no more. Kept with the place in HQ's feed."""
        async with self.turn:
            event = StockArrived(at_ms, differences)
            way = on_the_way(document.begun.number)
            moves = tuple(
                StockMove(line.sku, way, -line.thousandths, "transfer_arrived", document.begun.id)
                for line in document.lines.values()
                if line.thousandths
            )
            await self._commit(evolve_document(document, event), event, None, (place,), moves)

    def changed(self) -> None:
        for watcher in self.watchers:
            watcher()

    def _may_end(self, document: StockDocument, reason: str, other: str, of: str) -> None:
        something = any(line.thousandths or isinstance(line, StockCounted) for line in document.lines.values())
        if not something and not document.begun.expected:
            raise StockRefused("stock_empty_document")
        match document.kind:
            case StockKind.WRITE_OFF:
                if not reason:
                    raise StockRefused("stock_reason_needed")
                for line in document.lines.values():
                    there = self.reservations.on_hand_thousandths(line.sku)
                    if self.reservations.is_kept(line.sku) and line.thousandths > there:
                        raise StockRefused("stock_not_there", name=line.name, there=max(0, there))
            case StockKind.TRANSFER_OUT:
                if not other:
                    raise StockRefused("stock_shop_needed")
                for line in document.lines.values():
                    left = self.reservations.left_thousandths(line.sku)
                    if left is not None and line.thousandths > left:
                        raise StockRefused("stock_not_free", name=line.name, left=max(0, left))
            case StockKind.TRANSFER_IN:
                if not of:
                    raise StockRefused("stock_transfer_needed")
                if self._store.stock_received(of):
                    raise StockRefused("stock_received_before", number=of)

    def _counted(self, sku: str, name: str, thousandths: int) -> StockCounted:
        """What was found, against one look at the log: a sale that ends meanwhile is in both sums or in neither."""
        lying = {course.record.sale.id: course.record.sale for place in self._baskets() for course in place.courses()}
        held = {
            id: sum(line.quantity_thousandths for line in sale.basket.lines if line.product.barcode == sku)
            for id, sale in lying.items()
            if sale.act is SaleAct.SALE and self.reservations.fate(id) is SaleFate.OPEN
        }
        book = self._store.book_count(sku, SHELVES, SALES, list(held), OVER)
        lies = sum(quantity for id, quantity in held.items() if id not in book.ended)
        first = not self.reservations.is_kept(sku)
        return StockCounted(sku, name, thousandths, book.thousandths, book.as_of, lies, first)

    async def _commit(
        self,
        after: StockDocument,
        event: StockEvent,
        command: Command | None,
        settings: tuple[Setting, ...] = (),
        moves: tuple[StockMove, ...] = (),
        outgoing: tuple[Outgoing, ...] = (),
    ) -> None:
        begun = after.begun
        row = StockDocumentRow(
            begun.id, begun.kind, begun.number, after.phase.value, after.other, after.of, after.by, after.at_ms,
            after.phase in (StockPhase.DRAFT, StockPhase.ON_THE_WAY),
        )  # fmt: skip
        batch = Batch(
            entries=(kept.document_entry(event, begun.id),),
            command=command, settings=settings, moves=moves, outgoing=outgoing, documents=(row,),
        )  # fmt: skip
        with anyio.CancelScope(shield=True):
            await self._store.commit(batch)
            self._known[begun.id] = after
            if after.phase is not StockPhase.DRAFT:
                del self._known[begun.id]
        self.changed()

    def _told(self, document: StockDocument) -> Outgoing:
        begun = document.begun
        expected = {sku: (name, thousandths) for sku, name, thousandths in begun.expected}
        lines = [_line(document.kind, line, expected) for line in document.lines.values()]
        lines += [
            facts.StockLine(sku, name, 0, expected=thousandths)
            for sku, (name, thousandths) in expected.items()
            if sku not in document.lines
        ]
        state = "on_the_way" if document.phase is StockPhase.ON_THE_WAY else "done"
        fact = facts.StockDocument(
            begun.id, begun.kind, begun.number, state, document.by, document.at_ms, lines, document.reason,
            document.other, document.of,
        )  # fmt: skip
        return Outgoing(SALES, f"stock/{begun.id}", "stock_document", 1, msgspec.json.encode(fact))


def _moves(document: StockDocument) -> tuple[StockMove, ...]:
    """A movement for each line that moves something; a transfer's goods lie on the way from then on."""
    begun = document.begun
    moves = [
        StockMove(line.sku, SHELVES, delta, begun.kind, begun.id)
        for line in document.lines.values()
        if (delta := delta_of(document.kind, line))
    ]
    if document.kind is StockKind.TRANSFER_OUT:
        way = on_the_way(begun.number)
        moves += [
            StockMove(line.sku, way, line.thousandths, begun.kind, begun.id)
            for line in document.lines.values()
            if line.thousandths
        ]
    return tuple(moves)


def _line(kind: StockKind, line: StockLine, expected: dict[str, tuple[str, int]]) -> facts.StockLine:
    delta = delta_of(kind, line)
    if isinstance(line, StockCounted):
        return facts.StockLine(
            line.sku, line.name, delta, line.thousandths, line.as_of, line.book_thousandths, line.in_baskets_thousandths
        )
    known = expected.get(line.sku)
    return facts.StockLine(line.sku, line.name, delta, expected=known[1] if known else (0 if expected else None))
