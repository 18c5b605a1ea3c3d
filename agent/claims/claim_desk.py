"""Claims of this shop: given out, found by what their slip says, and changed only by what is durable already.

    kiosk ── issue ──> journal + index + fact for HQ (one commit) ──> slip with the signed code
    till ── read ──> the claim ── ShiftDesk pays it out: `change` puts the claim's event into the batch of the
                                  register's intent and of its outcome, so neither is ever without the other

A number is K-<month and day>-<count>: the count goes on for ever, so no number comes twice, not next year either. The
letter is Latin because a scanner types nothing else; people may type the Cyrillic one.

That a slip is paid once only the journal of the agent that owes it knows. A claim of another issuer is asked for
through HQ (`claim_exchange.py`); once it is owed here it has its issuer before its number: shop-7/K-1121-04.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import anyio
import msgspec

from agent.claims.claim_refused import ClaimRefused
from agent.clock import Clock
from fiscal.claim import (
    DAY_MS,
    OWED,
    PREFIX,
    Claim,
    ClaimCancelled,
    ClaimEvent,
    ClaimExpired,
    ClaimIssued,
    ClaimMoved,
    ClaimNotAllowed,
    ClaimPaid,
    ClaimPayMeant,
    ClaimPhase,
    ClaimTaken,
    Slip,
    SlipWrong,
    as_printed,
    begin_claim,
    evolve_claim,
    parse_slip,
    read_slip,
    slip_code,
    slip_hash,
)
from sync.store import claim_journal as kept
from sync.store.batch import Batch, Entry, Outgoing, Setting
from sync.store.store import Store
from sync.wire import facts

SALES = "sales"
_NUMBER = re.compile(r"(?:(.{1,80})/)?[K\u041a]?-?(\d{4})-?(\d{2,9})", re.IGNORECASE)
_TOLD = {
    ClaimIssued: "issued",
    ClaimPaid: "paid",
    ClaimCancelled: "cancelled",
    ClaimExpired: "expired",
    ClaimMoved: "moved",
    ClaimTaken: "taken",
}
"""The states that HQ hears of; a payout under way is the till's own business until it is over."""


NAMELESS = "shop"
"""The issuer of a shop that has no HQ and so no name among others."""


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """What one event of a claim adds to a batch."""

    entries: tuple[Entry, ...] = ()
    settings: tuple[Setting, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()


Commit = Callable[[ClaimChange], Awaitable[None]]


def is_slip(code: str) -> bool:
    """Does a scanned text say that it is a claim slip?"""
    return code.lstrip().startswith(f"{PREFIX}.")


class ClaimDesk:
    """One for the shop; kiosks and tills share it. `watchers` are told after each durable change."""

    def __init__(self, store: Store, clock: Clock, key: bytes, issuer: str, currency: str, expires_days: int) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._clock = clock
        self._store = store
        self._key = key
        self._issuer = issuer
        # A shop that was enrolled at HQ after it had issued slips owes those too.
        self._ours = {issuer, NAMELESS} if kept.issued_count(store, NAMELESS) else {issuer}
        self.currency = currency
        self._expires_days = expires_days
        self._turn = anyio.Lock(fast_acquire=True)
        self._claims: dict[str, Claim] = {}  # what was read once; this desk is the only one that writes

    # Giving out

    async def issue(
        self,
        till: str,
        amount_minor: int,
        reason: str,
        order: str,
        *,
        settings: tuple[Setting, ...] = (),
        entries: tuple[Entry, ...] = (),
    ) -> Claim:
        """A new claim of kiosk `till`, durable when this returns; `settings` and `entries` are kept in the same commit.

        Zero is for a case whose sum nobody knows yet. Raises DiskFull or JournalRefused, and nothing was issued then.
        """
        if amount_minor < 0:
            raise ValueError(f"a claim of {amount_minor}")
        with anyio.CancelScope(shield=True):
            async with self._turn:
                number, count = self._next_number()
                now = self._clock.now_ms()
                expires = now + self._expires_days * DAY_MS
                issued = ClaimIssued(number, amount_minor, self.currency, reason, order, self._issuer, now, expires)
                slip_code(issued, self._key)  # an issuer with a dot in its name is found before anything is promised
                claim = Claim(issued)
                of_order = (kept.order_setting(order, (*kept.numbers_of(self._store, order), number)),) if order else ()
                batch = Batch(
                    entries=(kept.to_entry(issued, number, till), *entries),
                    settings=(
                        kept.open_setting((*kept.open_numbers(self._store), number)),
                        kept.counter_setting(self._issuer, count),
                        *of_order,
                        *settings,
                    ),
                    outgoing=self._told(claim, issued, till, 1),
                )
                await self._store.commit(batch)
                self._claims[number] = claim
        self._changed()
        return claim

    def _next_number(self) -> tuple[str, int]:
        count = kept.issued_count(self._store, self._issuer)
        day = self._clock.local().strftime("%m%d")
        while True:
            count += 1
            number = f"K-{day}-{count:02d}"
            if self.claim(number) is None:
                return number, count

    async def leave_out(self, numbers: int) -> None:
        """So many numbers are never given out: a box that died may have printed them on slips nobody has heard of, and
        two slips of one number are paid for each other."""
        with anyio.CancelScope(shield=True):
            async with self._turn:
                count = kept.issued_count(self._store, self._issuer) + numbers
                await self._store.commit(Batch(settings=(kept.counter_setting(self._issuer, count),)))

    # Looking

    def claim(self, number: str) -> Claim | None:
        if number not in self._claims:
            claim = kept.read_claim(self._store.journal(kept.subject(number)))
            if claim is None or claim.phase not in OWED:
                return claim  # what is over is asked for rarely
            self._claims[number] = claim
        return self._claims[number]

    def kiosk(self, number: str) -> str:
        """The place that owes the money: where the claim was issued."""
        return next((row.till for row in self._store.journal(kept.subject(number))), "")

    def of_order(self, order: str) -> tuple[Claim, ...]:
        """The claims issued for a purchase, oldest first: none is issued twice for the same money."""
        found = (self.claim(number) for number in kept.numbers_of(self._store, order)) if order else ()
        return tuple(claim for claim in found if claim is not None)

    def owed(self) -> tuple[Claim, ...]:
        """What the shop still owes by its slips, oldest first."""
        found = (self.claim(number) for number in kept.open_numbers(self._store))
        return tuple(claim for claim in found if claim is not None)

    def code(self, claim: Claim) -> str:
        """What the slip's QR says; only of a claim that this shop has issued."""
        return slip_code(claim.issued, self._key)

    def seen(self, claim: Claim) -> str:
        """The hash of the claim's code: who knows it has seen the slip."""
        return claim.slip or slip_hash(self.code(claim))

    def foreign(self, text: str) -> Slip | None:
        """The slip of another shop that a code is, whatever it is worth; None for anything else."""
        if not is_slip(text):
            return None
        try:
            slip = parse_slip(text)
        except SlipWrong:
            return None
        return slip if slip.issuer not in self._ours else None

    def number_of(self, issuer: str, number: str) -> str:
        """What this shop calls a claim of `issuer`."""
        return number if issuer in self._ours else f"{issuer}/{number}"

    def exchanged(self, number: str) -> frozenset[str]:
        """The requests by which the claim has come or gone."""
        return kept.requests(self._store.journal(kept.subject(number)))

    def named(self, claim: Claim) -> tuple[str, str]:
        """Issuer and number as the slip has them."""
        issuer = claim.issued.issuer
        number = claim.issued.number
        return issuer, number if issuer in self._ours else number.removeprefix(f"{issuer}/")

    def read(self, text: str) -> Claim:
        """The claim of a scanned or typed code, or of a bare number. Raises ClaimRefused."""
        text = text.strip()
        if not is_slip(text):
            return self._by_number(text)
        foreign = self.foreign(text)
        if foreign is not None:
            raise ClaimRefused("claim_other_issuer", issuer=foreign.issuer[:40])
        try:
            slip = read_slip(text, self._key)
        except SlipWrong as wrong:
            raise ClaimRefused("claim_forged" if wrong.code == "slip_forged" else "claim_unreadable") from wrong
        claim = self.claim(slip.number)
        if claim is None or slip_code(claim.issued, self._key) != as_printed(text):
            raise ClaimRefused("claim_unknown", number=slip.number)
        return claim

    def _by_number(self, text: str) -> Claim:
        found = _NUMBER.fullmatch(text.replace(" ", ""))
        if found is None:
            raise ClaimRefused("claim_unreadable")
        number = self.number_of(found[1] or self._issuer, f"K-{found[2]}-{found[3]}")
        claim = self.claim(number)
        if claim is None:
            raise ClaimRefused("claim_unknown", number=number)
        return claim

    # Changing

    async def change(self, number: str, event: ClaimEvent, till: str, commit: Commit | None = None) -> Claim:
        """The claim after the event, durable. `commit` keeps it together with something else, in one batch.

        Raises ClaimRefused before; what `commit` or the store raises leaves the claim as it was.
        """
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if isinstance(event, ClaimPayMeant):
                    self.may_pay(number, supervisor=event.supervisor)
                claim = self.claim(number)
                if claim is None:
                    raise ClaimRefused("claim_unknown", number=number)
                try:
                    after = evolve_claim(claim, event)
                except ClaimNotAllowed as refused:
                    raise ClaimRefused(f"claim_{claim.phase.value}", number=number) from refused
                change = self._change_of(after, event, till)
                if commit is None:
                    await self._store.commit(
                        Batch(entries=change.entries, settings=change.settings, outgoing=change.outgoing)
                    )
                else:
                    await commit(change)
                self._keep(after)
        self._changed()
        return after

    async def take_over(self, taken: ClaimTaken, place: str, *, settings: Sequence[Setting]) -> Claim | None:
        """A claim of another agent is owed here from now on; `place`: where it was issued. None: it was taken over by
        this request before, or is owed here anyway; only the settings are kept."""
        number = taken.issued.number
        with anyio.CancelScope(shield=True):
            async with self._turn:
                known = self.claim(number)
                if taken.request in self.exchanged(number) or (
                    known is not None and known.phase is not ClaimPhase.MOVED
                ):
                    await self._store.commit(Batch(settings=tuple(settings)))
                    return None
                claim = begin_claim(taken) if known is None else evolve_claim(known, taken)
                change = self._change_of(claim, taken, place)
                await self._store.commit(
                    Batch(entries=change.entries, settings=(*change.settings, *settings), outgoing=change.outgoing)
                )
                self._keep(claim)
        self._changed()
        return claim

    def _keep(self, claim: Claim) -> None:
        if claim.phase in OWED:
            self._claims[claim.issued.number] = claim
        else:
            self._claims.pop(claim.issued.number, None)

    def may_pay(self, number: str, *, supervisor: bool) -> Claim:
        """The claim, if it may be paid now: known before the register is asked for anything. Raises ClaimRefused."""
        claim = self.claim(number)
        if claim is None:
            raise ClaimRefused("claim_unknown", number=number)
        if claim.phase not in (ClaimPhase.ISSUED, ClaimPhase.EXPIRED):
            raise ClaimRefused(f"claim_{claim.phase.value}", number=number, **({"at": claim.at} if claim.at else {}))
        if self.is_over(claim) and not supervisor:
            raise ClaimRefused("claim_expired", number=number)
        if not claim.issued.amount_minor:
            raise ClaimRefused("claim_no_sum", number=number)
        return claim

    def is_over(self, claim: Claim) -> bool:
        """Past its day, whether or not somebody has written that down yet."""
        return claim.phase is ClaimPhase.EXPIRED or claim.is_over(self._clock.now_ms())

    def _change_of(self, after: Claim, event: ClaimEvent, till: str) -> ClaimChange:
        number = after.issued.number
        rows = self._store.journal(kept.subject(number))
        owed, kiosk = kept.open_numbers(self._store), rows[0].till if rows else till
        settings: tuple[Setting, ...] = ()
        if after.phase not in OWED:
            settings = (kept.open_setting([one for one in owed if one != number]),)
        elif number not in owed:
            settings = (kept.open_setting((*owed, number)),)
        told = self._told(after, event, kiosk, len(rows) + 1)
        return ClaimChange((kept.to_entry(event, number, till),), settings, told)

    async def cancel(self, number: str, by: str, why: str, till: str = "") -> Claim:
        """The money was found to be nobody's. `by` is a supervisor. Raises ClaimRefused."""
        return await self.change(number, ClaimCancelled(by, why), till)

    async def expire_due(self) -> tuple[Claim, ...]:
        """Slips whose day is past: still owed, and paid by a supervisor from now on."""
        expired = []
        for claim in self.owed():
            if claim.is_over(self._clock.now_ms()):
                number = claim.issued.number
                with suppress(ClaimRefused):  # a till has begun to pay it just now
                    expired.append(await self.change(number, ClaimExpired(self._clock.now_ms()), self.kiosk(number)))
        return tuple(expired)

    def _told(self, claim: Claim, event: ClaimEvent, kiosk: str, nth: int) -> tuple[Outgoing, ...]:
        """The fact for HQ; `nth` event of its claim, so that each has an id of its own."""
        state = _TOLD.get(type(event))
        if state is None:
            return ()
        issued, now = claim.issued, self._clock.now_ms()
        by = claim.meant.by if isinstance(event, ClaimPaid) and claim.meant else getattr(event, "by", "")
        why = event.why if isinstance(event, ClaimCancelled) else ""
        fact = facts.Claim(
            issued.number, kiosk, issued.amount_minor, issued.reason, issued.order, state, now, by,
            expires_ms=issued.expires_ms, why=why,
        )  # fmt: skip
        body = msgspec.json.encode(fact)
        return (Outgoing(SALES, f"claim/{issued.issuer}/{issued.number}/{nth}", "claim", 1, body),)

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher()
