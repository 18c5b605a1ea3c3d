"""The laws of the money path on a running till: what the journal holds when a byte leaves, and after silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from fiscal.payment import AttemptPhase
from fiscal.sale import Phase
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, SmallShop, make_world, small_shop

pytestmark = pytest.mark.anyio
virtual = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)


class Moments:
    """Notes the journal's last rows at the first chunk to a device that contains `needle`."""

    def __init__(self, shop: SmallShop, device: str, needle: bytes) -> None:
        self.kinds: list[str] | None = None
        self._shop, self._needle = shop, needle
        shop.device(device).taps.append(self._tap)

    def _tap(self, data: bytes) -> None:
        if self.kinds is None and self._needle in data:
            rows = self._shop.store.journal_since(0, 10_000)
            self.kinds = [row.kind.removeprefix("sale.") for row in rows]


PAYMENTS = [("zvt", b"\x06\x01"), ("confirm", b'"authorise"')]


@pytest.mark.parametrize(("terminal", "first_bytes"), PAYMENTS)
async def test_the_intent_is_durable_before_the_amount_leaves(
    tmp_path: Path, terminal: str, first_bytes: bytes
) -> None:
    """Law 1: when the first byte of a payment leaves, its intent and the terminal's baseline lie in the journal."""
    async with small_shop(tmp_path, terminal) as shop:
        await shop.open_shift()
        sent = Moments(shop, "card1", first_bytes)
        sale = await shop.sold(BEAR)
        assert sent.kinds is not None, "the payment was never seen on the wire"
        assert sent.kinds[-1] == "card_sent"
        assert sale.attempts[0].sent.baseline_terminal_id


async def test_the_documents_intent_is_durable_before_the_register_hears_of_it(tmp_path: Path) -> None:
    """Law 1: the first command of a receipt (FF01, 8D ...) leaves after SealMeant with the last document's number."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        sealed = Moments(shop, "kkt1", b"\xff\x45")
        begun = Moments(shop, "kkt1", b"\xff\x46")
        sale = await shop.sold(BEAR, means="cash")
        assert begun.kinds is not None
        assert begun.kinds[-1] == "seal_meant"
        assert sealed.kinds is not None
        assert sealed.kinds[-1] == "seal_committing"
        assert sale.sealed_meant[0].last_document == sale.sealed[0].number - 1


async def test_an_approval_is_durable_before_it_is_acknowledged(tmp_path: Path) -> None:
    """Law 1: acknowledging books the money; by then the journal knows of the approval."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        heard: list[list[str]] = []
        acknowledged = []

        def tap(data: bytes) -> None:
            counter = shop.till().counter
            if counter is not None and data == b"\x80\x00\x00":
                heard.append(shop.kinds(counter.record.sale.id))
                acknowledged.append(data)

        shop.device("card1").taps.append(tap)
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt")
        approved = next(kinds for kinds in heard if "card_heard" in kinds)
        assert approved[-1] == "card_heard"
        ledger = [record["event"] for record in shop.device("card1").ledger.records]
        assert ledger.count("charged") == 1


@virtual
@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
async def test_a_lost_payment_is_asked_about_and_never_sent_again(tmp_path: Path, terminal: str) -> None:
    """Law 2: the answer is lost after the money moved; the till asks, learns it, and the shopper pays once."""
    fault = {"zvt": "close_before_completion", "confirm": "lost_answer_authorise"}[terminal]
    async with small_shop(tmp_path, terminal) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        sent = []
        needle = {"zvt": b"\x06\x01", "confirm": b'"authorise"'}[terminal]
        shop.device("card1").taps.append(lambda data: sent.append(data) if needle in data else None)
        shop.fault("card1", fault)
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=600)
        sale = shop.till().last
        assert sale is not None
        assert len(sent) == 1
        assert [a.phase for a in sale.attempts] == [
            AttemptPhase.BOOKED if terminal == "confirm" else AttemptPhase.APPROVED
        ]
        assert AttemptPhase.UNKNOWN in sale.attempts[0].trail
        assert len(shop.device("card1").events("charged")) == 1
        assert len(shop.device("kkt1").events("fiscalised")) == 1


@virtual
@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
async def test_a_payment_that_never_arrived_is_not_charged_and_can_be_paid_again_by_a_person(
    tmp_path: Path, terminal: str
) -> None:
    """Law 2: silence without money: the terminal proves it, the shopper is asked anew, one charge in the end."""
    fault = {"zvt": "drop_before_ack", "confirm": "lost_before_authorise"}[terminal]
    async with small_shop(tmp_path, terminal) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        shop.fault("card1", fault)
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.screen == "selling", within_s=600)
        assert [p.state for p in view.sale.payments] == ["declined"]  # type: ignore[union-attr]
        assert shop.device("card1").events("charged") == []
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=600)
        assert len(shop.device("card1").events("charged")) == 1


@virtual
@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
async def test_not_found_counts_when_it_was_said_twice_five_seconds_apart(tmp_path: Path, terminal: str) -> None:
    """Law 2: a terminal may just be finishing; "I have nothing" becomes proof only when it says so again, later."""
    fault = {"zvt": "drop_before_ack", "confirm": "lost_before_authorise"}[terminal]
    question = {"zvt": b"\x06\x20", "confirm": b'"query"'}[terminal]
    asked: list[float] = []
    async with small_shop(tmp_path, terminal) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        shop.fault("card1", fault)
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.case is not None and view.case.kind == "card_unknown")
        clock = shop.world.clock
        shop.device("card1").taps.append(
            lambda data: asked.append(clock.now_ms() / 1000) if data.startswith(question) or question in data else None
        )
        began = clock.now_ms() / 1000
        await shop.until(lambda view: view.screen == "selling", within_s=600)
        assert asked[-1] - began >= 4.9
        assert len(asked) <= 2


@virtual
async def test_two_equal_sums_in_a_row_are_not_confused(tmp_path: Path) -> None:
    """Law 2: the second payment of the same sum never reached the terminal; the first one's record proves nothing."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(BEAR)
        await shop.scan(BEAR)
        shop.fault("card1", "drop_before_ack")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "selling", within_s=600)
        assert len(shop.device("card1").events("charged")) == 1
        course = shop.till().counter
        assert course is not None
        assert course.record.sale.attempts[0].phase is AttemptPhase.DECLINED


@virtual
@pytest.mark.parametrize("fault", ["drop_after_commit", "power_cycle_after_commit=FF45", "half_answer=FF45"])
async def test_a_lost_document_is_found_and_never_made_again(tmp_path: Path, fault: str) -> None:
    """Laws 2 and 3: FF45 was carried out and its answer lost; the register's memory tells, one document exists."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR, CLAY)
        shop.fault("kkt1", fault)
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=1800)
        sale = shop.till().last
        assert sale is not None
        assert len(shop.device("kkt1").events("fiscalised")) == 1
        assert [one.number for one in sale.sealed] == [shop.device("kkt1").events("fiscalised")[0]["document"]]


@virtual
async def test_a_document_that_was_not_made_is_made_once_when_the_register_is_back(tmp_path: Path) -> None:
    """Law 3: the register lost its power before the commit; after its proof the paid sale is sealed once."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        shop.fault("kkt1", "power_cycle_after_ack=FF45")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=1800)
        assert len(shop.device("kkt1").events("fiscalised")) == 1
        assert len(shop.device("card1").events("charged")) == 1


async def test_a_reservation_is_kept_only_after_its_receipt_exists(tmp_path: Path) -> None:
    """Law 3: a confirming terminal hears `commit` after the register's commit, never before."""
    async with small_shop(tmp_path, "confirm") as shop:
        await shop.open_shift()
        made: list[int] = []
        shop.device("card1").taps.append(
            lambda data: made.append(len(shop.device("kkt1").events("fiscalised"))) if b'"commit"' in data else None
        )
        await shop.sold(BEAR)
        assert made == [1]


async def test_a_reservation_without_a_receipt_is_rolled_back_after_a_power_cut(tmp_path: Path) -> None:
    """Law 3: the agent died between approval and document; the terminal is told to give the money back, once."""
    world = make_world(("confirm",))
    async with small_shop(tmp_path, "confirm", world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        card = shop.device("card1")
        card.taps.append(lambda data: shop.unplug("kkt1") if b'"authorise"' in data else None)
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.case is not None and view.case.kind == "unsealed")
        card.taps.clear()
    shop.plug("kkt1")
    async with small_shop(tmp_path, "confirm", world=world) as shop:
        view = await shop.until(lambda view: view.screen == "selling")
        assert [payment.state for payment in view.sale.payments] == ["reversed"]  # type: ignore[union-attr]
        assert [record["event"] for record in card.events("charged", "rolled_back")] == ["rolled_back"]
        assert shop.device("kkt1").events("fiscalised") == []
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert [record["event"] for record in card.events("charged", "rolled_back")] == ["rolled_back", "charged"]
        assert len(shop.device("kkt1").events("fiscalised")) == 1


@virtual
async def test_a_split_sale_is_two_means_and_one_document(tmp_path: Path) -> None:
    """Card and cash together: the document carries both, change comes from cash only."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR, PUZZLE)
        await shop.done("pay", means="card", sum_minor=100_000)
        await shop.until(lambda view: view.screen == "selling")
        view = await shop.done("pay", means="cash")
        assert view.sale is not None
        assert view.sale.left_minor == 394_800 - 100_000
        await shop.done("take_cash", received_minor=300_000)
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        sale = shop.till().last
        assert sale is not None
        assert (sale.card_minor, sale.cash_kept_minor, sale.change_minor) == (100_000, 294_800, 5_200)
        made = shop.device("kkt1").events("fiscalised")
        assert [record["total_minor"] for record in made] == [394_800]
        assert sale.phase is Phase.CLOSED
