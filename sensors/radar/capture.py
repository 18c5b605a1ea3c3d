"""The radio: scapy opens a listening socket on a monitor interface and puts the filter into the kernel; we read it.

    scapy's conf.L2listen(interface, filter="type mgt subtype probe-req") ── recv_raw ──> bytes, kernel's time

The socket can only listen: this class of scapy's has no way out, and nothing here asks for another. CAP_NET_RAW is
enough. scapy is under GPL-2.0: it is imported here and nowhere else in the house, in a process of its own.
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
import time
from typing import Any

import anyio
import scapy.arch  # noqa: F401  (puts the sockets of this system into conf)
from scapy.config import conf
from scapy.error import Scapy_Exception

from sensors.radar.air import NoAir
from sensors.radar.frames import Link, LinkType
from sensors.radar.records import Record
from sensors.radar_messages import State

FILTER = "type mgt subtype probe-req"
LINKS = {801: Link(LinkType.BARE), 802: Link(LinkType.PRISM), 803: Link(LinkType.RADIOTAP)}
"""By the interface's hardware type (linux/if_arp.h)."""
BUFFER_BYTES = 4 << 20
"""Asked for; the kernel gives net.core.rmem_max at the most. It holds what comes while the loop is elsewhere."""
PAUSE_S = 0.004
"""After a look for frames. Waiting for each single one costs ten times what reading it does: at 8,000 a second the
pause gathers 32, and the smallest buffer of Linux (208 KB) holds some 160."""
LONGEST_WAIT_S = 1.0
"""An interface that was removed and made again under the same name is noticed this soon."""
SOL_PACKET, PACKET_STATISTICS = 263, 6
_STATISTICS = struct.Struct("=II")
_GONE = {errno.ENETDOWN: State.INTERFACE_DOWN, errno.ENODEV: State.NO_INTERFACE, errno.ENXIO: State.NO_INTERFACE}
_NOTHING_THERE = (BlockingIOError, InterruptedError)


def open_radio(interface: str) -> RadioAir:
    """Raises NoAir."""
    try:
        index = socket.if_nametoindex(interface)
    except OSError as error:
        raise NoAir(State.NO_INTERFACE, f"{interface}: {error.strerror or error}") from error
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # it wonders which of its layers 803 is; none is needed
    conf.bufsize = BUFFER_BYTES
    conf.ifaces.reload()  # scapy remembers interfaces from its start; ours may be newer
    try:
        listening = conf.L2listen(iface=interface, filter=FILTER, promisc=False)
    except PermissionError as error:
        raise NoAir(State.NOT_ALLOWED, "opening the radio needs CAP_NET_RAW") from error
    except OSError as error:
        raise NoAir(_GONE.get(error.errno or 0, State.NO_INTERFACE), f"{interface}: {error.strerror}") from error
    except (Scapy_Exception, ValueError) as error:
        # The filter is compiled by libpcap for the interface's own link type: Ethernet has no probe requests.
        kind = State.NO_LIBRARY if "libpcap is not available" in str(error) else State.NOT_MONITOR
        raise NoAir(kind, f"{interface}: {error}") from error
    link = LINKS.get(listening.ins.getsockname()[3])
    if link is None:
        listening.close()
        raise NoAir(State.NOT_MONITOR, f"{interface} is no monitor interface")
    return RadioAir(interface, index, link, listening)


class RadioAir:
    """An `Air`. `listening`: scapy's socket, from here on never waited for."""

    def __init__(self, interface: str, index: int, link: Link, listening: Any) -> None:
        self._interface = interface
        self._index = index
        self._link = link
        self._listening = listening
        self._drops = 0
        listening.ins.setblocking(False)

    async def wait(self) -> None:
        await anyio.sleep(PAUSE_S)
        with anyio.move_on_after(LONGEST_WAIT_S):
            await anyio.wait_readable(self._listening.ins)
            return
        try:
            same = socket.if_nametoindex(self._interface) == self._index
        except OSError:
            same = False
        if not same:
            raise NoAir(State.NO_INTERFACE, f"{self._interface} was removed")

    def receive(self) -> Record | None:
        try:
            _, frame, at_s = self._listening.recv_raw()
        except _NOTHING_THERE:
            return None
        except OSError as error:
            state = _GONE.get(error.errno or 0, State.NO_INTERFACE)
            raise NoAir(state, f"{self._interface}: {error.strerror}") from error
        if frame is None:
            return None
        at_ns = time.time_ns() if at_s is None else int(at_s * 1e6) * 1_000  # a float holds microseconds, not more
        return Record(self._link, at_ns, frame, 0)

    def kernel_drops(self) -> int | None:
        """Asking resets the kernel's counter, so it is summed here."""
        try:
            told = self._listening.ins.getsockopt(SOL_PACKET, PACKET_STATISTICS, _STATISTICS.size)
        except OSError:
            return None
        self._drops += _STATISTICS.unpack(told)[1]
        return self._drops

    def close(self) -> None:
        self._listening.close()
