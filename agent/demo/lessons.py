"""The troubles a newcomer plays on the bench, and the fault each of them arms. Their words are the page's texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.demo.shop_plan import HALL

STEPS = 4


@dataclass(frozen=True, slots=True)
class Lesson:
    """`place` is whose devices the bench shows for it; `fault` (NAME[=VALUE]) is what its first step arms."""

    id: str
    place: str
    device: str = ""
    fault: str = ""


LESSONS = (
    Lesson("card_lost", "till-1", "terminal-1", "power_off_after_booking"),
    Lesson("paper_out", "till-1", "register-1", "paper_out_after_commit"),
    Lesson("mark_refused", "till-1", "register-1", "mark_refused_at_seal"),
    Lesson("power_cut", "till-1"),
    Lesson("hq_away", "till-1"),
    Lesson("register_unplugged", "till-1"),
    Lesson("confirm_lost", "till-2", "terminal-2", "lost_answer_commit"),
    Lesson("cash_change", "kiosk-1"),
    Lesson("note_lost", "kiosk-1", "validator-1", "power_cut=stacking"),
    Lesson("hopper_empty", "kiosk-1"),
    Lesson("guest", HALL),
    Lesson("agree", HALL),
)


def lessons() -> list[dict[str, Any]]:
    return [
        {
            "id": lesson.id,
            "place": lesson.place,
            "steps": [f"lessons.{lesson.id}.{step}" for step in range(1, STEPS + 1)],
            **({"device": lesson.device, "fault": lesson.fault} if lesson.fault else {}),
        }
        for lesson in LESSONS
    ]


def taught(device: str) -> list[str]:
    """The faults of a device that a lesson asks for: they stand first in its list."""
    return [lesson.fault.partition("=")[0] for lesson in LESSONS if lesson.device == device]
