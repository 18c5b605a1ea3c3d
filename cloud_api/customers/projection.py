"""Reads a fact about a customer from stream `visits`, or says why it cannot; pure, like the other projections."""

from __future__ import annotations

import re

import msgspec

from cloud_api.projections import LIMIT, LONGEST_NAME, DoesNotFit
from sync.wire.customer_facts import (
    ANALYTICS,
    CARD,
    CUSTOMER,
    DEVICE,
    EMAIL,
    MARKETING,
    OFFER_EVENT,
    PHONE,
    PURCHASE,
    REDEEMED,
    SHOWN,
    CustomerFact,
    OfferFact,
    PurchaseFact,
)

KINDS = frozenset({CUSTOMER, PURCHASE, OFFER_EVENT})
KEY_KINDS = frozenset({PHONE, EMAIL, CARD, DEVICE})
MOST_KEYS = 20
"""A person has a telephone or two, an address and a few cards; more is no person."""
LONGEST_TAIL = 4
"""Digits that tell two customers apart and dial nobody; a longer "tail" would be the number."""
_HASH = re.compile("[0-9a-f]{64}")
_CUSTOMER = msgspec.json.Decoder(CustomerFact)
_PURCHASE = msgspec.json.Decoder(PurchaseFact)
_OFFER = msgspec.json.Decoder(OfferFact)

CustomerRows = CustomerFact | PurchaseFact | OfferFact


def project_customer(kind: str, body: bytes) -> CustomerRows:
    """DoesNotFit with the reason; it must not repeat what was sent, which may be a number in the clear."""
    try:
        match kind:
            case "customer":
                return _customer(_CUSTOMER.decode(body))
            case "purchase":
                bought = _PURCHASE.decode(body)
                _named(bought.sale, bought.consent, bought.how)
                _keyed(*([bought.card] if bought.card else []))
                _moment(bought.at_ms)
                return bought
            case _:
                told = _OFFER.decode(body)
                _named(told.offer, told.consent)
                if told.event not in (SHOWN, REDEEMED) or len(told.sale) > LONGEST_NAME:
                    raise DoesNotFit("state: neither shown nor redeemed")
                _moment(told.at_ms)
                return told
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DoesNotFit(f"shape: {error}") from None


def _customer(told: CustomerFact) -> CustomerFact:
    _named(told.consent, told.purpose, told.text_hash)
    if len(told.text_version) > LONGEST_NAME:
        raise DoesNotFit("range: a version without an end")
    if told.purpose not in (ANALYTICS, MARKETING):
        raise DoesNotFit("state: HQ knows nobody for such a purpose")
    if not 0 < len(told.keys) <= MOST_KEYS:
        raise DoesNotFit(f"range: {len(told.keys)} keys")
    if any(one.kind not in KEY_KINDS or len(one.tail) > LONGEST_TAIL for one in told.keys):
        raise DoesNotFit("state: a key of no kind, or one with a number beside it")
    _keyed(*(one.key for one in told.keys))
    _moment(told.given_ms)
    return told


def _keyed(*keys: str) -> None:
    if not all(_HASH.fullmatch(one) for one in keys):
        raise DoesNotFit("shape: a key that is not hashed")


def _named(*names: str) -> None:
    if not all(names):
        raise DoesNotFit("no_number")
    if any(len(name) > LONGEST_NAME for name in names):
        raise DoesNotFit("range: a name without an end")


def _moment(at_ms: int) -> None:
    if not 0 <= at_ms <= LIMIT:
        raise DoesNotFit("range: a moment")
