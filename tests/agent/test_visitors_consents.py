"""Consents at the agent: recorded once, ended at once, erased to the byte here and acknowledged by HQ, chain whole."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import anyio
import apsw
import msgspec
import pytest

from agent.visitors import consents as consents_module
from agent.visitors.erasing import person_record
from sensors.consent import chain
from sensors.consent.chain import Row
from sensors.consent.facts import Purpose, Why
from sensors.identity.records import KeyShared, Kind, record_id
from sync.store.failures import DiskFull
from sync.visitor_store.visitor_batch import SightingRow, VisitorBatch, VisitRow
from sync.visitor_store.visitor_store import FILE, VisitorStore
from sync.wire.visit_facts import STREAM, ForgetFact
from tests.agent.consent_world import (
    ALL,
    DAY_MS,
    NOW_MS,
    HandClock,
    Room,
    device_key,
    gives,
    ids,
    on_disk,
    opened,
    phone_of,
    withdraws,
)

ANNA, BORIS = 1, 2


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def bad_row(room: Room) -> int | None:
    return chain.first_bad(Row(one.seq, one.kind, one.body, one.body_hash, one.link) for one in room.store.consents())


def forgets(store: VisitorStore) -> list[ForgetFact]:
    rows = store.outbox_read(STREAM, 0, 1_000, 1 << 20)
    return [msgspec.json.decode(row.body, type=ForgetFact) for row in rows if row.kind == "forget"]


def visit(number: int, person: str, at_ms: int = NOW_MS, **told: object) -> VisitRow:
    return VisitRow(f"v{number}", at_ms, person, json.dumps({"closed_ms": at_ms + 60_000, **told}).encode())


@pytest.mark.anyio
async def test_what_is_given_stands_and_is_there_again(tmp_path: Path) -> None:
    clock, told = HandClock(), gives(ANNA, name="Анна")
    async with opened(tmp_path, clock) as room:
        changed: list[int] = []
        room.consents.watchers.append(lambda: changed.append(1))
        assert await room.consents.give(told) == ""
        assert changed
    async with opened(tmp_path, clock) as room:
        consents = room.consents
        assert consents.known_keys() == [device_key(ANNA)]
        subject = consents.subject_with_phone(phone_of(ANNA))
        assert subject is not None
        assert consents.subject_of(record_id(Kind.MAC, device_key(ANNA))) == subject
        assert consents.subject_of(person_record(subject)) == subject
        assert consents.personal(subject) == {"phone": phone_of(ANNA), "name": "Анна"}
        assert [one.consent_id for one in consents.standing_of(phone_of(ANNA))] == sorted(ids(told))
        assert [consents.standing(subject, one) for one in (*ALL, Purpose.FACE_ID)] == [True, True, True, False]
        assert (bad_row(room), consents.note, consents.known_people()) == (None, "", 1)


@pytest.mark.anyio
async def test_told_twice_is_recorded_once_and_an_ended_one_does_not_rise(tmp_path: Path) -> None:
    told = gives(ANNA)
    async with opened(tmp_path, HandClock()) as room:
        assert await room.consents.give(told) == ""
        rows = len(room.store.consents())
        assert await room.consents.give(told) == ""
        assert len(room.store.consents()) == rows
        other = msgspec.structs.replace(told, phone=phone_of(BORIS))
        assert await room.consents.give(other) == "consent_id_taken"
        assert await room.consents.withdraw(withdraws(ANNA, *ids(told))) == ""
        assert await room.consents.withdraw(withdraws(ANNA, *ids(told))) == "", "it has ended: said again, no more"
        assert await room.consents.give(told) == "consent_ended"
        assert room.consents.known_keys() == []
        assert room.store.subject_with("phone", phone_of(ANNA)) is None


@pytest.mark.anyio
async def test_what_may_not_be_recorded_is_refused_whole(tmp_path: Path) -> None:
    good = gives(ANNA)
    wrong = msgspec.structs.replace(good.agreements[1], text_hash="0" * 64)
    async with opened(tmp_path, HandClock()) as room:
        give = room.consents.give
        half = msgspec.structs.replace(good, agreements=(good.agreements[0], wrong))
        assert await give(half) == "other_text"
        assert await give(gives(ANNA, controller="ООО «Чужие»")) == "other_text"
        assert await give(gives(ANNA, Purpose.FACE_ID)) == "face_off"
        assert await give(gives(ANNA, days=3_650)) == "kept_too_long"
        assert await give(msgspec.structs.replace(good, proof_id="")) == "no_proof"
        assert await give(msgspec.structs.replace(good, agreements=())) == "nothing_agreed"
        assert (room.store.consents(), room.identities.graph.edges) == ([], {})
        assert room.store.subject_with("phone", phone_of(ANNA)) is None


@pytest.mark.anyio
async def test_one_ends_what_is_theirs_and_nobody_elses(tmp_path: Path) -> None:
    anna, boris = gives(ANNA), gives(BORIS)
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
        await room.consents.give(boris)
        mixed = withdraws(ANNA, ids(anna)[0], ids(boris)[0])
        assert await room.consents.withdraw(mixed) == "unknown_consent"
        assert await room.consents.withdraw(withdraws(ANNA, "c-nobody")) == "unknown_consent"
        assert room.consents.known_keys() == sorted([device_key(ANNA), device_key(BORIS)])
        assert await room.consents.withdraw(withdraws(ANNA, ids(anna)[0])) == ""
        assert room.consents.known_keys() == [device_key(BORIS)]
        subject = room.consents.subject_with_phone(phone_of(ANNA))
        assert subject is not None, "two others stand"
        assert room.consents.standing(subject, Purpose.ANALYTICS)


@pytest.mark.anyio
async def test_the_last_withdrawal_leaves_no_byte_of_the_person(tmp_path: Path) -> None:
    clock, anna, boris = HandClock(), gives(ANNA, name="Анна Каренина"), gives(BORIS, name="Борис")
    async with opened(tmp_path, clock) as room:
        erased: list[dict[str, str]] = []
        room.consents.forgetters.append(lambda keys: erased.append(dict(keys)))
        for told in (anna, boris):
            await room.consents.give(told)
        subjects = {one: room.consents.subject_with_phone(phone_of(one)) or "" for one in (ANNA, BORIS)}
        seen = [json.dumps({"key": device_key(one), "seen": "associated"}).encode() for one in (ANNA, BORIS)]
        visits = [visit(one, subjects[one], keys=[device_key(one)], identity=subjects[one]) for one in (ANNA, BORIS)]
        sightings = tuple(SightingRow(f"s{at}", NOW_MS, body) for at, body in enumerate(seen))
        await room.store.commit(VisitorBatch(sightings=sightings, visits=tuple(visits)))
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        stand_in = erased[0][device_key(ANNA)]
        assert stand_in == room.consents.stand_in(device_key(ANNA))
        assert [msgspec.json.decode(row.body)["key"] for row in room.store.sightings()] == [stand_in, device_key(BORIS)]
        assert [row.person for row in room.store.visits(0, NOW_MS + 1)] == ["", subjects[BORIS]]
        bodies = [msgspec.json.decode(row.body) for row in room.store.visits(0, NOW_MS + 1)]
        assert [(one["keys"], one["identity"]) for one in bodies] == [
            ([stand_in], ""),
            ([device_key(BORIS)], subjects[BORIS]),
        ]
        (forget,) = forgets(room.store)
        assert (forget.tombstone, forget.person) == ("c-1-1-analytics@hq", "c-1-1-analytics")
        await room.consents.forgotten_at_hq(forget.tombstone, 3)
        assert bad_row(room) is None
        assert list(room.consents.ledger.pending()) == []
        assert room.consents.subject_of(record_id(Kind.MAC, device_key(BORIS))) == subjects[BORIS]
    left = on_disk(tmp_path)
    for gone in (device_key(ANNA), phone_of(ANNA), "Анна Каренина"):
        assert gone.encode() not in left
    for stays in (device_key(BORIS), phone_of(BORIS), "Борис"):
        assert stays.encode() in left


@pytest.mark.anyio
async def test_a_device_is_gone_though_hq_is_silent(tmp_path: Path) -> None:
    """What HQ is asked for holds no device: only the consent's id has been there."""
    anna = gives(ANNA)
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        assert len(list(room.consents.ledger.pending())) == 1
        assert device_key(ANNA).encode() not in on_disk(tmp_path)
        assert phone_of(ANNA).encode() not in on_disk(tmp_path)


@pytest.mark.anyio
async def test_without_hq_nobody_is_asked_and_nothing_is_owed(tmp_path: Path) -> None:
    anna = gives(ANNA)
    async with opened(tmp_path, HandClock(), hq=False) as room:
        await room.consents.give(anna)
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        assert list(room.consents.ledger.pending()) == []
        assert forgets(room.store) == []


@pytest.mark.anyio
async def test_visits_are_anonymous_when_analytics_ends(tmp_path: Path) -> None:
    anna = gives(ANNA)
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
        subject = room.consents.subject_with_phone(phone_of(ANNA)) or ""
        await room.store.commit(VisitorBatch(visits=(visit(1, subject),)))
        await room.consents.withdraw(withdraws(ANNA, "c-1-1-marketing"))
        assert [row.id for row in room.store.visits_of(subject)] == ["v1"]
        await room.consents.withdraw(withdraws(ANNA, "c-1-1-analytics"))
        assert room.store.visits_of(subject) == []
        assert room.consents.known_keys() == [device_key(ANNA)], "the device is known still"
        assert [one.person for one in forgets(room.store)] == ["c-1-1-analytics"]


@pytest.mark.anyio
async def test_a_device_whose_visits_are_anonymous_now_was_seen_nevertheless(tmp_path: Path) -> None:
    clock, anna = HandClock(), gives(ANNA, Purpose.WIFI_ID, Purpose.ANALYTICS)
    async with opened(tmp_path, clock) as room:
        await room.consents.give(anna)
        subject = room.consents.subject_with_phone(phone_of(ANNA)) or ""
        await room.store.commit(VisitorBatch(visits=(visit(1, subject, NOW_MS + 80 * DAY_MS),)))
        await room.consents.withdraw(withdraws(ANNA, "c-1-1-analytics"))
    clock.ms += 100 * DAY_MS
    async with opened(tmp_path, clock) as room:
        await room.consents.round()
        assert room.consents.known_keys() == [device_key(ANNA)], "seen three weeks ago"
        clock.ms += 70 * DAY_MS
        await room.consents.round()
        assert room.consents.known_keys() == []
        assert subject.encode() not in (room.store.setting("consents/seen") or b"")


@pytest.mark.anyio
async def test_a_second_consent_to_the_same_keeps_what_it_holds(tmp_path: Path) -> None:
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(gives(ANNA))
        await room.consents.give(gives(ANNA, number=2))
        subject = room.consents.subject_with_phone(phone_of(ANNA)) or ""
        await room.store.commit(VisitorBatch(visits=(visit(1, subject),)))
        await room.consents.withdraw(withdraws(ANNA, *ids(gives(ANNA))))
        assert room.consents.subject_of(record_id(Kind.MAC, device_key(ANNA))) == subject
        assert len(room.store.visits_of(subject)) == 1, "an older row, and somebody's still"
        assert [one.person for one in forgets(room.store)] == ["c-1-1-analytics"], "and not the one that stands"


@pytest.mark.anyio
async def test_a_familys_device_names_nobody_and_stays_until_both_are_gone(tmp_path: Path) -> None:
    key = device_key(ANNA)
    anna, boris = gives(ANNA), gives(BORIS, key=key)
    record = record_id(Kind.MAC, key)
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
        assert room.consents.subject_of(record) is not None
        await room.consents.give(boris)
        assert (room.consents.known_keys(), room.consents.subject_of(record)) == ([key], None)
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        assert room.consents.known_keys() == [key], "the other one's consent stands"
        assert room.consents.subject_of(record) is None, "and who carries it is not known"
    async with opened(tmp_path, HandClock()) as room:
        assert (room.consents.known_keys(), room.consents.subject_of(record)) == ([key], None)
        await room.consents.withdraw(withdraws(BORIS, *ids(boris)))
        assert key.encode() not in on_disk(tmp_path)
        await room.consents.give(gives(BORIS, number=2, key=key))
        assert room.consents.subject_of(record) == room.consents.subject_with_phone(phone_of(BORIS)), "it begins anew"


@pytest.mark.anyio
async def test_what_names_an_erased_device_is_not_learned_any_more(tmp_path: Path) -> None:
    anna, record = gives(ANNA), record_id(Kind.MAC, device_key(ANNA))
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
        late = next(iter(room.identities.graph.edges.values()))
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        await room.identities.learn([late, KeyShared(record, "a till", NOW_MS)])
        assert device_key(ANNA).encode() not in on_disk(tmp_path)


class Cut(BaseException):
    """The power."""


@pytest.mark.anyio
async def test_an_erasure_cut_off_is_finished_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, anna = HandClock(), gives(ANNA)
    commit = VisitorStore.commit

    async def cut(store: VisitorStore, batch: VisitorBatch) -> None:
        if batch.forgotten is not None:
            raise Cut
        await commit(store, batch)

    async with opened(tmp_path, clock) as room:
        await room.consents.give(anna)
        monkeypatch.setattr(VisitorStore, "commit", cut)
        with pytest.raises(Cut):
            await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
    monkeypatch.undo()
    assert device_key(ANNA).encode() in on_disk(tmp_path)
    async with opened(tmp_path, clock, start=False) as room:
        assert room.consents.known_keys() == [], "it counts from the first commit"
        assert room.consents.subject_of(record_id(Kind.MAC, device_key(ANNA))) is None
        assert room.consents.export(phone_of(ANNA)) == ""
        await room.consents.start()
        assert device_key(ANNA).encode() not in on_disk(tmp_path)
        assert phone_of(ANNA).encode() not in on_disk(tmp_path)
        assert bad_row(room) is None


@pytest.mark.anyio
async def test_old_pages_in_the_log_go_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes when the erasure is durable, and before the log is emptied."""
    (data := tmp_path / "data").mkdir()
    anna, after = gives(ANNA), tmp_path / "after"

    async def cut(store: VisitorStore) -> None:
        if not store.templates() and store.subject_with("phone", phone_of(ANNA)) is None and any(store.consents()):
            shutil.copytree(data, after)
            raise Cut

    async with opened(data, HandClock()) as room:
        await room.consents.give(anna)
        monkeypatch.setattr(VisitorStore, "scrub", cut)
        with pytest.raises(Cut):
            await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        monkeypatch.undo()
    assert device_key(ANNA).encode() in on_disk(after)
    async with opened(after, HandClock()):
        assert device_key(ANNA).encode() not in on_disk(after)
        assert phone_of(ANNA).encode() not in on_disk(after)


@pytest.mark.anyio
async def test_one_key_under_two_consents_goes_when_both_end_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path, HandClock()) as room:
        both = [gives(ANNA), gives(ANNA, number=2)]
        for told in both:
            await room.consents.give(told)
        await room.consents.withdraw(withdraws(ANNA, *ids(both[0]), *ids(both[1])))
        assert device_key(ANNA).encode() not in on_disk(tmp_path)
        assert [one.person for one in forgets(room.store)] == ["c-1-1-analytics", "c-1-2-analytics"]


@pytest.mark.anyio
async def test_who_agrees_anew_while_an_erasure_is_owed_keeps_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = gives(ANNA)
    commit = VisitorStore.commit

    async def no_room(store: VisitorStore, batch: VisitorBatch) -> None:
        if batch.forgotten is not None:
            raise DiskFull("test")
        await commit(store, batch)

    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
        first = room.consents.subject_with_phone(phone_of(ANNA))
        monkeypatch.setattr(VisitorStore, "commit", no_room)
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        with pytest.raises(DiskFull):
            await room.consents.give(gives(ANNA, number=2))
        monkeypatch.undo()
        assert await room.consents.give(gives(ANNA, number=2)) == ""
        await room.consents.round()
        second = room.consents.subject_with_phone(phone_of(ANNA))
        assert second not in (None, first), "nothing ties the new consent to the old one"
        assert room.consents.subject_of(record_id(Kind.MAC, device_key(ANNA))) == second


@pytest.mark.anyio
async def test_a_full_disk_keeps_nothing_of_a_consent_and_owes_no_erasure_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, full = gives(ANNA), {"all": True}
    commit = VisitorStore.commit

    async def no_room(store: VisitorStore, batch: VisitorBatch) -> None:
        if full["all"] or batch.forgotten is not None:
            raise DiskFull("test")
        await commit(store, batch)

    async with opened(tmp_path, HandClock()) as room:
        monkeypatch.setattr(VisitorStore, "commit", no_room)
        with pytest.raises(DiskFull):
            await room.consents.give(anna)
        assert (room.consents.known_keys(), room.consents.standing_of(phone_of(ANNA))) == ([], ())
        monkeypatch.undo()
        assert await room.consents.give(anna) == ""
        monkeypatch.setattr(VisitorStore, "commit", no_room)
        with pytest.raises(DiskFull):
            await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        assert room.consents.known_keys() == [device_key(ANNA)], "it is not on the disk that it ended"
        full["all"] = False
        assert await room.consents.withdraw(withdraws(ANNA, *ids(anna))) == ""
        assert device_key(ANNA).encode() in on_disk(tmp_path)
        monkeypatch.undo()
        await room.consents.round()
        assert device_key(ANNA).encode() not in on_disk(tmp_path)


@pytest.mark.anyio
async def test_an_erasure_without_room_is_tried_again_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, full, tried = gives(ANNA), [True], list[int]()
    monkeypatch.setattr(consents_module, "OWED_S", 0.02)
    commit = VisitorStore.commit

    async def no_room(store: VisitorStore, batch: VisitorBatch) -> None:
        if full and batch.forgotten is not None:
            tried.append(1)
            raise DiskFull("test")
        await commit(store, batch)

    monkeypatch.setattr(VisitorStore, "commit", no_room)
    async with opened(tmp_path, HandClock()) as room, anyio.create_task_group() as tasks:
        tasks.start_soon(room.consents.run)
        await room.consents.give(anna)
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        with anyio.fail_after(10):
            while len(tried) < 3:  # noqa: ASYNC110
                await anyio.sleep(0.01)
            assert device_key(ANNA).encode() in on_disk(tmp_path)
            full.clear()
            while device_key(ANNA).encode() in on_disk(tmp_path):  # noqa: ASYNC110
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_ledger_that_was_tampered_with_lets_nobody_be_known(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anna = gives(ANNA)
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(anna)
    database = apsw.Connection(str(tmp_path / FILE))
    database.execute(
        "UPDATE consent_row SET body = CAST(replace(body, 'marketing', 'analytics') AS BLOB) WHERE seq = 3"
    )
    assert database.changes() == 1
    database.close()
    with caplog.at_level(logging.ERROR):
        async with opened(tmp_path, HandClock()) as room:
            consents = room.consents
            assert consents.note == "consents_broken"
            assert (consents.known_keys(), consents.standing_of(phone_of(ANNA))) == ([], ())
            assert consents.subject_of(record_id(Kind.MAC, device_key(ANNA))) is None
            assert await consents.give(gives(BORIS)) == "ledger_broken"
            assert await consents.withdraw(withdraws(ANNA, *ids(anna))) == "ledger_broken"
            await consents.round()
            assert len(room.store.consents()) == 4, "and nothing is added to it"
    assert "row 3" in caplog.text
    assert phone_of(ANNA) not in caplog.text


@pytest.mark.anyio
async def test_what_stood_long_enough_ends_by_itself_unless_they_come(tmp_path: Path) -> None:
    clock = HandClock()
    async with opened(tmp_path, clock, hq=False) as room:
        for person in (ANNA, BORIS):
            await room.consents.give(gives(person))
        subject = room.consents.subject_with_phone(phone_of(BORIS)) or ""
        await room.store.commit(VisitorBatch(visits=(visit(1, subject, NOW_MS + 60 * DAY_MS),)))
        clock.ms += 89 * DAY_MS
        await room.consents.round()
        assert len(room.consents.known_keys()) == 2
        clock.ms += DAY_MS
        await room.consents.round()
        assert room.consents.known_keys() == [device_key(BORIS)], "seen a month ago"
        assert [one.purpose for one in room.consents.standing_of(phone_of(BORIS))] == [Purpose.WIFI_ID]
        ended = [one.ended.why for one in room.consents.ledger.consents.values() if one.ended]
        assert sorted(one.value for one in ended) == ["retention"] * 4 + ["unseen"]


@pytest.mark.anyio
async def test_hq_is_told_again_each_hour_but_never_twice_in_one_queue(tmp_path: Path) -> None:
    clock, anna = HandClock(), gives(ANNA)
    async with opened(tmp_path, clock) as room:
        await room.consents.give(anna)
        await room.consents.withdraw(withdraws(ANNA, *ids(anna)))
        for _ in range(5):
            clock.ms += 3_600_000
            await room.consents.round()
        assert len(forgets(room.store)) == 1, "HQ is away: it waits, once"
        await room.store.outbox_acked(STREAM, room.store.outbox_head(STREAM))
        clock.ms += 3_500_000
        await room.consents.round()
        clock.ms += 3_600_000
        await room.consents.round()
        (first, *again) = forgets(room.store)
        assert again == [first, first][: len(again)]
        assert again
        assert room.consents.note == ""
        clock.ms += DAY_MS
        assert room.consents.note == "erasure_overdue"
        await room.consents.forgotten_at_hq(first.tombstone, 2)
        await room.consents.forgotten_at_hq(first.tombstone, 2)
        await room.consents.forgotten_at_hq("c-nobody@hq", 2)
        await room.consents.forgotten_at_hq("c-1-1-analytics@shop", 2)
        assert (room.consents.note, bad_row(room)) == ("", None)
        rows = room.store.consents()
        assert sum(row.kind == "tombstone_done" for row in rows) == 4
        assert [row.kind for row in rows if row.body is None] == ["bound"] + ["tombstone_set"] * 4


@pytest.mark.anyio
async def test_export_is_everything_of_one_person(tmp_path: Path) -> None:
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(gives(ANNA, name="Анна"))
        await room.consents.give(gives(BORIS))
        subject = room.consents.subject_with_phone(phone_of(ANNA)) or ""
        whole = visit(1, subject, zones=["hall"], inside_s=90, confidence=1.0)
        await room.store.commit(VisitorBatch(visits=(whole, VisitRow("v2", NOW_MS + 5, subject, b"\xff"))))
        told = json.loads(room.consents.export(phone_of(ANNA)))
        assert told["personal"] == {"phone": phone_of(ANNA), "name": "Анна"}
        assert [one["purpose"] for one in told["consents"]] == ["analytics", "marketing", "wifi_id"]
        assert f"mac:{device_key(ANNA)}" in [one["record"] for one in told["keys"]]
        assert [(one["zones"], one["inside_s"]) for one in told["visits"]] == [(["hall"], 90), ([], None)]
        assert device_key(BORIS) not in json.dumps(told)
        assert room.consents.export("+70000000000") == ""


@pytest.mark.anyio
async def test_erased_by_a_person_or_by_law(tmp_path: Path) -> None:
    async with opened(tmp_path, HandClock()) as room:
        await room.consents.give(gives(ANNA))
        subject = room.consents.subject_with_phone(phone_of(ANNA)) or ""
        await room.consents.withdraw_subject(subject, Why.PERSON_ERASED)
        assert (room.consents.personal(subject), room.consents.known_keys()) == ({}, [])
        assert {one.ended.why for one in room.consents.ledger.consents.values() if one.ended} == {Why.PERSON_ERASED}
