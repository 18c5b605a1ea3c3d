"""The keys under each picture of the bench: what a hand can do to a device now, by what its picture shows."""

from __future__ import annotations

import random
from typing import Any

Button = dict[str, str]

PRODUCTS = (
    ("4620014260014", "scan_puzzle"),
    ("4607012330017", "scan_doll_barcode"),
)
"""(barcode, label)"""
DOLL = "04607012330017"
NOTES = (50, 100, 200, 500, 1000, 2000, 5000)
COINS = (1, 2, 5, 10)
FILLS = 50
"""Coins put into the hopper by one press."""
STRANGER = ("4600000000008", "scan_stranger")
SERIAL_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def button(command: str, label_code: str) -> Button:
    """The label is a code of the page's texts (`bench.command.CODE`)."""
    return {"command": command, "label_code": label_code}


def buttons(kind: str, state: dict[str, Any], rng: random.Random) -> list[Button]:
    """For a device of this kind in this state. `rng` makes the serial numbers of marked goods."""
    plug = button("unplug", "unplug") if state.get("plugged", True) else button("plug", "plug")
    power = button("power off", "power_off") if state.get("power", True) else button("power on", "power_on")
    if not state.get("power", True):
        return [power]
    match kind:
        case "register":
            return [*_register(state), plug, power]
        case "terminal":
            return [*_terminal(state), plug, power]
        case "scanner":
            return [*_scanner(rng), plug, power]
        case "validator":
            return [*_validator(state), plug, power]
        case "coins":
            return [*_coins(state), plug, power]
        case "access_point":
            return [button("leave", "phone_leaves") if state.get("joined") else button("join", "phone_joins"), power]
        case _:
            return [plug, power]


def agent_buttons(*, power: bool, cable: bool) -> list[Button]:
    return [
        button("power off", "power_off") if power else button("power on", "power_on"),
        button("cable out", "cable_out") if cable else button("cable in", "cable_in"),
    ]


def sensor_buttons(*, power: bool) -> list[Button]:
    """A sensor's program is killed and started again, and no till notices."""
    return [button("power off", "power_off") if power else button("power on", "power_on")]


def _register(state: dict[str, Any]) -> list[Button]:
    paper = state.get("paper", True)
    cover = state.get("cover_open", False)
    return [
        button("paper out", "paper_out") if paper else button("paper in", "paper_in"),
        button("cover close", "cover_close") if cover else button("cover open", "cover_open"),
    ]


def _terminal(state: dict[str, Any]) -> list[Button]:
    by_itself = state.get("card_auto_s") is not None
    return [
        button("present card", "present_card"),
        button("card manual", "hold_card") if by_itself else button("card auto", "auto_card"),
    ]


def _validator(state: dict[str, Any]) -> list[Button]:
    """What a shopper and an encashment have in hand. A jam is cleared where there is one."""
    box = state.get("cassette_in_place", True)
    return [
        *(button(f"insert {value}", f"note_{value}") for value in NOTES),
        button("insert unknown", "note_foreign"),
        button("insert suspect", "note_damaged"),
        button("cassette out", "cassette_out") if box else button("cassette in", "cassette_in"),
        button("clear", "clear_jam") if state.get("trouble") else button("jam", "jam"),
    ]


def _coins(state: dict[str, Any]) -> list[Button]:
    return [
        *(button(f"insert {value}", f"coin_{value}") for value in COINS),
        button("insert slug", "coin_slug"),
        button(f"fill 10 {FILLS}", "hopper_fill"),
        button("empty", "hopper_empty"),
        button("clear", "clear_jam") if state.get("trouble") else button("jam hopper", "hopper_jam"),
    ]


def _scanner(rng: random.Random) -> list[Button]:
    """A marked item is one item: each offered doll has a serial number of its own."""
    found = [button(f"scan {_marked(_serial('', rng), rng)}", "scan_doll")]
    found += [button(f"scan {code}", label) for code, label in PRODUCTS]
    found.append(button(f"scan {_marked(_serial('BLOCK', rng), rng)}", "scan_doll_blocked"))
    found.append(button(f"scan {STRANGER[0]}", STRANGER[1]))
    return found


def _serial(begins: str, rng: random.Random) -> str:
    return begins + "".join(rng.choices(SERIAL_LETTERS, k=13 - len(begins)))


def _marked(serial: str, rng: random.Random) -> str:
    """GTIN, serial number of 13, separator, the check of 4 characters: the shape of a toy's code."""
    return f"01{DOLL}21{serial}<GS>93{''.join(rng.choices(SERIAL_LETTERS, k=4))}"
