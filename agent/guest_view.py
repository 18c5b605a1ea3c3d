"""What a till is told of guests: who of those that agreed to be known is here, and the screen of one who agrees now.

Nothing waits for it: a page that has none of this shows none of it. Sums are whole minor units, instants UTC
milliseconds.
"""

from __future__ import annotations

import msgspec


class PurchaseView(msgspec.Struct, frozen=True):
    """A line of an earlier sale."""

    name: str
    sum_minor: int
    at_ms: int


class OfferView(msgspec.Struct, frozen=True):
    """Words for the cashier to say; it changes no price. `ru` and `en` are the shop's own text."""

    ru: str
    en: str


class GuestView(msgspec.Struct, frozen=True):
    """Somebody who agreed to be known and is here. `guest` names this coming, for the correction.

    `how` we know: wifi, face, card. `name` "" where none was given: then `tail`, the phone's last digits, is shown.
    `purchases`, `visits` and `last_ms` only under a consent to `analytics`, `offers` under one to `marketing`.
    """

    guest: str
    name: str
    tail: str
    how: str
    since_ms: int
    visits: int = 0
    last_ms: int = 0
    purchases: list[PurchaseView] = []
    offers: list[OfferView] = []


class AgreeText(msgspec.Struct, frozen=True):
    """A box, or what stands already (`consent`, since `given_ms`). `purpose`: analytics, marketing, face_id, wifi_id.
    `hash`: the first signs of the text's; a ticked box is told back as "purpose:hash"."""

    purpose: str
    version: str
    hash: str
    text: str
    consent: str = ""
    given_ms: int = 0


class AgreeScreen(msgspec.Struct, frozen=True):
    """The screen of a shopper who agrees, in the view's language: the shopper's while it is shown.

    `step`: phone, code, choose, keeping (since `since_ms`), face, done. `tail`: the number's last digits.
    `message`, of the code: sending, sent, not_sent, undeliverable; it is good until `until_ms`.
    `faces_why`: why no box is about the face, "" where one is. `name`: what they are called, where it is known.
    `face`: looking (until `until_ms`), seen, nobody, several, away, not_made. `may_look`: a face can be enrolled.
    `given`: the purposes that were recorded now. `said`: the code of a note about the last step, "" for none.
    """

    step: str
    tail: str
    message: str
    until_ms: int
    since_ms: int
    offered: list[AgreeText]
    standing: list[AgreeText]
    faces_why: str
    name: str
    given: list[str]
    face: str
    may_look: bool
    said: str
