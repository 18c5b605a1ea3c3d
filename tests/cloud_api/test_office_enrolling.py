"""The office makes codes and ends devices' access: for whoever it is open to, and for no other site's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from pushing_till import DEVICE, OTHER, Clock, client_of, open_hq
from signing_till import SigningTill

from sync.courier import Delivered, NotEnrolled

WANTED = {"store": " Казань ", "till": "Касса 7"}


@pytest.mark.anyio
async def test_a_code_of_the_office_enrols_a_till_and_it_can_be_revoked(tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(tmp_path / "hq.sqlite", clock)
    client = client_of(hq)
    told = (await client.post("/v1/devices/code", json=WANTED)).json()
    till = SigningTill(tmp_path / "keys", clock)
    enrolled = await till.enrolled(client, told["code"])
    assert (enrolled.device, enrolled.store, enrolled.till) == (told["device"], "Казань", "Касса 7")
    assert isinstance(await till.push(client, till.pushing("s-1")), Delivered)
    assert (await client.post(f"/v1/devices/{told['device']}/revoke")).status_code == 204
    answer = await till.push(client, till.pushing("s-1"))
    assert isinstance(answer, NotEnrolled)
    assert answer.revoked
    devices = {device["device"]: device["revoked"] for device in (await client.get("/v1/devices")).json()}
    assert devices == {DEVICE: False, OTHER: False, told["device"]: True}
    assert (await client.post("/v1/devices/nobody/revoke")).status_code == 404


@pytest.mark.anyio
async def test_a_new_machine_takes_a_devices_place_and_the_one_before_is_shut_out(tmp_path: Path) -> None:
    """The same device under a later epoch, so that what an old backup sends again is known by its id."""
    clock = Clock()
    hq = await open_hq(tmp_path / "hq.sqlite", clock)
    client = client_of(hq)
    dead = SigningTill(tmp_path / "dead", clock)
    made = (await client.post("/v1/devices/code", json=WANTED)).json()
    before = await dead.enrolled(client, made["code"])
    assert isinstance(await dead.push(client, dead.pushing("s-1", "s-2")), Delivered)
    told = (await client.post(f"/v1/devices/{made['device']}/replace")).json()
    new = SigningTill(tmp_path / "new", clock)
    after = await new.enrolled(client, told["code"])
    assert (after.device, after.store, after.till) == (before.device, before.store, before.till)
    assert after.epoch > before.epoch
    assert isinstance(await dead.push(client, dead.pushing("s-3")), NotEnrolled)
    assert isinstance(await new.push(client, new.pushing("s-2", "s-3")), Delivered)
    rows = await hq.storage.rows("SELECT id FROM sale WHERE device=? ORDER BY id", (after.device,))
    assert rows == [("s-1",), ("s-2",), ("s-3",)]
    assert (await client.post("/v1/devices/nobody/replace")).status_code == 404


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"store":"","till":"1"}', 400),
        (b'{"store":" ","till":"1"}', 400),
        (b'{"store":"a"}', 400),
        (b'{"store":"a","till":"b","device":"../x"}', 400),
        (b'{"store":"a","till":"' + b"b" * 101 + b'"}', 400),
        (b" " * 5_000, 413),
    ],
)
async def test_what_is_no_wish_for_a_code_makes_none(tmp_path: Path, body: bytes, status: int) -> None:
    hq = await open_hq(tmp_path / "hq.sqlite")
    assert (await client_of(hq).post("/v1/devices/code", content=body)).status_code == status
    assert await hq.storage.number("SELECT count(*) FROM enrol_code") == 0


@pytest.mark.anyio
async def test_neither_strangers_nor_other_sites_make_codes_or_revoke(tmp_path: Path) -> None:
    hq = await open_hq(tmp_path / "hq.sqlite")
    evil = {"origin": "http://evil.test", "sec-fetch-site": "cross-site"}
    for client, headers, status in ((client_of(hq, "10.0.0.9"), {}, 401), (client_of(hq), evil, 403)):
        for path in ("/v1/devices/code", f"/v1/devices/{DEVICE}/revoke"):
            assert (await client.post(path, json=WANTED, headers=headers)).status_code == status
    assert await hq.storage.number("SELECT count(*) FROM enrol_code") == 0
    assert await hq.storage.number("SELECT count(*) FROM device WHERE revoked_ms IS NOT NULL") == 0
