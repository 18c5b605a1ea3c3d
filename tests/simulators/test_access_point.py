"""The simulated access point against the real RADIUS door: phones come and go, packets are lost, power is cut."""

from __future__ import annotations

import datetime as dt
import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import md5
from ipaddress import ip_network

import anyio
import pytest

from drivers.simulators.access_point import AccessPoint
from drivers.simulators.world import Faults, KeptMemory, ListLedger, Living
from sensors.association.datagrams import bind_udp, serve_datagrams
from sensors.association.radius_door import RadiusClient, RadiusDoor
from sensors.association_messages import Came
from tests.sensors.association_samples import NETWORK, SECRET, Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def now() -> dt.datetime:
    return dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


class Hall:
    """An access point beside a shop that hears it."""

    def __init__(self, *faults: str) -> None:
        self.shop = Shop()
        client = RadiusClient("hall", (ip_network("127.0.0.0/8"),), SECRET, "", "hall")
        self.door = RadiusDoor((client,), self.shop.floor, self.shop.counts, self.shop.clock)
        self.ledger, self.memory = ListLedger(now), KeptMemory()
        self.point = self.plugged(*faults)

    def plugged(self, *faults: str) -> AccessPoint:
        armed = Faults(AccessPoint.FAULTS)
        for spec in faults:
            armed.arm(spec)
        return AccessPoint(
            ledger=self.ledger, memory=self.memory, rng=random.Random(1), now=now, faults=armed, instant=True
        )

    def counted(self, name: str) -> int:
        return self.shop.counts.told().get(name, 0)


@asynccontextmanager
async def hall(*faults: str) -> AsyncIterator[Hall]:
    made = Hall(*faults)
    bound = bind_udp("127.0.0.1", 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve_datagrams, bound, made.door.take, made.shop.counts, "radius")
        await made.point.command(f"radius 127.0.0.1:{bound.getsockname()[1]} {SECRET.decode()} {NETWORK}")
        yield made
        tasks.cancel_scope.cancel()
    bound.close()


async def test_a_phone_that_joins_and_leaves_is_heard_so() -> None:
    async with hall() as made:
        assert await made.point.command("join") == "told and answered"
        assert made.point.picture()["joined"] == ["DA-A1-19-00-00-01"]
        assert await made.point.command("leave") == "told and answered"
        assert [(what, agreed) for what, agreed, _ in made.shop.moves()] == [("came", False), ("left", False)]
    assert [record["event"] for record in made.ledger.records] == ["joined", "left_network"]


async def test_two_phones_are_two_keys() -> None:
    async with hall() as made:
        await made.point.command("join 02-00-00-00-00-01")
        await made.point.command("join 02-00-00-00-00-02")
        assert len({key for _, _, key in made.shop.moves()}) == 2


async def test_a_lost_packet_is_sent_again_and_a_doubled_one_counts_once() -> None:
    async with hall("lost", "twice@2") as made:
        assert await made.point.command("join") == "told and answered"
        assert await made.point.command("leave") == "told and answered"
        assert [what for what, _, _ in made.shop.moves()] == ["came", "left"]


async def test_another_secret_is_not_answered() -> None:
    async with hall("wrong_secret@1x9") as made:
        assert await made.point.command("join") == "told, and nobody answered"
        assert made.shop.moves() == []
        assert made.counted("radius.wrong_secret") == 3


async def test_after_a_power_cut_the_phones_join_again_by_themselves() -> None:
    async with hall() as made:
        await made.point.command("join")
        made.shop.moves()
        await made.point.command("power off")
        assert await made.point.command("join 02-00-00-00-00-09") == "the access point has no power"
        await made.point.command("power on")
        assert "came" in [what for what, _, _ in made.shop.moves()]
    assert made.plugged().picture()["joined"] == ["DA-A1-19-00-00-01"], "kept over a new process"


async def test_it_goes_on_telling_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.simulators.access_point.INTERIM_EACH_S", 0.01)
    async with hall() as made:
        assert isinstance(made.point, Living)
        await made.point.command("join")
        first = made.shop.told()
        made.shop.clock.now_ms += 120_000
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(made.point.live)
            with anyio.fail_after(10):
                while not (later := made.shop.told()):  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        (before,), after = first, later[0]
        assert isinstance(before, Came)
        assert isinstance(after, Came)
        assert after.sighting.key == before.sighting.key
        assert after.sighting.at_ms > before.sighting.at_ms


async def test_nobody_who_listens_is_said_and_survived() -> None:
    made = Hall()
    assert await made.point.command("join") == "no server to account to"
    await made.point.command("radius 127.0.0.1:9 0123456789abcdef")
    assert await made.point.command("leave") == "told, and nobody answered"


async def test_the_packet_is_what_the_rfc_draws() -> None:
    """RFC 2866, 3: the authenticator over the packet with zeros in its place, then the secret."""
    heard: list[bytes] = []
    bound = bind_udp("127.0.0.1", 0)
    point = Hall().point
    await point.command(f"radius 127.0.0.1:{bound.getsockname()[1]} {SECRET.decode()} Café")

    async def hear() -> None:
        await anyio.wait_readable(bound)
        heard.append(bound.recv(4096))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hear)
        await point.command("join")
    bound.close()
    (packet,) = heard
    code, _, length = struct.unpack_from(">BBH", packet)
    assert (code, length) == (4, len(packet))
    assert packet[4:20] == md5(packet[:4] + bytes(16) + packet[20:] + SECRET).digest()
    assert "02-00-5E-00-53-01:Café".encode() in packet


@pytest.mark.parametrize("line", ["dance", "join a b", "radius here secret", "radius", "power maybe"])
async def test_an_order_that_is_none_is_refused_with_a_sentence(line: str) -> None:
    with pytest.raises(ValueError, match="unknown command"):
        await Hall().point.command(line)
