"""One day that ends: a day that goes round without virtual time passing is named instead of waited for."""

from __future__ import annotations

import signal

from tests.simulation.day import Day, run_day

HASH_SEED = "0"
DAY_WITHIN_S = 200  # of the processor's time, whatever else the machine does: a day takes some five, nothing waits


def replay(seed: int) -> str:
    """The command that runs a day again."""
    return f"PYTHONHASHSEED={HASH_SEED} python -m tests.simulation --day {seed} -v"


class Endless(BaseException):
    """Not an Exception: the agent's supervisor in the day would take it for a crash of the agent."""


def ending_day(seed: int) -> Day:
    """The day, or a RuntimeError that names it when it does not end."""
    late = False

    def too_long(signal_number: int, frame: object) -> None:
        nonlocal late
        late = True
        raise Endless

    signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, DAY_WITHIN_S)
    try:
        return run_day(seed)
    except BaseException as error:  # trio wraps what was raised in a task
        if late:
            raise RuntimeError(f"day {seed} does not end; replay: {replay(seed)}") from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
