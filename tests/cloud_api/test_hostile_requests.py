"""Requests that nobody means well: every door has its guard, and what is too much is refused with a reason."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import zstandard
from fastapi.routing import APIRoute
from pushing_till import Clock, client_of, open_hq

from cloud_api.access.gate import _Needs
from cloud_api.api.bodies import LONGEST
from cloud_api.app import Hq

pytestmark = pytest.mark.anyio
OPEN = {
    "DELETE /v1/session",
    "GET /",
    "GET /healthz",
    "GET /office",
    "GET /office/tabs.json",
    "GET /office/{name:path}",
    "GET /v1/me",
    "POST /v1/me/password",
    "POST /v1/session",
}
"""Whoever asks is told who it is, signs in or out, or gets the page's files, which hold no data."""
OF_DEVICES = {
    "GET /v1/copies/{stream}",
    "GET /v1/customer/{kind}/{key}",
    "GET /v1/feed/commands",
    "GET /v1/feed/{name}",
    "GET /v1/snapshot/{name}",
    "GET /v1/snapshot/{name}/{sha256}",
    "POST /v1/enroll",
    "POST /v1/epoch",
    "POST /v1/hello",
    "POST /v1/push/{stream}",
    "POST /v1/rotate",
}
"""A device's own key opens these, and nobody's scope (who_asks.py, enrol_door.py)."""


@pytest.fixture
async def hq(where: str):  # type: ignore[no-untyped-def]
    hq = await open_hq(where, Clock())
    yield hq
    await hq.storage.close()


def _routes(app: Any) -> Iterator[APIRoute]:
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield route
        inside = getattr(route, "original_router", None)
        if inside is not None:
            yield from _routes(inside)


def _guards(dependant: Any) -> Iterator[_Needs]:
    for one in dependant.dependencies:
        if isinstance(one.call, _Needs):
            yield one.call
        yield from _guards(one)


async def test_every_door_has_its_guard(hq: Hq) -> None:
    """A door that asks for no scope is named above. What changes something asks for a scope that writes."""
    unguarded = set()
    for route in _routes(hq):
        guards = list(_guards(route.dependant))
        for method in sorted(route.methods - {"HEAD"}):
            door = f"{method} {route.path}"
            if not guards:
                unguarded.add(door)
            elif method != "GET" and door != "POST /v1/customers/find":
                assert any(str(guard._scope).endswith(".write") for guard in guards), door
    assert unguarded == OPEN | OF_DEVICES


async def test_a_door_of_devices_opens_to_nobody_else(hq: Hq) -> None:
    """Not even to HQ's own machine, which may do everything else."""
    filled = {"{stream}": "sales", "{kind}": "phone", "{key}": "0" * 64, "{name}": "catalogue", "{sha256}": "0" * 64}
    async with client_of(hq) as client:
        for door in sorted(OF_DEVICES - {"POST /v1/enroll"}):
            method, _, path = door.partition(" ")
            for name, value in filled.items():
                path = path.replace(name, value)
            assert (await client.request(method, path)).status_code == 401, door


async def test_a_body_that_swells_is_not_unpacked(hq: Hq) -> None:
    """The API takes no packed bodies, so a few bytes stay a few bytes; a long one is cut while it arrives."""
    bomb = zstandard.ZstdCompressor().compress(b" " * 64 * 1024 * 1024)
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    async with client_of(hq) as client:
        for path in ("/v1/prices", "/v1/customers/find", "/v1/users", "/v1/session", "/v1/devices/code"):
            packed = await client.post(path, content=bomb[:4_000], headers={"content-encoding": "zstd"})
            assert (packed.status_code, packed.json()["code"]) == (400, "bad_json"), path
            sent = 0
            cut = await client.post(path, content=endless())
            assert (cut.status_code, cut.json()["code"]) == (413, "too_large"), path
            assert sent <= LONGEST + 65_536, path


async def test_a_number_that_no_storage_knows_is_refused(hq: Hq) -> None:
    """Not answered by an error of HQ's own, which whoever watches HQ would take for trouble."""
    huge = base64.urlsafe_b64encode(b'[%d,"a","b"]' % 10**30).decode().rstrip("=")
    async with client_of(hq) as client:
        for path in ("/v1/orders?", "/v1/visits?store=x&"):
            refused = await client.get(f"{path}after={huge}")
            assert (refused.status_code, refused.json()["code"]) == (422, "bad_cursor"), path
        for path in ("/v1/customers/unmerge", "/v1/customers/apart"):
            refused = await client.post(path, json={"n": 10**30, "reason": "they are two"})
            assert (refused.status_code, refused.json()["code"]) == (400, "bad_json"), path
