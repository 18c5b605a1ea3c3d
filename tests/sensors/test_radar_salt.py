"""The salt lives from one midnight of the shop to the next, in memory, through a restart, and no longer."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sensors.memory_place import IN_MEMORY, MOUNTS, MemoryPlace, NoMemoryPlace, kind_of
from sensors.salt import SECRET_BYTES, SLACK_MS, as_kept, day_of, salt_for

MOSCOW, BERLIN, NEPAL = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
FRESH, OTHER = b"f" * SECRET_BYTES, b"o" * SECRET_BYTES
HOUR = 3_600_000


def ms(text: str, zone: ZoneInfo) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_the_day_is_the_shops_own() -> None:
    at = ms("2026-11-22 01:30", MOSCOW)
    assert day_of(at, MOSCOW) == (ms("2026-11-22", MOSCOW), ms("2026-11-23", MOSCOW))
    assert day_of(at, ZoneInfo("UTC")) == (ms("2026-11-21", ZoneInfo("UTC")), ms("2026-11-22", ZoneInfo("UTC")))
    begins, ends = day_of(ms("2026-11-22 00:00", NEPAL), NEPAL)
    assert (begins, ends - begins) == (ms("2026-11-22", NEPAL), 24 * HOUR)


def test_days_in_which_clocks_change() -> None:
    for date, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-03-28", 24)):
        begins, ends = day_of(ms(f"{date} 12:00", BERLIN), BERLIN)
        assert (ends - begins) / HOUR == hours


def test_a_restart_within_the_day_goes_on_with_the_same_salt() -> None:
    salt, new = salt_for(ms("2026-11-22 09:00", MOSCOW), MOSCOW, None, FRESH)
    assert (salt.secret, new) == (FRESH, True)
    assert salt_for(ms("2026-11-22 23:59:59", MOSCOW), MOSCOW, as_kept(salt), OTHER) == (salt, False)


def test_at_midnight_there_is_another_one() -> None:
    salt, _ = salt_for(ms("2026-11-22 09:00", MOSCOW), MOSCOW, None, FRESH)
    next_day, new = salt_for(ms("2026-11-23 00:00", MOSCOW), MOSCOW, as_kept(salt), OTHER)
    assert (next_day.secret, new) == (OTHER, True)
    assert next_day.begins_ms == salt.ends_ms


def test_a_clock_set_back_a_little_keeps_it_and_one_that_was_years_ahead_does_not() -> None:
    salt, _ = salt_for(ms("2026-11-22 00:10", MOSCOW), MOSCOW, None, FRESH)
    assert salt_for(ms("2026-11-21 23:30", MOSCOW), MOSCOW, as_kept(salt), OTHER)[0] == salt
    assert salt_for(salt.begins_ms - SLACK_MS - 1, MOSCOW, as_kept(salt), OTHER)[0].secret == OTHER
    assert salt_for(ms("2036-01-01", MOSCOW), MOSCOW, as_kept(salt), OTHER)[1]


@pytest.mark.parametrize("kept", [b"", b"\xff" * 40, b"\x80", b"\x93\x01\x02\xc4\x01x"])
def test_what_is_damaged_is_no_salt(kept: bytes) -> None:
    assert salt_for(0, MOSCOW, kept, FRESH)[1]


def test_a_salt_does_not_tell_itself() -> None:
    salt, _ = salt_for(0, MOSCOW, None, FRESH)
    assert "ffff" not in repr(salt)
    with pytest.raises(ValueError, match="32 bytes"):
        salt_for(0, MOSCOW, None, b"short")


# The place in memory

LIST = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,mode=755
31 30 0:26 / /run/user/1000 rw master:7 propagate_from:2 - ext4 /dev/sdb rw
32 22 8:2 / /run2 rw - ext4 /dev/sdb rw
33 22 0:30 / /with\\040space rw - ramfs none rw
34 22 0:31 / /covered rw - ext4 /dev/sdc rw
35 34 0:32 / /covered rw - tmpfs tmpfs rw
a line of something else
"""


@pytest.mark.parametrize(
    ("directory", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/run", "tmpfs"),
        ("/run/tillkeeper-radar", "tmpfs"),
        ("/run/user/1000/x", "ext4"),
        ("/run2/x", "ext4"),
        ("/with space/x", "ramfs"),
        ("/covered/x", "tmpfs"),
    ],
)
def test_the_deepest_and_latest_mount_decides(directory: str, kind: str) -> None:
    assert kind_of(Path(directory), LIST) == kind


def test_no_list_says_nothing() -> None:
    assert kind_of(Path("/run"), "") == ""


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory that really lies in memory."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not MOUNTS.exists() or kind_of(shm, MOUNTS.read_text("utf-8")) not in IN_MEMORY:
        pytest.skip("no tmpfs is mounted on /dev/shm")
    made = Path(tempfile.mkdtemp(dir=shm, prefix="tillkeeper-test-"))
    yield made
    shutil.rmtree(made)


def test_a_place_in_memory_keeps_and_wipes(memory: Path) -> None:
    place = MemoryPlace(memory / "radar")
    assert (memory / "radar").stat().st_mode & 0o777 == 0o700
    assert place.read("salt") is None
    place.write("salt", b"first")
    place.write("salt", b"second")
    assert place.read("salt") == b"second"
    assert (memory / "radar" / "salt").stat().st_mode & 0o777 == 0o600
    with (memory / "radar" / "salt").open("rb") as still_open:
        place.wipe("salt")
        assert still_open.read() == bytes(6), "what was there is overwritten, not only unlinked"
    place.wipe("salt")
    assert list((memory / "radar").iterdir()) == []


def test_a_directory_on_a_disk_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(LIST, encoding="utf-8")
    with pytest.raises(NoMemoryPlace, match="not in memory") as refused:
        MemoryPlace(tmp_path / "radar", mounts)
    assert "tmpfs" in refused.value.ru
    with pytest.raises(NoMemoryPlace, match="out of reach"):
        MemoryPlace(tmp_path / "no" / "parent", mounts)


def test_a_directory_that_others_could_have_made_is_refused(memory: Path) -> None:
    open_to_all = memory / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    with pytest.raises(NoMemoryPlace, match="open to others"):
        MemoryPlace(open_to_all)
    (memory / "own").mkdir(mode=0o700)
    (memory / "link").symlink_to(memory / "own")
    with pytest.raises(NoMemoryPlace, match="open to others"):
        MemoryPlace(memory / "link")
    (memory / "file").write_bytes(b"")
    with pytest.raises(NoMemoryPlace):
        MemoryPlace(memory / "file")
    if os.geteuid() == 0:
        (memory / "theirs").mkdir(mode=0o700)
        os.chown(memory / "theirs", 12345, 12345)
        with pytest.raises(NoMemoryPlace, match="open to others"):
            MemoryPlace(memory / "theirs")
