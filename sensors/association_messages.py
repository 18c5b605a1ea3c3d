"""What the association program and the agent tell each other over the Unix socket: keys, consents, and how it fares.

    | length (4, big-endian) | JSON |     one message after the other, both ways

    program ──> agent                                          agent ──> program
    {"type":"hello","sensor":"wifi","boot":"..."}  first       {"type":"known","keys":[...],"first":true,"last":true}
    {"type":"came","sighting":{...},"agreed":true,"was":""}    {"type":"forget","keys":[...]}
    {"type":"left","sighting":{...},"agreed":false}            {"type":"taken","seq":812}
    {"type":"pulse","at_ms":...,"counts":{...}}  each few s
    {"type":"gives","ask":"...","phone":"+7...",...}      ──>  {"type":"recorded","ask":"...","refused":""}
    {"type":"withdraws","ask":"...","phone":...}          ──>  {"type":"recorded","ask":"...","refused":""}
    {"type":"lists","ask":"...","phone":...}              ──>  {"type":"standing","ask":"...","consents":[...]}
    {"type":"exports","ask":"...","phone":...}            ──>  {"type":"exported","ask":"...","document":"{...}"}

No address and no network's name has a field here. A phone number has one, in the four messages that a person caused
who has just confirmed the number by a code, and in the first of them what they want to be called. These go over this
private socket (mode 0660, the shop's own group) to the agent, which keeps them in the table of rows that can be erased
and nowhere else. They wait in no queue: where the agent is away, the person is told so. None of the four prints a
number or a name in its `repr`.

A sighting told twice has one id and counts once; a consent told twice has one `consent_id` and is recorded once.
Both sides import this file; it stands on msgspec and on the pure rooms of the sensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sensors.consent.facts import Bound, Channel, Given, Proof, Purpose
from sensors.framed import MessageReader, NotAMessage, framed
from sensors.identity.records import Kind, record_id
from sensors.sighting import Sighting

__all__ = ["NotAMessage"]

MOST_BYTES = 1 << 20
"""The export of a person with some thousand visits. Whoever announces more is neither side."""
KEYS_AT_ONCE = 1_000
"""Keys in one Known: 40 KB."""
DAY_MARK = "day-"
"""What the key of a device begins with whose owner did not agree: it is another one tomorrow."""
LONGEST_NAME = 40


def is_name(text: str) -> bool:
    """May somebody be called that? What a page, a till and a line of text can show."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip()


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """`sensor`: the program's name in the shop; `boot` is drawn at each start, and sightings carry it."""

    sensor: str
    boot: str


class Came(msgspec.Struct, frozen=True, tag="came"):
    """A device is on the shop's network: just joined, or still there.

    `sighting.key` returns where `agreed` (its owner's consent to `wifi_id` stands), else it is the day's, to count by.
    `was`: the day's key under which the same device was told until its owner agreed; "" otherwise. The visit goes on.
    """

    sighting: Sighting
    agreed: bool
    was: str = ""


class Left(msgspec.Struct, frozen=True, tag="left"):
    sighting: Sighting
    agreed: bool


class Pulse(msgspec.Struct, frozen=True, tag="pulse"):
    """Counters since the program began, by name: "radius.wrong_secret", "portal.codes_sent", "unsent" ...

    `present`: devices joined now. `known`: keys with a consent that the agent told.
    """

    at_ms: int
    present: int
    known: int
    counts: dict[str, int]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """One ticked box: which text, as it was shown."""

    consent_id: str
    purpose: Purpose
    text_version: str
    text_hash: str
    locale: str
    retention_days: int


class Gives(msgspec.Struct, frozen=True, kw_only=True, tag="gives"):
    """A guest confirmed a phone by a code and agreed. `key`: the device's returning key, where `wifi_id` was ticked.

    `was`: the day's key of the same device. `proof_id`: names the code that was typed, not the code. `name`: what they
    want to be called, "" for nothing; LONGEST_NAME characters at most, none of them a control character.
    """

    ask: str
    phone: str
    agreements: tuple[Agreement, ...]
    controller: str
    given_ms: int
    proof_id: str
    key: str = ""
    was: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if self.name and not is_name(self.name):
            raise ValueError("this is no name")

    def __repr__(self) -> str:
        return f"Gives({self.ask}, {[one.purpose.value for one in self.agreements]})"


class Withdraws(msgspec.Struct, frozen=True, kw_only=True, tag="withdraws"):
    """The holder of this phone, confirmed by a code, ends these consents. Ids that are not theirs are refused."""

    ask: str
    phone: str
    consent_ids: tuple[str, ...]
    at_ms: int
    proof_id: str

    def __repr__(self) -> str:
        return f"Withdraws({self.ask}, {len(self.consent_ids)})"


class Lists(msgspec.Struct, frozen=True, kw_only=True, tag="lists"):
    """Which consents of this phone stand?"""

    ask: str
    phone: str
    proof_id: str

    def __repr__(self) -> str:
        return f"Lists({self.ask})"


class Exports(msgspec.Struct, frozen=True, kw_only=True, tag="exports"):
    """Everything the shop holds about this phone's holder (sensors/consent/export.py)."""

    ask: str
    phone: str
    proof_id: str

    def __repr__(self) -> str:
        return f"Exports({self.ask})"


class Known(msgspec.Struct, frozen=True, tag="known"):
    """Returning keys with a standing consent, after each Hello and when some are added.

    `first`: these take the place of all before; `last`: the list is whole.
    """

    keys: tuple[str, ...]
    first: bool
    last: bool


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """These keys' consents ended: here, at another till, at HQ."""

    keys: tuple[str, ...]


class Taken(msgspec.Struct, frozen=True, tag="taken"):
    """The agent has every sighting of this connection's program up to `seq`; what is not taken is told again."""

    seq: int


class Recorded(msgspec.Struct, frozen=True, tag="recorded"):
    """It is durable, or why not: a code of sensors/consent/admission.py, "unknown_consent", "consent_ended" (it was
    given once and has ended), "consent_id_taken", "ledger_broken", or "no_room": nothing was kept, and it may be asked
    again."""

    ask: str
    refused: str = ""


class StandingConsent(msgspec.Struct, frozen=True, kw_only=True):
    """`retention_days` and `controller` as they were agreed to: with them texts.shown gives the very text."""

    consent_id: str
    purpose: Purpose
    text_version: str
    given_ms: int
    controller: str
    retention_days: int


class Standing(msgspec.Struct, frozen=True, tag="standing"):
    ask: str
    consents: tuple[StandingConsent, ...]


class Exported(msgspec.Struct, frozen=True, tag="exported"):
    """`document`: JSON, as it is to be handed over; "" where nothing is held."""

    ask: str
    document: str

    def __repr__(self) -> str:
        return f"Exported({self.ask})"


Ask = Gives | Withdraws | Lists | Exports
Answer = Recorded | Standing | Exported
ToAgent = Hello | Came | Left | Pulse | Gives | Withdraws | Lists | Exports
FromAgent = Known | Forget | Taken | Recorded | Standing | Exported


def encoded(message: ToAgent | FromAgent) -> bytes:
    """Length and JSON. Raises NotAMessage where it is longer than the other side reads."""
    return framed(message, MOST_BYTES)


def at_the_agent() -> MessageReader[ToAgent]:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ToAgent)
    return MessageReader(decoder, MOST_BYTES)


def at_the_program() -> MessageReader[FromAgent]:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(FromAgent)
    return MessageReader(decoder, MOST_BYTES)


def facts_of(told: Gives, subject: str, draw_salt: Callable[[], str]) -> tuple[Given | Bound, ...]:
    """What the agent writes into its ledger: a fact for each box, and what hangs on them.

    `subject`: the agent's pseudonym of whoever holds the phone. Only `wifi_id` binds the device's key.
    """
    facts: list[Given | Bound] = []
    for one in told.agreements:
        facts.append(given_by(told, one, subject))
        if one.purpose is Purpose.WIFI_ID and told.key:
            record = record_id(Kind.MAC, told.key)
            facts.append(Bound(consent_id=one.consent_id, record=record, at_ms=told.given_ms, salt=draw_salt()))
    return tuple(facts)


def given_by(told: Gives, one: Agreement, subject: str) -> Given:
    """The fact of one box. Nobody's age was asked: no purpose of the portal needs it."""
    return Given(
        consent_id=one.consent_id,
        subject=subject,
        purpose=one.purpose,
        text_version=one.text_version,
        text_hash=one.text_hash,
        channel=Channel.PORTAL,
        locale=one.locale,
        given_ms=told.given_ms,
        proof=Proof.CODE,
        proof_id=told.proof_id,
        controller=told.controller,
        retention_days=one.retention_days,
        of_age=False,
    )
