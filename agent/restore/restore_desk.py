"""A restored box before it sells: HQ gives back what it had, each till's register is matched, and a person says so.

    placed ── HQ told ──> matching ── a supervisor confirms ──> sells
       └───── a supervisor opens it while HQ cannot be asked ──> sells; the question stands until both are done

A kiosk has nobody at it: where its register is the same and tells of nothing that is not known, it confirms itself.

What the register sealed and nobody knows (its sales died with the box) becomes a sale of its own, without goods, under
an id that follows from fiscal memory and number: the shop's books come to what the register's do, and HQ has the case.
Sales that the backup knew as unfinished are ended, never taken up (`leftovers.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from zoneinfo import ZoneInfo

import anyio
import msgspec

from agent.claims.claim_desk import ClaimDesk
from agent.clock import Clock
from agent.course.closing import SALES, Closing, closing_facts
from agent.devices.register_desk import RegisterDesk, ShiftKept
from agent.restore.leftovers import Register, ending
from agent.restore.register_look import RegisterLook, RegisterReader, known_documents, said_of
from agent.restore.taking_back import Fetch, TakingBack
from agent.restore.told_facts import ToldFacts
from agent.restore.told_sale import CLOSED
from drivers.errors import DeviceError
from fiscal.document import Operation
from fiscal.regimes.profile import Profile
from fiscal.register_match import Compared, Fate, FoundKind, KnownDocument
from fiscal.sale import evolve
from fiscal.sale_events import SaleAct
from fiscal.store_credit import credit_events
from sync.store import claim_journal, credit_journal
from sync.store.batch import Batch, Entry, Lock, Outgoing, SaleRow, Setting
from sync.store.restored import (
    BLIND_NUMBERS_SKIPPED,
    NUMBERS_SKIPPED,
    RestoreState,
    TillRestored,
    restore_state,
    state_setting,
    till_restored,
    till_setting,
)
from sync.store.sale_journal import read_sale, to_entry
from sync.store.store import Store
from sync.wire import facts

LOOK_EACH_S = 5.0
"""A silent register, or paper to be loaded: somebody is standing there and mending it."""
FOUND = "register"
"""The channel of a sale that only a register told of."""
_ACTS = {Operation.SALE: SaleAct.SALE, Operation.SALE_REFUND: SaleAct.REFUND}
NOTHING = Closing((), ())


class NotNow(Exception):
    """`code` names a text: what stands in the way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """A till or kiosk: its register, and whether somebody stands at it."""

    register: RegisterDesk
    attended: bool = True


class RestoreDesk:
    """One for the shop. `watchers` are told when something a page shows may have moved."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        zone: str,
        places: Mapping[str, Place],
        facts_told: ToldFacts,
        profile: Callable[[], Profile],
        claims: ClaimDesk | None = None,
    ) -> None:
        self.watchers: list[Callable[[], None]] = []
        self.looks: dict[str, RegisterLook] = {}
        self.troubles: dict[str, str] = {}
        self.taking = TakingBack(store, facts_told, self._changed)
        self._store = store
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._places = places
        self._facts = facts_told
        self._profile = profile
        self._claims = claims
        self._readers = {till: RegisterReader(place.register) for till, place in places.items()}
        self._known_at, self._known_documents = -1, list[KnownDocument]()
        self._moved = anyio.Event()
        self._turn = anyio.Lock()

    # Where it stands

    @property
    def state(self) -> RestoreState | None:
        return restore_state(self._store)

    @property
    def pending(self) -> bool:
        """Is there anything left to do?"""
        state = self.state
        return state is not None and (
            not state.finished or any(not till_restored(self._store, till).confirmed_ms for till in self._places)
        )

    def holds_back(self, till: str) -> bool:
        """Nothing is sold at this till yet."""
        if self.state is None:
            return False
        restored = till_restored(self._store, till)
        return not restored.confirmed_ms and not restored.opened_ms

    def unattended(self) -> list[str]:
        """Kiosks that are not confirmed yet."""
        kiosks = [id for id, place in self._places.items() if not place.attended]
        return [id for id in kiosks if not till_restored(self._store, id).confirmed_ms]

    def stands(self, till: str) -> bool:
        """Opened before its register was matched: a supervisor still has to look."""
        restored = till_restored(self._store, till)
        return bool(self.state is not None and restored.opened_ms and not restored.confirmed_ms)

    async def let_begin(self, till: str) -> None:
        """Returns when this till may sell."""
        while self.holds_back(till):
            await self._moved.wait()

    async def let_hear(self) -> None:
        """Returns when HQ has given back what it had: before that nobody here knows what HQ's commands ask about."""
        while (state := self.state) is not None and not state.finished:
            await self._moved.wait()

    def leaves_alone(self, row: SaleRow) -> bool:
        """A sale that the backup knew as unfinished: it is ended when the till is confirmed, and never taken up. By its
        place in the journal: a clock that was wrong when the copy was put in place would leave new sales alone too."""
        state = self.state
        if state is None or not row.open:
            return False
        return next((one.seq <= state.rows for one in self._store.journal(row.id)), False)

    # What goes on by itself

    async def take_back(self, fetch: Fetch | None, rng: random.Random) -> None:
        """`fetch` is None in a shop without HQ: the register alone can tell."""
        state = self.state
        if state is None:
            return
        if not state.finished:
            if fetch is None:
                await self._store.commit(
                    Batch(settings=(state_setting(msgspec.structs.replace(state, finished="nothing")),))
                )
            else:
                await self.taking.run(fetch, rng)
        self._changed()

    async def attend(self, till: str) -> None:
        """Looks at the register until the till is confirmed."""
        while (state := self.state) is not None and not till_restored(self._store, till).confirmed_ms:
            if not state.finished:
                await self._moved.wait()
                continue
            await self.look(till)
            if not self._places[till].attended and self._is_clean(till):
                try:
                    await self.confirm(till, "")
                except (NotNow, DeviceError):
                    pass
                else:
                    return
            with anyio.move_on_after(LOOK_EACH_S):
                await self._moved.wait()

    async def look(self, till: str) -> RegisterLook | None:
        state = self.state
        if state is None:
            return None
        try:
            self.looks[till] = await self._readers[till].look(state, till, await self._known(state))
            trouble = ""
        except DeviceError:
            trouble = "register_away"
        if self.troubles.get(till) != trouble:
            self.troubles[till] = trouble
        self._tell()
        return self.looks.get(till) if not trouble else None

    async def _known(self, state: RestoreState) -> list[KnownDocument]:
        seq = self._store.last_seq()
        if self._known_at == seq:
            return self._known_documents
        found = []
        for place, document in enumerate(known_documents(self._store, state, self._places), 1):
            found.append(document)
            if place % 50 == 0:  # folding fifty sales takes some 15 ms: a screen waits no longer
                await anyio.lowlevel.checkpoint()
        self._known_at, self._known_documents = seq, found
        return found

    def _is_clean(self, till: str) -> bool:
        look = self.looks.get(till)
        if look is None or self.troubles.get(till) or look.swapped or look.skipped:
            return False
        return not any(look.match.of(fate) for fate in (Fate.FOREIGN, Fate.DIFFERS, Fate.UNREAD))

    # What a person does

    async def confirm(self, till: str, by: str) -> None:
        """The till sells from here on; what nobody knew is in the books. Raises NotNow."""
        async with self._turn:
            state = self.state
            restored = till_restored(self._store, till)
            if state is None or restored.confirmed_ms:
                return
            if not state.finished:
                raise NotNow("restore_hq_first")
            look = await self.look(till)
            if look is None:
                raise NotNow("register_away")
            theirs = await self._end_leftovers(till, look)
            foreign = [row for row in look.match.of(Fate.FOREIGN) if look.ours and row.number not in theirs]
            for row in foreign:
                await self._adopt(till, look, row)
            after = msgspec.structs.replace(
                restored, confirmed_ms=self._clock.now_ms(), by=by, foreign=len(foreign),
                differs=len(look.match.of(Fate.DIFFERS)),
            )  # fmt: skip
            skipped = NUMBERS_SKIPPED + len(foreign)
            await self._release(till, look, "restore.confirmed", by, after, skipped)

    async def open(self, till: str, by: str) -> None:
        """While HQ cannot be asked: the shop sells, and what HQ has is matched when it is there. Raises NotNow."""
        async with self._turn:
            state = self.state
            restored = till_restored(self._store, till)
            if state is None or not self.holds_back(till):
                return
            if state.finished or not self.taking.trouble:
                raise NotNow("restore_wait_for_hq")
            look = await self.look(till)
            if look is None:
                raise NotNow("register_away")
            after = msgspec.structs.replace(restored, opened_ms=self._clock.now_ms(), opened_by=by)
            await self._release(till, look, "restore.opened", by, after, BLIND_NUMBERS_SKIPPED)

    async def _release(
        self, till: str, look: RegisterLook, kind: str, by: str, after: TillRestored, skipped: int
    ) -> None:
        if self._claims is not None:  # a commit of its own and before the release: cut between, more are left out
            await self._claims.leave_out(skipped)
        desk = self._places[till].register
        shift, told = self._shift(till, look)
        settings = [till_setting(till, after), desk.shift_setting(shift), self._number(till, skipped)]
        settings += self._bookings(till) if after.confirmed_ms else []
        if look.expected != (look.state.serial, look.state.fn):
            settings.append(desk.identity_setting(look.state))
        said = {"by": by, "skipped": skipped, **said_of(look), "trouble": self.taking.trouble}
        entry = Entry(kind, till, msgspec.json.encode(said), "restore")
        free = () if after.confirmed_ms else self._free(till)
        await self._store.commit(Batch(entries=(entry,), settings=tuple(settings), outgoing=told, locks=free))
        desk.shift = shift
        if look.expected != (look.state.serial, look.state.fn):
            await desk.look()  # its chip says "another register" no more
        self._changed()

    def _bookings(self, kiosk: str) -> list[Setting]:
        """Slips that by the backup, and by what HQ told, the register has still to be told of: the dead box may have
        done that in its last minutes, so none is booked before a person has said so."""
        waiting = claim_journal.unbooked(self._store, kiosk)
        if not waiting:
            return []
        asked = [*claim_journal.asked_bookings(self._store, kiosk), *waiting]
        return [claim_journal.asked_setting(kiosk, asked), claim_journal.unbooked_setting(kiosk, [])]

    def _number(self, till: str, skipped: int) -> Setting:
        key = f"number/{till}"
        return Setting(key, str(int(self._store.setting(key) or 0) + skipped).encode())

    def _shift(self, till: str, look: RegisterLook) -> tuple[ShiftKept, tuple[Outgoing, ...]]:
        """The journal's shift as the register has it. One that is not open there has ended; one that is open there and
        not here is opened by whoever signs in, as after any other program."""
        kept = _shift_of(self._store, till, self._places[till].register)
        state = look.state
        same = not look.swapped or look.expected is None
        if state.shift_open and same and kept.open and kept.number == state.shift_number:
            return (kept if kept.opened_at else replace_shift(kept, look)), ()
        if not kept.open:
            return kept, ()
        why = f"{look.swapped or 'register'}: closed without its report here"
        closed = facts.Shift(till, kept.number, "closed", self._clock.now_ms(), "", exceptions=[f"restore {why}"])
        number = state.shift_number if same else kept.number
        out = Outgoing(SALES, f"restore/{self._id()}/{till}/{kept.number}", "shift", 1, msgspec.json.encode(closed))
        return ShiftKept(False, number, self._clock.now_ms()), (out,)

    def _id(self) -> str:
        state = self.state
        return state.id if state is not None else ""

    async def _adopt(self, till: str, look: RegisterLook, row: Compared) -> None:
        """A receipt without a sale. The fact follows from the register alone, so a second restore tells the same."""
        found = row.found
        if found is None or found.kind is not FoundKind.RECEIPT or found.total_minor is None:
            return
        if found.operation not in _ACTS:
            return
        at = found.at or look.state.clock
        at_ms = int(at.replace(tzinfo=self._zone).timestamp() * 1000)
        fn = look.match.fn
        document = facts.SaleDocument(
            "", look.state.serial, fn, found.number, found.sign, found.total_minor, at.isoformat(),
            found.operation.value,
        )  # fmt: skip
        told = facts.Sale(
            id=f"found-{fn}-{found.number}", till=till, number=f"FD{found.number}", act=_ACTS[found.operation].value,
            state=CLOSED, shift=found.shift, cashier="", opened_ms=at_ms, closed_ms=at_ms, total=found.total_minor,
            lines=[], payments=[], documents=[document], unresolved=True, channel=FOUND, day=at.date().isoformat(),
        )  # fmt: skip
        batch = self._facts.sale(told)
        if batch is not None:
            fact = Outgoing(SALES, told.id, "sale", 1, msgspec.json.encode(told))
            await self._store.commit(replace(batch, outgoing=(fact,)))

    async def _end_leftovers(self, till: str, look: RegisterLook) -> frozenset[int]:
        """Ends what the backup knew as unfinished; the numbers of the documents that were found for them."""
        foreign, found = list(look.match.of(Fate.FOREIGN)), set[int]()
        register = Register(look.state.serial, look.match.fn, self._profile())
        for row in self._store.open_sales(till):
            if not self.leaves_alone(row):
                continue
            sale = read_sale(self._store.journal(row.id))
            end = ending(sale, register, [one for one in foreign if one.number not in found])
            after = reduce(evolve, end.events, sale)
            closing = closing_facts(after, self._clock.now_ms(), end.state) if end.state else NOTHING
            credit = credit_events(sale, after, end.events)
            entries = (
                *(to_entry(event, sale.id, till) for event in end.events),
                *(credit_journal.to_entry(event, account, till) for account, event in credit),
            )
            over = replace(row, phase=after.phase.value, closed_ms=after.closed_ms or None, open=False)
            batch = Batch(
                entries=entries, sales=(over,), outgoing=closing.outgoing, moves=closing.moves,
                locks=self._free(till, sale.id),
            )  # fmt: skip
            await self._store.commit(batch)
            found |= {end.number} if end.number else set()
        return frozenset(found)

    def _free(self, till: str, holder: str = "") -> tuple[Lock, ...]:
        """The register, if the backup has it held by that sale ("": by any)."""
        port = self._places[till].register.port.id
        held = self._store.lock_holder(port)
        return (Lock(port, None),) if held is not None and holder in ("", held) else ()

    def _changed(self) -> None:
        self._moved.set()
        self._moved = anyio.Event()
        self._tell()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()


def _shift_of(store: Store, till: str, desk: RegisterDesk) -> ShiftKept:
    """As it is written: HQ's copies may have moved it since the desk was made."""
    kept = store.setting(f"shift/{till}")
    return msgspec.json.decode(kept, type=ShiftKept) if kept else desk.shift


def replace_shift(kept: ShiftKept, look: RegisterLook) -> ShiftKept:
    """With the time of the register's own opening document, if it is among those that were read."""
    reports = [row.found for row in look.match.of(Fate.REPORT) if row.found is not None and row.found.at is not None]
    first = next((one for one in reversed(reports) if one.shift == kept.number), None)
    at = first.at if first is not None and first.at is not None else look.state.clock
    number = first.number if first is not None else kept.document
    return msgspec.structs.replace(kept, opened_at=at.isoformat(), document=number)
