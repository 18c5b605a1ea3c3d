"""What staff does at a till with an emptied box: looks at it, types what the cash centre counted, and signs for it.

    list ──> a box ──> typed: compared with the journal ──> signed by a supervisor: journal and HQ, then paper
                 ^────────────┘ typed anew
Until it is signed a count is nothing but what the screen shows; afterwards the box takes no second one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from agent.cash.encash_refused import EncashRefused
from agent.cash.encashment_book import EncashmentBook
from agent.cash.encashment_paper import paper_lines
from agent.till.arguments import Arguments
from agent.till.claim_acts import is_asking
from agent.till.selling_acts import SellingActs
from agent.till.shown_encashment import ShownEncashment, TypedCount
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Command, Note
from fiscal.encashment import Encashment, Place, sum_minor


class EncashmentActs:
    def __init__(self, till: Till, selling: SellingActs) -> None:
        self._till = till
        self._selling = selling

    def scanned(self) -> None:
        """Goods leave the screen: the next shopper's are on the belt. But a stray scan drops no count half typed."""
        shown = self._till.encashment
        if shown is None:
            return
        if shown.box is not None:
            with _in_the_tills_words():
                if self._document(shown.box).centre_minor is None:
                    raise TradeRefused("encash_no_scan")
        self._till.encashment = None

    async def do(self, command: Command, args: Arguments) -> None:
        with _in_the_tills_words():
            match command.do:
                case "encashment":
                    await self._show(args)
                case "encashment_leave":
                    self._till.encashment = None
                case "encashment_count":
                    self._count(args)
                case "encashment_again":
                    self._look_at(self._shown())
                case "encashment_sign":
                    await self._sign(command, args)
                case "encashment_print":
                    await self._print(self._document(self._shown()))

    async def _show(self, args: Arguments) -> None:
        """A box, or the list of them where none is named."""
        if not self._till.encashments.kept:
            raise TradeRefused("encash_no_boxes")
        self._selling.free_to_sell()
        if is_asking(self._till):
            raise TradeRefused("claim_paying")  # that screen stays until it is known what the register did
        kiosk = args.text("kiosk", "")
        box = Place(kiosk, args.text("device"), args.text("unit"), args.whole("period")) if kiosk else None
        if box is None:
            await self._till.encashments.read()
            self._till.encashment = ShownEncashment()
        else:
            self._look_at(box)
        self._till.claim = None
        self._till.receipt = None

    def _look_at(self, box: Place, typed: TypedCount | None = None) -> None:
        values = self._book(box).values(box.device, box.unit, box.period)
        self._till.encashment = ShownEncashment(box, values, typed)

    def _count(self, args: Arguments) -> None:
        """Compared with the journal, for the person to see before anything is written."""
        box = self._shown()
        counts = args.pairs("counts")
        total = args.whole("sum_minor") if not counts else sum_minor(counts)
        would_be = self._book(box).as_counted(box.device, box.unit, box.period, counts, total)
        self._look_at(box, TypedCount(counts, total, would_be))

    async def _sign(self, command: Command, args: Arguments) -> None:
        box, shown = self._shown(), self._till.encashment
        if shown is None or shown.typed is None:
            raise TradeRefused("case_moved")
        person = await self._till.people.sign(args.text("person"), args.text("pin"), supervisor=True)
        typed, kept = shown.typed, self._till.kept(command)
        made = await self._book(box).counted(
            box.device, box.unit, box.period, person.id, typed.counts, typed.total_minor, kept
        )
        self._look_at(box)
        await self._print(made)

    async def _print(self, made: Encashment) -> None:
        """On this till's paper: the person stands here, not at the kiosk."""
        till = self._till
        named = replace(made, operator=_name(till, made.operator), centre_by=_name(till, made.centre_by))

        def local(at_ms: int) -> dt.datetime:
            return till.clock.local() - dt.timedelta(milliseconds=till.clock.now_ms() - at_ms)

        async def paper(_: Encashment) -> None:
            port = till.devices.register.port
            lines = paper_lines(named, till.settings.language, till.encashments.name(made.kiosk), local)
            await port.run(port.driver.print_text(lines), about="encashment")

        if not await self._book(Place(made.kiosk, made.device, made.unit, made.period)).print(made, paper):
            till.said = Note("encash_not_printed", {"number": made.number})

    def _shown(self) -> Place:
        """The box on the screen: nobody counts one that was not looked at."""
        shown = self._till.encashment
        if shown is None or shown.box is None:
            raise TradeRefused("case_moved")
        return shown.box

    def _book(self, box: Place) -> EncashmentBook:
        return self._till.encashments.book(box.kiosk)

    def _document(self, box: Place) -> Encashment:
        return self._book(box).document(box.device, box.unit, box.period)


def _name(till: Till, person: str) -> str:
    return till.people.name_of(person) if person else ""


@contextmanager
def _in_the_tills_words() -> Iterator[None]:
    try:
        yield
    except EncashRefused as refused:
        raise TradeRefused(refused.code) from refused
