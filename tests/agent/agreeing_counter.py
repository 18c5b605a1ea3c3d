"""A shopper at the counter who agrees to be known, with a pocket telephone; and a camera whose answers a test writes.

async with counter(folder, "DE") as at, a_camera(folder) as camera:
    await at.proven()                            phone, code from the message, right
    await at.agree("analytics", "face_id")       the boxes, as the screen showed them
    await camera.answer(TEMPLATE)                what the face came to
"""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.lowlevel

from agent.guest_view import AgreeScreen
from agent.messages.contract import NotSent, Undeliverable
from agent.view import Note, TillView
from agent.visitors.visitors import CAMERAS, Visitors
from sensors import camera_messages as camera
from sensors.framed import MessageReader
from sensors.recognition_policy import Among
from tests.agent.greeting_shop import PHONE, greeting_shop
from tests.agent.small_shop import SmallShop
from tests.agent.visitor_hall import until

TEMPLATE = camera.packed(camera.as_bytes((0.2,) * 128))
TYPED = "+7 926 123-45-67"


@dataclass
class Pocket:
    """A telephone's messages. `trouble`: raised instead of taking one; `stuck`: never answers."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    trouble: Exception | None = None
    stuck: bool = False

    async def to_phone(self, id: str, phone: str, text: str) -> None:
        if self.stuck:
            await anyio.sleep_forever()
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((id, phone, text))

    async def to_email(self, id: str, address: str, subject: str, text: str) -> None:
        raise AssertionError("nobody gave an address")

    def away(self) -> None:
        self.trouble = NotSent("away")

    def refuses(self) -> None:
        self.trouble = Undeliverable("no phone")

    def code(self) -> str:
        return re.findall(r"\d{6}", self.sent[-1][2])[0]


@dataclass
class Counter:
    shop: SmallShop
    visitors: Visitors
    pocket: Pocket

    @property
    def screen(self) -> AgreeScreen:
        told = self.shop.view().agree
        assert told is not None, self.shop.view().screen
        return told

    async def do(self, act: str, **args: object) -> Note | None:
        return await self.shop.do(act, **args)

    async def refused(self, act: str, **args: object) -> str:
        note = await self.shop.do(act, **args)
        assert note is not None, "it was done"
        return note.code

    async def at(self, *steps: str) -> AgreeScreen:
        """Until the screen is at one of them."""
        await self.shop.until(lambda view: view.agree is not None and view.agree.step in steps)
        return self.screen

    async def asked(self, number: str = TYPED) -> AgreeScreen:
        await self.shop.done("agree")
        sent = len(self.pocket.sent)
        await self.shop.done("agree_phone", number=number)
        await self.shop.wait(lambda: len(self.pocket.sent) > sent)
        return self.screen

    async def proven(self, number: str = TYPED) -> AgreeScreen:
        await self.asked(number)
        await self.shop.done("agree_code", code=self.pocket.code())
        return self.screen

    def boxes(self, *purposes: str) -> list[str]:
        """As the page tells them back."""
        shown = {one.purpose: f"{one.purpose}:{one.hash}" for one in self.screen.offered}
        return [shown[one] for one in purposes]

    async def agree(self, *purposes: str, name: str = "") -> AgreeScreen:
        await self.shop.done("agree_give", agreed=self.boxes(*purposes), name=name)
        return await self.at("done", "face", "choose")

    def purposes(self, phone: str = PHONE) -> list[str]:
        return sorted(one.purpose.value for one in self.visitors.consents.standing_of(phone))

    def view(self) -> TillView:
        return self.shop.view()


@asynccontextmanager
async def counter(folder: Path, country: str = "DE", *, zone_is_trigger: bool = False) -> AsyncIterator[Counter]:
    pocket = Pocket()
    async with greeting_shop(folder, country, zone_is_trigger=zone_is_trigger, gateway=pocket) as (shop, visitors):
        yield Counter(shop, visitors, pocket)


class Camera:
    """The program's end of the socket, with a person as the program."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._reader: MessageReader[camera.ToCamera] = camera.at_the_camera()
        self.heard: list[camera.ToCamera] = []

    async def tell(self, one: camera.FromCamera) -> None:
        self._end.sendall(camera.encoded(one))
        await anyio.lowlevel.checkpoint()

    async def listen(self) -> None:
        """Looks each few milliseconds: a wait for a socket, cancelled as it becomes readable, fails in asyncio."""
        while True:
            with suppress(BlockingIOError):
                data = self._end.recv(65_536)
                if not data:
                    return
                self.heard += self._reader.feed(data)
            await anyio.sleep(0.005)

    @property
    def asked(self) -> list[camera.Enrol]:
        return [one for one in self.heard if isinstance(one, camera.Enrol)]

    @property
    def members(self) -> list[str]:
        """As it was told last."""
        told = [one for one in self.heard if isinstance(one, camera.Members)]
        return [one.record for one in told[-1].members] if told else []

    async def answer(self, template: str, why: str = "", number: int = 0) -> None:
        """To the `number`th request, once it has come; 0: the newest."""
        await until(lambda: len(self.asked) >= max(1, number))
        asked = self.asked[number - 1]
        await self.tell(camera.Enrolled(asked.request, template, why))

    async def recognised(self, member: str, at_ms: int) -> None:
        await self.tell(
            camera.Recognised(
                track="b1-1",
                seen_ms=at_ms - 500,
                at_ms=at_ms,
                member=member,
                distance=0.3,
                margin=0.2,
                frames=2,
                embeddings=2,
                among=Among.STORE,
                why=None,
            )
        )


@asynccontextmanager
async def a_camera(folder: Path, at: Counter) -> AsyncIterator[Camera]:
    """Connected, and told the rules."""
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(str(folder / CAMERAS))
        end.setblocking(False)
        made = Camera(end)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(made.listen)
            await made.tell(camera.Hello("cam", "b1", True))
            await at.shop.wait(lambda: made.heard)
            yield made
            tasks.cancel_scope.cancel()
