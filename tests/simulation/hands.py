"""What a cashier's hands and the supervisor do about trouble: paper, cover, clock, patience, and the ways of a case."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import trio

from agent.view import CaseView, Note, TillView
from tests.simulation.goals import Attitude
from tests.simulation.honest import HonestPerson
from tests.simulation.shop_plan import DOLL, mark_of
from tests.simulation.world import SimShop

if TYPE_CHECKING:
    from tests.simulation.cashier import Cashier

SUPERVISOR = {"person": "sue", "pin": "2222"}
PATIENT_TRIES = 8
HASTY_TRIES = 2
NEXT_SHOPPER_SHARE = 0.25
OUT_OF_ORDER = frozenset({"fn_not_ready", "fn_full", "fn_key", "ofd_overdue"})


class OutOfOrder(Exception):
    """The cashier cannot mend that: the shopper is sent away."""


class Hands:
    """One till's. `tries` counts what was tried in the case on the screen."""

    def __init__(self, world: SimShop, till: str, rng: random.Random) -> None:
        self._world = world
        self._register = f"kkt{till}"
        self._till = till
        self._rng = rng
        self._person = HonestPerson(rng)
        self._case = ("", "")
        self._tries = 0
        self._serves_next = False
        self._rescans = 0

    async def mend(self, note: Note) -> None:
        """What a person does about a note before trying again."""
        printer = self._world.devices[self._register].simulator.machine.printer
        if note.code in ("paper_out", "cover_open", "printing_unfinished", "shtrih_m.6B", "shtrih_m.58"):
            await trio.sleep(self._rng.uniform(3, 30))
            await self._load(printer)
        elif note.code == "clock_off":
            minutes = round(note.params["off_s"] / 60)
            await self._world.order(self._register, f"clock {-minutes:+d} minutes")
        elif note.code in OUT_OF_ORDER:
            raise OutOfOrder(note.code)
        else:
            await trio.sleep(self._rng.uniform(3, 20))

    async def mend_register(self, view: TillView) -> None:
        """The register's chip says what a person can see: no paper, an open cover."""
        for device in view.devices:
            if device.kind == "register" and device.note and device.note.code in ("paper_out", "cover_open"):
                await trio.sleep(self._rng.uniform(3, 30))
                await self._load(self._world.devices[self._register].simulator.machine.printer)

    async def _load(self, printer: Any) -> None:
        if not printer.paper:
            await self._world.order(self._register, "paper in")
        if printer.cover_open:
            await self._world.order(self._register, "cover close")

    async def case(self, cashier: Cashier, view: TillView, attitude: Attitude) -> None:
        """One act, or some patience, in a case that owns the screen."""
        case, sale = view.case, view.sale
        assert case is not None
        assert sale is not None
        if self._case != (sale.id, case.kind):
            self._case, self._tries = (sale.id, case.kind), 0
            self._serves_next = self._rng.random() < NEXT_SHOPPER_SHARE
        ways = {way.choice for way in case.ways}
        if not ways:
            await self.mend_register(view)
            if self._serves_next and 0 < case.next_shopper_ms <= view.now_ms:
                await cashier.do("next_shopper")
            await cashier.moment(10)
            return
        self._tries += 1
        choice, args = await self._decide(cashier, case, sale.id, ways, attitude, view)
        if choice:
            note = await cashier.do("choose", choice=choice, **args)
            if note is None:
                await cashier.moment(2)
                return
        await cashier.moment(10)

    async def _decide(
        self, cashier: Cashier, case: CaseView, sale: str, ways: set[str], attitude: Attitude, view: TillView
    ) -> tuple[str, dict[str, Any]]:
        if "slip_approved" in ways:
            terminal = self._world.devices[f"card{self._till}"].ledger
            choice, args = self._person.about_card(case, terminal)
            return choice, {**args, **SUPERVISOR}
        if "document_exists" in ways:
            register = self._world.devices[self._register].ledger
            choice, args = self._person.about_document(case, register, sale)
            return choice, {**args, **SUPERVISOR}
        if "retry_give_back" in ways:
            if self._tries <= 4:
                return "retry_give_back", {}
            return "owe_correction", dict(SUPERVISOR)
        if "rescan_mark" in ways:
            return self._refused_mark(case, ways, attitude)
        await self.mend_register(view)
        reason = case.note.params.get("reason", "")
        if reason in ("paper_out", "cover_open", "printing_unfinished"):
            await self.mend(Note(reason))
        return self._unsealed(ways, attitude)

    def _refused_mark(self, case: CaseView, ways: set[str], attitude: Attitude) -> tuple[str, dict[str, Any]]:
        if attitude is Attitude.DROP and "drop_line" in ways:
            return "drop_line", {"line": case.line}
        if self._tries <= 2:
            self._rescans += 1
            return "rescan_mark", {"line": case.line, "code": mark_of(DOLL, f"R{self._till}N{self._rescans:09d}")}
        if "drop_line" in ways:
            return "drop_line", {"line": case.line}
        if "cancel_payment" in ways:
            return "cancel_payment", dict(SUPERVISOR)
        return "owe_correction", dict(SUPERVISOR)

    def _unsealed(self, ways: set[str], attitude: Attitude) -> tuple[str, dict[str, Any]]:
        patience = PATIENT_TRIES if attitude is Attitude.PATIENT else HASTY_TRIES
        if attitude is Attitude.CANCEL:
            patience = 0
        if self._tries <= patience:
            return "retry_seal", {}
        if attitude is not Attitude.OWE and "cancel_payment" in ways:
            return "cancel_payment", dict(SUPERVISOR)
        return "owe_correction", dict(SUPERVISOR)
