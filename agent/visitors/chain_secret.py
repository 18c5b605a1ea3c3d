"""The chain's secret for keys of customers, as HQ tells it in the handshake: in a file beside the data, never in them.

    HQ ── Welcome.customer_key ──> heard() ──> DATA-keys/customers.key      its owner's alone, whole or as it was

With it every shop of the chain makes the same key of the same telephone, and without it nobody can guess numbers back
from the keys. A shop that has not heard it yet tells HQ of no customer, and does when it has.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("tillkeeper.visitors")

FILE = "customers.key"
SECRET_BYTES = 32
_PRIVATE = 0o600


class ChainSecret:
    """`watchers` are called when another one is heard than is known. Without a directory it is kept in memory alone."""

    def __init__(self, directory: Path | None) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._directory = directory
        self.key = b""
        if directory is not None:
            with suppress(OSError):
                kept = (directory / FILE).read_bytes()
                self.key = kept if len(kept) == SECRET_BYTES else b""

    @property
    def name(self) -> str:
        """Tells one secret from another and betrays neither; "" for none."""
        return hashlib.sha256(b"name\n" + self.key).hexdigest()[:16] if self.key else ""

    def heard(self, told: str) -> None:
        """`told` in hex; what is no secret (an HQ that keeps none) changes nothing."""
        try:
            key = bytes.fromhex(told)
        except ValueError:
            return
        if len(key) != SECRET_BYTES or key == self.key:
            return
        self.key = key
        try:
            self._keep(key)
        except OSError as error:  # it is told again at the next start
            log.warning("the chain's secret for keys of customers cannot be kept: %s", error.strerror)
        for watcher in self.watchers:
            watcher()

    def _keep(self, key: bytes) -> None:
        if self._directory is None:
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._directory / f"{FILE}.{os.getpid()}.part"
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as written:
            written.write(key)
            written.flush()
            os.fsync(written.fileno())
        part.replace(self._directory / FILE)
