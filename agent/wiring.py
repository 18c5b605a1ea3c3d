"""Puts the shop together: the one file that knows everyone.

Settings become ports, ports become tills, tills get a store, a catalogue and people; the uplink carries what closes.
Simulation wires the same parts with its own links, clock, store and randomness.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio

from agent.cash.cash_slot import CashSlot
from agent.cash.encashment import EncashmentDesk, KioskMoments
from agent.cash.encashment_paper import paper_lines
from agent.cash.unit_record import UnitRecord
from agent.claims.asked_money import AskedDesk
from agent.claims.claim_desk import NAMELESS, ClaimDesk
from agent.claims.claim_exchange import ClaimExchange
from agent.clock import Clock
from agent.course.card_course import CardCourse
from agent.credit.credit_desk import CreditDesk
from agent.devices.device_port import DevicePort
from agent.devices.register_desk import RegisterDesk
from agent.devices.scanner_ear import listen
from agent.ids import new_id
from agent.kiosk.commands import KioskCommands
from agent.kiosk.kiosk import Kiosk
from agent.kiosk.kiosk_settings import KioskSettings
from agent.kiosk.kiosk_view import KioskBuilder
from agent.kiosk.slip_sending import SlipSending
from agent.kiosk.view import SellerView
from agent.messages.code_message import CodeMessages
from agent.messages.contract import MessageGateway
from agent.messages.file_gateway import FileGateway
from agent.messages.message_book import MessageBook
from agent.messages.message_courier import MessageCourier
from agent.profile_of_day import profile_of
from agent.restore.restore_desk import RestoreDesk
from agent.restore_wired import wire_restore
from agent.screens.sale_view import Paper
from agent.screens.shop_health import ShopHealth
from agent.screens.view_builder import ShopFacts, ViewBuilder
from agent.settings import CURRENCIES, DeviceSettings, KioskConfig, Settings
from agent.stock.reservations import Reservations
from agent.stock_wired import ShopStock, wire_stock
from agent.supervisor import keep_running
from agent.till.commands import Commands
from agent.till.people import Cashier, People, Verify
from agent.till.till import Till, TillDevices, TillSettings
from agent.till.watches import watch_dates, watch_port, watch_register, watch_terminal
from agent.visitors.in_person import InPerson
from agent.visitors.visitors import Visitors
from drivers.cash_devices.contract import Denomination
from drivers.driver import Kind
from drivers.links.address import parse_address
from drivers.links.link import OpenLink
from drivers.payment_terminals.redaction import redact_frame
from fiscal.encashment import Encashment
from fiscal.regimes.profile import Profile
from sensors.consent.codes import DIGITS
from sensors.consent.proving import Proving
from sync.feed_following import FeedBoard
from sync.store.catalogue import Catalogue
from sync.store.store import LOCAL, Store
from sync.uplink_board import Trouble, UplinkBoard

KEEPS_LINK = frozenset({Kind.FISCAL_REGISTER, Kind.GOODS_CHECK, Kind.SCANNER})
"""Payment terminals get a fresh connection for each conversation: many of them close an idle one without a word."""
KIOSK_ASKS_S = 180
"""Nobody stands at a kiosk who could read a slip: a silent terminal's case goes to people after three minutes."""
CLAIMS_EACH_S = 600
"""A slip's day ends at midnight: ten minutes later is soon enough to say so."""
UNITS = ("validator", "coins", "hopper")
"""What drivers call the machines on a wire."""


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
    credits: CreditDesk
    claims: ClaimDesk | None = None
    exchange: ClaimExchange | None = None
    kiosks: dict[str, Kiosk] = field(default_factory=dict)
    kiosk_commands: dict[str, KioskCommands] = field(default_factory=dict)
    kiosk_builders: dict[str, KioskBuilder] = field(default_factory=dict)
    messages: MessageCourier | None = None
    gateway: MessageGateway | None = None
    visitors: Visitors | None = None
    feeds: dict[str, FeedBoard] = field(default_factory=dict)
    reservations: Reservations = field(init=False)
    stock: ShopStock = field(init=False)
    restore: RestoreDesk = field(init=False)
    asked: AskedDesk = field(default_factory=AskedDesk)

    def __post_init__(self) -> None:
        self.reservations = Reservations(self.store, self.clock, lambda: self.places)

    @property
    def places(self) -> list[Till]:
        """Every place that sells: the tills, and what stands behind each kiosk."""
        return [*self.tills.values(), *(kiosk.till for kiosk in self.kiosks.values())]


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
    claim_key: bytes = b"",
    gateway: MessageGateway | None = None,
) -> Shop:
    """All parts, connected, nothing running yet. `claim_key` signs claim slips; without it no kiosk takes cash and no
    till pays a slip.
    `gateway` stands in for the configured one (simulation)."""
    ports = {id: make_port(device, clock, (links or {}).get(id)) for id, device in settings.devices.items()}
    people = People(tuple(Cashier(c.id, c.name, c.pin_hash, c.supervisor) for c in settings.cashiers), verify)
    profile = profile_of(settings, clock)
    board = UplinkBoard(("sales", "loyalty")) if settings.hq or settings.not_enrolled_at else None
    if board is not None and settings.not_enrolled_at:
        for stream in board.streams:
            board.troubled(stream, Trouble.NOT_ENROLLED, settings.not_enrolled_at, clock.now_ms())
    health = ShopHealth(store, board, clock)
    sellers = {seller.id: (seller.name, seller.inn) for seller in settings.sellers}
    paper = Paper(sellers, settings.address, settings.language)
    facts = ShopFacts(settings.shop, settings.currency, settings.zone, settings.training, paper)
    claims = None
    if claim_key:
        name = settings.hq.device if settings.hq else store.device if settings.not_enrolled_at else LOCAL
        issuer = NAMELESS if name == LOCAL else name.replace(".", "-")
        claims = ClaimDesk(store, clock, claim_key, issuer, settings.currency, settings.claim_days)
    credits = CreditDesk(store, clock)
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
            where=configured.where,
        )
        seeded = random.Random(rng.getrandbits(64))
        till = Till(kept, devices, store, catalogue, people, clock, seeded, profile, claims, credits)
        tills[configured.id] = till
        builders[configured.id] = ViewBuilder(till, facts, health)
    commands = {id: Commands(till) for id, till in tills.items()}
    shop = Shop(settings, store, clock, tills, commands, builders, ports, health, board, facts, catalogue, credits)
    shop.claims = claims
    gateway = shop.gateway = gateway or _gateway(settings, clock)
    if gateway is not None:
        book = MessageBook(store)
        shop.messages = MessageCourier(book, gateway, store, claims, facts, clock, random.Random(rng.getrandbits(64)))
    for till in tills.values():
        till.asked = shop.asked
        shop.asked.watchers.append(till.changed_if_shown)
    for told in settings.kiosks:
        _add_kiosk(shop, told, people, random.Random(rng.getrandbits(64)), profile)
    if claims is not None and settings.hq is not None:
        seeded = random.Random(rng.getrandbits(64))
        shop.exchange = ClaimExchange(claims, store, clock, settings.hq.device, lambda: new_id(clock.now_ms(), seeded))
        for place in shop.places:
            place.exchange = shop.exchange
    owner = store.device if settings.hq or (settings.not_enrolled_at and store.device != LOCAL) else "shop"
    shop.stock = wire_stock(
        store, clock, shop.reservations, people, catalogue, facts, owner,
        random.Random(rng.getrandbits(64)), list(tills.values()), shop.places,
    )  # fmt: skip
    shop.restore = wire_restore(settings, store, clock, catalogue, profile, shop.places)
    if shop.messages is not None:
        shop.messages.book.watchers.append(shop.messages.stir)
        for place in shop.places:
            place.watchers.append(shop.messages.stir)
    return shop


def add_visitors(shop: Shop, visitors: Visitors) -> None:
    """Tills show who of those that agreed is here; a kiosk greets nobody. Both are heard of: whom they look up by a
    number and, by way of the journal, that a sale has closed. A shopper can agree at a till where the shop can send a
    code."""
    shop.visitors = visitors
    for place in shop.places:
        place.numbers = visitors.numbers
        place.watchers.append(visitors.sold)
    if shop.gateway is not None:
        proving = Proving(shop.clock.now_ms, partial(_draw_code, visitors.draw), visitors.draw(32), shared=True)
        send = CodeMessages(shop.gateway, shop.settings.shop).send
        for till in shop.tills.values():
            till.in_person = InPerson(visitors, till.settings.id, proving, send, till.changed, till.changed_if_shown)
    for till in shop.tills.values():
        till.guests = visitors.guests
        visitors.guests.watchers.append(till.changed_if_shown)


def _draw_code(draw: Callable[[int], bytes]) -> str:
    return f"{int.from_bytes(draw(8)) % 10**DIGITS:0{DIGITS}d}"


def _gateway(settings: Settings, clock: Clock) -> MessageGateway | None:
    """None: nobody is offered a message."""
    told = settings.messages
    return FileGateway(told.directory, settings.shop, clock.now_ms) if told is not None else None


def _add_kiosk(
    shop: Shop, told: KioskConfig, people: People, rng: random.Random, profile: Callable[[], Profile]
) -> None:
    """A till that nobody stands at, and the boxes beside it."""
    settings, store, clock, ports = shop.settings, shop.store, shop.clock, shop.ports
    desk = RegisterDesk(told.id, ports[told.register], store, clock)
    cards = {id: CardCourse(ports[id], CURRENCIES[settings.currency], clock) for id in told.terminals}
    devices = TillDevices(desk, cards, ports.get(told.goods_check), ports.get(told.scanner))
    kept = TillSettings(
        told.id,
        told.name,
        language=settings.language,
        wedge=settings.wedge,
        person_after_s=min(settings.person_after_s, KIOSK_ASKS_S),
        machine=told.machine,
    )
    till = Till(kept, devices, store, shop.catalogue, people, clock, rng, profile, shop.claims, shop.credits)
    kiosk = Kiosk(
        KioskSettings(
            told.id,
            told.name,
            told.phone,
            told.refund_terms,
            told.age_goods,
            told.greatest_cash_minor,
            told.box_pieces,
            idle_s=told.idle_s,
            idle_money_s=told.idle_money_s,
            change=told.change,
        ),
        till,
        shop.claims,
    )
    slots = tuple(_slot(shop, kiosk, device) for device in told.cash)
    kiosk.give_slots(slots)
    if slots:
        kiosk.encashments = _encashments(shop, kiosk, slots)
        for beside in shop.tills.values():
            beside.encashments.add(told.id, told.name, kiosk.encashments.book, beside.changed_if_shown)
    shop.asked.add(told.id, told.name, kiosk.back)
    first = settings.sellers[0] if settings.sellers else None
    seller = SellerView(
        first.name if first else settings.shop,
        first.inn if first else "",
        (first.address if first else "") or settings.address,
        told.phone,
        told.refund_terms,
    )
    shop.kiosks[told.id] = kiosk
    book = shop.messages.book if shop.messages is not None else None
    if book is not None:
        book.watchers.append(kiosk.changed)
    slips = SlipSending(kiosk, book)
    shop.kiosk_commands[told.id] = KioskCommands(kiosk, shop.reservations, slips)
    shop.kiosk_builders[told.id] = KioskBuilder(
        kiosk, shop.facts, seller, shop.health, list(shop.tills.values()), slips
    )


def _encashments(shop: Shop, kiosk: Kiosk, slots: tuple[CashSlot, ...]) -> EncashmentDesk:
    def may(person: str) -> bool:
        known = kiosk.till.people.named(person)
        return known is not None and known.supervisor

    def local(at_ms: int) -> dt.datetime:
        return shop.clock.local() - dt.timedelta(milliseconds=shop.clock.now_ms() - at_ms)

    async def paper(made: Encashment) -> None:
        port = kiosk.till.devices.register.port
        lines = paper_lines(made, shop.settings.language, kiosk.settings.name, local)
        await port.run(port.driver.print_text(lines), about="encashment")

    present, asked = lambda: bool(kiosk.session.order), lambda: bool(kiosk.back.asked())
    moments = KioskMoments(may, present, kiosk.back.unsettled, asked)
    by_device = {slot.port.id: slot for slot in slots}
    return EncashmentDesk(kiosk.settings.id, by_device, shop.store, shop.clock.now_ms, moments, paper)


def _slot(shop: Shop, kiosk: Kiosk, device: str) -> CashSlot:
    def moved() -> None:
        kiosk.changed()
        kiosk.stir()

    def wants(worth: Denomination) -> bool:
        return worth.currency == shop.settings.currency and kiosk.wants(worth.value_minor)

    record = partial(UnitRecord, device, till=kiosk.settings.id, store=shop.store, changed=moved)
    slot = CashSlot(shop.ports[device], kiosk.settings.id, record, wants, moved)
    slot.remember(UNITS)
    return slot


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
        tasks.start_soon(keep_running, "claims", partial(watch_dates, shop.claims, shop.stock.pickups, CLAIMS_EACH_S))
        if shop.messages is not None:
            tasks.start_soon(keep_running, "messages", shop.messages.run)
        if shop.visitors is not None:
            tasks.start_soon(keep_running, "visitors", shop.visitors.run)
        for till in shop.tills.values():
            if till.in_person is not None:
                tasks.start_soon(keep_running, f"consents at till {till.settings.id}", till.in_person.run)
        for kiosk in shop.kiosks.values():
            tasks.start_soon(keep_running, f"kiosk {kiosk.settings.id}", kiosk.run)  # waits for its till
            if kiosk.encashments is not None:
                tasks.start_soon(keep_running, "encashments", kiosk.encashments.attend)
            for slot in kiosk.boxes.slots:
                slot.port.changed = kiosk.changed
                tasks.start_soon(keep_running, f"cash {slot.port.id}", slot.attend)
        for till in shop.places:
            id = till.settings.id
            tasks.start_soon(keep_running, f"till {id}", partial(_begin, shop.restore, till))
            if shop.restore.pending:
                tasks.start_soon(keep_running, "register's match", partial(shop.restore.attend, id))
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
            scanner, scanned = till.devices.scanner, _scanned(shop, till)
            if scanner is not None:
                tasks.start_soon(
                    keep_running, "scanner", lambda t=till, p=scanner, s=scanned: listen(p, s, t.changed_if_shown)
                )


async def _begin(restore: RestoreDesk, till: Till) -> None:
    """A restored box takes nothing up before its register is matched."""
    await restore.let_begin(till.settings.id)
    await till.run()


def _scanned(shop: Shop, till: Till) -> Callable[[bytes], Awaitable[None]]:
    id = till.settings.id
    return shop.commands[id].scanned if id in shop.commands else shop.kiosk_commands[id].scanned
