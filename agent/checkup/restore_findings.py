"""What is left to do in a machine that took a dead one's place: HQ's answer, and a person's word at each till."""

from __future__ import annotations

from collections.abc import Iterable

from agent.checkup.finding import Finding, attention
from sync.store.looking import Look
from sync.store.restored import restore_state, till_restored

SAFE = ("Копия на месте, ничего не пропадёт.", "The backup is in place, nothing is lost.")


def restore_findings(look: Look | None, places: Iterable[str]) -> list[Finding]:
    """`places`: tills and kiosks by their ids. Nothing is said of a directory that was never restored, or is done."""
    state = None if look is None or look.schema > look.known else restore_state(look.reading)
    if look is None or state is None:
        return []
    found = []
    if not state.finished:
        what = (
            "машину заменили: офис ещё не вернул того, что у него есть.",
            "the machine was replaced: HQ has not given back all it has.",
        )
        do = ("Запустите агента и проверьте связь с офисом.", "Run the agent and see to the way to HQ.")
        found.append(attention("restore", what, do, SAFE))
    waiting = [place for place in places if not till_restored(look.reading, place).confirmed_ms]
    if waiting:
        names = ", ".join(waiting)
        what = (
            f"машину заменили: чеки не сверены с ККТ (кассы: {names}).",
            f"the machine was replaced: receipts are not matched with the register (tills: {names}).",
        )
        do = (
            "Старший смены подтверждает сверку на экране кассы.",
            "A supervisor confirms the match on the till's screen.",
        )
        found.append(attention("restore", what, do, SAFE))
    return found
