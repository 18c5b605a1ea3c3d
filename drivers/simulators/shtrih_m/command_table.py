"""The whole command table: what is not in it is answered 37h."""

from __future__ import annotations

from drivers.simulators.shtrih_m import (
    correction_commands,
    fn_commands,
    fn_receipt_commands,
    marking_commands,
    receipt_commands,
    service_commands,
    shift_commands,
    status_commands,
)
from drivers.simulators.shtrih_m.command import Command

COMMANDS: dict[str, Command] = {
    **status_commands.COMMANDS,
    **service_commands.COMMANDS,
    **shift_commands.COMMANDS,
    **receipt_commands.COMMANDS,
    **fn_commands.COMMANDS,
    **fn_receipt_commands.COMMANDS,
    **correction_commands.COMMANDS,
    **marking_commands.COMMANDS,
}
