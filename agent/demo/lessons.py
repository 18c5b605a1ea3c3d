"""The troubles a newcomer plays on the bench, and the fault each of them arms. Their words are the page's texts."""

from __future__ import annotations

from typing import Any

STEPS = 4
LESSONS: tuple[tuple[str, str, str], ...] = (
    ("card_lost", "terminal-1", "power_off_after_booking"),
    ("paper_out", "register-1", "paper_out_after_commit"),
    ("mark_refused", "register-1", "mark_refused_at_seal"),
    ("power_cut", "", ""),
    ("hq_away", "", ""),
    ("register_unplugged", "", ""),
    ("confirm_lost", "terminal-2", "lost_answer_commit"),
)
"""(lesson, device, fault)"""


def lessons() -> list[dict[str, Any]]:
    return [
        {
            "id": id,
            "steps": [f"lessons.{id}.{step}" for step in range(1, STEPS + 1)],
            **({"device": device, "fault": fault} if fault else {}),
        }
        for id, device, fault in LESSONS
    ]


def taught(device: str) -> list[str]:
    """The faults of a device that a lesson asks for: they stand first in its list."""
    return [fault for _, where, fault in LESSONS if where == device]
