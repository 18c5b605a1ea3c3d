"""A number looked up at a till or a kiosk is evidence of who is here; the till waits for nothing of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import anyio
import msgspec
import pytest

from agent.credit.credit_desk import number
from agent.visitors.till_numbers import MOST, TillNumbers
from fiscal.store_credit import CreditGiven
from sensors.consent.facts import Purpose
from sensors.identity.records import Kind, Rule, record_id
from sync.store import credit_journal
from sync.store.batch import Batch
from tests.agent.consent_world import gives, phone_of
from tests.agent.greeting_shop import greeting_shop
from tests.agent.kiosk_shop import kiosk_shop
from tests.agent.receipts_world import World, receipts_world
from tests.agent.small_shop import BEAR, SmallShop, small_shop
from tests.agent.visitor_hall import HOUR_MS, MINUTE_MS, TEN_MS, HandClock, run, until

CARD = "SHOP-0042"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: sockets lie in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


class Heard:
    """In the place of a till's ear."""

    def __init__(self) -> None:
        self.numbers: list[tuple[str, str]] = []

    def told(self, how: str, number: str) -> None:
        self.numbers.append((how, number))


async def credit_of(shop: SmallShop, phone: str, sum_minor: int) -> None:
    """An account of the number with so much on it."""
    account, beside = shop.shop.credits.opening(number("phone", phone), "k1", shop.till().new_id)
    given = credit_journal.to_entry(CreditGiven("advance", sum_minor), account, "k1")
    await shop.store.commit(Batch(entries=(*beside.entries, given), personal=beside.personal))


async def agreed(shop: SmallShop, *purposes: Purpose) -> None:
    assert shop.shop.visitors is not None
    told = gives(1, *purposes, given_ms=shop.world.clock.now_ms() - 1000, name="Анна")
    assert await shop.shop.visitors.consents.give(told) == ""


def test_a_guest_who_says_her_number_is_shown_and_her_receipt_is_hers(folder: Path) -> None:
    """She has no device here: the number that the cashier types is all, and her credit pays the bear."""

    async def work() -> None:
        async with greeting_shop(folder) as (shop, visitors):
            await agreed(shop, Purpose.ANALYTICS, Purpose.MARKETING)
            await credit_of(shop, phone_of(1), 400_000)
            await shop.scan(BEAR)
            assert shop.view().guests == []
            await shop.done("credit", number=phone_of(1))
            view = await shop.until(lambda view: view.guests)
            assert [(one.name, one.how) for one in view.guests] == [("Анна", "card")]
            await shop.done("credit_pay")
            await shop.until(lambda view: view.screen == "receipt")
            graph = visitors.identities.graph
            await until(lambda: graph.edges)
            (edge,) = graph.edges.values()
            cashier = shop.till().signed().id
            assert (edge.rule, edge.actor, edge.consents) == (Rule.PERSON_SAID, cashier, ("c-1-1-analytics",))
            (row,) = visitors.receipts.closed(0, shop.world.clock.now_ms())
            subject = visitors.consents.subject_with_phone(phone_of(1))
            assert visitors.consents.subject_of(record_id(Kind.RECEIPT, row.id)) == subject is not None

    run(work)


@pytest.mark.parametrize("purposes", [(), (Purpose.WIFI_ID,), (Purpose.MARKETING,)])
def test_without_the_consent_to_analytics_a_number_shows_nobody(folder: Path, purposes: tuple[Purpose, ...]) -> None:
    async def work() -> None:
        async with greeting_shop(folder) as (shop, visitors):
            if purposes:
                await agreed(shop, *purposes)
            await shop.scan(BEAR)
            refused = await shop.do("credit", number=phone_of(1))
            assert refused is not None, "nobody has credit here, with guests or without"
            assert refused.code == "credit_none"
            await until(lambda: not visitors.numbers._waiting)
            assert (shop.view().guests, visitors.guests.count) == ([], 0)

    run(work)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_a_till_tells_what_was_typed_as_accounts_spell_it(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        heard = shop.till().numbers = Heard()  # type: ignore[assignment]
        await shop.scan(BEAR)
        await shop.do("credit", number="8 (916) 123-45-67")
        await shop.do("credit", number=" shop-0042 ")
        await shop.do("credit", number="12")
        await shop.do("credit", number="")
        assert heard.numbers == [("phone", "79161234567"), ("card", CARD)]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_a_kiosk_tells_who_named_themselves(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        heard = shop.kiosk.till.numbers = Heard()  # type: ignore[assignment]
        await shop.done("start")
        await shop.done("scan", code=BEAR)
        await shop.done("checkout")
        await shop.done("identify", phone="89161234567")
        await shop.done("identify")
        await shop.done("identify", card="shop-0042")
        assert heard.numbers == [("phone", "79161234567"), ("card", CARD)]


async def shown(world: World, how: str, told: str) -> list[str]:
    """How each guest is known once the number was looked at."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.visitors.numbers.run)
        world.visitors.numbers.told(how, told)
        await until(lambda: not world.visitors.numbers._waiting)
        tasks.cancel_scope.cancel()
    return [one.how for one in world.visitors.guests.here()]


def test_a_card_shows_its_owner_once_it_is_known_whose_it_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS + 4 * HOUR_MS)) as world:
            await world.agrees(1)
            assert await shown(world, "card", CARD) == []
            await world.stays(1, TEN_MS, 30)
            await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1), card=CARD)
            await world.heard()
            assert await shown(world, "card", CARD) == ["card"]
            assert await shown(world, "card", "ANOTHER") == ["card"], "still only she"
            await world.withdraws(1, Purpose.ANALYTICS)
            assert world.visitors.guests.here() == []
            assert await shown(world, "card", CARD) == []

    run(work)


def test_more_numbers_than_anybody_types_are_not_kept(tmp_path: Path) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path) as world:
            numbers: TillNumbers = world.visitors.numbers
            for one in range(1_000):
                numbers.told("phone", phone_of(one))
            assert len(numbers._waiting) == MOST
            assert phone_of(1).encode() not in msgspec.json.encode([row.body for row in world.store.consents()])

    run(work)
