"""`python -m sensors.association --config FILE`: listens to routers and guests, until a signal ends it."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import signal
import sys
from pathlib import Path

import anyio

from sensors.association.datagrams import PortTaken
from sensors.association.program import Program
from sensors.association.settings import AssociationSettings, WrongSettings, read_settings
from sensors.association.tenant_key import NoTenantKey
from sensors.memory_place import NoMemoryPlace

USAGE_ERROR = 2


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sensors.association", description="Who joined the shop's Wi-Fi.")
    parser.add_argument("--config", type=Path, required=True)
    options = parser.parse_args(argv)
    quiet_logs()
    try:
        program = Program(_placed(read_settings(options.config)))
    except (WrongSettings, NoTenantKey, PortTaken) as refused:
        print(f"{refused.ru}\n{refused.en}", file=sys.stderr)
        return USAGE_ERROR
    except NoMemoryPlace:
        print("place: нужен свой каталог в памяти (tmpfs), права 0700.", file=sys.stderr)
        print("place: an own directory in memory (tmpfs) is needed, mode 0700.", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    print(f"listening {' '.join(program.addresses)}", flush=True)
    anyio.run(_until_signal, program)
    return 0


def quiet_logs() -> None:
    """Warnings of our own words only: httpx would write each question to a controller, with a guest's address in it."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _placed(settings: AssociationSettings) -> AssociationSettings:
    """systemd names the RuntimeDirectory= of the unit."""
    named = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return dataclasses.replace(settings, place=Path(named)) if settings.place is None and named else settings


async def _until_signal(program: Program) -> None:
    async with anyio.create_task_group() as tasks:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            tasks.start_soon(program.run)
            async for _ in signals:
                tasks.cancel_scope.cancel()
                return


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
