"""The way into a till: each act of a person is a command with a client id and the revision it was made for.

A command is carried out once: it is refused by name or makes something durable, and the same id does nothing more.
"""

from __future__ import annotations

import anyio

from agent.till.till import Till
from agent.till.till_acts import TillActs
from agent.till.trade import TradeRefused, law_note
from agent.view import Command, Note
from fiscal.refused import LawRefused
from sync.store.failures import DiskFull, JournalRefused

COMMUTES = frozenset({"scan", "add", "select", "call_supervisor", "language", "stop_card", "new_sale", "guest_wrong"})
"""Commands that do not hang on what the page showed: a fast scanner must not wait for the screen."""
REMEMBERED = 200
"""Ids of commands that left nothing durable; a page repeats within seconds."""


class Commands:
    """One at a time for each till."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self._acts = TillActs(till)
        self._answered: dict[str, bool] = {}
        self._turn = anyio.Lock()

    async def carry_out(self, command: Command) -> Note | None:
        """None: done, now or by an earlier command of this id. A Note: why nothing changed."""
        till = self.till
        async with self._turn:
            if command.id in self._answered or till.store.command(command.id) is not None:
                return None
            before = till.revision
            try:
                if command.revision != till.revision and command.do not in COMMUTES:
                    raise TradeRefused("stale_revision")
                till.said = None
                till.look_for_room()
                await self._acts.do(command)
            except TradeRefused as refused:
                till.said = refused.note
            except LawRefused as refused:
                till.said = law_note(refused)
            except (DiskFull, JournalRefused):
                till.settle(True)
                till.said = Note("disk_full")
            else:
                self._answered[command.id] = True
                while len(self._answered) > REMEMBERED:
                    self._answered.pop(next(iter(self._answered)))
                # One command is one step: a key pressed while its second half arrives is not made for another state.
                if till.revision == before:
                    till.changed()
                else:
                    till.changed_if_shown()
                return None
            till.changed()
            return till.said

    async def scanned(self, data: bytes) -> None:
        """From the till's own scanner: like a scan on the page, at once and without a revision."""
        await self.carry_out(Command(self.till.new_id(), 0, "scan", {"code": data.decode("latin-1")}))
