"""What a till is told of guests: who of those that agreed to be known is here, for the cashier to greet.

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
