"""The nightly round of the identity graph: receipts that no key explains are weighed, and what was weighed before anew.

    after the store's midnight, on a clock that goes steadily
      receipts of yesterday and the day before ── observed (receipts.py) ── their keys' own edges, where missing
        no key names its buyer ── Fellegi-Sunter over those whom its number and devices point at
            >= 10 bits   SCORED edge, on the consents of everything that was weighed
            3 .. 10      put aside: counted, nobody is named
      SCORED edges of before ── weighed without themselves ── nothing holds them any more: EdgeRetracted

One receipt is one slice: between two of them everybody else has their turn, and what is found is committed by the
handful. Cut off anywhere it is begun again and finds the same. Two days, because the night before may have passed
while the clock was wrong or the machine was off.

The weights are those of sensors/identity/weights.py as they stand: every receipt here is found by the number on it, so
its pairs could not tell how often numbers differ, and a table made from them would only confirm itself.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import anyio.lowlevel
import msgspec

from agent.clock import Clock
from agent.visitors.erasing import person_record
from agent.visitors.identities import Identities
from agent.visitors.receipts import Observed, Receipts
from agent.visitors.steady_clock import SteadyClock
from sensors.identity.attribution import Particulars, score, scored_edge
from sensors.identity.graph import Graph
from sensors.identity.profiles import view
from sensors.identity.records import EdgeFound, EdgeRetracted, IdentityEvent, Kind, Rule, edge_found, kind_of, record_id
from sensors.identity.weights import STARTING, Decision, Model
from sync.store.batch import SaleRow, Setting
from sync.store.failures import StoreError
from sync.visitor_store.visitor_batch import VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore

log = logging.getLogger("tillkeeper.visitors")

LAST = "linking/last"
EACH_S = 60.0
STEADY_S = 600.0
"""A clock that was set is believed after ten minutes: a jump over midnight and back begins no night."""
DAYS = 2
AT_ONCE = 32
"""Edges of one commit: 15 KB."""
LOOKED_AT_ONCE = 500
"""Edges of the graph in one slice of the search for scored ones: under a millisecond."""
ACTOR = "system"
OUTWEIGHED = "weighed_anew"


class RoundDone(msgspec.Struct, frozen=True):
    """`day`: the store's day that was over. `receipts` named a buyer who agreed; `edges` are new ones, `scored` those
    of them that were weighed; `put_aside`: weighed, and not enough to name anybody."""

    day: str
    at_ms: int
    receipts: int = 0
    edges: int = 0
    scored: int = 0
    taken_back: int = 0
    put_aside: int = 0


@dataclass(slots=True)
class _Doing:
    """A round under way. `found` waits for its commit; `visits` of shared devices: whose receipts were made in each."""

    found: list[IdentityEvent] = field(default_factory=list)
    visits: dict[str, list[tuple[str, EdgeFound]]] = field(default_factory=dict)
    receipts: int = 0
    edges: int = 0
    scored: int = 0
    taken_back: int = 0
    put_aside: int = 0


class Midnights(Protocol):
    """The part of agent/visitors/visit_day.py VisitDay."""

    @property
    def today(self) -> dt.date: ...

    def midnight(self, day: dt.date) -> int: ...


class Members(Protocol):
    """The part of agent/visitors/consents.py Consents."""

    def subject_of(self, record: str) -> str | None: ...
    def known_people(self) -> int: ...


class LinkingRound:
    """`last`: what the last round that came to its end did, None before the first."""

    def __init__(
        self,
        store: VisitorStore,
        identities: Identities,
        consents: Members,
        receipts: Receipts,
        day: Midnights,
        clock: Clock,
        model: Model = STARTING,
    ) -> None:
        self._store = store
        self._identities = identities
        self._consents = consents
        self._receipts = receipts
        self._day = day
        self._clock = clock
        self._model = model
        self._members = 0  # how many could be meant, counted once a round
        kept = store.setting(LAST)
        self.last: RoundDone | None = msgspec.json.decode(kept, type=RoundDone) if kept else None

    @property
    def is_due(self) -> bool:
        """Another day than the one that was looked at last is yesterday, be it later or, on a clock set back, earlier:
        a round too many finds nothing new, one too few would be missed."""
        return self.last is None or self.last.day != self._yesterday().isoformat()

    async def run(self) -> None:
        """Each night, until cancelled."""
        clock = SteadyClock(STEADY_S)
        while True:
            try:
                if clock.steady(anyio.current_time(), self._clock.now_ms()) and self.is_due:
                    await self.night()
            except StoreError as error:
                log.warning("the night's round over the receipts waits: %s", error)
            await anyio.sleep(EACH_S)

    async def night(self) -> RoundDone:
        """One round now. Raises StoreError; what was found until then is kept."""
        yesterday = self._yesterday()
        done = _Doing()
        self._members = self._consents.known_people()
        from_ms = self._day.midnight(yesterday - dt.timedelta(days=DAYS - 1))
        for row in self._receipts.closed(from_ms, self._day.midnight(yesterday + dt.timedelta(days=1))):
            await anyio.lowlevel.checkpoint()
            await self._receipt(row, done)
        for edges in done.visits.values():
            if len({subject for subject, _ in edges}) == 1:  # else two of a household bought in it: it is nobody's
                done.found += [edge for _, edge in edges]
        await self._keep(done)
        for edge in await self._scored():
            await anyio.lowlevel.checkpoint()
            if edge.edge in self._identities.graph.edges and not self._holds(edge):
                done.found.append(EdgeRetracted(edge.edge, OUTWEIGHED, self._clock.now_ms(), ACTOR))
        await self._keep(done)
        counts = (done.receipts, done.edges, done.scored, done.taken_back, done.put_aside)
        told = RoundDone(yesterday.isoformat(), self._clock.now_ms(), *counts)
        await self._store.commit(VisitorBatch(settings=(Setting(LAST, msgspec.json.encode(told)),)))
        self.last = told
        log.info("receipts of the night: %s", told)
        return told

    async def _receipt(self, row: SaleRow, done: _Doing) -> None:
        seen = self._receipts.observe(row)
        if seen is None:
            return
        done.receipts += 1
        done.found += seen.edges
        if seen.visit is not None:
            done.visits.setdefault(seen.seen.visit, []).append((seen.subject, seen.visit))
        named, decision = self._weigh(seen)
        if decision is Decision.LINK and named is not None:
            done.found.append(named)
        elif decision is not Decision.ANONYMOUS:
            done.put_aside += 1
        if len(done.found) >= AT_ONCE:
            await self._keep(done)

    async def _keep(self, done: _Doing) -> None:
        """Who withdrew since it was found is left out here, and counts in nothing."""
        found, done.found = done.found, []
        graph = self._identities.graph
        new = [
            one
            for one in self._receipts.standing(found)
            if not isinstance(one, EdgeRetracted) or one.edge in graph.edges
        ]
        if new:
            await self._identities.learn(new)
        done.taken_back += sum(isinstance(one, EdgeRetracted) for one in new)
        kept = [one for one in new if isinstance(one, EdgeFound) and one.edge in graph.edges]
        done.edges += len(kept)
        done.scored += sum(one.rule is Rule.SCORED for one in kept)

    def _weigh(self, seen: Observed) -> tuple[EdgeFound | None, Decision]:
        """LINK without an edge where a key names its buyer; with one where the weight is enough, and the best candidate
        is who gave the number and agreed."""
        told = seen.seen
        now = view(self._around(seen))
        if now.person_of(told.record) is not None:
            return None, Decision.LINK
        found = score(now, told, Particulars(), self._model, self._members)
        edge = scored_edge(told, found, self._model)
        if edge is None or found.profile is None:
            return None, found.decision
        if self._consents.subject_of(found.profile) != seen.subject:
            return None, Decision.CLERICAL
        scored = edge_found(
            *(told.record, person_record(seen.subject), Rule.SCORED, told.key, told.at_ms),
            bits=edge.bits,
            model=edge.model,
            consents=(seen.terms, *edge.consents),
        )
        return scored, Decision.LINK

    def _around(self, seen: Observed) -> Graph:
        """What its keys hang together with and its own edges, without what was weighed of it before."""
        told = seen.seen
        keys = [told.record, person_record(told.typed_phone)]
        keys += [record_id(Kind.MAC, one.key) for one in told.macs]
        graph = self._identities.near(keys)
        for edge in seen.edges:
            graph.apply(edge)
        for name in [one.edge for one in graph.edges.values() if one.rule is Rule.SCORED]:
            del graph.edges[name]
        return graph

    async def _scored(self) -> list[EdgeFound]:
        """What rounds before this one weighed and nobody took back."""
        found: list[EdgeFound] = []
        graph = self._identities.graph
        for at, edge in enumerate(list(graph.edges.values())):
            if at % LOOKED_AT_ONCE == 0:
                await anyio.lowlevel.checkpoint()
            if edge.rule is Rule.SCORED and edge.actor == ACTOR and edge.edge not in graph.retracted:
                found.append(edge)
        return [one for one in found if one.edge in graph.edges]

    def _holds(self, edge: EdgeFound) -> bool:
        """Would it be found again today? Where a key names the buyer by now, the graph knows which of them counts."""
        receipt = next((one for one in (edge.left, edge.right) if kind_of(one) is Kind.RECEIPT), "")
        row = self._receipts.of(receipt.partition(":")[2])
        seen = self._receipts.observe(row) if row is not None else None
        if seen is None:
            return False
        again, decision = self._weigh(seen)
        return decision is Decision.LINK and (again is None or again.edge == edge.edge)

    def _yesterday(self) -> dt.date:
        return self._day.today - dt.timedelta(days=1)
