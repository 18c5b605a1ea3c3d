"""What travels to HQ in stream `visits` about customers who agreed: their keys, purchases, what they were offered.

Kinds: "customer" (CustomerFact: one standing consent and the keys that hang on it; told again when another key came),
"purchase" (PurchaseFact: a sale that was theirs), "offer_event" (OfferFact). A consent ends with "forget"
(visit_facts.py) under its id: HQ then erases what is told here under it, at once and for good.

A key is a keyed hash (`customer_key`) under a secret of the chain that HQ gives its devices in the handshake
(`Welcome.customer_key`): all shops make the same key of the same number, and neither HQ's tables nor a shop's data
directory, where that secret never lies, can be guessed back into a telephone book. No number travels, and none is kept.

Consents and purchases are never dropped for want of room (NEVER_DROPPED), what was merely shown may be.
Additive only; instants UTC milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from sync.wire.visit_facts import FORGET

CUSTOMER, PURCHASE, OFFER_EVENT = "customer", "purchase", "offer_event"
"""The kinds."""
NEVER_DROPPED = (CUSTOMER, FORGET, PURCHASE)
"""A consent that HQ never heard of allows nothing there, but one whose end it never heard of would allow for ever."""
TOLD_AGAIN = (CUSTOMER, FORGET)
"""Kept for an HQ that comes back from a backup older than what a shop keeps of everything."""
ANALYTICS, MARKETING = "analytics", "marketing"
"""Purposes under which HQ knows a customer: their history, and their offers."""
PHONE, EMAIL, CARD, DEVICE = "phone", "email", "card", "device"
"""Kinds of keys. `device`: a pseudonym of the shop's network; each shop makes its own, so it joins no two shops."""
SHOWN, REDEEMED = "shown", "redeemed"


class CustomerKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """`key`: of `customer_key`. `tail`: the number's last digits, which dial nobody. `verified`: its holder proved it
    with a code that was sent there."""

    kind: str
    key: str
    tail: str = ""
    verified: bool = False


class CustomerFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """`text_hash` is of the text that was agreed to; the consent and its chain lie in the shop's ledger."""

    consent: str
    purpose: str
    text_version: str
    text_hash: str
    given_ms: int
    keys: list[CustomerKey]


class PurchaseFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """`sale` is one of stream `sales`. `how` its buyer is known: card, account, here (their device was), typed (their
    number was given). `consent`: to analytics, and given before."""

    sale: str
    consent: str
    at_ms: int
    how: str
    card: str = ""  # the key of a card of theirs that was shown


class OfferFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """`event`: shown (to a cashier who greets), redeemed (in `sale`). `consent`: to marketing."""

    event: str
    offer: str
    consent: str
    at_ms: int
    sale: str = ""


def customer_key(secret: bytes, kind: str, value: str) -> str:
    """`value`: a phone as E.164, a card as it is printed, an address of mail. Hex."""
    plain = value.strip().casefold() if kind == EMAIL else value.strip().upper()
    return hmac.new(secret, f"{kind}\n{plain}".encode(), hashlib.sha256).hexdigest()
