"""What HQ's commands say at a terminal, in both languages, and with which code they end."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from cloud_api.settings import BadSettings
from cloud_api.storage.storage import NewerStorage, StorageBusy

Said = list[tuple[str, str]]
"""Sentences, Russian and English."""


def run_command(
    work: Callable[[], Awaitable[Said]], refusals: Mapping[type[Exception], Callable[[Any], tuple[str, str]]]
) -> int:
    """0 when it was done, 2 when it was not. `refusals`: how each refusal of this command reads."""
    complain = functools.partial(print, file=sys.stderr)
    try:
        for ru, en in anyio.run(work):
            print(ru)
            print(en)
    except BadSettings as wrong:
        for mistake in wrong.mistakes:
            complain(f"{mistake.ru}. Ничего не сделано.\n{mistake.en}. Nothing was done.")
        return 2
    except tuple(refusals) as refused:
        words = next(words for kind, words in refusals.items() if isinstance(refused, kind))
        complain("\n".join(words(refused)))
        return 2
    except (NewerStorage, StorageBusy, OSError) as trouble:
        complain(
            f"Сделано не до конца: {trouble}. Данные целы. Устраните причину и повторите: сделанное не повторится.\n"
            f"It was not done to the end: {trouble}. The data are safe. Mend the cause and do it again: what was done"
            " is not done twice."
        )
        return 2
    return 0
