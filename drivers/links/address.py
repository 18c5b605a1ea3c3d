"""Reads where a device is: `tcp://host:port`, `serial:/dev/ttyACM0?baud=115200&stopbits=1`, `pty:/path`."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl, urlsplit

from drivers.links.link import OpenLink
from drivers.links.serial_port import BYTE_SIZES, PARITIES, STOP_BITS, open_serial
from drivers.links.tcp_socket import open_tcp

# A device on the shop's own wire accepts within milliseconds; 1.5 s leaves room for one lost SYN (resent after 1 s) and
# still fits the two seconds a pre-flight may take.
CONNECT_WITHIN_S = 1.5
DEFAULT_BAUD = 115200


def parse_address(address: str) -> OpenLink:
    """How to open the link an address names. Raises ValueError with a sentence that says what is wrong with it."""
    scheme, colon, rest = address.partition(":")
    if not colon:
        raise ValueError(f"address {address!r} does not say how to reach the device: begin with tcp:, serial: or pty:")
    match scheme:
        case "tcp":
            return _tcp(address)
        case "serial":
            return _serial(address, rest)
        case "pty":
            if not rest.startswith("/"):
                raise ValueError(f"address {address!r}: after pty: comes an absolute path")
            return partial(open_serial, rest, address=address)
        case _:
            raise ValueError(f"address {address!r}: {scheme!r} is not known; known are tcp:, serial: and pty:")


def _tcp(address: str) -> OpenLink:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError(f"address {address!r}: the port is a number from 1 to 65535") from error
    if not parts.hostname or not port:
        raise ValueError(f"address {address!r}: it is written tcp://HOST:PORT")
    if parts.path or parts.query:
        raise ValueError(f"address {address!r}: nothing may follow the port")
    return partial(open_tcp, parts.hostname, port, within_s=CONNECT_WITHIN_S)


def _serial(address: str, rest: str) -> OpenLink:
    path, _, query = rest.partition("?")
    if not path.startswith("/"):
        raise ValueError(
            f"address {address!r}: after serial: comes the absolute path of a port, best one of /dev/serial/by-id"
        )
    given = dict(parse_qsl(query, keep_blank_values=True))
    baud = given.pop("baud", str(DEFAULT_BAUD))
    bytesize = given.pop("bytesize", "8")
    parity = given.pop("parity", "none")
    stopbits = given.pop("stopbits", "1")
    if given:
        raise ValueError(
            f"address {address!r}: {', '.join(sorted(given))} is not a setting of a serial port "
            "(baud, bytesize, parity, stopbits)"
        )
    if not baud.isdigit() or not 50 <= int(baud) <= 4_000_000:
        raise ValueError(f"address {address!r}: baud is a number such as 9600 or 115200")
    if bytesize not in BYTE_SIZES:
        raise ValueError(f"address {address!r}: bytesize is one of {', '.join(BYTE_SIZES)}")
    if parity not in PARITIES:
        raise ValueError(f"address {address!r}: parity is one of {', '.join(PARITIES)}")
    if stopbits not in STOP_BITS:
        raise ValueError(f"address {address!r}: stopbits is one of {', '.join(STOP_BITS)}")
    return partial(
        open_serial, path, baud=int(baud), bytesize=bytesize, parity=parity, stopbits=stopbits, address=address
    )
