"""The stock page's lists and one document of it, from the desks' folds and today's balances."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agent.clock import Clock
from agent.screens.sale_view import UNITS
from agent.screens.view_builder import ShopFacts
from agent.stock.orders_heard import OrdersHeard
from agent.stock.pickup_desk import PickupDesk
from agent.stock.reservations import Balance
from agent.stock.stock_desk import StockDesk
from agent.stock.transfers_kept import coming
from agent.stock.view import (
    ComingView,
    DifferenceView,
    DocumentRow,
    DocumentView,
    GoodsView,
    OrderView,
    StockLineView,
    StockView,
)
from agent.till.people import Cashier, People
from agent.till.stock_commands import StockCommands
from agent.told_stock import nowhere
from agent.view import ElsewherePlace, Person
from fiscal.pickup import MOST_HOURS, USUAL_HOURS
from fiscal.stock_document import StockCounted, StockLine, delta_of
from sync.store.batch import StockDocumentRow
from sync.store.catalogue import Catalogue
from sync.store.store import Store

FOUND = 20


class StockScreens:
    """One for the shop. `language` and `wedge` as the first till has them."""

    def __init__(
        self,
        desk: StockDesk,
        pickups: PickupDesk,
        orders: OrdersHeard,
        commands: StockCommands,
        store: Store,
        catalogue: Callable[[], Catalogue | None],
        people: People,
        facts: ShopFacts,
        clock: Clock,
        language: str,
        wedge: dict[str, int],
    ) -> None:
        self._desk = desk
        self._pickups = pickups
        self._orders = orders
        self._commands = commands
        self._store = store
        self._catalogue = catalogue
        self._people = people
        self._facts = facts
        self._clock = clock
        self._language = language
        self._wedge = wedge
        self.elsewhere: Callable[[str], list[ElsewherePlace]] = nowhere

    def view(self) -> StockView:
        return StockView(
            shop=self._facts.name,
            language=self._language,
            zone=self._facts.zone,
            currency=self._facts.currency,
            training=self._facts.training,
            now_ms=self._clock.now_ms(),
            changed=self._store.last_seq(),
            documents=[self._row(row) for row in self._desk.listed() if row.phase != "dropped"],
            coming=[
                ComingView(one.number, one.sender, one.at_ms, [DifferenceView(*line) for line in one.lines])
                for one in coming(self._store)
            ],
            orders=[
                OrderView(
                    one.order,
                    one.until_ms,
                    bool(one.sale),
                    one.uncovered,
                    [DifferenceView(line.sku, line.name, line.thousandths) for line in one.lines],
                    self._orders.step(one.order),
                )
                for one in self._pickups.standing()
            ],
            people=[_person(one) for one in self._people.cashiers],
            most_hours=MOST_HOURS,
            usual_hours=USUAL_HOURS,
            wedge=self._wedge,
        )

    def document(self, id: str) -> DocumentView | None:
        """One document with each line's balance as it is now; None: there is none."""
        found = self._desk.document(id)
        row = next((one for one in self._desk.listed() if one.id == id), None)
        if found is None:
            return None
        begun = found.begun
        row = row or StockDocumentRow(
            id, begun.kind, begun.number, found.phase.value, found.other, found.of, found.by, found.at_ms, False
        )
        expected = {sku: thousandths for sku, _, thousandths in begun.expected}
        names = {sku: name for sku, name, _ in begun.expected} | {line.sku: line.name for line in found.lines.values()}

        balances = self._desk.reservations.balances(found.lines)

        def shown(line: StockLine) -> StockLineView:
            baskets = line.in_baskets_thousandths if isinstance(line, StockCounted) else 0
            told = expected.get(line.sku, 0) if expected else None
            goods = self._goods(line.sku, line.name, balances[line.sku])
            return StockLineView(goods, line.thousandths, delta_of(found.kind, line), told, baskets)

        return DocumentView(
            row=self._row(row),
            reason=found.reason,
            lines=[shown(line) for line in found.lines.values()],
            differences=[DifferenceView(sku, names.get(sku, sku), delta) for sku, delta in found.differences],
            signers=[_person(one) for one in self._commands.signers(found.kind)],
        )

    def search(self, text: str) -> list[GoodsView]:
        catalogue = self._catalogue()
        if catalogue is None or not text.strip():
            return []
        exact = catalogue.product(text.strip())
        found = [exact] if exact is not None else catalogue.search(text, FOUND)
        balances = self._desk.reservations.balances(product.barcode for product in found)
        rows = [self._goods(product.barcode, product.name, balances[product.barcode]) for product in found]
        return [msgspec.structs.replace(row, elsewhere=self.elsewhere(row.sku)) for row in rows]

    def _goods(self, sku: str, name: str, balance: Balance) -> GoodsView:
        catalogue = self._catalogue()
        product = catalogue.product(sku) if catalogue else None
        return GoodsView(
            sku=sku,
            name=product.name if product else name,
            unit=UNITS.get(product.measure, "other") if product else "other",
            on_hand=balance.on_hand,
            left=balance.left,
            in_baskets=balance.in_baskets,
            kept=balance.kept,
        )

    def _row(self, row: StockDocumentRow) -> DocumentRow:
        person = self._people.name_of(row.person) if row.person else ""
        return DocumentRow(row.id, row.kind, row.number, row.phase, row.at_ms, person, row.other, row.of)


def _person(cashier: Cashier) -> Person:
    return Person(cashier.id, cashier.name, cashier.supervisor)
