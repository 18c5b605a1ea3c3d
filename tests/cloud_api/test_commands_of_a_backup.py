"""HQ comes back from a backup, its clock went back too: no command hides below a place that its device has passed."""

from __future__ import annotations

import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER, Clock, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.store.commands import give
from sync.wire.commands import TransferComing

pytestmark = pytest.mark.anyio


async def given(hq: Hq, number: str, at_ms: int) -> None:
    async with hq.storage.transaction(None) as transaction:
        await give(
            transaction,
            DEVICE,
            f"coming/{number}",
            "transfer_coming",
            TransferComing(number, OTHER, 1, []),
            now_ms=at_ms,
        )


@pytest.mark.parametrize("then_ms", [-3_600_000, 10_000_000], ids=["clock-went-back", "and-forth"])
async def test_what_was_given_below_the_devices_place_is_heard_all_the_same(where: str, then_ms: int) -> None:
    """The device's place is from the life of HQ that was lost: it acknowledges nothing of this one."""
    hq = await open_hq(where, Clock())
    await given(hq, "1", NOON_MS - 3_600_000)
    await given(hq, "2", NOON_MS + then_ms)
    place = NOON_MS + 7_200_000
    last = max(place, NOON_MS + then_ms)
    async with client_of(hq) as client:

        async def heard(feed: str, since: int) -> tuple[str, list[tuple[int, str]]]:
            answer = await client.get(
                f"/v1/feed/commands?feed={feed}&since={since}", headers={"authorization": f"Bearer {KEY}"}
            )
            told = answer.json()
            return told["feed"], [(one["seq"], one["id"]) for one in told["commands"]]

        feed, _ = await heard("", 0)
        _, commands = await heard(feed, place)
        assert commands == [(last + 1, "coming/1"), (last + 2, "coming/2")]
        _, commands = await heard(feed, last + 1)
        assert commands == [(last + 2, "coming/2")]
        await given(hq, "3", NOON_MS)
        _, commands = await heard(feed, last + 2)
        assert commands == [(last + 3, "coming/3")]
    await hq.storage.close()


async def test_a_number_that_was_given_to_another_command_acknowledges_nothing(where: str) -> None:
    """The device has carried out number N of the lost life; N of this life is a command it never saw."""
    hq = await open_hq(where, Clock())
    for number in ("1", "2"):
        await given(hq, number, NOON_MS)
    async with client_of(hq) as client:

        async def heard(**asked: str | int) -> tuple[str, list[str]]:
            answer = await client.get("/v1/feed/commands", params=asked, headers={"authorization": f"Bearer {KEY}"})
            told = answer.json()
            return told["feed"], [one["id"] for one in told["commands"]]

        feed, _ = await heard()
        for last, left in (("coming/9", ["coming/1", "coming/2"]), ("coming/9", ["coming/1", "coming/2"])):
            assert await heard(feed=feed, since=NOON_MS + 1, last=last) == (feed, left)
        assert (await heard(feed=feed, since=NOON_MS + 2, last="coming/1"))[1] == ["coming/2"]
        assert (await heard(feed=feed, since=NOON_MS + 3))[1] == []
    await hq.storage.close()
