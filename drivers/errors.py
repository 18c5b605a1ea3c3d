"""What a conversation with a device can end in besides an answer: the error says what we know.

That knowledge decides what may be repeated. `NeverSent` and `Refused` prove that the device did nothing;
`Unanswered` and `Garbled` do not: it may have acted, and only asking it what it last did settles that.
"""

from __future__ import annotations


class DeviceError(Exception):
    """Any end of a conversation other than an answer."""


class NeverSent(DeviceError):
    """No byte of the operation left the host: the device did nothing, the operation may be started again."""


class Refused(DeviceError):
    """The device did nothing and said why.

    `code` is stable and names a text in both languages (`shtrih_m.6B`, `zvt.6C`, `confirm.declined` ...);
    `detail` is what the device itself said, for the log.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


class Unanswered(DeviceError):
    """Bytes went out and no answer came in time, or the link broke: the device may have acted."""


class Garbled(DeviceError):
    """An answer came that cannot be read or is not an answer to what was asked: the device may have acted."""


class WrongDevice(DeviceError):
    """What answers on this port does not speak this protocol. `heard` is what it said, in hexadecimal."""

    def __init__(self, expected: str, heard: str) -> None:
        super().__init__(f"{expected} expected, heard: {heard}")
        self.expected = expected
        self.heard = heard
