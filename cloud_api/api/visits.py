"""Visits of a store as its sensors counted them, without anything that could tell one person from another.

GET /v1/visits   oldest first; the day in figures is /v1/visitors
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs, refuse_store
from cloud_api.access.scopes import Scope
from cloud_api.api.paging import NAME, REFUSALS, Cursor, Limit, cursor_of, key_in
from cloud_api.storage.storage import Storage


@dataclass(frozen=True, slots=True)
class VisitAnswer:
    """`inside_s` null: nobody saw how long. `known`: somebody who agreed to be recognised."""

    id: str
    opened_ms: int
    closed_ms: int
    inside_s: int | None
    bought: bool
    known: bool


@dataclass(frozen=True, slots=True)
class Visits:
    """A page; `next` is the `after` of the following one, null on the last."""

    store: str
    visits: list[VisitAnswer]
    next: str | None


def visits_router(storage: Storage) -> APIRouter:
    router = APIRouter(tags=["visits"], responses=REFUSALS)

    @router.get("/v1/visits", summary="Visits of a store, oldest first")
    async def visits(
        asker: Annotated[Asker, needs(Scope.VISITS_READ, by_store=True)],
        store: Annotated[str, NAME],
        from_ms: Annotated[int, Query(ge=0, le=2**53)] = 0,
        after: Cursor = None,
        limit: Limit = 100,
    ) -> Visits:
        refuse_store(asker, store)
        last = key_in(after, tuple[int, str, str]) or (from_ms, "", "")
        rows = await storage.rows(
            "SELECT id, opened_ms, closed_ms, inside_s, bought, person, device FROM visit "
            "WHERE store=? AND (opened_ms, device, id) > (?, ?, ?) ORDER BY opened_ms, device, id LIMIT ?",
            (store, *last, limit + 1),
        )
        found = [
            VisitAnswer(id, opened_ms, closed_ms, inside_s, bool(bought), bool(person))
            for id, opened_ms, closed_ms, inside_s, bought, person, _ in rows[:limit]
        ]
        place = rows[limit - 1] if len(rows) > limit else None
        return Visits(store, found, cursor_of(place[1], place[6], place[0]) if place is not None else None)

    return router
