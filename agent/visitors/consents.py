"""Who agreed to be known, and to what: the consent ledger with its rows, and what is done when a consent ends.

    give      Given, Bound + phone, name + edges of the device                            one commit
    withdraw  Ended, tombstones (+ ForgetFact for HQ)                                     one commit: it counts
      then    templates, keys, edges, phone go; visits become nobody's; TombstoneDone     one commit, owed after a crash
      then    HQ says "forgotten": TombstoneDone; bodies that hold keys are erased        told again until it says so

HQ knows a person by a consent to ANALYTICS and by its id, so that consent's end is what HQ is told of, and who agrees
anew is somebody new there. The pseudonym is the shop's own; HQ forgets it too where an older version told it.
A ledger whose chain is broken lets nobody be known: the shop counts, and a person is told (`note`).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

import anyio
import msgspec

from agent.clock import Clock
from agent.visitors.consent_book import ConsentBook, kept
from agent.visitors.erasing import erasure_of, person_record
from agent.visitors.giving import ENDED, Refused, events_of, fresh
from agent.visitors.hq_forgets import HqForgets
from agent.visitors.identities import Identities, row_of
from agent.visitors.person_export import document
from agent.visitors.who_is_known import WhoIsKnown
from sensors.association_messages import DAY_MARK, Gives, Withdraws, facts_of
from sensors.consent import erasure, retention
from sensors.consent.countries import CountryProfile
from sensors.consent.erasure import HQ, SHOP
from sensors.consent.facts import Bound, ConsentFact, Given, Purpose, TombstoneDone, TombstoneSet, Why
from sensors.identity.profiles import view
from sensors.identity.records import IdentityEvent
from sync.store.batch import Outgoing, Setting
from sync.store.failures import StoreError
from sync.visitor_store.visitor_batch import Forgotten, PersonRow, TemplateRow, VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore

log = logging.getLogger("tillkeeper.visitors")

ROUND_S = 3600.0
"""Retention counts days, and HQ is asked again each hour."""
OWED_S = 30.0
"""An erasure that found no room is tried again so soon: it is owed to somebody."""
SEEN = "consents/seen"
BROKEN = "ledger_broken"
UNKNOWN = "unknown_consent"


class Consents(WhoIsKnown):
    """`draw(n)`: random bytes. `hq`: there is one, to be told of an erasure. Codes of refusals are admission.REFUSALS',
    giving's and those above; DiskFull means that nothing was kept.

    `watchers` are called after each change. `forgetters` are called with erased device keys and their stand-ins, so
    that what is in memory of today goes on under those. `keeping`: whoever writes keys into rows of its own holds it
    from looking at them until it is durable, so that no key reaches the disk behind an erasure.
    """

    def __init__(
        self,
        store: VisitorStore,
        identities: Identities,
        clock: Clock,
        country: CountryProfile,
        controller: str,
        draw: Callable[[int], bytes],
        *,
        hq: bool = False,
    ) -> None:
        self.watchers: list[Callable[[], None]] = []
        self.forgetters: list[Callable[[Mapping[str, str]], None]] = []
        self.keeping = anyio.Lock(fast_acquire=True)
        self.told_hq: Callable[[str], bool] = lambda _: False  # beside ANALYTICS: customer_telling.py
        super().__init__(store, identities, ConsentBook(store))
        self._clock = clock
        self._country = country
        self._controller = controller
        self._draw = draw
        self._hq = hq
        self._turn = anyio.Lock(fast_acquire=True)
        self._secret = draw(32)
        self._forgets = HqForgets(store)
        kept_seen = store.setting(SEEN)
        self._seen: dict[str, int] = msgspec.json.decode(kept_seen, type=dict[str, int]) if kept_seen else {}
        self._owing = anyio.Event()
        if self._book.broken is not None:
            log.error(
                "the ledger of consents is not as it was written, from row %d: nobody is known", self._book.broken
            )

    @property
    def note(self) -> str:
        """The code of what a person has to see on the status page; "" where all is well."""
        if self._book.broken is not None:
            return "consents_broken"
        waiting = (one for one in self.ledger.pending() if one.place == SHOP or self._hq)
        return "erasure_overdue" if any(self._now() - one.at_ms >= retention.OVERDUE_MS for one in waiting) else ""

    def export(self, phone: str) -> str:
        """Everything that is held of this phone's holder, as JSON; "" where nothing is."""
        subject = self.subject_with_phone(phone)
        if subject is None:
            return ""
        own, visits = person_record(subject), self.visits_of(subject)
        graph = self._identities.near((own,), receipts=True)
        return document(subject, self.ledger, graph, view(graph), (own,), visits, self.personal(subject), self._now())

    def stand_in(self, key: str) -> str:
        """What a device is counted under today whose key may not be kept: another one tomorrow, and after a restart."""
        day = self._clock.local().date().isoformat()
        return DAY_MARK + hmac.new(self._secret, f"{day}\n{key}".encode(), sha256).hexdigest()[:28]

    # What changes

    async def give(self, told: Gives) -> str:
        """ "" where it is recorded (by now or before), or why not. All boxes, or none."""
        return await self._give(told.phone, told.name, lambda subject: facts_of(told, subject, self._salt))

    async def give_in_person(self, given: Sequence[Given], phone: str, name: str = "") -> str:
        """Consents of one person in front of us, at a till or on paper: all or none. `subject` is ours to say."""
        return await self._give(
            phone, name, lambda subject: [msgspec.structs.replace(one, subject=subject) for one in given]
        )

    async def bind(
        self, consent_id: str, record: str, events: Sequence[IdentityEvent], template: TemplateRow | None = None
    ) -> str:
        """A record that exists because of a standing consent (a face), with what hangs on it. "" or why not."""
        async with self._turn:
            with anyio.CancelScope(shield=True):
                consent = self.ledger.consents.get(consent_id)
                if self._book.broken is not None or consent is None:
                    return BROKEN if self._book.broken is not None else UNKNOWN
                if consent.ended is not None:
                    return ENDED
                fact = Bound(consent_id=consent_id, record=record, at_ms=self._clock.now_ms(), salt=self._salt())
                await self._keep((fact,), events, templates=(template,) if template else ())
        self._changed()
        return ""

    async def withdraw(self, told: Withdraws) -> str:
        """ "" where each of them has ended, or UNKNOWN: then none of them was ended now."""
        async with self._turn:
            with anyio.CancelScope(shield=True):
                if self._book.broken is not None:
                    return BROKEN
                found = [self.ledger.consents.get(one) for one in dict.fromkeys(told.consent_ids)]
                subject = self.subject_with_phone(told.phone)
                if any(one is None or (one.ended is None and one.given.subject != subject) for one in found):
                    return UNKNOWN
                ending = [(one.given.consent_id, Why.WITHDRAWN) for one in found if one is not None]
                await self._end(ending, told.at_ms)
        self._changed()
        return ""

    async def withdraw_subject(self, subject: str, why: Why) -> None:
        """Every consent of a person."""
        async with self._turn:
            with anyio.CancelScope(shield=True):
                ending = [(one.given.consent_id, why) for one in self._book.standing_of(subject)]
                await self._end(ending, self._clock.now_ms())
        self._changed()

    async def ended_elsewhere(self, consent_id: str, at_ms: int) -> None:
        """Its giver withdrew it in another shop of the chain. Raises DiskFull."""
        async with self._turn:
            with anyio.CancelScope(shield=True):
                if self.stands(consent_id):
                    await self._end([(consent_id, Why.WITHDRAWN)], at_ms)
        self._changed()

    async def forgotten_at_hq(self, tombstone: str, erased: int) -> None:
        """HQ has erased what it was asked to; a second time this changes nothing."""
        async with self._turn:
            with anyio.CancelScope(shield=True):
                consent = self.ledger.consents.get(tombstone.rpartition("@")[0])
                asked = consent.tombstones.get(tombstone) if consent is not None else None
                if consent is None or asked is None or asked.place != HQ or tombstone in consent.done:
                    return
                done = TombstoneDone(tombstone=tombstone, at_ms=self._now(), erased=erased)
                rows = self._book.appended([done])
                bodies = tuple(self._book.erasable(rows))
                forgotten = Forgotten(consent_bodies=bodies) if bodies else None
                await self._store.commit(VisitorBatch(consents=kept(rows), forgotten=forgotten))
                self._book.took(rows, [done])
                self._book.erased(bodies)
                self._forgets.answered(tombstone)
        self._changed()

    # By itself

    async def start(self) -> None:
        """Finishes what a power cut left half done. Raises DiskFull."""
        await self._store.scrub()  # a cut between an erasure and this leaves old pages in the log
        async with self._turn:
            with anyio.CancelScope(shield=True):
                await self._erase()
        self._changed()

    async def run(self) -> None:
        """Until cancelled: what stood long enough ends, and HQ is told again of what it has not answered."""
        started = False
        while True:
            try:
                if not started:
                    await self.start()
                    started = True
                await self.round()
            except StoreError as error:
                log.warning("what is to be erased of visitors waits: %s", error)
                await anyio.sleep(OWED_S)
                continue
            self._owing = anyio.Event()
            with anyio.move_on_after(ROUND_S):
                await self._owing.wait()

    async def round(self) -> None:
        """What is due now. Raises DiskFull: then the rest of it is due still."""
        if self._book.broken is not None:
            return
        try:
            async with self._turn:
                with anyio.CancelScope(shield=True):
                    await self._round(self._now())
        finally:
            self._changed()

    async def _round(self, now_ms: int) -> None:
        face = self._country.face_identification
        lawful = frozenset(one for one in Purpose if face or one is not Purpose.FACE_ID)
        due = retention.due(self.ledger, now_ms, self._last_seen(now_ms), self._forgets.sent_ms, lawful)
        await self._end(due.end, now_ms)
        await self._erase()
        again = [one for one in due.tell if one.place == HQ and self._hq and not self._forgets.waits(one.tombstone)]
        if again:
            await self._store.commit(VisitorBatch(outgoing=self._for_hq(again, now_ms)))
            self._forgets.sent(again, now_ms)

    async def _give(self, phone: str, name: str, made: Callable[[str], Sequence[Given | Bound]]) -> str:
        async with self._turn:
            with anyio.CancelScope(shield=True):
                if self._book.broken is not None:
                    return BROKEN
                await self._erase()
                subject = self.subject_with_phone(phone) or self._draw(16).hex()
                facts = made(subject)
                try:
                    new = fresh(facts, self.ledger, self._country, self._controller)
                except Refused as refused:
                    return refused.code
                if not phone:
                    return "no_proof"
                if not new:
                    return ""
                told = [one for one in facts if one.consent_id in new]
                persons = [PersonRow(subject, "phone", phone)]
                persons += [PersonRow(subject, "name", name)] if name else []
                await self._keep(told, events_of(subject, told, self._book.holding), persons=persons)
        self._changed()
        return ""

    async def _keep(
        self,
        facts: Sequence[ConsentFact],
        events: Sequence[IdentityEvent],
        *,
        persons: Sequence[PersonRow] = (),
        templates: Sequence[TemplateRow] = (),
    ) -> None:
        rows = self._book.appended(facts)
        async with self._identities.turn:
            allowed = self._identities.allowed(events)
            await self._store.commit(
                VisitorBatch(
                    consents=kept(rows),
                    persons=tuple(persons),
                    templates=tuple(templates),
                    identity=tuple(row_of(one) for one in allowed),
                )
            )
            self._identities.apply(allowed)
        self._book.took(rows, facts)

    async def _end(self, ending: Sequence[tuple[str, Why]], at_ms: int) -> None:
        """Durable when this returns. What it erases is owed from then on: no room for that is no failure of this."""
        facts: list[ConsentFact] = []
        try:
            for consent_id, why in ending:
                told = erasure.end(self.ledger, consent_id, why, at_ms, self._salt, self._places(consent_id))
                told = self._naming(told)
                self._book.apply(told)  # a key that two of them hold goes with the last
                facts += told
            if not facts:
                return
            rows = self._book.appended(facts)
            for_hq = [one for one in facts if isinstance(one, TombstoneSet) and one.place == HQ]
            outgoing = self._for_hq(for_hq, self._now())
            await self._store.commit(VisitorBatch(consents=kept(rows), outgoing=outgoing))
        except StoreError:
            self._book.reload()
            raise
        self._book.took(rows, facts)
        self._forgets.sent(for_hq, self._now())
        try:
            await self._erase()
        except StoreError:
            self._owing.set()  # it counts already, and is erased when there is room

    async def _erase(self) -> None:
        """What the shop's own tombstones ask for, if any."""
        asked = self._owed()
        if not asked:
            return
        async with self.keeping, self._identities.turn:
            what = erasure_of(asked, self._book, self._identities, self.stand_in, self._now())
            identity = tuple(row_of(one) for one in what.told)
            seen = self._seen_without_visits(what.forgotten)
            await self._store.commit(
                VisitorBatch(
                    consents=kept(what.rows),
                    identity=identity,
                    settings=(Setting(SEEN, msgspec.json.encode(seen)),) if seen != self._seen else (),
                    forgotten=what.forgotten,
                )
            )
            self._seen = seen
            self._identities.forget(what.forgotten.edges)
            self._identities.apply(what.told)
            self._book.took(what.rows, what.done)
            self._book.erased(what.forgotten.consent_bodies)
            for forget in self.forgetters if what.keys else ():
                forget(what.keys)

    def _owed(self) -> list[TombstoneSet]:
        return [one for one in self.ledger.pending() if one.place == SHOP]

    def _places(self, consent_id: str) -> tuple[str, ...]:
        consent = self.ledger.consents.get(consent_id)
        known = consent is not None and (consent.given.purpose is Purpose.ANALYTICS or self.told_hq(consent_id))
        if not self._hq or not known:
            return (SHOP,)
        return (SHOP, HQ)

    def _naming(self, told: Sequence[ConsentFact]) -> tuple[ConsentFact, ...]:
        """HQ's tombstone says who is to be forgotten there: it knows no records."""
        return tuple(
            msgspec.structs.replace(one, records=tuple(map(person_record, self._known_at_hq(one.consent_id))))
            if isinstance(one, TombstoneSet) and one.place == HQ
            else one
            for one in told
        )

    def _known_at_hq(self, consent_id: str) -> tuple[str, ...]:
        """The consent; with the last one to analytics the pseudonym too, if an older version told HQ that."""
        subject = self.ledger.consents[consent_id].given.subject
        others = [one for one in self._book.standing_of(subject) if one.given.consent_id != consent_id]
        is_last = all(one.given.purpose is not Purpose.ANALYTICS for one in others)
        return (consent_id, subject) if is_last and self._store.was_told(subject) else (consent_id,)

    def _for_hq(self, tombstones: Sequence[TombstoneSet], now_ms: int) -> tuple[Outgoing, ...]:
        consents = self.ledger.consents
        facts = (self._forgets.facts(one, consents[one.consent_id], now_ms) for one in tombstones)
        return tuple(fact for told in facts for fact in told)

    def _last_seen(self, now_ms: int) -> dict[str, int]:
        """When those were last here whose time would be over but for a visit."""
        found: dict[str, int] = {}
        for one in self.ledger.consents.values():
            given = one.given
            if one.ended is not None or given.purpose not in retention.SEEN_PROLONGS or given.subject in found:
                continue
            if now_ms - given.given_ms >= given.retention_days * retention.DAY_MS:
                found[given.subject] = self._last_visit(given.subject)
        return found

    def _last_visit(self, subject: str) -> int:
        visits = self._filed_under(self.names_of(subject, ended=True))
        return max(visits[-1].opened_ms if visits else 0, self._seen.get(subject, 0))

    def _seen_without_visits(self, forgotten: Forgotten) -> dict[str, int]:
        """When those were here whose visits become nobody's, their device perhaps not: its consent counts on."""
        seen = {one: at_ms for one, at_ms in self._seen.items() if one not in forgotten.persons}
        consents = self.ledger.consents
        names = (consents[one].given.subject if one in consents else one for one in forgotten.nameless)
        seen.update((one, self._last_visit(one)) for one in set(names).difference(forgotten.persons))
        return seen

    def _now(self) -> int:
        return self._clock.now_ms()

    def _salt(self) -> str:
        return self._draw(16).hex()

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher()
