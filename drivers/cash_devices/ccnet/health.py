"""What a validator complains of, told once when it begins and once when it is over."""

from __future__ import annotations

from drivers.cash_devices.ccnet.states import POWER_UPS, Code, State, notice_text, trouble_text
from drivers.cash_devices.contract import CassetteBack, CassetteOut, Noticed, Trouble, Well
from drivers.wire.dialogue import Dialogue, Tell

NO_WORD_ON_HEALTH = frozenset({*POWER_UPS, Code.INITIALIZE, Code.BUSY, Code.CASSETTE_OUT, Code.CHEATED})
"""States from which nobody learns whether a trouble is over."""


class Health:
    """`trouble` is the code told last and not over, "" while all is well."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._noticed = ""
        self._lasts_in: frozenset[int] = frozenset()  # states that are the trouble themselves, by lasting too long
        self.trouble = ""
        self.cassette_out = False

    def see(self, state: State, *, inside: bool) -> Dialogue[None]:
        """Tell what this state begins or ends. `inside`: a piece is past return."""
        if state.code == Code.CASSETTE_OUT and not self.cassette_out:
            self.cassette_out = True
            yield Tell(CassetteOut(self._unit))
        elif self.cassette_out and state.code not in (Code.CASSETTE_OUT, Code.BUSY):
            self.cassette_out = False
            yield Tell(CassetteBack(self._unit))
        notice = notice_text(state)
        if notice and notice != self._noticed:
            yield Tell(Noticed(self._unit, notice))
        self._noticed = notice
        code = trouble_text(state)
        if code:
            yield from self.complain(code, inside=inside or state.code == Code.JAM_IN_CASSETTE)
        elif self.trouble and state.code not in NO_WORD_ON_HEALTH | self._lasts_in:
            yield from self.recover()

    def complain(self, code: str, *, inside: bool = False, lasts_in: frozenset[int] = frozenset()) -> Dialogue[None]:
        """`lasts_in`: the states that must end for the trouble to be over, where what is wrong is that they last."""
        self._lasts_in = lasts_in
        if code != self.trouble:
            self.trouble = code
            yield Tell(Trouble(self._unit, code, inside))

    def recover(self) -> Dialogue[None]:
        if self.trouble:
            self.trouble, self._lasts_in = "", frozenset()
            yield Tell(Well(self._unit))
