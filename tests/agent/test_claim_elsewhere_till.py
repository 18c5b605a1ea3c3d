"""A slip of another shop at the till: what the cashier sees while it is asked for, and that it is paid like our own."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from agent.claims.claim_desk import ClaimDesk
from agent.view import ElsewhereView, Note
from fiscal.claim import ClaimPhase, slip_hash
from sync.downlink import Place, place_setting
from sync.store.store import open_store
from sync.wire.commands import Command
from sync.wire.facts import ClaimGiven, ClaimKept
from tests.agent.claim_shop import claims_wired, desk_of, facts_of, issued, payouts, screen_of
from tests.agent.small_shop import CASHIER, SmallShop, small_shop

__all__ = ["claims_wired"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("claims_wired")]
ANN = {"person": CASHIER[0], "pin": CASHIER[1]}
SHOP = "kazan-2"


async def slip_of_another_shop(directory: Path, shop: SmallShop, currency: str = "RUB") -> tuple[str, str]:
    """The code on the paper, and what this shop calls the claim."""
    clock = shop.world.clock
    async with open_store(directory / "kazan", device=SHOP, now_ms=clock.now_ms, inline=checkpoint) as store:
        desk = ClaimDesk(store, clock, b"another key of 32 bytes in Kazan", SHOP, currency, 30)
        claim = await desk.issue("kiosk-1", 45_200, "change_short", "order-1")
        return desk.code(claim), f"{SHOP}/{claim.issued.number}"


def elsewhere_of(shop: SmallShop) -> ElsewhereView:
    shown = screen_of(shop.view())
    assert shown.slip is None
    assert shown.elsewhere is not None
    return shown.elsewhere


async def hear(shop: SmallShop, kind: str, body: msgspec.Struct, seq: int = 1) -> None:
    """What HQ says next."""
    exchange = shop.till().exchange
    assert exchange is not None
    command = Command(seq, f"{kind}/{seq}", kind, 1, 0, msgspec.Raw(msgspec.json.encode(body)))
    await exchange.takers[kind](command, place_setting(Place("feed", seq)))


def given(request: str, number: str, code: str, shop: SmallShop) -> ClaimGiven:
    expires_ms = shop.world.clock.now_ms() + 10**9
    return ClaimGiven(
        request, SHOP, "shop-1", SHOP, number, slip_hash(code), 45_200, "RUB", "change_short", "order-1", "kiosk-1",
        shop.world.clock.now_ms(), expires_ms,
    )  # fmt: skip


async def test_it_is_asked_for_and_then_paid_by_the_cashier(tmp_path: Path) -> None:
    """Scanned, asked, granted while the screen stands there, paid out of this drawer with a выплата."""
    async with small_shop(tmp_path / "here", hq=True) as shop:
        await shop.open_shift()
        code, number = await slip_of_another_shop(tmp_path, shop)
        await shop.done("scan", code=code)
        shown = elsewhere_of(shop)
        assert (shown.number, shown.shop, shown.amount_minor, shown.state) == (number, SHOP, 45_200, "free")
        assert await shop.do("claim_pay", number=number, **ANN) == Note("case_moved")
        await shop.done("claim_ask", number=number)
        assert elsewhere_of(shop).state == "asked"
        (asked,) = facts_of(shop, "claim_asked")
        assert (asked["issuer"], asked["number"], asked["slip"]) == (SHOP, number.partition("/")[2], slip_hash(code))
        assert code.rpartition(".")[2] not in str(asked)
        await shop.done("claim_ask", number=number)
        assert len(facts_of(shop, "claim_asked")) == 1, "asked twice"
        assert payouts(shop) == []
        await hear(shop, "claim_granted", given(asked["request"], asked["number"], code, shop))
        screen = screen_of(shop.view())
        assert screen.slip is not None
        assert (screen.slip.number, screen.slip.state, screen.slip.kiosk) == (number, "issued", f"{SHOP}/kiosk-1")
        assert screen.supervisor is None
        await shop.done("claim_pay", number=number, **ANN)
        claim = desk_of(shop).claim(number)
        assert claim is not None
        assert (claim.phase, payouts(shop)) == (ClaimPhase.PAID, [45_200])
        assert [fact["state"] for fact in facts_of(shop, "claim")] == ["taken", "paid"]


async def test_a_no_is_told_and_asked_again_by_the_cashier(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "here", hq=True) as shop:
        await shop.open_shift()
        code, number = await slip_of_another_shop(tmp_path, shop)
        await shop.done("scan", code=code)
        await shop.done("claim_ask", number=number)
        request = facts_of(shop, "claim_asked")[0]["request"]
        await hear(shop, "claim_denied", ClaimKept(request, SHOP, number.partition("/")[2], "paying"))
        assert (elsewhere_of(shop).state, elsewhere_of(shop).why) == ("kept", Note("claim_kept_paying"))
        await shop.done("claim_ask", number=number)
        assert elsewhere_of(shop).state == "asked"
        await shop.done("claim_leave")
        assert shop.view().screen == "selling"


async def test_another_paper_with_its_number_is_not_the_slip(tmp_path: Path) -> None:
    """Once it is owed here the code must be the one that was given over; by the number alone a supervisor pays."""
    async with small_shop(tmp_path / "here", hq=True) as shop:
        await shop.open_shift()
        code, number = await slip_of_another_shop(tmp_path, shop)
        await shop.done("scan", code=code)
        await shop.done("claim_ask", number=number)
        request = facts_of(shop, "claim_asked")[0]["request"]
        await hear(shop, "claim_granted", given(request, number.partition("/")[2], code, shop))
        forged = code[:-1] + ("A" if code[-1] != "A" else "B")
        refused = await shop.do("scan", code=forged)
        assert refused is not None
        assert refused.code == "claim_forged"
        await shop.done("claim", code=number)
        screen = screen_of(shop.view())
        assert screen.supervisor == Note("claim_without_slip")
        assert await shop.do("claim_pay", number=number, **ANN) is not None
        assert payouts(shop) == []


async def test_our_own_slip_that_was_given_over_is_asked_back(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "here", hq=True) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        desk, number = desk_of(shop), claim.issued.number
        release = {"request": "r-1", "issuer": "shop-1", "number": number, "slip": desk.seen(claim), "to": SHOP}
        exchange = shop.till().exchange
        assert exchange is not None
        raw = msgspec.Raw(msgspec.json.encode(release))
        await exchange.release(Command(1, "release/r-1", "claim_release", 1, 0, raw), place_setting(Place("feed", 1)))
        await shop.done("scan", code=desk.code(claim))
        assert (elsewhere_of(shop).shop, elsewhere_of(shop).state) == (SHOP, "free")
        assert facts_of(shop, "claim_given")[0]["to"] == SHOP
        await shop.done("claim_ask", number=number)
        asked = facts_of(shop, "claim_asked")[0]
        assert (asked["issuer"], asked["number"], asked["slip"]) == ("shop-1", number, desk.seen(claim))


async def test_without_hq_it_is_refused_by_name(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "here") as shop:
        await shop.open_shift()
        code, _ = await slip_of_another_shop(tmp_path, shop)
        refused = await shop.do("scan", code=code)
        assert refused == Note("claim_other_issuer", {"issuer": SHOP})


async def test_a_slip_in_another_currency_is_not_asked_for(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "here", hq=True) as shop:
        await shop.open_shift()
        code, _ = await slip_of_another_shop(tmp_path, shop, currency="KZT")
        refused = await shop.do("scan", code=code)
        assert refused == Note("claim_other_currency", {"currency": "KZT"})
