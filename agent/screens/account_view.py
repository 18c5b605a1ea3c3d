"""The store credit that a cashier looks at, beside the sale it could pay."""

from __future__ import annotations

from agent.till.credit_acts import may_take
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import AccountView


def account_view(till: Till) -> AccountView | None:
    """None: nobody looks at one."""
    shown = till.credit
    if shown is None or not shown.account:
        return None
    takes = 0
    if till.counter is not None:
        try:
            takes = may_take(till, till.counter.record.sale, shown.account)
        except TradeRefused:
            takes = 0
    return AccountView(shown.how, shown.tail, till.credits.balance_minor(shown.account), takes)
