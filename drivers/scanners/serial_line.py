"""A scanner on a serial line (RS-232, USB-COM): codes as plain bytes, ended by a suffix or by silence.

    [prefix] [AIM id] code suffix          suffix: CR, LF, CR LF, TAB, or nothing and 60 ms of silence
    ]d2 01 0460... <GS> 21...              an AIM id (ISO/IEC 15424): ], a letter for the symbology, a modifier

The AIM id is kept unless a setting strips it: it is the only thing that tells a GS1 code (]d2, ]C1, ]e0, ]Q3) from a
plain one with the same characters, and whoever parses the code needs to know. 0x1D is never touched.
Source: manuals of serial scanners agree on the suffixes; the silence is for those set up without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Unanswered
from drivers.scanners.contract import Scanned
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Dialogue, Hear, Tell

LONGEST_CODE = 4096  # QR codes end at 2,953 bytes; more without an end is a wrong speed or a wrong device
IDLE_S = 3600.0  # a scanner may be silent all night; waking up once an hour costs nothing

_ENDS = re.compile(rb"[\r\n\t]")
_AIM_ID = re.compile(rb"\A\][A-Za-z][0-9A-Za-z]")


class WhateverComes:
    """Cuts nothing: hands on all bytes that are there."""

    def cut(self, heard: bytes) -> tuple[bytes, bytes] | None:
        return (heard, b"") if heard else None


GRAMMAR = WhateverComes()


class SerialLine:
    """A scanner with its settings."""

    def __init__(self, settings: Mapping[str, int | str | bool]) -> None:
        chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
        prefix = str(chosen["prefix"])
        try:
            self._prefix = bytes.fromhex(prefix)
        except ValueError as error:
            raise SettingWrong(
                f"prefix: {prefix!r} — не шестнадцатеричные байты, нужно, например, 02",
                f"prefix: {prefix!r} is not hexadecimal bytes such as 02",
            ) from error
        self._strips_aim_id = bool(chosen["strip_aim_id"])
        self._silence_s = int(chosen["silence_ms"]) / 1000

    def listen(self) -> Dialogue[None]:
        """Tells `Scanned` for each code, for as long as the link lives. LinkLost passes through: the only end."""
        begun, lost_in_noise = b"", False
        while True:
            try:
                begun += yield Hear(GRAMMAR, self._silence_s if begun or lost_in_noise else IDLE_S)
                *codes, begun = _ENDS.split(begun)
            except Unanswered:
                codes, begun = [begun], b""
            for code in codes:
                if not lost_in_noise and len(code) <= LONGEST_CODE:
                    yield from self._tell(code)
                lost_in_noise = False
            if len(begun) > LONGEST_CODE:
                # What never ends is no code; its tail must not become one either.
                begun, lost_in_noise = b"", True

    def _tell(self, code: bytes) -> Dialogue[None]:
        code = code.removeprefix(self._prefix)
        if self._strips_aim_id:
            code = _AIM_ID.sub(b"", code)
        if code:
            yield Tell(Scanned(code))


SETTINGS: Mapping[str, Setting] = {
    "prefix": Setting(
        "",
        "bytes the scanner puts before each code, hexadecimal (02 for STX); removed",
        "байты, которые сканер ставит перед кодом, шестнадцатерично (02 для STX); убираются",
    ),
    "strip_aim_id": Setting(
        False,
        "remove the AIM symbology id (]d2, ]C1 ...) in front of a code",
        "убирать перед кодом признак символики AIM (]d2, ]C1 ...)",
    ),
    "silence_ms": Setting(
        60,
        "silence that ends a code without a suffix; 60 ms is dozens of characters at 9600 baud",
        "тишина, которая кончает код без суффикса; 60 мс — десятки знаков на 9600 бод",
    ),
}

DRIVER = Driver(
    name="serial_line",
    kind=Kind.SCANNER,
    title="Serial / USB-COM",
    make=SerialLine,
    evidence=Evidence.MANUAL,
    source="serial modes of common scanners; AIM ids of ISO/IEC 15424",
    commit="none",
    settings=SETTINGS,
)
