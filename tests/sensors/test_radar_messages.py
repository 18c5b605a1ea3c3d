"""Messages on the wire: cut out of any pieces, refused when they are none, and without a field for who somebody is."""

from __future__ import annotations

import json
import random
import struct

import msgspec
import pytest

from sensors.radar_messages import (
    MOST_BYTES,
    Hello,
    Message,
    NotAMessage,
    Pulse,
    Reading,
    State,
    Tally,
    at_the_agent,
    encoded,
)

MESSAGES: list[Message] = [
    Hello("door", 600, -70),
    Tally(1_700_000_400_000, "5f" * 8, True, 1_700_000_400_001, 1_700_000_400_002, -61, 7, 2, 3, 1),
    Tally(1_700_000_400_000, "5f" * 8, False, 1, 2, None, 1, 1, 0, 0),
    Reading(1_700_000_400_000, True, 0.75, "whole", 1, 2, 3, 4.5, 5.5, 6.5),
    Pulse(1, State.NO_INTERFACE, 2, 3, {"bad_fcs": 4}, 5, 6, None),
]


def test_the_frame_is_length_and_json() -> None:
    data = encoded(MESSAGES[0])
    assert data[:4] == struct.pack(">I", len(data) - 4)
    assert json.loads(data[4:]) == {"type": "hello", "sensor": "door", "window_s": 600, "near_dbm": -70}


def test_messages_are_cut_out_of_any_pieces() -> None:
    stream = b"".join(encoded(one) for one in MESSAGES)
    rng = random.Random(3)
    for largest in (1, 2, 7, 100, 10_000):
        reader, found, rest = at_the_agent(), [], stream
        while rest:
            size = rng.randint(1, largest)
            found += reader.feed(rest[:size])
            rest = rest[size:]
        assert found == MESSAGES


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 0),
        struct.pack(">I", MOST_BYTES + 1),
        b"GET / HTTP/1.1\r\n",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 4) + b"\xff\xff\xff\xff",
        struct.pack(">I", 16) + b'{"type":"other"}',
        struct.pack(">I", 32) + b'{"type":"hello","sensor":"door"}',
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(NotAMessage):
        at_the_agent().feed(data)


def test_a_message_that_is_not_all_there_is_waited_for() -> None:
    reader = at_the_agent()
    assert reader.feed(encoded(MESSAGES[1])[:-1]) == []
    assert reader.feed(encoded(MESSAGES[1])[-1:] + b"\0") == [MESSAGES[1]]


def test_the_largest_pulse_fits() -> None:
    many = {f"reason_{number}": 1 << 60 for number in range(20)}
    assert len(encoded(Pulse(1 << 60, State.LISTENING, 1 << 60, 1 << 60, many, 1 << 60, 1 << 60, 1 << 60))) < MOST_BYTES


def test_no_field_is_for_an_address_or_a_name_of_a_network() -> None:
    fields = {field.name for kind in (Hello, Tally, Reading, Pulse) for field in msgspec.structs.fields(kind)}
    # `addresses` is a sum of logarithms, and nothing of any address.
    assert not {name for name in fields if any(word in name for word in ("mac", "ssid", "source", "address"))} - {
        "addresses"
    }
    texts = {field.name for field in msgspec.structs.fields(Tally) if "str" in str(field.type)}
    assert texts == {"key"}
