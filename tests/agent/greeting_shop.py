"""A small shop with doors for the sensors' programs, in the programs' own time; and a guest's telephone before it.

async with greeting_shop(folder) as shop, wifi(shop, folder) as hall:
    await guest.agree(hall)              the guests' page over HTTP, the code from the message
    hall.start("S-1")                    a RADIUS packet
    await shop.until(lambda view: view.guests)
"""

from __future__ import annotations

import datetime as dt
import re
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import httpx

from agent.messages.contract import MessageGateway
from agent.settings import VisitorsConfig
from agent.visitors.visitors import ASSOCIATION, Visitors
from sensors.association.pseudonyms import returning_key
from tests.agent.small_shop import BEAR, START, LoopClock, SmallShop, make_world, small_shop
from tests.sensors.association_samples import ADDRESS, NETWORK, packet, session
from tests.sensors.test_association_program import CONFIG, program

CONTROLLER = "ООО «Игрушки»"
PHONE, NAME = "+79261234567", "Анна"
OFFERS = """
[[offers]]
ru = "К мишке — одежда"
en = "Clothes for the bear"
for = ["мишка"]
[[offers]]
ru = "К пазлу — рамка"
en = "A frame for the puzzle"
for = ["пазл"]
"""
START_OF_SESSION, END_OF_SESSION = 1, 2
PURPOSES = ("wifi_id", "marketing", "analytics")
AT_THE_DOOR = CONFIG.replace('"{folder}/s"', f'"{{folder}}/{ASSOCIATION}"')
"""The program's settings, with the agent's own socket."""
SOON_S = 20.0


@asynccontextmanager
async def greeting_shop(
    folder: Path, country: str = "RU", *, zone_is_trigger: bool = False, gateway: MessageGateway | None = None
) -> AsyncIterator[tuple[SmallShop, Visitors]]:
    """Asyncio only: sockets and programs are real. `folder`: short and in memory."""
    (folder / "offers.toml").write_text(OFFERS, "utf-8")
    told = VisitorsConfig(
        controller=CONTROLLER,
        country=country,
        accreditation="",
        zone_is_trigger=zone_is_trigger,
        sockets=folder,
        offers=folder / "offers.toml",
        door="",
        staff_keys=(),
        staff_zones=(),
        enter_dbm=-75,
        gap_s=900,
        stay_least_s=60,
    )
    world = make_world()
    in_step(world.clock)
    async with small_shop(folder / "data", world=world, visitors=told, gateway=gateway) as shop:
        assert shop.shop.visitors is not None
        await shop.open_shift()
        yield shop, shop.shop.visitors


def in_step(clock: LoopClock) -> None:
    """The sensors' programs tell the time of this machine."""
    clock.ahead = dt.datetime.now(START.tzinfo) - clock.now()


async def bought(shop: SmallShop) -> None:
    """A bear, with the guest's number as the receipt's contact."""
    await shop.scan(BEAR)
    await shop.done("contact", value=PHONE)
    await shop.pay_cash()
    await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
    await shop.done("new_sale")


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted((folder / "data").glob("visitors.db*")))


@dataclass(slots=True)
class Hall:
    """The association program before a shop, and what a router and a guest do to it."""

    folder: Path
    running: subprocess.Popen[str]
    radius: tuple[str, int]
    sent: int = 0

    def start(self, name: str) -> None:
        self._tell(START_OF_SESSION, name)

    def stop(self, name: str) -> None:
        self._tell(END_OF_SESSION, name)

    def _tell(self, status: int, name: str) -> None:
        self.sent += 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
            router.sendto(packet(session(status, name=name.encode()), self.sent % 256), self.radius)

    def key(self) -> str:
        """What the guest's device is known by, where its owner agreed."""
        return returning_key((self.folder / "keys" / "tenant.key").read_bytes(), NETWORK, ADDRESS)

    async def agree(self, page: httpx.AsyncClient, *purposes: str) -> str:
        """On the guests' page, as soon as it offers that; what it says in the end."""
        seen = ""
        with anyio.fail_after(SOON_S):
            while 'value="wifi_id"' not in seen:
                await anyio.sleep(0.02)
                seen = (await page.get("/", params={"id": ADDRESS.hex(":"), "lang": "ru"})).text
        told = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', seen))
        form = {**told, "agree": list(purposes), "phone": "8 926 123-45-67", "name": NAME}
        assert (await page.post("/agree", data=form)).status_code == 200
        return (await page.post("/agree/code", data={"visitor": told["visitor"], "code": self._code()})).text

    async def withdraw(self, page: httpx.AsyncClient) -> str:
        """Everything that stands, on the page of one's own consents."""
        seen = (await page.get("/my", params={"lang": "ru"})).text
        visitor = re.findall(r'name="visitor" value="(\w+)"', seen)[0]
        await page.post("/my", data={"visitor": visitor, "phone": PHONE})
        listed = (await page.post("/my/code", data={"visitor": visitor, "code": self._code()})).text
        standing = re.findall(r'name="consent" value="([^"]+)"', listed)
        return (await page.post("/my/withdraw", data={"visitor": visitor, "consent": standing})).text

    def _code(self) -> str:
        """From the newest message."""
        newest = max((self.folder / "sms").glob("*.txt"), key=lambda file: file.stat().st_mtime_ns)
        return re.findall(r"\d{6}", newest.read_text("utf-8").partition("\n")[2])[0]


@asynccontextmanager
async def guests_page(place: tuple[str, int]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{place[0]}:{place[1]}", trust_env=False) as page:
        yield page


@asynccontextmanager
async def wifi(folder: Path) -> AsyncIterator[tuple[Hall, httpx.AsyncClient]]:
    """`python -m sensors.association`, at the shop's door, and its page."""
    async with AsyncExitStack() as stack:
        program_at_work = program(folder, AT_THE_DOOR)
        running, (radius, _, place) = await anyio.to_thread.run_sync(program_at_work.__enter__)
        stack.push(program_at_work.__exit__)
        yield Hall(folder, running, radius), await stack.enter_async_context(guests_page(place))
