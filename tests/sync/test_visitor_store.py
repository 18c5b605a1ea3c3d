"""The visitors' file: kept whole or not at all, told twice once, erased to the byte, and numbered for HQ."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from sync.store.batch import Outgoing, Setting
from sync.store.failures import Damaged, JournalRefused
from sync.visitor_store.visitor_batch import (
    ConsentRow,
    Forgotten,
    IdentityRow,
    PersonRow,
    SightingRow,
    TemplateRow,
    VisitorBatch,
    VisitRow,
)
from sync.visitor_store.visitor_store import FILE, VisitorStore, open_visitors

SECRET = "+79161234567"


def run(directory: Path, work, epoch: int = 1):  # type: ignore[no-untyped-def]
    async def main():  # type: ignore[no-untyped-def]
        async with open_visitors(directory, device="shop-1", epoch=epoch, now_ms=lambda: 1_000) as store:
            return await work(store)

    return anyio.run(main)


def on_disk(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(directory.glob(f"{FILE}*")))


def consent(seq: int, body: bytes | None = b"agreed") -> ConsentRow:
    return ConsentRow(seq, "bound", body, b"h" * 32, b"l" * 32)


def test_what_was_committed_is_there_again(tmp_path: Path) -> None:
    async def write(store: VisitorStore) -> None:
        sighting = SightingRow("s1", 5, b"{}")
        batch = VisitorBatch(
            consents=(consent(1),),
            sightings=(sighting, sighting),
            visits=(VisitRow("v1", 5, "p", b"old"),),
            identity=(IdentityRow("e1", "edge", b"x"),),
            settings=(Setting("a", b"1"),),
        )
        await store.commit(batch)
        await store.commit(VisitorBatch(sightings=(sighting,), visits=(VisitRow("v1", 5, "p", b"new"),)))

    async def read(store: VisitorStore) -> None:
        assert [row.id for row in store.sightings()] == ["s1"]
        assert [row.body for row in store.visits(0, 10)] == [b"new"]
        assert store.visits(6, 10) == []
        assert [row.seq for row in store.consents()] == [1]
        assert store.identity_events() == [b"x"]
        assert store.setting("a") == b"1"

    run(tmp_path, write)
    run(tmp_path, read)


def test_a_ledger_is_only_added_to(tmp_path: Path) -> None:
    async def work(store: VisitorStore) -> None:
        await store.commit(VisitorBatch(consents=(consent(1),)))
        with pytest.raises(JournalRefused):
            await store.commit(VisitorBatch(consents=(consent(1),), settings=(Setting("a", b"1"),)))
        assert store.setting("a") is None, "nothing of a refused batch stays"

    run(tmp_path, work)


def test_what_is_forgotten_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    async def work(store: VisitorStore) -> None:
        await store.commit(
            VisitorBatch(
                consents=(consent(1, b"key-of-a-device"), consent(2, b"another")),
                persons=(PersonRow("p", "phone", SECRET), PersonRow("q", "phone", "+70000000000")),
                templates=(TemplateRow("face:1", "c", b"sealed-template"),),
                identity=(IdentityRow("e1", "edge-1", b"edge-of-a-device"),),
                visits=(VisitRow("v1", 5, "p", b"body"), VisitRow("v2", 6, "q", b"body")),
            )
        )
        assert store.subject_with("phone", SECRET) == "p"
        told = Forgotten(consent_bodies=(1,), persons=("p",), nameless=("p",), templates=("face:1",), edges=("edge-1",))
        await store.commit(VisitorBatch(forgotten=told))
        assert store.subject_with("phone", SECRET) is None
        assert [row.person for row in store.visits(0, 10)] == ["", "q"]
        assert [row.body for row in store.consents()] == [None, b"another"]
        assert store.templates() == []

    run(tmp_path, work)
    left = on_disk(tmp_path)
    for gone in (SECRET.encode(), b"key-of-a-device", b"sealed-template", b"edge-of-a-device"):
        assert gone not in left
    assert b"+70000000000" in left, "somebody else's row stays"


def test_items_are_numbered_and_an_epoch_begins_anew(tmp_path: Path) -> None:
    async def write(store: VisitorStore) -> None:
        items = tuple(Outgoing("visits", f"i{n}", "hour", 1, b"{}") for n in range(3))
        await store.commit(VisitorBatch(outgoing=items))
        await store.outbox_acked("visits", 1)
        assert [row.seq for row in store.outbox_read("visits", 1, 10, 1 << 20)] == [2, 3]

    async def read(store: VisitorStore) -> None:
        assert store.outbox_ack("visits") == 0
        told = [(row.seq, row.id) for row in store.outbox_read("visits", 0, 10, 1 << 20)]
        assert told == [(1, "i0"), (2, "i1"), (3, "i2")], "what HQ has goes again too: it may come back from a backup"

    run(tmp_path, write)
    run(tmp_path, read, epoch=2)


def test_a_damaged_file_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, and long enough to be looked at as one" * 100)

    async def nothing(store: VisitorStore) -> None:
        raise AssertionError("opened")

    with pytest.raises(Damaged):
        run(tmp_path, nothing)
    assert (tmp_path / FILE).read_bytes().startswith(b"no database")
