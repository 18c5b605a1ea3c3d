"""A way to send a code to a phone, and one that sends nothing: each message becomes a file, for a demo or a carrier.

    DIRECTORY/<id>.txt      "To: +7...", an empty line, the text

The same shape as the agent's own gateway writes (agent/messages/file_gateway.py), so that one program may carry both.
A file holds a phone number and a code that is good for five minutes: whoever carries it on deletes it, and what lies
there for an hour is deleted here.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import anyio.to_thread

OLDEST_S = 3_600
"""Nobody types a code after that; a number does not stay on a disk for nothing."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


class NotSent(Exception):
    """The message did not leave. It holds neither the number nor the text."""


class SmsGateway(Protocol):
    async def send(self, id: str, phone: str, text: str) -> None:
        """`phone`: "+79260000000". Returns when the message is the gateway's to keep. Raises NotSent."""
        ...


class FileGateway:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, id: str, phone: str, text: str) -> None:
        if _ID.fullmatch(id) is None:
            raise ValueError("no id of a message")
        content = f"To: {phone}\n\n{text}\n".encode()
        try:
            await anyio.to_thread.run_sync(partial(_write, self._directory, id, content))
        except OSError as error:
            raise NotSent(error.strerror or "not written") from None


def _write(directory: Path, id: str, content: bytes) -> None:
    """Whoever lists the directory sees whole messages only. Not synced: a code that is lost is asked for anew."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in directory.glob("*.txt"):
        with suppress(FileNotFoundError):  # carried on meanwhile
            if time.time() - old.stat().st_mtime >= OLDEST_S:
                old.unlink()
    beside = directory / f".{id}.part"
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    beside.replace(directory / f"{id}.txt")
