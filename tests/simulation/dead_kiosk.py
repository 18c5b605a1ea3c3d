"""A kiosk that dies about a cash purchase whose backup was made in the middle of it, and the new machine in its place.

backup (at a step of the purchase) ── the purchase goes on ── the box dies (at a later step, or long after)
a new machine: the backup, what HQ told, the register; it sells; then a person answers what it asks, by what truly was

What truly was is in the ledgers of the devices: notes in, coins out, receipts, slips on paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from agent.claims.asked_money import AskedMoney
from agent.kiosk.kiosk import Kiosk
from fiscal.claim import Claim
from sync.store import backup
from sync.store.batch import Batch
from sync.store.restored import till_restored
from tests.simulation.dead_box import FILE
from tests.simulation.kiosk_cases import comes_to_rest
from tests.simulation.kiosk_hands import Shopper
from tests.simulation.kiosk_laws import claims_of
from tests.simulation.kiosk_plan import COINS, KIOSK, NOTES, REGISTER, TERMINAL
from tests.simulation.points import PowerCut
from tests.simulation.shop_plan import PLAIN
from tests.simulation.world import SimShop

Step = int | tuple[str, int]
PATIENCE_S = 900.0
LONG_AFTER_S = 15.0
"""The purchase has come to its end: change, slip, and the slip's sum in the register's books."""


@dataclass
class DeadKiosk:
    """`backup_at`: after so many commits of the purchase, or the so many-th that keeps a row of a kind. `dies_at`: the
    same (0: long after its end), and `dies_in` points more. `hq`: is HQ there during that purchase?"""

    world: SimShop
    folder: Path
    backup_at: Step
    dies_at: Step = 0
    dies_in: int = 0
    hq: bool = True
    image: dict[str, bytes] = field(default_factory=dict)
    dead_claims: list[Claim] = field(default_factory=list)
    commits: int = 0
    kept: Counter[str] = field(default_factory=Counter)

    async def day(self, purchase: Callable[[Shopper], Any], coins: int) -> None:
        """Until the box is gone: a whole purchase that HQ knows, then the one about which it dies."""
        world = self.world
        assert world.office is not None
        await world.order(TERMINAL, "card auto")
        await world.order(COINS, f"fill 10 {coins}")
        await world.boot()
        shopper = Shopper(world)
        await shopper.until(lambda view: any(one.available for one in view.tenders if one.means == "cash"))
        await exact(shopper)
        await self.told()
        world.office.away = not self.hq
        world.power_gone = self._dies
        self._watch_commits()
        with suppress(PowerCut):
            await purchase(shopper)
            await comes_to_rest(world, shopper)
            await trio.sleep(LONG_AFTER_S)
        if not world.points.dead:
            await world.pull_plug()
        await world.down()
        world.power_gone = lambda torn: None
        assert self.image, f"the purchase has {self.commits} commits, the backup was to be made at {self.backup_at}"

    def _watch_commits(self) -> None:
        store, world = self.world.store, self.world
        assert store is not None
        kept = store.commit

        async def commit(batch: Batch) -> Any:
            done = await kept(batch)
            self.commits += 1
            kinds = {entry.kind for entry in batch.entries}
            self.kept.update(kinds)
            if self._is_at(self.backup_at, kinds):
                self.image = world.disk.image()
            if self._is_at(self.dies_at, kinds):
                world.points.cut_in(self.dies_in)
            return done

        store.commit = commit  # type: ignore[method-assign]

    def _is_at(self, step: Step, kinds: set[str]) -> bool:
        if isinstance(step, int):
            return self.commits == step
        kind, count = step
        return kind in kinds and self.kept[kind] == count

    def _dies(self, torn: bool) -> None:
        self.dead_claims = claims_of(self.world)

    async def told(self) -> None:
        """HQ has what the box had to tell."""
        world = self.world
        assert world.shop is not None
        with trio.fail_after(PATIENCE_S):
            while world.shop.health.office().waiting:  # noqa: ASYNC110 - the line is watched
                await trio.sleep(0.1)

    async def restored(self) -> None:
        """The new machine, until its kiosk may sell: it confirms itself, or a supervisor has read what was found."""
        world = self.world
        assert world.office is not None
        old, data = self.folder / "old.db", self.folder / "data"
        old.write_bytes(self.image[FILE])
        if f"{FILE}-wal" in self.image:
            (self.folder / "old.db-wal").write_bytes(self.image[f"{FILE}-wal"])
        backup.place(data, old, now_ms=world.clock.now_ms(), id="drill")
        world.image = {FILE: (data / "journal.db").read_bytes()}
        world.office.away = False
        await world.boot()
        assert world.shop is not None
        assert world.store is not None
        desk = world.shop.restore
        with trio.fail_after(PATIENCE_S):
            while not till_restored(world.store, KIOSK).confirmed_ms:
                await trio.sleep(1)
                if KIOSK in desk.looks and not desk.troubles.get(KIOSK):
                    await desk.confirm(KIOSK, "sue")

    async def sells(self) -> None:
        """Other purchases go on while the questions stand."""
        shopper = Shopper(self.world)
        await shopper.until(lambda view: any(one.available for one in view.tenders if one.means == "cash"))
        await exact(shopper)
        await trio.sleep(LONG_AFTER_S)  # whatever would be given by itself is given by then

    async def answered(self) -> list[AskedMoney]:
        """A supervisor says of each question what truly was; the questions."""
        back, asked = self.kiosk.back, self.asked()
        for one in asked:
            now = next(a for a in self.asked() if (a.kind, a.sum_minor) == (one.kind, one.sum_minor))
            if one.kind == "booking":
                owed = one.sum_minor if self.booked_minor() + one.sum_minor <= self.slips_minor() else 0
            else:
                owed = min(one.sum_minor, max(0, self.outstanding_minor()))
            await back.answer(now.key, now.sum_minor, owed, "sue")
        await trio.sleep(LONG_AFTER_S)
        return asked

    # What is true

    @property
    def kiosk(self) -> Kiosk:
        assert self.world.shop is not None
        return self.world.shop.kiosks[KIOSK]

    def asked(self) -> list[AskedMoney]:
        return self.kiosk.back.asked()

    def _sum(self, id: str, event: str, what: str) -> int:
        return sum(one[what] for one in self.world.devices[id].ledger.records if one["event"] == event)

    def inserted_minor(self) -> int:
        return sum(self._sum(id, "stacked", "value_minor") for id in (NOTES, COINS))

    def booked_minor(self) -> int:
        """Sums of slips that the register was told of."""
        return self._sum(REGISTER, "cash_in", "sum_minor")

    def slips_minor(self) -> int:
        """Of the slips that somebody has: what the dead box printed, and what the new one owes."""
        records = self.world.devices[REGISTER].ledger.records
        paper = "\n".join(line for one in records if one["event"] == "printed" for line in one["lines"])
        here = {claim.issued.number: claim for claim in claims_of(self.world)}
        printed = {one.issued.number: one for one in self.dead_claims if one.issued.number in paper}
        return sum(claim.issued.amount_minor for claim in {**printed, **here}.values())

    def outstanding_minor(self) -> int:
        """What shoppers put in, less goods, change and slips: below nothing, money was given twice."""
        goods = self._sum(REGISTER, "fiscalised", "cash_minor")
        coins = sum(self._sum(id, "paid_out", "value_minor") for id in (NOTES, COINS))
        return self.inserted_minor() - goods - coins - self.slips_minor()

    def twice(self) -> list[str]:
        """What was given or booked once too often. In words."""
        found = []
        if self.outstanding_minor() < 0:
            found.append(f"{-self.outstanding_minor()} was given twice: {[c.issued for c in claims_of(self.world)]}")
        if self.booked_minor() > self.slips_minor():
            found.append(f"{self.booked_minor()} booked against slips of {self.slips_minor()}")
        return found

    def lost(self) -> list[str]:
        """What is owed to a shopper and is named nowhere: neither a slip, nor a question, nor a doubt of a box."""
        doubts = [piece for _, _, record in self.kiosk.boxes.units() for piece in record.unit.doubts]
        named = sum(one.sum_minor for one in self.asked() if one.kind != "booking")
        left = self.outstanding_minor() - named
        if left <= 0 or doubts:
            return []
        return [f"{left} is owed and nobody is told: {[(a.kind, a.sum_minor) for a in self.asked()]}"]


async def exact(shopper: Shopper) -> None:
    """A purchase without change: 265,00."""
    await shopper.until(lambda view: view.screen in ("attract", "browse"))
    await shopper.do("start")
    await shopper.do("scan", code=PLAIN[3])
    await shopper.do("checkout")
    await shopper.do("receipt", way="paper")
    await shopper.until(lambda view: view.screen == "pay")
    await shopper.pay_cash()
    await shopper.insert("note 200", "note 50", "coin 10", "coin 5")
    await shopper.ended()
