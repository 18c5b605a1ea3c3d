"""How the documents of a fiscal register leave for the OFD, by name: told from where the register is plugged in.

Tillkeeper does not carry documents itself. A register on the network sends them over that network; one that shares
this computer's USB needs this computer to let it out; over a bare serial line nothing leaves.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from enum import Enum
from urllib.parse import urlsplit

from agent.checkup.finding import Finding, attention, broken, fine
from drivers.fiscal_registers.contract import RegisterState

RNDIS = ipaddress.ip_network("192.168.137.0/24")
"""Where registers of this family stand when they are a network card on the computer's USB."""
WARN_DAYS, STOP_DAYS = 2, 30
"""The fiscal memory stops at 30 days of unsent documents; after two nothing is on its way any more."""


class Way(Enum):
    OWN_NETWORK = "own_network"
    THIS_COMPUTER_USB = "this_computer_usb"
    THIS_COMPUTER_PROGRAM = "this_computer_program"
    SERIAL_ONLY = "serial_only"


WORDS: dict[Way, tuple[str, str]] = {
    Way.OWN_NETWORK: (
        "документы уходят в ОФД по собственной сети ККТ ({address})",
        "documents leave for the OFD over the register's own network ({address})",
    ),
    Way.THIS_COMPUTER_USB: (
        "документы уходят в ОФД через этот компьютер (USB-сеть ККТ, RNDIS, {address}): он должен выпускать её наружу",
        "documents leave for the OFD through this computer (the register's USB network, RNDIS, {address}): "
        "it must let the register out",
    ),
    Way.THIS_COMPUTER_PROGRAM: (
        "документы уходят в ОФД через программу на этом компьютере, которая отвечает на {address}",
        "documents leave for the OFD through the program on this computer that answers at {address}",
    ),
    Way.SERIAL_ONLY: (
        "по последовательному порту ({address}) документы не уходят, Tillkeeper их не носит: у ККТ должна быть своя "
        "сеть (Ethernet, Wi-Fi, SIM) или USB-сеть RNDIS",
        "over the serial port ({address}) no documents leave, and Tillkeeper does not carry them: the register needs "
        "a network of its own (Ethernet, Wi-Fi, SIM) or USB networking (RNDIS)",
    ),
}
DO = (
    "Проверьте в меню ККТ адрес ОФД и сеть; на этом компьютере — раздачу интернета и брандмауэр.",
    "Check the OFD's address and the network in the register's menu; on this computer internet sharing and firewall.",
)


def way_of(address: str) -> Way:
    """From the configured address alone."""
    if not address.startswith("tcp:"):
        return Way.SERIAL_ONLY
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return Way.THIS_COMPUTER_PROGRAM
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return Way.OWN_NETWORK
    if ip.is_loopback:
        return Way.THIS_COMPUTER_PROGRAM
    return Way.THIS_COMPUTER_USB if ip in RNDIS else Way.OWN_NETWORK


def ofd_finding(id: str, name: str, address: str, unsent: int, age: dt.timedelta | None) -> Finding:
    """`age` of the oldest unsent document; None when none waits or its time is not known."""
    about = f"ofd:{id}"
    way = way_of(address)
    ru, en = (f"{name}: {words.format(address=address)}" for words in WORDS[way])
    if not unsent:
        return fine(about, f"{ru}; неотправленных нет.", f"{en}; none waits.")
    days = age.days if age is not None else 0
    hours = int(age.total_seconds() // 3600) if age is not None else 0
    waiting = (
        f"{ru}; ждут {unsent}, старшему {days} дн. {hours % 24} ч.",
        f"{en}; {unsent} wait, the oldest for {days} d {hours % 24} h.",
    )
    safe = (
        "Чеки лежат в фискальном накопителе и не пропадут.",
        "The receipts lie in the fiscal memory and are not lost.",
    )
    if days >= STOP_DAYS:
        return broken(about, waiting, DO, safe)
    if days >= WARN_DAYS or way is Way.SERIAL_ONLY:
        return attention(about, waiting, DO, safe)
    return fine(about, *waiting)


def of_state(id: str, name: str, address: str, state: RegisterState) -> Finding:
    age = state.clock - state.ofd_oldest if state.ofd_unsent and state.ofd_oldest is not None else None
    return ofd_finding(id, name, address, state.ofd_unsent, age)
