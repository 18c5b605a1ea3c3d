"""The whole state of one kiosk as its page is told it: from the session, the sale's fold, the boxes and the devices."""

from __future__ import annotations

from agent.cash.cash_slot import Slot
from agent.cash.unit_standing import standings
from agent.devices.device_port import DevicePort
from agent.kiosk.boxes import Boxes
from agent.kiosk.kiosk import Kiosk
from agent.kiosk.kiosk_settings import CREDIT, PAY_OUT
from agent.kiosk.session import Stage
from agent.kiosk.slip_sending import SlipSending
from agent.kiosk.slips import claim_view
from agent.kiosk.view import (
    CashView,
    ChangeView,
    CreditView,
    IdleView,
    KioskView,
    PieceView,
    SellerView,
    StaffUnitView,
    StaffView,
)
from agent.screens.claim_view import asked_view
from agent.screens.sale_view import receipt_view, sale_view
from agent.screens.shop_health import ShopHealth
from agent.screens.view_builder import ShopFacts
from agent.till.restore_acts import halted
from agent.till.till import Till
from agent.view import DeviceView, Note, ReceiptView, SaleView, TenderView
from fiscal.cash_piece import PiecePhase
from fiscal.sale import Phase, Sale, is_finished

_PIECES = {
    PiecePhase.ESCROWED: "escrow",
    PiecePhase.STACK_SENT: "stacking",
    PiecePhase.CREDITED: "credited",
    PiecePhase.IN_DOUBT: "doubt",
}
RESOLVES_WITHIN_MS = 180_000
"""A kiosk asks a silent terminal so long; then the case is for people (recovery.md, kiosk without staff)."""
NEVER = ("never_asked",)


class KioskBuilder:
    """`others` are the shop's tills: where a shopper is sent when nothing works here."""

    def __init__(
        self,
        kiosk: Kiosk,
        shop: ShopFacts,
        seller: SellerView,
        health: ShopHealth,
        others: list[Till],
        slips: SlipSending,
    ) -> None:
        self._kiosk = kiosk
        self._shop = shop
        self._seller = seller
        self._health = health
        self._others = others
        self._slips = slips

    def view(self) -> KioskView:
        kiosk, shop, session, till = self._kiosk, self._shop, self._kiosk.session, self._kiosk.till
        sale = session.record.sale if session.record else None
        trouble = self._nothing_works()
        screen = self._screen(sale, trouble)
        inserted = kiosk.boxes.inserted_minor(sale.id) if sale else 0
        times = session.idle_ms(inserted > 0, kiosk.settings, kiosk.speech)
        return KioskView(
            kiosk=kiosk.settings.id,
            kiosk_name=kiosk.settings.name,
            shop=shop.name,
            seller=self._seller,
            currency=shop.currency,
            zone=shop.zone,
            training=shop.training,
            language=till.language,
            revision=till.revision,
            now_ms=till.clock.now_ms(),
            screen=screen,
            tenders=self._tenders(sale),
            sale=self._sale(sale),
            cash=self._cash(sale, inserted) if sale and (screen == "cash" or inserted) else None,
            change=self._change(sale) if sale and screen in ("change", "claim", "done") and inserted else None,
            claims=list(session.slips),
            card_progress=till.pay.progress,
            card_since_ms=till.pay.card_since_ms,
            stop_asked=till.pay.stop_asked and till.pay.progress is not None,
            case=self._case(sale, screen),
            until_ms=self._until_ms(sale),
            receipt=self._receipt(sale),
            receipt_ways=list(kiosk.receipt_ways()),
            receipt_way=session.way,
            customer=session.customer,
            identify=True,
            idle=IdleView(*times, inserted) if times and session.staff is None else None,
            help=session.help,
            trouble=trouble or till.pay.trouble,
            elsewhere=self._elsewhere(),
            said=till.said,
            devices=self._devices(),
            staff=self._staff(),
            wedge=till.settings.wedge,
            slip_sending=self._slips.view(),
            credit=self._credit(sale),
            exact=kiosk.settings.exact_only,
        )

    def _sale(self, sale: Sale | None) -> SaleView | None:
        """What the shopper buys; staff sees an advance that is stuck."""
        kiosk = self._kiosk
        stuck = kiosk.stuck_aside() if kiosk.session.staff is not None else None
        shown = stuck.record.sale if stuck is not None else sale
        return sale_view(shown, "", None, kiosk.cash_due_minor(shown)) if shown else None

    def _screen(self, sale: Sale | None, trouble: Note | None) -> str:
        session = self._kiosk.session
        if session.staff is not None:
            return "staff"
        if trouble is not None and sale is None:
            return "out_of_service"
        if (
            session.stage is Stage.CARD
            and sale is not None
            and sale.unsettled
            and self._kiosk.till.pay.progress is None
        ):
            return "checking"
        return session.stage.value

    def _nothing_works(self) -> Note | None:
        """Why nothing can be paid for here; None: something can."""
        till = self._kiosk.till
        stop = halted(till)
        if stop is not None:
            return stop
        register = till.devices.register
        if register.port.health.code == "other_register":
            return Note("kiosk_out_of_service")
        if _away(register.port):
            return Note("kiosk_out_of_service")
        if all(tender.note is not None and tender.note.code not in ("empty_basket",) for tender in self._tenders(None)):
            return Note("kiosk_no_means")
        return None

    def _elsewhere(self) -> Note | None:
        sells = next((till for till in self._others if till.devices.register.port.health.state != "down"), None)
        if sells is None:
            return None
        place = {"where": sells.settings.where} if sells.settings.where else {}
        return Note("kiosk_elsewhere", {"till": sells.settings.name} | place)

    def _tenders(self, sale: Sale | None) -> list[TenderView]:
        kiosk, till = self._kiosk, self._kiosk.till
        register = Note("register_away") if _away(till.devices.register.port) else None
        card = next((card.port for card in till.devices.cards.values()), None)
        no_card = register or (Note("terminal_away") if card is None or _away(card) else None)
        due = kiosk.cash_due_minor(sale) if sale is not None and sale.phase in (Phase.BASKET, Phase.PAYING) else 0
        no_cash = register or kiosk.cash_refusal(due)
        return [TenderView("card", no_card is None, no_card, True), TenderView("cash", no_cash is None, no_cash)]

    def _credit(self, sale: Sale | None) -> CreditView | None:
        """Of a shopper who showed a card of the shop: a phone number is known to many, it opens no purse here."""
        number = self._kiosk.back.advances.number_of(sale)
        if sale is None or number is None or number.how != "card" or sale.credit_minor:
            return None
        till = self._kiosk.till
        found = till.credits.find(number)
        balance = till.credits.balance_minor(found.opened.account) if found else 0
        return CreditView(number.tail, balance) if balance else None

    def _cash(self, sale: Sale, inserted: int) -> CashView:
        kiosk, session = self._kiosk, self._kiosk.session
        due = kiosk.cash_due_minor(sale) if sale.phase in (Phase.BASKET, Phase.PAYING) else sale.due_minor
        pieces = [
            PieceView(piece.value_minor, _PIECES[piece.phase])
            for piece in kiosk.boxes.pieces(sale.id)
            if piece.phase in _PIECES
        ]
        states = {state for slot in kiosk.boxes.slots for state in slot.slots.values()}
        if Slot.CHECKING in states and Slot.ESCROW not in states:
            pieces.append(PieceView(0, "checking"))
        card = any(tender.available for tender in self._tenders(sale) if tender.means == "card")
        asks = session.stage is Stage.CASH and not session.giving_up
        return CashView(
            due_minor=due,
            inserted_minor=inserted,
            left_minor=max(0, due - inserted),
            pieces=pieces,
            takes_minor=kiosk.boxes.takes_minor() if asks else [],
            change=self._change_words(),
            note=self._cash_note(pieces, kiosk.boxes),
            may_card=asks and card and inserted < due,
            may_give_back=asks,
        )

    def _cash_note(self, pieces: list[PieceView], boxes: Boxes) -> Note | None:
        moving = next((piece for piece in pieces if piece.state in ("checking", "escrow", "stacking")), None)
        if moving is not None:
            return Note("note_checking", {"value_minor": moving.value_minor} if moving.value_minor else {})
        doubt = next((piece for piece in pieces if piece.state == "doubt"), None)
        if doubt is not None:
            return Note("note_in_doubt", {"value_minor": doubt.value_minor} if doubt.value_minor else {})
        if boxes.returned:
            return Note(*boxes.returned)
        if self._kiosk.session.stage is Stage.CASH and not boxes.takes_minor():
            return Note("cash_device_away")
        return None

    def _change_words(self) -> Note:
        """Said before the first note: is there change at all, and what becomes of it?"""
        boxes, settings, session = self._kiosk.boxes, self._kiosk.settings, self._kiosk.session
        if settings.exact_only:
            return Note("change_exact")
        gives = PAY_OUT in settings.change and any(slot.gives.get(name) for slot in boxes.slots for name in slot.units)
        known = CREDIT in settings.change and session.customer
        if not gives:
            return Note("change_credit" if known else "change_claim")
        if boxes.can_pay_minor(100_000) >= 100_000:
            return Note("change_given")
        return Note("change_short_credit" if known else "change_short")

    def _change(self, sale: Sale) -> ChangeView:
        kiosk = self._kiosk
        money = kiosk.back.money(sale.id)
        paid = kiosk.boxes.paid_so_far_minor(sale.id)
        owed = money.owed_minor + money.paid_out_minor + money.advanced_minor
        done = not kiosk.boxes.is_paying(sale.id)
        return ChangeView(owed, min(paid, owed), done, kiosk.back.advances.standing_minor(sale.id))

    def _case(self, sale: Sale | None, screen: str) -> Note | None:
        if sale is None:
            return None
        if screen == "checking":
            return Note("kiosk_card_checking")
        if sale.phase is Phase.PAID_UNSEALED:
            return Note("kiosk_paid_waiting")
        return self._kiosk.till.pay.trouble if screen == "making" else None

    def _until_ms(self, sale: Sale | None) -> int:
        course = self._kiosk.till.counter
        if sale is None or course is None or not sale.unsettled:
            return 0
        asking = course.asking.get(sale.unsettled[0].id)
        return asking.person_ms if asking else self._kiosk.till.clock.now_ms() + RESOLVES_WITHIN_MS

    def _receipt(self, sale: Sale | None) -> ReceiptView | None:
        if sale is None or not is_finished(sale):
            return None
        till = self._kiosk.till
        return receipt_view(sale, till.devices.register, self._shop.paper, till.contact_of(sale))

    def _devices(self) -> list[DeviceView]:
        return [*self._health.devices(self._kiosk.till, set()), *self.boxes()]

    def boxes(self) -> list[DeviceView]:
        """The devices that take and give money."""
        return [
            DeviceView(
                slot.port.id,
                "cash",
                slot.port.name,
                slot.port.health.state,
                Note(slot.port.health.code) if slot.port.health.code else None,
                model=slot.port.about.title,
                since_ms=slot.port.health.since_ms,
                evidence=slot.port.about.evidence.value,
                commit=slot.port.about.commit,
            )
            for slot in self._kiosk.boxes.slots
        ]

    def _staff(self) -> StaffView | None:
        kiosk, person = self._kiosk, self._kiosk.session.staff
        if person is None:
            return None
        claims = kiosk.back.claims
        shift = kiosk.till.devices.register.shift
        owed = [claim_view(claims, claim) for claim in claims.owed()] if claims else []
        asked = [asked_view(kiosk.settings.name, one) for one in kiosk.back.asked()]
        encashed = kiosk.session.encashed
        return StaffView(person.name, self._units(), owed, shift.open, shift.number, encashed, asked)

    def _units(self) -> list[StaffUnitView]:
        slots = {slot.port.id: slot for slot in self._kiosk.boxes.slots}
        return [
            StaffUnitView(
                device=one.device,
                unit=one.unit,
                title=one.title or slots[one.device].port.name,
                serial=one.serial,
                state=one.state,
                counts=list(one.counts),
                counted_minor=one.counted_minor,
                doubts=one.doubts,
                doubted_minor=one.doubted_minor,
                cassette=one.cassette,
                note=Note(one.trouble) if one.trouble else None,
                levels=list(one.levels),
                may_encash=one.may_encash,
            )
            for one in standings(slots)
        ]


def _away(port: DevicePort) -> bool:  # type: ignore[type-arg]
    return port.health.state == "down" and port.health.code not in NEVER
