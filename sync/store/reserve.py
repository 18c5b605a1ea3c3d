"""Ballast on the disk, thrown overboard when the disk is full.

A customer may have paid when the last free page is gone. The sale must still be able to write "charged", "sealed" and
"closed", or money would be taken and forgotten. So a file of RESERVE_BYTES is held from the start and deleted at the
first full disk: that room is for finishing. `room()` turns false before that (and stays so until the reserve is held
again), and the till takes no new money.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = "reserve"
RESERVE_BYTES = 2 * 1024 * 1024  # a ten-line sale writes about 150 KB to the log: a dozen sales can be finished
MARGIN_BYTES = 1024 * 1024  # free beyond the reserve before new money is taken
CROWDED_PERCENT = 80
CROWDED_BYTES = 4 * 1024 * 1024 * 1024
"""Of a large disk a fifth is more than a shop writes in ten years: nothing has to be given up for it."""


class Reserve:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._file = directory / FILE
        self.held = False

    def hold(self) -> None:
        """Takes the ballast if it is not held and the disk has room for it and the margin; call it at any time."""
        if self.held or self.left_behind():
            return
        if self.free_bytes() < RESERVE_BYTES + MARGIN_BYTES:
            return
        try:
            with self._file.open("wb") as ballast:
                os.posix_fallocate(ballast.fileno(), 0, RESERVE_BYTES)
            self.held = True
        except OSError:
            self._file.unlink(missing_ok=True)

    def left_behind(self) -> bool:
        """Is it there, whole, from an earlier process? Then it is held."""
        self.held = self._file.exists() and self._file.stat().st_size == RESERVE_BYTES
        return self.held

    def spend(self) -> bool:
        """Frees the ballast; False if there was none left to free."""
        if not self.held:
            return False
        self._file.unlink(missing_ok=True)
        self.held = False
        return True

    def free_bytes(self) -> int:
        """What an unprivileged process may still write on this disk."""
        disk = os.statvfs(self.directory)
        return disk.f_bavail * disk.f_frsize

    def crowded(self) -> bool:
        """Is the disk so full that what is worth less than a sale has to go first?"""
        disk = os.statvfs(self.directory)
        free = disk.f_bavail * disk.f_frsize
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        return free < CROWDED_BYTES and used * 100 >= CROWDED_PERCENT * (used + free)

    def room(self) -> bool:
        """May a new sale take money? Takes the ballast again where somebody made room: no commit may come before it."""
        self.hold()
        return self.held and self.free_bytes() >= MARGIN_BYTES
