"""HQ passes a question about a slip on to who owes it, and the answer back; a device reads its own commands only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
import msgspec
import pytest
from pushing_till import DEVICE, ENTRIES, KEY, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.findings.checking import check_of_no_day
from cloud_api.settings import DeviceEntry
from cloud_api.store.devices import key_hash
from sync.wire.commands import Commands
from sync.wire.facts import ClaimAsked, ClaimGiven, ClaimKept

pytestmark = pytest.mark.anyio
ASKED = ClaimAsked("r-1", DEVICE, "K-1121-01", "ab" * 32)
GIVEN = ClaimGiven(
    "r-1", DEVICE, OTHER, DEVICE, "K-1121-01", "ab" * 32, 45_200, "RUB", "timeout", "o", "kiosk-1", 1, 2
)  # fmt: skip


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where, Clock())
    yield hq
    await hq.storage.close()


async def says(client: httpx.AsyncClient, till: PushingTill, *facts: ClaimAsked | ClaimGiven | ClaimKept) -> None:
    kinds = {ClaimAsked: "claim_asked", ClaimGiven: "claim_given", ClaimKept: "claim_kept"}
    for fact in facts:
        till.add(f"{kinds[type(fact)]}/{fact.request}/{len(till.items)}", fact, kinds[type(fact)])
    assert (await till.push(client)).status_code == 200


async def told(
    client: httpx.AsyncClient, key: str, since: int = 0, feed: str = "", wait: int = 0
) -> tuple[Commands, list[str]]:
    asked = {"since": str(since), "feed": feed, "wait": str(wait)}
    answer = await client.get("/v1/feed/commands", params=asked, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    page = msgspec.json.decode(answer.content, type=Commands)
    return page, [command.kind for command in page.commands]


async def test_the_question_goes_to_who_owes_it_and_the_answer_back(hq: Hq) -> None:
    owner, asker = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    async with client_of(hq) as client:
        await says(client, asker, ASKED)
        page, kinds = await told(client, KEY)
        assert kinds == ["claim_release"]
        assert msgspec.json.decode(page.commands[0].body)["to"] == OTHER
        assert (await told(client, OTHER_KEY))[1] == []
        await says(client, owner, GIVEN)
        again, kinds = await told(client, OTHER_KEY)
        assert kinds == ["claim_granted"]
        assert msgspec.json.decode(again.commands[0].body, type=ClaimGiven) == GIVEN
        back = msgspec.structs.replace(ASKED, request="r-2")
        await says(client, owner, back)  # the shopper went home: now the other one owes it
        assert (await told(client, OTHER_KEY, again.commands[0].seq, again.feed))[1] == ["claim_release"]


async def test_what_a_device_has_is_forgotten_and_numbers_go_on(hq: Hq) -> None:
    """`since` acknowledges, within its feed only; a place in another feed begins anew."""
    asker = PushingTill(OTHER, OTHER_KEY)
    async with client_of(hq) as client:
        await says(client, asker, ASKED, msgspec.structs.replace(ASKED, request="r-2"))
        page, kinds = await told(client, KEY)
        assert kinds == ["claim_release"] * 2
        first, second = (command.seq for command in page.commands)
        assert first < second
        assert (await told(client, KEY, second, "another feed"))[1] == kinds
        assert [c.seq for c in (await told(client, KEY, first, page.feed))[0].commands] == [second]
        assert (await told(client, KEY, second, page.feed))[1] == []
        assert (await told(client, KEY))[1] == []
        await says(client, asker, msgspec.structs.replace(ASKED, request="r-3"))
        third, _ = await told(client, KEY, second, page.feed)
        assert third.commands[0].seq > second


async def test_an_hq_from_an_old_backup_does_not_use_numbers_again(hq: Hq) -> None:
    """The device is far ahead of what this HQ remembers: the next command is after its place all the same."""
    async with client_of(hq) as client:
        feed = (await told(client, KEY))[0].feed
        ahead = Clock().ms + 10**6
        assert (await told(client, KEY, ahead, feed))[1] == []
        await says(client, PushingTill(OTHER, OTHER_KEY), ASKED)
        assert [c.seq > ahead for c in (await told(client, KEY, ahead, feed))[0].commands] == [True]


async def test_a_shop_nobody_knows_and_ones_own_are_answered_at_once(hq: Hq) -> None:
    asker = PushingTill(OTHER, OTHER_KEY)
    strange = msgspec.structs.replace(ASKED, issuer="nowhere")
    own = msgspec.structs.replace(ASKED, issuer=OTHER, request="r-2")
    async with client_of(hq) as client:
        await says(client, asker, strange, own)
        page, kinds = await told(client, OTHER_KEY)
        assert kinds == ["claim_denied"] * 2
        assert [msgspec.json.decode(c.body)["why"] for c in page.commands] == ["no_shop", "here"]
        assert (await told(client, KEY))[1] == []


async def test_only_who_was_asked_answers_and_once(hq: Hq) -> None:
    """A device cannot give over what another one owes, and a second answer changes nothing."""
    owner, asker = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    async with client_of(hq) as client:
        await says(client, asker, ASKED)
        await says(client, asker, GIVEN)
        assert (await told(client, OTHER_KEY))[1] == []
        await says(client, owner, ClaimKept("r-1", DEVICE, "K-1121-01", "paid"), GIVEN)
        assert (await told(client, OTHER_KEY))[1] == ["claim_denied"]


async def test_an_answer_to_a_forgotten_question_is_believed(hq: Hq) -> None:
    """HQ was restored from before the question: the owner has written that it owes nothing, so the asker must hear."""
    async with client_of(hq) as client:
        await says(client, PushingTill(), GIVEN)
        assert (await told(client, OTHER_KEY))[1] == ["claim_granted"]
        await says(client, PushingTill(OTHER, OTHER_KEY), ASKED)  # sent again, as HQ is behind
        assert (await told(client, KEY))[1] == []


@pytest.mark.parametrize("said", ["", "moved", "paid"])
async def test_what_a_third_shop_gave_over_is_not_lost_when_hq_asks_another(where: str, said: str) -> None:
    """HQ came back from before the slip had moved to the third shop, which gave it to the asker: nobody else owes it.
    Where the shop that was asked has paid it, nobody's word makes it owed once more."""
    third = "perm-1"
    entry = DeviceEntry(third, "Пермь", "Касса 1", key_hash(third * 4))
    hq = await open_hq(where, Clock(), devices=(*ENTRIES, entry))
    async with client_of(hq) as client:
        await says(client, PushingTill(OTHER, OTHER_KEY), ASKED)
        if said:
            await says(client, PushingTill(), ClaimKept("r-1", DEVICE, "K-1121-01", said))
        giver = PushingTill(third, third * 4)
        await says(client, giver, msgspec.structs.replace(GIVEN, giver=third))
        denied = ["claim_denied"] if said else []
        assert (await told(client, OTHER_KEY))[1] == denied + ([] if said == "paid" else ["claim_granted"])
    await hq.storage.close()


async def test_a_shop_that_never_owed_a_slip_gives_none_over_that_nobody_asked_for(where: str) -> None:
    """One device in wrong hands must not make another shop owe what it likes, nor hide who does. Where HQ has lost
    both question and answer, the asker says again that it asked, in whichever order they come."""
    third = "perm-1"
    entry = DeviceEntry(third, "Пермь", "Касса 1", key_hash(third * 4))
    hq = await open_hq(where, Clock(), devices=(*ENTRIES, entry))
    forged = msgspec.structs.replace(GIVEN, giver=third, amount=9_999_900)
    giver, asker = PushingTill(third, third * 4), PushingTill(OTHER, OTHER_KEY)

    async def found() -> list[tuple[str, int, str]]:
        await check_of_no_day(hq.storage, now_ms=NOON_MS)
        listed = (await client.get("/v1/findings")).json()["findings"]
        return [(one["rule"], one["amount"], one["en"]["what"]) for one in listed]

    async with client_of(hq) as client:
        await says(client, giver, forged)
        assert (await told(client, OTHER_KEY))[1] == []
        ((rule, amount, what),) = await found()
        assert (rule, amount) == ("slip_unasked", 9_999_900)
        assert what.startswith(
            f"Пермь gives slip K-1121-01 ({ENTRIES[0].store}, 99\u00a0999.00) over to {ENTRIES[1].store}"
        )
        await says(client, asker, msgspec.structs.replace(ASKED, request="r-2"))
        assert (await told(client, KEY))[1] == ["claim_release"], "the issuer is asked: it owes the slip"
        await says(client, asker, msgspec.structs.replace(ASKED, slip="cd" * 32))
        assert (await told(client, OTHER_KEY))[1] == [], "that was another slip"
        await says(client, asker, ASKED)
        page, kinds = await told(client, OTHER_KEY)
        assert kinds == ["claim_granted"]
        assert msgspec.json.decode(page.commands[0].body, type=ClaimGiven) == forged
        assert await found() == [], "somebody asked, after all"
        await says(client, asker, ASKED)
        assert (await told(client, OTHER_KEY))[1] == ["claim_granted"]
    await hq.storage.close()


async def test_names_without_an_end_wait_in_quarantine(hq: Hq) -> None:
    async with client_of(hq) as client:
        asker = PushingTill(OTHER, OTHER_KEY)
        await says(client, asker, msgspec.structs.replace(ASKED, number="K" * 201))
        await says(client, asker, msgspec.structs.replace(ASKED, request=""))
    why = [row[0] for row in await hq.storage.rows("SELECT why FROM quarantine ORDER BY seq")]
    assert why == ["range: a name of another shop", "no_number"]


async def test_a_reader_is_woken_by_the_command_it_waits_for(hq: Hq) -> None:
    """Nobody polls: the answer is held back until there is something to say, and comes then."""
    kinds: list[list[str]] = []
    with anyio.fail_after(10):
        async with client_of(hq) as client, anyio.create_task_group() as tasks:

            async def wait() -> None:
                kinds.append((await told(client, KEY, wait=25))[1])

            tasks.start_soon(wait)
            await anyio.sleep(0.05)
            assert kinds == []
            await says(client, PushingTill(OTHER, OTHER_KEY), ASKED)
    assert kinds == [["claim_release"]]


async def test_a_strange_key_reads_nothing(hq: Hq) -> None:
    async with client_of(hq) as client:
        answer = await client.get("/v1/feed/commands", headers={"authorization": "Bearer guess"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
        too_long = await client.get(
            "/v1/feed/commands", params={"wait": "3600"}, headers={"authorization": f"Bearer {KEY}"}
        )
        assert too_long.status_code == 422
