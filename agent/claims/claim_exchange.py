"""Slips of one shop that are shown in another: asked for, given over, taken over, each in one commit.

    asks      journal + ClaimAsked for HQ                               the slip is unpaid here until it is granted
    gives     ClaimMoved + ClaimGiven for HQ + place in the feed        from now on this shop does not pay it
    takes     ClaimTaken + place in the feed                            from now on this shop owes it

Between giving and taking nobody owes the money on a till, and HQ's feed carries it: it is never owed twice, and a feed
delivers in the end. Without HQ nothing moves, and the shop that owes a slip pays it as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import anyio
import msgspec

from agent.claims.claim_desk import SALES, ClaimChange, ClaimDesk
from agent.claims.claim_refused import ClaimRefused
from agent.clock import Clock
from fiscal.claim import Claim, ClaimIssued, ClaimMoved, ClaimPhase, ClaimTaken
from sync.downlink import Take
from sync.store.batch import Batch, Entry, Outgoing, Setting
from sync.store.store import Store
from sync.wire.commands import ClaimRelease, Command
from sync.wire.facts import ClaimAsked, ClaimGiven, ClaimKept

ASKED = "claims/asked"
KEPT_ANSWERS = 20
"""Refusals that a till may still want to show; a question without an answer is never forgotten."""

_RELEASE = msgspec.json.Decoder(ClaimRelease)
_GIVEN = msgspec.json.Decoder(ClaimGiven)
_KEPT = msgspec.json.Decoder(ClaimKept)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about another shop's slip; `why` is the answer that it stays there, "" while there is none."""

    number: str  # as this shop would call it
    request: str
    asked_ms: int
    why: str = ""


class ClaimExchange:
    """One for the shop. `device` is this agent's name at HQ."""

    def __init__(self, desk: ClaimDesk, store: Store, clock: Clock, device: str, new_id: Callable[[], str]) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock
        self._device = device
        self._new_id = new_id
        self._turn = anyio.Lock(fast_acquire=True)  # the list of questions is read, changed and kept by one at a time

    @property
    def takers(self) -> dict[str, Take]:
        return {"claim_release": self.release, "claim_granted": self.granted, "claim_denied": self.denied}

    def asked(self, number: str) -> Asked | None:
        """What was asked about a claim that is not owed here, and what the answer was."""
        return next((one for one in self._asked() if one.number == number), None)

    async def ask(self, issuer: str, slip_number: str, slip: str, till: str) -> Asked:
        """Asks who owes the claim to give it over; `slip` is the hash of its code. A second question before the answer
        to the first is the first."""
        number = self._desk.number_of(issuer, slip_number)
        async with self._turn:
            before = self.asked(number)
            if before is not None and not before.why:
                return before
            asked = Asked(number, self._new_id(), self._clock.now_ms())
            told = ClaimAsked(asked.request, issuer, slip_number, slip)
            out = Outgoing(SALES, f"claim_asked/{asked.request}", "claim_asked", 1, msgspec.json.encode(told))
            others = tuple(one for one in self._asked() if one.number != number)
            entry, kept = _entry("asked", asked, till), _setting((*others, asked))
            await self._store.commit(Batch(entries=(entry,), settings=(kept,), outgoing=(out,)))
        self._changed()
        return asked

    # What HQ asks

    async def release(self, command: Command, place: Setting) -> None:
        """Another shop has our slip before it: give it over, if it may still be paid, and say so."""
        asked = _RELEASE.decode(command.body)
        number = self._desk.number_of(asked.issuer, asked.number)
        claim = self._desk.claim(number)
        if asked.request in self._desk.exchanged(number):
            await self._store.commit(Batch(settings=(place,)))  # given over by this request before, and told
            return
        why = self._why_not(claim, asked)
        if not why and claim is not None:
            moved = ClaimMoved(asked.to, asked.request, self._clock.now_ms())

            async def commit(change: ClaimChange) -> None:
                told = self._answer("claim_given", asked.request, self._given(claim, asked))
                await self._store.commit(
                    Batch(
                        entries=change.entries,
                        settings=(*change.settings, place),
                        outgoing=(*change.outgoing, told),
                    )
                )

            try:
                await self._desk.change(number, moved, self._desk.kiosk(number), commit)
            except ClaimRefused as refused:  # a till has begun to pay it just now
                why = refused.code.removeprefix("claim_")
            else:
                return
        kept = ClaimKept(asked.request, asked.issuer, asked.number, why)
        await self._store.commit(Batch(settings=(place,), outgoing=(self._answer("claim_kept", asked.request, kept),)))

    def _why_not(self, claim: Claim | None, asked: ClaimRelease) -> str:
        if claim is None:
            return "unknown"
        if self._desk.seen(claim) != asked.slip:
            return "forged"
        if claim.phase not in (ClaimPhase.ISSUED, ClaimPhase.EXPIRED):
            return str(claim.phase.value)
        return "" if claim.issued.amount_minor else "no_sum"

    def _given(self, claim: Claim, asked: ClaimRelease) -> ClaimGiven:
        issued = claim.issued
        return ClaimGiven(
            asked.request,
            self._device,
            asked.to,
            asked.issuer,
            asked.number,
            asked.slip,
            issued.amount_minor,
            issued.currency,
            issued.reason,
            issued.order,
            self._desk.kiosk(issued.number).rpartition("/")[2],
            issued.at_ms,
            issued.expires_ms,
        )

    async def granted(self, command: Command, place: Setting) -> None:
        """A claim that we asked for is ours to pay."""
        given = _GIVEN.decode(command.body)
        number = self._desk.number_of(given.issuer, given.number)
        issued = ClaimIssued(
            number,
            given.amount,
            given.currency,
            given.reason,
            given.order,
            given.issuer,
            given.issued_ms,
            given.expires_ms,
        )
        taken = ClaimTaken(issued, given.giver, given.request, given.slip, self._clock.now_ms())
        where = self._desk.number_of(given.issuer, given.kiosk)
        async with self._turn:
            answered = _setting(tuple(one for one in self._asked() if one.number != number))
            await self._desk.take_over(taken, where, settings=(answered, place))
        self._changed()

    async def denied(self, command: Command, place: Setting) -> None:
        """It stays where it is: the till that asked is told why."""
        kept = _KEPT.decode(command.body)
        async with self._turn:
            known = self._asked()
            settled = tuple(replace(one, why=kept.why) if one.request == kept.request else one for one in known)
            waiting = tuple(one for one in settled if not one.why)
            told = tuple(one for one in settled if one.why)[-KEPT_ANSWERS:]
            entries = tuple(_entry("denied", one, "") for one in told if one.request == kept.request)
            await self._store.commit(Batch(entries=entries, settings=(_setting((*waiting, *told)), place)))
        self._changed()

    def _answer(self, kind: str, request: str, told: ClaimGiven | ClaimKept) -> Outgoing:
        """A refusal may be given twice, by an HQ that has forgotten the first: each has an id of its own."""
        id = request if kind == "claim_given" else f"{request}/{self._new_id()}"
        return Outgoing(SALES, f"{kind}/{id}", kind, 1, msgspec.json.encode(told))

    def _asked(self) -> tuple[Asked, ...]:
        kept = self._store.setting(ASKED)
        return tuple(msgspec.json.decode(kept, type=list[Asked])) if kept else ()

    def _changed(self) -> None:
        for watcher in self._desk.watchers:
            watcher()


def _setting(asked: tuple[Asked, ...]) -> Setting:
    return Setting(ASKED, msgspec.json.encode(list(asked)))


def _entry(kind: str, asked: Asked, till: str) -> Entry:
    return Entry(f"claim_exchange.{kind}", till, msgspec.json.encode(asked), f"claim/asked/{asked.request}")
