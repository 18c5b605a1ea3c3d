"""The small exchanges every procedure is made of: acknowledge, show progress, take time, end."""

from __future__ import annotations

from drivers.simulators.zvt import apdu, bitmaps, faults, tlv
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.display import Shown
from drivers.simulators.zvt.steps import Answer, Drop, Happened, Part, Pause, PowerCut, Say, Steps, Tell, Turn
from drivers.simulators.zvt.terminal import Terminal

USUAL_T4_MINUTES = 3  # the standard's default of 180 s, spelled out when a text follows it


def refuse(code: int, data: bytes = b"") -> Steps:
    """A negative answer; the terminal stays as it was."""
    yield Tell(apdu.negative(code, data))


def accept(pt: Terminal, turn: Turn) -> Steps:
    """80 00 00; from here on the terminal is busy with this command and its master."""
    pt.running = turn
    yield Tell(apdu.positive())


def takes(pt: Terminal, seconds: float, *, abortable: bool = False) -> Part[Answer]:
    """Time this state takes; none at a bench."""
    if pt.instant:
        return Happened.PASSED
    return (yield Pause(seconds, abortable))


def progress(pt: Terminal, shown: Shown, t4_minutes: int | None = None) -> Steps:
    """04 FF, when the till asked for it (config bit 08); the text in TLV 24 when it speaks TLV."""
    pt.show(shown.words)
    if not pt.setup.shows_progress:
        return
    rest = b"" if t4_minutes is None else bitmaps.bcd(t4_minutes, 1)
    if pt.setup.tlv:
        words = encode_text(pt, shown.words)
        rest = rest or bitmaps.bcd(USUAL_T4_MINUTES, 1)
        rest += bitmaps.write(bitmaps.CONTAINER, tlv.write(0x24, tlv.write(0x07, words)))
    yield Say(apdu.progress(shown.status, rest))


def encode_text(pt: Terminal, words: dict[str, str]) -> bytes:
    """In the charset the till registered; Cyrillic needs UTF-8, otherwise English."""
    if pt.setup.charset == 0xFE:
        return words[pt.language].encode("utf-8")
    return words["en"].encode("latin-1" if pt.setup.charset == 0x01 else "cp437", "replace")


def finish(message: Apdu) -> Steps:
    """06 0F or 06 1E: the till is master again, whether it acknowledges or not."""
    yield Say(message)


def mishap(pt: Terminal, point: str) -> Steps:
    """Fault `power_off_<point>`: the light goes out here."""
    value = pt.faults.value(f"power_off_{point}")
    if value is not None:
        yield PowerCut(faults.seconds(value, faults.CUT_OFF_S))


def closes(pt: Terminal, fault: str) -> Steps:
    """A fault that closes the connection here."""
    if pt.faults.strikes(fault):
        yield Drop()
