"""What HQ gives back, as commits of the journal: nothing of it goes to HQ again, and stock moves with it once.

    sale               the events of a sale, its row, its moves, its account      claim     the steps of a slip
    stock_document     the document and its moves                                 pickup    what is kept for an order
    order_step         what was said of an order
    shift              the till's shift, as HQ knows it                           encashment  the numbers in force
    cash               what a kiosk's register has booked against a slip
    anything else      a row `told.<kind>`: known, and nothing hangs on it here

Whatever it is, its place in HQ's copies lies in the same commit: cut anywhere, the next page begins where this one was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import msgspec

from agent.claims.claim_desk import NAMELESS
from agent.course.closing import LOCATION
from agent.devices.register_desk import NO_SHIFT, ShiftKept
from agent.restore.told_sale import CLOSED, DUE, LEFT, VOIDED, Original, Retelling
from agent.stock.orders_heard import HQ
from agent.stock.reservations import counted
from fiscal.claim import (
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
    begin_claim,
    evolve_claim,
)
from fiscal.pickup import (
    Hold,
    HoldState,
    PickupEnded,
    PickupEvent,
    PickupHeld,
    PickupLine,
    PickupReleased,
    PickupStepped,
)
from fiscal.sale import ENDED, Phase, Sale, fold
from fiscal.sale_events import SaleAct
from fiscal.stock_document import (
    SIGN,
    StockBegun,
    StockCounted,
    StockDone,
    StockEvent,
    StockKind,
    StockLinePut,
    StockPhase,
    StockSent,
    on_the_way,
)
from fiscal.store_credit import CreditEvent, CreditOpened, CreditReturned, CreditTaken, credit_events
from sync.store import claim_journal, credit_journal, stock_journal
from sync.store.batch import Batch, Entry, Lock, SaleRow, Setting, StockDocumentRow, StockMove
from sync.store.sale_journal import read_sale, to_entry
from sync.store.store import Store
from sync.wire import facts
from sync.wire.copies import Copy

QUARANTINED = "quarantined"
GOODS_LEFT = (CLOSED, DUE, LEFT)


class ToldFacts:
    """`retelling` says by a till what it adds to the told; `registers` is the port of each till's register."""

    def __init__(
        self,
        store: Store,
        retelling: Callable[[str], Retelling],
        registers: Mapping[str, str],
        currency: str,
    ) -> None:
        self._store = store
        self._retelling = retelling
        self._registers = registers
        self._currency = currency

    def batch(self, copy: Copy) -> Batch | None:
        """What is to be committed for a fact that HQ gave back; None where this journal has it already."""
        try:
            match copy.kind:
                case "sale":
                    return self.sale(msgspec.json.decode(copy.body, type=facts.Sale))
                case "claim":
                    return self._claim(copy, msgspec.json.decode(copy.body, type=facts.Claim))
                case "stock_document":
                    return self._stock(msgspec.json.decode(copy.body, type=facts.StockDocument))
                case "pickup":
                    return self._pickup(msgspec.json.decode(copy.body, type=facts.Pickup))
                case "order_step":
                    return self._step(copy, msgspec.json.decode(copy.body, type=facts.OrderStep))
                case "shift":
                    return self._shift(copy, msgspec.json.decode(copy.body, type=facts.Shift))
                case "cash":
                    return self._cash(copy, msgspec.json.decode(copy.body, type=facts.CashMove))
                case "encashment":
                    return self._encashment(copy, msgspec.json.decode(copy.body, type=facts.Encashment))
        except (msgspec.DecodeError, ValueError):
            if copy.fate != QUARANTINED:
                return self._known(copy, "unreadable")
        return self._known(copy)

    def _known(self, copy: Copy, why: str = "") -> Batch:
        """Kept as it came: nothing of this journal hangs on it."""
        told = {"epoch": copy.epoch, "seq": copy.seq, "id": copy.id, "fate": copy.fate, "hash": copy.hash, "why": why}
        body = msgspec.json.encode({**told, "body": msgspec.Raw(copy.body)})
        return Batch(entries=(Entry(f"told.{copy.kind}", "", body, f"told/{copy.id}"),))

    # Sales

    def sale(self, told: facts.Sale) -> Batch | None:
        """Also for what a register told of a sale that nobody has."""
        row = self._store.sale(told.id)
        before = read_sale(self._store.journal(told.id)) if row is not None else None
        if before is not None and before.phase in ENDED and (before.phase is not Phase.VOIDED or before.cancelled):
            return None
        original = self._original(told)
        events = self._retelling(told.till).events(told, original)
        sale = fold(events)
        entries = [to_entry(event, told.id, told.till) for event in events]
        entries += self._credit(before, sale, told, events)
        entries.append(Entry("told.sale", told.till, msgspec.json.encode({"state": told.state}), told.id))
        ended = SaleRow(
            told.id, told.till, told.number, told.act, sale.phase.value, told.opened_ms, told.closed_ms, told.total,
            told.shift, told.of, open=False,
        )  # fmt: skip
        sign = 1 if told.act == SaleAct.REFUND.value else -1
        gone = told.state in GOODS_LEFT and told.act != SaleAct.ADVANCE.value
        moves = tuple(
            StockMove(line.sku, LOCATION, sign * line.qty, told.act, told.id)
            for line in told.lines
            if gone and line.sku
        )
        held = self._registers.get(told.till, "")
        free = (Lock(held, None),) if held and self._store.lock_holder(held) == told.id else ()
        numbers = self._number(told.till, told.number)
        return Batch(entries=tuple(entries), sales=(ended,), moves=moves, settings=numbers, locks=free)

    def _original(self, told: facts.Sale) -> Original | None:
        if told.act != SaleAct.REFUND.value or not told.of or self._store.sale(told.of) is None:
            return None
        others = [read_sale(self._store.journal(row.id)) for row in self._store.refunds_of(told.of)]
        live = [one for one in others if one.id != told.id and one.refund and one.phase is not Phase.VOIDED]
        sold = read_sale(self._store.journal(told.of))
        return Original(sold, tuple(document for one in live for document in one.refund))

    def _credit(self, before: Sale | None, sale: Sale, told: facts.Sale, events: Iterable[object]) -> list[Entry]:
        """The account moves with the sale. What the backup's half of it had taken is put back first."""
        steps: list[tuple[str, CreditEvent]] = []
        if before is not None and before.act is SaleAct.SALE and before.credit_minor:
            steps.append((before.credit_account, CreditReturned(before.id, before.credit_minor)))
        steps += credit_events(None, sale, events)  # type: ignore[arg-type]
        if told.state == VOIDED:
            steps = steps[:1] if before is not None and before.credit_minor else []
        entries, there = [], dict[str, int]()
        for account, event in steps:
            if account not in there:
                known = credit_journal.read_account(self._store.journal(credit_journal.subject(account)))
                there[account] = known.balance_minor if known is not None else 0
                if known is None:  # whose it is HQ does not know: the number lies in the erasable table of the dead box
                    opened = CreditOpened(account, "", "phone", told.opened_ms)
                    entries.append(credit_journal.to_entry(opened, account, told.till))
            if isinstance(event, CreditTaken):
                if event.sum_minor > there[account]:
                    continue  # HQ could not read what was put there: an account never goes below nothing
                there[account] -= event.sum_minor
            elif not isinstance(event, CreditOpened):
                there[account] += event.sum_minor
            entries.append(credit_journal.to_entry(event, account, told.till))
        return entries

    def _number(self, till: str, number: str) -> tuple[Setting, ...]:
        """No number that was printed is printed again."""
        key = f"number/{till}"
        if not number.isdecimal() or int(number) <= int(self._store.setting(key) or 0):
            return ()
        return (Setting(key, str(int(number)).encode()),)

    # Slips

    def _claim(self, copy: Copy, told: facts.Claim) -> Batch | None:
        issuer = copy.id.split("/")[1] if copy.id.count("/") >= 3 else NAMELESS
        rows = self._store.journal(claim_journal.subject(told.number))
        claim = claim_journal.read_claim(rows)
        issued = ClaimIssued(
            told.number, told.amount, self._currency, told.reason, told.order, issuer, told.at_ms, told.expires_ms
        )
        events: tuple[ClaimEvent, ...]
        match told.state:
            case "issued":
                events = (issued,) if claim is None else ()
            case "taken":
                events = (ClaimTaken(issued, "", f"told/{copy.id}", "", told.at_ms),)
            case "paid":
                events = (ClaimPayMeant(told.by, told.kiosk, 0, True), ClaimPaid(told.at_ms, "told"))
                events = events[1:] if claim is not None and claim.phase is ClaimPhase.PAYING else events
            case "cancelled":
                events = (ClaimCancelled(told.by, told.why),)
            case "expired":
                events = (ClaimExpired(told.at_ms),)
            case _:
                events = (ClaimMoved("", f"told/{copy.id}", told.at_ms),)
        if claim is None and events and not isinstance(events[0], ClaimIssued | ClaimTaken):
            events = (issued, *events)  # its beginning HQ could not read
        after = claim
        try:
            for event in events:
                after = begin_claim(event) if after is None else evolve_claim(after, event)
        except ClaimNotAllowed:
            return None  # this journal has it, or knows more
        if not events or after is None:
            return None
        owed = [one for one in claim_journal.open_numbers(self._store) if one != told.number]
        if after.phase in (ClaimPhase.ISSUED, ClaimPhase.EXPIRED, ClaimPhase.PAYING):
            owed.append(told.number)
        settings = [claim_journal.open_setting(owed)]
        if claim is None and told.order:
            of_order = claim_journal.numbers_of(self._store, told.order)
            settings.append(claim_journal.order_setting(told.order, (*of_order, told.number)))
        count = told.number.rpartition("-")[2]
        if count.isdecimal() and int(count) > claim_journal.issued_count(self._store, issuer):
            settings.append(claim_journal.counter_setting(issuer, int(count)))
        if any(isinstance(event, ClaimIssued) for event in events) and told.amount:
            waiting = claim_journal.unbooked(self._store, told.kiosk)
            settings.append(claim_journal.unbooked_setting(told.kiosk, [*waiting, told.amount]))
        locks = []
        for till, register in self._registers.items():
            meant = self._store.setting(f"shift-meant/{till}")
            if told.state == "paid" and meant and msgspec.json.decode(meant).get("claim") == told.number:
                settings.append(Setting(f"shift-meant/{till}", b""))
                locks.append(Lock(register, None))
        entries = [claim_journal.to_entry(event, told.number, told.kiosk) for event in events]
        nth = copy.id.rpartition("/")[2]  # the desk numbers its facts by the rows of a claim: none gets a used number
        missing = int(nth) - len(rows) - len(entries) if nth.isdecimal() else 0
        entries += [Entry("told.claim", told.kiosk, b"{}", claim_journal.subject(told.number))] * max(0, missing)
        return Batch(entries=tuple(entries), settings=tuple(settings), locks=tuple(locks))

    # Stock

    def _stock(self, told: facts.StockDocument) -> Batch | None:
        document = stock_journal.read_document(self._store.journal(f"stock/{told.id}"))
        if document is not None and document.phase is not StockPhase.DRAFT:
            return None
        kind = StockKind(told.document_kind)
        sent = kind is StockKind.TRANSFER_OUT and told.state == "on_the_way"
        events: list[StockEvent] = []
        if document is None:
            events.append(StockBegun(told.id, told.document_kind, told.number, told.at_ms, told.other, told.of))
        moves: list[StockMove] = []
        settings: list[Setting] = []
        for line in told.lines:
            if line.counted is not None:
                events.append(StockCounted(line.sku, line.name, line.counted, line.book, line.as_of, line.in_baskets))
                settings.append(counted(line.sku))
            elif line.delta:
                events.append(StockLinePut(line.sku, line.name, SIGN.get(kind, 1) * line.delta))
            if line.delta:
                moves.append(StockMove(line.sku, LOCATION, line.delta, told.document_kind, told.id))
            if line.delta and sent:
                moves.append(StockMove(line.sku, on_the_way(told.number), -line.delta, told.document_kind, told.id))
        number = (
            told.number.split("-")[-2] if told.number.count("-") > 1 else told.number
        )  # of a transfer: shop-0007-bcd
        if number.isdecimal() and int(number) > stock_journal.numbered(self._store):
            settings.append(stock_journal.counter_setting(int(number)))
        done = StockDone(told.person, told.at_ms, told.reason, told.other, told.of)
        events.append(StockSent(told.person, told.at_ms, told.other, told.reason) if sent else done)
        phase = StockPhase.ON_THE_WAY if sent else StockPhase.DONE
        row = StockDocumentRow(
            told.id, told.document_kind, told.number, phase.value, told.other, told.of, told.person, told.at_ms, sent
        )
        entries = tuple(stock_journal.document_entry(event, told.id) for event in events)
        return Batch(entries=entries, moves=tuple(moves), documents=(row,), settings=tuple(settings))

    def _pickup(self, told: facts.Pickup) -> Batch | None:
        known = {one.line: one for one in self._store.holds_of(told.order)}
        state = HoldState(told.state)
        if known and all(one.state in (state.value, *_OVER) for one in known.values()):
            return None
        named = self._retelling("").product
        holds = []
        for line in told.lines:
            product = named(line.sku)
            before = known.get(line.line)
            hold = before or Hold(
                told.order, line.line, line.sku, product.name if product else line.sku, line.qty, told.at_ms,
                told.until_ms,
            )  # fmt: skip
            holds.append(replace(hold, state=state.value, sale=told.sale or hold.sale))
        event: PickupEvent
        match state:
            case HoldState.HELD:
                lines = tuple(PickupLine(one.line, one.sku, one.name, one.thousandths) for one in holds)
                event = PickupHeld(told.order, lines, told.until_ms, told.person, told.at_ms)
            case HoldState.RELEASED:
                event = PickupReleased(told.order, told.person, told.why, told.at_ms)
            case _:
                event = PickupEnded(told.order, state.value, told.at_ms)
        return Batch(entries=(stock_journal.pickup_entry(event),), holds=tuple(holds))

    def _step(self, copy: Copy, told: facts.OrderStep) -> Batch | None:
        """Its id says which word of its kind it was: the next one gets another id, or HQ would take it for this one."""
        said = stock_journal.pickup_events(self._store.journal(f"pickup/{told.order}"))
        nth = copy.id.removeprefix(f"order/{told.order}/{told.step}").removeprefix("/")
        known = sum(isinstance(event, PickupStepped) and event.step == told.step for event in said)
        if known >= (int(nth) if nth.isdecimal() else 1):
            return None
        event = PickupStepped(told.order, told.step, told.person or HQ, told.at_ms, told.why)
        return Batch(entries=(stock_journal.pickup_entry(event),))

    # Shifts and boxes

    def _shift(self, copy: Copy, told: facts.Shift) -> Batch:
        known = self._known(copy)
        kept = self._store.setting(f"shift/{told.till}")
        shift = msgspec.json.decode(kept, type=ShiftKept) if kept else NO_SHIFT
        if told.event not in ("opened", "closed") or (told.number, told.event) < (shift.number, "opened"):
            return known
        if told.event == "closed":
            after = ShiftKept(False, told.number, told.at_ms)
        elif shift.open and shift.number == told.number:
            return known
        else:
            after = ShiftKept(True, told.number, told.at_ms, cashier=told.cashier)
        return replace(known, settings=(Setting(f"shift/{told.till}", msgspec.json.encode(after)),))

    def _cash(self, copy: Copy, told: facts.CashMove) -> Batch:
        """A slip's sum that the register had booked is not booked again."""
        known, waiting = self._known(copy), claim_journal.unbooked(self._store, told.till)
        if (told.event, told.reason) != ("in", claim_journal.BOOKED_FOR) or told.sum not in waiting:
            return known
        waiting.remove(told.sum)
        return replace(known, settings=(claim_journal.unbooked_setting(told.till, waiting),))

    def _encashment(self, copy: Copy, told: facts.Encashment) -> Batch:
        known = self._known(copy)
        settings = []
        for key, number in (
            (f"encash.number/{told.kiosk}", told.number),
            (f"cash.period/{told.device}/{told.unit}", str(told.period + 1)),
        ):
            if number.isdecimal() and int(number) > int(self._store.setting(key) or 0):
                settings.append(Setting(key, number.encode()))
        return replace(known, settings=tuple(settings))


_OVER = (HoldState.TAKEN.value, HoldState.RELEASED.value, HoldState.EXPIRED.value)
