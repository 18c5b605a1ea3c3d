"""The serial ports the operating system knows."""

from __future__ import annotations

from serial.tools.list_ports import comports


def listed_ports() -> tuple[tuple[str, str], ...]:
    """(path, description) of each port; the description is empty where the device gives none."""
    return tuple((port.device, "" if port.description in (None, "n/a") else port.description) for port in comports())
