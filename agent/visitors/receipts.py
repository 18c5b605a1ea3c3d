"""Receipts as keys of the identity graph: whose a closed sale is, as far as its buyer agreed that it is looked at.

    journal ── stir(), a closed sale ──> Buyer ── whose number, whose card? ── consent to analytics, given before it?
                                                                                        │
    receipt ─CARD_SHOWN─ card of theirs       receipt ─PERSON_SAID─ credit that a cashier opened for them
    receipt ─ASSOCIATED─ device of theirs, receipt ─SAME_SALE─ visit        it was here, and their number was given
    card ─REGISTERED─ person                  a card in hand, their number, their own device here: all in one sale

Each edge stands on that consent, and on the device's where a device speaks. Who is merely in the shop while somebody
pays bought nothing by that: without a number or a card there is no edge. A number alone is typed, perhaps wrongly: it
is left to the nightly weighing (linking_round.py). The till does not know of this room: it reads what is durable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio
import anyio.lowlevel

from agent.visitors.buyer import Buyer, CardKeys, SaleBook, buyer_of
from agent.visitors.erasing import person_record
from agent.visitors.identities import Identities
from sensors.consent.facts import Given, Purpose
from sensors.identity.observation import MacSeen, Observation
from sensors.identity.records import EdgeFound, IdentityEvent, Kind, Rule, edge_found, record_id
from sensors.visits.visit import Visit
from sync.store.batch import SaleRow
from sync.store.failures import StoreError
from sync.store.people import spellings

log = logging.getLogger("tillkeeper.visitors")

AT_ONCE = 200
"""Journal rows of one look: the sales of an hour at a busy till, a millisecond."""


class Ledger(Protocol):
    """The part of agent/visitors/consents.py that is asked here."""

    def subject_of(self, record: str) -> str | None: ...
    def subject_with_phone(self, phone: str) -> str | None: ...
    def given_of(self, subject: str, purpose: Purpose) -> Given | None: ...
    def devices_of(self, subject: str) -> dict[str, str]: ...
    def stands(self, consent_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Observed:
    """A receipt whose buyer is perhaps `subject`, who agreed under `terms` (a consent to analytics) before it.

    `visit`: the edge to the visit of a device that a household shares. It is held back: two of them may have bought in
    it, and the visit would tie their receipts together (linking_round.py looks at all of them).
    """

    subject: str
    terms: str
    seen: Observation
    edges: tuple[EdgeFound, ...]
    visit: EdgeFound | None = None


class Receipts:
    """`visits_at(at_ms)`: the visits of that moment's day."""

    def __init__(
        self,
        store: SaleBook,
        consents: Ledger,
        identities: Identities,
        cards: CardKeys,
        visits_at: Callable[[int], Sequence[Visit]],
        gap_ms: int,
    ) -> None:
        self._store = store
        self._consents = consents
        self._identities = identities
        self._cards = cards
        self._visits_at = visits_at
        self._gap_ms = gap_ms
        self._seq: int | None = None
        self._news = anyio.Event()

    def stir(self) -> None:
        """Something at a till changed; returns at once."""
        self._news.set()

    async def run(self) -> None:
        """Learns of each sale that closes, until cancelled. What closed while nobody listened is found at night."""
        if self._seq is None:
            self._seq = self._store.last_seq()
        while True:
            self._news = anyio.Event()
            await self._look()
            await self._news.wait()

    async def _look(self) -> None:
        while True:
            rows = self._store.journal_since(self._seq or 0, AT_ONCE)
            if not rows:
                return
            self._seq = rows[-1].seq  # whatever becomes of these: the night looks at them once more
            for id in dict.fromkeys(row.sale for row in rows if row.sale):
                await anyio.lowlevel.checkpoint()
                sale = self._store.sale(id)
                try:
                    found = self.observe(sale) if sale is not None else None
                    if found is not None:
                        await self.learn(found.edges)
                except StoreError as error:
                    log.warning("whose receipt %s is waits for the night: %s", id, error)

    def closed(self, from_ms: int, until_ms: int) -> list[SaleRow]:
        return self._store.sales_closed(from_ms, until_ms)

    def of(self, sale: str) -> SaleRow | None:
        return self._store.sale(sale)

    def observe(self, row: SaleRow) -> Observed | None:
        """None where the sale names nobody, or nobody who had agreed to this when it closed."""
        buyer = buyer_of(self._store, row)
        if buyer is None:
            return None
        card = self._cards.record(buyer.card) if buyer.card else ""
        owner = self._consents.subject_of(card) if card else None
        subject = owner or self._with_number(buyer)
        given = self._consents.given_of(subject, Purpose.ANALYTICS) if subject else None
        if subject is None or given is None or given.given_ms > buyer.closed_ms:
            return None
        return self._observed(buyer, card, owner is not None, subject, given.consent_id)

    def standing(self, events: Sequence[IdentityEvent]) -> list[IdentityEvent]:
        """Without edges of which a consent has ended by now, or that are known."""
        known = self._identities.graph.edges
        return [
            one
            for one in events
            if not isinstance(one, EdgeFound)
            or (one.edge not in known and all(map(self._consents.stands, one.consents)))
        ]

    async def learn(self, events: Sequence[IdentityEvent]) -> int:
        """Durable when it returns; how many were new. Raises StoreError. No wait lies between the look at the consents
        and the graph's own turn, where an erasure is either over or still to come and takes these too."""
        new = self.standing(events)
        if new:
            await self._identities.learn(new)
        return len(new)

    def _with_number(self, buyer: Buyer) -> str | None:
        """Whose number was given; None where two people's were."""
        numbers = (buyer.paid,) if buyer.paid else buyer.typed
        found = {self._consents.subject_with_phone(one) for told in numbers for one in spellings(told)} - {None}
        return found.pop() if len(found) == 1 else None

    def _observed(self, buyer: Buyer, card: str, known_card: bool, subject: str, terms: str) -> Observed:
        receipt, person = record_id(Kind.RECEIPT, buyer.sale), person_record(subject)
        at_ms, edges = buyer.closed_ms, []
        here = self._here(subject, at_ms)
        macs: list[MacSeen] = []
        visit, held_back = "", None
        if here is not None:
            came, record, wifi = here
            visit = came.id
            macs.append(MacSeen(record.partition(":")[2], wifi))
            both = (terms, wifi)
            edges.append(edge_found(receipt, record, Rule.ASSOCIATED, buyer.sale, at_ms, consents=both))
            made = edge_found(receipt, record_id(Kind.VISIT, visit), Rule.SAME_SALE, buyer.sale, at_ms, consents=both)
            own = self._consents.subject_of(record) == subject
            edges += [made] if own else []
            held_back = None if own else made
            if card and not known_card and own and self._is_new(card):
                edges.append(edge_found(card, person, Rule.REGISTERED, buyer.sale, at_ms, consents=both))
                edges.append(edge_found(receipt, card, Rule.CARD_SHOWN, buyer.sale, at_ms, consents=both))
        if known_card:
            shown = (terms, *self._registered_under(card))
            edges.append(edge_found(receipt, card, Rule.CARD_SHOWN, buyer.sale, at_ms, consents=shown))
        elif buyer.paid:
            said = (receipt, person, Rule.PERSON_SAID, buyer.sale, at_ms)
            edges.append(edge_found(*said, consents=(terms,), actor=buyer.cashier or "till"))
        seen = Observation(
            Kind.RECEIPT,
            buyer.sale,
            at_ms,
            card=card.partition(":")[2] if known_card else "",
            macs=tuple(macs),
            typed_phone=subject,
            visit=visit,
        )
        return Observed(subject, terms, seen, tuple(edges), held_back)

    def _here(self, subject: str, at_ms: int) -> tuple[Visit, str, str] | None:
        """The one visit of a device that is theirs (perhaps not theirs alone), the device's record, its consent."""
        devices = self._consents.devices_of(subject)
        found = [
            (visit, record)
            for visit in (self._visits_at(at_ms) if devices else ())
            if visit.opened_ms <= at_ms <= visit.closed_ms + self._gap_ms
            for record in (record_id(Kind.MAC, key) for key in visit.keys if key)
            if record in devices
        ]
        own = [one for one in found if self._consents.subject_of(one[1]) == subject] or found
        if len({visit.id for visit, _ in own}) != 1:
            return None
        visit, record = min(own, key=lambda one: one[1])
        return visit, record, devices[record]

    def _registered_under(self, card: str) -> set[str]:
        """What the card is known by: when that ends, nothing names the card any more."""
        graph, _ = self._identities.around(card)
        edges = (one for one in graph.live_edges() if one.rule is Rule.REGISTERED and card in (one.left, one.right))
        return {consent_id for one in edges for consent_id in one.consents}

    def _is_new(self, card: str) -> bool:
        """Nobody's yet, as far as is known: a card that was somebody's is not given to another by one sale."""
        return self._identities.profile_of(card) is None
