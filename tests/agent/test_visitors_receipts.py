"""Whose a receipt is: only of who agreed, only by their own number or card, and not because they were in the shop."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.visitors.identities import Identities
from sensors.consent.facts import Purpose
from sensors.identity.records import Kind, Rule, record_id
from tests.agent.consent_world import device_key, on_disk, phone_of
from tests.agent.receipts_world import World, receipts_world
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MINUTE_MS, TEN_MS, HandClock, run

CARD = "SHOP-0042"
Work = Callable[[World], Awaitable[None]]


def in_world(directory: Path, work: Work) -> None:
    async def main() -> None:
        async with receipts_world(directory, HandClock(TEN_MS + 4 * HOUR_MS)) as world:
            await work(world)

    run(main)


def test_a_number_and_the_own_device_here_name_the_buyer(tmp_path: Path) -> None:
    async def work(world: World) -> None:
        await world.agrees(1)
        await world.stays(1, TEN_MS, 30)
        await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1))
        await world.heard()
        assert world.buyer("s1") == world.subject(1) is not None
        assert {one.rule for one in world.edges()} == {Rule.ASSOCIATED, Rule.SAME_SALE}
        for edge in world.edges():
            assert set(edge.consents) == {"c-1-1-wifi_id", "c-1-1-analytics"}
        told = json.loads(world.visitors.consents.export(phone_of(1)))
        assert len(told["receipts"]) == 1

    in_world(tmp_path, work)


def test_who_is_only_in_the_shop_bought_nothing(tmp_path: Path) -> None:
    async def work(world: World) -> None:
        await world.agrees(1)
        await world.stays(1, TEN_MS, 30)
        await world.buys("s1", TEN_MS + 20 * MINUTE_MS)
        await world.buys("s2", TEN_MS + 20 * MINUTE_MS, phone=phone_of(2))
        await world.heard()
        assert world.edges() == []

    in_world(tmp_path, work)


@pytest.mark.parametrize("purposes", [(Purpose.WIFI_ID,), (Purpose.WIFI_ID, Purpose.MARKETING)])
def test_without_the_consent_to_analytics_no_receipt_is_looked_at(
    tmp_path: Path, purposes: tuple[Purpose, ...]
) -> None:
    async def work(world: World) -> None:
        await world.agrees(1, *purposes)
        await world.stays(1, TEN_MS, 30)
        await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1), card=CARD)
        await world.heard()
        await world.visitors.linking.night()
        assert world.edges() == []
        assert b"receipt:" not in on_disk(tmp_path)

    in_world(tmp_path, work)


def test_a_consent_is_not_for_what_was_bought_before_it(tmp_path: Path) -> None:
    async def work(world: World) -> None:
        await world.agrees(1, Purpose.WIFI_ID)
        await world.stays(1, TEN_MS, 60)
        await world.buys("before", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1))
        await world.agrees(1, Purpose.ANALYTICS, at_ms=TEN_MS + 30 * MINUTE_MS, number=2)
        await world.buys("after", TEN_MS + 40 * MINUTE_MS, phone=phone_of(1))
        await world.heard()
        assert (world.buyer("before"), world.buyer("after")) == (None, world.subject(1))
        assert {one.evidence for one in world.edges()} == {"after"}

    in_world(tmp_path, work)


def test_a_card_in_hand_is_the_persons_from_then_on(tmp_path: Path) -> None:
    """Once with the number and the device; then the card alone is enough, until either consent ends."""

    async def work(world: World) -> None:
        await world.agrees(1)
        await world.stays(1, TEN_MS, 30)
        await world.buys("first", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1), card=CARD)
        await world.heard()
        await world.buys("alone", TEN_MS + 3 * HOUR_MS, card=CARD.lower())
        await world.heard()
        assert world.buyer("alone") == world.buyer("first") == world.subject(1)
        assert CARD.encode() not in on_disk(tmp_path), "the graph knows a keyed hash"
        await world.withdraws(1, Purpose.WIFI_ID)
        assert world.buyer("alone") is None
        assert not any("card:" in one.left + one.right for one in world.visitors.identities.graph.edges.values())
        assert b"card:" not in on_disk(tmp_path)

    in_world(tmp_path, work)


def test_a_card_without_a_number_or_a_device_makes_nobody_known(tmp_path: Path) -> None:
    async def work(world: World) -> None:
        await world.agrees(1)
        await world.buys("number", TEN_MS, phone=phone_of(1), card=CARD)
        await world.stays(1, TEN_MS + HOUR_MS, 30)
        await world.buys("device", TEN_MS + HOUR_MS + MINUTE_MS, card=CARD)
        await world.heard()
        assert world.edges() == []

    in_world(tmp_path, work)


def test_a_card_is_not_given_to_another_by_one_sale(tmp_path: Path) -> None:
    async def work(world: World) -> None:
        for person in (1, 2):
            await world.agrees(person)
            await world.stays(person, TEN_MS, 60)
        await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1), card=CARD)
        await world.heard()
        await world.buys("s2", TEN_MS + 30 * MINUTE_MS, phone=phone_of(2), card=CARD)
        await world.heard()
        assert world.buyer("s1") == world.buyer("s2") == world.subject(1)
        profiles = world.visitors.identities.view().profiles.values()
        assert max(sum(one.startswith("phone:") for one in profile.records) for profile in profiles) == 1

    in_world(tmp_path, work)


def test_who_comes_in_is_known_without_their_receipts(tmp_path: Path) -> None:
    """What a door asks is the same person, from a graph that a year of purchases does not make larger."""

    async def work(world: World) -> None:
        for person in (1, 2, 3):
            await world.agrees(person, key=device_key(min(person, 2)))
            await world.stays(person, TEN_MS, 60, device_key(min(person, 2)))
        for sale in range(30):
            await world.buys(
                f"s{sale}", TEN_MS + sale * MINUTE_MS, phone=phone_of(1 + sale % 3), card=f"CARD-{sale % 3}"
            )
        await world.heard()
        world.clock.at_ms = TEN_MS + DAY_MS
        await world.visitors.linking.night()
        identities = world.visitors.identities
        assert len(world.edges()) > 30
        whole = identities.view()
        records = [one for one in whole.of if not one.startswith(("receipt:", "visit:"))]
        assert {one.partition(":")[0] for one in records} == {"phone", "mac", "card"}
        fresh = Identities(world.store)
        for record in records:
            graph, local = fresh.around(record)
            assert local.person_of(record) == whole.person_of(record)
            assert not any("receipt:" in edge.left + edge.right for edge in graph.edges.values())
            assert fresh.person_of(record) == whole.person_of(record)
        buyers = {world.buyer(f"s{sale}") for sale in range(30)}
        assert buyers == {world.subject(person) for person in (1, 2, 3)}, "two of a household in one visit stay two"
        for sale in range(30):
            receipt = record_id(Kind.RECEIPT, f"s{sale}")
            assert fresh.person_of(receipt) == whole.person_of(receipt)

    in_world(tmp_path, work)


def test_a_withdrawal_takes_the_receipts_with_it(tmp_path: Path) -> None:
    async def work(world: World) -> None:
        await world.agrees(1)
        await world.stays(1, TEN_MS, 30)
        await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1))
        await world.heard()
        assert b"receipt:s1" in on_disk(tmp_path)
        await world.withdraws(1, Purpose.ANALYTICS)
        assert world.buyer("s1") is None
        assert b"receipt:s1" not in on_disk(tmp_path)
        assert device_key(1) in world.visitors.consents.known_keys(), (
            "the device is known still: that was not withdrawn"
        )
        await world.heard()
        await world.visitors.linking.night()
        assert world.edges() == []

    in_world(tmp_path, work)
