"""A gateway that sends nothing: each message becomes one file, for a demo, a test, or a program that carries them on.

    DIRECTORY/<id>.eml      an e-mail, as mail programs read it
    DIRECTORY/<id>.txt      a text to a phone: "To: +7...", "Date: ...", an empty line, the text

A file is written beside its place, synced and renamed: whoever lists the directory sees whole messages only. A file
that is there already is the same message sent before, and stays as it is. A code of an hour ago is deleted.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import anyio.to_thread

from agent.messages.contract import NotSent, Undeliverable

NOBODY = "no-reply@shop.invalid"
"""A shop that has no mailbox: RFC 2606 keeps this domain from everybody."""
CODE = "code-"
"""How the ids of one-time codes begin."""
OLDEST_CODE_S = 3_600
"""It was good for five minutes; a number does not stay on a disk for nothing."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,120}")
_PHONE = re.compile(r"\+[0-9]{10,15}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""The addresses that mail is sent to in life: RFC 5322's quoted parts and comments are typed at no counter."""


class FileGateway:
    """An `agent.messages.contract.MessageGateway`. `sender` is the shop's name.

    `run` carries file work out: on a thread, because a disk may take 300 ms to sync and a note validator is polled each
    200 ms; a simulation runs it in place.
    """

    def __init__(
        self,
        directory: Path,
        sender: str,
        now_ms: Callable[[], int],
        run: Callable[[Callable[[], None]], Awaitable[None]] = anyio.to_thread.run_sync,
    ) -> None:
        self._directory = directory
        self._sender = sender
        self._now_ms = now_ms
        self._run = run

    async def to_phone(self, id: str, phone: str, text: str) -> None:
        if _PHONE.fullmatch(phone) is None:
            raise Undeliverable("no phone number")
        head = f"To: {phone}\nDate: {format_datetime(self._now())}\n\n"
        await self._keep(f"{_safe(id)}.txt", f"{head}{text}\n".encode())

    async def to_email(self, id: str, address: str, subject: str, text: str) -> None:
        if _ADDRESS.fullmatch(address) is None:
            raise Undeliverable("no e-mail address")
        letter = EmailMessage(policy=SMTP)
        name, _, domain = NOBODY.partition("@")
        try:
            letter["From"] = Address(self._sender, name, domain)
            letter["To"] = Address("", *address.split("@"))
            letter["Subject"] = " ".join(subject.split())
            letter["Date"] = self._now()
            letter["Message-ID"] = f"<{_safe(id)}@{domain}>"
            letter.set_content(text)
            content = letter.as_bytes()
        except (MessageError, ValueError) as error:
            raise Undeliverable("no e-mail address") from error
        await self._keep(f"{_safe(id)}.eml", content)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._now_ms() // 1000, dt.UTC)

    async def _keep(self, name: str, content: bytes) -> None:
        try:
            await self._run(partial(_write_once, self._directory, name, content))
            await self._run(partial(_forget_codes, self._directory, self._now_ms() / 1000 - OLDEST_CODE_S))
        except OSError as error:
            raise NotSent(f"the message is not written: {error.strerror}") from error


def _safe(id: str) -> str:
    if _ID.fullmatch(id) is None or id.startswith("."):
        raise ValueError(f"no id of a message: {id!r}")
    return id


def _write_once(directory: Path, name: str, content: bytes) -> None:
    place, beside = directory / name, directory / f".{name}.part"
    if place.exists():
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A part that a power cut left is of this very message, and is written anew.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # without it a power cut may take the name back after the journal says "sent"
    finally:
        os.close(folder)


def _forget_codes(directory: Path, before_s: float) -> None:
    for old in directory.glob(f"{CODE}*.txt"):
        with suppress(FileNotFoundError):  # carried on meanwhile
            if old.stat().st_mtime < before_s:
                old.unlink()
