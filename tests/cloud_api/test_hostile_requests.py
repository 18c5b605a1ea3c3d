"""Requests that nobody means well: every door has its guard, and what is too much is refused with a reason."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
import zstandard
from fastapi.routing import APIRoute
from pushing_till import NOON_MS, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api.access.gate import _Needs
from cloud_api.api.bodies import LONGEST
from cloud_api.app import Hq
from cloud_api.findings.checking import check_all

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


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", "/v1/session", {"login": "a\0nna", "password": "long enough 12"}),
        ("POST", "/v1/users", {"login": "anna", "name": "А\0нна", "role": "admin", "password": "long enough 12"}),
        ("POST", "/v1/devices/code", {"store": "Каз\0ань", "till": "1", "device": ""}),
        ("POST", "/v1/customers/unmerge", {"n": 1, "reason": "\0"}),
        ("POST", "/v1/orders/1/cancel", {"why": "\0"}),
        ("PUT", "/v1/acquirer-terms", {"from_day": "2027-01-01", "acquirer": "Ба\0нк", "rate_bp": 100}),
        ("POST", "/v1/findings/0/explanation", {"reason": "\0"}),
    ],
)
async def test_a_character_that_one_storage_keeps_and_the_other_does_not_is_refused(
    hq: Hq, method: str, path: str, told: dict[str, object]
) -> None:
    """Whoever sent it did something wrong, and HQ is not busy: the same answer over both storages."""
    async with client_of(hq) as client:
        if path.startswith("/v1/findings"):
            path = path.replace("/0/", f"/{await _a_finding(hq, client)}/")
        answer = await client.request(method, path, json=told)
    assert (answer.status_code, answer.json()["code"]) in ((400, "bad_json"), (422, "malformed")), answer.text
    assert "NUL" in answer.json()["what"]


async def test_what_only_looks_like_that_character_is_taken(hq: Hq) -> None:
    """A backslash and the letters u0000 are a text like any other."""
    term = {"from_day": "2027-01-01", "acquirer": r"Банк \u0000", "rate_bp": 100}
    async with client_of(hq) as client:
        answer = await client.put("/v1/acquirer-terms", json=term)
    assert [one["acquirer"] for one in answer.json()] == [r"Банк \u0000"]


async def test_a_register_with_that_character_in_a_cell_is_taken_without_it(hq: Hq) -> None:
    rows = b"".join(b"9999078902010101;%d;1;5,00;21.11\r\n" % n for n in range(1, 200))
    odd = b"9999078902010101;200;1;5,00;21\x00.11"
    async with client_of(hq) as client:
        answer = await client.post("/v1/operator-registers", content="ФН;ФД;ФПД;Сумма;Дата\r\n".encode() + rows + odd)
    assert (answer.status_code, answer.json().get("rows")) == (200, 200), answer.text


async def test_only_some_registers_are_loaded_at_once(hq: Hq) -> None:
    """Each lies in memory whole: a third one is told to come back, and the doors are open again afterwards."""
    go_on, here = anyio.Event(), 0
    answers: list[int] = []

    async def slowly() -> Any:
        nonlocal here
        here += 1
        yield "ФН;ФД;".encode()
        await go_on.wait()
        yield "ФПД;Сумма\r\n9999078902010101;1;1;5,00".encode()

    async def load() -> None:
        answers.append((await client.post("/v1/operator-registers", content=slowly())).status_code)

    async with client_of(hq) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(load)
            tasks.start_soon(load)
            with anyio.fail_after(10):
                while here < 2:
                    await anyio.lowlevel.checkpoint()
            third = await client.post("/v1/operator-registers", content=b"a;b")
            go_on.set()
        assert (third.status_code, third.json()["code"], third.headers["retry-after"]) == (503, "busy", "5")
        assert answers == [200, 200]
        assert (await client.post("/v1/operator-registers", content=b"a;b")).status_code == 422


async def _a_finding(hq: Hq, client: Any) -> str:
    till = PushingTill()
    till.add("1", a_sale("s1", documents=[], day="2026-11-21"))
    await till.push(client)
    await check_all(hq.storage, now_ms=NOON_MS)
    return str((await client.get("/v1/findings")).json()["findings"][0]["id"])
