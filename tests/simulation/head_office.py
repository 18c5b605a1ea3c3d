"""HQ in the simulated world: the real app behind httpx on virtual time, its storage on a disk that loses power too.

The way there can be away, lose an answer after HQ has done its work, or show a captive portal's page; HQ itself can be
restarted, or lose its power in the middle of a commit.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from contextlib import ExitStack

import httpx
import trio

from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.storage.sqlite import open_sqlite
from cloud_api.storage.storage import Storage
from tests.cloud_api.at_once import at_once
from tests.simulation.recording_vfs import power

URL = "http://hq.test"
DEVICE = "shop-1"
DEVICE_KEY = "simulated-device-key-0001"
FILE = "/hq/hq.db"
ON_THE_WAY_S = 0.02  # each way, a good line
NEVER_S = 3600.0  # an answer that does not come in any till's patience


class HqPowerCut(BaseException):
    """HQ's power is gone in the middle of a write: no product code may catch it."""


class HeadOffice:
    """`trouble` says what befalls the next request: lost, late, portal or cut; "" for none. `away` lasts."""

    def __init__(self, seed: int, now_ms: Callable[[], int], *, torn_writes: bool) -> None:
        self._seed = seed
        self._now_ms = now_ms
        self._rng = random.Random(f"{seed}/hq")
        self._torn = torn_writes
        self._image: dict[str, bytes] = {}
        self._life = ExitStack()
        self._boots = 0
        self._writes_left = -1
        self.app: Hq | None = None
        self.away = False
        self.trouble = ""
        self.struck: Callable[[str], None] = lambda trouble: None
        self.requests = 0
        self.busy = 0  # requests on their way or at HQ now
        self.start()

    @property
    def storage(self) -> Storage:
        assert self.app is not None, "HQ is down"
        return self.app.storage

    def start(self) -> None:
        """HQ comes up on what its disk holds."""
        self._boots += 1
        self._disk = self._life.enter_context(
            power(f"hq-{self._seed}-{self._boots}", seed=self._seed, image=self._image, watch=self._written)
        )
        key = hashlib.sha256(DEVICE_KEY.encode()).hexdigest()
        settings = Settings(database=FILE, devices=(DeviceEntry(DEVICE, "Simulated", "Tills", key),))
        self.app = at_once(start_hq(settings, now_ms=self._now_ms, storage=open_sqlite(FILE, vfs=self._disk.name)))

    def stop(self) -> None:
        """The power goes: only what was synced is left (and some of what was not, with torn writes)."""
        self._image = self._disk.image(self._rng if self._torn else None)
        self._down()

    def _down(self) -> None:
        assert self.app is not None
        self._writes_left = -1
        at_once(self.app.storage.close())
        self.app = None
        self._life.close()
        self._life = ExitStack()

    def close(self) -> None:
        if self.app is not None:
            self.stop()

    def _written(self, operation: str, file: str) -> None:
        if self._writes_left < 0:
            return
        if self._writes_left == 0:
            self._writes_left = -1
            self._image = self._disk.image(self._rng if self._torn else None)
            raise HqPowerCut
        self._writes_left -= 1

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One request of a till. Raises httpx.TransportError for what the way does to it."""
        await trio.sleep(ON_THE_WAY_S)
        if self.away or self.app is None:
            raise httpx.ConnectError("HQ cannot be reached", request=request)
        trouble, self.trouble = self.trouble, ""
        self.requests += 1
        if trouble:
            self.struck(trouble)
        return await self._troubled(request, trouble)

    async def _troubled(self, request: httpx.Request, trouble: str) -> httpx.Response:
        match trouble:
            case "unheard":
                raise httpx.ReadError("the line broke before HQ had it all", request=request)
            case "portal":
                return httpx.Response(200, html="<h1>Welcome! Please accept our terms.</h1>", request=request)
            case "busy":
                return httpx.Response(503, headers={"retry-after": "7"}, request=request)
        if trouble == "cut":
            self._writes_left = self._rng.randrange(0, 12)
        try:
            response = await httpx.ASGITransport(app=self.app).handle_async_request(request)  # type: ignore[arg-type]
            await response.aread()
        except HqPowerCut:
            self._down()
            raise httpx.ReadError("HQ's power is gone", request=request) from None
        self._writes_left = -1
        if trouble == "cut":
            self.stop()  # right after its commit, before the answer leaves
            raise httpx.ReadError("HQ's power is gone", request=request)
        if trouble == "lost":
            raise httpx.ReadError("the answer was lost", request=request)
        if trouble == "late":
            await trio.sleep(NEVER_S)
        await trio.sleep(ON_THE_WAY_S)
        return response


class WayToHq(httpx.AsyncBaseTransport):
    """The agent's HTTP client ends here."""

    def __init__(self, office: HeadOffice, passed: Callable[[str], None]) -> None:
        self._office = office
        self._passed = passed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._office.busy += 1
        try:
            self._passed("hq request")
            await request.aread()
            response = await self._office.answer(request)
            self._passed("hq answer")
        finally:
            self._office.busy -= 1
        return response
