"""The running agent's answers once they are settled: a device or sensor whose connection has only begun is waited for.

Whoever starts a shop anew looks at it at once. A sensor's program comes back by itself within seconds of its agent, a
device is asked for the first time; "needs attention" would be true for a moment and wrong when it is read.
"""

from __future__ import annotations

from typing import Any

import anyio

from agent.checkup.agent_answers import ask_agent
from agent.checkup.visitor_answers import NoDay, agents_url, ask_visitors
from agent.complaint import complain
from agent.settings import Settings
from agent.visitors.view import VisitorsView

SETTLES_MS = 20_000
"""A sensor's program knocks again after 15 s at the latest, and its first pulse follows within 5."""
AGAIN_S = 0.5
MOST_TRIES = 50
"""Should something begin again and again, or a clock be set meanwhile: longer than anything takes to settle."""
BEGINNING = ("sensor_starting", "sensor_away")
Answers = tuple[dict[str, Any] | None, VisitorsView | NoDay | None]


class Waiting:
    ru = "Что-то только что запустилось: ждём до 20 с, пока ответит."
    en = "Something has only just started: waiting up to 20 s for its answer."


async def settled_answers(settings: Settings) -> Answers:
    """The agent's status, None when it does not answer; and of its visitors, None in a shop that has no sensors."""
    answers = await _ask(settings)
    if beginning(*answers):
        complain(Waiting())
        for _ in range(MOST_TRIES):
            await anyio.sleep(AGAIN_S)
            answers = await _ask(settings)
            if not beginning(*answers):
                break
    return answers


def beginning(status: dict[str, Any] | None, visitors: VisitorsView | NoDay | None) -> bool:
    """Has something begun so lately that what is said of it may be another thing in a moment?"""
    if status is None:
        return False
    devices = status.get("devices", [])
    since = [one["since_ms"] for one in devices if (one.get("note") or {}).get("code") == "never_asked"]
    if isinstance(visitors, VisitorsView):
        since += [one.since_ms for one in visitors.sensors if one.code in BEGINNING]
        if not visitors.sensors:
            since.append(status.get("began_ms", 0))
    return any(0 <= status.get("now_ms", 0) - at_ms < SETTLES_MS for at_ms in since)


async def _ask(settings: Settings) -> Answers:
    status = await ask_agent(settings)
    if status is None or settings.visitors is None:
        return status, None
    return status, await ask_visitors(agents_url(settings))
