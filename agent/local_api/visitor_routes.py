"""The visitors' part of the HTTP API: the day in numbers, each with its band."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from agent.local_api.bodies import JSON, encode
from agent.local_api.openapi import typed
from agent.visitors.view import FigureView, HourView, SensorView, VisitorsView
from agent.wiring import Shop

VISITOR_STRUCTS = (VisitorsView, FigureView, HourView, SensorView)


def add_visitor_routes(app: FastAPI, shop: Shop) -> None:
    @app.get(
        "/api/visitors",
        summary="The day's visitors, with the error of every figure",
        responses=typed(VisitorsView, 404),
    )
    async def visitors() -> Response:
        if shop.visitors is None:
            return JSONResponse({"problem": "no_sensors", "what": "This shop has no section [visitors]."}, 404)
        return Response(encode(shop.visitors.reader.view()), media_type=JSON)
