"""The visitors' outbox has an end: the oldest goes, what went is remembered, a wish to be forgotten stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from sync.store.batch import Outgoing
from sync.visitor_store import dropping
from sync.visitor_store.visitor_batch import Forgotten, VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore, open_visitors
from sync.wire.edge_log import GENESIS, Ended, Mark, chain

STREAM = "visits"
MOST = 20


def run(
    directory: Path,
    work: Callable[[VisitorStore], Awaitable[None]],
    *,
    epoch: int = 1,
    most: int = MOST,
    short: Callable[[], bool] = lambda: False,
) -> None:
    async def main() -> None:
        async with open_visitors(
            directory, device="shop-1", epoch=epoch, now_ms=lambda: 1_000, most_waiting=most, short=short
        ) as store:
            await work(store)

    anyio.run(main)


def fact(id: str, kind: str = "hour", stream: str = STREAM) -> Outgoing:
    return Outgoing(stream, id, kind, 1, f'"{id}"'.encode())


async def see(store: VisitorStore, first: int, last: int) -> None:
    for n in range(first, last + 1):
        await store.commit(VisitorBatch(outgoing=(fact(f"i{n}"),)))


def kept(store: VisitorStore, stream: str = STREAM) -> list[tuple[int, str]]:
    return [(row.seq, row.id) for row in store.outbox_read(stream, 0, 1000, 1 << 20)]


def waiting(store: VisitorStore) -> int:
    return {state.stream: state.waiting for state in store.outbox_state()}[STREAM]


def holds_together(store: VisitorStore) -> None:
    """What is kept has no hole and follows what is gone, by number and by hash."""
    seq, link = store.outbox_gone(STREAM)
    for row in store.outbox_read(STREAM, 0, 1000, 1 << 20):
        seq, link = seq + 1, chain(link, row.id, row.kind, row.v, row.body)
        assert (row.seq, row.hash) == (seq, link)
    assert seq == store.outbox_head(STREAM)


def test_nothing_is_dropped_while_there_is_room(tmp_path: Path) -> None:
    async def work(store: VisitorStore) -> None:
        await see(store, 1, MOST)
        assert store.outbox_gone(STREAM) == (0, GENESIS)
        assert (waiting(store), store.outbox_dropped(STREAM)) == (MOST, 0)

    run(tmp_path, work)


def test_too_many_let_the_oldest_go_and_that_survives_a_restart(tmp_path: Path) -> None:
    async def write(store: VisitorStore) -> None:
        await see(store, 1, MOST + 1)
        assert kept(store) == [(n, f"i{n}") for n in range(4, 22)]
        assert (waiting(store), store.outbox_dropped(STREAM)) == (18, 3)
        holds_together(store)

    async def read(store: VisitorStore) -> None:
        assert store.outbox_gone(STREAM)[0] == 3
        state = store.outbox_state()[0]
        assert (state.waiting, state.oldest_ms) == (18, 1_000)
        await see(store, 22, 24)
        assert store.outbox_gone(STREAM)[0] == 6
        assert store.outbox_dropped(STREAM) == 6
        holds_together(store)

    run(tmp_path, write)
    run(tmp_path, read)


def test_what_hq_has_goes_first_and_counts_as_no_loss(tmp_path: Path) -> None:
    async def work(store: VisitorStore) -> None:
        await see(store, 1, 15)
        await store.outbox_acked(STREAM, 10)
        await see(store, 16, 31)
        assert store.outbox_gone(STREAM)[0] == 13
        assert store.outbox_dropped(STREAM) == 3, "11, 12 and 13: HQ has the ten before"
        assert waiting(store) == 18

    run(tmp_path, work)


def test_a_short_disk_keeps_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropping, "KEPT_WHEN_SHORT", 10)
    room = [True]

    async def work(store: VisitorStore) -> None:
        await see(store, 1, 15)
        assert waiting(store) == 15
        room[0] = False
        await see(store, 16, 16)
        assert (waiting(store), store.outbox_gone(STREAM)[0]) == (9, 7)
        room[0] = True
        await see(store, 17, 30)
        assert store.outbox_gone(STREAM)[0] > 7, "the number holds with room too"
        holds_together(store)

    run(tmp_path, work, short=lambda: not room[0], most=20)


def test_a_wish_to_be_forgotten_survives_every_drop(tmp_path: Path) -> None:
    async def work(store: VisitorStore) -> None:
        await store.commit(VisitorBatch(outgoing=(fact("before"), fact("forget/t-1", "forget"))))
        await see(store, 1, 200)
        told = [id for _, id in kept(store)]
        assert told.count("forget/t-1") == 1
        assert "before" not in told
        assert store.outbox_gone(STREAM)[0] > 100
        assert store.outbox_dropped(STREAM) + len(told) == 202, "it is not counted as lost"
        holds_together(store)

    run(tmp_path, work)


def test_a_customers_consent_its_end_and_their_purchases_survive_every_drop(tmp_path: Path) -> None:
    """In their order, behind all others; what was merely shown goes with the visits."""

    async def work(store: VisitorStore) -> None:
        for id, kind in (("c", "customer"), ("p", "purchase"), ("o", "offer_event"), ("f", "forget")):
            await store.commit(VisitorBatch(outgoing=(fact(id, kind),)))
        await see(store, 1, 3 * MOST)
        holds_together(store)
        assert [id for _, id in kept(store) if not id.startswith("i")] == ["c", "p", "f"]

    run(tmp_path, work)


def test_a_customer_who_withdrew_is_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older HQ would be told again names them no more once their consent has ended."""
    monkeypatch.setattr(dropping, "KEPT_AFTER_ACK", 0)

    async def work(store: VisitorStore) -> None:
        await store.commit(VisitorBatch(outgoing=(fact("consent-7", "customer"), fact("consent-8", "customer"))))
        await see(store, 1, 3)
        await store.outbox_acked(STREAM, store.outbox_head(STREAM))
        await store.commit(VisitorBatch(forgotten=Forgotten(consents=("consent-7",))))
        await store.outbox_behind(STREAM, 1)
        assert [id for _, id in kept(store)] == ["consent-8"]

    run(tmp_path, work)


def test_streams_that_may_not_be_dropped_are_kept_whole(tmp_path: Path) -> None:
    async def work(store: VisitorStore) -> None:
        for n in range(MOST * 3):
            await store.commit(VisitorBatch(outgoing=(fact(f"s{n}", "sale", "sales"),)))
        assert len(kept(store, "sales")) == MOST * 3
        assert store.outbox_gone("sales") == (0, GENESIS)

    run(tmp_path, work, short=lambda: True)


def test_a_new_epoch_tells_again_what_hq_has(tmp_path: Path) -> None:
    """HQ may have come back from a backup of before both: what it had taken since would be named nowhere."""

    async def write(store: VisitorStore) -> None:
        await see(store, 1, 5)
        await store.outbox_acked(STREAM, 3)

    async def read(store: VisitorStore) -> None:
        assert kept(store) == [(n, f"i{n}") for n in range(1, 6)]
        assert (store.outbox_gone(STREAM), store.outbox_ack(STREAM)) == ((0, GENESIS), 0)
        holds_together(store)

    run(tmp_path, write)
    run(tmp_path, read, epoch=2)


def test_a_new_epoch_keeps_numbers_for_what_hq_was_not_told(tmp_path: Path) -> None:
    """Otherwise the hole would be filled by renumbering, and nobody would hear of it."""
    told: list[str] = []

    async def write(store: VisitorStore) -> None:
        await see(store, 1, 5)
        told.extend(store.outbox_hash(STREAM, n) or "" for n in range(1, 6))
        await store.outbox_acked(STREAM, 5)
        await see(store, 6, 26)
        assert store.outbox_gone(STREAM)[0] == 8

    async def read(store: VisitorStore) -> None:
        assert store.outbox_gone(STREAM) == (3, GENESIS), "6, 7 and 8"
        (held,) = store.outbox_ended(STREAM)
        assert (held.epoch, held.last) == (1, 5), "HQ had these"
        assert held.hash in told
        assert held.marks == [Mark(n, told[n - 1][:16]) for n in range(1, 6)]
        assert kept(store)[0] == (4, "i9")
        assert (store.outbox_head(STREAM), waiting(store), store.outbox_ack(STREAM)) == (21, 18, 0)
        holds_together(store)
        await see(store, 27, 27)
        holds_together(store)

    async def acknowledged(store: VisitorStore) -> None:
        await store.outbox_acked(STREAM, store.outbox_head(STREAM))

    async def told_of(store: VisitorStore) -> None:
        assert store.outbox_gone(STREAM) == (0, GENESIS), "HQ has heard of the three"
        left = store.outbox_ended(STREAM)
        assert [(one.epoch, one.last) for one in left] == [(1, 5), (2, 3)]
        assert left[1] == Ended(2, 3, GENESIS, [Mark(3, GENESIS[:16])]), "what was dropped has no hash of its own"
        assert kept(store)[0] == (1, "i9")
        assert store.outbox_head(STREAM) == 19
        holds_together(store)

    run(tmp_path, write)
    run(tmp_path, read, epoch=2)
    run(tmp_path, acknowledged, epoch=2)
    run(tmp_path, told_of, epoch=3)


def test_pruned_wishes_are_told_to_an_hq_that_forgot_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropping, "KEPT_AFTER_ACK", 3)

    async def work(store: VisitorStore) -> None:
        await store.commit(VisitorBatch(outgoing=(fact("forget/t-1", "forget"),)))
        await see(store, 1, 9)
        await store.outbox_acked(STREAM, 10)
        assert [id for _, id in kept(store)] == ["i7", "i8", "i9"]
        await store.outbox_behind(STREAM, 11)
        assert store.outbox_head(STREAM) == 10, "HQ has all it acknowledged: nothing to repeat"
        for _ in range(2):
            await store.outbox_behind(STREAM, 1)
            assert [id for _, id in kept(store)] == ["i7", "i8", "i9", "forget/t-1"]
        holds_together(store)

    run(tmp_path, work)
