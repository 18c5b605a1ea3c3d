"""A real disk of a few megabytes fills up under a running till: no new money, what was begun is finished.

The disks are a tmpfs and an ext4 image on a loop device; both need the right to mount and are skipped by name without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from fiscal.sale import Phase
from sync.store.batch import Batch, Entry
from sync.store.failures import DiskFull
from sync.store.reserve import RESERVE_BYTES
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, SmallShop, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MEGABYTES = {"tmpfs": 8, "ext4": 12}


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk needs root and the right to mount (CAP_SYS_ADMIN): {done.stderr.strip()[:80]}")


@pytest.fixture(params=list(MEGABYTES))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A mounted file system of its own."""
    kind = str(request.param)
    place = tmp_path / kind
    place.mkdir()
    if kind == "tmpfs":
        mount("-t", "tmpfs", "-o", f"size={MEGABYTES[kind]}m", "tmpfs", str(place))
    else:
        if shutil.which("mkfs.ext4") is None:
            pytest.skip("mkfs.ext4 is not installed (Debian: e2fsprogs)")
        image = tmp_path / "disk.img"
        with image.open("wb") as file:
            file.truncate(MEGABYTES[kind] << 20)
        made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], capture_output=True, check=False)
        assert made.returncode == 0, made.stderr
        mount("-o", "loop", str(image), str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def stuff(disk: Path, name: str = "stuffing") -> None:
    """Takes all that is left."""
    with (disk / name).open("wb", buffering=0) as out:
        for size in (65536, 4096, 512):
            try:
                while out.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def stuff_to(disk: Path, left: int) -> None:
    """Takes all but about `left` bytes."""
    free = os.statvfs(disk)
    size = free.f_bavail * free.f_frsize - left
    if size > 0:
        (disk / "some").write_bytes(bytes(size))


async def refused(shop: SmallShop, do: str, **args: Any) -> str:
    note = await shop.do(do, **args)
    assert note is not None, f"{do} was taken on a full disk"
    return note.code


async def scanned(shop: SmallShop, code: str) -> None:
    """A cashier scans until the till takes it."""
    for _ in range(100):
        if await shop.do("scan", code=code) is None:
            return
        await anyio.sleep(0.2)
    raise AssertionError(f"the till still says {shop.view().said}")


async def test_no_new_money_before_the_reserve_is_touched(disk: Path) -> None:
    """Nearly full: a sale is not begun and an open basket is not paid; the reserve is still whole."""
    data = disk / "data"
    async with small_shop(data) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        stuff_to(disk, 300_000)
        for do, args in (
            ("pay", {"means": "card"}),
            ("pay", {"means": "cash"}),
            ("take_cash", {"received_minor": 400_000}),
        ):
            assert await refused(shop, do, **args) == "room_low"
        assert shop.device("card1").events("requested", "charged") == []
        assert (data / "reserve").stat().st_size == RESERVE_BYTES
        await shop.done("park")
        assert await refused(shop, "scan", code=CLAY) == "room_low"
        (disk / "some").unlink()
        await shop.sold(CLAY)
        await shop.done("bring_back")
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)


@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
async def test_what_was_begun_is_finished_from_the_reserve(disk: Path, terminal: str) -> None:
    """The shopper holds the card when the last page goes: the charge is journaled, the sale sealed and closed."""
    data = disk / "data"
    async with small_shop(data, terminal) as shop:
        await shop.open_shift()
        await shop.order("card1", "card manual")
        await shop.scan(BEAR)
        await shop.done("pay", means="card")
        await shop.wait(lambda: shop.sales()[0].attempts)
        stuff(disk)
        await shop.order("card1", "present card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        sale = shop.sales()[0]
        assert sale.phase is Phase.CLOSED
        assert len(shop.device("card1").events("charged")) == 1
        assert [one.number for one in sale.sealed] == [shop.device("kkt1").events("fiscalised")[0]["document"]]
        assert await refused(shop, "scan", code=PUZZLE) in ("room_low", "disk_full")
        assert shop.store.verify_chain() is None
    stuff(disk, "more")
    with pytest.raises(DiskFull, match="bytes are free"):  # a sentence, not a crash
        async with small_shop(data, terminal, world=shop.world):
            pass
    (disk / "more").unlink()
    async with small_shop(data, terminal, world=shop.world) as shop:
        assert shop.sales()[0].phase is Phase.CLOSED
        assert await refused(shop, "scan", code=PUZZLE) in ("room_low", "disk_full")


async def test_room_coming_back_opens_the_till_by_itself(disk: Path) -> None:
    """Somebody deletes a file: nobody restarts anything, the next scan sells."""
    data = disk / "data"
    async with small_shop(data, watch_s=1) as shop:
        await shop.open_shift()
        stuff(disk)
        await spend_the_reserve(disk, shop)
        assert await refused(shop, "scan", code=CLAY) in ("room_low", "disk_full")
        for name in ("stuffing", "more"):
            (disk / name).unlink(missing_ok=True)
        await scanned(shop, CLAY)
        assert shop.view().screen == "selling"
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert (data / "reserve").stat().st_size == RESERVE_BYTES


async def spend_the_reserve(disk: Path, shop: SmallShop) -> None:
    """Write until the reserve is gone, then take what it freed."""
    note = Entry("test.note", "1", b'"' + b"x" * 20_000 + b'"')
    with anyio.fail_after(30):
        while (disk / "data" / "reserve").exists():
            await shop.store.commit(Batch(entries=(note,)))
            await anyio.lowlevel.checkpoint()
    stuff(disk, "more")


async def test_a_disk_without_a_single_byte_takes_nothing(disk: Path) -> None:
    """Reserve and all: what cannot be written is not begun, what was written before is whole, and room mends it."""
    data = disk / "data"
    async with small_shop(data, watch_s=1) as shop:
        await shop.open_shift()
        await shop.sold(CLAY, means="cash")
        await shop.scan(BEAR)
        stuff(disk)
        await spend_the_reserve(disk, shop)
        for do, args in (
            ("scan", {"code": PUZZLE}),
            ("pay", {"means": "card"}),
            ("cash_out", {"sum_minor": 100, "reason": ""}),
            ("close_shift", {}),
        ):
            assert await refused(shop, do, **args) in ("room_low", "disk_full", "empty_basket")
        assert shop.device("card1").events("requested", "charged") == []
        assert shop.device("kkt1").events("cash_out", "shift_closed") == []
        for name in ("stuffing", "more"):
            (disk / name).unlink(missing_ok=True)
        await scanned(shop, PUZZLE)
        assert [line.barcode for line in shop.view().sale.lines] == [BEAR, PUZZLE]  # type: ignore[union-attr]
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert shop.view().stop is None
        assert shop.store.verify_chain() is None
