"""Reads where a device is: `tcp://host:port`, `serial:/dev/ttyACM0?baud=115200&stopbits=1`, `pty:/path`."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl, urlsplit

from drivers.links.link import OpenLink
from drivers.links.serial_port import BYTE_SIZES, PARITIES, STOP_BITS, open_serial
from drivers.links.tcp_socket import open_tcp
from drivers.setting_wrong import SettingWrong

# A device on the shop's own wire accepts within milliseconds; 1.5 s leaves room for one lost SYN (resent after 1 s) and
# still fits the two seconds a pre-flight may take.
CONNECT_WITHIN_S = 1.5
DEFAULT_BAUD = 115200


KNOWN = "tcp:, serial:, pty:"


def parse_address(address: str) -> OpenLink:
    """How to open the link an address names. Raises SettingWrong, which says what is wrong with it."""
    scheme, colon, rest = address.partition(":")
    if not colon:
        raise _wrong(
            address,
            f"не сказано, как дойти до устройства: начните с одного из {KNOWN}",
            f"it does not say how to reach the device: begin with one of {KNOWN}",
        )
    match scheme:
        case "tcp":
            return _tcp(address)
        case "serial":
            return _serial(address, rest)
        case "pty":
            if not rest.startswith("/"):
                raise _wrong(address, "после pty: идёт полный путь", "after pty: comes an absolute path")
            return partial(open_serial, rest, address=address)
        case _:
            raise _wrong(
                address,
                f"начало {scheme!r} неизвестно; известны {KNOWN}",
                f"{scheme!r} is not known; known are {KNOWN}",
            )


def _tcp(address: str) -> OpenLink:
    try:
        parts = urlsplit(address)  # an IPv6 address without its closing bracket is an error here already
        port = parts.port
    except ValueError as error:
        raise _wrong(
            address,
            "нужно tcp://УЗЕЛ:ПОРТ, порт — число от 1 до 65535",
            "it is written tcp://HOST:PORT, the port is a number from 1 to 65535",
        ) from error
    if not parts.hostname or not port:
        raise _wrong(address, "нужно tcp://УЗЕЛ:ПОРТ", "it is written tcp://HOST:PORT")
    if parts.path or parts.query:
        raise _wrong(address, "после порта ничего не пишется", "nothing may follow the port")
    return partial(open_tcp, parts.hostname, port, within_s=CONNECT_WITHIN_S)


def _serial(address: str, rest: str) -> OpenLink:
    path, _, query = rest.partition("?")
    if not path.startswith("/"):
        raise _wrong(
            address,
            "после serial: идёт полный путь порта, лучше всего из /dev/serial/by-id",
            "after serial: comes the absolute path of a port, best one of /dev/serial/by-id",
        )
    given = dict(parse_qsl(query, keep_blank_values=True))
    baud = given.pop("baud", str(DEFAULT_BAUD))
    bytesize = given.pop("bytesize", "8")
    parity = given.pop("parity", "none")
    stopbits = given.pop("stopbits", "1")
    if given:
        unknown, known = ", ".join(sorted(given)), "baud, bytesize, parity, stopbits"
        raise _wrong(
            address,
            f"у последовательного порта нет настройки {unknown}; есть {known}",
            f"{unknown} is not a setting of a serial port; it has {known}",
        )
    if not (baud.isascii() and baud.isdigit() and len(baud) < 8 and 50 <= int(baud) <= 4_000_000):
        raise _wrong(address, "baud — число, например 9600 или 115200", "baud is a number such as 9600 or 115200")
    for name, value, known_values in (
        ("bytesize", bytesize, BYTE_SIZES),
        ("parity", parity, PARITIES),
        ("stopbits", stopbits, STOP_BITS),
    ):
        if value not in known_values:
            known = ", ".join(known_values)
            raise _wrong(address, f"{name} — одно из {known}", f"{name} is one of {known}")
    return partial(
        open_serial, path, baud=int(baud), bytesize=bytesize, parity=parity, stopbits=stopbits, address=address
    )


def _wrong(address: str, ru: str, en: str) -> SettingWrong:
    return SettingWrong(f"адрес {address!r}: {ru}", f"address {address!r}: {en}")
