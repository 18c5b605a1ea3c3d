"""Asks the terminal what it did last (06 20) and judges whether that was our operation.

    06 20 LEN password3 03 service      service 01: with the 04 0F of the last transaction; 02: without paper
    04 0F ... | 06 D1 ... | 06 0F       <- the copy

It can only be asked for a copy of the last transaction, so two equal sums in a row must be told apart: the record
counts as ours only above the slip or trace that was read before the operation was sent.
Source: VdTH PA00P015 rev 13.08; the rules of matching are ours.
"""

from __future__ import annotations

import datetime as dt

from drivers.payment_terminals.contract import (
    Baseline,
    CannotTell,
    CardOperation,
    CardRequest,
    Charged,
    NotCharged,
    Verdict,
)
from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.apdu import Apdu
from drivers.payment_terminals.zvt.clocks import record_time
from drivers.payment_terminals.zvt.exchange import Ended, run
from drivers.payment_terminals.zvt.patience import Patience
from drivers.payment_terminals.zvt.records import Record
from drivers.payment_terminals.zvt.results import AT_WORK, CANCELLED, NOT_POSSIBLE, ZvtRefused, result_text
from drivers.wire.dialogue import Dialogue

WITH_RECORD, WITHOUT_PAPER = 0x01, 0x02
LAST_SLIP, LAST_TRACE = 9999, 999_999  # then they begin again with 1


def repeat_receipt(password: bytes, service: int, patience: Patience) -> Dialogue[Ended]:
    return (yield from run(Apdu(0x0620, password + bytes([bitmaps.SERVICE, service])), patience))


def last_record(password: bytes, patience: Patience) -> Dialogue[Record | None]:
    """The terminal's last transaction without paper, None if it has none. ZvtRefused while it is at work."""
    for service in (WITH_RECORD | WITHOUT_PAPER, WITH_RECORD):
        try:
            ended = yield from repeat_receipt(password, service, patience)
        except ZvtRefused as refused:
            if refused.byte in AT_WORK:
                raise
            continue
        if ended.reports:
            return Record(ended.reports[-1])
    return None


def later(number: int, before: int, last: int) -> bool:
    """Whether a number of a counter that wraps from `last` to 1 was given after `before` (0: none before)."""
    if number == 0 or number == before:
        return False
    return before == 0 or (number - before) % last < last // 2


def judge(
    request: CardRequest, record: Record, terminal_id: str, skew: dt.timedelta, lines: tuple[str, ...]
) -> Verdict:
    """Is the terminal's last record our operation? Amount alone never decides. Garbled if a needed field is hidden."""
    baseline = request.baseline
    if record.terminal_id(terminal_id) != baseline.terminal_id:
        return CannotTell("zvt.other_terminal")
    if not (later(record.slip, baseline.slip, LAST_SLIP) or later(record.trace, baseline.trace, LAST_TRACE)):
        return NotCharged("zvt.older_record", final=False, absent=True)
    # Something happened on the terminal after we asked. Only a record that fits in everything is ours; one that does
    # not may lie on top of ours, and then the terminal cannot tell.
    if not record.approved and record.sum_fits(request):
        return NotCharged(result_text(record.code), final=record.names_sum(request))
    if not record.names_sum(request):
        return CannotTell("zvt.other_operation")
    if record.takes_back and request.operation is not CardOperation.REVERSAL:
        # Its own reversal looks like a second approval of the same sum.
        if later(record.takes_back, baseline.trace, LAST_TRACE):
            return NotCharged(result_text(CANCELLED), final=False)
        return CannotTell("zvt.other_operation")
    at = record_time(record.fields, request.sent_at)
    if at is None or at < request.sent_at.replace(tzinfo=None) - skew:
        return CannotTell("zvt.clock")
    return Charged(record.result(request, terminal_id, lines))


def judge_refusal(baseline: Baseline, code: int) -> Verdict:
    """The terminal would not repeat anything: proof of nothing, unless it had nothing to repeat before either."""
    if code in AT_WORK:
        return CannotTell(result_text(code))
    if code != NOT_POSSIBLE and baseline.slip == 0 and baseline.trace == 0:
        return NotCharged("zvt.nothing_to_repeat", final=False, absent=True)
    return CannotTell("zvt.no_record")
