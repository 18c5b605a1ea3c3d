"""What a supervisor does at a till of a restored box, and what nobody may do there before."""

from __future__ import annotations

from agent.restore.restore_desk import NotNow
from agent.till.people import Cashier
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Note

ACTS = frozenset({"restore_confirm", "restore_open"})
ALLOWED = ACTS | {"open_drawer", "copy"}
"""What makes no document and moves no money; signing in and out, too, which is looked at before."""


def refuse_while_held_back(till: Till, act: str) -> None:
    """Raises TradeRefused for whatever sells, pays or counts before the register was matched."""
    if act not in ALLOWED and is_held_back(till):
        raise TradeRefused("restore_first")


def is_held_back(till: Till) -> bool:
    return till.restore is not None and till.restore.holds_back(till.settings.id)


def halted(till: Till) -> Note | None:
    """Why this place takes no money, whoever stands before it."""
    return till.stopped or (Note("restore_first") if is_held_back(till) else None)


def place_shown(till: Till) -> str:
    """Whose register the page is about: the till's own, then a kiosk's that could not confirm itself; "" for none."""
    desk, own = till.restore, till.settings.id
    if desk is None or desk.holds_back(own) or desk.stands(own):
        return own if desk is not None else ""
    return next((kiosk for kiosk in desk.unattended() if kiosk in desk.looks), "")


async def restore_act(till: Till, act: str, cashier: Cashier) -> None:
    """Confirms the place whose findings the page shows (a kiosk's after the till's own: each is read by somebody), or
    opens this till. Raises TradeRefused."""
    desk = till.restore
    if desk is None or desk.state is None:
        raise TradeRefused("malformed", do=act)
    if not cashier.supervisor:
        raise TradeRefused("no_privilege")
    try:
        if act == "restore_confirm":
            await desk.confirm(place_shown(till) or till.settings.id, cashier.id)
        else:
            await desk.open(till.settings.id, cashier.id)
    except NotNow as not_now:
        raise TradeRefused(not_now.code) from not_now
