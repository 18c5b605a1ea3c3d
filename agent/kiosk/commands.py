"""The way into a kiosk: each act is a command with a client id and the revision it was made for, carried out once."""

from __future__ import annotations

from agent.kiosk.acts import KioskActs
from agent.kiosk.kiosk import Kiosk
from agent.kiosk.slip_sending import SlipSending
from agent.kiosk.staff_acts import STAFF_ACTS, StaffActs
from agent.kiosk.view import KioskCommand
from agent.stock.reservations import Reservations
from agent.till.trade import TradeRefused, law_note
from agent.view import Note
from fiscal.refused import LawRefused
from sync.store.failures import DiskFull, JournalRefused

BOUND = frozenset({"quantity", "remove", "pay", "checkout", "finish", "leave"})
"""Acts that are about what the page showed. Notes fall and clocks run meanwhile: others go on regardless."""
REMEMBERED = 200


class KioskCommands:
    """One at a time for each kiosk; the kiosk's own loop decides under the same lock."""

    def __init__(self, kiosk: Kiosk, reservations: Reservations, slips: SlipSending) -> None:
        self.kiosk = kiosk
        self._acts = KioskActs(kiosk, reservations, slips)
        self._staff = StaffActs(kiosk)
        self._answered: dict[str, bool] = {}

    async def carry_out(self, command: KioskCommand) -> Note | None:
        """None: done, now or by an earlier command of this id. A Note: why nothing changed."""
        kiosk, till = self.kiosk, self.kiosk.till
        await kiosk.resumed.wait()
        async with kiosk.turn:
            if command.id in self._answered or till.store.command(command.id) is not None:
                return None
            refused = await self._tried(command)
            if refused is None:
                self._answered[command.id] = True
                while len(self._answered) > REMEMBERED:
                    self._answered.pop(next(iter(self._answered)))
            till.said = refused
            if command.do != "touch" or refused is not None:
                till.changed()
            kiosk.stir()
            return refused

    async def _tried(self, command: KioskCommand) -> Note | None:
        till = self.kiosk.till
        try:
            if command.do in BOUND and command.revision != till.revision:
                raise TradeRefused("stale_revision")
            till.look_for_room()
            if command.do in STAFF_ACTS:
                await self._staff.do(command)
            else:
                await self._acts.do(command)
        except TradeRefused as refused:
            return refused.note
        except LawRefused as refused:
            return law_note(refused)
        except (DiskFull, JournalRefused):
            till.settle(True)
            return Note("disk_full")
        return None

    async def scanned(self, data: bytes) -> None:
        """From the kiosk's own scanner."""
        await self.carry_out(KioskCommand(self.kiosk.till.new_id(), 0, "scan", {"code": data.decode("latin-1")}))
