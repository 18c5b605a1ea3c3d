"""The courier never raises for what the network or HQ does: each trouble is an answer, and only an Ack is delivered."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from sync import courier
from sync.asking import Away
from sync.courier import Busy, Courier, Delivered, ForkFound, GapFound, NotEnrolled, TooMuch
from sync.wire.edge_log import Ack, Fork, Gap, Problem

pytestmark = pytest.mark.anyio

TROUBLES = (
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("cut"),
    httpx.RemoteProtocolError("not HTTP"),
    httpx.ProxyError("no"),
    httpx.DecodingError("bad gzip"),
    httpx.TooManyRedirects("round and round"),
    httpx.UnsupportedProtocol("gopher"),
    httpx.InvalidURL("no host"),
)


async def posted(answer: httpx.Response | Exception) -> courier.Answer:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        return await Courier(client, "http://hq.test", "key").post("sales", b"packed")


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: type(trouble).__name__)
async def test_trouble_on_the_way_is_away(trouble: Exception) -> None:
    """Law 8: a line that is down is an answer like any other."""
    assert type(await posted(trouble)) is Away


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (httpx.Response(200, content=msgspec.json.encode(Ack(7, 5, 100))), Delivered(7, 5, 100)),
        (httpx.Response(409, content=msgspec.json.encode(Gap(3))), GapFound(3)),
        (httpx.Response(409, content=msgspec.json.encode(Fork(4))), ForkFound(4)),
        (httpx.Response(413, content=msgspec.json.encode(Problem("large", "too large"))), TooMuch("too large")),
        (httpx.Response(401, content=b"<html>"), NotEnrolled("status 401")),
        (httpx.Response(503, headers={"retry-after": "5"}), Busy(5.0)),
        (httpx.Response(503, headers={"retry-after": "tomorrow"}), Busy(None)),
    ],
)
async def test_each_answer_of_hq(answer: httpx.Response, meaning: courier.Answer) -> None:
    assert await posted(answer) == meaning


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>Sign in to the Wi-Fi</html>"),
        httpx.Response(200, content=b'{"ack":"all of it"}'),
        httpx.Response(200, content=b'{"ack":7}' + b" " * 100_000),
        httpx.Response(302, headers={"location": "http://portal.test/"}),
        httpx.Response(409, content=b"{}"),
        httpx.Response(500, content=b"oops"),
        httpx.Response(204),
    ],
    ids=["portal", "no number", "endless", "redirect", "no problem", "error", "empty"],
)
async def test_what_is_not_hq_delivers_nothing(answer: httpx.Response) -> None:
    """Law 5: a captive portal that says 200 has not committed anything."""
    assert type(await posted(answer)) is Away
