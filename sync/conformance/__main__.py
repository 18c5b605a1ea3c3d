"""Is that an HQ of the edge log? `python -m sync.conformance URL --key-file FILE` prints a line a rule.

The key is of a device that is enrolled for this: what it pushes is made up, and its streams get new epochs. Ends with 0
when every rule holds, 1 when one does not, 2 when there is no HQ or it does not know the key.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import anyio
import httpx

from sync.conformance.suite import RULES, judged
from sync.conformance.way import BearerKey, Broken, way_to


async def run(url: str, auth: httpx.Auth, transport: httpx.AsyncBaseTransport | None = None) -> int:
    """Prints and returns the exit code."""
    failed = 0
    try:
        async with way_to(url, auth, transport) as way:
            print(f"device {way.device}, {len(RULES)} rules")
            async for rule, why in judged(way):
                failed += bool(why)
                print(f"FAIL {rule.name:18} {rule.what}\n     {why}" if why else f"ok   {rule.name:18} {rule.what}")
    except (httpx.HTTPError, Broken) as error:
        print(f"no HQ at {url}: {error}")
        return 2
    print(f"{len(RULES) - failed} of {len(RULES)} rules hold")
    return 1 if failed else 0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync.conformance", description=__doc__)
    parser.add_argument("url", help="of the HQ, without /v1")
    parser.add_argument("--key-file", type=Path, required=True, help="holds the device key")
    asked = parser.parse_args(argv)
    try:
        key = asked.key_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        print(f"{asked.key_file} cannot be read: {error}")
        return 2
    return anyio.run(run, asked.url, BearerKey(key))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
