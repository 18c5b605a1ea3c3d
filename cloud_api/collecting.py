"""How often the program looks for garbage: HQ makes thousands of rows a batch, and none of them refers to itself."""

from __future__ import annotations

import gc

YOUNG = 20_000
"""Objects after which the young ones are looked through: about those of one batch, which are gone by themselves then.
Python's 700 would have it look at the rows of every batch under way several times over."""
YOUNG_BEFORE_OLDER, OLDER_BEFORE_ALL = 50, 100


def settle() -> None:
    """Once, when everything has started: what was made till now stays, and is not walked through again."""
    gc.freeze()
    gc.set_threshold(YOUNG, YOUNG_BEFORE_OLDER, OLDER_BEFORE_ALL)
