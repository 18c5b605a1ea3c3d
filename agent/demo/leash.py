"""Ends the demo's processes when the demo itself was killed: a program that waits on a pipe.

`+123` and `-123`, one a line, say which process groups belong to the demo. The end of the pipe means that nobody is
left to end them: they get SIGTERM, and SIGKILL two seconds later. It imports the standard library only.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE_S = 2.0
"""The agent and HQ close their files in well under a second."""
LOOK_S = 0.05


def groups_left(lines: Iterable[str]) -> set[int]:
    """The process groups that were named and not taken back."""
    held: set[int] = set()
    for line in lines:
        sign, number = line[:1], line[1:].strip()
        if number.isdigit():
            (held.add if sign == "+" else held.discard)(int(number))
    return held


def end(groups: set[int]) -> None:
    """Ask, wait, insist."""
    left = {group for group in groups if _tell(group, signal.SIGTERM)}
    until = time.monotonic() + PATIENCE_S
    while left and time.monotonic() < until:
        time.sleep(LOOK_S)
        left = {group for group in left if _tell(group, 0)}
    for group in left:
        _tell(group, signal.SIGKILL)


def _tell(group: int, sign: int) -> bool:
    """False: the group is gone."""
    try:
        os.killpg(group, sign)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    end(groups_left(sys.stdin))
