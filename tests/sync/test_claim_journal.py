"""Claims in the store: what is written is read back, and the settings that find them."""

from __future__ import annotations

from pathlib import Path

import pytest
from anyio.lowlevel import checkpoint

from fiscal.claim import (
    Claim,
    ClaimCancelled,
    ClaimExpired,
    ClaimIssued,
    ClaimPaid,
    ClaimPayFailed,
    ClaimPayMeant,
    ClaimPhase,
    evolve_claim,
)
from sync.store import claim_journal as kept
from sync.store.batch import Batch
from sync.store.store import open_store

pytestmark = pytest.mark.anyio
ISSUED = ClaimIssued("K-1121-01", 45_200, "RUB", "change_short", "order-1", "shop-1", 1_000, 9_000)
PAID = (ClaimPayMeant("ann", "1", 17, True), ClaimPayFailed("paper_out"), ClaimPayMeant("sue", "2", 18))
ENDS = {
    "issued": (),
    "expired": (ClaimExpired(9_000),),
    "cancelled": (ClaimCancelled("sue", "found"),),
    "paid": (*PAID, ClaimPaid(9_500, "found")),
    "paying": PAID,
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_claim_is_the_fold_of_its_rows(tmp_path: Path, end: str) -> None:
    events = ENDS[end]
    claim = Claim(ISSUED)
    for event in events:
        claim = evolve_claim(claim, event)
    async with open_store(tmp_path, device="shop-1", now_ms=lambda: 1, inline=checkpoint) as store:
        await store.commit(Batch(entries=(kept.to_entry(ISSUED, "K-1121-01", "kiosk-1"),)))
        for event in events:
            await store.commit(Batch(entries=(kept.to_entry(event, "K-1121-01", "1"),)))
        rows = store.journal(kept.subject("K-1121-01"))
        assert kept.read_claim(rows) == claim
        assert claim.phase is ClaimPhase(end)
        assert rows[0].till == "kiosk-1"
        assert rows[0].kind == "claim.claim_issued"


async def test_without_rows_there_is_no_claim_and_none_is_open(tmp_path: Path) -> None:
    """A data directory of a program that knew no claims."""
    async with open_store(tmp_path, device="shop-1", now_ms=lambda: 1, inline=checkpoint) as store:
        assert kept.read_claim(store.journal(kept.subject("K-1121-01"))) is None
        assert kept.open_numbers(store) == kept.numbers_of(store, "order-1") == ()
        assert kept.issued_count(store, "shop-1") == 0


async def test_the_settings_that_find_claims(tmp_path: Path) -> None:
    async with open_store(tmp_path, device="shop-1", now_ms=lambda: 1, inline=checkpoint) as store:
        settings = (
            kept.open_setting(("K-1", "K-2")),
            kept.order_setting("order-1", ["K-2"]),
            kept.counter_setting("shop-1", 2),
        )
        await store.commit(Batch(settings=settings))
        assert kept.open_numbers(store) == ("K-1", "K-2")
        assert kept.numbers_of(store, "order-1") == ("K-2",)
        assert kept.numbers_of(store, "order-2") == ()
        assert (kept.issued_count(store, "shop-1"), kept.issued_count(store, "shop-2")) == (2, 0)


async def test_rows_that_do_not_begin_with_the_issue_are_no_claim(tmp_path: Path) -> None:
    async with open_store(tmp_path, device="shop-1", now_ms=lambda: 1, inline=checkpoint) as store:
        await store.commit(Batch(entries=(kept.to_entry(ClaimExpired(1), "K-1", "1"),)))
        with pytest.raises(ValueError, match="begins with ClaimExpired"):
            kept.read_claim(store.journal(kept.subject("K-1")))
