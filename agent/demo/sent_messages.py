"""What the demo's shop "sent" to phones and mailboxes: the file gateway's newest files, as the bench shows them."""

from __future__ import annotations

import datetime as dt
import email
import os
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SHOWN = 8
KINDS = {".txt": "phone", ".eml": "email"}


class SentMessages:
    """The gateway never changes a file it has written: each is read once."""

    def __init__(self, directory: Path, zone: str) -> None:
        self._directory = directory
        self._zone = ZoneInfo(zone)
        self._read: dict[str, dict[str, Any]] = {}

    def newest(self) -> list[dict[str, Any]]:
        """[{"id", "kind": "phone" | "email", "at", "to", "subject", "text"}], newest first."""
        try:
            with os.scandir(self._directory) as found:
                files = [(entry.stat().st_mtime, entry.name) for entry in found if _is_message(entry.name)]
        except OSError:
            return []  # nothing was sent yet
        shown = sorted(files, reverse=True)[:SHOWN]
        self._read = {name: self._read.get(name) or self._message(name, at) for at, name in shown}
        return list(self._read.values())

    def _message(self, name: str, at: float) -> dict[str, Any]:
        file = self._directory / name
        if file.suffix == ".eml":
            to, subject, text = _letter(file.read_bytes())
        else:
            to, subject, text = _short(file.read_text(encoding="utf-8"))
        when = dt.datetime.fromtimestamp(at, self._zone).isoformat(timespec="milliseconds")
        kind = KINDS[file.suffix]
        return {"id": file.stem, "kind": kind, "at": when, "to": to, "subject": subject, "text": text.strip()}


def _is_message(name: str) -> bool:
    """A dot begins what is being written beside its place."""
    return not name.startswith(".") and Path(name).suffix in KINDS


def _letter(content: bytes) -> tuple[str, str, str]:
    letter = email.message_from_bytes(content, policy=default)
    assert isinstance(letter, EmailMessage)
    return str(letter["To"]), str(letter["Subject"]), str(letter.get_content())


def _short(content: str) -> tuple[str, str, str]:
    head, _, text = content.partition("\n\n")
    return head.partition("\n")[0].removeprefix("To: "), "", text
