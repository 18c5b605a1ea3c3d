"""Puts the shop together: the one file that knows everyone.

Settings become ports, ports become tills, tills get a store, a catalogue and people; the uplink carries what closes.
Simulation wires the same parts with its own links, clock, store and randomness.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio

from agent.clock import Clock
from agent.course.card_course import CardCourse
from agent.devices.device_port import DevicePort
from agent.devices.register_desk import RegisterDesk
from agent.devices.scanner_ear import listen
from agent.screens.sale_view import Paper
from agent.screens.shop_health import ShopHealth
from agent.screens.view_builder import ShopFacts, ViewBuilder
from agent.settings import CURRENCIES, DeviceSettings, Settings
from agent.supervisor import keep_running
from agent.till.commands import Commands
from agent.till.people import Cashier, People, Verify
from agent.till.till import Till, TillDevices, TillSettings
from agent.till.watches import watch_port, watch_register, watch_terminal
from drivers.driver import Kind
from drivers.links.address import parse_address
from drivers.links.link import OpenLink
from drivers.payment_terminals.redaction import redact_frame
from fiscal.money import CashRounding
from fiscal.regimes import russia, unregulated
from fiscal.regimes.profile import Profile
from sync.store.catalogue import Catalogue
from sync.store.store import Store
from sync.uplink import UplinkBoard

KEEPS_LINK = frozenset({Kind.FISCAL_REGISTER, Kind.GOODS_CHECK, Kind.SCANNER})
"""Payment terminals get a fresh connection for each conversation: many of them close an idle one without a word."""


@dataclass(slots=True)
class Shop:
    """Everything a running agent consists of."""

    settings: Settings
    store: Store
    clock: Clock
    tills: dict[str, Till]
    commands: dict[str, Commands]
    builders: dict[str, ViewBuilder]
    ports: dict[str, DevicePort[Any]]
    health: ShopHealth
    board: UplinkBoard | None
    facts: ShopFacts
    catalogue: Callable[[], Catalogue | None]


def profile_of(settings: Settings, clock: Clock) -> Callable[[], Profile]:
    """The regime in force today, remembered for the day."""
    rounding = CashRounding.WHOLE_ROUBLE if settings.cash_rounding else CashRounding.NONE
    known: dict[Any, Profile] = {}

    def profile() -> Profile:
        today = clock.local().date()
        if today not in known:
            known.clear()
            if settings.regime == "russia":
                known[today] = russia.profile_on(today, cash_rounding=rounding)
            else:
                known[today] = unregulated.PROFILE
        return known[today]

    return profile


def make_port(device: DeviceSettings, clock: Clock, open_link: OpenLink | None = None) -> DevicePort[Any]:
    """`open_link` replaces the configured address (simulation)."""
    return DevicePort(
        device.id,
        device.name,
        device.driver,
        device.driver.make(device.settings),
        open_link or parse_address(device.address),
        clock,
        keep_open=device.driver.kind in KEEPS_LINK,
        redact=redact_frame if device.driver.kind is Kind.PAYMENT_TERMINAL else bytes,
    )


def build_shop(
    settings: Settings,
    store: Store,
    catalogue: Callable[[], Catalogue | None],
    clock: Clock,
    rng: random.Random,
    verify: Verify,
    *,
    links: dict[str, OpenLink] | None = None,
) -> Shop:
    """All parts, connected, nothing running yet."""
    ports = {id: make_port(device, clock, (links or {}).get(id)) for id, device in settings.devices.items()}
    people = People(tuple(Cashier(c.id, c.name, c.pin_hash, c.supervisor) for c in settings.cashiers), verify)
    profile = profile_of(settings, clock)
    board = UplinkBoard() if settings.hq else None
    health = ShopHealth(store, board, clock)
    sellers = {seller.id: (seller.name, seller.inn) for seller in settings.sellers}
    paper = Paper(sellers, settings.address, settings.language)
    facts = ShopFacts(settings.shop, settings.currency, settings.zone, settings.training, paper)
    tills, builders = {}, {}
    for configured in settings.tills:
        desk = RegisterDesk(configured.id, ports[configured.register], store, clock)
        cards = {id: CardCourse(ports[id], CURRENCIES[settings.currency], clock) for id in configured.terminals}
        devices = TillDevices(
            desk,
            cards,
            ports.get(configured.goods_check),
            ports.get(configured.scanner),
        )
        kept = TillSettings(
            configured.id,
            configured.name,
            configured.default_means,
            settings.language,
            settings.wedge,
            configured.print_slips,
            settings.person_after_s,
        )
        till = Till(kept, devices, store, catalogue, people, clock, random.Random(rng.getrandbits(64)), profile)
        tills[configured.id] = till
        builders[configured.id] = ViewBuilder(till, facts, health)
    commands = {id: Commands(till) for id, till in tills.items()}
    return Shop(settings, store, clock, tills, commands, builders, ports, health, board, facts, catalogue)


async def run_tills(shop: Shop) -> None:
    """Tend all tills and watch their devices until cancelled; the wires are closed at the end."""
    try:
        await _tend_tills(shop)
    finally:
        for port in shop.ports.values():
            await port.hang_up()


async def _tend_tills(shop: Shop) -> None:
    period_s = shop.settings.watch_s
    async with anyio.create_task_group() as tasks:
        for till in shop.tills.values():
            tasks.start_soon(keep_running, f"till {till.settings.id}", till.run)
            tasks.start_soon(keep_running, "register watch", lambda t=till: watch_register(t, period_s))
            for card in till.devices.cards.values():
                card.port.changed = till.changed_if_shown
                tasks.start_soon(keep_running, "terminal watch", lambda c=card: watch_terminal(c, period_s * 4))
            till.devices.register.port.changed = till.changed_if_shown
            goods = till.devices.goods_check
            if goods is not None:
                goods.changed = till.changed_if_shown
                tasks.start_soon(
                    keep_running, "goods check watch", lambda p=goods: watch_port(p, p.driver.reachable, period_s * 2)
                )
            scanner, scanned = till.devices.scanner, shop.commands[till.settings.id].scanned
            if scanner is not None:
                tasks.start_soon(
                    keep_running, "scanner", lambda t=till, p=scanner, s=scanned: listen(p, s, t.changed_if_shown)
                )
