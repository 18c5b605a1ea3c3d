"""Tells HQ of customers who agreed: their consents and keys, their purchases, and which offers were shown and used.

    ledger of consents ── standing, not told ──> CustomerFact          (that it ended: hq_forgets.py)
    journal, from a place on ── closed sales of somebody who agreed ──> PurchaseFact
                                with goods of an offer they were shown ──> OfferFact redeemed
    a till shows offers ──> OfferFact shown

What is told and how far the journal was read lie in one commit with the facts (`State`), so after a power cut nothing
is told twice and nothing is left out. The ledger is compared anew each time: whatever was missed is told then.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

import anyio
import anyio.lowlevel
import msgspec

from agent.clock import Clock
from agent.visitors.buyer import SaleBook, buyer_of
from agent.visitors.chain_customers import ChainCustomer, ChainCustomers, fits
from agent.visitors.purchases import Bought, lines_of
from agent.visitors.receipts import Observed, Receipts
from agent.visitors.who_is_known import WhoIsKnown
from sensors.consent.facts import Proof, Purpose
from sensors.consent.ledger import Consent
from sensors.identity.records import Rule
from sync.store.batch import Outgoing, SaleRow, Setting
from sync.store.failures import StoreError
from sync.visitor_store.visitor_batch import VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.customer_facts import (
    ANALYTICS,
    CARD,
    CUSTOMER,
    MARKETING,
    OFFER_EVENT,
    PHONE,
    PURCHASE,
    REDEEMED,
    SHOWN,
    CustomerFact,
    CustomerKey,
    OfferFact,
    PurchaseFact,
)
from sync.wire.visit_facts import STREAM

log = logging.getLogger("tillkeeper.visitors")

PLACE = "customers/told"
PURPOSES = {Purpose.ANALYTICS: ANALYTICS, Purpose.MARKETING: MARKETING}
TAIL = 4
AT_ONCE = 200
"""Journal rows of one look, as in receipts.py."""
TOLD_KEPT = 500
"""Sales that are remembered as told: after a sale has closed, its rows end within seconds."""
USED_WITHIN_MS = 86_400_000
"""An offer that was shown counts as used by a purchase of the same day: later it was not the cashier's word."""
LATE_MS = 3_600_000
"""A sale older than this is not told of a guest of the chain: whether they had agreed by then is known elsewhere."""
AGAIN_S = 30.0
"""Where there was no room for what is to be told."""
HOW = ((Rule.CARD_SHOWN, "card"), (Rule.PERSON_SAID, "account"), (Rule.ASSOCIATED, "here"))


class State(msgspec.Struct, frozen=True):
    """`secret`: the name of the one whose keys were told; under another one everything is told again. `consents`: told
    and standing. `seq`: of the journal. `sales`: the last that were told. `shown`: "consent/offer" and when."""

    secret: str = ""
    consents: list[str] = []
    seq: int = -1
    sales: list[str] = []
    shown: dict[str, int] = {}


class CustomerTelling:
    """`receipts` says whose a sale is, `chain` whom HQ told of."""

    def __init__(
        self,
        store: VisitorStore,
        consents: WhoIsKnown,
        receipts: Receipts,
        journal: SaleBook,
        chain: ChainCustomers,
        clock: Clock,
    ) -> None:
        self._store = store
        self._consents = consents
        self._receipts = receipts
        self._journal = journal
        self._chain = chain
        self._clock = clock
        kept = store.setting(PLACE)
        self._state = msgspec.json.decode(kept, type=State) if kept else State(seq=journal.last_seq())
        self._offered: deque[tuple[str, str, int]] = deque(maxlen=64)
        self._news = anyio.Event()
        self._telling: frozenset[str] = frozenset(self._state.consents)

    def told(self, consent: str) -> bool:
        """HQ was told of this consent, or is being told: then it has to hear of its end."""
        return consent in self._telling or consent in self._state.consents

    def stir(self) -> None:
        """A consent, a till or the secret changed; returns at once."""
        self._news.set()

    def shown(self, consent: str, offers: Sequence[str]) -> None:
        """A till shows these offers to somebody who agreed to them by `consent`; once a day each."""
        now_ms = self._clock.now_ms()
        for offer in offers if consent else ():
            self._offered.append((consent, offer, now_ms))
        self._news.set()

    def shown_to(self, subject: str, offers: Sequence[str]) -> None:
        given = self._consents.given_of(subject, Purpose.MARKETING)
        if given is not None:
            self.shown(given.consent_id, offers)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news = anyio.Event()
            try:
                await self.tell()
            except StoreError as error:
                log.warning("what is to be told of customers waits: %s", error)
                with anyio.move_on_after(AGAIN_S):
                    await self._news.wait()
                continue
            await self._news.wait()

    async def tell(self) -> None:
        """Everything that is due. Raises StoreError, and then it is told the next time."""
        if not self._chain.secret.key:
            return
        await self._tell_consents()
        await self._tell_shown()
        while await self._tell_sales():
            pass

    async def _tell_consents(self) -> None:
        state, name = self._state, self._chain.secret.name
        told = set(state.consents) if state.secret == name else set()
        standing = [
            one
            for one in self._consents.ledger.consents.values()
            if one.given.purpose in PURPOSES and self._consents.stands(one.given.consent_id)
        ]
        new = [(one, fact) for one in standing if one.given.consent_id not in told and (fact := self._fact(one))]
        still = [one.given.consent_id for one in standing if one.given.consent_id in told]
        if not new and len(still) == len(state.consents) and state.secret == name:
            return
        outgoing = [_item(f"customer/{fact.consent}/{name}", CUSTOMER, fact) for _, fact in new]
        consents = [*still, *(fact.consent for _, fact in new)]
        self._telling = frozenset(consents)  # from here on their end is told, too
        await self._keep(msgspec.structs.replace(state, secret=name, consents=consents), outgoing)

    def _fact(self, consent: Consent) -> CustomerFact | None:
        """None: nothing to know them by."""
        given = consent.given
        phone = self._consents.personal(given.subject).get("phone", "")
        key = self._chain.key_of(PHONE, phone) if phone else ""
        if not key:
            return None
        keys = [CustomerKey(PHONE, key, phone[-TAIL:], verified=given.proof is Proof.CODE)]
        purpose = PURPOSES[given.purpose]
        return CustomerFact(given.consent_id, purpose, given.text_version, given.text_hash, given.given_ms, keys)

    async def _tell_shown(self) -> None:
        state, outgoing = self._state, []
        now_ms = self._clock.now_ms()
        shown = {key: at_ms for key, at_ms in state.shown.items() if abs(now_ms - at_ms) < USED_WITHIN_MS}
        taken = len(self._offered)
        for consent, offer, at_ms in list(self._offered):
            if f"{consent}/{offer}" not in shown:
                shown[f"{consent}/{offer}"] = at_ms
                fact = OfferFact(SHOWN, offer, consent, at_ms)
                outgoing.append(_item(f"offer/{SHOWN}/{consent}/{offer}/{at_ms}", OFFER_EVENT, fact))
        if outgoing:
            await self._keep(msgspec.structs.replace(state, shown=shown), outgoing)
        for _ in range(taken):
            self._offered.popleft()

    async def _tell_sales(self) -> bool:
        """False: the journal was read to its end."""
        state = self._state
        rows = self._journal.journal_since(state.seq, AT_ONCE)
        if not rows:
            return False
        told, outgoing = list(state.sales), []
        for id in dict.fromkeys(row.sale for row in rows if row.sale and row.sale not in state.sales):
            await anyio.lowlevel.checkpoint()
            sale = self._journal.sale(id)
            facts = self._facts_of(sale) if sale is not None else []
            if facts:
                outgoing += facts
                told.append(id)
        await self._keep(msgspec.structs.replace(state, seq=rows[-1].seq, sales=told[-TOLD_KEPT:]), outgoing)
        return True

    def _facts_of(self, row: SaleRow) -> list[Outgoing]:
        seen = self._receipts.observe(row)
        if seen is not None:
            return self._own(row, seen)
        buyer = buyer_of(self._journal, row)
        if buyer is None or self._clock.now_ms() - buyer.closed_ms > LATE_MS:
            return []
        numbers = [(PHONE, one) for one in ((buyer.paid,) if buyer.paid else buyer.typed)]
        numbers += [(CARD, buyer.card)] if buyer.card else []
        known = {one.customer: one for how, number in numbers if (one := self._chain.of(how, number)) is not None}
        if len(known) != 1:
            return []
        (mine,) = known.values()
        facts: list[Outgoing] = []
        if mine.body.analytics:
            how = "account" if buyer.paid else "typed" if buyer.typed else "card"
            bought = PurchaseFact(row.id, mine.body.analytics, buyer.closed_ms, how)
            facts.append(_item(f"purchase/{row.id}", PURCHASE, bought))
        return facts + self._redeemed(row, mine, mine.body.marketing, buyer.closed_ms)

    def _own(self, row: SaleRow, seen: Observed) -> list[Outgoing]:
        """Somebody's who agreed here."""
        rules = {edge.rule for edge in seen.edges}
        how = next((word for rule, word in HOW if rule in rules), "typed")
        buyer = buyer_of(self._journal, row)
        card = self._chain.key_of(CARD, buyer.card) if buyer is not None and how == "card" and buyer.card else ""
        fact = PurchaseFact(row.id, seen.terms, seen.seen.at_ms, how, card)
        facts = [_item(f"purchase/{row.id}", PURCHASE, fact)]
        marketing = self._consents.given_of(seen.subject, Purpose.MARKETING)
        phone = self._consents.personal(seen.subject).get("phone", "")
        known = self._chain.of(PHONE, phone) if marketing is not None and phone else None
        if marketing is not None and known is not None:
            facts += self._redeemed(row, known, marketing.consent_id, seen.seen.at_ms)
        return facts

    def _redeemed(self, row: SaleRow, known: ChainCustomer, consent: str, at_ms: int) -> list[Outgoing]:
        """Offers that were shown to them, and that this sale has goods of."""
        shown = [one for one in known.body.offers if self._was_shown(f"{consent}/{one.offer}", at_ms)]
        bought: list[Bought] = lines_of(self._journal, row) if shown else []
        return [
            _item(
                f"offer/{REDEEMED}/{row.id}/{one.offer}",
                OFFER_EVENT,
                OfferFact(REDEEMED, one.offer, consent, at_ms, row.id),
            )
            for one in shown
            if fits(one, bought)
        ]

    def _was_shown(self, key: str, at_ms: int) -> bool:
        shown_ms = self._state.shown.get(key)
        return shown_ms is not None and abs(at_ms - shown_ms) < USED_WITHIN_MS

    async def _keep(self, state: State, outgoing: Sequence[Outgoing]) -> None:
        setting = Setting(PLACE, msgspec.json.encode(state))
        await self._store.commit(VisitorBatch(outgoing=tuple(outgoing), settings=(setting,)))
        self._state = state


def _item(id: str, kind: str, fact: CustomerFact | PurchaseFact | OfferFact) -> Outgoing:
    return Outgoing(STREAM, id, kind, 1, msgspec.json.encode(fact))
