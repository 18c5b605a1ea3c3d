"""A capture file of either format, told apart by its first four bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensors.radar.pcap_file import MAGICS, PcapRecords
from sensors.radar.pcapng_file import SECTION, NgRecords
from sensors.radar.records import NoCapture, Records


@contextmanager
def opened(path: Path) -> Iterator[Records]:
    """The records of a capture file. Raises NoCapture and OSError."""
    with path.open("rb") as file:
        magic = file.read(4)
        if magic in MAGICS:
            yield PcapRecords(file, *MAGICS[magic])
        elif magic == SECTION:
            yield NgRecords(file)
        else:
            raise NoCapture(
                f"{path.name} не является записью эфира (pcap или pcapng).",
                f"{path.name} is no capture file (pcap or pcapng).",
            )
