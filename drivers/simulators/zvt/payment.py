"""Sale, refund and reversal as the terminal lives them, each state taking its time.

    06 01 -> 80 -> insert card (04 FF 0A) -> PIN -> host -> approved, kept apart -> 04 0F -> ack -> prints -> acks
          -> BOOKED -> 06 0F
    no ack, or 84 xx: automatic reversal (04 FF 05), 06 1E 6C.          84 9C: the same 04 0F again 2 s later

Source: ZVT PA00P015 rev 13.08 §2.2.8 and 2.2.9 (when it books), §6 and §10 of reference/pay/zvt.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.simulators.zvt import apdu, bitmaps, faults, receipts, status_info
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.books import Record
from drivers.simulators.zvt.cards import Card
from drivers.simulators.zvt.display import Shown
from drivers.simulators.zvt.steps import (
    AwaitCard,
    AwaitRemoval,
    Drop,
    Happened,
    Part,
    Pause,
    PowerCut,
    Say,
    Steps,
    Tell,
    Turn,
)
from drivers.simulators.zvt.talk import accept, closes, finish, mishap, progress, takes
from drivers.simulators.zvt.terminal import HOST_S, PIN_S, REVERSAL_S, Terminal

CANCELLED, UNREADABLE, NO_HOST, LAPSED = 0x6C, 0x64, 0xA3, 0x05
AGAIN_S = 2.0  # "ask again": the standard's pause before the same status information
AGAIN_TIMES = 3  # when the till named no number (bitmap 02)
REMOVAL_S = 30.0  # the terminal nags that long about a chip card left inside
PIN_FROM_MINOR = 300_000  # a card held to the reader asks for its PIN from here on


@dataclass(frozen=True, slots=True)
class Request:
    """What the till asked for."""

    kind: str  # sale, refund, reversal, reservation, release
    amount_minor: int
    currency: int
    currency_sent: bool = False
    card_within_s: int | None = 30  # None: no card needed
    again_times: int = AGAIN_TIMES
    of: Record | None = None


def open_money_command(pt: Terminal, turn: Turn, request: Request) -> Part[bool]:
    """Everything up to and around 80 00. True: the operation runs."""
    turn.amount_minor = request.amount_minor
    if pt.faults.strikes("no_ack"):
        return False
    yield from mishap(pt, "before_ack")
    drop = pt.faults.value("drop_before_ack")
    if drop is not None:
        if drop == "started":
            pt.running = turn
        yield Drop()
        if drop != "started":
            return False
    else:
        yield from accept(pt, turn)
    asked = {"amount_minor": request.amount_minor, "currency": request.currency}
    pt.ledger.write("requested", kind=request.kind, **asked)
    yield from mishap(pt, "after_ack")
    yield from closes(pt, "drop_after_ack")
    return True


def money_operation(pt: Terminal, turn: Turn, request: Request) -> Steps:
    """The whole of a sale, a refund, a reversal or a reservation."""
    opened = yield from open_money_command(pt, turn, request)
    if not opened:
        return
    record = Record(request.kind, 0, 0, request.amount_minor, request.currency, "", currency_sent=request.currency_sent)
    if request.of is not None:
        record.of, record.of_trace = request.of.slip, request.of.trace
        record.scheme, record.pan = request.of.scheme, request.of.pan
    refusal = 0
    if request.card_within_s is not None:
        refusal = yield from read_card(pt, turn, record, request.card_within_s)
    if not refusal:
        refusal = yield from ask_host(pt, turn, record)
    record.at = pt.clock().strftime("%Y-%m-%dT%H:%M:%S")
    pt.books.number(record)
    if refusal:
        yield from decline(pt, record, refusal)
    else:
        yield from conclude(pt, turn, record, request)


def read_card(pt: Terminal, turn: Turn, record: Record, within_s: int) -> Part[int]:
    """Card and PIN. Returns the code it failed with, or 0."""
    yield from progress(pt, Shown.INSERT)
    yield from mishap(pt, "at_card")
    turn.waits_for_card = True
    seen = yield AwaitCard(within_s)
    turn.waits_for_card = False
    if seen is Happened.ABORTED and pt.faults.strikes("approved_after_abort"):
        seen, turn.abort_wished = pt.reader.own_card(), False
    if not isinstance(seen, Card):
        return CANCELLED
    record.scheme, record.pan, record.chip = seen.scheme, seen.masked, seen.chip
    if seen.chip or record.amount_minor >= PIN_FROM_MINOR:
        yield from progress(pt, Shown.PIN)
        yield from mishap(pt, "at_pin")
        if (yield from takes(pt, PIN_S, abortable=True)) is Happened.ABORTED:
            return CANCELLED
        if seen.chip and not pt.reader.inserted:
            return UNREADABLE
        record.pin = True
    return 0


def ask_host(pt: Terminal, turn: Turn, record: Record) -> Part[int]:
    """The acquirer's answer. Returns the code it declined with, or 0."""
    slow = pt.faults.value("slow_t4")
    slow_s = 0.0 if slow is None else faults.seconds(slow, 240)
    yield from progress(pt, Shown.HOST, None if slow is None else int(slow_s // 60) + 2)
    yield from mishap(pt, "at_host")
    if slow is not None:
        yield Pause(slow_s)
    yield from takes(pt, HOST_S)
    if pt.faults.strikes("host_down"):
        return NO_HOST
    code = pt.faults.value("decline")
    if code is not None:
        return int(code or f"{LAPSED:02x}", 16)
    record.auth = f"{pt.rng.randrange(1_000_000):06d}"
    if record.kind != "sale":
        return 0
    partial = pt.faults.value("partial_approval")
    if partial is not None:
        record.amount_minor = int(partial) if partial else record.amount_minor // 2
    other = pt.faults.value("result_for_other_amount")
    if other is not None:
        record.amount_minor = int(other) if other else record.amount_minor + 100
    return 0


def decline(pt: Terminal, record: Record, code: int) -> Steps:
    """04 0F with the code, a receipt if a card was there, 06 1E."""
    pt.books.save()
    pt.ledger.write(
        "aborted" if code == CANCELLED else "declined", kind=record.kind, code=f"{code:02X}", **record.facts()
    )
    yield from progress(pt, Shown.CANCELLED if code == CANCELLED else Shown.DECLINED)
    yield from wait_for_removal(pt)
    if code != CANCELLED:  # nothing was begun with a card that never came
        yield Say(status_info.of_payment(pt, record, code))
        yield from receipts.print_out(pt, receipts.payment(record, receipts.CUSTOMER, code), receipts.CUSTOMER)
    yield from finish(apdu.abort(code))


def conclude(pt: Terminal, turn: Turn, record: Record, request: Request) -> Steps:
    """From the host's yes to the booking: all hangs on the till's acknowledgements."""
    if pt.faults.strikes("clock_minus_day"):
        pt.books.clock_ahead_s -= 86_400
        record.at = pt.clock().strftime("%Y-%m-%dT%H:%M:%S")
    pt.books.approve(record)
    pt.ledger.write("approved", kind=record.kind, **record.facts())
    yield from progress(pt, Shown.APPROVED)
    yield from wait_for_removal(pt)
    if record.kind == "reversal" and pt.faults.strikes("reversal_unknown"):
        book(pt, record)
        yield Drop()
        return
    late = pt.faults.value("result_late")
    if late is not None:
        yield Pause(faults.seconds(late, 190))
    yield from mishap(pt, "before_result")
    yield from closes(pt, "drop_before_result")
    cause = yield from hand_over(pt, record, request)
    if pt.books.sync_ids and cause == "no_ack":
        cause = ""  # with receipt-number ids the terminal keeps it until the next command tells
    broken = pt.faults.value("abort_after_approval")
    if broken is not None and not cause:
        if broken == "booked":
            book(pt, record)
        else:
            yield from reverse_by_itself(pt, record)
        yield from finish(apdu.abort(CANCELLED))
        return
    if cause:
        yield from reverse_by_itself(pt, record)
        if cause == "too_often":
            yield Say(status_info.of_payment(pt, record, CANCELLED))
        yield from finish(apdu.abort(CANCELLED))
        return
    yield from mishap(pt, "before_booking")
    record.hidden = pt.faults.strikes("power_cut_lost_record")
    book(pt, record)
    if record.hidden:
        yield PowerCut(faults.CUT_OFF_S)
    yield from mishap(pt, "after_booking")
    yield from closes(pt, "close_before_completion")
    yield from finish(apdu.completion())


def hand_over(pt: Terminal, record: Record, request: Request) -> Part[str]:
    """04 0F and the receipt. Returns "" when all was acknowledged, else no_ack, rejected or too_often."""
    again = 0
    while True:
        message = status_info.of_payment(pt, record, 0)
        reply = yield from send_result(pt, message)
        if reply is None:
            return "no_ack"
        if reply.code == 0x849C:
            again += 1
            if again > request.again_times:
                return "too_often"
            yield from takes(pt, AGAIN_S)
        elif reply.code == 0x849D:
            delivered = partial_goods(reply, record)
            if delivered is None:
                return "rejected"
            record.amount_minor = delivered
            pt.books.approve(record)
        elif not reply.accepts:
            return "rejected"
        else:
            break
    yield from closes(pt, "drop_after_our_ack")
    for copy in (receipts.MERCHANT, receipts.CUSTOMER):
        lines = receipts.payment(record, copy, 0)
        printed = yield from receipts.print_out(pt, lines, copy, troubles=copy == receipts.MERCHANT)
        if not printed:
            return "no_ack"
    return ""


def send_result(pt: Terminal, message: Apdu) -> Part[Apdu | None]:
    """The status information with the faults around it. Returns the till's reply, if it counts."""
    if pt.faults.strikes("drop_after_result_before_our_ack"):
        yield Tell(message)
        yield Drop()
        return None
    value = pt.faults.value("power_off_after_result")
    if value is not None:
        yield Tell(message)
        yield PowerCut(faults.seconds(value, faults.CUT_OFF_S))
    reply = yield Say(message)
    if pt.faults.strikes("duplicate_result"):
        yield Say(message)
    if pt.faults.strikes("ack_lost"):
        return None
    return reply if isinstance(reply, Apdu) else None


def partial_goods(reply: Apdu, record: Record) -> int | None:
    """84 9D 07 04 <amount>: the till could deliver only so much."""
    try:
        amount = bitmaps.number(bitmaps.read(reply.data)[0x04])
    except (bitmaps.Malformed, KeyError):
        return None
    return amount if 0 < amount < record.amount_minor else None


def wait_for_removal(pt: Terminal) -> Steps:
    if pt.reader.inserted:
        yield from progress(pt, Shown.REMOVE)
        if not pt.instant:
            yield AwaitRemoval(REMOVAL_S)


def reverse_by_itself(pt: Terminal, record: Record) -> Steps:
    """Nobody acknowledged: the host is told to forget it."""
    yield from progress(pt, Shown.REVERSAL)
    yield from takes(pt, REVERSAL_S)
    pt.books.take_back(record)
    pt.ledger.write("auto_reversed", kind=record.kind, **record.facts())


EVENTS = {
    "sale": "charged",
    "refund": "refunded",
    "reversal": "reversed",
    "reservation": "reserved",
    "release": "released",
}


def book(pt: Terminal, record: Record) -> None:
    """Durable first, then true in the world."""
    pt.books.book(record)
    pt.ledger.write(EVENTS[record.kind], **record.facts())


def undo_out_of_step(pt: Terminal, claimed: int) -> None:
    """Tag 1F1F: the till's last valid id is one behind ours, so our last payment never reached it."""
    last = pt.books.last()
    if last is None or last.gone or last.kind not in ("sale", "refund"):
        return
    if pt.books.sync_ids and claimed == pt.books.sync_id - 1:
        taken = replace(last, kind="reversal", of=last.slip, of_trace=last.trace, gone=False)
        pt.books.number(taken)
        book(pt, taken)


Procedure = Callable[[Terminal, Turn, bytes], Steps]
