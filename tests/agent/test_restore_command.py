"""A backup is put in a dead box's place whole or not at all, and says of itself that it is one."""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
import anyio.lowlevel
import apsw
import msgspec
import pytest

from agent import restore_command
from agent.checkup.doctor import examine
from agent.settings_file import read_settings
from sync.store.backup import DataHere, back_up, place
from sync.store.batch import Batch, Entry, Outgoing, Setting
from sync.store.failures import Damaged, DirectoryBusy, NewerSchema
from sync.store.reading import Reading
from sync.store.restored import TillRestored, restore_state, state_setting, till_setting
from sync.store.store import open_store

pytestmark = pytest.mark.anyio
CONFIG = """
[shop]
name = "Shop"
directory = "{data}"
training = true
[[cashiers]]
id = "sue"
name = "Sue"
pin_hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$9sTbSlTio3Biev89thdrlg"
supervisor = true
[[tills]]
id = "1"
name = "Till 1"
register = "kkt"
[[sellers]]
id = "main"
name = "Shop Ltd"
inn = "7707083893"
[[devices]]
id = "kkt"
name = "Register"
driver = "shtrih_m"
address = "tcp://127.0.0.1:9"
"""


def now_ms() -> int:
    return 1_795_251_600_000


async def a_box(data: Path, rows: int = 3) -> None:
    async with open_store(data, device="kazan-1", epoch=4, now_ms=now_ms, inline=anyio.lowlevel.checkpoint) as store:
        for row in range(rows):
            out = (Outgoing("sales", f"s{row}", "cash", 1, b"{}"),)
            await store.commit(Batch(entries=(Entry("cash", "1", b"{}"),), outgoing=out))
        await store.outbox_acked("sales", 2)
        kept = (Setting("register/1", b'{"serial":"7","fn":"99"}'), Setting("shift/1", b'{"open":true,"document":41}'))
        await store.commit(Batch(settings=(*kept, Setting("session/1", b"sue"))))
        back_up(data, data.parent / "usb" / "till.db")  # beside the running box


async def test_a_backup_made_beside_a_running_box_is_put_in_place_once(tmp_path: Path) -> None:
    await a_box(tmp_path / "old")
    new, copy = tmp_path / "new", tmp_path / "usb" / "till.db"
    state = place(new, copy, now_ms=5, id="one")
    assert (state.backup, state.rows, state.epoch, state.acked) == (True, 3, 4, 2)
    assert {till: (one.fn, one.number) for till, one in state.baselines.items()} == {"1": ("99", 41)}
    assert place(new, None, now_ms=9, id="two") == state, "given again it goes on with what is there"
    async with open_store(new, device="kazan-1", epoch=5, now_ms=now_ms, inline=anyio.lowlevel.checkpoint) as store:
        assert restore_state(store) == state
        assert store.setting("session/1") == b"", "nobody is signed in at a machine that nobody stood at"
        assert store.verify_chain() is None
        assert [row.id for row in store.outbox_read("sales", 0, 9)] == ["s0", "s1", "s2"]


async def test_a_box_that_lives_is_never_written_over(tmp_path: Path) -> None:
    await a_box(tmp_path / "old")
    before = (tmp_path / "old" / "journal.db").read_bytes()
    with pytest.raises(DataHere):
        place(tmp_path / "old", tmp_path / "usb" / "till.db", now_ms=5, id="one")
    assert (tmp_path / "old" / "journal.db").read_bytes() == before
    async with open_store(tmp_path / "busy", device="a", now_ms=now_ms):
        with pytest.raises(DirectoryBusy):
            place(tmp_path / "busy", None, now_ms=5, id="one")


@pytest.mark.parametrize("harm", ["torn", "altered", "newer"])
async def test_what_is_no_whole_journal_of_ours_is_put_nowhere(tmp_path: Path, harm: str) -> None:
    """And whoever then gives a good copy begins anew."""
    await a_box(tmp_path / "old")
    good, bad = tmp_path / "usb" / "till.db", tmp_path / "bad.db"
    shutil.copyfile(good, bad)
    if harm == "torn":
        bad.write_bytes(good.read_bytes()[:5000])
    else:
        with apsw.Connection(str(bad)) as connection:
            wrong = "UPDATE journal SET body = x'00' WHERE seq = 2" if harm == "altered" else "PRAGMA user_version = 99"
            connection.execute(wrong)
    with pytest.raises((Damaged, NewerSchema)):
        place(tmp_path / "new", bad, now_ms=5, id="one")
    assert not (tmp_path / "new" / "journal.db").exists()
    assert place(tmp_path / "new", good, now_ms=5, id="one").rows == 3


async def test_a_restore_that_was_cut_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the copy has its name there is nothing."""
    await a_box(tmp_path / "old")

    def cut(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            place(tmp_path / "new", tmp_path / "usb" / "till.db", now_ms=5, id="one")
    assert not (tmp_path / "new" / "journal.db").exists()
    assert place(tmp_path / "new", tmp_path / "usb" / "till.db", now_ms=5, id="two").id == "two"


async def test_without_a_backup_the_box_begins_with_nothing(tmp_path: Path) -> None:
    state = place(tmp_path / "new", None, now_ms=5, id="one")
    assert (state.backup, state.rows, state.epoch, state.acked) == (False, 0, 0, 0)
    with apsw.Connection(str(tmp_path / "new" / "journal.db")) as connection:
        assert Reading(connection).setting("store.device") is None


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_commands_say_in_two_languages_what_is_left_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_box(tmp_path / "old")
    config = tmp_path / "shop.toml"
    config.write_text(CONFIG.format(data=tmp_path / "new"), encoding="utf-8")
    told = await anyio.to_thread.run_sync(lambda: restore_command.run_restore("", "", None, False, config))
    assert told == restore_command.USAGE_ERROR
    assert "--no-backup" in capsys.readouterr().err
    found = tmp_path / "usb" / "till.db"
    assert restore_command.run_restore("", "", found, False, config) == 0
    out = capsys.readouterr().out
    assert "записей 3" in out
    assert "a supervisor has" in out
    assert restore_command.run_backup(tmp_path / "again.db", config) == 0
    assert "Done:" in capsys.readouterr().out
    wrong = await anyio.to_thread.run_sync(
        lambda: restore_command.run_restore("http://127.0.0.1:9", "nonsense", None, False, config)
    )
    assert wrong == restore_command.NOT_DONE
    assert "without --backup" in capsys.readouterr().err


async def test_the_doctor_says_what_is_left_of_a_restore(tmp_path: Path) -> None:
    """Until HQ has told all and somebody has confirmed the till; of a machine that was never replaced, nothing."""
    file = tmp_path / "shop.toml"
    file.write_text(CONFIG.format(data=tmp_path / "new"), encoding="utf-8")

    async def said() -> list[str]:
        return [one.what.en for one in await examine(read_settings(file)) if one.about == "restore"]

    await a_box(tmp_path / "old")
    state = place(tmp_path / "new", tmp_path / "usb" / "till.db", now_ms=5, id="one")
    from_hq, at_the_till = await said()
    assert "HQ has not given back" in from_hq
    assert "tills: 1)" in at_the_till
    told = state_setting(msgspec.structs.replace(state, finished="told"))
    for kept, left in ((told, [at_the_till]), (till_setting("1", TillRestored(confirmed_ms=7)), [])):
        async with open_store(tmp_path / "new", device=None, now_ms=now_ms, inline=anyio.lowlevel.checkpoint) as store:
            await store.commit(Batch(settings=(kept,)))
        assert await said() == left
    shutil.rmtree(tmp_path / "new")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    assert await said() == []
