"""The maker's own C library for SSP hosts completes sessions against the simulated device, over a pseudo-terminal.

The library comes in the source distribution `essp6` on PyPI. Tests fetch nothing: TILLKEEPER_ESSP6 names the file
(.ci/run fetches it), which is known by its hash and compiled in a temporary directory for this test alone. It is no
dependency, and nothing of it is kept. Without file or compiler the test is skipped and says so. It runs in a process of
its own, so that a crash in C is a failed test.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.simulators.outlets import Plug, pty_outlet
from drivers.simulators.ssp.device import SspSimulator
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

SDIST_SHA256 = "dc084898999fbbed5cd53fd77ea49c5dbe50bb529255ce7384f3e51fa164aee0"
SOURCES = ("Encryption", "ITLSSPProc", "Random", "SSPComs", "serialfunc", "ssp_commands", "SSPDownload")
COMPILE_S, ANSWER_S = 60, 15  # a slow machine; three tries of 1 s and the primes' search
POLL_S = 0.05

pytestmark = pytest.mark.slow

HOST = r"""
import ctypes as c, sys

class Key(c.Structure):
    _fields_ = [("fixed", c.c_ulonglong), ("agreed", c.c_ulonglong)]

class Command(c.Structure):
    _fields_ = [("key", Key), ("baud", c.c_ulong), ("timeout_ms", c.c_ulong), ("port", c.c_ubyte),
        ("address", c.c_ubyte), ("tries", c.c_ubyte), ("sealed", c.c_ubyte), ("length", c.c_ubyte),
        ("data", c.c_ubyte * 255), ("status", c.c_ubyte), ("answer_length", c.c_ubyte),
        ("answer", c.c_ubyte * 255), ("ignore", c.c_ubyte)]

library = c.CDLL(sys.argv[1])
port = library.OpenSSPPort(sys.argv[2].encode())
keys = {}
for line in sys.stdin:
    word, address, *rest = line.split()
    address = int(address)
    if word == "keys":
        keys[address] = Key(0x0123456701234567, 0)
        print(library.NegotiateSSPEncryption(port, c.c_char(address), c.byref(keys[address])), flush=True)
        continue
    data = bytes.fromhex("".join(rest))
    command = Command(timeout_ms=1000, address=address, tries=3, sealed=word == "sealed", length=len(data))
    command.key = keys.get(address, Key())
    command.data[:len(data)] = data
    done = library.SSPSendCommand(port, c.byref(command))
    answer = bytes(command.answer[:command.answer_length]) if done else b""
    print(answer.hex(" ").upper() or "silence", flush=True)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The maker's code as a shared library."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler for the maker's SSP library: apt install gcc libc6-dev (Debian)")
    named = os.environ.get("TILLKEEPER_ESSP6", "")
    if not Path(named).is_file():
        pytest.skip(
            "no essp6: `pip download --no-deps --no-binary :all: essp6==1.0.8`, TILLKEEPER_ESSP6 names the file"
        )
    assert hashlib.sha256(Path(named).read_bytes()).hexdigest() == SDIST_SHA256, f"{named} is not essp6 1.0.8"
    folder = tmp_path_factory.mktemp("essp6")
    with tarfile.open(named) as archive:
        archive.extractall(
            folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
        )  # its hash is known
    source = next(folder.glob("*/_eSSP/lib"))
    built = folder / "libssp.so"
    compile_it = [compiler, "-w", "-O1", "-shared", "-fPIC", "-o", str(built)]
    compile_it += [str(source / f"{name}.c") for name in SOURCES]
    try:
        subprocess.run([*compile_it, "-lpthread"], check=True, capture_output=True, timeout=COMPILE_S)
    except subprocess.CalledProcessError:
        pytest.skip("the compiler does not take the maker's SSP library")
    return built


class Peer:
    """The C library in its own process; one line in, one line out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def _say(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()
        return (await asyncio.wait_for(self._process.stdout.readline(), ANSWER_S)).decode().strip()

    async def plain(self, text: str, address: int = 0) -> str:
        return await self._say(f"plain {address} {text}")

    async def sealed(self, text: str, address: int = 0) -> str:
        return await self._say(f"sealed {address} {text}")

    async def agree_keys(self, address: int = 0) -> None:
        """Its generator and modulus are random, either may be larger; its search for primes is probabilistic."""
        for _ in range(3):
            if await self._say(f"keys {address}") == "1":
                return
        raise AssertionError("the library did not agree on keys")

    async def until(self, wanted: str, address: int = 0, *, acknowledge: bool = True) -> list[str]:
        """Sealed polls until an answer holds these bytes; what was told is acknowledged."""
        seen: list[str] = []
        for _ in range(200):
            told = await self.sealed("56", address)
            seen.append(told)
            if wanted in told:
                if acknowledge:
                    await self.sealed("57", address)
                return seen
            await self.sealed("57", address)
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"{wanted} was not told: {seen}")


class Bench:
    def __init__(self, *, instant: bool = True) -> None:
        def now() -> dt.datetime:
            return dt.datetime(2026, 3, 2, 12, 0)

        self.ledger = ListLedger(now)
        self.faults = Faults(SspSimulator.FAULTS)
        self.device = SspSimulator(
            ledger=self.ledger,
            memory=KeptMemory(),
            rng=seeded(1, "ssp"),
            now=now,
            faults=self.faults,
            instant=instant,
        )

    def values(self, event: str) -> list[int]:
        return [row["value_minor"] for row in self.ledger.records if row["event"] == event]

    @asynccontextmanager
    async def peer(self, library: Path, folder: Path) -> AsyncIterator[Peer]:
        path = folder / "ssp"
        async with pty_outlet(path, self.device.serve, Plug()):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", HOST, str(library), str(path),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                yield Peer(process)
            finally:
                process.kill()
                await process.wait()


def test_a_whole_sealed_session_with_the_makers_library(library: Path, tmp_path: Path) -> None:
    """Keys, setup, a note accepted with acknowledged events, another given back, change paid from both units."""
    bench = Bench()

    async def scenario() -> None:
        async with bench.peer(library, tmp_path) as peer:
            command = bench.device.command
            assert await peer.plain("11") == "F0"
            assert await peer.plain("06 08") == "F0"
            assert await peer.plain("56") == "FA"
            await peer.agree_keys()
            assert await peer.plain("56") == "F5"
            assert "F0 F1" in await peer.sealed("56")
            assert await peer.sealed("57") == "F5"  # a reset needs no acknowledgement
            assert (await peer.sealed("05")).startswith("F0 06 30 34 31 36 52 55 42")
            assert await peer.sealed("02 FF 00") == "F0"
            assert await peer.sealed("3B 00 50 C3 00 00 52 55 42") == "F0"  # 500 roubles into the store
            assert await peer.sealed("5C 00") == "F0"
            assert await peer.sealed("0A") == "F0"

            await command("insert 500")
            told = await peer.until("EE 04", acknowledge=False)
            assert any("EF 04" in answer for answer in told)
            assert "EE 04" in await peer.sealed("56")  # until it is acknowledged
            assert await peer.sealed("57") == "F0"

            await command("insert 1000")
            await peer.until("EF 05")
            assert await peer.sealed("08") == "F0"
            await peer.until("EC")

            payout = "33 50 C3 00 00 52 55 42"
            assert await peer.sealed(f"{payout} 19") == "F0"
            assert await peer.sealed(f"{payout} 58") == "F0"
            await peer.until("D2 01 50 C3 00 00 52 55 42")
            assert await peer.sealed(f"{payout} 58") == "F5 00"

            await command("fill 5 3")
            assert await peer.plain("11", 16) == "F0"
            assert await peer.plain("06 06", 16) == "F0"
            await peer.agree_keys(16)
            assert await peer.sealed("0A", 16) == "F0"
            assert await peer.sealed("33 DC 05 00 00 52 55 42 58", 16) == "F0"
            await peer.until("D2 01 DC 05 00 00 52 55 42", 16)

    asyncio.run(scenario())
    assert bench.values("stacked") == [50000]
    assert bench.values("returned") == [100000]
    assert bench.values("paid_out") == [50000, 500, 500, 500]


def test_the_makers_library_repeats_itself_over_a_bad_wire(library: Path, tmp_path: Path) -> None:
    """Lost and damaged answers to sealed packets: its retry is the same packet, and is answered from memory."""
    bench = Bench()

    async def scenario() -> None:
        async with bench.peer(library, tmp_path) as peer:
            await peer.agree_keys()
            for fault in ("drop_reply", "corrupt_reply"):
                bench.faults.arm(fault)
                assert (await peer.sealed("0C")).startswith("F0 00 41")
            assert (await peer.sealed("58")).startswith("F0 05")

    asyncio.run(scenario())
