"""Messages as the journal knows them: what is to be sent, what was sent, what never will be.

    message/<id>        subject of a message's rows: the message is the fold of them
    messages/open       setting: the ids meant and not ended, oldest first
    messages/read       setting: how far the journal was read for receipts that somebody asked for

The settings are written in the batch that makes them true, as those of claims are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import get_args

import anyio
import msgspec

from agent.messages.message import (
    Message,
    MessageDropped,
    MessageEvent,
    MessageMeant,
    MessageSent,
    evolve_message,
    fold_message,
)
from sync.store.batch import Batch, Personal, Setting
from sync.store.event_rows import EventRows
from sync.store.store import Store

OPEN = "messages/open"
READ = "messages/read"


@cache
def _rows() -> EventRows[MessageEvent]:
    return EventRows("message", get_args(MessageEvent))


class MessageBook:
    """One for the shop. `watchers` are told after each durable change."""

    def __init__(self, store: Store) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._store = store
        self._turn = anyio.Lock(fast_acquire=True)  # the open ids are read, changed and written by one at a time

    # Looking

    def message(self, id: str) -> Message | None:
        return fold_message(id, _rows().events(self._store.journal(_subject(id))))

    def open(self) -> list[Message]:
        """What is still to be sent, oldest first."""
        found = (self.message(id) for id in self._open_ids())
        return [message for message in found if message is not None]

    def person(self, message: Message) -> Personal | None:
        """Whom it is for; None once the person was erased."""
        return self._store.person(message.meant.personal)

    def read(self) -> int | None:
        """The last journal number that was read for receipts; None before the first time."""
        kept = self._store.setting(READ)
        return int(kept) if kept is not None else None

    # Writing. Each raises DiskFull or JournalRefused, and nothing has changed then.

    async def mean(
        self, id: str, meant: MessageMeant, till: str, *, person: Personal | None = None, read: int | None = None
    ) -> bool:
        """The intent, durable before anything is sent; False: this id was meant before. `person`: a new row for it.

        `read` is kept with it: how far the journal was read when the need for this message was found.
        """
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if self.message(id) is not None:
                    return False
                settings = [_open_setting([*self._open_ids(), id])]
                if read is not None:
                    settings.append(_read_setting(read))
                await self._store.commit(
                    Batch(
                        entries=(_rows().to_entry(meant, _subject(id), till),),
                        personal=(person,) if person is not None else (),
                        settings=tuple(settings),
                    )
                )
        self._changed()
        return True

    async def end(self, message: Message, event: MessageSent | MessageDropped) -> None:
        """It was sent, or it never will be. Raises MessageNotAllowed."""
        with anyio.CancelScope(shield=True):
            async with self._turn:
                evolve_message(message, event)
                left = [id for id in self._open_ids() if id != message.id]
                entry = _rows().to_entry(event, _subject(message.id), "")
                await self._store.commit(Batch(entries=(entry,), settings=(_open_setting(left),)))
        self._changed()

    async def keep_read(self, seq: int) -> None:
        await self._store.commit(Batch(settings=(_read_setting(seq),)))

    def _open_ids(self) -> list[str]:
        kept = self._store.setting(OPEN)
        return msgspec.json.decode(kept, type=list[str]) if kept else []

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher()


def _subject(id: str) -> str:
    return f"message/{id}"


def _open_setting(ids: list[str]) -> Setting:
    return Setting(OPEN, msgspec.json.encode(ids))


def _read_setting(seq: int) -> Setting:
    return Setting(READ, str(seq).encode())
