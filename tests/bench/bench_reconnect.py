"""Shops that were without HQ for a day come back at once: how long it takes, who waits longest, what it costs HQ.

Measured with some shops over real sockets: each with the program's handshake, signature and uplink, HQ in a process of
its own with FULL. They come as densely as five thousand do over their minute of spread. For five thousand it is then
computed, not measured: this machine cannot be five thousand shops, and shops and HQ share its cores here. Time and
refusals are those of many_shops.py at the measured rate; memory is the measured peak, of as many batches beside each
other as HQ takes at all, and for every further shop what an open connection costs, which is measured too.
"""

from __future__ import annotations

import random
import socket
import statistics
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx
import msgspec

from cloud_api.push_door import MOST_AT_ONCE
from cloud_api.storage.opening import opened
from cloud_api.store.codes import make_code
from sync.courier import POST_WITHIN_S, Courier
from sync.enrolment import kept
from sync.enrolment.enrolling import Machine, enrol, nonces
from sync.enrolment.signer import Signer
from sync.greeter import Greeter
from sync.store.batch import OutboxRow, OutboxState
from sync.uplink import SPREAD_S, run_uplink
from sync.uplink_board import UplinkBoard
from sync.wire.edge_log import GENESIS, chain
from sync.wire.enrolment import Enrolled
from tests.bench.figure import Figure, of_runs
from tests.bench.live_shop import Started, started
from tests.bench.many_shops import come_back
from tests.bench.million import Opened
from tests.bench.receipts import DAY_RECEIPTS, receipts, shelf

CHAIN = 5_000
"""Shops of the plan."""
SHOPS = 60
WITHIN_S = 300
CONNECTIONS = 400
"""Opened beside each other for what one costs; far below a process's limit of files."""
DAY_MS = 86_400_000


class WaitingOutbox:
    """A day's receipts in memory: what the uplink asks of a store, without a disk of the shop's."""

    def __init__(self, device: str, epoch: int, bodies: list[bytes], at_ms: int) -> None:
        self.device, self.epoch = device, epoch
        self._rows: list[OutboxRow] = []
        link = GENESIS
        for seq, body in enumerate(bodies, start=1):
            id = f"{device}-{seq}"
            link = chain(link, id, "sale", 1, body)
            self._rows.append(OutboxRow(seq, id, "sale", 1, at_ms, link, body))
        self._acked = 0
        self._settings: dict[str, bytes] = {}
        self.empty = anyio.Event()

    def news(self) -> anyio.Event:
        return anyio.Event()

    def outbox_read(self, stream: str, after_seq: int, limit: int, max_bytes: int) -> list[OutboxRow]:
        return self._rows[after_seq : after_seq + limit]

    def outbox_ack(self, stream: str) -> int:
        return self._acked

    def outbox_head(self, stream: str) -> int:
        return len(self._rows)

    def outbox_hash(self, stream: str, seq: int) -> str | None:
        return GENESIS if seq == 0 else self._rows[seq - 1].hash

    def outbox_state(self) -> list[OutboxState]:
        waiting = len(self._rows) - self._acked
        return [OutboxState("sales", waiting, self._rows[self._acked].at_ms if waiting else None)]

    async def outbox_acked(self, stream: str, ack: int) -> None:
        self._acked = ack
        if ack == len(self._rows):
            self.empty.set()

    def setting(self, key: str) -> bytes | None:
        return self._settings.get(key)

    async def outbox_note(self, key: str, value: bytes) -> None:
        self._settings[key] = value

    async def begin_epoch(self, epoch: int) -> None:
        raise RuntimeError("nothing here has a fork")


def bench_reconnect(
    runs: int = 3, shops: int = SHOPS, receipts_each: int = DAY_RECEIPTS, products: int = 1_000_000
) -> list[Figure]:
    """Over `runs` returns of `shops` at once: receipts a second, the longest wait, HQ's memory, refusals."""
    with Opened(products) as catalogue:
        sold = [msgspec.json.encode(one) for one in receipts(shelf(catalogue), receipts_each)]
    measured = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="tillkeeper-reconnect-") as folder:
            measured.append(_one_return(Path(folder), shops, sold))
    rates = [shops * receipts_each / took for took, _, _, _, _ in measured]
    statuses = sum((told for *_, told in measured), Counter[int]())
    memory = [peak_mb for _, _, peak_mb, _, _ in measured]
    each_kb = statistics.median(kb for _, _, _, kb, _ in measured)
    chain = come_back(CHAIN, receipts_each, statistics.median(rates), SPREAD_S)
    memory_mb = statistics.median(memory) + (CHAIN - min(shops, MOST_AT_ONCE)) * each_kb / 1024
    refused = f"{statuses[429]} answers 429 and {statuses[503]} answers 503 of {statuses.total()}"
    return [
        of_runs(
            f"{shops} shops back after a day, {receipts_each} receipts each",
            rates,
            "receipts/s",
            digits=0,
            against=refused,
            more={str(status): count for status, count in statuses.items()},
        ),
        of_runs("the longest wait of a shop that came back", [slowest for _, slowest, *_ in measured], "s"),
        of_runs("HQ's memory at its highest meanwhile", memory, "MB", digits=0),
        Figure(
            f"computed: {CHAIN:,} shops back after a day, all of it at HQ",
            round(chain.whole_s),
            "s",
            against=f"{CHAIN * receipts_each:,} receipts at the measured rate, one HQ; half of the shops by "
            f"{chain.half_s:.0f} s; {chain.refusals:,} refusals, at most {chain.densest} in a second",
            more={"patience_of_a_push_s": POST_WITHIN_S, "spread_s": SPREAD_S},
        ),
        Figure(
            f"computed: HQ's memory with {CHAIN:,} shops connected",
            round(memory_mb),
            "MB",
            against=f"the measured peak and {each_kb:.1f} kB for each further connection",
        ),
    ]


def _one_return(folder: Path, shops: int, sold: list[bytes]) -> tuple[float, float, float, float, Counter[int]]:
    """Seconds until all was there, of the shop that waited longest, HQ's MB at its highest, kB of an open connection,
    and the answers by their status."""
    database = folder / "hq.db"
    codes = anyio.run(_codes, f"{database}", shops)
    with started("HQ", "cloud_api", "--database", f"sqlite:///{database}", "--port", "0", log=folder / "hq.log") as hq:
        url = hq.line.split()[1].removesuffix("/office")
        took, slowest, told = anyio.run(_come_back, url, folder, codes, sold)
        peak_kb = hq.kb("VmHWM")
        each_kb = _a_connection(hq, url)
    return took, slowest, peak_kb / 1024, each_kb, told


def _a_connection(hq: Started, url: str) -> float:
    """kB that HQ's process grows by for each connection that was answered once and stays open."""
    where = urlsplit(url)
    asked = f"GET /healthz HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode()
    with ExitStack() as stack:
        before_kb = hq.kb("VmRSS")
        for _ in range(CONNECTIONS):
            one = stack.enter_context(socket.create_connection((where.hostname, where.port), POST_WITHIN_S))
            one.sendall(asked)
            if not one.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("HQ does not answer /healthz")
        return (hq.kb("VmRSS") - before_kb) / CONNECTIONS


async def _codes(database: str, shops: int) -> list[str]:
    rng = random.Random(3)
    async with opened(database) as storage:
        made = [
            await make_code(
                storage, f"shop {n}", "1", f"shop-{n}", now_ms=time.time_ns() // 1_000_000, draw=rng.randbytes
            )
            for n in range(shops)
        ]
    return [one.code for one in made]


async def _come_back(url: str, folder: Path, codes: list[str], sold: list[bytes]) -> tuple[float, float, Counter[int]]:
    told: Counter[int] = Counter()
    waits: list[float] = []
    ready: list[tuple[WaitingOutbox, Signer]] = []
    rng = random.Random(4)

    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    async with httpx.AsyncClient() as client:
        for n, code in enumerate(codes):
            keys = folder / f"keys-{n}"
            answer = await enrol(client, url, code, keys, Machine(), draw=rng.randbytes, now_ms=now_ms)
            enrolled = kept.read(keys).enrolled
            if not isinstance(answer, Enrolled) or enrolled is None:
                raise RuntimeError(f"not enrolled: {answer}")
            mine = [body.replace(b'{"id":"', b'{"id":"%d-' % n, 1) for body in sold]
            outbox = WaitingOutbox(enrolled.device, enrolled.epoch, mine, now_ms() - DAY_MS)
            ready.append((outbox, Signer(enrolled.seed, now_ms=now_ms, nonce=nonces(rng.randbytes))))
    began = time.perf_counter()

    async def one(outbox: WaitingOutbox, signer: Signer) -> None:
        async def heard(response: httpx.Response) -> None:
            told[response.status_code] += 1

        async with (
            httpx.AsyncClient(event_hooks={"response": [heard]}) as client,
            anyio.create_task_group() as tasks,
        ):

            async def uplink() -> None:
                await run_uplink(
                    outbox,
                    Courier(client, url, signer).post,
                    UplinkBoard(("sales",)),
                    now_ms=now_ms,
                    rng=random.Random(rng.random()),
                    greet=Greeter(client, url, signer),
                    spread_s=SPREAD_S * len(codes) / CHAIN,
                )

            tasks.start_soon(uplink)
            await outbox.empty.wait()
            waits.append(time.perf_counter() - began)
            tasks.cancel_scope.cancel()

    with anyio.fail_after(WITHIN_S):
        async with anyio.create_task_group() as tasks:
            for outbox, signer in ready:
                tasks.start_soon(one, outbox, signer)
    return max(waits), max(waits), told
