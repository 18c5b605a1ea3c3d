"""What people do to the simulated SSP device, in words, and what one sees when looking at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivers.simulators.cash_box import Place
from drivers.simulators.ssp.faults import COMMANDS
from drivers.simulators.ssp.hopper import COINS
from drivers.simulators.ssp.reports import Event
from drivers.simulators.ssp.validator import CHANNELS, DOUBTS, MODELS

if TYPE_CHECKING:
    from drivers.simulators.ssp.device import SspSimulator


def carry_out(device: SspSimulator, order: str) -> str:
    """One command; returns what it did. Raises ValueError with a sentence for one that is not known."""
    match order.split():
        case ["insert", ("forgery" | "unknown") as what]:
            return _insert(device, what, 0, DOUBTS[what], 1)
        case ["insert", value, *times] if _minor(value) and (not times or _times(times)):
            return _insert(device, value, _minor(value), 0, _times(times) or 1)
        case ["fill", value, count] if _minor(value) in CHANNELS + COINS and count.isdecimal():
            payer = device.validator.payer if _minor(value) in CHANNELS else device.hopper.payer
            payer.fill(_minor(value), int(count))
            return f"{count} pieces of {value} filled in"
        case ["empty", *which] if which in ([], ["validator"], ["hopper"]):
            payers = {"validator": device.validator.payer, "hopper": device.hopper.payer}
            chosen = which or list(payers)
            return f"taken out: {sum(payers[name].empty_by_hand() for name in chosen) // 100}"
        case ["model", model] if model in MODELS:
            device.cut_power()
            device.validator.set_model(model)
            device.save()
            device.give_power()
            return f"a {model} stands at address 0"
        case ["hopper", ("on" | "off") as state]:
            device.hopper_on = state == "on"
            device.save()
            return f"the hopper is {state} the wire"
        case ["fault", *spec] if spec:
            device.faults.arm(" ".join(spec))
            return f"armed: {' '.join(spec)}"
        case _:
            return _hands(device, order)


def _hands(device: SspSimulator, order: str) -> str:
    validator = device.validator
    match order:
        case "pull":
            return "the note came out" if validator.path.pull() else "there is nothing to pull"
        case "cassette out":
            if not validator.box.cassette_in_place:
                return "the cassette is out already"
            validator.box.take_cassette()
            validator.full = False
            device.save()
            return "the cassette is out"
        case "cassette in":
            if validator.box.cassette_in_place:
                return "a cassette is in already"
            validator.box.put_cassette()
            if device.powered:
                validator.reports.post(Event.CASHBOX_REPLACED)
            validator.path.cassette_back()
            device.save()
            return "an empty cassette is in"
        case "jam" | "jam inside":
            validator.path.jam_here("unsafe" if order == "jam" else "inside")
            return "the note path is blocked"
        case "jam payout" | "jam hopper":
            payer = validator.payer if order == "jam payout" else device.hopper.payer
            payer.block()
            return "the store is blocked"
        case "clear":
            if validator.path.jam:
                validator.path.clear(moves=validator.answering)
            for payer in (validator.payer, device.hopper.payer):
                payer.clear()
            return "everything is free"
        case "full":
            validator.full = True
            device.save()
            return "the cassette is full"
        case "cheat":
            cheat(device)
            return "somebody fished for a note"
        case "power off":
            if device.powered:
                device.cut_power()
            return "the power is off"
        case "power on":
            device.give_power()
            return "the power is on"
        case _:
            raise ValueError(f"unknown command {order!r}; known: {', '.join(COMMANDS)}")


def cheat(device: SspSimulator) -> None:
    """Told by a unit that has power."""
    validator = device.validator
    if device.powered:
        value = CHANNELS[validator.path.channel - 1] if validator.path.channel else 0
        validator.reports.post(Event.FRAUD, channel=validator.path.channel, value_minor=value)
        device.save()


def _insert(device: SspSimulator, what: str, value_minor: int, doubt: int, times: int) -> str:
    validator = device.validator
    shut = "there is no power" if not device.powered else validator.why_shut()
    if shut:
        return f"refused at the mouth: {shut}"
    validator.waiting.extend([(value_minor, doubt)] * (times - 1))
    validator.path.enter(value_minor, doubt)
    return f"{what} entered" + (f", {times - 1} more in the hand" if times > 1 else "")


def _minor(text: str) -> int:
    """Whole roubles in kopecks; 0 for what is no number."""
    return int(text) * 100 if text.isdecimal() else 0


def _times(words: list[str]) -> int:
    """xN: N. 0 for anything else."""
    return int(words[0][1:]) if len(words) == 1 and words[0][:1] == "x" and words[0][1:].isdecimal() else 0


def picture(device: SspSimulator) -> dict[str, Any]:
    """Power, state, cassette, levels and faults, for a drawing."""
    validator, hopper = device.validator, device.hopper
    in_escrow = validator.box.place is Place.ESCROW and validator.box.moving is not None
    return {
        "device": device.NAME,
        "power": device.powered,
        "model": validator.model,
        "state": state_word(device),
        "enabled": validator.enabled,
        "inhibits": f"{validator.inhibits:04X}",
        "cassette": {
            "in_place": validator.box.cassette_in_place,
            "pieces": len(validator.box.cassette),
            "sum_minor": validator.box.sum_minor,
            "full": validator.full,
        },
        "escrow_minor": validator.box.moving.value_minor if in_escrow and validator.box.moving else None,
        "waiting": len(validator.waiting),
        "counters": dict(validator.path.counters),
        "levels": {str(value): count for value, count in validator.payer.counts.items()},
        "hopper": {
            "on": device.hopper_on,
            "enabled": hopper.enabled,
            "state": "jammed" if hopper.payer.jammed else "paying" if hopper.payer.movement else "idle",
            "levels": {str(value): count for value, count in hopper.payer.counts.items()},
        },
        "faults": device.faults.armed(),
    }


def state_word(device: SspSimulator) -> str:
    validator = device.validator
    if not device.powered:
        return "off"
    if not validator.answering:
        return "starting"
    if validator.path.jam:
        return f"jam {validator.path.jam}"
    if validator.payer.movement is not None:
        return "paying" if validator.payer.movement.kind == "pay" else "emptying"
    if validator.path.stretch.value != "idle":
        return validator.path.stretch.value
    return "accepting" if not validator.why_shut() else "closed"
