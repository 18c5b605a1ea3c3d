"""HQ comes back from a backup, its clock went back too: no command hides below a place that its device has passed."""

from __future__ import annotations

import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER, Clock, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.store.commands import give
from sync.wire.commands import TransferComing

pytestmark = pytest.mark.anyio


async def given(hq: Hq, number: str, at_ms: int) -> int:
    """The command's own number."""
    async with hq.storage.transaction(None) as transaction:
        await give(
            transaction,
            DEVICE,
            f"coming/{number}",
            "transfer_coming",
            TransferComing(number, OTHER, 1, []),
            now_ms=at_ms,
        )
    return await hq.storage.number("SELECT seq FROM command WHERE id=?", (f"coming/{number}",))


@pytest.mark.parametrize("then_ms", [-3_600_000, 10_000_000], ids=["clock-went-back", "and-forth"])
async def test_what_was_given_below_the_devices_place_is_heard_all_the_same(where: str, then_ms: int) -> None:
    """The device's place is from the life of HQ that was lost: it acknowledges nothing of this one."""
    hq = await open_hq(where, Clock())
    await given(hq, "1", NOON_MS - 3_600_000)
    newest = await given(hq, "2", NOON_MS + then_ms)
    place = NOON_MS + 7_200_000
    async with client_of(hq) as client:

        async def heard(feed: str, since: int) -> tuple[str, list[tuple[int, str]]]:
            answer = await client.get(
                f"/v1/feed/commands?feed={feed}&since={since}", headers={"authorization": f"Bearer {KEY}"}
            )
            told = answer.json()
            return told["feed"], [(one["seq"], one["id"]) for one in told["commands"]]

        feed, _ = await heard("", 0)
        _, commands = await heard(feed, place)
        assert [id for _, id in commands] == ["coming/1", "coming/2"]
        assert max(place, newest) < commands[0][0] < commands[1][0]
        assert (await heard(feed, commands[0][0]))[1] == commands[1:]
        third = await given(hq, "3", NOON_MS)
        assert (await heard(feed, commands[1][0]))[1] == [(third, "coming/3")]
        assert third > commands[1][0]
    await hq.storage.close()


async def numbers(hq: Hq) -> list[int]:
    return [row[0] for row in await hq.storage.rows("SELECT seq FROM command ORDER BY seq")]


async def test_a_command_that_comes_again_behind_another_one_does_not_acknowledge_that_one(where: str) -> None:
    """HQ's clock stands an hour ahead when it is lost, and is set right: its numbers go on from the backup's. What the
    device carried out last in the lost life is the last one again in this life, behind one that is new."""
    hq = await open_hq(where, Clock())
    ahead_ms = NOON_MS + 3_600_000
    await given(hq, "0", ahead_ms)
    backup = await hq.storage.rows("SELECT given, acked FROM command_cursor")
    await given(hq, "1", NOON_MS)
    place = await given(hq, "2", NOON_MS)
    await hq.storage.rows("DELETE FROM command WHERE id <> 'coming/0'")
    await hq.storage.rows("UPDATE command_cursor SET given=?, acked=?", tuple(backup[0]))
    await given(hq, "3", NOON_MS)
    await given(hq, "2", NOON_MS)
    async with client_of(hq) as client:
        answer = await client.get("/v1/feed/commands", headers={"authorization": f"Bearer {KEY}"})
        asked: dict[str, str | int] = {"feed": answer.json()["feed"], "since": place, "last": "coming/2"}
        answer = await client.get("/v1/feed/commands", params=asked, headers={"authorization": f"Bearer {KEY}"})
        assert "coming/3" in [one["id"] for one in answer.json()["commands"]]
    await hq.storage.close()


async def test_a_number_that_was_given_to_another_command_acknowledges_nothing(where: str) -> None:
    """The device has carried out number N of the lost life; N of this life is a command it never saw."""
    hq = await open_hq(where, Clock())
    first, second = [await given(hq, number, NOON_MS) for number in ("1", "2")]
    async with client_of(hq) as client:

        async def heard(**asked: str | int) -> tuple[str, list[str]]:
            answer = await client.get("/v1/feed/commands", params=asked, headers={"authorization": f"Bearer {KEY}"})
            told = answer.json()
            return told["feed"], [one["id"] for one in told["commands"]]

        feed, _ = await heard()
        for last, left in (("coming/9", ["coming/1", "coming/2"]), ("coming/9", ["coming/1", "coming/2"])):
            assert await heard(feed=feed, since=second, last=last) == (feed, left)
            first, second = await numbers(hq)
        assert (await heard(feed=feed, since=first, last="coming/1"))[1] == ["coming/2"]
        assert (await heard(feed=feed, since=second))[1] == []
    await hq.storage.close()
