"""What a cashier does for a shopper who wants to be known, or no more: opens the screen, and carries each of its keys.

Any cashier may: the shopper proves the phone and ticks the boxes, so there is nothing here that somebody else could
give in their place. Goods and a locked till leave it.
"""

from __future__ import annotations

from agent.till.arguments import Arguments
from agent.till.claim_acts import is_asking
from agent.till.selling_acts import SellingActs
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.visitors.agreeing import AgreeRefused
from agent.visitors.in_person import InPerson

ACTS = frozenset(
    {
        *("agree", "agree_leave", "agree_language", "agree_phone", "agree_code"),
        *("agree_give", "agree_withdraw", "agree_look"),
    }
)


class AgreeActs:
    def __init__(self, till: Till, selling: SellingActs) -> None:
        self._till = till
        self._selling = selling

    def scanned(self) -> None:
        """The next shopper's goods are on the belt."""
        if self._till.in_person is not None:
            self._till.in_person.leave()

    async def do(self, act: str, args: Arguments) -> None:
        desk = self._till.in_person
        if desk is None:
            raise TradeRefused("agree_away")
        try:
            await self._do(desk, act, args)
        except AgreeRefused as refused:
            raise TradeRefused(refused.code) from refused

    async def _do(self, desk: InPerson, act: str, args: Arguments) -> None:
        match act:
            case "agree":
                await self._open(desk)
            case "agree_leave":
                desk.leave()
            case "agree_language":
                desk.speak(args.text("language"))
            case "agree_phone":
                desk.phone(args.text("number", ""))
            case "agree_code":
                desk.code(args.text("code"))
            case "agree_give":
                desk.give(args.texts("agreed"), args.text("name", ""))
            case "agree_withdraw":
                desk.withdraw(args.text("consent"))
            case "agree_look":
                desk.look()

    async def _open(self, desk: InPerson) -> None:
        """Beside an empty counter or a basket, never in the middle of a payment."""
        self._selling.free_to_sell()
        if is_asking(self._till):
            raise TradeRefused("claim_paying")
        await desk.open(self._till.language)
        self._till.claim = None
        self._till.encashment = None
        self._till.receipt = None
