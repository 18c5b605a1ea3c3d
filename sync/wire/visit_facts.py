"""What travels to HQ in stream `visits`: who came, hour by hour in numbers, and of those who agreed under a pseudonym.

Kinds: "visit" (VisitFact: one that is over), "hour" (HourFact: counts with their bands), both told again where they
changed, and the later one counts; "forget" (ForgetFact: HQ erases and answers with command "forgotten",
sync/wire/commands.py). Of customers: customer_facts.py. No key, address, phone, name or template has a field here.
`person` is the id of the consent to `analytics` under which the visit is told, "" for everybody else: it ends with that
consent, and who agrees anew is somebody new. (Agents of before told the shop's pseudonym there, and ask to forget that
too.)

The stream may be dropped when room is short, and HQ is told which range (`Dropped` in edge_log.py).
Additive only; instants UTC milliseconds.
"""

from __future__ import annotations

import msgspec

STREAM = "visits"
VISIT, HOUR, FORGET = "visit", "hour", "forget"
"""The kinds."""


class VisitFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """`inside_s` None: only a door camera saw the visitor. `confidence` that it was `person`, 0 to 1. `bought`: a sale
    was made in it. `void`: it was told before and counts no more: a late sighting made it part of another visit, or
    it turned out to be the staff's."""

    id: str
    opened_ms: int
    closed_ms: int
    zones: list[str]
    inside_s: int | None = None
    person: str = ""
    confidence: float = 0.0
    bought: bool = False
    void: bool = False


class BandFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure with its 80 and 95 % bands. `value` None: there is none, and `said` (sensors/estimate) tells why."""

    said: str
    value: float | None = None
    low80: float = 0.0
    high80: float = 0.0
    low95: float = 0.0
    high95: float = 0.0


class HourFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One hour (UTC, `hour_ms` is its beginning). `entered` and `left` over the door line, None without a camera.

    `visits` began in it, `returning` of them by people who had come before; `receipts` were closed in it. `people`: in
    the shop on average; `passers`: heard outside only. `coverage`: the share of the hour that the radar heard.
    """

    hour_ms: int
    visits: int
    returning: int
    receipts: int
    entered: int | None = None
    left: int | None = None
    people: BandFact | None = None
    passers: BandFact | None = None
    coverage: float = 0.0


class ForgetFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """`person` is to be erased at HQ: visits stay, nobody's. `tombstone` names the request, the answer carries it.

    `why` their consent ended: "withdrawn" and "person_erased" are the person's own word, which HQ carries to every shop
    of the chain where the same person agreed to the same (commands.py, "consent_ended"); "": only what is named here.
    """

    tombstone: str
    person: str
    at_ms: int
    why: str = ""
