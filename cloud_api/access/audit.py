"""The log of what people, keys and this machine changed at HQ. Rows are added and never changed or taken away.

    at_ms  who  kind  what            target            outcome
           anna user  devices.revoke  kazan-till-1      done | refused: code | failed

`what` is the route's or the command's name, `target` what it was done to; no body, no password, no secret is written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud_api.access.asker import Asker, AskerKind
from cloud_api.storage.storage import Reading, Storage, StorageBusy

_OF_AUDIT = "/* global: the log of actions */"
_COLUMNS = "at_ms, n, who, kind, what, target, outcome"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST = 300  # characters of a target
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`place` is the row's own, for the next page."""

    at_ms: int
    place: str
    who: str
    kind: str
    what: str
    target: str
    outcome: str


class Audit:
    """Writes rows; `draw(n)` gives the random bytes that tell rows of one moment apart."""

    def __init__(self, storage: Storage, now_ms: Callable[[], int], draw: Callable[[int], bytes]) -> None:
        self._storage, self._now_ms, self._draw = storage, now_ms, draw

    async def note(self, who: str, kind: AskerKind, what: str, target: str, outcome: str) -> None:
        """Durable when this returns. Where the storage is busy the row goes to the program's own log: what was done is
        done, and the person is told so."""
        row = (self._now_ms(), self._draw(8).hex(), who, kind.value, what, target[:LONGEST], outcome[:LONGEST])
        try:
            async with self._storage.transaction(None) as transaction:
                await transaction.write(
                    f"{_OF_AUDIT} INSERT INTO audit(at_ms, n, who, kind, what, target, outcome) VALUES(?,?,?,?,?,?,?)",
                    row,
                )
        except StorageBusy as busy:
            log.error("a row of the audit log was not stored (%s): %s", busy, row)


async def audit_rows(
    storage: Reading, *, who: str = "", what: str = "", before: str = "", limit: int = 50
) -> tuple[list[AuditRow], str | None]:
    """Newest first. `who` and `what` by their beginnings; `before`: the place of the last row of the page before."""
    conditions, values = ["1=1"], list[object]()
    for column, text in (("who", who), ("what", what)):
        if text:
            conditions.append(f"{column} >= ? AND {column} < ?")
            values += [text, text + "\U0010ffff"]
    at, _, n = before.partition(".")
    if at.isdecimal() and len(at) <= 18:
        conditions.append("(at_ms, n) < (?, ?)")
        values += [int(at), n]
    rows = await storage.rows(
        f"{_OF_AUDIT} SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(conditions)} "
        "ORDER BY at_ms DESC, n DESC LIMIT ?",
        (*values, limit + 1),
    )
    page = [AuditRow(row[0], f"{row[0]}.{row[1]}", *row[2:]) for row in rows[:limit]]
    return page, page[-1].place if len(rows) > limit else None


class AuditEach:
    """ASGI: whatever is no reading and had an asker is in the log before its answer leaves. A route may say in
    `request.state` what was done (`deed`) and to what (`target`), where its path does not."""

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self._app, self._audit = app, audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READS:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def noting(message: Message) -> None:
            asker = state.get("asker")
            if message["type"] == "http.response.start" and isinstance(asker, Asker):
                status = message["status"]
                outcome = "done" if status < 400 else f"refused: {status}" if status < 500 else f"failed: {status}"
                what = str(state.get("deed") or _named(scope))
                target = str(
                    state.get("target") or "/".join(str(value) for value in scope.get("path_params", {}).values())
                )
                await self._audit.note(asker.name, asker.kind, what, target, outcome)
            await send(message)

        await self._app(scope, receive, noting)


def _named(scope: Scope) -> str:
    """POST /v1/devices/{device}/revoke -> devices.revoke; the method where it is another one."""
    path = str(getattr(scope.get("route"), "path", scope["path"]))
    parts = [part for part in path.split("/") if part and not part.startswith("{") and part != "v1"]
    verb = [] if scope["method"] == "POST" else [scope["method"].lower()]
    return ".".join([*parts, *verb])
