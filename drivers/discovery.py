"""Finds the serial ports of this machine, with paths that stay the same when a cable changes its socket.

Names such as /dev/ttyACM0 are given in the order of plugging in; /dev/serial/by-id names a device by its maker and its
serial number, so the config should carry that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.links.port_list import listed_ports

BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class SerialPort:
    """One port: the path to write into the config, the path of the moment, and what the device says it is."""

    stable_path: str
    path: str
    description: str

    @property
    def address(self) -> str:
        return f"serial:{self.stable_path}"


def serial_ports(by_id: Path = BY_ID) -> tuple[SerialPort, ...]:
    """The ports that are there now, by path. A port without a name by id has its plain path twice."""
    named: dict[str, str] = {}
    if by_id.is_dir():
        for link in sorted(by_id.iterdir()):
            named.setdefault(str(link.resolve()), str(link))
    ports = dict(listed_ports())
    for path in named:
        ports.setdefault(path, "")
    return tuple(
        SerialPort(named.get(str(Path(path).resolve()), path), path, description)
        for path, description in sorted(ports.items())
    )
