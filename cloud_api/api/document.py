"""HQ's document of its API, made true: what FastAPI says of wrong parameters is not what HQ answers."""

from __future__ import annotations

from typing import Any

REFUSAL = {"$ref": "#/components/schemas/Refusal"}
BUSY = {"description": "Busy: see Retry-After", "content": {"application/json": {"schema": REFUSAL}}}
WRONG = {"description": "The address is not plain text", "content": {"application/json": {"schema": REFUSAL}}}
_VERBS = ("get", "post", "put", "patch", "delete")


def made_true(document: dict[str, Any]) -> None:
    """Every operation names the refusals that any of them may give; a wrong parameter is a Refusal."""
    for path, operations in document["paths"].items():
        for verb in _VERBS:
            operation = operations.get(verb)
            if operation is None:
                continue
            responses = operation.setdefault("responses", {})
            if "422" in responses:
                responses["422"] = {
                    "description": "A parameter is out of range",
                    "content": {"application/json": {"schema": REFUSAL}},
                }
            for status, told in responses.items():
                schemas_told = [one.get("schema") for one in told.get("content", {}).values()]
                if not status.startswith("2") and REFUSAL in schemas_told:
                    told["content"] = {"application/json": {"schema": REFUSAL}}  # whatever the answer itself is
            responses.setdefault("400", WRONG)
            if path != "/healthz":
                responses.setdefault("503", BUSY)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
