"""Listens to a till's own scanner while the agent lives; a cable that is pulled and put back goes on by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from agent.devices.device_port import DevicePort
from drivers.errors import DeviceError
from drivers.scanners.contract import Scanned, Scanner
from drivers.wire.dialogue import Dialogue

AGAIN_S = 1.0
"""A USB scanner needs about this long to come back after being plugged in."""


async def listen(
    port: DevicePort[Scanner], scanned: Callable[[bytes], Awaitable[None]], changed: Callable[[], None]
) -> None:
    """Hands every code over; never returns."""

    async def tell(event: object) -> None:
        if isinstance(event, Scanned):
            await scanned(event.data)

    while True:
        try:
            await port.run(_marked(port), tell=tell)
        except DeviceError:
            changed()
        await anyio.sleep(AGAIN_S)


def _marked(port: DevicePort[Scanner]) -> Dialogue[None]:
    """The dialogue starts once the wire is open: that is all a silent scanner lets us know."""
    port.say("ok")
    return (yield from port.driver.listen())
