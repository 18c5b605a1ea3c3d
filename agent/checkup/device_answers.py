"""Asks each configured device for its state through its own driver, when no agent holds it. Nothing is sold."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from agent.clock import Clock
from agent.settings import DeviceSettings
from agent.wiring import make_port
from drivers.cash_devices.contract import Unit
from drivers.driver import Kind
from drivers.errors import DeviceError, NeverSent, Refused
from drivers.fiscal_registers.contract import RegisterState
from drivers.links.address import parse_address
from drivers.links.link import LinkLost
from drivers.payment_terminals.contract import TerminalState

ASK_WITHIN_S = 12.0
"""A serial register that was switched on a moment ago, or that still owes an old answer, takes up to ten seconds."""
HEARD_BYTES = 24


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """`state`: ok, refused, away (no wire), silent, wrong (another protocol answers). `heard` is hexadecimal."""

    device: DeviceSettings
    state: str
    detail: str = ""
    heard: str = ""
    register: RegisterState | None = None
    terminal: TerminalState | None = None
    units: tuple[Unit, ...] = ()


async def ask_all(devices: list[DeviceSettings], clock: Clock) -> list[DeviceAnswer]:
    """All at once: each has a wire of its own."""
    found: dict[str, DeviceAnswer] = {}

    async def one(device: DeviceSettings) -> None:
        found[device.id] = await ask(device, clock)

    async with anyio.create_task_group() as asking:
        for device in devices:
            asking.start_soon(one, device)
    return [found[device.id] for device in devices]


async def ask(device: DeviceSettings, clock: Clock) -> DeviceAnswer:
    if device.driver.kind is Kind.SCANNER:
        return await _opens(device)
    port = make_port(device, clock)
    try:
        with anyio.fail_after(ASK_WITHIN_S):
            if device.driver.kind is Kind.FISCAL_REGISTER:
                return DeviceAnswer(device, "ok", register=await port.run(port.driver.state()))
            if device.driver.kind is Kind.PAYMENT_TERMINAL:
                return DeviceAnswer(device, "ok", terminal=await port.run(port.driver.state()))
            if device.driver.kind is Kind.CASH_DEVICE:
                return DeviceAnswer(device, "ok", units=await port.run(port.driver.identify()))
            await port.run(port.driver.reachable())
            return DeviceAnswer(device, "ok")
    except NeverSent as error:
        return DeviceAnswer(device, "away", str(error))
    except Refused as refused:
        return DeviceAnswer(device, "refused", f"{refused.code} {refused.detail}".strip())
    except (DeviceError, TimeoutError) as error:
        heard = b"".join(frame.data for frame in port.frames if frame.direction == "<")[:HEARD_BYTES]
        state = "wrong" if port.health.code == "wrong_device" or heard else "silent"
        return DeviceAnswer(device, state, port.health.detail or str(error), heard.hex(" ").upper())
    finally:
        await port.hang_up()


async def _opens(device: DeviceSettings) -> DeviceAnswer:
    """A scanner says nothing until somebody scans: all that can be seen is whether its wire is there."""
    try:
        async with parse_address(device.address)():
            return DeviceAnswer(device, "ok")
    except LinkLost as error:
        return DeviceAnswer(device, "away", str(error))
