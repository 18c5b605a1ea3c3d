"""A ccTalk wire: a coin acceptor, a bill validator and a hopper, whichever of them are there, asked in turn.

All units are asked within one period of 200 ms, since many acceptors shut themselves when nobody asked for a second.
One that falls silent does not stop the others; only when nobody answers any more the conversation ends.
Source: ashaduri/qt-cctalk and mordae/cctalk; manuals of Money Controls SR5, Suzohapp Flow and Alberici AL66.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.cash_devices.cctalk.bills import BillTaker
from drivers.cash_devices.cctalk.bus import Bus
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import ROUTE_RETURN, ROUTE_STACK, Header
from drivers.cash_devices.cctalk.hopper import Hopper
from drivers.cash_devices.cctalk.identity import name_of, serial_of
from drivers.cash_devices.cctalk.settings import SETTINGS, Wiring, wiring
from drivers.cash_devices.cctalk.taker import Taker
from drivers.cash_devices.contract import (
    Accept,
    Denomination,
    GiveBack,
    Leave,
    PaidOut,
    Pay,
    Refuse,
    Remembered,
    Reset,
    Stack,
    Unit,
)
from drivers.driver import Driver, Evidence, Kind
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue, Tell, Wish


class CcTalk:
    """A wire with its settings."""

    def __init__(self, settings: Mapping[str, int | str | bool]) -> None:
        self._wiring = wiring(settings)

    def identify(self) -> Dialogue[tuple[Unit, ...]]:
        """Who is on the wire. Raises Unanswered where nobody is."""
        bus = Bus(self._wiring.echo)
        found = []
        for name, station in self._wiring.stations().items():
            found.append((yield from self._identify(bus, name, station)))
        if not any(there for there, _ in found):
            raise Unanswered("nobody on the wire answers")
        return tuple(unit for _, unit in found)

    def attend(self, remembered: Mapping[str, Remembered]) -> Dialogue[None]:
        return _Attendance(self._wiring, remembered).run()

    def _identify(self, bus: Bus, name: str, station: Station) -> Dialogue[tuple[bool, Unit]]:
        try:
            yield from bus.ask(station, Header.SIMPLE_POLL, tries=2)
        except (Unanswered, Garbled, Refused):
            return False, Unit(name, "", "")
        serial = yield from serial_of(bus, station)
        title = yield from name_of(bus, station)
        if name == "hopper":
            return True, Unit(name, serial, title, gives=(self._wiring.hopper_coin(),))
        takes: dict[int, Denomination] = yield from self._wiring.table(name).read(bus, station)
        return True, Unit(name, serial, title, tuple(takes.values()), escrow=name == "validator")


class _Attendance:
    """One conversation: the units in the order in which they are asked."""

    def __init__(self, wiring: Wiring, remembered: Mapping[str, Remembered]) -> None:
        self._bus = Bus(wiring.echo)
        self._takers: dict[str, Taker] = {}
        self._hopper: Hopper | None = None
        self._leaves = False
        for name, station in wiring.stations().items():
            known = remembered.get(name)
            if name == "hopper":
                self._hopper = Hopper(name, self._bus, station, wiring.hopper_coin(), known)
            elif name == "validator":
                self._takers[name] = BillTaker(
                    name, self._bus, station, wiring.table(name), known, wiring.decide_within_s
                )
            else:
                self._takers[name] = Taker(name, self._bus, station, wiring.table(name), known)

    def run(self) -> Dialogue[None]:
        units = [*self._takers.values(), *([self._hopper] if self._hopper else [])]
        while True:
            for unit in units:
                yield from unit.beat()
            if all(unit.silent for unit in units):
                raise Unanswered("nobody on the wire answered for 5 s")
            if self._leaves and all(unit.at_rest for unit in units):
                return
            while (wish := (yield from self._bus.beat())) is not None:
                yield from self._heed(wish)

    def _heed(self, wish: Wish) -> Dialogue[None]:
        if self._leaves and isinstance(wish, Accept):
            return
        match wish:
            case Accept(types=types):
                for name, taker in self._takers.items():
                    taker.accept(frozenset(types.get(name, frozenset())))
            case Refuse() | Leave():
                self._leaves = self._leaves or isinstance(wish, Leave)
                for taker in self._takers.values():
                    taker.refuse()
            case Stack(unit=name) | GiveBack(unit=name):
                taker_meant = self._takers.get(name)
                if isinstance(taker_meant, BillTaker):
                    yield from self._decide(taker_meant, ROUTE_STACK if isinstance(wish, Stack) else ROUTE_RETURN)
            case Pay(unit=name):
                if self._hopper is not None and self._hopper.name == name:
                    self._hopper.pay(wish)
                else:
                    yield Tell(PaidOut(name, wish.key, wish.amount_minor, 0, reason="cctalk.hopper.none"))
            case Reset():
                for taker in self._takers.values():
                    yield from taker.reset()
                if self._hopper is not None:
                    yield from self._hopper.reset()

    def _decide(self, taker: BillTaker, where: int) -> Dialogue[None]:
        try:
            yield from taker.route(where)
        except (Unanswered, Garbled, Refused):
            taker.missed = True  # decided; carried out in the next beat


DRIVER = Driver(
    name="cctalk",
    kind=Kind.CASH_DEVICE,
    title="ccTalk",
    make=CcTalk,
    evidence=Evidence.MANUAL,
    source="ashaduri/qt-cctalk, mordae/cctalk; Suzohapp Flow hopper manual; Money Controls SR5 manual (TSP073)",
    commit="credit",
    settings=SETTINGS,
)
