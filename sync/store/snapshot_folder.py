"""Where the pages of a snapshot gather until all are here.

    DIR/catalogue.snapshot/manifest.json     what is being fetched
                           SHA256.zst        a page that is here, whole
                           SHA256.part       what a cut left of one; the next fetch goes on after it

A page gets its name only when its bytes have its hash, so what lies here under a name needs no fetching, whichever
manifest names it and however often the agent was killed meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import msgspec

from sync.wire.snapshot import Manifest, SnapshotPage, is_whole

FOLDER = "catalogue.snapshot"
MANIFEST = "manifest.json"


class SnapshotFolder:
    def __init__(self, directory: Path) -> None:
        """`directory` is the agent's data directory."""
        self.path = directory / FOLDER

    def begin(self, manifest: Manifest) -> None:
        """Pages of an older manifest stay where the new one names them too; the others go."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        wanted = {page.sha256 for page in manifest.pages}
        for file in self.path.iterdir():
            if file.stem not in wanted:
                file.unlink()
        part = self.path / (MANIFEST + ".new")
        part.write_bytes(msgspec.json.encode(manifest))
        part.replace(self.path / MANIFEST)

    def manifest(self) -> Manifest | None:
        """What was begun; None: nothing, or it is not whole."""
        try:
            told = msgspec.json.decode((self.path / MANIFEST).read_bytes(), type=Manifest)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return told if is_whole(told) else None

    def missing(self, manifest: Manifest) -> list[SnapshotPage]:
        """The pages still to be fetched, in their order, each once."""
        wanted = {page.sha256: page for page in manifest.pages}
        return [page for page in wanted.values() if not self.page(page).exists()]

    def page(self, page: SnapshotPage) -> Path:
        return self.path / f"{page.sha256}.zst"

    def begun(self, page: SnapshotPage) -> int:
        """How many bytes of it a cut left here."""
        try:
            size = self._part(page).stat().st_size
        except FileNotFoundError:
            return 0
        if size >= page.size:  # not what it says: a whole one would have its name
            self._part(page).unlink()
            return 0
        return size

    def write(self, page: SnapshotPage, data: bytes, at: int) -> None:
        """Bytes of a page from `at` on; what stood after `at` goes."""
        with self._part(page).open("r+b" if at else "wb") as out:
            out.truncate(at)
            out.seek(at)
            out.write(data)

    def finish(self, page: SnapshotPage) -> bool:
        """Gives it its name if it is the right one; False: it is thrown away, to be fetched from its beginning."""
        part = self._part(page)
        data = part.read_bytes() if part.exists() else b""
        if len(data) != page.size or hashlib.sha256(data).hexdigest() != page.sha256:
            part.unlink(missing_ok=True)
            return False
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(self.page(page))
        return True

    def clear(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _part(self, page: SnapshotPage) -> Path:
        return self.path / f"{page.sha256}.part"
