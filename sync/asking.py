"""One question to HQ, whatever it is about: bounded in time and in size; an answer or Away, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
import httpx


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back, whoever sent it."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Away:
    """No HQ, or something else in its place. `late`: it may be there, and did not answer in time."""

    what: str
    late: bool = False


async def ask_hq(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    within_s: float,
    line_s: float | None = None,
    longest: int,
    **request: Any,
) -> Heard | Away:
    """`longest`: bytes of an answer; more is not from HQ. `within_s` for all of it, `line_s` for each wait on the line
    (the same unless told); `request` is httpx's."""
    with anyio.move_on_after(within_s):
        try:
            async with client.stream(
                method, url, timeout=within_s if line_s is None else line_s, follow_redirects=False, **request
            ) as response:
                text = bytearray()
                async for piece in response.aiter_bytes():
                    text += piece
                    if len(text) > longest:
                        return Away("the answer is not from HQ")
                return Heard(response.status_code, response.headers, bytes(text))
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            return Away(f"{type(error).__name__}: {error}")
    return Away("no answer in time", late=True)
