"""What a cashier does with claim slips: looks at one, pays it out of the drawer, cancels it, or says what became of it.

Who pays: any cashier with a PIN whose slip was read whole, whose day is not past and whose sum is within the till's
limit; a supervisor otherwise. A number alone is easily guessed, the signed code on the slip is not.

A slip of another shop is asked for through HQ, and paid here like our own once it is owed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agent.claims.claim_desk import ClaimDesk, is_slip
from agent.claims.claim_refused import ClaimRefused
from agent.till.arguments import Arguments
from agent.till.people import Cashier
from agent.till.selling_acts import SellingActs
from agent.till.till import ShownClaim, Till
from agent.till.trade import TradeRefused
from agent.view import Note
from fiscal.claim import Claim, ClaimPhase, Slip, slip_hash

LONGEST_WHY = 100
ACTS = frozenset(
    {
        "claim", "claim_leave", "claim_ask", "claim_pay", "claim_cancel", "claim_said", "claim_old", "claim_old_said",
    }
)  # fmt: skip


class ClaimActs:
    def __init__(self, till: Till, selling: SellingActs) -> None:
        self._till = till
        self._selling = selling

    def scanned(self, text: str) -> bool:
        """Was it a slip? It is shown then. Goods instead leave the claim screen: the next shopper's are on the belt."""
        if self._till.claims is not None and is_slip(text):
            self._show(text)
            return True
        if self._till.claim is not None:
            self._leave()
        return False

    async def do(self, act: str, args: Arguments) -> None:
        match act:
            case "claim":
                self._show(args.text("code", ""))
            case "claim_leave":
                self._leave()
            case "claim_ask":
                await self._ask(args.text("number"))
            case "claim_pay":
                await self._pay(args)
            case "claim_cancel":
                await self._cancel(args)
            case "claim_said":
                await self._said(args)
            case "claim_old":
                self._show_asked(args.text("key"))
            case "claim_old_said":
                await self._say_asked(args)

    def _show(self, text: str) -> None:
        desk = self._desk()
        self._selling.free_to_sell()
        self._stays_until_answered()
        foreign = desk.foreign(text) if self._till.exchange is not None else None
        with _in_the_tills_words():
            if foreign is not None:
                shown = self._other_shops(desk, text, foreign)
            elif text:
                shown = ShownClaim(desk.read(text).issued.number, is_slip(text))
            else:
                shown = ShownClaim()
        self._till.claim = shown
        self._till.receipt = None

    def _other_shops(self, desk: ClaimDesk, text: str, slip: Slip) -> ShownClaim:
        """A slip of another shop: we cannot check its signature, who has issued it will. Raises ClaimRefused."""
        number = desk.number_of(slip.issuer, slip.number)
        claim, seen = desk.claim(number), slip_hash(text)
        if claim is not None and claim.slip != seen:
            raise ClaimRefused("claim_forged")
        if slip.currency != desk.currency:
            raise ClaimRefused("claim_other_currency", currency=slip.currency[:3])
        return ShownClaim(number, True, seen, slip)

    async def _ask(self, number: str) -> None:
        """Ask the shop that owes the slip on the screen to give it over."""
        desk, shown, exchange = self._desk(), self._till.claim, self._till.exchange
        if exchange is None or shown is None or not number or shown.number != number:
            raise TradeRefused("case_moved")
        claim = desk.claim(number)
        if claim is not None and claim.phase is not ClaimPhase.MOVED:
            return  # it has come meanwhile
        if claim is not None:
            issuer, named = desk.named(claim)
            await exchange.ask(issuer, named, desk.seen(claim), self._till.settings.id)
        elif shown.foreign is not None:
            await exchange.ask(shown.foreign.issuer, shown.foreign.number, shown.seen, self._till.settings.id)
        else:
            raise TradeRefused("case_moved")

    def _leave(self) -> None:
        self._stays_until_answered()
        self._till.claim = None

    async def _pay(self, args: Arguments) -> None:
        desk, claim = self._shown(args.text("number"))
        number = claim.issued.number
        self._till.idle_counter()
        with _in_the_tills_words():
            desk.may_pay(number, supervisor=True)  # paid or cancelled meanwhile: said before anybody types a PIN
            person = await self._signed(args, needs_supervisor(self._till, claim) is not None)
            await self._till.shifts.pay_claim(number, person.id, supervisor=person.supervisor)

    async def _cancel(self, args: Arguments) -> None:
        desk, claim = self._shown(args.text("number"))
        why = args.text("why").strip()[:LONGEST_WHY]
        if not why:
            raise TradeRefused("claim_why")
        person = await self._signed(args, True)
        with _in_the_tills_words():
            await desk.cancel(claim.issued.number, person.id, why, self._till.settings.id)

    async def _said(self, args: Arguments) -> None:
        _, claim = self._shown(args.text("number"))
        choice = args.text("choice")
        if choice not in ("paid", "unpaid"):
            raise TradeRefused("malformed", argument="choice")
        person = await self._signed(args, True)
        await self._till.shifts.testify(claim.issued.number, choice == "paid", person.id)

    # Money of before a kiosk was restored

    def _show_asked(self, key: str) -> None:
        self._desk()
        self._selling.free_to_sell()
        self._stays_until_answered()
        if self._till.asked.one(key) is None:
            raise TradeRefused("old_money_moved")
        self._till.claim = ShownClaim(asked=key)
        self._till.receipt = None

    async def _say_asked(self, args: Arguments) -> None:
        """Only about what stands on the screen, with its sum, and only by a supervisor's name and PIN."""
        shown, key = self._till.claim, args.text("key")
        if shown is None or not key or shown.asked != key:
            raise TradeRefused("case_moved")
        person = await self._signed(args, True)
        with _in_the_tills_words():
            await self._till.asked.answer(key, args.whole("sum_minor"), args.whole("owed_minor"), person.id)
        self._till.claim = ShownClaim()
        self._till.changed()

    async def _signed(self, args: Arguments, supervisor: bool) -> Cashier:
        return await self._till.people.sign(args.text("person"), args.text("pin"), supervisor=supervisor)

    def _desk(self) -> ClaimDesk:
        if self._till.claims is None:
            raise TradeRefused("claims_not_kept")
        return self._till.claims

    def _shown(self, number: str) -> tuple[ClaimDesk, Claim]:
        """The slip on the screen: nobody pays one that was not looked at."""
        desk, shown = self._desk(), self._till.claim
        claim = desk.claim(number) if shown is not None and number and shown.number == number else None
        if claim is None:
            raise TradeRefused("case_moved")
        return desk, claim

    def _stays_until_answered(self) -> None:
        """The register was told to pay and has not answered: whoever stands there must learn what became of it."""
        if is_asking(self._till):
            raise TradeRefused("claim_paying")


def is_asking(till: Till) -> bool:
    """Is it unknown whether this till's register paid a slip?"""
    return till.shifts.standing is not None and bool(till.shifts.standing.meant.claim)


def needs_supervisor(till: Till, claim: Claim) -> Note | None:
    """Why a cashier may not pay it alone."""
    if till.claims is None or till.claims.is_over(claim):
        return Note("claim_expired", {"number": claim.issued.number})
    if till.claim is None or not till.claim.proved or (claim.slip and claim.slip != till.claim.seen):
        return Note("claim_without_slip")
    if claim.issued.amount_minor > till.settings.claim_cashier_minor:
        return Note("claim_large", {"limit_minor": till.settings.claim_cashier_minor})
    return None


@contextmanager
def _in_the_tills_words() -> Iterator[None]:
    try:
        yield
    except ClaimRefused as refused:
        raise TradeRefused(refused.code, **refused.params) from refused
