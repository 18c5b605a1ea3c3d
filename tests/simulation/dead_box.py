"""A day on which the box dies: a backup, then sales that HQ has, sales that only the register has, then nothing.

backup ── cash, card, a refund: HQ has them ── the line to HQ goes ── sales the register alone keeps ── the box dies
a new machine: the backup put in its place (or nothing), HQ's copies, the register matched by a person, and it sells
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from agent.view import Note, TillView
from fiscal.sale import Phase
from sync.store import backup
from sync.store.batch import Batch
from tests.cloud_api.at_once import AtOnce
from tests.simulation.laws import ALL, all_sales
from tests.simulation.points import PowerCut
from tests.simulation.shop_plan import DIRECTORY, PLAIN
from tests.simulation.world import SimShop

BALL, PUZZLE, CLAY, BRICKS = PLAIN[3], PLAIN[1], PLAIN[2], PLAIN[0]
PATIENCE_S = 900.0
FILE = str(DIRECTORY / "journal.db")


@dataclass
class DeadBox:
    """`swap`: what is another on the day of the new machine: "", fn_swapped, register_swapped. `old`: the backup that
    is found, "morning" or "none". `folder` is where the command puts files."""

    world: SimShop
    folder: Path
    swap: str = ""
    old: str = "morning"
    mid_sale: int = -1
    """The backup is made after so many points of a sale; `lost`: of one that HQ never hears of."""
    lost: bool = False
    mid_card: bool = False
    """The backup is made as soon as the terminal was sent the card of that sale."""
    dies_in: int = -1
    """So many points after that backup the box dies, in the middle of that sale."""
    last: str = BRICKS
    """What the dead box sold last, by card."""
    unacknowledged: bool = False
    """HQ takes an item, its answer is lost, and then the backup is made."""
    means: str = "cash"
    image: dict[str, bytes] = field(default_factory=dict)
    lost_minor: int = 0
    receipts: int = 0

    async def day(self) -> None:
        """Until the box is gone."""
        world = self.world
        await world.boot()
        await self.until(lambda view: view.devices[0].state == "ok")
        await self.done("sign_in", cashier="sue", pin="2222")
        await self.done("open_shift", float_minor=500_000)
        await self.sell(BALL)
        await self.sell(PUZZLE, "card")
        await self.at_hq()
        if self.unacknowledged:
            assert world.office is not None
            requests = world.office.requests
            world.office.trouble = "lost"
            await self.done("cash_out", sum_minor=10_000, reason="bank")
            while world.office.requests == requests or world.office.busy:  # noqa: ASYNC110 - the line is watched
                await trio.sleep(0.01)
        mid = self.mid_sale >= 0 or self.mid_card
        if not mid:
            self.image = world.disk.image()
        elif not self.lost:
            self._begin_copying()
        await self.sell(CLAY, self.means)
        await self.sell(BRICKS, "card")
        await self.refund("0001")
        await self.at_hq()
        assert world.office is not None
        world.office.away = True
        before = self.sealed_minor()
        if mid and self.lost:
            self._begin_copying()
            try:
                await self.sell(CLAY, self.means)
            except PowerCut:
                await self._gone()
                return
        await self.sell(PUZZLE)
        await self.sell(self.last, "card")
        self.lost_minor = self.sealed_minor() - before
        await self._gone()

    async def _gone(self) -> None:
        await self.world.pull_plug()
        self.world.image = {}
        self.receipts = len(self.sealed())

    def _begin_copying(self) -> None:
        """The backup is made after so many more points of the sale that goes on now, or at its card."""
        if self.mid_card:
            self._copy_at_card()
            return
        left = iter(range(self.mid_sale, -1, -1))

        def passed() -> None:
            if next(left, None) == 0:
                self.image = self.world.disk.image()

        self.world.points.heard = passed

    def _copy_at_card(self) -> None:
        """The backup is made as soon as it is written that the terminal is sent a card."""
        store, world = self.world.store, self.world
        assert store is not None
        kept = store.commit

        async def commit(batch: Batch) -> Any:
            done = await kept(batch)
            if not self.image and any(entry.kind == "sale.card_sent" for entry in batch.entries):
                self.image = world.disk.image()
                if self.dies_in >= 0:
                    world.points.cut_in(self.dies_in)
            return done

        store.commit = commit  # type: ignore[method-assign]

    def new_machine(self) -> None:
        """`tillkeeper restore` on it, and what the service has changed."""
        found = None
        if self.old != "none":
            found = self.folder / "old.db"
            found.write_bytes(self.image[FILE])
            if f"{FILE}-wal" in self.image:
                (self.folder / "old.db-wal").write_bytes(self.image[f"{FILE}-wal"])
        data = self.folder / "data"
        backup.place(data, found, now_ms=self.world.clock.now_ms(), id="drill")
        self.world.image = {FILE: (data / "journal.db").read_bytes()}
        if self.swap:
            self.world.devices["kkt1"].faults.arm(self.swap)

    def line_is_back(self) -> None:
        assert self.world.office is not None
        self.world.office.away = False

    async def restored(self) -> None:
        """The new box's first life, to its first sale. Raises PowerCut where it is cut; then it begins again."""
        await self.world.boot()
        await self.signed_in()
        await self.until(lambda view: view.screen != "restore" or bool(view.restore and view.restore.may_confirm))
        if self.view().screen == "restore":
            assert await self.world.do("scan", code=BALL) == Note("restore_first")
            await self.done("restore_confirm")
        await self.opened()
        await self.sell(BALL)
        await self.at_hq()

    async def signed_in(self) -> None:
        await self.until(lambda view: True)
        if self.view().cashier is None:
            await self.done("sign_in", cashier="sue", pin="2222")

    async def opened(self) -> None:
        await self.until(lambda view: view.screen != "restore")
        if self.view().screen == "case":  # the last life was cut in the middle of a sale: the course settles it
            await self.until(lambda view: view.screen != "case")
        if not self.view().shift.open:
            await self.until(lambda view: view.devices[0].state == "ok")
            await self.done("open_shift", float_minor=0)

    # What people do

    def view(self) -> TillView:
        if self.world.shop is None:
            raise PowerCut
        return self.world.view()

    async def done(self, what: str, **args: Any) -> None:
        note = await self.world.do(what, **args)
        while note == Note("stale_revision"):  # something moved under the finger: the person looks and presses again
            note = await self.world.do(what, **args)
        assert note is None, (what, note, self.view().screen)

    async def until(self, wanted: Any) -> None:
        with trio.move_on_after(PATIENCE_S):
            while not wanted(self.view()):  # noqa: ASYNC110 - a person looks at the screen
                await trio.sleep(0.05)
            return
        view = self.view()
        raise AssertionError(f"{view.screen} {view.restore} {view.said} {view.trouble} {view.stop} {view.case}")

    async def sell(self, code: str, means: str = "cash") -> None:
        if self.view().screen == "receipt":
            await self.done("new_sale")
        if self.view().sale is None:
            await self.done("scan", code=code)
        if means == "card":
            await self.done("pay", means="card")
        else:
            await self.done("pay", means="cash")
            await self.done("take_cash", received_minor=900_000)
        await self.until(lambda view: view.screen == "receipt")
        await self.done("new_sale")

    async def refund(self, number: str) -> None:
        await self.done("refund", number=number)
        sale = self.view().sale
        assert sale is not None
        await self.done("refund_line", line=sale.lines[0].id, thousandths=1000)
        await self.done("refund_pay")
        await self.until(lambda view: view.screen == "receipt" or view.sale is None)
        if self.view().screen == "receipt":
            await self.done("new_sale")

    async def at_hq(self) -> None:
        await self.until(lambda view: view.office.waiting == 0)

    # What is true

    def sealed(self) -> list[dict[str, Any]]:
        return [one for one in self.world.devices["kkt1"].ledger.records if one["event"] == "fiscalised"]

    def sealed_minor(self) -> int:
        signs = {1: 1, 2: -1}
        return sum(signs[one["operation"]] * one["total_minor"] for one in self.sealed())

    def charged(self) -> int:
        """By the terminal's own ledger."""
        return sum(
            {"charged": 1, "refunded": -1, "reversed": -1}.get(one["event"], 0) * one.get("amount_minor", 0)
            for one in self.world.devices["card1"].ledger.records
        )

    def disagreements(self) -> list[str]:
        """HQ's books, the register's ledger and the journal: nothing lost, nothing doubled. In words."""
        world = self.world
        assert world.store is not None
        assert world.office is not None
        hq, store, found = AtOnce(world.office.storage), world.store, []
        if store.verify_chain() is not None:
            found.append("the journal's chain is broken")
        sales = [sale for sale in all_sales(store) if sale.phase is Phase.CLOSED]
        theirs = Counter((one["document"], one["total_minor"]) for one in self.sealed())
        ours = Counter(
            (sealed.number, meant.planned.document.total_minor)
            for sale in sales
            for sealed, meant in zip(sale.sealed, sale.sealed_meant, strict=True)
        )
        books = Counter((number, total) for number, total in hq.rows("SELECT number, total FROM sale_document"))
        if ours != theirs:
            found.append(f"register {theirs - ours} beyond the journal, journal {ours - theirs} beyond the register")
        if books != theirs:
            found.append(f"register {theirs - books} beyond HQ, HQ {books - theirs} beyond the register")
        known = {sale.id: sale.due_minor for sale in sales}
        told = dict(hq.rows("SELECT id, total FROM sale"))
        if known != told:
            found.append(f"sales differ: HQ {told}, journal {known}")
        net = hq.number("SELECT sum(net) FROM sale")
        if net != self.sealed_minor():
            found.append(f"HQ counts {net}, the register {self.sealed_minor()}")
        if hq.number("SELECT count(*) FROM quarantine"):
            found.append(f"in quarantine: {hq.rows('SELECT kind, id, why FROM quarantine')}")
        for sku, moved in hq.rows("SELECT sku, moved_thousandths FROM stock_sum"):
            if sku and moved != store.stock(str(sku), "store"):
                found.append(f"stock of {sku}: HQ {moved}, shop {store.stock(str(sku), 'store')}")
        numbers = Counter(sale.number for sale in sales)
        found += [f"number {number} was given {times} times" for number, times in numbers.items() if times > 1]
        charged = self.charged()
        carded = hq.number("SELECT coalesce(sum(net), 0) FROM sale_payment WHERE means = 'card'")
        lost = hq.number("SELECT count(*) FROM sale WHERE unresolved = 1")
        if not lost and charged != carded:
            found.append(f"cards: terminal {charged}, HQ {carded}")
        return found

    def said(self) -> list[Mapping[str, Any]]:
        assert self.world.store is not None
        rows = self.world.store.journal_since(0, ALL)
        return [json.loads(row.body) for row in rows if row.kind.startswith("restore.")]
