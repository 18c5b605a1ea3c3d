"""`python -m sensors.radar read FILE`: one line a probe request of a capture file.

The signatures are keyed with a salt of the day, kept in memory for this account: files read on one day can be compared.
It is not the salt of the radar at work, and guards less: whoever reads a capture file has all that is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sensors.memory_place import MemoryPlace, NoMemoryPlace
from sensors.radar.capture_file import opened
from sensors.radar.frames import FrameReader, Left, Probe
from sensors.radar.records import NoCapture, Records
from sensors.radar.signature import Keys
from sensors.salt import SECRET_BYTES, as_kept, salt_for

USAGE_ERROR = 2
SALT = "reading-salt"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sensors.radar read", description="The probes of a capture file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--show-addresses", action="store_true", help="the phones' addresses too")
    options = parser.parse_args(argv)
    reader = FrameReader()
    keys = Keys(_salt())
    line = _json if options.json else _text
    try:
        with opened(options.file) as records:
            for probe in _probes(reader, records):
                key = keys.of(probe.shape) if probe.shape.whole else None
                print(line(probe, key, addresses=options.show_addresses))
            sys.stdout.flush()
    except NoCapture as refused:
        print(f"{refused.ru}\n{refused.en}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        # Whoever read has enough (`| head`); the interpreter's own last flush must not say so again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"Файл {options.file} не читается: {error.strerror}.", file=sys.stderr)
        print(f"The file {options.file} cannot be read: {error.strerror}.", file=sys.stderr)
        return USAGE_ERROR
    _sum_up(reader, records.broken)
    return 0


def _probes(reader: FrameReader, records: Records) -> Iterator[Probe]:
    for link, at_ns, frame, lost in records:
        probe = reader.read(link, at_ns, frame, lost)
        if probe is not None:
            yield probe


def _text(probe: Probe, key: str | None, *, addresses: bool) -> str:
    at = datetime.fromtimestamp(probe.at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    signal = "   ? dBm" if probe.signal_dbm is None else f"{probe.signal_dbm:4d} dBm"
    ids = ",".join(map(str, probe.ids)) or "-"
    source = f"  {probe.source.hex(':')}" if addresses else ""
    micros = probe.at_ns // 1_000 % 1_000_000
    return f"{at}.{micros:06d}Z  {probe.sequence:4d}  {signal}  {key or '-' * 16}{source}  {ids}"


def _json(probe: Probe, key: str | None, *, addresses: bool) -> str:
    told = {
        "time": round(probe.at_ns / 1e9, 6),
        "sequence": probe.sequence,
        "signal_dbm": probe.signal_dbm,
        "element_ids": probe.ids,
        "signature": key,
    }
    if addresses:
        told["source"] = probe.source.hex(":")
    return json.dumps(told)


def _sum_up(reader: FrameReader, broken: str) -> None:
    left = {why: count for why, count in reader.left.items() if count}
    probes = reader.seen - sum(count for why, count in left.items() if why is not Left.CUT_ELEMENT)
    reasons = ", ".join(f"{why.value} {count}" for why, count in left.items())
    print(f"Кадров: {reader.seen}, запросов: {probes}. {reasons}".rstrip(), file=sys.stderr)
    print(f"{reader.seen} frames, {probes} probe requests. {reasons}".rstrip(), file=sys.stderr)
    if broken:
        print(f"Файл повреждён и прочитан не до конца ({broken}).", file=sys.stderr)
        print(f"The file is damaged and was not read to its end ({broken}).", file=sys.stderr)


def _salt() -> bytes:
    """Of this day, if there is a place in memory for it; else of this run."""
    fresh = os.urandom(SECRET_BYTES)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = Path(runtime) if runtime else Path("/dev/shm")
    try:
        place = MemoryPlace(parent / f"tillkeeper-radar-{os.geteuid()}")
        salt, new = salt_for(time.time_ns() // 1_000_000, ZoneInfo("UTC"), place.read(SALT), fresh)
        if new:
            place.wipe(SALT)
            place.write(SALT, as_kept(salt))
    except (NoMemoryPlace, OSError):
        print("Подписи этого запуска не сравнимы с другими: нет места в памяти.", file=sys.stderr)
        print("The signatures of this run compare with no others: there is no place in memory.", file=sys.stderr)
        return fresh
    return salt.secret
