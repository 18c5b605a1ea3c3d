"""What the simulated shop sells and how it is configured: a tiny catalogue, its tills, devices and people."""

from __future__ import annotations

from pathlib import Path

from agent.settings import CashierSettings, DeviceSettings, HqSettings, SellerSettings, Settings, TillConfig
from drivers.catalogue import driver
from fiscal.product import Product
from fiscal.vat import VatRate
from tests.simulation.head_office import DEVICE, DEVICE_KEY, URL

DIRECTORY = Path("/shop")

PRODUCTS = (
    Product("4601234004121", "Конструктор", 349_900, VatRate.V22),
    Product("4620014260014", "Пазл", 44_900, VatRate.V22),
    Product("4607008120127", "Пластилин", 21_990, VatRate.V10),
    Product("4680003200209", "Мяч", 26_500, VatRate.V22),
    Product("4607012330017", "Кукла", 129_900, VatRate.V22, marked_group="toys"),
    Product("4600000000039", "Открытка", 10_000, VatRate.NONE, seller="guest"),
)
PLAIN = tuple(product.barcode for product in PRODUCTS if not product.marked_group and product.seller == "main")
DOLL = "4607012330017"
CARD_OF_GUEST = "4600000000039"
"""The one product of the second seller: with it a sale has two documents."""


class Goods:
    """The catalogue as the till asks it."""

    def __init__(self) -> None:
        self._products = {product.barcode: product for product in PRODUCTS}

    def product(self, barcode: str) -> Product | None:
        return self._products.get(barcode)

    def search(self, text: str, limit: int = 20) -> list[Product]:
        return [p for p in PRODUCTS if text.lower() in p.name.lower()][:limit]


def mark_of(barcode: str, serial: str) -> str:
    """A marking code as a scanner types it."""
    return f"01{barcode.zfill(14)}21{serial}\x1d91EE12\x1d92{'A' * 44}"


def simulated_settings(terminals: tuple[str, ...], watch_s: float, hq: bool) -> Settings:
    """`terminals` names the terminal kind of each till: zvt, confirm or "" (cash only)."""
    devices: dict[str, DeviceSettings] = {}
    tills = []
    devices["goods"] = DeviceSettings("goods", "goods", driver("local_line"), "tcp://127.0.0.1:1")
    for number, terminal in enumerate(terminals, 1):
        register = f"kkt{number}"
        told: dict[str, int | str | bool] = {"send_sale_key": True}
        devices[register] = DeviceSettings(register, register, driver("shtrih_m"), "tcp://127.0.0.1:1", told)
        cards: tuple[str, ...] = ()
        if terminal:
            id = f"card{number}"
            settings: dict[str, int | str | bool] = {"currency": 643} if terminal == "zvt" else {}
            devices[id] = DeviceSettings(id, id, driver(terminal), "tcp://127.0.0.1:1", settings)
            cards = (id,)
        tills.append(TillConfig(str(number), f"Till {number}", register, cards, "", "goods"))
    return Settings(
        file=Path("simulated.toml"),
        directory=DIRECTORY,
        shop="Simulated",
        address="",
        zone="Europe/Moscow",
        currency="RUB",
        regime="russia",
        cash_rounding=False,
        training=True,
        language="ru",
        host="127.0.0.1",
        port=0,
        watch_s=watch_s,
        cashiers=(CashierSettings("ann", "Ann", "1111"), CashierSettings("sue", "Sue", "2222", True)),
        sellers=(SellerSettings("main", "Shop Ltd", "7707083893"), SellerSettings("guest", "Guest", "500100732259")),
        tills=tuple(tills),
        devices=devices,
        hq=HqSettings(URL, DEVICE, DEVICE_KEY) if hq else None,
        wedge={},
    )


async def plain_pin(pin_hash: str, pin: str) -> bool:
    """Argon2 takes real time on purpose; simulated people keep their PINs in the open."""
    return pin_hash == pin
