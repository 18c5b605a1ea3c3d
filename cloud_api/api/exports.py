"""Whole tables by days, as a file that is streamed: for accounting and analysis, where a page of the API is too little.

GET /v1/export/{table}?from=2026-11-01&until=2026-11-30&format=csv|parquet
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import StreamingResponse

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs, refuse_store
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.export_formats import CSV, PARQUET, ParquetMissing, as_csv, as_parquet
from cloud_api.api.export_rows import TABLES, Days, pages_of
from cloud_api.api.paging import NAME, REFUSALS
from cloud_api.figures import day_bounds
from cloud_api.settings import Settings
from cloud_api.storage.business_day import number_of
from cloud_api.storage.storage import Storage
from cloud_api.store.readings import ALL_SHOPS

MOST_DAYS = 400
"""A year with its reports; who wants more asks for the next year."""


class TableName(StrEnum):
    SALES = "sales"
    LINES = "lines"
    PAYMENTS = "payments"
    STOCK = "stock"
    VISITS = "visits"


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


def exports_router(settings: Settings, storage: Storage) -> APIRouter:
    router = APIRouter(tags=["export"], responses=REFUSALS)

    @router.get(
        "/v1/export/{table}",
        summary="A table by days, streamed: sums in minor units, quantities in thousandths, instants in UTC ms",
        response_class=StreamingResponse,
        responses={
            200: {"description": "The file", "content": {"text/csv": {}, PARQUET: {}}},
            406: {"model": Refusal, "description": "This HQ was installed without Parquet"},
        },
    )
    async def export(
        table: TableName,
        first: Annotated[dt.date, Query(alias="from", description="business day, such as 2026-11-01")],
        until: Annotated[dt.date, Query(description="the last day, included")],
        asker: Annotated[Asker, needs(Scope.EXPORT_READ, by_store=True)],
        format: Format = Format.CSV,
        store: Annotated[str | None, NAME] = None,
    ) -> StreamingResponse:
        if not 2000 <= first.year <= until.year < 2100 or not 0 <= (until - first).days < MOST_DAYS:
            what = f"from, until: in this order, at most {MOST_DAYS} days. Ask for the others in another file."
            raise HTTPException(422, {"code": "too_many_days", "what": what})
        if store is not None:
            refuse_store(asker, store)
        stores = [store] if store is not None else [one for one in await _stores(storage) if asker.sees(one)]
        zone = ZoneInfo(settings.zone)
        days = Days(number_of(first), number_of(until), day_bounds(first, zone)[0], day_bounds(until, zone)[1])
        pages = pages_of(storage, table.value, stores, days)
        shape = TABLES[table.value]
        try:
            pieces = as_csv(shape, pages) if format is Format.CSV else as_parquet(shape, pages)
        except ParquetMissing:
            what = "This HQ writes no Parquet: install tillkeeper[export], or ask for format=csv."
            raise HTTPException(406, {"code": "no_parquet", "what": what}) from None
        name = f"{table.value}-{first}-{until}.{format.value}"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        begun = await _begun(pieces)
        return StreamingResponse(begun, headers=headers, media_type=CSV if format is Format.CSV else PARQUET)

    return router


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first piece is made before the answer begins: a busy storage is still a refusal then."""
    first = await anext(pieces, b"")

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of_them()


async def _stores(storage: Storage) -> list[str]:
    """Every store anything was ever told from."""
    return [
        str(row[0]) for row in await storage.rows(f"{ALL_SHOPS} SELECT DISTINCT store FROM device_place ORDER BY 1")
    ]
