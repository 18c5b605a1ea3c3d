"""Data of a shop that sold without HQ become the device's it is enrolled as; anybody else's data stay theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.store.batch import Batch, Entry, Outgoing
from sync.store.failures import WrongDevice
from sync.store.store import LOCAL, open_store

pytestmark = pytest.mark.anyio


def opened(directory: Path, device: str, epoch: int = 1):  # type: ignore[no-untyped-def]
    return open_store(directory, device=device, epoch=epoch, now_ms=lambda: 5)


async def sold(directory: Path, device: str, epoch: int, *ids: str) -> None:
    async with opened(directory, device, epoch) as store:
        for id in ids:
            await store.commit(
                Batch(entries=(Entry("closed", "t1", b"{}", id),), outgoing=(Outgoing("sales", id, "sale", 1, b"{}"),))
            )


async def test_what_a_shop_sold_alone_goes_to_hq_when_it_is_enrolled(tmp_path: Path) -> None:
    await sold(tmp_path, LOCAL, 1, "s-1", "s-2")
    async with opened(tmp_path, "kazan-1") as store:
        assert [row.id for row in store.outbox_read("sales", 0, 100)] == ["s-1", "s-2"]
        assert store.verify_chain() is None
    with pytest.raises(WrongDevice):
        async with opened(tmp_path, "ufa-1"):
            pass
    with pytest.raises(WrongDevice):  # nor do they become nobody's again
        async with opened(tmp_path, LOCAL):
            pass


async def test_enrolled_anew_what_is_kept_has_new_numbers(tmp_path: Path) -> None:
    """What HQ acknowledged and is kept still goes again too; HQ knows it by its id. A settings file or an enrolment of
    before a later epoch does not lead back to it."""
    await sold(tmp_path, "kazan-1", 1, "s-1", "s-2", "s-3")
    async with opened(tmp_path, "kazan-1") as store:
        await store.outbox_acked("sales", 2)
    async with opened(tmp_path, "kazan-1", 2) as store:
        assert [(row.seq, row.id) for row in store.outbox_read("sales", 0, 100)] == [
            (1, "s-1"),
            (2, "s-2"),
            (3, "s-3"),
        ]
        assert (store.epoch, store.outbox_ack("sales")) == (2, 0)
    async with opened(tmp_path, "kazan-1", 1) as store:
        assert store.epoch == 2


async def test_alone_and_then_enrolled_in_the_place_of_a_dead_box(tmp_path: Path) -> None:
    await sold(tmp_path, LOCAL, 1, "s-1")
    async with opened(tmp_path, "kazan-1", 3) as store:
        assert store.epoch == 3
        assert [(row.seq, row.id) for row in store.outbox_read("sales", 0, 100)] == [(1, "s-1")]


async def test_who_has_no_name_goes_on_with_whoever_owns_the_data(tmp_path: Path) -> None:
    """Asked as they are opened, so that nothing has to be read before: not on a full disk either."""
    await sold(tmp_path / "old", "kazan-1", 2, "s-1")
    for _ in range(2):
        async with open_store(tmp_path / "old", device=None, now_ms=lambda: 5) as store:
            assert (store.device, store.epoch) == ("kazan-1", 2)
            assert [row.id for row in store.outbox_read("sales", 0, 100)] == ["s-1"]
    async with open_store(tmp_path / "new", device=None, now_ms=lambda: 5) as store:
        assert (store.device, store.epoch) == (LOCAL, 1)
