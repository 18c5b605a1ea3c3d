"""The business day of a shift: the day it was opened, whatever the clock says when a sale of it is closed."""

from __future__ import annotations

import datetime as dt

LATELY = dt.timedelta(days=2)
"""No register keeps a shift open for longer than a day: a document further away was dated by a wrong clock."""


def day_opened(opened_at: str, local: dt.datetime) -> str:
    """By the shift's opening document where that was lately, else by the shop's clock `local`; such as 2026-11-21."""
    opened = dt.datetime.fromisoformat(opened_at) if opened_at else local
    return (opened if abs(local - opened) < LATELY else local).date().isoformat()
