"""Everything that is known of one person, as plain lists and dictionaries: the answer to "what do you have on me?".

One JSON document (GDPR art. 15, 152-FZ art. 14). Keys are told as what they are and since when; a face template is told
to exist, not printed: it is nothing that a person could read, and a printed one could be used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sensors.consent.ledger import Consent, Ledger
from sensors.consent.texts import TEXTS, shown
from sensors.identity.graph import Graph
from sensors.identity.profiles import View
from sensors.identity.records import Kind, kind_of
from sensors.visits.visit import Visit

FORMAT = "tillkeeper-person-1"


def export(
    subject: str,
    ledger: Ledger,
    graph: Graph,
    now: View,
    records: Iterable[str],
    visits: Iterable[Visit],
    personal: Mapping[str, str],
    at_ms: int,
) -> dict[str, Any]:
    """`records`: the person's own in the graph (a card, a phone); their profile's others follow from them.

    `personal` is what the erasable rows hold, by name ("phone": "+7..."); `visits` those that carry the identity.
    """
    consents = sorted(ledger.of_subject(subject), key=lambda one: (one.given.given_ms, one.given.consent_id))
    own = {record for record in records if record in now.of}
    own |= {record for one in consents for record in one.records if one.ended is None}
    profiles = {now.of[record] for record in own if record in now.of}
    held = sorted(own | {record for profile in profiles for record in now.profiles[profile].records})
    first_ms = graph.live_records()
    edges = [edge for edge in graph.live_edges() if edge.left in held or edge.right in held]
    return {
        "format": FORMAT,
        "made": _time(at_ms),
        "subject": subject,
        "personal": dict(sorted(personal.items())),
        "consents": [_consent(one) for one in consents],
        "keys": [
            {"kind": kind_of(one).value, "record": _told(one), "since": _time(first_ms[one])}
            for one in held
            if one in first_ms and kind_of(one) not in (Kind.VISIT, Kind.RECEIPT)
        ],
        "receipts": [_told(one) for one in held if kind_of(one) is Kind.RECEIPT],
        "links": [
            {
                "between": [_told(edge.left), _told(edge.right)],
                "rule": edge.rule.value,
                "evidence": edge.evidence,
                "bits": edge.bits,
                "model": edge.model,
                "at": _time(edge.at_ms),
                "by": edge.actor,
                "consents": list(edge.consents),
            }
            for edge in sorted(edges, key=lambda edge: (edge.at_ms, edge.edge))
        ],
        "not_this_person": [
            [_told(one), _told(other)] for one, other in sorted(graph.parted) if one in held or other in held
        ],
        "visits": [
            {
                "opened": _time(visit.opened_ms),
                "closed": _time(visit.closed_ms),
                "zones": list(visit.zones),
                "inside_s": None if visit.inside_ms is None else visit.inside_ms // 1000,
                "confidence": visit.confidence,
            }
            for visit in sorted(visits, key=lambda visit: (visit.opened_ms, visit.id))
        ],
    }


def _consent(consent: Consent) -> dict[str, Any]:
    given, ended = consent.given, consent.ended
    text = None
    if given.text_version in TEXTS[given.purpose]:
        text = shown(given.purpose, given.text_version, given.locale, given.controller, given.retention_days)
    return {
        "id": given.consent_id,
        "purpose": given.purpose.value,
        "text_version": given.text_version,
        "text_hash": given.text_hash,
        "text": text.text if text and text.hash == given.text_hash else None,
        "channel": given.channel.value,
        "locale": given.locale,
        "given": _time(given.given_ms),
        "proof": given.proof.value,
        "controller": given.controller,
        "retention_days": given.retention_days,
        "state": consent.phase.value,
        "ended": None if ended is None else {"at": _time(ended.at_ms), "why": ended.why.value},
    }


def _told(record: str) -> str:
    return f"{Kind.FACE.value}:(a sealed template)" if kind_of(record) is Kind.FACE else record


def _time(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).isoformat(timespec="milliseconds")
