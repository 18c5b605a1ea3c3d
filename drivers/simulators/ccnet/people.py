"""What people do to the validator: shoppers with notes, and staff with the cassette and the tweezers."""

from __future__ import annotations

import re

from drivers.simulators.cash_box import Place
from drivers.simulators.ccnet import notes, phases
from drivers.simulators.ccnet.notes import Paper
from drivers.simulators.ccnet.path import Path
from drivers.simulators.ccnet.phases import Phase
from drivers.simulators.ccnet.unit import LATCHES

COMMANDS = {
    "insert VALUE [xN]": "put in a note of so many roubles, or N of them one after the other as the mouth opens",
    "insert forgery": "put in what only looks like a note",
    "insert suspect": "put in a note that might be one",
    "insert unknown": "put in a slip of paper",
    "pull": "the shopper pulls back a note that is still in the transport, or the second one during a pause",
    "cassette out": "take the cassette with all that is in it",
    "cassette in": "put an empty cassette in its place",
    "jam": "a note jams in the validator",
    "jam inside": "a note jams on its way into the cassette: the one on its way, or nothing but the mechanics",
    "fail [CODE]": "the validator fails (code in hexadecimal, 50 by default)",
    "full": "the cassette is full",
    "clear": "a jam or failure is put right, a full cassette is pressed down; the unit then waits for RESET",
    "cheat": "somebody draws the note back out on a string, wherever it is",
    "latch on|off|kept": "a credit is said until acknowledged, in one poll only, or beyond a power cut too",
    "article6 on|off": "forgeries are kept inside instead of rejected",
    "power off": "pull the plug",
    "power on": "give the power back",
    "fault NAME[@N[xK]][=VALUE]": "arm a fault",
}

_MANY = 500
_PATTERN_TYPE = 3  # what forgers like to imitate: 500
_RUNNING = (Phase.ACCEPTING, Phase.STACKING, Phase.RETURNING, Phase.REJECTING, Phase.PAUSE, Phase.ESCROW, Phase.HOLDING)


def carry_out_order(unit: Path, order: str, at: float) -> str:
    """Returns what was done, one line. Raises ValueError with a sentence."""
    match order.split():
        case ["insert", "forgery"]:
            return _insert(unit, Paper(0, _PATTERN_TYPE, phases.VERIFICATION, phases.COUNTERFEIT), 1, at)
        case ["insert", "suspect"]:
            return _insert(unit, Paper(0, _PATTERN_TYPE, phases.VERIFICATION, phases.SUSPECTED), 1, at)
        case ["insert", "unknown"]:
            return _insert(unit, Paper(0, None, phases.IDENTIFICATION), 1, at)
        case ["insert", value, *times]:
            return _insert(unit, _note(value), _times(times), at)
        case ["pull"]:
            return _pull(unit, at)
        case ["cassette", "out"]:
            return _take_cassette(unit, at)
        case ["cassette", "in"]:
            return _put_cassette(unit, at)
        case ["jam"]:
            return _jam(unit, at)
        case ["jam", "inside"]:
            return _jam_inside(unit, at)
        case ["fail", *code] if len(code) < 2:
            return _fail(unit, code, at)
        case ["full"]:
            return _full(unit, at)
        case ["clear"]:
            return _clear(unit, at)
        case ["cheat"]:
            return _cheat(unit, at)
        case ["latch", how] if how in LATCHES:
            unit.latch = how
            unit.save()
            return f"a credit is latched: {how}"
        case ["article6", ("on" | "off") as switch]:
            unit.article_6 = switch == "on"
            unit.save()
            return f"forgeries are kept: {switch}"
        case _:
            raise ValueError(f"unknown command {order!r}; known: {', '.join(COMMANDS)}")


def _note(value: str) -> Paper:
    roubles, _, hundredths = value.partition(".")
    if not re.fullmatch(r"[0-9]{1,9}", roubles) or not re.fullmatch(r"([0-9]{2})?", hundredths):
        raise ValueError(f"{value!r} is no value: roubles, for instance 500")
    minor = int(roubles) * notes.MINOR + int(hundredths or 0)
    for type, face in notes.VALUES.items():
        if face * notes.MINOR == minor:
            return Paper(minor, type)
    return Paper(minor, None, phases.IDENTIFICATION)


def _times(words: list[str]) -> int:
    if not words:
        return 1
    text = words[0].removeprefix("x")
    if len(words) > 1 or not text.isdecimal() or not 1 <= int(text) <= _MANY:
        raise ValueError(f"{' '.join(words)!r}: how many is said as x3, at the most x{_MANY}")
    return int(text)


def _insert(unit: Path, paper: Paper, times: int, at: float) -> str:
    busy = unit.busy_until > at
    if not unit.mouth_open or unit.queue or busy:
        says = "busy" if busy else "what became of the last one" if unit.events else phases.WORDS[unit.phase]
        why = "another note is waiting" if unit.queue else f"the unit says {says}"
        return f"refused at the mouth: it is shut, {why}; nothing entered"
    unit.enter(paper, at)
    unit.queue += [paper] * (times - 1)
    return f"a note entered, {times - 1} more follow" if times > 1 else "a note entered"


def _pull(unit: Path, at: float) -> str:
    if unit.phase is Phase.PAUSE:
        unit.second_half(at)
        return "the second note is out again"
    within_reach = unit.box.moving is not None and unit.box.place is not Place.PAST_RETURN
    if within_reach and unit.phase in (Phase.ACCEPTING, Phase.VALIDATOR_JAM):
        unit.pulled(at)
        return "the shopper has pulled the note back"
    raise ValueError(f"nothing to pull: the unit says {phases.WORDS[unit.phase]}")


def _take_cassette(unit: Path, at: float) -> str:
    if not unit.box.cassette_in_place:
        raise ValueError("the cassette is out already")
    pieces, total = len(unit.box.cassette), unit.box.sum_minor
    unit.box.take_cassette()
    if unit.trouble is Phase.CASSETTE_FULL:
        unit.trouble = None
    unit.save()
    if unit.phase in phases.UNDECIDED:
        unit.begin_returning(at)  # it has nowhere to go but back
    elif unit.phase is Phase.STACKING:
        unit.go(Phase.CASSETTE_OUT, at)  # the note waits between the rollers for the next cassette
    elif unit.phase in phases.RESTING | phases.TROUBLES:
        unit.rest(at)
    return f"the cassette is out with {pieces} notes, {total // notes.MINOR} roubles"


def _put_cassette(unit: Path, at: float) -> str:
    if unit.box.cassette_in_place:
        raise ValueError("the cassette is in its place")
    unit.box.put_cassette()
    unit.save()
    if unit.phase in (Phase.CASSETTE_OUT, Phase.INITIALIZE):
        unit.reset(at)
    return "an empty cassette is in its place"


def _jam(unit: Path, at: float) -> str:
    if unit.box.place is Place.PAST_RETURN:
        raise ValueError("the note is past the validator; `jam inside` jams it there")
    _needs_running(unit)
    unit.in_trouble(Phase.VALIDATOR_JAM, at)
    return "jam in the validator"


def _jam_inside(unit: Path, at: float) -> str:
    _needs_running(unit)
    if unit.box.moving is not None and unit.box.place is not Place.PAST_RETURN:
        unit.jams_inside = True
        unit.save()
        return "the note will jam when it is stacked"
    unit.in_trouble(Phase.CASSETTE_JAM, at)
    return "jam in the cassette"


def _fail(unit: Path, code: list[str], at: float) -> str:
    _needs_running(unit)
    if code and not re.fullmatch(r"[0-9A-Fa-f]{2}", code[0]):
        raise ValueError(f"{code[0]!r} is no failure code: two hexadecimal digits")
    unit.failure_code = int(code[0], 16) if code else 0x50
    unit.in_trouble(Phase.FAILURE, at)
    return f"failure {unit.failure_code:02X}"


def _full(unit: Path, at: float) -> str:
    if unit.trouble is not None:
        raise ValueError(f"there is trouble already: {phases.WORDS[unit.trouble]}")
    unit.trouble = Phase.CASSETTE_FULL
    unit.save()
    if unit.phase in phases.RESTING:
        unit.rest(at)
    return "the cassette is full"


def _clear(unit: Path, at: float) -> str:
    """A note jammed on the shopper's side comes out with the first RESET, one on ours then falls into the cassette."""
    if unit.trouble is None and not unit.jams_inside:
        raise ValueError("nothing to clear")
    unit.trouble, unit.jams_inside = None, False
    unit.save()
    if unit.phase is Phase.INITIALIZE:
        unit.reset(at)
    return "cleared; the unit waits for RESET"


def _cheat(unit: Path, at: float) -> str:
    _needs_running(unit)
    unit.cheated(at)
    return "somebody has cheated"


def _needs_running(unit: Path) -> None:
    if unit.phase not in _RUNNING and unit.phase not in phases.RESTING:
        raise ValueError(f"that cannot be now: the unit says {phases.WORDS[unit.phase]}")
