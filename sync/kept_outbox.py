"""What the way to HQ asks of whoever keeps an outbox: the journal's file, and the visitors' file beside it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import anyio

from sync.store.batch import OutboxRow, OutboxState
from sync.wire.edge_log import Ended


class KeptOutbox(Protocol):
    """Streams of numbered facts. Reads are inline, what is acknowledged is durable when the call returns."""

    device: str
    epoch: int

    def news(self) -> anyio.Event: ...

    def outbox_read(self, stream: str, after_seq: int, limit: int, max_bytes: int) -> list[OutboxRow]: ...

    def outbox_ack(self, stream: str) -> int: ...

    def outbox_head(self, stream: str) -> int: ...

    def outbox_hash(self, stream: str, seq: int) -> str | None: ...

    def outbox_state(self) -> list[OutboxState]: ...

    async def outbox_acked(self, stream: str, ack: int) -> None: ...

    def setting(self, key: str) -> bytes | None: ...

    async def outbox_note(self, key: str, value: bytes) -> None:
        """Keeps a small value beside the items. May raise DiskFull."""

    async def begin_epoch(self, epoch: int) -> None:
        """Numbers anew what is kept, under an epoch that HQ has issued, in one transaction; ids stay. May raise
        DiskFull, and then nothing has changed."""


@runtime_checkable
class DroppingOutbox(Protocol):
    """One that gives up items before HQ has them. Only streams of DROPPABLE are asked about (sync/wire/edge_log.py)."""

    def outbox_gone(self, stream: str) -> tuple[int, str]:
        """The last item that is no longer kept, and its hash; (0, GENESIS) while all are."""

    async def outbox_behind(self, stream: str, first: int) -> None:
        """HQ asks for `first`, which it had acknowledged: it came back from an older backup, and what was taken since
        is unknown to it. What has to reach it all the same is put behind the others."""

    def outbox_ended(self, stream: str) -> list[Ended]:
        """Of the epochs before, what HQ had acknowledged and is kept no more."""


@runtime_checkable
class FollowingOutbox(Protocol):
    """One that keeps nothing over a restart: its numbers go on where HQ's end."""

    def follow(self, stream: str, epoch: int, seq: int, hash: str) -> None: ...
