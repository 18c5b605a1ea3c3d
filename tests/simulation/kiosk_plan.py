"""The simulated kiosk: a register in automatic mode, a card terminal, a note validator, coins in and a hopper."""

from __future__ import annotations

from dataclasses import replace

from agent.settings import DeviceSettings, KioskConfig, Settings
from drivers.catalogue import driver
from tests.simulation.shop_plan import simulated_settings

KIOSK = "k1"
NOTES, COINS, REGISTER, TERMINAL = "cash1", "coins1", "kkt1", "card1"
TOLD: dict[str, dict[str, int | str | bool]] = {
    NOTES: {},
    COINS: {"coin_unit_minor": 100, "hopper_address": 3, "hopper_coin_minor": 1000},
}
MECHANICS = frozenset(TOLD)
"""Notes and coins move through devices; the others of this shop answer at once."""
MACHINE = "K-0001"


def kiosk_settings(notes: str = "ccnet", change: tuple[str, ...] = ("pay_out",), *, hq: bool = False) -> Settings:
    """One kiosk and no till: what it takes is judged alone. `notes`: the driver of its validator; "ssp" has a recycler,
    and no hopper on its wire."""
    shop = simulated_settings(("zvt",), 60.0, hq)
    devices = dict(shop.devices)
    for id, kind in ((NOTES, notes), (COINS, "cctalk")):
        devices[id] = DeviceSettings(id, id, driver(kind), "tcp://127.0.0.1:1", TOLD[id])
    kiosk = KioskConfig(
        KIOSK, "Kiosk", REGISTER, (TERMINAL,), (NOTES, COINS), "", "goods", machine=MACHINE, change=change
    )
    return replace(shop, tills=(), devices=devices, kiosks=(kiosk,))
