"""A claim slip to the shopper's phone: asked for on the claim screen, kept as an intent, sent by the courier."""

from __future__ import annotations

import re

from agent.kiosk.kiosk import Kiosk
from agent.kiosk.session import Stage
from agent.kiosk.view import ClaimView, SlipSendingView
from agent.messages.message import Message, MessageMeant
from agent.messages.message_book import MessageBook
from agent.till.trade import TradeRefused
from sync.store.batch import Personal

PHONE = re.compile(r"\+?[0-9]{10,15}")
MOST = 3
"""A number typed wrong is typed again; more than that is somebody playing with other people's phones."""


class SlipSending:
    """`book` None: the shop has no gateway, and nobody is offered anything."""

    def __init__(self, kiosk: Kiosk, book: MessageBook | None) -> None:
        self._kiosk = kiosk
        self._book = book

    def view(self) -> SlipSendingView | None:
        """None: there is nothing to send, or no way."""
        slip = self._slip()
        if self._book is None or slip is None:
            return None
        messages = self._messages(slip)
        state = messages[-1].phase.value if messages else ""
        return SlipSendingView(bool(self._given()), state, len(messages) < MOST)

    async def send(self, phone: str) -> None:
        """To a phone; "": to where the receipt goes. Raises TradeRefused, DiskFull and JournalRefused."""
        slip, book, till = self._slip(), self._book, self._kiosk.till
        if book is None or slip is None:
            raise TradeRefused("kiosk_busy")
        sent = len(self._messages(slip))
        if sent >= MOST:
            raise TradeRefused("slip_sent_often")
        person, given = None, self._given()
        if phone:
            if PHONE.fullmatch(phone) is None:
                raise TradeRefused("contact_malformed")
            told = phone if phone.startswith("+") else f"+{phone}"
            person = Personal(till.new_id(), f"claim/{slip.number}", "phone", told)
        elif not given:
            raise TradeRefused("contact_malformed")
        to = person.id if person is not None else given
        meant = MessageMeant("slip", slip.number, to, till.language, till.clock.now_ms())
        await book.mean(_id(slip.number, sent + 1), meant, self._kiosk.settings.id, person=person)

    def _slip(self) -> ClaimView | None:
        """The newest slip with a code: a case without one is nothing that a phone could show."""
        session = self._kiosk.session
        if session.stage is not Stage.CLAIM or not session.slips or not session.slips[-1].code:
            return None
        return session.slips[-1]

    def _messages(self, slip: ClaimView) -> list[Message]:
        assert self._book is not None
        found = (self._book.message(_id(slip.number, nth)) for nth in range(1, MOST + 1))
        return [message for message in found if message is not None]

    def _given(self) -> str:
        """The row of the address that was given for the receipt; "" where there is none, or it was erased."""
        record = self._kiosk.session.record
        if record is None or not self._kiosk.till.contact_of(record.sale):
            return ""
        return record.sale.contact


def _id(number: str, nth: int) -> str:
    return f"slip-{number}-{nth}"
