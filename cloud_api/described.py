"""Pieces of /openapi.json for doors whose bodies are msgspec structs: their schemas, and an answer that names one."""

from __future__ import annotations

from typing import Any

import msgspec


def schemas(*shapes: type[Any]) -> dict[str, object]:
    """JSON schemas of the structs, and of what they hold, by name."""
    _, parts = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    return dict(parts)


def answer(what: str, shape: type[Any]) -> dict[str, object]:
    ref = {"$ref": f"#/components/schemas/{shape.__name__}"}
    return {"description": what, "content": {"application/json": {"schema": ref}}}
