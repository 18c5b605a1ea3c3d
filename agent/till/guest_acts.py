"""What a cashier does about a guest whom the panel shows: says that this is not that person.

Nothing else: a guest pays nothing by being known. The till does not wait for the visitors' file either; the guest
leaves the panel at once, and the correction is kept beside.
"""

from __future__ import annotations

from agent.till.arguments import Arguments
from agent.till.people import Cashier
from agent.till.till import Till
from agent.till.trade import TradeRefused


class GuestActs:
    def __init__(self, till: Till) -> None:
        self._till = till

    def wrong(self, args: Arguments, cashier: Cashier) -> None:
        guests = self._till.guests
        if guests is None or not guests.dismiss(args.text("guest"), cashier.id):
            raise TradeRefused("guest_gone")
