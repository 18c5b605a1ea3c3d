"""Paying with store credit: whose account it is, and the moment in which it and the sale change together.

A phone number is known to many, so an account that is found by one is opened where a cashier looks at the person; a
kiosk opens accounts of shop cards only.
"""

from __future__ import annotations

from agent.course.course import Course
from agent.credit.credit_desk import Number, number
from agent.till.arguments import Arguments
from agent.till.paying_acts import PayingActs
from agent.till.till import ShownCredit, Till
from agent.till.trade import TradeRefused, problem_note
from agent.view import Note
from fiscal import sale_events as e
from fiscal.preflight import Problem
from fiscal.sale import Phase, Sale
from sync.store.failures import LockHeld

SHORTEST_PHONE = 10
LONGEST = 32


class CreditActs:
    def __init__(self, till: Till, paying: PayingActs) -> None:
        self._till = till
        self._paying = paying

    def do(self, act: str, args: Arguments) -> None:
        match act:
            case "credit":
                self._show(args.text("number", ""))
            case "credit_leave":
                self._till.credit = None
            case "credit_pay":
                self._pay()

    def _show(self, typed: str) -> None:
        self._till.credit = None
        if not typed.strip():
            self._till.credit = ShownCredit()
            return
        asked = read_number(typed)
        if self._till.numbers is not None:
            self._till.numbers.told(asked.how, asked.value)
        found = self._till.credits.find(asked)
        if found is None:
            self._till.credit = ShownCredit()
            raise TradeRefused("credit_none", tail=asked.tail)
        self._till.credit = ShownCredit(found.opened.account, asked.how, asked.tail)

    def _pay(self) -> None:
        shown = self._till.credit
        if shown is None or not shown.account:
            raise TradeRefused("case_moved")
        course = self._paying.to_pay()
        sum_minor = may_take(self._till, course.record.sale, shown.account)
        self._till.credit = None
        self._till.cash_screen = False
        course.request(lambda: take_credit(self._till, course, shown.account, sum_minor))


def read_number(typed: str) -> Number:
    """A phone where it looks like one, else a card of the shop. Raises TradeRefused."""
    told = typed.strip()[:LONGEST]
    digits = [sign for sign in told if sign.isdigit()]
    is_phone = len(digits) >= SHORTEST_PHONE and not any(sign.isalpha() for sign in told)
    found = number("phone" if is_phone else "card", told)
    if len(found.value) < 4:
        raise TradeRefused("contact_malformed")
    return found


def may_take(till: Till, sale: Sale, account: str) -> int:
    """How much of the account this sale would take. Raises TradeRefused."""
    if sale.credit_minor:
        raise TradeRefused("credit_used")
    left = sale.basket.total_minor if sale.phase is Phase.BASKET else sale.left_minor
    sum_minor = min(left, till.credits.balance_minor(account))
    if sum_minor <= 0:
        raise TradeRefused("credit_empty")
    return sum_minor


async def take_credit(till: Till, course: Course, account: str, sum_minor: int) -> None:
    """Pre-flight, then the account and the sale in one commit; where all is paid then, with the document's intent.

    Takes at most `sum_minor`, what is left to pay and what is on the account; where that is zero it says why.
    """
    record, pay = course.record, till.pay
    pay.trouble = None
    seen = await till.seals.look(record.sale)
    if isinstance(seen, Problem):
        pay.trouble = problem_note(seen)
        return
    sale = record.sale
    before, settings = pay.planned(sale)
    left = sale.basket.total_minor if before else sale.left_minor
    taken = min(left, sum_minor, till.credits.balance_minor(account))
    with till.credits.holding(account, taken) as there:
        if not there or sale.credit_minor:
            pay.trouble = Note("credit_empty")
            return
        events = (*before, e.CreditTaken(account, taken))
        if taken < left:
            await record.append(*events, settings=settings, of=sale)
            return
        try:
            await till.seals.seal(record, *events, state=seen, settings=settings)
        except LockHeld:
            pay.trouble = Note("register_held")
