"""Compares, when all is mended and quiet, what HQ has with the independent ledger and with the disks of the shops.

Every sentence this returns is a broken promise: lost, doubled, a wrong sum, a stock that differs, a poison that lies
nowhere or twice, a chain that breaks, a row of HQ that a shop does not have.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from cloud_api.storage.storage import Storage
from sync.store.catalogue_swap import in_force
from sync.wire.facts import ClaimGiven
from tests.simulation.exchange.device import Box
from tests.simulation.exchange.ledger import LONGEST_KEPT, Fact, Ledger
from tests.simulation.exchange.writer import OWED, SHELF

GENESIS = "0" * 64
SHOWN = 4
TABLES = {
    "shift": "shift",
    "cash": "cash_move",
    "debt": "debt",
    "claim": "claim",
    "encashment": "encashment",
    "late": "late_truth",
    "pickup": "pickup",
}


def some(what: Iterable[object]) -> str:
    found = sorted(map(str, what))
    return f"{len(found)}: {', '.join(one[:120] for one in found[:SHOWN])}"


class Judge:
    """`judge()` once; HQ runs inside this process by then."""

    def __init__(self, storage: Storage, ledger: Ledger, boxes: list[Box]) -> None:
        self._storage = storage
        self._ledger = ledger
        self._boxes = boxes
        self.broken: list[str] = list(ledger.breaches)
        self.told: dict[str, object] = {}

    async def judge(self) -> list[str]:
        at_hq = await self._items()
        await self._sales(at_hq)
        await self._projections(at_hq)
        await self._stock(at_hq)
        await self._transfers(at_hq)
        await self._quarantine(at_hq)
        await self._visits(at_hq)
        await self._chains()
        await self._feeds()
        await self._commands(at_hq)
        await self._telemetry()
        self._slips()
        return self.broken

    def _say(self, wrong: Iterable[object], what: str) -> None:
        wrong = list(wrong)
        if wrong:
            self.broken.append(f"{what}: {some(wrong)}")

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self._storage.rows(sql)

    async def _items(self) -> dict[str, Fact]:
        """Law 5: what is owed is at HQ, each fact counted once; what nobody wrote is not."""
        short = {(f.device, f.stream, f.id[:LONGEST_KEPT], f.body): f for f in self._ledger.facts.values()}
        rows = await self._rows("SELECT device, stream, id, body, fate FROM item WHERE stream <> 'telemetry'")
        fates: dict[str, Counter[str]] = defaultdict(Counter)
        strangers = []
        for device, stream, id, body, fate in rows:
            fact = short.get((device, stream, id, bytes(body)))
            if fact is None:
                strangers.append((device, stream, id, fate))
            else:
                fates[fact.name][fate] += 1
        self._say(strangers, "HQ has what nobody wrote")
        at_hq = {name: self._ledger.facts[name] for name in fates}
        gone = self._dropped_of(at_hq)
        owed = {name for name in self._ledger.owed() if name not in gone}
        self._say(owed - at_hq.keys(), "lost")
        self._say((n for n in at_hq if not at_hq[n].written), "HQ has what no disk ever held")
        for name, fate in fates.items():
            fact = at_hq[name]
            wanted = "quarantined" if fact.poison else "kept" if fact.kept_only else "taken"
            other = sum(fate.values()) - fate["known"] - fate[wanted]
            if fate[wanted] != 1 or other:
                self.broken.append(f"{name} {fact.kind} {fact.poison} is not {wanted} once: {dict(fate)}")
        self.told["facts at HQ"] = len(at_hq)
        self.told["sent again and known"] = sum(fate["known"] for fate in fates.values())
        return at_hq

    def _dropped_of(self, at_hq: Mapping[str, Fact]) -> set[str]:
        """Visits may be given up; the ranges are judged by `_visits`."""
        return {name for name, fact in self._ledger.facts.items() if fact.stream == "visits" and name not in at_hq}

    async def _sales(self, at_hq: Mapping[str, Fact]) -> None:
        """Every sale in all its tables, to the kopeck."""
        key = "device, epoch, seq"
        parts: dict[str, dict[tuple[Any, ...], list[tuple[Any, ...]]]] = {}
        for table, columns in (
            ("sale_line", "sku, qty, sum"), ("sale_payment", "means, sum"), ("sale_document", "number, total"),
        ):  # fmt: skip
            found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
            for row in await self._rows(f"SELECT {key}, n, {columns} FROM {table} ORDER BY {key}, n"):
                found[row[:3]].append(row[4:])
            parts[table] = found
        heads = await self._rows(f"SELECT {key}, id, total, net, line_count FROM sale")
        told = {(f.device, f.id): f.sale for f in at_hq.values() if f.sale is not None and not f.poison}
        count = Counter((row[0], row[3]) for row in heads)
        self._say((one for one, times in count.items() if times > 1), "sales counted twice")
        self._say(told.keys() - count.keys(), "sales lost")
        self._say(count.keys() - told.keys(), "sales from nowhere")
        for row in heads:
            truth = told.get((row[0], row[3]))
            if truth is None:
                continue
            here = (row[4], row[5], row[6], *(tuple(parts[table].pop(row[:3], [])) for table in parts))
            wanted = (
                truth.total, truth.net, len(truth.lines), truth.lines, truth.payments, truth.documents,
            )  # fmt: skip
            if here != wanted:
                self.broken.append(f"sale {row[3]} at HQ is {str(here)[:200]}, was {str(wanted)[:200]}")
        for table, left in parts.items():
            self._say(left, f"rows of {table} without their sale")
        cursor = await self._storage.number("SELECT sum(sales) FROM device_cursor")
        if cursor != len(heads):
            self.broken.append(f"the cursors have counted {cursor} sales, there are {len(heads)}")
        self.told["sales"] = len(heads)
        self.told["lines"] = sum(len(one.lines) for one in told.values() if one is not None)

    async def _projections(self, at_hq: Mapping[str, Fact]) -> None:
        for kind, table in TABLES.items():
            rows = await self._rows(f"SELECT device, count(*) FROM {table} GROUP BY device")
            wanted = Counter(f.device for f in at_hq.values() if f.kind == kind and not f.poison)
            if dict(rows) != dict(wanted):
                self.broken.append(f"{table}: {dict(rows)} at HQ, {dict(wanted)} were told")

    async def _stock(self, at_hq: Mapping[str, Fact]) -> None:
        """Law 6, on both sides: HQ's sums, its movements, the shops' movements and balances, and the ledger's."""
        sums: Counter[tuple[str, str]] = Counter()
        for fact in at_hq.values():
            for sku, delta in fact.moves.items():
                sums[fact.store, sku] += delta
        wanted = {key: total for key, total in sums.items() if total}
        for what, sql in (
            ("stock_sum", "SELECT store, sku, moved_thousandths FROM stock_sum"),
            ("stock_move", "SELECT store, sku, sum(moved_thousandths) FROM stock_move GROUP BY store, sku"),
        ):
            here = {(row[0], row[1]): int(row[2]) for row in await self._rows(sql) if row[2]}
            self._say(
                (f"{k} {here.get(k)} not {wanted.get(k)}" for k in {*here, *wanted} if here.get(k) != wanted.get(k)),
                f"{what} of HQ differs from what the shops moved",
            )
        for box in self._boxes:
            on_disk = [self._ledger.facts[name] for name in self._ledger.on_disk.get(box.name, ())]
            own: Counter[str] = Counter()
            for fact in on_disk:
                for sku, delta in fact.moves.items():
                    own[sku] += delta
            for sql in (
                "SELECT sku, sum(delta_thousandths) FROM stock_move WHERE location = ? GROUP BY sku",
                "SELECT sku, thousandths FROM stock_balance WHERE location = ?",
            ):
                here_too = {sku: total for sku, total in self._disk(box, "journal.db", sql, SHELF) if total}
                if here_too != {sku: total for sku, total in own.items() if total}:
                    self.broken.append(f"the stock of {box.name} is not the sum of its movements")
            if box.name not in self._ledger.restored and {f.name for f in on_disk if f.moves} != {
                name for name, fact in at_hq.items() if fact.device == box.name and fact.moves
            }:
                self.broken.append(f"the movements of {box.name} are not the same on both sides")

    async def _transfers(self, at_hq: Mapping[str, Fact]) -> None:
        rows = await self._rows("SELECT number, sender, receiver, sent, received, differences FROM transfer")
        here = {row[0]: row[1:] for row in rows}
        sent = {f.number: f for f in at_hq.values() if f.document == "transfer_out"}
        came = {f.of: f for f in at_hq.values() if f.document == "transfer_in"}
        self._say(here.keys() ^ (sent.keys() | came.keys()), "transfers at HQ that are not those of the shops")
        joined = 0
        for number in here.keys() & (sent.keys() | came.keys()):
            sender, receiver, lines, received, differences = here[number]
            out, into = sent.get(number), came.get(number)
            told = {sku: count for sku, _, count in msgspec.json.decode(lines, type=list[tuple[str, str, int]])}
            found = dict(msgspec.json.decode(received, type=list[tuple[str, int]]))
            gave = {sku: -delta for sku, delta in out.moves.items()} if out else {}
            took = dict(into.moves) if into else {}
            ends = (out.device if out else "", into.device if into else "")
            if (sender, receiver) != ends or told != gave or found != took:
                self.broken.append(f"transfer {number}: HQ has {sender} to {receiver}, the shops {ends}")
            if out and into:
                joined += 1
                wanted = {sku: took.get(sku, 0) - count for sku, count in gave.items() if took.get(sku, 0) != count}
                if dict(msgspec.json.decode(differences, type=list[tuple[str, int]])) != wanted:
                    self.broken.append(f"transfer {number}: differences {differences}, should be {wanted}")
        self.told["transfers with both ends"] = joined

    async def _quarantine(self, at_hq: Mapping[str, Fact]) -> None:
        """Every poison lies there once, and nothing else does."""
        rows = await self._rows("SELECT device, stream, id, body, why FROM quarantine")
        here = Counter((row[0], row[1], row[2], bytes(row[3])) for row in rows)
        wanted = {(f.device, f.stream, f.id[:LONGEST_KEPT], f.body): f for f in at_hq.values() if f.poison}
        self._say((wanted[k].poison for k in wanted if here[k] != 1), "poison not in quarantine once")
        self._say((k[:3] for k in here if k not in wanted), "in quarantine and no poison")
        self.told["poison"] = f"{len(rows)} of {len(wanted)} in quarantine"
        self.told["kinds of poison"] = len({f.poison for f in wanted.values()})

    async def _visits(self, at_hq: Mapping[str, Fact]) -> None:
        """An hour of a box's disk is at HQ, or HQ was told that just this one is missing: by number, not by count."""
        ranges = await self._rows("SELECT device, epoch, first, last, hash FROM dropped_range WHERE stream='visits'")
        for box in self._boxes:
            # Its disk has them in the order of the outbox: a number of any epoch stands for one of them.
            (raw,) = self._disk(box, "visitors.db", "SELECT value FROM setting WHERE key='test/written'")[0]
            written = msgspec.json.decode(raw, type=list[str])
            missing = {n for n, name in enumerate(written, 1) if name not in at_hq}
            named: set[int] = set()
            for device, epoch, first, last, link in ranges:
                if device != box.name or epoch not in box.number_one:
                    continue
                ours, before = self._ledger.links.get((device, epoch, last, link)) in written, box.number_one[epoch]
                ours = ours or link == GENESIS  # what every life of this epoch has begun it with
                for n in range(first, last + 1):
                    # A range of a disk that is gone speaks of what that one had in common with this one.
                    if ours or len(self._ledger.numbered.get((device, epoch, n), ())) == 1:
                        named.add(before + n)
            # In a later epoch a box names anew what it cannot know that HQ had heard of.
            exact = box.number_one.keys() == {1} and not self._ledger.hq_restored
            if missing - named or (exact and named - missing):
                self.broken.append(
                    f"{box.name}: hours {sorted(missing - named)} are missing and not named, "
                    f"{sorted(named - missing) if exact else ''} named and here; epochs {box.number_one}, {ranges}"
                )
        self.told["hours dropped, and said so"] = sum(row[3] - row[2] + 1 for row in ranges)
        shown = await self._storage.number("SELECT count(*) FROM visit_hour")
        hours_told = {(f.device, f.body) for f in at_hq.values() if f.kind == "hour"}
        if shown != len(hours_told):
            self.broken.append(f"HQ shows {shown} hours of {len(hours_told)} told")

    async def _chains(self) -> None:
        """Cursors and hashes are equal on both ends, and every chain at HQ is whole."""
        rows = await self._rows(
            "SELECT device, epoch, stream, seq, id, kind, v, hash, body FROM item ORDER BY device, epoch, stream, seq"
        )
        behind: dict[tuple[str, int, str, int], list[str]] = {}  # two lives may have lost the same numbers
        for device, epoch, stream, last, hash in await self._rows(
            "SELECT device, epoch, stream, last, hash FROM dropped_range"
        ):
            behind.setdefault((device, epoch, stream, last + 1), []).append(hash)
        lasts: dict[tuple[str, int, str], tuple[int, str]] = {}
        for device, epoch, stream, seq, id, kind, v, hash, body in rows:
            before = lasts.get((device, epoch, stream), (0, GENESIS))
            links = [before[1]] if before[0] == seq - 1 else behind.get((device, epoch, stream, seq), [])
            lasts[device, epoch, stream] = (seq, hash)
            if len(id) == LONGEST_KEPT:
                continue  # kept shorter than it was hashed
            digest = hashlib.sha256(bytes(body)).hexdigest()
            follows = {hashlib.sha256(f"{link}\n{id}\n{kind}\n{v}\n{digest}".encode()).hexdigest() for link in links}
            if hash not in follows:
                self.broken.append(f"HQ's chain of {device} {epoch} {stream} breaks at {seq}")
        cursors = {
            tuple(row[:3]): (row[3], row[4])
            for row in await self._rows("SELECT device, epoch, stream, seq, hash FROM device_cursor")
        }
        for box in self._boxes:
            for file, epoch_sql in (
                ("journal.db", "SELECT value FROM setting WHERE key='store.epoch'"),
                ("visitors.db", "SELECT value FROM setting WHERE key='epoch'"),
            ):
                epoch = int(self._disk(box, file, epoch_sql)[0][0])
                for stream, seq, hash, acked in self._disk(box, file, "SELECT * FROM stream_head"):
                    there = cursors.get((box.name, epoch, stream), (0, GENESIS))
                    if seq and (there != (seq, hash) or acked != seq):
                        told = f"{seq} {hash[:8]}, {acked} acknowledged; HQ {there[0]} {str(there[1])[:8]}"
                        self.broken.append(f"cursor of {box.name} {stream} in epoch {epoch}: {told}")
        self.told["epochs begun"] = len({key[:2] for key in cursors}) - len(self._boxes)

    async def _feeds(self) -> None:
        """What HQ tells lies in each shop, row by row."""
        goods = await self._rows(
            "SELECT p.sku, p.name, z.price_minor FROM product p JOIN zone_price z ON z.sku=p.sku AND z.zone='main' "
            "AND z.from_ms=0 WHERE p.gone=0 AND z.gone=0"
        )
        for box in self._boxes:
            rows = await self._rows(
                "SELECT kind, id, body FROM shop_row WHERE gone=0 AND store IN ('', '" + box.store_name + "')"
            )
            with sqlite3.connect(box.folder / "data" / "told.db") as told:
                here = {(row[0], row[1]): bytes(row[2]) for row in told.execute("SELECT kind, key, body FROM told")}
            told.close()
            there = {(row[0], row[1]): str(row[2]).encode() for row in rows}
            if here != there:
                other = some(key for key in {*here, *there} if here.get(key) != there.get(key))
                self.broken.append(f"told.db of {box.name} differs in {other}")
            if box.catalogue is not None:
                file = in_force(box.folder / "data")
                assert file is not None, f"{box.name} has no catalogue"
                with sqlite3.connect(file) as shelf:
                    sold = {tuple(row) for row in shelf.execute("SELECT barcode, name, price_minor FROM product")}
                shelf.close()
                self._say(sold ^ {tuple(row) for row in goods}, f"the catalogue of {box.name} differs from HQ's")
        self.told["rows told to the shops"] = await self._storage.number("SELECT count(*) FROM shop_row WHERE gone=0")

    async def _commands(self, at_hq: Mapping[str, Fact]) -> None:
        """What a shop has to hear of another it has heard, and has done once."""
        left = await self._rows("SELECT device, id FROM command")
        self._say(left, "commands that were not carried out")
        heard = self._ledger.heard
        into = {f.of: f for f in at_hq.values() if f.document == "transfer_in"}
        for fact in at_hq.values():
            arrived = fact.document == "transfer_out" and fact.number in into
            if arrived and not heard.get(fact.device, Counter())[f"arrived/{fact.number}"]:
                self.broken.append(f"{fact.device} never heard that {fact.number} had arrived")
        for box in self._boxes:
            done = self._disk(
                box, "journal.db", "SELECT sale, count(*) FROM journal WHERE kind='command' GROUP BY sale"
            )
            self._say((id for id, times in done if times > 1), f"{box.name} has carried out twice")
            if box.name not in self._ledger.restored:
                missing = set(heard.get(box.name, ())) - {id for id, _ in done}
                self._say(missing, f"{box.name} has forgotten what it had carried out")
        self.told["commands carried out"] = sum(sum(one.values()) for one in heard.values())

    async def _telemetry(self) -> None:
        rows = await self._rows("SELECT device, body FROM heartbeat")
        here = {device: msgspec.json.decode(bytes(body))["program"] for device, body in rows}
        for device, told in self._ledger.told.items():
            if here.get(device) != told:
                self.broken.append(f"the newest heartbeat of {device} is {told}, HQ shows {here.get(device)}")

    def _slips(self) -> None:
        """A slip is owed by one box. (Boxes that may come back from a backup have none.)"""
        owners: Counter[str] = Counter()
        for box in self._boxes:
            for (value,) in self._disk(box, "journal.db", "SELECT value FROM setting WHERE key = ?", OWED):
                owners.update(msgspec.json.decode(value, type=dict[str, int]).keys())
        issued = {
            msgspec.json.decode(f.body)["number"]
            for f in self._ledger.facts.values()
            if f.kind == "claim" and f.written and not f.poison and b'"issued"' in f.body
        }
        moved = [f for f in self._ledger.facts.values() if f.kind == "claim_given" and f.written]
        self._say((f"{n} by {owners[n]}" for n in issued if owners[n] != 1), "slips not owed by one box")
        self.told["slips moved between shops"] = len(
            {msgspec.json.decode(f.body, type=ClaimGiven).request for f in moved}
        )

    def _disk(self, box: Box, file: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Asked of the bytes on the box's disk by another SQLite than the program's."""
        with tempfile.TemporaryDirectory(prefix="tillkeeper-disk-") as folder:
            for path, held in box.image.items():
                if Path(path).name.startswith(file):
                    (Path(folder) / Path(path).name).write_bytes(held)
            with sqlite3.connect(Path(folder) / file) as connection:
                connection.text_factory = lambda raw: raw.decode(errors="replace")
                rows = connection.execute(sql, values).fetchall()
            connection.close()
        return rows
