"""A payout of a claim slip that is interrupted: the register is asked what it did; never paid twice, never lost."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agent.view import Note
from fiscal.claim import Claim, ClaimPhase
from tests.agent.claim_shop import (
    Points,
    PowerCut,
    claim_of,
    claim_rows,
    claims_wired,
    desk_of,
    facts_of,
    issued,
    payouts,
    screen_of,
)
from tests.agent.small_shop import CASHIER, SUPERVISOR, SmallShop, World, make_world, small_shop

__all__ = ["claims_wired"]
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.usefixtures("claims_wired"),
    pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True),
]
ANN, SUE = ({"person": name, "pin": pin} for name, pin in (CASHIER, SUPERVISOR))


async def shown(shop: SmallShop) -> Claim:
    """A shift is open and a slip is on the screen."""
    await shop.open_shift()
    claim = await issued(shop)
    await shop.done("scan", code=desk_of(shop).code(claim))
    return claim


async def pay(shop: SmallShop, claim: Claim) -> Note | None:
    return await shop.do("claim_pay", number=claim.issued.number, **ANN)


async def settled(shop: SmallShop) -> None:
    await shop.until(lambda view: not view.shift.exceptions, within_s=120)


def books(shop: SmallShop, claim: Claim) -> None:
    """The register, the claim, its list and both facts agree: paid once, or not at all."""
    paid = len(payouts(shop))
    now = claim_of(shop, claim)
    assert now.phase is (ClaimPhase.PAID if paid else ClaimPhase.ISSUED)
    assert now.owed_minor == (0 if paid else 45_200)
    assert [one.issued.number for one in desk_of(shop).owed()] == ([] if paid else [claim.issued.number])
    assert [fact["state"] for fact in facts_of(shop, "claim")] == ["issued", "paid"][: paid + 1]
    assert len([fact for fact in facts_of(shop, "cash") if fact["event"] == "out"]) == paid <= 1
    assert shop.store.lock_holder("kkt1") is None


async def cut_at(directory: Path, point: int | None) -> list[str]:
    """The power goes at this point of a payout; afterwards everything agrees, and what is owed can be paid."""
    world = make_world()
    async with small_shop(directory, world=world) as shop:
        claim = await shown(shop)
        points = Points(shop, point)
        try:
            await pay(shop, claim)
        except PowerCut:
            assert point is not None
        else:
            assert point is None, f"point {point} was never reached"
    world.devices["kkt1"].taps.clear()
    async with small_shop(directory, world=world, watch_s=5) as shop:
        if shop.till().shifts.standing is not None:
            asked = screen_of(shop.view())
            assert asked.asking
            assert asked.slip is not None
            assert asked.slip.state == "paying"
        await settled(shop)
        books(shop, claim)
        before = len(payouts(shop))
        await shop.done("claim", code=desk_of(shop).code(claim_of(shop, claim)))
        again = await pay(shop, claim)
        assert (again is None) is not bool(before), again
        assert payouts(shop) == [45_200]
        books(shop, claim)
    return points.names


async def test_a_power_cut_at_each_commit_and_each_command_of_a_payout(tmp_path: Path) -> None:
    names = await cut_at(tmp_path / "dry", None)
    assert [name for name in names if name.startswith("before")] == [
        "before shift.meant claim.claim_pay_meant",
        "before shift.moved claim.claim_paid",
    ]
    assert len(names) > 8
    for point in range(len(names)):
        again = await cut_at(tmp_path / str(point), point)
        assert again == names[: point + 1]


@pytest.mark.parametrize("outcome", ["drop_after_ack=51h", "power_cycle_after_ack=51h"])
async def test_a_lost_answer_is_read_off_the_drawer(tmp_path: Path, outcome: str) -> None:
    """Law 2: asked what it did, never told to do it again."""
    async with small_shop(tmp_path, watch_s=5) as shop:
        claim = await shown(shop)
        shop.fault("kkt1", outcome)
        note = await pay(shop, claim)
        assert note is None or note.code == "shift_unknown"
        await settled(shop)
        books(shop, claim)
        assert len(payouts(shop)) == (1 if "drop" in outcome else 0)


async def away(directory: Path, world: World) -> Claim:
    """The register paid and its cable was pulled: the till does not know."""
    async with small_shop(directory, world=world, watch_s=5) as shop:
        claim = await shown(shop)
        shop.device("kkt1").unplug_when("cash_out")
        assert await pay(shop, claim) == Note("shift_unknown")
        await anyio.sleep(3600)
        asked = screen_of(shop.view())
        assert asked.asking
        assert asked.slip is not None
        assert asked.slip.state == "paying"
        assert claim_of(shop, claim).owed_minor == 45_200
        assert await pay(shop, claim) == Note("claim_paying", {"number": claim.issued.number})
        for act in ("claim_leave", "claim"):
            assert await shop.do(act) == Note("claim_paying")
        assert await shop.do("claim_cancel", number=claim.issued.number, why="no", **SUE) == Note(
            "claim_paying", {"number": claim.issued.number}
        )
    return claim


async def test_a_register_that_is_away_for_long_is_asked_until_it_answers(tmp_path: Path) -> None:
    world = make_world()
    claim = await away(tmp_path, world)
    async with small_shop(tmp_path, world=world, watch_s=5) as shop:
        await anyio.sleep(6 * 3600)
        assert claim_of(shop, claim).phase is ClaimPhase.PAYING
        shop.plug("kkt1")
        await settled(shop)
        books(shop, claim)
        assert claim_rows(shop, claim) == ["issued", "pay_meant", "paid"]
        assert desk_of(shop).owed() == ()


@pytest.mark.parametrize("choice", ["paid", "unpaid"])
async def test_a_supervisor_says_what_a_dead_register_did(tmp_path: Path, choice: str) -> None:
    """Law 2: a person's word is journaled with the name; a cashier's is not taken."""
    world = make_world()
    claim = await away(tmp_path, world)
    number = claim.issued.number
    async with small_shop(tmp_path, world=world, watch_s=5) as shop:
        assert await shop.do("claim_said", number=number, choice=choice, **ANN) == Note("no_privilege")
        assert await shop.do("claim_said", number=number, choice="maybe", **SUE) == Note(
            "malformed", {"argument": "choice"}
        )
        await shop.done("claim_said", number=number, choice=choice, **SUE)
        assert claim_of(shop, claim).phase is (ClaimPhase.PAID if choice == "paid" else ClaimPhase.ISSUED)
        rows = [row for row in shop.store.journal_since(0, 1000) if row.kind == "shift.person_said"]
        assert b'"person":"sue"' in rows[0].body
        assert shop.store.lock_holder("kkt1") is None
        assert await shop.do("claim_said", number=number, choice=choice, **SUE) == Note("case_moved")
        shop.plug("kkt1")
        await settled(shop)
        assert len(payouts(shop)) == 1


async def test_a_person_is_not_believed_when_the_register_can_tell(tmp_path: Path) -> None:
    world = make_world()
    claim = await away(tmp_path, world)
    shop_again = small_shop(tmp_path, world=world, watch_s=600)
    async with shop_again as shop:
        shop.plug("kkt1")
        note = await shop.do("claim_said", number=claim.issued.number, choice="unpaid", **SUE)
        assert note == Note("case_moved")
        books(shop, claim)
        assert claim_of(shop, claim).phase is ClaimPhase.PAID


async def test_a_drawer_that_somebody_else_moved_is_no_evidence(tmp_path: Path) -> None:
    """Neither sum fits: taking it for "not paid" could pay twice. It stands until a supervisor says."""
    world = make_world()
    claim = await away(tmp_path, world)
    async with small_shop(tmp_path, world=world, watch_s=5) as shop:
        shop.plug("kkt1")
        shop.device("kkt1").simulator.machine.image.cash += 100
        await anyio.sleep(600)
        assert claim_of(shop, claim).phase is ClaimPhase.PAYING
        assert screen_of(shop.view()).asking
        await shop.done("claim_said", number=claim.issued.number, choice="paid", **SUE)
        books(shop, claim)
