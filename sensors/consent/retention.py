"""What has stood long enough: consents to end, erasures to tell again, as a function of the time and the ledger.

Run it each night, or twice: what was done is in the ledger, and nothing is due a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sensors.consent.facts import Purpose, TombstoneSet, Why
from sensors.consent.ledger import Ledger

DAY_MS = 86_400_000
SEEN_PROLONGS = frozenset({Purpose.WIFI_ID, Purpose.FACE_ID})
"""Their texts count the days without a visit; the others count from the day of the consent."""
TELL_AGAIN_MS = 3_600_000
"""A place that is away is told each hour; a day without an answer is shown to a person."""
OVERDUE_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class Due:
    """`end`: consents to end now and why. `tell`: tombstones to send (again). `overdue`: those a person should see."""

    end: tuple[tuple[str, Why], ...]
    tell: tuple[TombstoneSet, ...]
    overdue: tuple[TombstoneSet, ...]


def due(
    ledger: Ledger,
    now_ms: int,
    last_seen_ms: Mapping[str, int],
    told_ms: Mapping[str, int] | None = None,
    lawful: frozenset[Purpose] = frozenset(Purpose),
) -> Due:
    """`last_seen_ms` is a subject's last visit, `told_ms` when a tombstone was last sent.

    `lawful`: the purposes that the country still allows; consents to others end, with everything bound to them.
    """
    told_ms = told_ms or {}
    ending: list[tuple[str, Why]] = []
    for consent_id, consent in sorted(ledger.consents.items()):
        given = consent.given
        if consent.ended is not None:
            continue
        if given.purpose not in lawful:
            ending.append((consent_id, Why.NOT_LAWFUL))
            continue
        prolongs = given.purpose in SEEN_PROLONGS
        since_ms = max(given.given_ms, last_seen_ms.get(given.subject, 0)) if prolongs else given.given_ms
        if now_ms - since_ms >= given.retention_days * DAY_MS:
            ending.append((consent_id, Why.UNSEEN if prolongs else Why.RETENTION))
    pending = tuple(ledger.pending())
    return Due(
        tuple(ending),
        tuple(one for one in pending if now_ms - told_ms.get(one.tombstone, -TELL_AGAIN_MS) >= TELL_AGAIN_MS),
        tuple(one for one in pending if now_ms - one.at_ms >= OVERDUE_MS),
    )
