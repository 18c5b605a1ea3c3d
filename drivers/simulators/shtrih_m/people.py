"""What people do to a register: paper, cover, drawer, the way to the OFD, the clock, a service engineer's swap."""

from __future__ import annotations

import re
from collections.abc import Callable

from drivers.simulators.shtrih_m.machine import Machine

COMMANDS = {
    "paper out": "takes the paper roll out",
    "paper in": "puts a new roll in",
    "cover open": "opens the cover",
    "cover close": "closes the cover",
    "drawer close": "pushes the cash drawer shut",
    "ofd away": "cuts the way to the OFD: unsent documents gather",
    "ofd back": "gives the way back: they are sent",
    "fn swap": "a service engineer puts another fiscal memory in",
    "register swap": "another register is put in this one's place",
    "clock +N minutes": "moves the register's own clock (or clock -N minutes)",
    "shift +N hours": "makes the open shift N hours older",
    "power off": "cuts the power",
    "power on": "gives it back",
    "fault NAME[@N[xK]][=VALUE]": "arms a fault",
}
_CLOCK = re.compile(r"clock ([+-]\d+) minutes?$")
_SHIFT = re.compile(r"shift \+(\d+) hours?$")


def carry_out_order(machine: Machine, order: str) -> str:
    """Raises ValueError with a sentence for an unknown order."""
    machine.advance()
    clock, shift = _CLOCK.match(order), _SHIFT.match(order)
    if clock:
        machine.image.rtc_ahead_s += int(clock[1]) * 60
        said = f"the register's clock says {machine.wall():%d.%m.%Y %H:%M}"
    elif shift:
        machine.age_shift(int(shift[1]))
        said = f"the shift is {shift[1]} hours older"
    elif order in _ACTS:
        said = _ACTS[order](machine)
    else:
        raise ValueError(f"unknown command {order!r}; known: {', '.join(COMMANDS)}")
    machine.advance()
    machine.save()
    return said


def _paper_out(machine: Machine) -> str:
    machine.printer.set_condition(paper=False)
    return "no paper"


def _paper_in(machine: Machine) -> str:
    machine.printer.set_condition(paper=True)
    return "paper is in"


def _cover_open(machine: Machine) -> str:
    machine.printer.set_condition(cover_open=True)
    return "the cover is open"


def _cover_close(machine: Machine) -> str:
    machine.printer.set_condition(cover_open=False)
    return "the cover is closed"


def _drawer_close(machine: Machine) -> str:
    machine.image.drawer_open = False
    return "the drawer is closed"


def _ofd_away(machine: Machine) -> str:
    machine.set_ofd(away=True)
    return "the OFD cannot be reached"


def _ofd_back(machine: Machine) -> str:
    machine.set_ofd(away=False)
    return "the OFD can be reached"


def _fn_swap(machine: Machine) -> str:
    machine.swap(whole=False)
    return f"fiscal memory {machine.image.identity.fn} is inside"


def _register_swap(machine: Machine) -> str:
    machine.swap(whole=True)
    return f"register {machine.image.identity.serial} stands here"


_ACTS: dict[str, Callable[[Machine], str]] = {
    "paper out": _paper_out,
    "paper in": _paper_in,
    "cover open": _cover_open,
    "cover close": _cover_close,
    "drawer close": _drawer_close,
    "ofd away": _ofd_away,
    "ofd back": _ofd_back,
    "fn swap": _fn_swap,
    "register swap": _register_swap,
}
