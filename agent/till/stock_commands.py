"""The way into the stock's desks: each act of the shop's staff is carried out once, by the id its page has given it.

Whoever ends a document signs it with name and PIN, as at a till. Writing goods off and counting them changes what the
shop says it has without anybody outside: those two a supervisor signs.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio
import msgspec

from agent.stock.orders_heard import OrdersHeard
from agent.stock.pickup_desk import PickupDesk
from agent.stock.stock_desk import StockDesk
from agent.stock.stock_refused import StockRefused
from agent.stock.view import StockAnswer, StockCommand
from agent.till.arguments import Arguments
from agent.till.people import Cashier, People
from agent.till.trade import TradeRefused, law_note
from agent.view import Note
from fiscal.basket import ONE
from fiscal.marking import parse_scan
from fiscal.pickup import USUAL_HOURS, OrderStep, PickupLine
from fiscal.product import Product
from fiscal.refused import LawRefused
from fiscal.stock_document import StockKind, StockNotAllowed
from sync.store.batch import Command
from sync.store.catalogue import Catalogue
from sync.store.failures import CatalogueDamaged, DiskFull, JournalRefused
from sync.store.stock_journal import PLACE
from sync.store.store import Store

SUPERVISED = frozenset({StockKind.WRITE_OFF, StockKind.STOCKTAKE})
LONGEST_WORDS = 200
LONGEST_NAME = 80


class StockCommands:
    """One at a time for the shop."""

    def __init__(
        self,
        desk: StockDesk,
        pickups: PickupDesk,
        orders: OrdersHeard,
        store: Store,
        people: People,
        catalogue: Callable[[], Catalogue | None],
    ) -> None:
        self._desk = desk
        self._pickups = pickups
        self._orders = orders
        self._store = store
        self._people = people
        self._catalogue = catalogue
        self._turn = anyio.Lock()

    def signers(self, kind: StockKind) -> list[Cashier]:
        return [one for one in self._people.cashiers if one.supervisor or kind not in SUPERVISED]

    async def carry_out(self, command: StockCommand) -> StockAnswer:
        """Never raises for what a person may do."""
        async with self._turn:
            known = self._store.command(command.id)
            if known is not None:
                return StockAnswer(True, msgspec.json.decode(known.answer, type=str))
            try:
                return StockAnswer(True, await self._do(command, Arguments(command.args)))
            except StockRefused as refused:
                return StockAnswer(False, "", Note(refused.code, refused.params))
            except TradeRefused as refused:
                return StockAnswer(False, "", refused.note)
            except LawRefused as refused:
                return StockAnswer(False, "", law_note(refused))
            except StockNotAllowed:
                return StockAnswer(False, "", Note("stock_document_over"))
            except (DiskFull, JournalRefused):
                return StockAnswer(False, "", Note("stock_disk_full"))

    async def _do(self, command: StockCommand, args: Arguments) -> str:
        match command.do:
            case "begin":
                id = self._desk.new_id()
                return await self._desk.begin(
                    _kind(args.text("kind")), _kept(command, id), args.text("of", "").strip()[:LONGEST_NAME], id
                )
            case "keep":
                return await self._keep(command, args)
            case "picking" | "ready":
                order = args.text("order")
                await self._orders.said(order, OrderStep(command.do), "", _kept(command, order))
                return order
            case "release":
                person = await self._sign(args)
                order = args.text("order")
                await self._pickups.release(
                    order, person.id, args.text("why", "")[:LONGEST_WORDS], command=_kept(command, order)
                )
                return order
        id = args.text("document")
        kept = _kept(command, id)
        match command.do:
            case "scan" | "put":
                await self._line(command.do, id, args, kept)
            case "remove":
                await self._desk.remove(id, args.text("sku"), kept)
            case "drop":
                await self._desk.drop(id, "", kept)
            case "finish":
                document = self._desk.draft(id)
                person = await self._sign(args, supervisor=document.kind in SUPERVISED)
                await self._desk.finish(
                    id,
                    person.id,
                    kept,
                    reason=args.text("reason", "").strip()[:LONGEST_WORDS],
                    other=args.text("other", "").strip()[:LONGEST_NAME],
                    of=args.text("of", "").strip()[:LONGEST_NAME],
                )
            case _:
                raise TradeRefused("malformed", do=command.do[:40])
        return id

    async def _line(self, do: str, id: str, args: Arguments, kept: Command) -> None:
        """A scan is one piece more; a quantity replaces the line's. What is weighed is not counted by scans."""
        if do == "scan":
            product = self._product(parse_scan(args.code("code")).barcode)
            await self._desk.put(id, product.barcode, product.name, 0 if product.measure else ONE, kept, more=True)
            return
        product = self._product(args.text("sku"))
        thousandths = args.whole("thousandths")
        if product.measure == 0 and thousandths % ONE:
            raise TradeRefused("fraction_of_piece", product=product.name)
        await self._desk.put(id, product.barcode, product.name, thousandths, kept)

    async def _keep(self, command: StockCommand, args: Arguments) -> str:
        person = await self._sign(args)
        order = args.text("order").strip()[:LONGEST_NAME]
        lines = []
        for at, (sku, thousandths) in enumerate(_wanted(command.args.get("lines")), 1):
            product = self._product(sku)
            lines.append(PickupLine(str(at), product.barcode, product.name, thousandths))
        hours = args.whole("hours", USUAL_HOURS)
        kept = await self._pickups.reserve(order, lines, hours, person.id, command=_kept(command, order))
        return kept.order

    async def _sign(self, args: Arguments, *, supervisor: bool = False) -> Cashier:
        return await self._people.sign(args.text("person"), args.text("pin"), supervisor=supervisor)

    def _product(self, barcode: str) -> Product:
        catalogue = self._catalogue()
        try:
            product = catalogue.product(barcode) if catalogue else None
        except CatalogueDamaged as damaged:
            raise TradeRefused("catalogue_damaged") from damaged
        if product is None:
            raise TradeRefused("unknown_barcode", barcode=barcode)
        return product


def _kept(command: StockCommand, about: str) -> Command:
    return Command(command.id, PLACE, 0, msgspec.json.encode(about))


def _kind(name: str) -> StockKind:
    try:
        return StockKind(name)
    except ValueError:
        raise TradeRefused("malformed", argument="kind") from None


def _wanted(told: object) -> list[tuple[str, int]]:
    """[[sku, thousandths], ...] of an order that is to be kept."""
    try:
        return msgspec.convert(told, list[tuple[str, int]])
    except msgspec.ValidationError:
        raise TradeRefused("malformed", argument="lines") from None
