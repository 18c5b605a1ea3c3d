"""Opening data that are older, newer, broken or frozen: migrated with a copy kept, or refused with nothing changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from sync.store import database, migrations
from sync.store.batch import Batch, Entry
from sync.store.failures import Damaged, NewerSchema, OpenRefused
from sync.store.store import open_store

pytestmark = pytest.mark.anyio
FROZEN = Path(__file__).parents[1] / "frozen" / "v1"


def opened(directory: Path, device: str = "frozen-till"):  # type: ignore[no-untyped-def]
    return open_store(directory, device=device, now_ms=lambda: 5)


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    shutil.copytree(FROZEN, tmp_path / "v1")
    return tmp_path / "v1"


async def test_the_frozen_directory_opens_resumes_and_drains(frozen: Path) -> None:
    async with opened(frozen) as store:
        assert store.verify_chain() is None
        assert [row.id for row in store.open_sales()] == ["sale-3"]
        assert store.lock_holder("terminal") == "sale-3"
        assert [row.value for row in store.personal("sale-2")] == ["+79990000000"]
        assert store.stock("4607012330017", "shop") == -2_000
        assert [(state.waiting, state.stream) for state in store.outbox_state()] == [(1, "sales")]
        waiting = store.outbox_read("sales", store.outbox_ack("sales"), 100)
        assert [item.id for item in waiting] == ["item-2"]
        await store.commit(Batch(entries=(Entry("closed", "t1", b"{}", "sale-3"),)))
        await store.outbox_acked("sales", waiting[-1].seq)
        assert store.outbox_state()[0].waiting == 0
        assert store.verify_chain() is None


async def test_migration_keeps_a_copy_that_opens(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        later = (*migrations.MIGRATIONS, "ALTER TABLE sale ADD COLUMN note TEXT NOT NULL DEFAULT 'none'")
        newer.setattr(database, "MIGRATIONS", later)
        async with opened(frozen) as store:
            assert len(store.open_sales()) == 1
            assert store.verify_chain() is None
        migrated = apsw.Connection(str(frozen / "journal.db"))
        assert migrated.execute("PRAGMA user_version").get == len(migrations.MIGRATIONS) + 1
        assert migrated.execute("SELECT DISTINCT note FROM sale").get == "none"
        migrated.close()
    with pytest.raises(NewerSchema):  # this program does not touch what the newer one wrote
        async with opened(frozen):
            pass
    (frozen / "journal.db.v1.bak").replace(frozen / "journal.db")
    async with opened(frozen) as store:
        assert len(store.journal_since(0, 100)) == 5


async def test_a_migration_that_fails_leaves_the_old_data(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*migrations.MIGRATIONS, "ALTER TABLE sale ADD COLUMN a TEXT; DROP TABLE nothing_of_this_name")
    with monkeypatch.context() as newer:
        newer.setattr(database, "MIGRATIONS", broken)
        with pytest.raises(Exception, match="nothing_of_this_name"):
            async with opened(frozen):
                pass
    async with opened(frozen) as store:
        assert len(store.journal_since(0, 100)) == 5


async def test_a_newer_file_is_refused_and_unchanged(frozen: Path) -> None:
    connection = apsw.Connection(str(frozen / "journal.db"))
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    before = (frozen / "journal.db").read_bytes()
    with pytest.raises(NewerSchema) as refused:
        async with opened(frozen):
            pass
    assert (refused.value.found, refused.value.known) == (9, len(migrations.MIGRATIONS))
    assert "9" in refused.value.ru
    assert (frozen / "journal.db").read_bytes() == before


async def test_damage_is_said_and_not_made_worse(frozen: Path) -> None:
    file = frozen / "journal.db"
    whole = file.read_bytes()
    for broken in (b"no database at all" * 300, whole[:4096] + bytes(4096) + whole[8192:], whole[:9000]):
        file.write_bytes(broken)
        with pytest.raises(Damaged) as refused:
            async with opened(frozen):
                pass
        assert str(file) in refused.value.ru
        assert file.read_bytes() == broken
    file.write_bytes(whole)
    async with opened(frozen) as store:
        assert store.verify_chain() is None


async def test_another_programs_database_is_not_taken_over(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "journal.db"))
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(OpenRefused):
        async with opened(tmp_path):
            pass
