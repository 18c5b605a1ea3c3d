"""The further shops of a chain: each with a till, a register, a terminal, and what hears its guests' phones.

`tillkeeper demo --stores 5` opens the demo's own shop and the first four of these. Nobody stands at their tills: a
simulated cashier sells there (trader.py), and simulated guests walk in and out (walkers.py).
"""

from __future__ import annotations

from agent.demo.shop_plan import HALL, ROUBLES, Places, PlannedDevice, PlannedShop

PLACES_OF_SHOPS = (
    ("samara", "Самара, Ленинградская", "443010, г. Самара, ул. Ленинградская, д. 40"),
    ("ufa", "Уфа, Пархоменко", "450005, г. Уфа, ул. Пархоменко, д. 12"),
    ("perm", "Пермь, Комсомольский", "614000, г. Пермь, Комсомольский проспект, д. 8"),
    ("izhevsk", "Ижевск, Пушкинская", "426008, г. Ижевск, ул. Пушкинская, д. 165"),
    ("saratov", "Саратов, Московская", "410031, г. Саратов, ул. Московская, д. 55"),
    ("penza", "Пенза, Московская", "440000, г. Пенза, ул. Московская, д. 71"),
    ("tver", "Тверь, Трёхсвятская", "170100, г. Тверь, ул. Трёхсвятская, д. 20"),
    ("tula", "Тула, Советская", "300041, г. Тула, ул. Советская, д. 47"),
)
MOST_STORES = 1 + len(PLACES_OF_SHOPS)
DEVICES = (
    PlannedDevice("register-1", "till-1", "register", "ККТ", "Штрих-М", "shtrih_m", "shtrih_m", 0),
    PlannedDevice("terminal-1", "till-1", "terminal", "Терминал", "ZVT", "zvt", "zvt", 0, ROUBLES),
    PlannedDevice("wifi-1", HALL, "access_point", "Точка доступа", "RADIUS", "access_point", "", 0),
)
TILLS = """
[[tills]]
id = "1"
name = "Касса 1"
register = "register-1"
terminals = ["terminal-1"]
"""


def branches(stores: int) -> list[tuple[str, PlannedShop]]:
    """The shops beside the demo's own, each with the name of its folder."""
    found = []
    for id, name, address in PLACES_OF_SHOPS[: stores - 1]:
        found.append((id, PlannedShop(name, address, f"mishkin-dom-{id}", "Касса 1", DEVICES, TILLS)))
    return found


def branch_places(demo: Places, id: str) -> Places:
    return Places(demo.root / "branches" / id)
