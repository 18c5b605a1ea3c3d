"""Guests on a real till: named beside the basket only, corrected by a command, and never waited for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from agent.view import Command
from agent.visitors.guests import Guests
from agent.visitors.offers import Offers
from sensors.identity.records import IdentityEvent, Kind, record_id
from tests.agent.small_shop import CASHIER, CLAY, SmallShop, small_shop
from tests.agent.test_visitors_guests import ANNA, PETER, Consents, Floor, Identities, NoSales, Visits

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]


class StuckIdentities(Identities):
    """A visitors' file whose disk never answers."""

    async def learn(self, events: Sequence[IdentityEvent]) -> None:
        await anyio.sleep_forever()


def guests_of(shop: SmallShop, people: Floor, identities: Identities) -> Guests:
    consents = Consents(identities)
    consents.agreed, consents.people = people.consents.agreed, people.consents.people
    identities.graph = people.identities.graph
    till = shop.till()
    till.guests = Guests(consents, identities, Visits(), NoSales(), till.clock, Offers(), random.Random(7))
    till.guests.watchers.append(till.changed_if_shown)
    return till.guests


def comes(shop: SmallShop, guests: Guests, mac: str) -> None:
    guests.came(record_id(Kind.MAC, mac), "wifi", shop.till().clock.now_ms())


async def test_without_sensors_nobody_is_named_and_the_command_is_refused(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        assert shop.view().guests == []
        note = await shop.do("guest_wrong", guest="g-1")
        assert note is not None
        assert note.code == "guest_gone"


async def test_a_guest_is_named_beside_the_basket_only(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        guests = guests_of(shop, Floor(), Identities())
        comes(shop, guests, "m-anna")
        assert (shop.view().screen, shop.view().guests) == ("locked", [])
        await shop.open_shift()
        revision, seen = shop.view().revision, []
        shop.till().watchers.append(lambda: seen.append(len(shop.view().guests)))
        comes(shop, guests, "m-peter")
        assert [one.name or one.tail for one in shop.view().guests] == ["0099", "Анна"]
        assert seen == [2], "told to the pages at once"
        assert shop.view().revision == revision, "a key that is pressed meanwhile is pressed for the same sale"
        await shop.scan(CLAY)
        assert len(shop.view().guests) == 2
        await shop.done("pay", means="cash")
        assert (shop.view().screen, shop.view().guests) == ("cash", [])
        await shop.done("take_cash", received_minor=50_000)
        view = await shop.until(lambda view: view.screen == "receipt")
        assert view.guests == []
        assert (await shop.done("new_sale")).guests != []
        await shop.done("sign_out")
        assert (shop.view().screen, shop.view().guests) == ("locked", [])


async def test_a_correction_is_carried_out_while_the_visitors_file_hangs(tmp_path: Path) -> None:
    """The task that keeps it is stuck for ever; the till sells on, and its page shows the guest no more."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        guests = guests_of(shop, Floor(), StuckIdentities())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(guests.run)
            comes(shop, guests, "m-anna")
            comes(shop, guests, "m-peter")
            anna = next(one for one in shop.view().guests if one.name == "Анна")
            stale = Command(shop.till().new_id(), shop.view().revision - 1, "guest_wrong", {"guest": anna.guest})
            with anyio.fail_after(1):
                assert await shop.commands().carry_out(stale) is None, "it names a guest: no sale has to stand still"
                assert [one.name for one in shop.view().guests] == [""]
                assert await shop.commands().carry_out(stale) is None, "the same command again"
            note = await shop.do("guest_wrong", guest=anna.guest)
            assert note is not None
            assert note.code == "guest_gone"
            await shop.sold(CLAY)
            tasks.cancel_scope.cancel()


async def test_a_correction_says_who_made_it_and_needs_a_cashier(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        identities = Identities()
        guests = guests_of(shop, Floor(), identities)
        await shop.open_shift(person=CASHIER)
        comes(shop, guests, "m-peter")
        guest = shop.view().guests[0].guest
        await shop.done("sign_out")
        note = await shop.do("guest_wrong", guest=guest)
        assert note is not None
        assert note.code == "locked"
        await shop.done("sign_in", cashier=CASHIER[0], pin=CASHIER[1])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(guests.run)
            await shop.done("guest_wrong", guest=guest)
            await anyio.sleep(0.1)
            tasks.cancel_scope.cancel()
        visit, phone = record_id(Kind.VISIT, guest), record_id(Kind.PHONE, PETER)
        assert (min(visit, phone), max(visit, phone)) in identities.graph.parted
        assert ANNA not in str(identities.graph.parted)
