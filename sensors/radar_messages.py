"""What the radar's program tells the agent over the Unix socket: counts under keys, and how it fares. Nothing else.

    | length (4, big-endian) | JSON |     one message after the other, from the radar to the agent only

    {"type":"hello","sensor":"door","window_s":600,"near_dbm":-70}                       first on each connection
    {"type":"tally","window_ms":...,"key":"5f0c...","frames":7,"bursts":2,...}           a signature within a window
    {"type":"reading","start_ms":...,"closed":true,"near":12,...}                        ten minutes in numbers
    {"type":"pulse","at_ms":...,"state":"listening","frames":812,"left":{...},...}       every few seconds

A tally says what a window holds so far and replaces the one told before under the same window, key and `made_up`; a
reading replaces the one of the same window. Told twice, after a restart of either side, they count once. No address
and no network's name has a field here.
Both sides import this file; it stands on msgspec alone.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from sensors.framed import MessageReader, NotAMessage, framed

__all__ = ["NotAMessage"]

MOST_BYTES = 16_384
"""A pulse with every counter has under 1 KB. Whoever sends more is no radar."""


class State(Enum):
    """How the radar hears. All but LISTENING are tried again by itself."""

    STARTING = "starting"
    LISTENING = "listening"
    NO_INTERFACE = "no_interface"
    INTERFACE_DOWN = "interface_down"
    NOT_MONITOR = "not_monitor"
    NOT_ALLOWED = "not_allowed"
    NO_LIBRARY = "no_library"
    REPLAY_OVER = "replay_over"


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """`sensor`: the name its place has in the shop. `near_dbm`: from which signal on a phone is near."""

    sensor: str
    window_s: int
    near_dbm: int


class Tally(msgspec.Struct, frozen=True, tag="tally"):
    """One signature in one window, so far.

    `window_ms`: when the window begins, `first_ms` and `last_ms`: the first and last frame; Unix milliseconds.
    `key`: the salted signature, hex; another one each day. `made_up`: the address was drawn by the phone itself.
    `signal_dbm`: the strongest frame. `bursts`: groups of frames with no pause of two seconds in them.
    `near_frames`, `near_bursts`: the same of frames as strong as `near_dbm` or stronger.
    """

    window_ms: int
    key: str
    made_up: bool
    first_ms: int
    last_ms: int
    signal_dbm: int | None
    frames: int
    bursts: int
    near_frames: int
    near_bursts: int


class Reading(msgspec.Struct, frozen=True, tag="reading"):
    """The numbers of one window for the estimate of people; sensors/estimate/tally.py says what each one is.

    `closed`: the window is over, and this is its last reading. `trust`: "whole", or why the numbers may not be used.
    """

    start_ms: int
    closed: bool
    coverage: float
    trust: str
    close: int
    near: int
    bursts: int
    minutes: float
    addresses: float
    far: float


class Pulse(msgspec.Struct, frozen=True, tag="pulse"):
    """Counters since the program began. `left`: frames that gave no probe, by reason (sensors/radar/frames.py).

    `kept`: probes counted. `crowded`: probes of signatures beyond the most a window may hold. `unsent`: messages that
    were dropped because nobody took them. `kernel_drops`: frames the kernel dropped; None when it does not say.
    """

    at_ms: int
    state: State
    frames: int
    kept: int
    left: dict[str, int]
    crowded: int
    unsent: int
    kernel_drops: int | None


Message = Hello | Tally | Reading | Pulse
_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encoded(message: Message) -> bytes:
    """Length and JSON."""
    return framed(message, MOST_BYTES)


def at_the_agent() -> MessageReader[Message]:
    """Cuts what the radar tells out of a connection's bytes."""
    return MessageReader(_DECODER, MOST_BYTES)
