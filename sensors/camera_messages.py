"""What a camera's program and the agent tell each other over the Unix socket: counts and verdicts out, consents in.

    | length (4, big-endian) | JSON |          one message after the other, in both directions

camera to agent
    {"type":"hello","sensor":"door-cam","boot":"5f0c...","faces":true}                    first on each connection
    {"type":"counted","sighting":{"sensor":"door-cam","seen":"line_in",...},"came_in":7,...}    over the door line
    {"type":"recognised","track":"5f0c...-12","at_ms":...,"member":"r-81","distance":0.31,...}   a track's one verdict
    {"type":"enrolled","request":"q7","template":"...","why":""}                          what `enrol` asked for
    {"type":"pulse","at_ms":...,"state":"watching","frames":812,"trouble":{...},...}      every few seconds
agent to camera
    {"type":"rules","country":"EU","zone_is_trigger":true,...}                            first on each connection
    {"type":"members","first":true,"last":false,"members":[{"record":"r-81","template":"..."}]}   replaces all others
    {"type":"triggers","open":["card"],"by_card":["r-81"],"associated":[],"for_s":20}     replaces what was open
    {"type":"enrol","request":"q7","record":"r-90","for_s":20}                            the next face in the zone

A picture has no field here, and a template only where a member's own leaves the agent or is made for them. Without
`rules` a camera looks for no face; when the connection ends it forgets rules, members and triggers. `counted` is sent
again until the socket took it and has the sighting's id, so it counts once.
Both sides import this file; it stands on msgspec, the sighting and the policy's words.
"""

from __future__ import annotations

import base64
import struct
from enum import Enum

import msgspec

from sensors.framed import MessageReader, NotAMessage, framed
from sensors.recognition_policy import Among, Trigger, Unsure
from sensors.sighting import Sighting

__all__ = ["NotAMessage"]

MOST_BYTES = 1_048_576
"""A portion of MEMBERS_AT_ONCE templates has some 750 KB; everything else is under 2 KB."""
MEMBERS_AT_ONCE = 1_000
NUMBERS = 128
"""Of a template: an embedding by dlib's network, of length about one."""
_FLOATS = struct.Struct(f"<{NUMBERS}f")


class State(Enum):
    """How the camera fares. All but OVER are tried again by itself."""

    STARTING = "starting"
    WATCHING = "watching"
    NO_CAMERA = "no_camera"
    FROZEN = "frozen"
    SILENT = "silent"
    GARBAGE = "garbage"
    WRONG_SIZE = "wrong_size"
    NO_LIBRARY = "no_library"
    OVER = "over"


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """`boot` is drawn at each start. `faces`: the libraries for faces are installed; without them it only counts."""

    sensor: str
    boot: str
    faces: bool


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """Somebody crossed the door line. `sighting.seen` is LINE_IN or LINE_OUT, its key is empty: nobody in particular.

    `came_in` and `went_out`: since `boot`, this one included, so that a message that was dropped is missed.
    """

    sighting: Sighting
    came_in: int
    went_out: int


class Recognised(msgspec.Struct, frozen=True, kw_only=True, tag="recognised"):
    """What one track came to: a member, or why not (`member` is empty then). Worth a greeting and nothing else.

    `distance`: of the nearest member in the best frame (0..2), `margin`: how much farther the second one was; None
    where there was none. `frames` agreed of `embeddings` made. `key`: the track's number, a sighting's key at most.
    `seen_ms`: when its face was first large enough, `at_ms`: when the verdict fell; Unix milliseconds.
    """

    track: str
    seen_ms: int
    at_ms: int
    member: str
    distance: float | None
    margin: float | None
    frames: int
    embeddings: int
    among: Among
    why: Unsure | None


class Enrolled(msgspec.Struct, frozen=True, tag="enrolled"):
    """The template asked for, as `packed` makes it; empty with `why`: "forbidden", "no_face" (nobody came in time),
    "several_faces" (somebody did, but not alone), "worker_lost"."""

    request: str
    template: str
    why: str


class Pulse(msgspec.Struct, frozen=True, kw_only=True, tag="pulse"):
    """Counters since the program began.

    `trouble`: by name what went wrong with the camera (frozen, silent, gone, garbage, wrong_size, size_changed).
    `left`: frames that nobody looked at because newer ones were there. `forbidden`: faces, or whole looks, that the
    policy kept from being looked at, by reason. `worker_ends`: how often the embedding process died or hung.
    """

    at_ms: int
    state: State
    frames: int
    left: int
    width_px: int
    height_px: int
    came_in: int
    went_out: int
    faces: int
    embeddings: int
    trouble: dict[str, int]
    forbidden: dict[str, int]
    worker_ends: int
    unsent: int


class Rules(msgspec.Struct, frozen=True, tag="rules"):
    """`country`, `accreditation`: as sensors.consent.countries.profile_of takes them.

    `zone_is_trigger`: who steps into the zone that the shop has marked asks to be looked at.
    """

    country: str
    accreditation: str = ""
    zone_is_trigger: bool = False


class Member(msgspec.Struct, frozen=True):
    """One template of a person whose consent to faces stands. `record`: of the identity graph."""

    record: str
    template: str


class Members(msgspec.Struct, frozen=True, tag="members"):
    """All consenting members in portions: `first` forgets the ones before, `last` puts the new ones in force."""

    members: tuple[Member, ...]
    first: bool = True
    last: bool = True


class Triggers(msgspec.Struct, frozen=True, tag="triggers"):
    """What people did that says "look at me", for `for_s` seconds; replaces what was told before.

    `by_card`, `associated`: whose card was scanned, whose device is here: the face is compared with theirs alone.
    """

    open: tuple[Trigger, ...]
    by_card: tuple[str, ...] = ()
    associated: tuple[str, ...] = ()
    for_s: float = 20.0


class Enrol(msgspec.Struct, frozen=True, tag="enrol"):
    """Make a template of the next face in the marked zone: `record` has just agreed to it. Once, within `for_s`."""

    request: str
    record: str
    for_s: float = 20.0


FromCamera = Hello | Counted | Recognised | Enrolled | Pulse
ToCamera = Rules | Members | Triggers | Enrol
_FROM_CAMERA: msgspec.json.Decoder[FromCamera] = msgspec.json.Decoder(FromCamera)
_TO_CAMERA: msgspec.json.Decoder[ToCamera] = msgspec.json.Decoder(ToCamera)


def encoded(message: FromCamera | ToCamera) -> bytes:
    """Length and JSON."""
    return framed(message, MOST_BYTES)


def at_the_agent() -> MessageReader[FromCamera]:
    """Cuts what a camera tells out of a connection's bytes."""
    return MessageReader(_FROM_CAMERA, MOST_BYTES)


def at_the_camera() -> MessageReader[ToCamera]:
    """Cuts what the agent tells out of a connection's bytes."""
    return MessageReader(_TO_CAMERA, MOST_BYTES)


def packed(template: bytes) -> str:
    """512 bytes (128 little-endian float32) as text. Raises ValueError for another length."""
    if len(template) != _FLOATS.size:
        raise ValueError(f"a template of {len(template)} bytes")
    return base64.b64encode(template).decode("ascii")


def unpacked(text: str) -> bytes:
    """The 512 bytes. Raises ValueError."""
    template = base64.b64decode(text, validate=True)
    if len(template) != _FLOATS.size:
        raise ValueError(f"a template of {len(template)} bytes")
    return template


def numbers(template: bytes) -> tuple[float, ...]:
    """The 128 numbers, as sensors.consent.seal takes them."""
    return _FLOATS.unpack(template)


def as_bytes(numbers: tuple[float, ...]) -> bytes:
    """What sensors.consent.seal.unseal gave, as `packed` takes it."""
    return _FLOATS.pack(*numbers)
