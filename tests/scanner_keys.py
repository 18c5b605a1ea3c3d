"""The keys a scanner presses as a keyboard wedge, as a host with a US or a Russian layout sees them, and their burst.

A scanner types a key each one to five milliseconds. The burst is sent to Chromium through its own protocol without
waiting for one key's answer before the next key leaves, so that even a busy machine sees a scanner and not a person.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

ALT, CONTROL, SHIFT = 1, 2, 8
MODIFIERS = ((ALT, "Alt"), (CONTROL, "Control"), (SHIFT, "Shift"))
RUSSIAN = dict(zip("qwertyuiopasdfghjklzxcvbnm", "йцукенгшщзфывапролдячсмить", strict=True))
Stroke = tuple[str, str, int]

GS_F8: list[Stroke] = [("F8", "F8", 0)]
GS_CONTROL: list[Stroke] = [("BracketRight", "]", CONTROL)]
GS_ALT: list[Stroke] = [("Numpad0", "0", ALT), ("Numpad2", "2", ALT), ("Numpad9", "9", ALT)]
ENTER: list[Stroke] = [("Enter", "Enter", 0)]
TAB: list[Stroke] = [("Tab", "Tab", 0)]
LF: list[Stroke] = [("KeyJ", "j", CONTROL)]
CR: list[Stroke] = [("KeyM", "m", CONTROL)]
MARKS = {
    "(": ("Digit9", SHIFT),
    ")": ("Digit0", SHIFT),
    "!": ("Digit1", SHIFT),
    '"': ("Quote", SHIFT),
    "/": ("Slash", 0),
    "=": ("Equal", 0),
    "&": ("Digit7", SHIFT),
    ".": ("Period", 0),
    "-": ("Minus", 0),
    ";": ("Semicolon", 0),
}
RUSSIAN_MARKS = {"/": ".", '"': "Э", ";": "ж", "&": "?", ".": "ю"}


def strokes(code: str, *, russian: bool = False, caps: bool = False, gs: list[Stroke] = GS_F8) -> list[Stroke]:
    """The keys for `code`, and what a host with that layout makes of them; `gs` spells the group separator."""
    made: list[Stroke] = []
    for letter in code:
        low = letter.lower()
        if letter == "\x1d":
            made += gs
        elif letter.isalpha():
            shown = RUSSIAN[low] if russian else low
            upper = letter.isupper() != caps
            made.append((f"Key{low.upper()}", shown.upper() if upper else shown, SHIFT if letter.isupper() else 0))
        elif letter.isdigit():
            made.append((f"Digit{letter}", letter, 0))
        else:
            name, shift = MARKS[letter]
            made.append((name, RUSSIAN_MARKS.get(letter, letter) if russian else letter, shift))
    return made


def events(keys: Sequence[Stroke], at_ms: Sequence[float] = ()) -> list[dict[str, Any]]:
    """Key events of Chromium's protocol, modifier keys going down and up between the keys as they do in life.

    With `at_ms` each key carries the time at which it was pressed, whenever it arrives.
    """
    made: list[dict[str, Any]] = []
    held = 0
    began_s = time.time()
    for at, (code, key, wanted) in enumerate([*keys, ("", "", 0)]):
        since = len(made)
        for bit, name in MODIFIERS:
            if (wanted & bit) != (held & bit):
                made.append(_event("rawKeyDown" if wanted & bit else "keyUp", f"{name}Left", name, wanted))
        held = wanted
        if code:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 and not wanted & (ALT | CONTROL) else "")
            made.append(_event("keyDown" if text else "rawKeyDown", code, key, wanted, text))
            made.append(_event("keyUp", code, key, wanted))
        for event in made[since:] if at_ms else ():
            event["timestamp"] = began_s + at_ms[min(at, len(at_ms) - 1)] / 1000
    return made


def _event(kind: str, code: str, key: str, modifiers: int, text: str = "") -> dict[str, Any]:
    told = {"type": kind, "code": code, "key": key, "modifiers": modifiers}
    return told | {"location": 3 if code.startswith("Numpad") else 0} | ({"text": text} if text else {})


def burst(page: Any, keys: Sequence[Stroke], at_ms: Sequence[float] = ()) -> None:
    """All keys at once, as a scanner: real input, not made in the page. Returns when the last one was taken.

    Without `at_ms` a key each millisecond: a system notes when a key came in, however late it hands it on, and a test's
    keys would else carry the time at which a busy machine brought them (62 ms between two were seen).
    """
    at_ms = at_ms or [float(at - len(keys)) for at in range(len(keys))]
    session = page.context.new_cdp_session(page)
    wait, calls = session._sync, []
    # Playwright's blocking interface waits after each key, which a busy machine turns into typing: wait once, for all.
    session._sync = calls.append
    for event in events(keys, at_ms):
        session.send("Input.dispatchKeyEvent", event)
    session._sync = wait

    async def all_at_once() -> None:
        await asyncio.gather(*calls)

    wait(all_at_once())
    session.detach()
