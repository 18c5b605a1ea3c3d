"""What HQ tells a store (edge log v1, feeds down): rows that are in force, the newest of each key, in commit order.

    GET /v1/feed/{name}?feed=ID&since=N&limit=L&wait=W      `authorization: Bearer DEVICE_KEY`, `accept-encoding: zstd`
    200 FeedPage      what changed after version N; waits up to W seconds while nothing has
    404 Problem       no_feed: HQ has nothing of that name for this store
    410 Problem       resnapshot: N belongs to another feed, or is older than the tombstones HQ still keeps
    401 / 503         Problem: key unknown; busy: Retry-After

Without `feed` and `since` a feed is told from its beginning. A version is given in the order of commits: whoever has
everything up to N misses nothing that is committed later. A key stands in a page once at the most, so the order of rows
within a page means nothing, and a page may come twice. What a store may see is decided by its device's key: rows of
other zones and stores are never sent.

    feed        kind        row               key of a tombstone      in the shop
    catalogue   product     ProductRow        barcode                 the catalogue's file: what is scanned and sought
                price       PriceRow          price_key(from, code)   the same file, in force from its moment on
                regime      RegimeRow         regime_key(day, seller) the same file, in force from its day on
    shop        offer       OfferBody         key                     what a cashier may say to a guest
                customer    CustomerBody      key                     who agreed in the chain; their own offers
                stock       StockBody         barcode, or STOCK_AS_OF where else in the chain there is some
                promotion, order, config: kept as they came until somebody reads them

Rows of the shop's feed are ToldRow: a key and a body. A reader passes over a kind it does not know, remembers from
where on it did so, and asks from there again when it has learned the kind. Additive only: arrays grow at their end.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

CATALOGUE, SHOP = "catalogue", "shop"
"""The feeds."""
PRODUCT, PRICE, REGIME = "product", "price", "regime"
OFFER, PROMOTION, CUSTOMER, STOCK, ORDER, CONFIG = "offer", "promotion", "customer", "stock", "order", "config"
"""The kinds."""
SHOP_KINDS = frozenset({OFFER, PROMOTION, CUSTOMER, STOCK, ORDER, CONFIG})

MAX_ROWS = 5_000  # a page of prices has some 40 KB on the wire, one of products some 150 KB
MAX_WIRE_BYTES = 2 * 1024 * 1024
MAX_RAW_BYTES = 16 * 1024 * 1024
LONGEST_WAIT_S = 25  # proxies cut connections that say nothing for 30 to 60 s
DEAREST_MINOR = 1_000_000_00

AT_ONCE_MS = 0
"""`from_ms` of the price that is in force whatever the time is, until a dated one is."""

Barcode = Annotated[str, Meta(min_length=1, max_length=48)]
Minor = Annotated[int, Meta(ge=0, le=DEAREST_MINOR)]
Small = Annotated[int, Meta(ge=0, le=255)]
Word = Annotated[str, Meta(max_length=200)]
Vat = Literal[1, 2, 5, 6, 7, 8, 11]
"""Tag 1199: rates that are not "calculated" ones (fiscal/vat.py)."""
TaxSystemNumber = Literal[0, 1, 2, 4, 5]
SubjectNumber = Literal[1, 4, 10, 32, 33]


class FeedPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What follows `since`; `next` is the place after it, `more`: there is more already. `rows`, `gone`: by kind."""

    feed: str
    since: Annotated[int, Meta(ge=0, le=2**53)]
    next: Annotated[int, Meta(ge=0, le=2**53)]
    more: bool
    server_time_ms: int
    rows: dict[str, msgspec.Raw] = {}
    gone: dict[str, list[str]] = {}


class ProductRow(msgspec.Struct, frozen=True, array_like=True):
    """What a till must know of a product; the members are the columns of the shop's catalogue, in their order.

    `barcode` in the catalogue's one way (sync/wire/barcodes.py). `price_minor`: at once, in the store's zone. `vat` tag
    1199, `measure` 2108, `tax_system` 1055, `subject` 1212. 0 and "": none.
    """

    barcode: Barcode
    name: Annotated[str, Meta(min_length=1, max_length=1_000)]
    price_minor: Annotated[int, Meta(ge=1, le=DEAREST_MINOR)]
    vat: Vat
    measure: Small
    seller: Word
    tax_system: TaxSystemNumber
    subject: SubjectNumber
    marked_group: Word
    age: Annotated[int, Meta(ge=0, le=99)]
    least_price_minor: Minor
    greatest_price_minor: Minor
    discountable: Literal[0, 1]
    department: Small
    category: Word
    brand: Word


class PriceRow(msgspec.Struct, frozen=True, array_like=True):
    """A product's price in the store's zone from `from_ms` (UTC) on; AT_ONCE_MS takes the place of the one before."""

    barcode: Barcode
    from_ms: Annotated[int, Meta(ge=0, le=2**53)]
    price_minor: Annotated[int, Meta(ge=1, le=DEAREST_MINOR)]


class RegimeRow(msgspec.Struct, frozen=True, array_like=True):
    """A seller's tax system from `from_day` (the store's calendar) on. `vat`: the rate of its goods, 0: their own."""

    seller: Annotated[str, Meta(min_length=1, max_length=200)]
    from_day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    tax_system: TaxSystemNumber
    vat: Literal[0, 1, 2, 5, 6, 7, 8, 11] = 0


class ToldRow(msgspec.Struct, frozen=True, array_like=True):
    """A row of the shop's feed."""

    key: Annotated[str, Meta(min_length=1, max_length=200)]
    body: msgspec.Raw


class OfferBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a cashier may say; it changes no price. `until`: the last day (store's calendar), "": no end. `goods`:
    beginnings of barcodes (digits alone) or of words of product names; none: for everybody."""

    ru: Annotated[str, Meta(min_length=1, max_length=90)]
    en: Annotated[str, Meta(min_length=1, max_length=90)]
    until: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    goods: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)] = []


class PersonalOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An offer that HQ has chosen for one customer; members as in OfferBody."""

    offer: Annotated[str, Meta(min_length=1, max_length=100)]
    ru: Annotated[str, Meta(min_length=1, max_length=90)]
    en: Annotated[str, Meta(min_length=1, max_length=90)]
    until: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    goods: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)] = []


class CustomerBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who comes to this store and agreed, here or in another shop of the chain. The row's key is their id at
    HQ. `keys`: of customer_facts.customer_key. `analytics`, `marketing`: the consent under which a purchase, an offer
    is told; "" where there is none: then nothing may be. `offers` only under a consent to marketing."""

    keys: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)]
    analytics: Word = ""
    marketing: Word = ""
    offers: Annotated[list[PersonalOffer], Meta(max_length=20)] = []


STOCK_AS_OF = "/as-of"
"""The key of the one row of kind `stock` that names no product: how old all the others are."""
MANY_PIECES = 11
"""More than ten: a store that has many is not told of with each sale."""


class StockPlace(msgspec.Struct, frozen=True, array_like=True):
    """Another store. `pieces`: whole ones (of kilograms, litres), kept ones not among them; MANY_PIECES: or more."""

    store: Annotated[str, Meta(min_length=1, max_length=200)]
    pieces: Annotated[int, Meta(ge=1, le=MANY_PIECES)]


class StockBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of a product: `places`, those with the most first, never the store that reads it. Of STOCK_AS_OF: all rows are
    true as of `at_ms`, but of stores in `silent` only as of the moment up to which HQ knows what happened there."""

    places: Annotated[list[StockPlace], Meta(max_length=20)] = []
    at_ms: Annotated[int, Meta(ge=0, le=2**53)] = 0
    silent: dict[str, int] = {}


class CustomerAsked(msgspec.Struct, frozen=True):
    """The answer to GET /v1/customer/{kind}/{key}: a row of the feed before it comes by the feed."""

    customer: str
    body: CustomerBody


def price_key(from_ms: int, barcode: str) -> str:
    return f"{from_ms}/{barcode}"


def price_of_key(key: str) -> tuple[int, str] | None:
    """(from_ms, barcode); None for what is no such key."""
    moment, slash, barcode = key.partition("/")
    return (int(moment), barcode) if slash and barcode and moment.isascii() and moment.isdecimal() else None


def regime_key(from_day: str, seller: str) -> str:
    return f"{from_day}/{seller}"


def regime_of_key(key: str) -> tuple[str, str] | None:
    """(from_day, seller); None for what is no such key."""
    day, slash, seller = key.partition("/")
    return (day, seller) if slash and seller else None
