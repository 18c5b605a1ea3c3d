"""What HQ tells beside the catalogue: the newest row of each key, kept with its place, told anew when it must be."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw
import msgspec
import pytest

from sync.feed_courier import TooLong
from sync.feed_following import FeedBoard, FeedFollower
from sync.store.feed_place import FeedPlace
from sync.store.told_rows import FILE, ToldRows
from sync.wire.feed import SHOP, OfferBody
from tests.sync.feed_hq import FeedHq

T = TypeVar("T")
pytestmark = pytest.mark.anyio


class Stock(msgspec.Struct):
    available: int


async def inline(work: Callable[[], T]) -> T:
    return work()


async def never() -> float:
    raise AssertionError("the shop's feed needs no beginning")


def offer(key: str, ru: str) -> list[object]:
    return [key, {"ru": ru, "en": "x"}]


def follower(rows: ToldRows, hq: FeedHq) -> FeedFollower:
    return FeedFollower(SHOP, hq.ask, rows, never, inline, FeedBoard(), random.Random(1))


async def follow(rows: ToldRows, hq: FeedHq) -> FeedBoard:
    follows = follower(rows, hq)
    for _ in range(40):
        if rows.place() == FeedPlace(hq.feed, hq.version):
            return follows.board
        await follows.step()
    raise AssertionError(f"not here: {follows.board}")


def said(rows: ToldRows) -> list[str]:
    return [body.ru for body in rows.bodies("offer", OfferBody)]


async def test_rows_come_change_and_go(tmp_path: Path) -> None:
    hq, rows = FeedHq(), ToldRows(tmp_path)
    hq.put("offer", "a", offer("a", "А"))
    hq.put("offer", "b", offer("b", "Б"))
    hq.put("order", "2000/s2", ["2000/s2", {"available": 5}])
    await follow(rows, hq)
    change = rows.change("offer")
    assert (said(rows), [one.available for one in rows.bodies("order", Stock)]) == (["А", "Б"], [5])
    hq.put("offer", "a", offer("a", "В"))
    hq.remove("offer", "b")
    await follow(rows, hq)
    assert (said(rows), rows.change("offer") > change) == (["В"], True)
    hq.put("offer", "b", offer("b", "Б"))
    await follow(rows, hq)
    assert said(rows) == ["В", "Б"]
    rows.close()
    again = ToldRows(tmp_path)
    assert (again.place(), said(again)) == (FeedPlace("f1", hq.version), ["В", "Б"])
    again.close()


async def test_told_anew_what_is_not_told_again_goes_at_the_end(tmp_path: Path) -> None:
    """Until HQ has told everything, what was told before stays in force."""
    hq, rows = FeedHq(), ToldRows(tmp_path)
    for key in "abcd":
        hq.put("offer", key, offer(key, key))
    await follow(rows, hq)
    hq.feed, hq.version = "f2", 9
    del hq.rows["offer", "b"]
    hq.put("offer", "e", offer("e", "e"))
    follows = follower(rows, hq)
    await follows.step()
    assert (rows.place(), said(rows)) == (FeedPlace("", 0), ["a", "b", "c", "d"])
    rows.apply(hq.page(0, 2), 0)
    assert said(rows) == ["a", "b", "c", "d"]
    rows.close()
    rows = ToldRows(tmp_path)
    await follow(rows, hq)
    assert said(rows) == ["a", "c", "d", "e"]
    rows.close()


async def test_a_body_nobody_can_read_lies_aside(tmp_path: Path) -> None:
    hq, rows = FeedHq(), ToldRows(tmp_path)
    hq.put("offer", "a", ["a", {"ru": "А"}])
    hq.put("offer", "b", offer("b", "Б"))
    hq.put("customer", "c", "no row")
    board = await follow(rows, hq)
    assert (said(rows), board.aside, [one.kind for one in rows.aside()]) == (["Б"], 2, ["offer", "customer"])
    rows.close()


async def test_a_kind_of_tomorrow_is_asked_for_by_the_program_of_tomorrow(tmp_path: Path) -> None:
    hq, rows = FeedHq(), ToldRows(tmp_path)
    hq.put("offer", "a", offer("a", "А"))
    hq.put("voucher", "v", ["v", {"available": 7}])
    hq.put("offer", "b", offer("b", "Б"))
    await follow(rows, hq)
    assert rows.bodies("voucher", Stock) == []
    rows.close()
    rows = ToldRows(tmp_path, frozenset({"offer", "voucher"}))
    assert rows.place() == FeedPlace("f1", 0)
    await follow(rows, hq)
    assert [one.available for one in rows.bodies("voucher", Stock)] == [7]
    rows.close()


async def test_a_file_that_cannot_be_used_is_told_anew(tmp_path: Path) -> None:
    hq, rows = FeedHq(), ToldRows(tmp_path)
    hq.put("offer", "a", offer("a", "А"))
    await follow(rows, hq)
    rows.close()
    (tmp_path / FILE).write_bytes(b"something else altogether, and long enough to be read" * 99)
    rows = ToldRows(tmp_path)
    assert said(rows) == []
    await follow(rows, hq)
    assert said(rows) == ["А"]
    rows.distrust()
    assert (rows.place(), said(rows)) == (FeedPlace("", 0), [])
    rows.close()


async def test_a_damaged_file_that_cannot_be_replaced_now_is_replaced_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at that moment costs the rows until there is room, and not until the program starts anew."""
    hq, rows = FeedHq(), ToldRows(tmp_path)
    hq.put("offer", "a", offer("a", "А"))
    board = FeedBoard()
    follows = FeedFollower(SHOP, hq.ask, rows, never, inline, board, random.Random(1))
    await follows.step()
    assert said(rows) == ["А"]

    def damaged() -> FeedPlace:
        raise apsw.CorruptError("malformed")

    def full(*_: object) -> apsw.Connection:
        raise apsw.CantOpenError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(rows, "place", damaged)
        broken.setattr(ToldRows, "_connected", full)
        await follows.step()
        broken.undo()
        broken.setattr(ToldRows, "_connected", full)
        await follows.step()
        assert (board.state, said(rows)) == ("disk", [])
    await follows.step()
    assert said(rows) == ["А"]
    rows.close()


async def test_a_page_too_long_is_asked_for_in_parts(tmp_path: Path) -> None:
    """Rows are asked for by halves until they fit, and by more again afterwards."""
    hq, rows = FeedHq(), ToldRows(tmp_path)
    for n in range(6):
        hq.put("offer", str(n), offer(str(n), str(n)))
    limits = []

    async def ask(name: str, place: FeedPlace, limit: int, wait_s: int):  # type: ignore[no-untyped-def]
        limits.append(limit)
        return TooLong() if limit > 2 else await hq.ask(name, place, limit, wait_s)

    follows = FeedFollower(SHOP, ask, rows, never, inline, FeedBoard(), random.Random(1))
    while rows.place() != FeedPlace("f1", 6):
        await follows.step()
    assert limits[:4] == [5000, 2500, 1250, 625]
    assert 2 in limits
    assert said(rows) == list("012345")
    rows.close()
