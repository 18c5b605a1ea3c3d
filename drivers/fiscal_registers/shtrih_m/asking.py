"""Asking the register patiently: waits out its printing and lets it go on after a change of paper.

Both answers waited for prove that the command was not executed: 50 (still printing the previous one) and 58 (waiting
for "continue printing").
"""

from __future__ import annotations

from drivers.errors import Refused
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import Command, exchange
from drivers.fiscal_registers.shtrih_m.state import ShortStatus, short_status
from drivers.wire.dialogue import Dialogue, Pause

PRINTING = "shtrih_m.50"
WAITS_CONTINUE = "shtrih_m.58"
NO_PAPER = "shtrih_m.6B"
NOT_IN_THIS_SUBMODE, NOT_IN_THIS_MODE = "shtrih_m.72", "shtrih_m.73"
# Printing a long receipt takes seconds; a copy has been seen to hold the register for longer than ten.
PRINTING_WITHIN_S = 20.0
PRINTING_EVERY_S = 0.05


def ask(access: Access, command: Command, *, patient: bool = True) -> Dialogue[bytes]:
    """The command's answer. Raises as `exchange` does; with `patient` 50 and 58 are waited out first."""
    waited_s, continued = 0.0, False
    while True:
        try:
            return (yield from exchange(command))
        except Refused as refusal:
            if not patient:
                raise
            if refusal.code == PRINTING and waited_s < PRINTING_WITHIN_S:
                yield Pause(PRINTING_EVERY_S)
                waited_s += PRINTING_EVERY_S
            elif refusal.code == WAITS_CONTINUE and not continued:
                continued = True
                yield from go_on_printing(access)
            else:
                raise


def wait_until_printed(access: Access) -> Dialogue[ShortStatus]:
    """Wait while the register prints; what it says then (it may also have run out of paper)."""
    waited_s = 0.0
    while True:
        status = yield from short_status(access)
        if status.submode not in (4, 5) or waited_s >= PRINTING_WITHIN_S:
            return status
        yield Pause(PRINTING_EVERY_S)
        waited_s += PRINTING_EVERY_S


def go_on_printing(access: Access) -> Dialogue[None]:
    """Continue a print that waits for it, else harmless. Raises Refused if there is no paper or it stays busy."""
    status = yield from wait_until_printed(access)
    if status.submode == 3:
        try:
            yield from exchange(commands.continue_print(access))
        except Refused as refusal:
            if refusal.code not in (PRINTING, NOT_IN_THIS_SUBMODE, NOT_IN_THIS_MODE):
                raise
        status = yield from wait_until_printed(access)
    if status.submode in (1, 2):
        raise Refused(NO_PAPER, "no paper")
    if status.submode == 3:
        raise Refused(WAITS_CONTINUE, "still waiting for continue")
    if status.submode != 0:
        raise Refused(PRINTING, "still printing")
