"""HQ's document of its API, made true: what FastAPI says of wrong parameters is not what HQ answers."""

from __future__ import annotations

from typing import Any

REFUSAL = {"$ref": "#/components/schemas/Refusal"}
BUSY = {"description": "Busy: see Retry-After", "content": {"application/json": {"schema": REFUSAL}}}
WRONG = {"description": "The address is not plain text", "content": {"application/json": {"schema": REFUSAL}}}
SAYS = {
    401: "No key, no session, or one that is not in force",
    403: "Whoever asks may not do this",
    404: "There is no such thing",
    409: "It cannot be done as things are now",
    413: "Too long",
    429: "Asked too often: see Retry-After",
}
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
            for status in _refusals(path, verb):
                responses.setdefault(str(status), _refused(status))
            responses.setdefault("400", WRONG)
            if path != "/healthz":
                responses.setdefault("503", BUSY)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _refusals(path: str, verb: str) -> list[int]:
    """What the gate and the doors may say of any request, beside what each names itself."""
    if path == "/healthz":
        return []
    of_all = [401, 403, 429]
    return of_all + ([404] if "{" in path else []) + ([409, 413] if verb != "get" else [])


def _refused(status: int) -> dict[str, Any]:
    return {"description": SAYS[status], "content": {"application/json": {"schema": REFUSAL}}}
