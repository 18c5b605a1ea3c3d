"""The SMART Hopper at address 10h: coins of 1, 2, 5 and 10 roubles, given but not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.simulators.cash_box import CashBox
from drivers.simulators.ssp.housing import Housing
from drivers.simulators.ssp.payer import SWITCHED_OFF, Payer
from drivers.simulators.ssp.reports import CURRENCY, Event, Report
from drivers.simulators.ssp.unit import OUT_OF_RANGE, Handler, Refusal, Unit, of_length

COINS = (100, 200, 500, 1000)
COIN_S = 0.25  # a SMART Hopper gives about four to twelve coins a second
UNIT_TYPE = 0x03


class Hopper(Unit):
    """It pays only while it is enabled (0A)."""

    smart = True
    firmware = "0620"
    newest_version = 7

    def __init__(self, housing: Housing, kept: Mapping[str, Any], *, serial: int) -> None:
        super().__init__(housing, kept, name="hopper", address=0x10, serial=serial)
        self.box = CashBox(housing.ledger, self.name, kept.get("box"))
        self._options = 0
        self.payer = Payer(
            housing,
            kept.get("payer", {}),
            box=self.box,
            reports=self.reports,
            values=COINS,
            routes={},
            piece_s=COIN_S,
            why_not=lambda: None if self.enabled and self.ready else SWITCHED_OFF,
            reports_power_up_piece=False,
        )
        self.payer.version = lambda: self.version
        self.payer.begun = self.after_reply.append

    def state(self) -> dict[str, Any]:
        return {**super().state(), "box": self.box.state(), "payer": self.payer.state()}

    def power_lost(self) -> None:
        super().power_lost()
        self.payer.power_lost()
        self._options = 0

    @property
    def able(self) -> bool:
        return not self.payer.jammed

    def found_at_power_up(self) -> None:
        self.payer.found_at_power_up()

    def polled(self) -> None:
        """Nothing waits for a poll here."""

    def standing(self) -> list[Report]:
        return self.payer.standing() + ([Report(Event.SAFE_JAM)] if self.payer.jammed else [])

    def after_poll(self, told: list[Report]) -> None:
        """No note, no escrow."""

    def acknowledged(self, done: list[Report]) -> None:
        """No credit to tell again."""

    def commands(self) -> dict[int, Handler]:
        return {
            **super().commands(),
            **self.payer.commands(),
            0x40: self._coin_inhibit,
            0x4F: lambda params: bytes([UNIT_TYPE]) + (1).to_bytes(2, "little"),
            0x50: self._set_options,
            0x51: lambda params: self._options.to_bytes(2, "little"),
        }

    def setup(self) -> bytes:
        answer = bytes([UNIT_TYPE]) + self.firmware.encode() + CURRENCY.encode()
        answer += bytes([self.version, len(COINS)])
        answer += b"".join(coin.to_bytes(2, "little") for coin in COINS)
        return answer + (CURRENCY.encode() * len(COINS) if self.version >= 6 else b"")

    def _coin_inhibit(self, params: bytes) -> bytes:
        """Taken and without effect: no coin mechanism is attached."""
        of_length(params, 6 if self.version >= 6 else 3)
        if int.from_bytes(params[1:3], "little") not in COINS:
            raise Refusal(OUT_OF_RANGE)
        return b""

    def _set_options(self, params: bytes) -> bytes:
        of_length(params, 2)
        self._options = int.from_bytes(params, "little")
        return b""
