"""A bare Unix socket that sends back what it is told: what a word between two processes costs on this machine.

python -m tests.bench.bare_echo SOCKET      says `ready`, serves until it is ended
"""

from __future__ import annotations

import asyncio
import sys


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while told := await reader.read(65_536):
        writer.write(told)
        await writer.drain()
    writer.close()


async def _serve(path: str) -> None:
    server = await asyncio.start_unix_server(_answer, path)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
