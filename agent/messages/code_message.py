"""Sends a code to the phone of somebody who stands at a till; it is not journaled: a lost one is asked for anew."""

from __future__ import annotations

from agent.messages.contract import MessageGateway, NotSent, Undeliverable
from agent.messages.file_gateway import CODE
from agent.messages.message_text import code_text
from agent.visitors.agreeing import Message


class CodeMessages:
    """`shop` is the shop's name, as it stands in the message."""

    def __init__(self, gateway: MessageGateway, shop: str) -> None:
        self._gateway = gateway
        self._shop = shop

    async def send(self, id: str, phone: str, code: str, language: str) -> Message:
        """What became of it; never raises what a gateway may raise."""
        try:
            await self._gateway.to_phone(f"{CODE}{id}", phone, code_text(code, self._shop, language))
        except NotSent:
            return Message.NOT_SENT
        except Undeliverable:
            return Message.UNDELIVERABLE
        return Message.SENT
