"""Turns an item of stream `visits` into rows, or says why it cannot; pure, like projections.py for the sales."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from cloud_api.customers.projection import KINDS as CUSTOMER_KINDS
from cloud_api.customers.projection import CustomerRows, project_customer
from cloud_api.projections import LIMIT, LONGEST_NAME, DoesNotFit, without_nul
from cloud_api.storage.storage import Row
from sync.wire.visit_facts import FORGET, HOUR, VISIT, BandFact, ForgetFact, HourFact, VisitFact

KINDS = frozenset({VISIT, HOUR, FORGET}) | CUSTOMER_KINDS
_VISIT = msgspec.json.Decoder(VisitFact)
_HOUR = msgspec.json.Decoder(HourFact)
_FORGET = msgspec.json.Decoder(ForgetFact)
_NAMES = re.compile(rb'"([^"\\]{1,%d})"' % LONGEST_NAME)
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A row of `visit` without its key (device, epoch, seq, store); told again, the later one counts."""

    row: Row


@dataclass(frozen=True, slots=True)
class VisitVoid:
    """A visit that was told before and is none any more."""

    id: str


@dataclass(frozen=True, slots=True)
class HourRow:
    """A row of `visit_hour` without its key; told again, the later one counts."""

    row: Row


VisitRows = VisitRow | VisitVoid | HourRow | ForgetFact | CustomerRows


def project_visit(kind: str, body: bytes) -> VisitRows:
    """What of a known kind is kept; DoesNotFit with the reason."""
    without_nul(body)
    if kind in CUSTOMER_KINDS:
        return project_customer(kind, body)
    try:
        match kind:
            case "visit":
                return _visit(_VISIT.decode(body))
            case "hour":
                return _hour(_HOUR.decode(body))
            case _:
                told = _FORGET.decode(body)
                _named(told.tombstone, told.person)
                _whole(told.at_ms)
                return told
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DoesNotFit(f"shape: {error}") from None


def names_in(body: bytes) -> set[str]:
    """Every string of a body: one of them may be a pseudonym, whatever the body is meant to be."""
    return {found.decode("utf-8", "replace") for found in _NAMES.findall(body)}


def _visit(told: VisitFact) -> VisitRow | VisitVoid:
    _named(told.id)
    if told.void:
        return VisitVoid(told.id)
    if len(told.person) > LONGEST_NAME:
        raise DoesNotFit("range: a pseudonym without an end")
    _whole(told.opened_ms, told.closed_ms, told.inside_s or 0)
    if not 0 <= told.confidence <= 1:
        raise DoesNotFit(f"range: confidence {told.confidence}")
    zones = msgspec.json.encode(told.zones).decode()
    who = (told.person, _millis(told.confidence), int(told.bought))
    return VisitRow((told.id, told.opened_ms, told.closed_ms, zones, told.inside_s, *who))


def _hour(told: HourFact) -> HourRow:
    counts = (told.visits, told.returning, told.receipts, told.entered or 0, told.left or 0)
    _whole(told.hour_ms, *counts)
    if min(counts) < 0 or told.returning > told.visits:
        raise DoesNotFit(f"range: {counts}")
    if told.hour_ms % _HOUR_MS:
        raise DoesNotFit(f"range: no hour begins at {told.hour_ms}")
    if not 0 <= told.coverage <= 1:
        raise DoesNotFit(f"range: coverage {told.coverage}")
    bands = (_band(told.people), _band(told.passers))
    row: Row = (told.hour_ms, told.visits, told.returning, told.receipts, told.entered, told.left, *bands)
    return HourRow((*row, _millis(told.coverage)))


def _band(band: BandFact | None) -> str | None:
    """As JSON: HQ shows a band as it was told and adds none up. Each part must be a number a page can draw."""
    if band is None:
        return None
    numbers = (band.value or 0.0, band.low80, band.high80, band.low95, band.high95)
    if not all(0 <= number <= LIMIT for number in numbers):
        raise DoesNotFit(f"range: {numbers}")
    if not 0 < len(band.said) <= LONGEST_NAME:
        raise DoesNotFit("range: a reason without an end")
    return msgspec.json.encode(band).decode()


def _millis(share: float) -> int:
    return round(share * 1000)


def _named(*names: str) -> None:
    if not all(names):
        raise DoesNotFit("no_number")
    if any(len(name) > LONGEST_NAME for name in names):
        raise DoesNotFit("range: a name without an end")


def _whole(*numbers: int) -> None:
    if max(numbers) > LIMIT or min(numbers) < -LIMIT:
        raise DoesNotFit(f"range: {str(max(numbers, key=abs))[:40]}")
