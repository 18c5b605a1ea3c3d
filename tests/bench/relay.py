"""A listening socket that carries bytes to a simulator and back, and writes down what went which way."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

Frames = list[tuple[str, bytes]]
CHUNK = 65_536
LOOK_EVERY_S = 0.1  # how soon the thread sees that it is to end


class Relay:
    """`frames` grows while the host talks: (">", bytes of the host) or ("<", bytes of the device)."""

    def __init__(self, device: tuple[str, int]) -> None:
        self.frames: Frames = []
        self._device = device
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        self._listener.settimeout(LOOK_EVERY_S)
        while not self._ending.is_set():
            try:
                host, _ = self._listener.accept()
            except TimeoutError:
                continue
            with host, socket.create_connection(self._device) as device:
                for wire in (host, device):
                    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._carry(host, device)

    def _carry(self, host: socket.socket, device: socket.socket) -> None:
        ways = {host: (">", device), device: ("<", host)}
        while not self._ending.is_set():
            for wire in select.select(list(ways), [], [], LOOK_EVERY_S)[0]:
                data = wire.recv(CHUNK)
                if not data:
                    return
                way, other = ways[wire]
                if self.frames and self.frames[-1][0] == way:
                    self.frames[-1] = (way, self.frames[-1][1] + data)
                else:
                    self.frames.append((way, data))
                other.sendall(data)


@contextmanager
def relay_to(address: str) -> Iterator[Relay]:
    """A relay to `tcp://HOST:PORT` until the block is left."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    relay = Relay((host, int(port)))
    try:
        yield relay
    finally:
        relay.close()
