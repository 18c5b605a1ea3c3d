"""A device behind a serial port: a real one, a USB one (CDC ACM) or a pseudo-terminal.

pyserial opens and configures the port, exclusively; from there on the bytes go through the file descriptor and the
event loop, without a thread.
"""

from __future__ import annotations

import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import serial
from anyio.lowlevel import checkpoint

from drivers.links.link import Link, LinkLost

BYTE_SIZES = {"5": serial.FIVEBITS, "6": serial.SIXBITS, "7": serial.SEVENBITS, "8": serial.EIGHTBITS}
PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
STOP_BITS = {"1": serial.STOPBITS_ONE, "1.5": serial.STOPBITS_ONE_POINT_FIVE, "2": serial.STOPBITS_TWO}
CHUNK = 4096


class DescriptorLink:
    """A link over a non-blocking file descriptor (a port, or one end of a pseudo-terminal)."""

    def __init__(self, descriptor: int, address: str) -> None:
        self._descriptor = descriptor
        self._address = address
        self._returned = b""

    @property
    def address(self) -> str:
        return self._address

    async def send(self, data: bytes) -> None:
        await checkpoint()
        left = memoryview(data)
        try:
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:
                    await anyio.wait_writable(self._descriptor)
        except (OSError, anyio.ClosedResourceError) as error:
            raise LinkLost(f"{self._address}: {error or 'closed'}") from error

    async def receive(self) -> bytes:
        await checkpoint()
        if self._returned:
            taken, self._returned = self._returned, b""
            return taken
        while True:
            try:
                await anyio.wait_readable(self._descriptor)
                read = os.read(self._descriptor, CHUNK)
            except BlockingIOError:
                continue
            except (OSError, anyio.ClosedResourceError) as error:
                raise LinkLost(f"{self._address}: {error or 'closed'}") from error
            if not read:  # readable and nothing to read: the device is gone
                raise LinkLost(f"{self._address}: the device is gone")
            return read

    def take_back(self, data: bytes) -> None:
        self._returned = data + self._returned


@asynccontextmanager
async def open_serial(
    path: str,
    *,
    baud: int = 115200,
    bytesize: str = "8",
    parity: str = "none",
    stopbits: str = "1",
    address: str = "",
) -> AsyncIterator[Link]:
    """Open a port for ourselves alone. Raises LinkLost when it is absent, taken or refuses the settings."""
    address = address or f"serial:{path}"
    await checkpoint()
    try:
        port = serial.Serial(
            path,
            baudrate=baud,
            bytesize=BYTE_SIZES[bytesize],
            parity=PARITIES[parity],
            stopbits=STOP_BITS[stopbits],
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except (serial.SerialException, OSError, ValueError, termios.error) as error:
        raise LinkLost(f"{address}: {error}") from error
    descriptor: int = port.fileno()
    try:
        yield DescriptorLink(descriptor, address)
    finally:
        anyio.notify_closing(descriptor)
        port.close()
