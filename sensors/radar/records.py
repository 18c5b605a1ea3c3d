"""A frame as capture files hold it, and the words for a file that holds none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from sensors.radar.frames import Link, LinkType


class Record(NamedTuple):
    """A frame of a capture. `at_ns`: Unix time; `lost`: bytes at its end that were not kept."""

    link: Link
    at_ns: int
    frame: bytes
    lost: int


class Records(Protocol):
    """Iterated once; afterwards `broken` says why the reading ended before the file did ("" when it did not)."""

    broken: str

    def __iter__(self) -> Iterator[Record]: ...


class NoCapture(Exception):
    """The file is none, or one of another kind of network. `ru`, `en`: what happened and what to do."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


def link_of(number: int, fcs_bytes: int = 0) -> Link:
    """Raises NoCapture for a network that is not 802.11."""
    try:
        return Link(LinkType(number), fcs_bytes)
    except ValueError:
        raise NoCapture(
            f"В файле записана не сеть Wi-Fi (тип канала {number}). Нужна запись в режиме монитора: 127, 105 или 119.",
            f"The file holds no Wi-Fi frames (link type {number}). Record in monitor mode: 127, 105 or 119.",
        ) from None
