"""What the store promises: a batch whole or not at all, commands once, locks, a chain that shows changes, erasure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anyio
import apsw
import pytest

from sync.store.batch import Batch, Command, Entry, Lock, Outgoing, Personal, Row, SaleRow, Setting, StockMove
from sync.store.failures import DirectoryBusy, JournalRefused, LockHeld, WrongDevice
from sync.store.store import Store, open_store

pytestmark = pytest.mark.anyio
PHONE = "+79991234567"


def clock() -> int:
    return 1_000


def opened(directory: Path, device: str = "d1", epoch: int = 1):  # type: ignore[no-untyped-def]
    return open_store(directory, device=device, epoch=epoch, now_ms=clock)


def sale_row(id: str, *, open: bool, number: str = "1", till: str = "t1") -> SaleRow:
    return SaleRow(id, till, number, "sale", "PAYING" if open else "CLOSED", 1, None if open else 2, 100, 1, "", open)


async def test_a_batch_is_read_back_whole_after_a_restart(tmp_path: Path) -> None:
    batch = Batch(
        entries=(
            Entry("opened", "t1", b"{}", "s1"),
            Entry("closed", "t1", b'{"a":1}', "s1"),
            Entry("shift", "t1", b"{}"),
        ),
        command=Command("c1", "t1", 4, b'{"ok":1}'),
        outgoing=(Outgoing("sales", "i1", "sale", 1, b'{"a":1}'),),
        moves=(StockMove("x", "shop", -2_500, "sale", "s1"), StockMove("x", "shop", 10_000, "delivery", "n7")),
        personal=(Personal("p1", "s1", "phone", PHONE),),
        sales=(sale_row("s1", open=True),),
        locks=(Lock("terminal", "s1"),),
        settings=(Setting("register", b"0123"),),
    )
    async with opened(tmp_path / "data") as store:
        committed = await store.commit(batch)
        assert (committed.first_seq, committed.last_seq) == (1, 3)
    async with opened(tmp_path / "data") as store:
        assert store.journal("s1") == [
            Row(1, 1_000, "t1", "s1", "opened", b"{}"),
            Row(2, 1_000, "t1", "s1", "closed", b'{"a":1}'),
        ]
        assert store.journal("") == []
        assert [row.kind for row in store.journal_since(2, 10)] == ["shift"]
        assert store.command("c1") == batch.command
        assert store.command("c2") is None
        assert store.stock("x", "shop") == 7_500
        assert store.stock("y", "shop") == 0
        assert store.personal("s1") == list(batch.personal)
        assert store.open_sales() == store.open_sales("t1") == list(batch.sales)
        assert store.open_sales("t2") == []
        assert store.lock_holder("terminal") == "s1"
        assert store.setting("register") == b"0123"
        assert store.setting("nothing") is None
        assert [item.id for item in store.outbox_read("sales", 0, 10)] == ["i1"]
        assert store.verify_chain() is None
        assert store.room()
        assert store.free_bytes() > 0


async def test_sales_are_found_by_number_and_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        for n in range(1, 5):
            await store.commit(Batch(sales=(sale_row(f"s{n}", open=True, number=f"000{n}"),)))
        await store.commit(Batch(sales=(sale_row("s2", open=False, number="0002"),)))
        found = store.sale_by_number("t1", "0002")
        assert found is not None
        assert (found.id, found.phase, found.open) == ("s2", "CLOSED", False)
        assert store.sale("s2") == found
        assert store.sale("s9") is None
        assert [row.id for row in store.recent_sales("t1", 3)] == ["s4", "s3", "s2"]
        assert [row.id for row in store.open_sales()] == ["s1", "s3", "s4"]


async def test_a_command_is_carried_out_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.commit(Batch(entries=(Entry("a", "t1", b"{}"),), command=Command("c", "t1", 1, b"first")))
        with pytest.raises(JournalRefused):
            await store.commit(Batch(entries=(Entry("b", "t1", b"{}"),), command=Command("c", "t1", 2, b"second")))
        kept = store.command("c")
        assert kept is not None
        assert kept.answer == b"first"
        assert [row.kind for row in store.journal_since(0, 10)] == ["a"]
        assert (await store.commit(Batch(entries=(Entry("c", "t1", b"{}"),)))).last_seq == 2


async def test_a_lock_has_one_holder_and_a_refused_batch_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.commit(Batch(locks=(Lock("register", "s1"),)))
        await store.commit(Batch(locks=(Lock("register", "s1"),)))
        with pytest.raises(LockHeld) as refused:
            await store.commit(
                Batch(
                    entries=(Entry("opened", "t1", b"{}", "s2"),),
                    outgoing=(Outgoing("sales", "i", "sale", 1, b"{}"),),
                    locks=(Lock("drawer", "s2"), Lock("register", "s2")),
                )
            )
        assert (refused.value.device, refused.value.holder) == ("register", "s1")
        assert store.journal_since(0, 9) == []
        assert store.outbox_state() == []
        assert store.lock_holder("drawer") is None
        await store.commit(Batch(locks=(Lock("register", None), Lock("register", "s2"))))
        assert store.lock_holder("register") == "s2"


async def test_two_batches_at_once_both_come_out_whole(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:

        async def sell(till: str) -> None:
            for n in range(20):
                await store.commit(
                    Batch(
                        entries=(Entry("a", till, b"{}", f"{till}{n}"), Entry("b", till, b"{}", f"{till}{n}")),
                        outgoing=(Outgoing("sales", f"{till}{n}", "sale", 1, b"{}"),),
                    )
                )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sell, "t1")
            tasks.start_soon(sell, "t2")
        rows = store.journal_since(0, 1_000)
        assert [row.seq for row in rows] == list(range(1, 81))
        assert all(rows[at].sale == rows[at + 1].sale for at in range(0, 80, 2))
        assert [item.seq for item in store.outbox_read("sales", 0, 1_000)] == list(range(1, 41))
        assert store.verify_chain() is None


async def test_a_cancelled_caller_does_not_abandon_its_commit(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await store.commit(Batch(entries=(Entry("a", "t1", b"{}"),)))
        assert len(store.journal_since(0, 9)) == 1


async def test_people_are_erased_with_their_bytes_and_the_chain_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.commit(
            Batch(entries=(Entry("a", "t1", b"{}", "s1"),), personal=(Personal("p", "s1", "phone", PHONE),))
        )
        (tmp_path / "journal.db.v0.bak").write_bytes(PHONE.encode())
        assert PHONE.encode() in everything(tmp_path)
        assert await store.erase_person(PHONE) == 1
        assert await store.erase_person(PHONE) == 0
        assert store.personal("s1") == []
        assert store.verify_chain() is None
        assert PHONE.encode() not in everything(tmp_path)


def everything(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET body = CAST('{\"x\":2}' AS BLOB) WHERE seq = 3",
        "UPDATE journal SET kind = 'k9' WHERE seq = 3",
        "UPDATE journal SET sale = 's9' WHERE seq = 3",
        "UPDATE journal SET till = 't9' WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 3",
        "DELETE FROM journal WHERE seq <= 2",
    ],
)
async def test_a_changed_or_missing_row_shows(tmp_path: Path, change: str) -> None:
    async with opened(tmp_path) as store:
        for n in range(5):
            await store.commit(Batch(entries=(Entry(f"k{n}", "t1", b'{"x":1}', f"s{n}"),)))
        assert store.verify_chain() is None
    connection = apsw.Connection(str(tmp_path / "journal.db"))
    connection.execute(change)
    connection.close()
    async with opened(tmp_path) as store:
        assert store.verify_chain() == (1 if "<=" in change else 3)


async def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    program = (
        "import anyio, sys, pathlib\nfrom sync.store.store import open_store\n"
        "async def main():\n"
        "    async with open_store(pathlib.Path(sys.argv[1]), device='d1', now_ms=lambda: 1):\n"
        "        print('open', flush=True); sys.stdin.read()\n"
        "anyio.run(main)\n"
    )
    with subprocess.Popen(  # noqa: ASYNC220 - the other process is the test
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(DirectoryBusy) as refused:
            async with opened(tmp_path):
                pass
        assert refused.value.pid == other.pid
        assert str(other.pid) in refused.value.ru
        other.communicate()
    async with opened(tmp_path) as store:
        assert store.journal_since(0, 1) == []


async def test_the_data_belong_to_one_device(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    with pytest.raises(WrongDevice):
        async with opened(tmp_path, device="d2"):
            pass
    async with opened(tmp_path, epoch=2) as store:
        assert store.epoch == 2
    async with opened(tmp_path, epoch=1) as store:
        assert store.epoch == 2, "an epoch that was begun is not left"


async def test_reads_do_not_write(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        with pytest.raises(apsw.ReadOnlyError):
            reader(store).execute("DELETE FROM journal")


def reader(store: Store) -> apsw.Connection:
    return store._read
