"""What the demo's shop "sent" to phones and mailboxes: the file gateway's newest files, as the bench shows them."""

from __future__ import annotations

import datetime as dt
import email
import os
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SHOWN = 8
KINDS = {".txt": "phone", ".eml": "email"}


class SentMessages:
    """A gateway never changes a file it has written: each is read once."""

    def __init__(self, directories: Sequence[Path], zone: str) -> None:
        self._directories = tuple(directories)
        self._zone = ZoneInfo(zone)
        self._read: dict[Path, dict[str, Any]] = {}

    def newest(self) -> list[dict[str, Any]]:
        """[{"id", "kind": "phone" | "email", "at", "to", "subject", "text"}], newest first."""
        files = [found for directory in self._directories for found in _files(directory)]
        shown = sorted(files, reverse=True)[:SHOWN]
        read: dict[Path, dict[str, Any]] = {}
        for at, file in shown:
            with suppress(FileNotFoundError):  # the code of an hour ago was deleted meanwhile
                read[file] = self._read.get(file) or self._message(file, at)
        self._read = read
        return list(read.values())

    def _message(self, file: Path, at: float) -> dict[str, Any]:
        if file.suffix == ".eml":
            to, subject, text = _letter(file.read_bytes())
        else:
            to, subject, text = _short(file.read_text(encoding="utf-8"))
        when = dt.datetime.fromtimestamp(at, self._zone).isoformat(timespec="milliseconds")
        kind = KINDS[file.suffix]
        return {"id": file.stem, "kind": kind, "at": when, "to": to, "subject": subject, "text": text.strip()}


def _files(directory: Path) -> list[tuple[float, Path]]:
    try:
        with os.scandir(directory) as found:
            return [(entry.stat().st_mtime, Path(entry.path)) for entry in found if _is_message(entry.name)]
    except OSError:
        return []  # nothing was sent yet


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
