"""What staff does at a kiosk, after a PIN: the shift, the boxes, a device that hangs, a sale without its receipt."""

from __future__ import annotations

from agent.cash.encash_refused import EncashRefused
from agent.claims.claim_refused import ClaimRefused
from agent.kiosk.acts import note_age_allowed
from agent.kiosk.kiosk import Kiosk
from agent.kiosk.view import KioskCommand
from agent.till.arguments import Arguments
from agent.till.people import Cashier
from agent.till.trade import TradeRefused
from agent.view import Note

STAFF_ACTS = frozenset(
    {
        "staff", "staff_leave", "open_shift", "close_shift", "x_report", "reset_device",
        "encash_open", "encash_close", "encash_cancel", "resolve", "old_money",
    }
)  # fmt: skip
RESOLVES = frozenset({"retry_seal", "owe_correction", "cancel_payment", "age_allowed"})


class StaffActs:
    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    async def do(self, command: KioskCommand) -> None:
        kiosk, session, till = self._kiosk, self._kiosk.session, self._kiosk.till
        args = Arguments(command.args)
        if command.do == "staff":
            session.staff = await self._signed(args)
            session.help = till.called = False
            return
        person = session.staff
        if person is None:
            raise TradeRefused("locked")
        match command.do:
            case "staff_leave":
                session.staff = None
            case "open_shift":
                await till.shifts.open("", 0)
            case "close_shift":
                self._nobody_pays()
                if kiosk.back.unbooked():
                    await kiosk.back.book()
                if kiosk.back.unbooked():
                    raise TradeRefused("kiosk_busy")  # the loop books the rest: the shift closes after that
                await till.shifts.close("")
            case "x_report":
                await till.shifts.x_report("")
            case "reset_device":
                self._reset(args.text("device"))
            case "resolve":
                await self._resolve(args, person)
            case "old_money":
                await self._say_asked(args, person)
            case _:
                await self._encash(command.do, args, person)

    async def _encash(self, act: str, args: Arguments, person: Cashier) -> None:
        """The box is opened, taken, put back and closed by name; what went wrong on paper only is said."""
        desk = self._kiosk.encashments
        if desk is None:
            raise TradeRefused("cash_device_away")
        device, unit = args.text("device"), args.text("unit")
        try:
            if act == "encash_open":
                await desk.open(device, unit, person.id)
            elif act == "encash_cancel":
                await desk.cancel(device, unit, person.id)
            else:
                cassette = args.text("new_cassette", "")[:40]
                unseen = args.whole("unseen", 0) == 1
                made = await desk.close(device, unit, person.id, cassette, unseen=unseen)
                self._kiosk.session.encashed = Note(
                    "encash_done", {"number": made.number, "sum_minor": made.total_minor}
                )
        except EncashRefused as refused:
            raise TradeRefused(refused.code) from refused

    async def _signed(self, args: Arguments) -> Cashier:
        """By name and PIN; a kiosk's pad has digits only, so the name may be left out where the PIN tells."""
        named = args.text("person", "")
        for cashier in self._kiosk.till.people.cashiers:
            if named in ("", cashier.id):
                try:
                    return await self._kiosk.till.people.sign(cashier.id, args.text("pin"))
                except TradeRefused:
                    continue
        raise TradeRefused("wrong_pin")

    def _nobody_pays(self) -> None:
        if self._kiosk.session.order:
            raise TradeRefused("kiosk_busy")

    def _reset(self, device: str) -> None:
        slot = next((slot for slot in self._kiosk.boxes.slots if slot.port.id == device), None)
        if slot is None:
            raise TradeRefused("malformed", argument="device")
        slot.reset()

    async def _say_asked(self, args: Arguments, person: Cashier) -> None:
        """Money of before this kiosk was restored, in a shop that may have no till to say it at."""
        if not person.supervisor:
            raise TradeRefused("no_privilege")
        try:
            owed_minor = args.whole("owed_minor")
            await self._kiosk.back.answer(args.text("key"), args.whole("sum_minor"), owed_minor, person.id)
        except ClaimRefused as refused:
            raise TradeRefused(refused.code, **refused.params) from refused

    async def _resolve(self, args: Arguments, person: Cashier) -> None:
        """A sale or an advance that is paid and has no receipt, or a buyer whose age somebody has to see."""
        till, choice = self._kiosk.till, args.text("choice")
        course = self._kiosk.stuck_aside() or till.at_counter()
        if choice not in RESOLVES:
            raise TradeRefused("malformed", argument="choice")
        if choice == "age_allowed":
            await note_age_allowed(self._kiosk, course, person.id)
            return
        if choice != "retry_seal" and not person.supervisor:
            raise TradeRefused("no_privilege")
        till.not_live(course)
        await till.pay.choose(course, choice, args, person.id)
        if choice == "cancel_payment" and course is till.counter:
            self._kiosk.session.giving_up = "not_made"
