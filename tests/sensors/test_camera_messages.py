"""The wire between camera and agent: what goes in comes out, however the bytes fall apart; no face is in it."""

from __future__ import annotations

import ast
import math
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors import camera_messages
from sensors.camera_messages import (
    MEMBERS_AT_ONCE,
    MOST_BYTES,
    Counted,
    Enrol,
    Enrolled,
    FromCamera,
    Hello,
    Member,
    Members,
    NotAMessage,
    Pulse,
    Recognised,
    Rules,
    State,
    ToCamera,
    Triggers,
    as_bytes,
    at_the_agent,
    at_the_camera,
    encoded,
    numbers,
    packed,
    unpacked,
)
from sensors.recognition_policy import Among, Trigger, Unsure
from sensors.sighting import Seen, Sighting
from tests.sensors.camera_scene import ROOT

TEMPLATE = packed(as_bytes(tuple(n / 128 for n in range(128))))
OUT: list[FromCamera] = [
    Hello("door-cam", "5f0c", True),
    Counted(Sighting(sensor="door-cam", boot="5f0c", seq=3, seen=Seen.LINE_IN, at_ms=1, zone="door"), 2, 1),
    Recognised(
        track="5f0c-1", seen_ms=1, at_ms=2, member="r1", distance=0.31, margin=None, frames=2, embeddings=2,
        among=Among.CARD, why=None,
    ),
    Recognised(
        track="5f0c-2", seen_ms=1, at_ms=2, member="", distance=None, margin=None, frames=0, embeddings=3,
        among=Among.STORE, why=Unsure.TOO_FAR,
    ),
    Enrolled("q", TEMPLATE, ""),
    Pulse(
        at_ms=1, state=State.WATCHING, frames=9, left=1, width_px=1280, height_px=720, came_in=2, went_out=1, faces=3,
        embeddings=2, trouble={"frozen": 1}, forbidden={"country": 4}, worker_ends=0, unsent=0,
    ),
]  # fmt: skip
IN: list[ToCamera] = [
    Rules("EU", zone_is_trigger=True),
    Members((Member("r1", TEMPLATE), Member("r1", TEMPLATE)), first=True, last=False),
    Triggers((Trigger.CARD,), by_card=("r1",), for_s=9.5),
    Enrol("q", "r2"),
]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=60))
def test_messages_survive_any_cut(cuts: list[int]) -> None:
    for messages, reader in ((OUT, at_the_agent()), (IN, at_the_camera())):
        data, found, turn = b"".join(encoded(message) for message in messages), [], 0
        while data:
            size = cuts[turn % len(cuts)]
            found += reader.feed(data[:size])
            data, turn = data[size:], turn + 1
        assert found == messages


@pytest.mark.parametrize(
    "data", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x02{}", b"\0\0\0\x05[1,2]", b"\0\0\0\x10" + b'{"type":"hallo"}']
)
def test_what_is_no_message_ends_the_reader(data: bytes) -> None:
    for reader in (at_the_agent(), at_the_camera()):
        with pytest.raises(NotAMessage):
            reader.feed(data)


def test_each_side_hears_the_other_sides_words_only() -> None:
    with pytest.raises(NotAMessage):
        at_the_camera().feed(encoded(OUT[0]))
    with pytest.raises(NotAMessage):
        at_the_agent().feed(encoded(IN[0]))


def test_a_portion_of_members_fits() -> None:
    full = Members(tuple(Member("018f0000-0000-7000-8000-000000000000", TEMPLATE) for _ in range(MEMBERS_AT_ONCE)))
    assert len(encoded(full)) < MOST_BYTES


def test_templates_are_512_bytes() -> None:
    assert numbers(unpacked(TEMPLATE)) == pytest.approx(tuple(n / 128 for n in range(128)))
    for wrong in ("", "AAAA", "not base64", TEMPLATE[:-4], TEMPLATE + "AAAA"):
        with pytest.raises(ValueError, match=r"."):
            unpacked(wrong)
    with pytest.raises(ValueError, match="511"):
        packed(bytes(511))


def test_a_greeting_has_no_field_for_money_and_nothing_for_a_picture() -> None:
    names = {field.name for kind in (Hello, Counted, Recognised, Pulse) for field in msgspec.structs.fields(kind)}
    assert not [name for name in names if any(word in name for word in ("bonus", "discount", "pay", "image", "crop"))]
    assert "template" not in names
    assert not math.isnan(Triggers(()).for_s)


def test_the_wire_needs_no_library_of_the_camera() -> None:
    tree = ast.parse((ROOT / "sensors" / "camera_messages.py").read_text("utf-8"))
    roots = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert roots <= {"__future__", "enum", "typing", "sensors"}
    said = subprocess.run(
        [sys.executable, "-c", "import sys, sensors.camera_messages; print(sorted(sys.modules))"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    for name in ("numpy", "cv2", "dlib", "anyio", "sensors.cameras"):
        assert f"'{name}'" not in said.stdout
    assert camera_messages.NUMBERS == 128
