"""A way to send words to a person: a short text to a phone, a message with a subject to an e-mail address.

The id makes a message one: a gateway that is given the same id twice sends once. So the agent may send again whatever
it does not know to be sent, and asks nobody whether it was.
"""

from __future__ import annotations

from typing import Protocol


class NotSent(Exception):
    """Not now: the gateway is away or has no room. The same message may be sent again later."""


class Undeliverable(Exception):
    """Never: what was typed is no address. Sending it again changes nothing."""


class MessageGateway(Protocol):
    """`id` has letters, digits, dots, dashes and underscores only. Returns when the message is the gateway's to keep.

    Raises NotSent and Undeliverable.
    """

    async def to_phone(self, id: str, phone: str, text: str) -> None:
        """`phone` with its country code: "+79260000000"."""
        ...

    async def to_email(self, id: str, address: str, subject: str, text: str) -> None: ...
