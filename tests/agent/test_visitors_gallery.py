"""Faces at rest: opened for the cameras under a standing consent, closed to whoever copies the data without the key."""

from __future__ import annotations

import json
import random
import shutil
import struct
from pathlib import Path

import apsw
import msgspec
import pytest

from agent.key_file import keys_beside
from agent.visitors.gallery import FILE as KEY_FILE
from agent.visitors.gallery import Gallery, template_key
from agent.visitors.who_is_known import WhoIsKnown
from sensors.association.pseudonyms import returning_key
from sensors.camera_messages import packed, unpacked
from sensors.consent.countries import EU, RU
from sensors.consent.facts import Channel, Given, Proof, Purpose, Why
from sensors.consent.texts import shown
from sync.store.failures import Damaged
from sync.visitor_store.visitor_store import FILE
from tests.agent.consent_world import CONTROLLER, DAY_MS, NOW_MS, HandClock, Room, gives, on_disk, opened, phone_of
from tests.sensors.association_samples import ADDRESS, NETWORK, TENANT, traces

ANNA, BORIS = 1, 2


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def face(person: int) -> bytes:
    rng = random.Random(f"face {person}")
    return struct.pack("<128f", *(rng.uniform(-0.2, 0.2) for _ in range(128)))


def signed(person: int) -> Given:
    """A consent to faces, on paper."""
    return Given(
        consent_id=f"face-{person}",
        subject="",
        purpose=Purpose.FACE_ID,
        text_version="2026-11",
        text_hash=shown(Purpose.FACE_ID, "2026-11", "ru", CONTROLLER, 180).hash,
        channel=Channel.PAPER,
        locale="ru",
        given_ms=NOW_MS,
        proof=Proof.SIGNATURE,
        proof_id=f"paper-{person}",
        controller=CONTROLLER,
        retention_days=180,
        of_age=True,
    )


def gallery_of(room: Room, directory: Path) -> Gallery:
    return Gallery(room.store, room.consents, template_key(keys_beside(directory)), random.Random(9).randbytes)


async def enrolled(room: Room, gallery: Gallery, person: int) -> str:
    assert await room.consents.give_in_person([signed(person)], phone_of(person)) == ""
    record = gallery.new_record()
    assert await gallery.keep(record, f"face-{person}", packed(face(person))) == ""
    return record


@pytest.mark.anyio
async def test_a_face_is_kept_under_its_consent_and_opened_for_the_cameras(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    clock = HandClock()
    async with opened(data, clock, country=EU) as room:
        gallery = gallery_of(room, data)
        assert await gallery.keep(gallery.new_record(), "face-1", packed(face(ANNA))) == "unknown_consent"
        anna = await enrolled(room, gallery, ANNA)
        boris = await enrolled(room, gallery, BORIS)
        assert await gallery.keep(gallery.new_record(), "face-1", "") == "no_template"
        subject = room.consents.subject_with_phone(phone_of(ANNA))
        assert room.consents.subject_of(anna) == subject
    async with opened(data, clock, country=EU) as room:
        gallery = gallery_of(room, data)
        members = {one.record: unpacked(one.template) for one in gallery.members()}
        assert (members, gallery.note) == ({anna: face(ANNA), boris: face(BORIS)}, "")
        await room.consents.withdraw_subject(subject or "", Why.WITHDRAWN)
        assert [one.record for one in gallery.members()] == [boris]
        assert [row.record for row in room.store.templates()] == [boris]
        assert room.consents.subject_of(anna) is None
        assert await gallery.keep(anna, "face-1", packed(face(ANNA))) == "consent_ended"
    assert anna.encode() not in on_disk(data)
    assert boris.encode() in on_disk(data)


@pytest.mark.anyio
async def test_where_faces_are_off_no_template_is_kept_and_old_ones_go(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with opened(data, HandClock(), country=EU) as room:
        await enrolled(room, gallery_of(room, data), ANNA)
    clock = HandClock()
    clock.ms += DAY_MS
    async with opened(data, clock, country=RU) as room:
        words = shown(Purpose.MARKETING, "2026-11", "ru", CONTROLLER, 180)
        other = msgspec.structs.replace(
            signed(BORIS), consent_id="m-boris", purpose=Purpose.MARKETING, text_hash=words.hash
        )
        both = [other, signed(BORIS)]
        assert await room.consents.give_in_person(both, phone_of(BORIS)) == "face_off"
        assert room.consents.standing_of(phone_of(BORIS)) == (), "all of them, or none"
        assert await room.consents.give_in_person([other], phone_of(BORIS)) == ""
        await room.consents.round()
        assert (gallery_of(room, data).members(), room.store.templates()) == ([], [])


@pytest.mark.anyio
async def test_a_template_of_an_ended_consent_is_given_to_no_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while its bytes still lie there."""
    data = tmp_path / "data"
    data.mkdir()
    async with opened(data, HandClock(), country=EU) as room:
        gallery = gallery_of(room, data)
        await enrolled(room, gallery, ANNA)
        assert len(gallery.members()) == 1
        monkeypatch.setattr(WhoIsKnown, "holds", lambda self, record, purpose: "")
        assert (gallery.members(), len(room.store.templates())) == ([], 1)


@pytest.mark.anyio
async def test_what_cannot_be_opened_is_left_out_and_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with opened(data, HandClock(), country=EU) as room:
        gallery = gallery_of(room, data)
        for person in (ANNA, BORIS):
            await enrolled(room, gallery, person)
        other = Gallery(room.store, room.consents, bytes(32), random.Random(9).randbytes)
        assert (other.members(), other.wrong_key, other.note) == ([], 2, "templates_wrong_key")
    database = apsw.Connection(str(data / FILE))
    rows = database.execute("SELECT record, sealed FROM template ORDER BY record").fetchall()
    database.execute("UPDATE template SET sealed = ? WHERE record = ?", (rows[0][1], rows[1][0]))
    database.close()
    async with opened(data, HandClock(), country=EU) as room:
        gallery = gallery_of(room, data)
        assert [one.record for one in gallery.members()] == [rows[0][0]], "a face put under another's name is none"
        assert (gallery.damaged, gallery.note) == (1, "templates_damaged")


def can_be_had(directory: Path, person: int) -> bool:
    """Does any 512 bytes of these files hold the face, in any form a thief would look for?"""
    plain = face(person)
    forms = [plain, plain.hex().encode(), packed(plain).encode(), plain[:64], str(struct.unpack("<f", plain[:4])[0])]
    read = b"".join(file.read_bytes() for file in sorted(directory.rglob("*")) if file.is_file())
    return any((one.encode() if isinstance(one, str) else one) in read for one in forms)


@pytest.mark.anyio
async def test_a_copied_data_directory_reveals_no_face_and_no_address(tmp_path: Path) -> None:
    data, stolen = tmp_path / "data", tmp_path / "stolen"
    data.mkdir()
    key = returning_key(TENANT, NETWORK, ADDRESS)
    async with opened(data, HandClock(), country=EU) as room:
        await enrolled(room, gallery_of(room, data), ANNA)
        assert await room.consents.give(gives(ANNA, key=key)) == ""
        shutil.copytree(data, stolen)
    shutil.copytree(data, stolen, dirs_exist_ok=True)
    assert not can_be_had(stolen, ANNA)
    assert key.encode() in on_disk(stolen), "what a device is known by is there"
    assert traces([ADDRESS.hex(), ADDRESS.hex()[6:], NETWORK, TENANT.hex()], on_disk(stolen)) == []
    assert returning_key(bytes(32), NETWORK, ADDRESS) != key, "and says no address to who has no tenant key"
    assert not list(data.rglob(KEY_FILE)), "the key is not in what is copied"
    async with opened(stolen, HandClock(), country=EU) as room:
        assert room.store.templates()
        thief = gallery_of(room, stolen)
        assert (thief.members(), thief.wrong_key) == ([], 1), "the copy's own key opens nothing"
    (stolen / "as-it-would-be").write_bytes(face(ANNA))
    assert can_be_had(stolen, ANNA), "the search finds a face that lies open"


def test_the_key_is_made_once_is_private_and_a_damaged_one_is_not_replaced(tmp_path: Path) -> None:
    directory = keys_beside(tmp_path / "data")
    key = template_key(directory)
    assert template_key(directory) == key
    assert len(key) == 32
    assert (directory / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert template_key(keys_beside(tmp_path / "other")) != key
    (directory / KEY_FILE).write_bytes(b"short")
    with pytest.raises(Damaged):
        template_key(directory)
    assert (directory / KEY_FILE).read_bytes() == b"short"


@pytest.mark.parametrize("code", ["consents_broken", "erasure_overdue", "templates_wrong_key", "templates_damaged"])
def test_what_a_person_has_to_see_has_words(code: str) -> None:
    texts = Path(__file__).resolve().parents[2] / "agent" / "web" / "kit" / "texts"
    for language in ("ru", "en"):
        note = json.loads((texts / f"{language}.json").read_text("utf-8"))["notes"][code]
        assert {"what", "safe", "do"} == set(note)
