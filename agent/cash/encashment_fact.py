"""An encashment's document as the fact that HQ is told: when it is closed, and again when the box was counted."""

from __future__ import annotations

import msgspec

from fiscal.encashment import Encashment
from sync.store.batch import Outgoing
from sync.wire import facts

STREAM = "sales"
_FOUND = {None: "", True: "in", False: "out"}


def encashment_fact(document: Encashment, told_ms: int) -> Outgoing:
    state = "closed" if document.centre_minor is None else "counted"
    box = f"{document.kiosk}/{document.device}/{document.unit}/{document.period}"
    fact = facts.Encashment(
        kiosk=document.kiosk,
        device=document.device,
        unit=document.unit,
        period=document.period,
        number=document.number,
        state=state,
        told_ms=told_ms,
        from_ms=document.from_ms,
        to_ms=document.to_ms,
        serial=document.serial,
        currency=document.currency,
        counts=list(document.counts),
        counted=document.counted_minor,
        total=document.total_minor,
        operator=document.operator,
        unauthorised=document.unauthorised,
        doubts=[facts.Doubt(d.piece, d.value_minor, d.reason, d.order, _FOUND[d.found]) for d in document.doubts],
        brought=list(document.brought),
        filled=list(document.filled),
        left=list(document.left),
        paid=document.paid_minor,
        paid_certain=document.paid_certain,
        drift=document.drift,
        old_cassette=document.old_cassette,
        new_cassette=document.new_cassette,
        centre=document.centre_minor,
        centre_counts=list(document.centre),
        centre_by=document.centre_by,
        difference=document.difference_minor,
    )
    return Outgoing(STREAM, f"{box}/{state}", "encashment", 1, msgspec.json.encode(fact))
