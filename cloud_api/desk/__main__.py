"""`python -m cloud_api.desk`: HQ's matters that wait for a person, beside a running HQ; `tillkeeper hq quarantine ...`.

quarantine list                                                       what lies there, the oldest first
quarantine replay [--device D --epoch E --stream S --seq N]           try everything again, or that one item
each with --database sqlite:///PATH or postgresql://SERVER/NAME
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter

import anyio

from cloud_api.access.asker import AskerKind
from cloud_api.access.audit import Audit
from cloud_api.arrivals import Arrivals
from cloud_api.desk.replay import Held, Outcome, all_held, replay
from cloud_api.settings import BadSettings, checked_zone, database_path
from cloud_api.storage.business_day import ZONE
from cloud_api.storage.opening import DriverMissing, opened
from cloud_api.storage.storage import NewerStorage, Storage, StorageBusy


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def _run(asked: argparse.Namespace) -> int:
    """0: nothing is held any more of what was asked for; 1: something is."""
    async with opened(database_path(asked.database), checked_zone(asked.zone)) as storage:
        held = [one async for one in all_held(storage) if _asked_for(one, asked)]
        if asked.action == "list":
            print("\n".join(f"{one}  {one.store}" for one in held) or "Карантин пуст. The quarantine is empty.")
            return 1 if held else 0
        return await _replay(storage, held, asked.zone)


async def _replay(storage: Storage, held: list[Held], zone: str) -> int:
    audit = Audit(storage, wall_ms, secrets.token_bytes)
    arrivals, outcomes = Arrivals(wall_ms), Counter[Outcome]()
    for one in held:
        done = await replay(storage, one, arrivals, now_ms=wall_ms(), zone=zone)
        outcomes[done.outcome] += 1
        await audit.note("command line", AskerKind.MACHINE, "quarantine.replay", f"{one}: {done.outcome.value}", "done")
        if done.outcome is Outcome.STILL_HELD:
            print(f"{one}: {done.why}")
    taken, still = outcomes[Outcome.TAKEN], outcomes[Outcome.STILL_HELD]
    print(f"Принято {taken} из {len(held)}, остальные лежат целые.\n{taken} of {len(held)} taken, the rest lie whole.")
    return 1 if still else 0


def _asked_for(one: Held, asked: argparse.Namespace) -> bool:
    return (
        asked.device in ("", one.device)
        and asked.stream in ("", one.stream)
        and asked.epoch in (None, one.epoch)
        and asked.seq in (None, one.seq)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillkeeper hq", description="HQ's matters that wait for a person")
    matters = parser.add_subparsers(dest="matter", required=True)
    quarantine = matters.add_parser("quarantine", help="what HQ could not read when it came")
    quarantine.add_argument("action", choices=("list", "replay"))
    quarantine.add_argument("--database", required=True, help="sqlite:///PATH or postgresql://SERVER/NAME")
    quarantine.add_argument("--zone", default=ZONE, help="time zone of the business day, as HQ is started with")
    quarantine.add_argument("--device", default="", help="of this device only")
    quarantine.add_argument("--stream", default="", help="of this stream only")
    quarantine.add_argument("--epoch", type=int, default=None, help="of this epoch only")
    quarantine.add_argument("--seq", type=int, default=None, help="this record only")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """2 when nothing could be done."""
    asked = _parser().parse_args(arguments)
    try:
        return anyio.run(_run, asked)
    except BadSettings as error:
        for mistake in error.mistakes:
            print(f"{mistake.ru}\n    {mistake.en}", file=sys.stderr)
        print("Ничего не изменено.\nNothing was changed.", file=sys.stderr)
        return 2
    except (NewerStorage, DriverMissing) as error:
        print(f"{error.ru}\n{error.en}", file=sys.stderr)
        return 2
    except StorageBusy as error:
        print(f"База сейчас занята: {error}. Что принято, принято; повторите.", file=sys.stderr)
        print("The storage is busy now. What was taken stays taken; try again.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
