"""From a command to the act it asks for: who may, when, and with which arguments."""

from __future__ import annotations

import msgspec

from agent.till.agree_acts import ACTS as AGREE
from agent.till.agree_acts import AgreeActs
from agent.till.arguments import Arguments
from agent.till.basket_desk import may_change
from agent.till.claim_acts import ACTS as CLAIMS
from agent.till.claim_acts import ClaimActs
from agent.till.credit_acts import CreditActs
from agent.till.encashment_acts import EncashmentActs
from agent.till.guest_acts import GuestActs
from agent.till.paying_acts import PayingActs
from agent.till.people import Cashier
from agent.till.pickup_acts import PickupActs
from agent.till.refund_acts import RefundActs
from agent.till.restore_acts import ACTS as RESTORE
from agent.till.restore_acts import refuse_while_held_back, restore_act
from agent.till.selling_acts import SellingActs
from agent.till.stock_guard import PromisedToOthers
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Command
from fiscal.basket import Basket


class TillActs:
    def __init__(self, till: Till) -> None:
        self._till = till
        self._paying = PayingActs(till)
        self._selling = SellingActs(till, self._paying)
        self._refunding = RefundActs(till)
        self._pickups = PickupActs(till, self._selling)
        self._claims = ClaimActs(till, self._selling)
        self._credits = CreditActs(till, self._paying)
        self._encashments = EncashmentActs(till, self._selling)
        self._guests = GuestActs(till)
        self._agreeing = AgreeActs(till, self._selling)

    async def do(self, command: Command) -> None:
        """Raises what the act's room raises. A promise that stands in the way is asked about: the same command, said
        once more as `sell_promised`, is carried out."""
        asked, self._till.promise = self._till.promise, None
        if command.do == "sell_promised":
            if asked is None:
                raise TradeRefused("stock_nothing_asked")
            command = msgspec.structs.replace(asked, id=command.id, revision=command.revision)
            self._till.agreed = command
        try:
            await self._do(command)
        except PromisedToOthers:
            self._till.promise = command
            raise
        finally:
            self._till.agreed = None

    async def _do(self, command: Command) -> None:
        args = Arguments(command.args)
        match command.do:
            case "sign_in":
                cashier = await self._till.people.sign(args.text("cashier"), args.text("pin"))
                await self._till.set_session(cashier)
                return
            case "sign_out":
                self._till.idle_counter()
                await self._till.set_session(None)
                return
            case "language":
                self._till.language = "en" if args.text("language") == "en" else "ru"
                return
            case "call_supervisor":
                self._till.called = True
                return
        cashier = self._till.signed()
        refuse_while_held_back(self._till, command.do)
        match command.do:
            case "open_shift":
                await self._till.shifts.open(cashier.id, args.whole("float_minor", 0))
            case "close_shift":
                self._till.idle_counter()
                await self._till.shifts.close(cashier.id)
            case "x_report":
                await self._till.shifts.x_report(cashier.id)
            case "cash_in" | "cash_out":
                self._till.idle_counter()
                reason = args.text("reason", "")[:100]
                await self._till.shifts.cash(cashier.id, command.do, args.whole("sum_minor"), reason)
            case "open_drawer":
                await self._till.ask_register(self._till.devices.register.port.driver.open_drawer())
            case "copy":
                await self._till.ask_register(self._till.devices.register.port.driver.print_copy())
            case act if act in RESTORE:
                await restore_act(self._till, act, cashier)
            case "guest_wrong":
                self._guests.wrong(args, cashier)
            case _:
                await self._trade(command, cashier)

    async def _trade(self, command: Command, cashier: Cashier) -> None:
        args = Arguments(command.args)
        self._till.release_finished()
        if not self._till.devices.register.shift.open and command.do not in ("choose", "park", "next_shopper"):
            raise TradeRefused("shift_closed")
        match command.do:
            case "scan":
                self._encashments.scanned()
                self._agreeing.scanned()
                if not self._claims.scanned(args.text("code")):
                    await self._selling.scan(command, args.code("code"), cashier)
            case "add":
                self._selling.free_to_sell()
                basket = self._till.counter.record.sale.basket if self._till.counter else Basket()
                await self._selling.take(command, self._till.basket.add(basket, args.text("barcode")), cashier)
            case "collect":
                await self._pickups.collect(command, args.text("order"), cashier)
            case "quantity" | "remove" | "discount" | "undo":
                may_change(self._till.at_counter().record.sale)
                if command.do == "discount" and not cashier.supervisor:
                    raise TradeRefused("no_privilege")
                await self._selling.change(command, cashier)
            case "select":
                self._till.selected = args.text("line")
            case "contact":
                await self._selling.contact(command, args.text("value"))
            case "park":
                await self._selling.park(command)
            case "bring_back":
                await self._selling.bring_back(args.text("sale", ""), cashier)
            case "new_sale":
                self._till.receipt = None
            case "pay":
                self._paying.pay(args.text("means"), args.whole("sum_minor", 0))
            case "back":
                await self._paying.back()
            case "take_cash":
                course = self._till.at_counter()
                received = args.whole("received_minor")
                self._till.pay.check_cash(course.record.sale, received)
                self._till.not_live(course)
                self._till.cash_screen = False
                course.request(lambda: self._till.pay.take_cash(course, received))
            case "stop_card":
                self._till.pay.stop_card()
            case "choose":
                await self._paying.choose(args, cashier)
            case "next_shopper":
                await self._paying.next_shopper()
            case "refund":
                await self._refunding.begin(args.text("number", ""), args.text("qr", ""), cashier, command)
            case "refund_line":
                course, original = self._refunding.refunding()
                events = self._till.refunds.choose(
                    course.record.sale, original, args.text("line"), args.whole("thousandths")
                )
                await course.record.append(*events, command=self._till.kept(command))
            case "refund_pay":
                await self._refunding.pay()
            case "credit" | "credit_leave" | "credit_pay":
                self._credits.do(command.do, args)
            case act if act in CLAIMS:
                await self._claims.do(command.do, args)
            case (
                "encashment"
                | "encashment_leave"
                | "encashment_count"
                | "encashment_again"
                | "encashment_sign"
                | "encashment_print"
            ):
                await self._encashments.do(command, args)
            case act if act in AGREE:
                await self._agreeing.do(act, args)
            case _:
                raise TradeRefused("malformed", do=command.do[:40])
