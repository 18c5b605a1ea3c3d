"""Tells systemd that the program is ready and alive: a datagram to NOTIFY_SOCKET (sd_notify(3)); nothing elsewhere."""

from __future__ import annotations

import os
import socket

READY, ALIVE = "READY=1", "WATCHDOG=1"


def notify(*words: str) -> None:
    """Never raises: a program goes on without systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
        way.setblocking(False)
        try:
            way.sendto("\n".join(words).encode(), address)
        except OSError:
            return  # the watchdog will notice, which is what it is for
