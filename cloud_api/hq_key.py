"""HQ's own key: made at the first start, in a file of its own beside the database, and never in it.

Devices keep its public half from their enrolment and drop a key of theirs only for an answer it has signed. From it
come the secret of HQ's nonces and the chain's secret for keys of customers (sync/wire/customer_facts.py), too. Who
loses it keeps everything but the changing of keys: devices go on with the keys they have until they are enrolled anew,
and customers are told of anew by shops that hear another secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path

from starlette.responses import Response

from sync.wire import signatures
from sync.wire.signatures import HQ_COVERED, HQ_LABEL, HQ_TAG, KEY_BYTES, Message

FILE = "hq.key"
_PRIVATE = 0o600


class HqKey:
    """`seed` are the 32 bytes of the private key; `draw(n)`: random bytes."""

    def __init__(self, seed: bytes, draw: Callable[[int], bytes]) -> None:
        self._seed = seed
        self._draw = draw
        self.public_key = signatures.public_key_of(seed)
        self.customer_secret = hmac.digest(seed, b"tillkeeper keys of customers", "sha256")
        self.nonce_secret = hmac.digest(seed, b"tillkeeper nonces of HQ", "sha256")

    def signed(self, response: Response, *, now_ms: int) -> Response:
        """The answer with HQ's signature over its status and its body."""
        digest = signatures.content_digest(bytes(response.body))
        message = Message("", "", "", {"content-digest": digest}, status=response.status_code)
        told, signature = signatures.sign(
            message,
            self._seed,
            created_s=now_ms // 1000,
            nonce=self._draw(16).hex(),
            label=HQ_LABEL,
            tag=HQ_TAG,
            covered=HQ_COVERED,
        )
        response.headers.update({"content-digest": digest, "signature-input": told, "signature": signature})
        return response


class KeyUnusable(Exception):
    """The file of HQ's key cannot be used. `ru` and `en` are for a person."""

    def __init__(self, file: Path, what: str) -> None:
        self.ru = f"Ключ офиса {file} не годится: {what}. Ничего не изменено. Верните файл из копии ключей."
        self.en = f"HQ's key {file} cannot be used: {what}. Nothing was changed. Put the file back from a copy of keys."
        super().__init__(self.en)


class HqKeyFile:
    """Where the key lies: a key that is there is read at once, and a missing one made when it is first needed.

    Without a directory (a database that is no file, and none was told) it lives as long as this process: signatures
    and nonces work, but nobody can be enrolled (`lasting`).
    """

    def __init__(self, directory: Path | None, draw: Callable[[int], bytes]) -> None:
        self._directory = directory
        self._draw = draw
        self.lasting = directory is not None
        there = directory is not None and (directory / FILE).exists()
        self._key: HqKey | None = open_key(directory, draw) if directory is not None and there else None

    def key(self) -> HqKey:
        """Raises KeyUnusable where it cannot be made."""
        if self._key is None:
            draw, directory = self._draw, self._directory
            self._key = HqKey(draw(KEY_BYTES), draw) if directory is None else open_key(directory, draw)
        return self._key


def keys_beside(database: str) -> Path | None:
    """The directory of HQ's key where none was told: beside a SQLite file. None for a database that is no file."""
    return None if "://" in database or database.startswith(":") else Path(f"{database}-keys")


def open_key(directory: Path, draw: Callable[[int], bytes]) -> HqKey:
    """The key in this directory, made if there is none. Raises KeyUnusable; a damaged key is never replaced."""
    file = directory / FILE
    try:
        if not file.exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(file, draw(KEY_BYTES))
        seed = file.read_bytes()
    except OSError as error:
        raise KeyUnusable(file, error.strerror or str(error)) from error
    if len(seed) != KEY_BYTES:
        raise KeyUnusable(file, f"{len(seed)} bytes, not {KEY_BYTES}")
    return HqKey(seed, draw)


def _make(file: Path, seed: bytes) -> None:
    """Whole or not there; of two processes that start at once the first one's stays."""
    part = file.with_name(f"{file.name}.{os.getpid()}.{hashlib.sha256(seed).hexdigest()[:8]}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as written:
        written.write(seed)
        written.flush()
        os.fsync(written.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
