"""What the demo's shop hears and sees: the sensors' programs, each with its command line. They are what a shop runs.

    radar         a capture of a real lecture room, played in its own rhythm, again and again (demo_air.pcap)
    association   the guests' page, and RADIUS from the simulated access point on the bench
    video         a drawn visitor walking through a scene, as MJPEG over HTTP: the camera itself
    camera        looks at the video and counts over a line; only where OpenCV is installed (`make cameras`)

demo_air.pcap: 888 frames of half an hour, 2023-10-20, room SC6.61 in Brno (MIT, Tomas Fryza's
github.com/tomas-fryza/probe-request-project). Addresses were drawn anew and names of networks emptied.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from agent.demo.shop_plan import SELLER, SHOP, ZONE, Places

AIR = Path(__file__).with_name("demo_air.pcap")
OFFERS = Path(__file__).with_name("demo_offers.toml")
NETWORK = "Guests"
SECRET = "a-secret-of-the-demo"
PHONE = "DA-A1-19-00-00-01"
"""The phone on the bench: the guests' page, opened from there, is opened by it."""
MEMORY = Path("/dev/shm")
"""Salts of the day may lie in memory only; where there is none the shop has no sensors."""
LINE = "0.2,1,0.2,0"
"""Where the drawn visitor never stops: who stands on a line for seconds is taken for a piece of furniture."""
NEAR_DBM = -75
"""The lecture room's sensor hung in a corner."""


@dataclass(frozen=True, slots=True)
class SensorPorts:
    """Loopback ports."""

    radius: int
    page: int
    video: int


@dataclass(frozen=True, slots=True)
class PlannedSensor:
    """`ready`: the word its first line begins with, "" for a program that says nothing."""

    id: str
    module: tuple[str, ...]
    ready: str = ""


class SensorPlaces:
    """Sockets and the day's salts, in memory. Made at the start, gone with `close`."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="tillkeeper-demo-", dir=MEMORY))

    @property
    def sockets(self) -> Path:
        return self.root

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def memory_is_there() -> bool:
    return MEMORY.is_dir() and os.access(MEMORY, os.W_OK)


def can_see() -> bool:
    """Are the camera's libraries installed?"""
    return find_spec("cv2") is not None


def guests_messages(places: Places) -> Path:
    """Codes for guests; the page deletes old ones, so no other messages lie there."""
    return places.root / "guest_codes"


def guest_page(port: int) -> str:
    """As the access point sends the bench's phone there."""
    return f"http://127.0.0.1:{port}/?id={PHONE.replace('-', ':').lower()}"


def sensors(places: Places, memory: SensorPlaces, ports: SensorPorts) -> list[PlannedSensor]:
    """In the order in which they are started."""
    socket = memory.sockets
    found = [
        PlannedSensor(
            "radar",
            (
                *("sensors.radar", "live", "--replay", str(AIR), "--again"),
                *("--socket", str(socket / "radar.sock"), "--place", str(memory.root / "radar")),
                *("--zone", ZONE, "--near-dbm", str(NEAR_DBM)),
            ),
        ),
        association(places),
    ]
    if can_see():
        video = ("sensors.cameras", "mjpeg-demo", "--port", str(ports.video), "--both-ways")
        camera = (
            *("sensors.cameras", "live", "--camera", f"http://127.0.0.1:{ports.video}/video", "--backend", "none"),
            *("--socket", str(socket / "cameras.sock"), "--sensor", "door", "--place", "door"),
            *("--line", LINE),
        )
        found += [PlannedSensor("video", video, "ready"), PlannedSensor("camera", camera)]
    return found


def association(places: Places) -> PlannedSensor:
    """What the router and the guests' page tell."""
    return PlannedSensor("association", ("sensors.association", "--config", str(association_file(places))), "listening")


def association_file(places: Places) -> Path:
    return places.root / "association.toml"


def write_association(places: Places, memory: SensorPlaces, ports: SensorPorts, shop: str = SHOP) -> None:
    """The configuration of the guests' program, written anew at each start: it holds a secret, if only the demo's."""
    place = memory.root / "association"
    rows = [
        f"socket = {_text(memory.sockets / 'association.sock')}",
        f"tenant_key_file = {_text(places.hq_key.parent / 'tenant.key')}",
        f'networks = ["{NETWORK}"]\nzone = "{ZONE}"\nplace = {_text(place)}',
        f'[radius]\nlisten = "127.0.0.1:{ports.radius}"',
        f'[[radius.clients]]\nname = "hall"\nfrom = ["127.0.0.1"]\nsecret = "{SECRET}"\nzone = "hall"',
        f'[portal]\nlisten = "127.0.0.1:{ports.page}"\nshop = {_text(shop)}\ncontroller = {_text(SELLER)}',
        f'gate = "trusting"\nnetwork = "{NETWORK}"\nsms_directory = {_text(guests_messages(places))}\n',
    ]
    file = association_file(places)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write("\n".join(rows))


def visitors_section(places: Places, memory: SensorPlaces) -> str:
    """Of the agent's configuration."""
    rows = [
        f"\n[visitors]\ncontroller = {_text(SELLER)}",
        f"sockets = {_text(memory.sockets)}",
        f'offers = {_text(places.offers)}\ndoor = "door"\n',
    ]
    return "\n".join(rows)


def write_offers(places: Places) -> None:
    """Once: a person who tries their own words keeps them."""
    if not places.offers.exists():
        places.offers.write_text(OFFERS.read_text(encoding="utf-8"), encoding="utf-8")


def _text(value: str | Path) -> str:
    """A TOML basic string: JSON writes the same escapes."""
    return json.dumps(str(value), ensure_ascii=False)
