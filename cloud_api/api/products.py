"""What is sold and for how much: products and prices by price zone, for systems that show them; prices can be set.

GET  /v1/products         by code, with the price at once and dated ones of a zone
GET  /v1/products/{sku}
POST /v1/prices           sets prices of a zone, at once or from a moment on; the same ones again change nothing
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, HTTPException, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.access.gate import needs
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.bodies import Name, asks, body_as
from cloud_api.api.paging import REFUSALS, Cursor, Limit, cursor_of, key_in
from cloud_api.described import schemas
from cloud_api.live import Bell
from cloud_api.storage.storage import Reading, Storage
from cloud_api.telling.goods import NotSold, put_prices
from cloud_api.telling.heads import DEFAULT_ZONE, feed_of, head_of
from sync.wire.feed import AT_ONCE_MS, CATALOGUE, DEAREST_MINOR, PriceRow

MOST_PRICES = 1_000
_COLUMNS = (
    "p.sku, p.name, p.vat, p.measure, p.seller, p.marked_group, p.age, p.department, p.category, p.brand, z.price_minor"
)
Zone = Annotated[str, Query(min_length=1, max_length=200, description="price zone")]


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """In force from a moment on, UTC milliseconds."""

    from_ms: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """`price_minor` is today's price unless one of `dated` has begun; `vat` and `measure` are numbers of the law's
    tables."""

    sku: str
    name: str
    vat: int
    measure: int
    seller: str
    marked_group: str
    age: int
    department: int
    category: str
    brand: str
    price_minor: int
    dated: list[DatedPrice]


@dataclass(frozen=True, slots=True)
class Products:
    """A page; `next` is the `after` of the following one, null on the last."""

    zone: str
    products: list[ProductAnswer]
    next: str | None


@dataclass(frozen=True, slots=True)
class PricesSet:
    """How many prices are other than before."""

    changed: int


class PriceTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`from_ms` 0: at once."""

    sku: Annotated[str, Name]
    price_minor: Annotated[int, msgspec.Meta(ge=1, le=DEAREST_MINOR)]
    from_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = AT_ONCE_MS


class PricesTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prices: Annotated[list[PriceTold], msgspec.Meta(min_length=1, max_length=MOST_PRICES)]
    zone: Annotated[str, Name] = DEFAULT_ZONE


def products_router(storage: Storage, told: Bell, now_ms: Callable[[], int]) -> APIRouter:
    """`told` wakes the stores that wait for news."""
    router = APIRouter(tags=["products"], responses=REFUSALS)
    may_read = [needs(Scope.PRODUCTS_READ, by_store=True)]  # goods and prices are no store's own

    @router.get(
        "/v1/products",
        summary="Products on sale in a price zone, by code",
        dependencies=may_read,
        responses={304: {"description": "Nothing has changed since the ETag"}},
        response_model=Products,
    )
    async def products(
        zone: Zone = DEFAULT_ZONE,
        after: Cursor = None,
        limit: Limit = 100,
        if_none_match: Annotated[str, Header(max_length=200)] = "",
    ) -> Any:
        sku = key_in(after, tuple[str]) or ("",)
        etag = await _etag(storage, zone)
        headers = {"ETag": etag} if etag else {}
        if etag and if_none_match == etag:
            return Response(status_code=304, headers=headers)
        rows = await storage.rows(
            f"SELECT {_COLUMNS} FROM zone_price z JOIN product p ON p.sku=z.sku "
            "WHERE z.zone=? AND z.from_ms=0 AND z.gone=0 AND p.gone=0 AND z.sku>? ORDER BY z.sku LIMIT ?",
            (zone, *sku, limit + 1),
        )
        page = await _answers(storage, zone, rows[:limit])
        found = Products(zone, page, cursor_of(page[-1].sku) if len(rows) > limit else None)
        return Response(msgspec.json.encode(found), headers=headers, media_type="application/json")

    @router.get(
        "/v1/products/{sku}",
        summary="One product in a price zone",
        dependencies=may_read,
        responses={404: {"model": Refusal}},
    )
    async def product(sku: Annotated[str, Path(max_length=200)], zone: Zone = DEFAULT_ZONE) -> ProductAnswer:
        rows = await storage.rows(
            f"SELECT {_COLUMNS} FROM zone_price z JOIN product p ON p.sku=z.sku "
            "WHERE z.zone=? AND z.sku=? AND z.from_ms=0 AND z.gone=0 AND p.gone=0",
            (zone, sku),
        )
        if not rows:
            raise HTTPException(404, {"code": "no_product", "what": f"{sku} is not sold in the zone {zone}."})
        return (await _answers(storage, zone, rows))[0]

    @router.post(
        "/v1/prices",
        summary="Set prices of a zone",
        dependencies=[needs(Scope.PRICES_WRITE)],
        responses={409: {"model": Refusal}, 413: {"model": Refusal}},
        openapi_extra=asks(PricesTold),
    )
    async def prices(request: Request) -> PricesSet:
        wanted = (await body_as(request, PricesTold)).told
        rows = [PriceRow(one.sku, one.from_ms, one.price_minor) for one in wanted.prices]
        if len({(one.sku, one.from_ms) for one in wanted.prices}) < len(rows):
            raise HTTPException(409, {"code": "twice", "what": "A product has two prices from the same moment."})
        try:
            async with storage.transaction(None) as transaction:
                changed = await put_prices(transaction, wanted.zone, rows, now_ms=now_ms())
        except NotSold as wrong:
            what = f"Not sold in the zone {wanted.zone}, so there is no price to change: {wrong}"
            raise HTTPException(409, {"code": "not_sold", "what": what}) from None
        if changed:
            told.ring()
        return PricesSet(changed)

    return router


async def _etag(reading: Reading, zone: str) -> str:
    """Changes with every change of any zone's goods: one row says so."""
    head = await head_of(reading, CATALOGUE)
    return f'"{feed_of(head, zone)}-{head.version}"' if head is not None else ""


async def _answers(reading: Reading, zone: str, rows: Sequence[tuple[Any, ...]]) -> list[ProductAnswer]:
    dated: dict[str, list[DatedPrice]] = {}
    found = await reading.rows(
        f"SELECT sku, from_ms, price_minor FROM zone_price WHERE zone=? AND {reading.dialect.among('sku')} "
        "AND from_ms>0 AND gone=0 ORDER BY sku, from_ms",
        (zone, reading.dialect.asked([str(row[0]) for row in rows])),
    )
    for sku, from_ms, price_minor in found:
        dated.setdefault(str(sku), []).append(DatedPrice(from_ms, price_minor))
    return [_filled(row, dated.get(str(row[0]), [])) for row in rows]


def _filled(row: tuple[Any, ...], dated: list[DatedPrice]) -> ProductAnswer:
    sku, name, vat, measure, seller, marked_group, age, department, category, brand, price_minor = row
    return ProductAnswer(
        sku, name, vat, measure, seller, marked_group, age, department, category, brand, price_minor, dated
    )


def product_schemas() -> dict[str, object]:
    """JSON schemas of what is asked, for /openapi.json."""
    return schemas(PricesTold)
