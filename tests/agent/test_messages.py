"""Messages from the journal: sent once whatever is killed when, never to who was erased, and no address is kept."""

from __future__ import annotations

import email
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.policy import default
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agent.messages import message_courier
from agent.messages.contract import NotSent
from agent.messages.file_gateway import FileGateway
from agent.messages.message import MessageMeant, MessageNotAllowed, MessagePhase, MessageSent
from agent.messages.message_book import MessageBook
from fiscal.ffd.qr import parse_qr
from fiscal.sale import Sale
from sync.store.store import open_store
from tests.agent import small_shop as small_shop_file
from tests.agent.kiosk_shop import kiosk_shop, make_kiosk_world
from tests.agent.small_shop import BEAR, PUZZLE, LoopClock, SmallShop, make_world, small_shop

pytestmark = pytest.mark.anyio
PHONE, ADDRESS = "+79175550143", "masha@example.test"


async def in_place(work: Callable[[], None]) -> None:
    """No thread: virtual time would run on while a file is written."""
    await checkpoint()
    work()


def files(directory: Path) -> FileGateway:
    return FileGateway(directory / "out", "Small shop", lambda: 1_795_338_000_000, in_place)


def names(directory: Path) -> list[str]:
    out = directory / "out"
    return sorted(file.name for file in out.iterdir()) if out.exists() else []


class Killed:
    """A gateway that the power fails in: before it did anything, or after it did everything."""

    def __init__(self, inner: FileGateway, *, after: bool) -> None:
        self._inner = inner
        self._after = after
        self.reached = anyio.Event()

    async def to_phone(self, id: str, phone: str, text: str) -> None:
        await self._cut(lambda: self._inner.to_phone(id, phone, text))

    async def to_email(self, id: str, address: str, subject: str, text: str) -> None:
        await self._cut(lambda: self._inner.to_email(id, address, subject, text))

    async def _cut(self, send: Callable[[], Awaitable[None]]) -> None:
        if self._after:
            await send()
        self.reached.set()
        await anyio.sleep_forever()


class Away:
    """A gateway that says "not now" until it is back."""

    def __init__(self, inner: FileGateway) -> None:
        self._inner = inner
        self.back = False
        self.asked = 0

    async def to_phone(self, id: str, phone: str, text: str) -> None:
        self.asked += 1
        if not self.back:
            raise NotSent("the line is down")
        await self._inner.to_phone(id, phone, text)

    async def to_email(self, id: str, address: str, subject: str, text: str) -> None:
        raise NotSent("the line is down")


async def bought(shop: SmallShop, contact: str) -> Sale:
    """A sale whose buyer gave an address."""
    await shop.open_shift()
    await shop.scan(BEAR)
    if contact:
        await shop.done("contact", value=contact)
    return await shop.sold(PUZZLE, means="cash")


def phase(shop: SmallShop, id: str) -> MessagePhase | None:
    assert shop.shop.messages is not None
    message = shop.shop.messages.book.message(id)
    return message.phase if message else None


async def test_a_phone_gets_the_sums_and_the_fiscal_signs(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "data", gateway=files(tmp_path)) as shop:
        sale = await bought(shop, PHONE)
        await shop.wait(lambda: phase(shop, f"receipt-{sale.id}") is MessagePhase.SENT)
    assert names(tmp_path) == [f"receipt-{sale.id}.txt"]
    text = (tmp_path / "out" / f"receipt-{sale.id}.txt").read_text(encoding="utf-8")
    sealed, meant = sale.sealed[0], sale.sealed_meant[0]
    assert f"ФН {meant.fn}, ФД {sealed.number}, ФПД {sealed.sign:010d}" in text
    assert f"{sale.due_minor // 100}.{sale.due_minor % 100:02d} RUB" in text
    qr = parse_qr(text.rsplit(": ", 1)[1].strip())
    assert qr is not None
    assert (qr.fn, qr.number, qr.fiscal_sign, qr.total_minor) == (meant.fn, sealed.number, sealed.sign, sale.due_minor)


async def test_a_mailbox_gets_the_lines_and_is_told_that_it_is_a_copy(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "data", gateway=files(tmp_path)) as shop:
        sale = await bought(shop, ADDRESS)
        await shop.wait(lambda: names(tmp_path))
    letter = email.message_from_bytes((tmp_path / "out" / f"receipt-{sale.id}.eml").read_bytes(), policy=default)
    text = letter.get_content()  # type: ignore[attr-defined]
    assert letter["To"] == ADDRESS
    assert letter["Subject"] == f"Копия чека {sale.number}, Small shop"
    for words in ("КАССОВЫЙ ЧЕК", "Мишка", "Пазл", "ИТОГ", "Это копия", f"ФПД {sale.sealed[0].sign:010d}"):
        assert words in text, words


async def test_a_purchase_of_two_sellers_is_one_letter_with_both_receipts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first document is sealed well before the second: nothing is sent until all are."""
    other = tuple(replace(product, seller=product.barcode) for product in small_shop_file.PRODUCTS)
    monkeypatch.setattr(small_shop_file, "PRODUCTS", other)
    async with small_shop(tmp_path / "data", gateway=files(tmp_path)) as shop:
        sale = await bought(shop, ADDRESS)
        await shop.wait(lambda: names(tmp_path))
        rows = shop.store.journal_since(0, 100_000)
    assert len(sale.sealed) == 2
    text = (tmp_path / "out" / f"receipt-{sale.id}.eml").read_bytes()
    letter = email.message_from_bytes(text, policy=default).get_content()  # type: ignore[attr-defined]
    assert [f"ФПД {sealed.sign:010d}" in letter for sealed in sale.sealed] == [True, True]
    order = [row.kind for row in rows if row.kind in ("sale.sealed", "message.message_meant")]
    assert order == ["sale.sealed", "sale.sealed", "message.message_meant"]


async def test_who_gave_no_address_gets_nothing(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "data", gateway=files(tmp_path)) as shop:
        await bought(shop, "")
        await bought(shop, PHONE)
        await shop.wait(lambda: names(tmp_path))
        assert len(names(tmp_path)) == 1


async def test_no_address_is_in_the_journal_or_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Bodies are hashed for ever; the log is read by whoever mends the shop."""
    caplog.set_level(logging.DEBUG, logger="tillkeeper")
    gateway = Away(files(tmp_path))
    async with small_shop(tmp_path / "data", gateway=gateway) as shop:
        await bought(shop, PHONE)
        await shop.wait(lambda: gateway.asked)
        gateway.back = True
        await shop.wait(lambda: names(tmp_path), within_s=60)
        await shop.wait(lambda: "message.message_sent" in {row.kind for row in shop.store.journal_since(0, 100_000)})
        rows = shop.store.journal_since(0, 100_000)
        assert "message.message_meant" in {row.kind for row in rows}
        assert not [row for row in rows if PHONE[1:].encode() in row.body]
        assert shop.store.verify_chain() is None
    assert "the line is down" in caplog.text
    assert PHONE[1:] not in caplog.text


@pytest.mark.parametrize("after", [False, True], ids=["between intent and send", "between send and mark"])
async def test_killed_on_the_way_it_is_one_file(tmp_path: Path, after: bool) -> None:
    world = make_world()
    killed = Killed(files(tmp_path), after=after)
    async with small_shop(tmp_path / "data", world=world, gateway=killed) as shop:
        sale = await bought(shop, PHONE)
        await shop.wait(killed.reached.is_set)
        assert phase(shop, f"receipt-{sale.id}") is MessagePhase.MEANT
    assert len(names(tmp_path)) == after
    async with small_shop(tmp_path / "data", world=world, gateway=files(tmp_path)) as shop:
        await shop.wait(lambda: phase(shop, f"receipt-{sale.id}") is MessagePhase.SENT)
        kinds = [row.kind for row in shop.store.journal(f"message/receipt-{sale.id}")]
    assert names(tmp_path) == [f"receipt-{sale.id}.txt"]
    assert kinds == ["message.message_meant", "message.message_sent"]


async def test_killed_before_the_intent_the_sale_tells_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sale was sealed and nothing was decided about a message yet."""
    world = make_world()

    async def never(courier: message_courier.MessageCourier, row: object) -> None:
        await anyio.sleep_forever()

    with monkeypatch.context() as cut:
        cut.setattr(message_courier.MessageCourier, "_receipt", never)
        async with small_shop(tmp_path / "data", world=world, gateway=files(tmp_path)) as shop:
            sale = await bought(shop, PHONE)
            assert phase(shop, f"receipt-{sale.id}") is None
    async with small_shop(tmp_path / "data", world=world, gateway=files(tmp_path)) as shop:
        await shop.wait(lambda: phase(shop, f"receipt-{sale.id}") is MessagePhase.SENT)
    assert names(tmp_path) == [f"receipt-{sale.id}.txt"]


async def test_who_was_erased_gets_nothing(tmp_path: Path) -> None:
    gateway = Away(files(tmp_path))
    async with small_shop(tmp_path / "data", gateway=gateway) as shop:
        sale = await bought(shop, PHONE)
        await shop.wait(lambda: gateway.asked)
        assert await shop.store.erase_person(PHONE) == 1
        gateway.back = True
        await shop.wait(lambda: phase(shop, f"receipt-{sale.id}") is MessagePhase.DROPPED, within_s=60)
        assert not shop.shop.messages.book.open()  # type: ignore[union-attr]
    assert names(tmp_path) == []


async def test_a_shop_of_before_the_gateway_writes_to_nobody_of_its_past(tmp_path: Path) -> None:
    world = make_world()
    async with small_shop(tmp_path / "data", world=world) as shop:
        assert shop.shop.messages is None, "no gateway, no courier"
        await bought(shop, PHONE)
    async with small_shop(tmp_path / "data", world=world, gateway=files(tmp_path)) as shop:
        sale = await bought(shop, ADDRESS)
        await shop.wait(lambda: phase(shop, f"receipt-{sale.id}") is MessagePhase.SENT)
    assert names(tmp_path) == [f"receipt-{sale.id}.eml"]


async def test_an_address_that_is_none_ends_its_message_and_no_other(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "data", gateway=files(tmp_path)) as shop:
        wrong = await bought(shop, "a,b@example.test")
        right = await bought(shop, PHONE)
        await shop.wait(lambda: phase(shop, f"receipt-{right.id}") is MessagePhase.SENT)
        assert phase(shop, f"receipt-{wrong.id}") is MessagePhase.DROPPED
    assert names(tmp_path) == [f"receipt-{right.id}.txt"]


@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_a_gateway_away_for_long_leaves_nobody_a_late_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_courier, "LATE_MS", 6 * 3600 * 1000)  # three days, of which these are enough
    gateway = Away(files(tmp_path))
    async with small_shop(tmp_path / "data", gateway=gateway) as shop:
        sale = await bought(shop, PHONE)
        await anyio.sleep(message_courier.LATE_MS / 1000 + 120)
        assert phase(shop, f"receipt-{sale.id}") is MessagePhase.DROPPED
        asked = gateway.asked
        assert asked <= message_courier.LATE_MS / 1000 / 10, "it is asked ever more rarely"
    assert names(tmp_path) == []


async def test_a_message_is_meant_once_and_ends_once(tmp_path: Path) -> None:
    clock = LoopClock()
    async with open_store(tmp_path, device="shop-1", now_ms=clock.now_ms, inline=checkpoint) as store:
        book = MessageBook(store)
        meant = MessageMeant("receipt", "s1", "p1", "ru", 1)
        assert await book.mean("m1", meant, "1")
        assert not await book.mean("m1", meant, "1")
        [message] = book.open()
        await book.end(message, MessageSent(2))
        sent = book.message("m1")
        assert sent is not None
        with pytest.raises(MessageNotAllowed):
            await book.end(sent, MessageSent(3))
        assert (book.open(), len(store.journal("message/m1"))) == ([], 2)


# The slip of the kiosk


VIRTUAL = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)


@VIRTUAL
async def test_a_slip_goes_to_the_phone_that_is_typed(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path / "data", world=make_kiosk_world(), gateway=files(tmp_path)) as shop:
        await shop.choose(BEAR)
        assert shop.view().slip_sending is None
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await shop.order("cash1", "insert note 5000")
        view = await shop.until(lambda view: view.screen == "claim")
        [slip] = view.claims
        assert view.slip_sending is not None
        assert (view.slip_sending.given, view.slip_sending.state, view.slip_sending.may) == (False, "", True)
        assert (await shop.do("send_slip")).code == "contact_malformed"  # type: ignore[union-attr]
        assert (await shop.do("send_slip", phone="12")).code == "contact_malformed"  # type: ignore[union-attr]
        await shop.done("send_slip", phone=PHONE[1:])
        await shop.until(lambda view: view.slip_sending and view.slip_sending.state == "sent")
        assert names(tmp_path) == [f"slip-{slip.number}-1.txt"]
        text = (tmp_path / "out" / f"slip-{slip.number}-1.txt").read_text(encoding="utf-8")
        assert text.startswith(f"To: {PHONE}\n")
        for words in (slip.number, f"{slip.amount_minor // 100}.{slip.amount_minor % 100:02d} RUB", slip.code):
            assert words in text, words
        assert "до 19.02.2027" in text
        rows = shop.store.journal_since(0, 100_000)
        assert not [row for row in rows if PHONE[1:].encode() in row.body]
        # A number typed wrong is typed again, but nobody plays with other people's phones.
        await shop.done("send_slip", phone="+79990000001")
        await shop.done("send_slip", phone="+79990000002")
        assert (await shop.do("send_slip", phone="+79990000003")).code == "slip_sent_often"  # type: ignore[union-attr]
        view = await shop.until(lambda view: view.slip_sending and view.slip_sending.state == "sent")
        assert view.slip_sending is not None
        assert not view.slip_sending.may
        assert len(names(tmp_path)) == 3
        await shop.done("take_slip")
        assert shop.view().slip_sending is None


@VIRTUAL
async def test_a_slip_goes_where_the_receipt_goes(tmp_path: Path) -> None:
    """The receipt's copy and the slip: two messages for one address, given once."""
    async with kiosk_shop(tmp_path / "data", world=make_kiosk_world(), gateway=files(tmp_path)) as shop:
        await shop.done("start")
        await shop.done("scan", code=BEAR)
        await shop.done("checkout")
        await shop.done("receipt", way="email", value=ADDRESS)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await shop.order("cash1", "insert note 5000")
        view = await shop.until(lambda view: view.screen == "claim" and view.slip_sending)
        assert view.slip_sending is not None
        assert view.slip_sending.given
        await shop.done("send_slip")
        await shop.until(lambda view: view.slip_sending and view.slip_sending.state == "sent")
        sale = shop.sales()[-1].id
        await shop.until(lambda view: len(names(tmp_path)) == 2)
        assert names(tmp_path) == [f"receipt-{sale}.eml", f"slip-{view.claims[-1].number}-1.eml"]


@VIRTUAL
async def test_without_a_gateway_nothing_is_offered(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path / "data", world=make_kiosk_world()) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await shop.order("cash1", "insert note 5000")
        view = await shop.until(lambda view: view.screen == "claim")
        assert view.slip_sending is None
        assert (await shop.do("send_slip", phone=PHONE)).code == "kiosk_busy"  # type: ignore[union-attr]
