"""Makes trouble at the right moment: each aimed fault waits until its till is in its step, then strikes there.

Coverage must not hang on luck: a goal of the day is made for each aim (a refund for a fault in a refund), the director
watches what the till does, and arms the fault at the first frame, commit or change of the screen inside the step.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from tests.simulation.aims import Aim
from tests.simulation.cable import Plug
from tests.simulation.coverage import Hits
from tests.simulation.goals import Goal
from tests.simulation.steps import Step, step_of
from tests.simulation.world import SimShop

AWAY_S = (2.0, 15.0, 60.0, 240.0, 1000.0)
"""How long a cable is out or a device without power: from a wiggle to longer than a person is willing to wait."""
DARK_S = (3.0, 20.0, 90.0)
FULL_AFTER_BYTES = (0, 4_096, 30_000)
SLOW_COMMIT_S = 0.3  # an SD card's


@dataclass(slots=True)
class Watched:
    """One till and the aim it is under."""

    till: str
    aim: Aim | None = None
    done: bool = True


class Director:
    def __init__(self, world: SimShop, nursery: trio.Nursery, rng: random.Random, hits: Hits) -> None:
        self.hits = hits
        self.faults: Counter[str] = Counter()
        self.log: list[str] = []
        self._world = world
        self._nursery = nursery
        self._rng = rng
        self._watched = {till.id: Watched(till.id) for till in world.settings.tills}
        self._last_step: dict[str, Step] = {}
        self._quiet = False
        world.struck = self._struck
        world.power_gone = self._power_gone
        world.passed = self.notice
        if world.office is not None:
            world.office.struck = lambda trouble: self._hit(f"hq:{trouble}", Step.SYNCING)

    # Aims

    def begin(self, till: str, goal: Goal) -> None:
        """A cashier starts a goal: what it was made for is armed."""
        watched = self._watched[till]
        watched.aim, watched.done = goal.aim, goal.aim is None
        if goal.aim is None:
            return
        for device, fault in goal.aim.preludes:
            self._world.devices[device].faults.arm(fault)
        self.notice()

    def end(self, till: str, goal: Goal) -> None:
        watched = self._watched[till]
        if watched.aim is not None and not watched.done:
            self.log.append(f"{self._now()} missed {watched.aim.cell.fault} at {watched.aim.cell.step.value}")
        watched.aim, watched.done = None, True

    def notice(self) -> None:
        """Something moved: is a till in the step its fault waits for?"""
        if self._world.shop is None or self._quiet:
            return
        for watched in self._watched.values():
            if watched.done or watched.aim is None:
                continue
            if self._step(watched.till) is watched.aim.strikes_at:
                watched.done = True
                self._strike(watched.aim)

    def _step(self, till: str) -> Step:
        assert self._world.shop is not None
        return step_of(self._world.shop.tills[till], self._world.devices[f"kkt{till}"].simulator)

    # Counting

    def _now(self) -> str:
        return f"{trio.current_time():9.2f}"

    def _hit(self, row: str, *steps: Step) -> None:
        """One fault. More than one step: both tills lost their power, each in a step of its own."""
        self.faults[row] += 1
        for step in dict.fromkeys(steps):
            self.hits[row, step.value] += 1
            self.log.append(f"{self._now()} {row} at {step.value}")

    def _struck(self, device: str, fault: str) -> None:
        """An armed fault of a simulator strikes; the goods check belongs to whoever is asking it."""
        kind = {"shtrih_m": "kkt", "goods_check": "goods"}.get(self._world.devices[device].name)
        row = f"{kind or self._world.devices[device].name}:{fault}"
        tills = [device[-1]] if device != "goods" else list(self._watched)
        if self._world.shop is None:
            return
        steps = [self._step(till) for till in tills]
        if device == "goods":
            steps = [step for step in steps if step in (Step.SCANNING, Step.MENDING, Step.PREFLIGHT)][:1] or steps[:1]
        self._hit(row, *steps)

    # Troubles

    def _strike(self, aim: Aim) -> None:
        for device, fault in aim.armed:
            self._world.devices[device].faults.arm(fault)
        if aim.reconnects:
            self._world.unplug(aim.reconnects)
            self._world.plug(aim.reconnects)
        if aim.does:
            self._troubles()[aim.does](aim)

    def _troubles(self) -> dict[str, Callable[[Aim], None]]:
        return {
            "power cut": self._power_cut,
            "power cut, torn writes": self._torn_power_cut,
            "register unplugged": lambda aim: self._unplug(aim, "kkt", Plug.OUT),
            "register's network dead": lambda aim: self._unplug(aim, "kkt", Plug.DEAD),
            "terminal unplugged": lambda aim: self._unplug(aim, "card", Plug.OUT),
            "terminal's network dead": lambda aim: self._unplug(aim, "card", Plug.DEAD),
            "goods check unplugged": lambda aim: self._unplug(aim, "goods", Plug.OUT),
            "paper out": lambda aim: self._order(aim, "kkt", "paper out"),
            "cover open": lambda aim: self._order(aim, "kkt", "cover open"),
            "register power cycle": lambda aim: self._power_cycle(aim, "kkt"),
            "terminal power cycle": lambda aim: self._power_cycle(aim, "card"),
            "disk slow": self._slow_disk,
            "disk full": self._full_disk,
            "away": self._hq_away,
            "restart": self._hq_restart,
            **dict.fromkeys(("unheard", "lost", "late", "portal", "busy", "cut"), self._hq_trouble),
        }

    def _felt(self, aim: Aim) -> None:
        self._hit(aim.cell.row, self._step(aim.till) if aim.cell.device == "shop" else Step.SYNCING)

    def _later(self, after_s: float, work: Callable[[], Awaitable[None] | None]) -> None:
        async def wait() -> None:
            await trio.sleep(after_s)
            doing = work()
            if doing is not None:
                await doing

        self._nursery.start_soon(wait)

    def _power_cut(self, aim: Aim) -> None:
        syncing = aim.cell.step is Step.SYNCING
        self._world.points.cut_in(self._rng.randrange(2 if syncing else 4), "hq" if syncing else "")

    def _torn_power_cut(self, aim: Aim) -> None:
        self._world.torn_next = True
        self._power_cut(aim)

    def _power_gone(self, torn: bool) -> None:
        """Called as it happens: the agent still stands where it stood."""
        row = "shop:power cut, torn writes" if torn else "shop:power cut"
        steps = [self._step(till) for till in self._watched]
        if self._world.office is not None and self._world.office.busy:
            steps.append(Step.SYNCING)
        self._hit(row, *steps)
        self._nursery.start_soon(self._reboot)

    async def _reboot(self) -> None:
        await self._world.down()
        await trio.sleep(self._rng.choice(DARK_S))
        await self._world.boot()

    def _unplug(self, aim: Aim, kind: str, plug: Plug) -> None:
        device = kind if kind == "goods" else f"{kind}{aim.till}"
        self._felt(aim)
        self._world.unplug(device, plug)
        self._later(self._rng.choice(AWAY_S), lambda: self._world.plug(device))

    def _order(self, aim: Aim, kind: str, order: str) -> None:
        self._felt(aim)
        self._later(0, lambda: self._ordered(f"{kind}{aim.till}", order))

    async def _ordered(self, device: str, order: str) -> None:
        await self._world.order(device, order)

    def _power_cycle(self, aim: Aim, kind: str) -> None:
        device = f"{kind}{aim.till}"
        self._felt(aim)
        self._later(0, lambda: self._ordered(device, "power off"))
        self._later(self._rng.choice(AWAY_S), lambda: self._ordered(device, "power on"))

    def _slow_disk(self, aim: Aim) -> None:
        self._felt(aim)
        usual, self._world.commit_s = self._world.commit_s, SLOW_COMMIT_S
        self._later(120, lambda: setattr(self._world, "commit_s", min(usual, self._world.commit_s)))

    def _full_disk(self, aim: Aim) -> None:
        self._felt(aim)
        disk = self._world.disk
        disk.full_after_bytes = self._rng.choice(FULL_AFTER_BYTES)
        self._later(self._rng.uniform(10, 90), lambda: setattr(disk, "full_after_bytes", None))

    def _hq_away(self, aim: Aim) -> None:
        office = self._world.office
        assert office is not None
        self._felt(aim)
        office.away = True
        self._later(self._rng.choice(AWAY_S), lambda: setattr(office, "away", False))

    def _hq_restart(self, aim: Aim) -> None:
        office = self._world.office
        assert office is not None
        self._felt(aim)
        if office.app is not None:
            office.stop()
        self._later(self._rng.choice(DARK_S), self._hq_up)

    def _hq_up(self) -> None:
        office = self._world.office
        assert office is not None
        if office.app is None:
            office.start()

    def _hq_trouble(self, aim: Aim) -> None:
        office = self._world.office
        assert office is not None
        office.trouble = aim.does
        if aim.does == "cut":
            self._later(60, self._hq_up)
            self._later(400, self._hq_up)

    # The end

    async def quieten(self) -> None:
        """Everything is mended: what is still open now can be learnt from the devices."""
        self._quiet = True
        for device in self._world.devices.values():
            device.faults.clear()
            self._world.plug(device.id)
            await self._world.order(device.id, "power on")
            if device.is_register:
                for order in ("paper in", "cover close", "ofd back"):
                    await self._world.order(device.id, order)
        self._world.commit_s = min(self._world.commit_s, 0.0005)
        while self._world.shop is None:  # noqa: ASYNC110 - whoever boots the agent tells nobody
            await trio.sleep(5)
        self._world.disk.full_after_bytes = None
        if self._world.office is not None:
            self._world.office.away, self._world.office.trouble = False, ""
            self._hq_up()
