"""From a cell of the coverage table to the goals and armed faults that make it happen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.simulation.cells import LAST, Cell
from tests.simulation.goals import Attitude, Goal, GoalMaker
from tests.simulation.shop_plan import PLAIN
from tests.simulation.steps import Step

DEEP = 4
"""A fault of the wire strikes at one of the first so many opportunities inside its step."""
REFUSES = {Step.SEALING: "FF46:33", Step.OPENING: "E0h:33", Step.CLOSING: "41h:33", Step.CASH_MOVE: "50h:33"}
AT_CONNECTION = frozenset({"previous_answer_pending", "clock_off", "fn_swapped", "register_swapped"})
COMPANIONS = {
    "pending_answer_survives_power": ("power_cycle_after_commit",),
    "fn_document_stuck": ("refuses=FF46:33",),
}
WIRE = frozenset({
    "drop_before_frame", "drop_after_ack", "drop_during_execution", "half_answer", "bad_lrc_once", "bad_lrc_always",
    "nak_storm", "ff_noise", "enq_silence", "slow_answer", "power_cycle_before_frame", "power_cycle_after_ack",
    "power_cycle_during_execution", "power_cycle_half_answer",
})  # fmt: skip
MARKS = frozenset({"mark_refused_at_item", "mark_refused_at_seal", "marks_unreachable"})
SHOP_OF_REGISTER = frozenset({"register unplugged", "register's network dead", "register power cycle", "paper out",
                              "cover open"})  # fmt: skip
SHOP_OF_TERMINAL = frozenset({"terminal unplugged", "terminal's network dead", "terminal power cycle"})


@dataclass(slots=True)
class Aim:
    """`preludes` are armed as the goal begins, `armed` when the till enters `strikes_at`; `does` is no simulator's."""

    cell: Cell
    till: str
    strikes_at: Step
    preludes: list[tuple[str, str]] = field(default_factory=list)
    armed: list[tuple[str, str]] = field(default_factory=list)
    reconnects: str = ""
    does: str = ""


def fits(cell: Cell, terminal: str) -> bool:
    """Can a till with this terminal ("" for none) run into the cell?"""
    if cell.device in ("zvt", "confirm"):
        return terminal == cell.device
    if cell.step is Step.CONFIRMING:
        return terminal == "confirm"
    if cell.step in (Step.CARD, Step.GIVING_BACK, Step.REFUNDING) or cell.name in SHOP_OF_TERMINAL:
        return bool(terminal)
    return True


def aimed(cell: Cell, till: str, terminal: str, maker: GoalMaker, rng: random.Random) -> list[Goal]:
    """Goals in a row, the aim on one of them."""
    aim = Aim(cell, till, cell.step)
    _load(aim, terminal, rng)
    goals = _goals(aim, terminal, maker, rng)
    goals[-1 if cell.step is not Step.CLOSING else 0].aim = aim
    if cell.step is Step.CLOSING:
        goals.append(Goal("open"))
    return goals


def is_last(cell: Cell) -> bool:
    return cell.row in LAST


def _load(aim: Aim, terminal: str, rng: random.Random) -> None:
    cell, till = aim.cell, aim.till
    device = {"kkt": f"kkt{till}", "zvt": f"card{till}", "confirm": f"card{till}", "goods": "goods"}.get(cell.device)
    spec = cell.fault.partition(":")[2]
    if device is None:
        aim.does = spec
        if cell.device == "hq":
            aim.strikes_at = Step.SCANNING
        elif cell.step is Step.SYNCING:
            aim.strikes_at = Step.SEALING
    else:
        name, _, value = spec.partition("=")
        if name == "refuses":
            value = REFUSES[cell.step]
        when = f"@{rng.randint(1, DEEP)}" if name in WIRE and cell.device == "kkt" else ""
        aim.armed = [(device, f"{name}{when}{'=' if value else ''}{value}")]
        aim.armed += [(device, other) for other in COMPANIONS.get(name, ())]
        if name in AT_CONNECTION:
            aim.strikes_at, aim.reconnects = Step.SCANNING, device
        if name == "repeat_shows_reversed":
            aim.preludes = [(device, "drop_before_result")]
    if cell.step is Step.RESOLVING and not aim.preludes:
        aim.preludes = [_doubt(cell, till, terminal, rng)]
    if cell.step is Step.GIVING_BACK or (cell.step is Step.MENDING and cell.device != "goods"):
        aim.preludes = [(f"kkt{till}", "fn_exhausted")]
    if cell.step is Step.MENDING and cell.device == "goods":
        aim.preludes = [(f"kkt{till}", "mark_refused_at_seal")]


def _doubt(cell: Cell, till: str, terminal: str, rng: random.Random) -> tuple[str, str]:
    """What brings the till to asking a device what it last did."""
    about_register = cell.device == "kkt" or cell.name in SHOP_OF_REGISTER
    about_terminal = cell.device in ("zvt", "confirm") or cell.name in SHOP_OF_TERMINAL
    if about_register or not terminal or (not about_terminal and rng.random() < 0.5):
        return f"kkt{till}", rng.choice(
            ["drop_after_commit", "power_cycle_after_commit", "power_cycle_during_execution@6"]
        )
    if terminal == "confirm":
        return f"card{till}", rng.choice(["lost_answer_authorise", "lost_before_authorise"])
    return f"card{till}", rng.choice(["drop_before_result", "drop_after_our_ack", "close_before_completion"])


def _goals(aim: Aim, terminal: str, maker: GoalMaker, rng: random.Random) -> list[Goal]:
    cell = aim.cell
    card = "card" if terminal else "cash"
    either = rng.choice([card, "cash"])
    match cell.step:
        case Step.IDLE:
            return [Goal("pause", sum_minor=600)]
        case Step.OPENING:
            return [Goal("close", pause_s=5), Goal("open", pause_s=5)]
        case Step.CLOSING:
            return [Goal("close", pause_s=5)]
        case Step.CASH_MOVE:
            return [Goal(rng.choice(["cash_in", "cash_out"]), sum_minor=rng.choice([10_000, 12_300]))]
        case Step.REFUNDING:
            return [maker.sale(card), Goal("refund", pause_s=5, whole=rng.random() < 0.5, latest=True)]
        case Step.GIVING_BACK:
            return [maker.sale(card, attitude=Attitude.CANCEL)]
        case Step.CARD | Step.CONFIRMING:
            codes = [PLAIN[0]] if cell.name == "power_off_at_pin" else None
            goal = maker.sale(card, codes=codes)
            if cell.name == "approved_after_abort":
                goal.stop_card_s = 0.4
            return [goal]
        case Step.RESOLVING:
            about_terminal = any(device.startswith("card") for device, _ in aim.preludes)
            return [maker.sale(card if about_terminal else either)]
        case Step.MENDING if cell.device == "goods":
            return [maker.sale(either, codes=[PLAIN[1], maker.doll()])]
        case Step.SCANNING if cell.device == "goods" or cell.name == "goods check unplugged":
            return [maker.sale(either, codes=[PLAIN[3], maker.doll()])]
    if cell.name in MARKS:
        attitude = rng.choice([Attitude.DROP, Attitude.PATIENT, Attitude.OWE])
        return [maker.sale(either, codes=[PLAIN[1], maker.doll()], attitude=attitude)]
    means = card if cell.device in ("zvt", "confirm") or cell.name in SHOP_OF_TERMINAL else either
    return [maker.sale(means, attitude=rng.choice([Attitude.PATIENT, Attitude.PATIENT, Attitude.OWE]))]
