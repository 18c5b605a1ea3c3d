"""Carries messages from the journal to the gateway: a copy of the receipt to whoever gave an address, and claim slips.

    journal ── a sale is sealed, its buyer gave an address ──> MessageMeant (durable)
    kiosk ── "send the slip to my phone" ────────────────────> MessageMeant (durable)
    every MessageMeant without an end ──> gateway ──> MessageSent (durable)

Nothing here remembers what was done. Killed between intent and mark, the next process finds the message open and sends
it again under the same id, which is one message for the gateway.
"""

from __future__ import annotations

import logging
import random
from datetime import datetime
from zoneinfo import ZoneInfo

import anyio
import anyio.lowlevel

from agent.claims.claim_desk import ClaimDesk
from agent.clock import Clock
from agent.messages.contract import MessageGateway, NotSent, Undeliverable
from agent.messages.message import Message, MessageDropped, MessageMeant, MessageSent
from agent.messages.message_book import MessageBook
from agent.messages.message_text import Words, receipt_words, slip_words
from agent.screens.view_builder import ShopFacts
from fiscal.claim import OWED
from fiscal.sale import is_finished
from sync.backoff import Backoff
from sync.store.batch import Row
from sync.store.failures import DiskFull, JournalRefused
from sync.store.sale_journal import read_sale
from sync.store.store import Store

log = logging.getLogger("tillkeeper.messages")

SEALED, CONTACT = "sale.sealed", "sale.contact_given"
ROWS_AT_ONCE = 200
"""Some milliseconds of reading; the event loop goes round between two handfuls."""
READ_KEPT_EACH = 500
"""So many rows are read again after a start at the most; a commit for each sale would cost the tills more."""
LATE_MS = 3 * 24 * 3600 * 1000
"""A copy that comes after three days puzzles more than it helps; the receipt itself was the OFD's to send."""
LONGEST_WAIT_S = 60.0
"""A gateway that is back within a minute has people waiting for its message at the kiosk."""
STORE_PAUSE_S = 2.0


class MessageCourier:
    """One for the shop. `stir` is told of every change; `run` goes on until cancelled."""

    def __init__(
        self,
        book: MessageBook,
        gateway: MessageGateway,
        store: Store,
        claims: ClaimDesk | None,
        shop: ShopFacts,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self.book = book
        self._gateway = gateway
        self._store = store
        self._claims = claims
        self._shop = shop
        self._clock = clock
        self._backoff = Backoff(rng, longest_s=LONGEST_WAIT_S)
        self._news = anyio.Event()
        self._read = 0
        self._kept = 0
        self._again_at = 0.0  # AnyIO time: a gateway that said "not now" is not asked before

    def stir(self) -> None:
        self._news.set()

    async def run(self) -> None:
        while True:
            news = self._news = anyio.Event()
            try:
                await self._derive()
                wait_s = await self._send_open()
            except (DiskFull, JournalRefused) as refused:
                # Nothing is sent that could not be written down; the till says what the disk is short of.
                log.warning("not written: %s", refused)
                wait_s = STORE_PAUSE_S
            with anyio.move_on_after(wait_s):
                await news.wait()

    # What is to be sent

    async def _derive(self) -> None:
        """Reads on in the journal. The past before the feature was switched on is left in peace."""
        kept = self.book.read()
        if kept is None:
            kept = self._store.last_seq()
            await self.book.keep_read(kept)
        self._read = max(self._read, kept)
        self._kept = max(self._kept, kept)
        while rows := self._store.journal_since(self._read, ROWS_AT_ONCE):
            for row in rows:
                if row.kind == SEALED:
                    await self._receipt(row)
            self._read = rows[-1].seq
            if self._read - self._kept >= READ_KEPT_EACH:
                await self.book.keep_read(self._read)
                self._kept = self._read
            await anyio.lowlevel.checkpoint()

    async def _receipt(self, row: Row) -> None:
        if self._clock.now_ms() - row.at_ms > LATE_MS:
            return
        rows = self._store.journal(row.sale)
        if all(one.kind != CONTACT for one in rows):
            return
        sale = read_sale(rows)
        if not sale.contact or not is_finished(sale):
            return  # another document of it is still to come, and its row is read then
        meant = MessageMeant("receipt", sale.id, sale.contact, self._shop.paper.language, self._clock.now_ms())
        if await self.book.mean(f"receipt-{sale.id}", meant, sale.opened.till, read=row.seq):
            self._kept = row.seq

    # Sending it

    async def _send_open(self) -> float | None:
        """How long to wait before looking again; None: until something changes."""
        waiting = self.book.open()
        if not waiting:
            return None
        wait_s = self._again_at - anyio.current_time()
        if wait_s > 0:
            return wait_s
        away = False
        for message in waiting:
            away |= not await self._carry(message)
        if not away:
            self._backoff.reset()
            return None
        pause_s = self._backoff.next_s()
        self._again_at = anyio.current_time() + pause_s
        return pause_s

    async def _carry(self, message: Message) -> bool:
        """False: not now."""
        end: MessageSent | MessageDropped
        try:
            why = await self._send(message)
        except NotSent as not_sent:
            log.warning("%s: %s", message.id, not_sent)
            return False
        except Undeliverable as refused:
            log.warning("%s: %s", message.id, refused)
            why = "undeliverable"
        end = MessageDropped(why) if why else MessageSent(self._clock.now_ms())
        await self.book.end(message, end)
        return True

    async def _send(self, message: Message) -> str:
        """Why it never will be sent; "" when it was. Raises NotSent and Undeliverable."""
        if self._clock.now_ms() - message.meant.at_ms > LATE_MS:
            return "late"
        # Asked at the last moment: who was erased meanwhile gets nothing.
        person = self.book.person(message)
        if person is None:
            return "erased"
        phone = not person.kind.endswith("email")
        words = self._words(message.meant, phone=phone)
        if words is None:
            return "over"
        if phone:
            await self._gateway.to_phone(message.id, person.value, words.text)
        else:
            await self._gateway.to_email(message.id, person.value, words.subject, words.text)
        return ""

    def _words(self, meant: MessageMeant, *, phone: bool) -> Words | None:
        shop = self._shop
        if meant.what == "receipt":
            sale = read_sale(self._store.journal(meant.of))
            return receipt_words(sale, shop.paper, shop.name, shop.currency, phone=phone)
        claim = self._claims.claim(meant.of) if self._claims is not None else None
        if self._claims is None or claim is None or claim.phase not in OWED:
            return None
        expires = datetime.fromtimestamp(claim.issued.expires_ms / 1000, ZoneInfo(shop.zone))
        return slip_words(claim, self._claims.code(claim), expires, shop.name, meant.language)
