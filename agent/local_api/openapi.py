"""Puts the msgspec structs of the API into its OpenAPI document: one source for what is sent and what is described."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_PROBLEM = {
    "type": "object",
    "required": ["problem", "what"],
    "properties": {"problem": {"type": "string"}, "what": {"type": "string"}},
}
_SAYS = {400: "Malformed", 404: "Not found", 413: "Too large"}


def typed(answer: type, *problems: int, many: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: the struct on 200 (with `many` a list of them), a problem otherwise."""
    told = _described("The answer", answer.__name__)
    if many:
        schema = told["content"]["application/json"]["schema"]
        told["content"]["application/json"]["schema"] = {"type": "array", "items": schema}
    responses: dict[int | str, dict[str, Any]] = {200: told}
    responses |= {code: _described(_SAYS[code], "Problem") for code in (*problems, 403)} if problems else {}
    return responses


_SAYS[403] = "A foreign host or page"


def live(*problems: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a feed of events."""
    feed = {"description": "Events until the reader leaves", "content": {"text/event-stream": {}}}
    return {200: feed, **{code: _described(_SAYS[code], "Problem") for code in (*problems, 403)}}


def picture() -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that draws."""
    drawn = {"description": "The picture", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
    return {200: drawn, 400: _described(_SAYS[400], "Problem"), 403: _described(_SAYS[403], "Problem")}


def _described(what: str, schema: str) -> dict[str, Any]:
    return {
        "description": what,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def schemas_of(app: FastAPI, *structs: type) -> None:
    """Make `app.openapi()` carry these structs and everything they are made of."""
    _, components = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(components)
            schemas["Problem"] = _PROBLEM
            for operations in document["paths"].values():
                for operation in operations.values():
                    operation["responses"].setdefault("503", _described("Data on the disk cannot be read", "Problem"))
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
