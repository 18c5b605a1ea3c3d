"""Where the demo's pages are: the doors of its programs, and what the terminal says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.demo.free_ports import LOOPBACK
from agent.demo.shop_plan import KIOSK_PATH, PEOPLE, SHOP


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports of the demo's pages."""

    till: int
    hq: int
    bench: int

    def url(self, port: int, path: str) -> str:
        return f"http://{LOOPBACK}:{port}{path}"


def elsewhere(doors: Doors) -> dict[str, str]:
    """Pages that the bench does not serve itself, by path."""
    tills = {path: doors.url(doors.till, path) for path in ("/till", "/till/1", "/till/2", "/status", "/stock")}
    tills |= {path: doors.url(doors.till, KIOSK_PATH) for path in ("/kiosk", KIOSK_PATH)}
    return {**tills, "/office": doors.url(doors.hq, "/office")}


def tell_addresses(doors: Doors, data: Path) -> None:
    rows = [
        ("касса 1 · till 1", doors.url(doors.till, "/till/1")),
        ("касса 2 · till 2", doors.url(doors.till, "/till/2")),
        ("киоск · kiosk", doors.url(doors.till, KIOSK_PATH)),
        ("статус · status", doors.url(doors.till, "/status")),
        ("склад · stock", doors.url(doors.till, "/stock")),
        ("стенд · bench", doors.url(doors.bench, "/bench")),
        ("офис · office", doors.url(doors.hq, "/office")),
        *(("старший · supervisor" if row[3] else "кассир · cashier", f"{row[1]}, PIN {row[2]}") for row in PEOPLE),
        ("данные · data", str(data)),
    ]
    print(f"ready {doors.url(doors.till, '/till')}")
    print(f"\n  {SHOP} — учебный магазин · a training shop\n")
    for what, where in rows:
        print(f"  {what:<22}{where}")
    print("\n  Ctrl-C — закрыть магазин · closes the shop\n", flush=True)
