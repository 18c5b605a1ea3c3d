"""The independent truth of an exchange: what each shop has written, on which disks it lies, what HQ has promised.

Kept by the test beside the program and never asked of it. A fact is *meant* before its commit and *written* after it;
one that was under way when the power went is looked up on the disk that is left. Two facts may carry one id (poison),
so a fact is known by device, stream, id and body.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

Key = tuple[str, str, str, bytes]
LONGEST_KEPT = 200
"""Characters of an id that HQ keeps; what was longer lies in quarantine."""


@dataclass(frozen=True)
class SaleTruth:
    """What a sale must come to in HQ's tables."""

    total: int
    net: int
    lines: tuple[tuple[str, int, int], ...]  # sku, thousandths, sum
    payments: tuple[tuple[str, int], ...]  # means, sum
    documents: tuple[tuple[int, int], ...]  # number, total


@dataclass
class Fact:
    """`name` is ours alone: the journal of the shop carries it. `moves`: what it does to the shop's stock."""

    name: str
    device: str
    store: str
    stream: str
    id: str
    kind: str
    body: bytes
    poison: str = ""
    kept_only: bool = False
    moves: dict[str, int] = field(default_factory=dict)
    sale: SaleTruth | None = None
    document: str = ""
    number: str = ""
    of: str = ""
    other: str = ""
    written: bool = False

    @property
    def key(self) -> Key:
        return self.device, self.stream, self.id, self.body


@dataclass
class Paper:
    """A transfer's paper that travels with the goods."""

    number: str
    sender: str
    sender_store: str
    to_store: str
    sent: dict[str, int]
    received: dict[str, int] | None = None
    receiver: str = ""
    receiving: bool = False


class Ledger:
    def __init__(self) -> None:
        self.facts: dict[str, Fact] = {}
        self.by_key: dict[Key, Fact] = {}
        self.on_disk: dict[str, set[str]] = {}
        """Of each device the names of the facts on the disk it has now."""
        self.promised: set[str] = set()
        self.heard: dict[str, Counter[str]] = {}
        """Of each device the commands it has ever carried out, by their id."""
        self.papers: list[Paper] = []
        self.restored: set[str] = set()
        self.hq_restored = 0
        self.told: dict[str, str] = {}
        """The newest heartbeat of each device."""
        self.numbered: dict[tuple[str, int, int], set[str]] = {}
        """By device, epoch and number the hours that ever had it: several where a disk came back."""
        self.links: dict[tuple[str, int, int, str], str] = {}
        """By device, epoch, number and hash the hour: which of those that had the number."""
        self.lost_with_disks: set[str] = set()
        self.breaches: list[str] = []

    def mean(self, fact: Fact) -> None:
        self.facts[fact.name] = fact
        self.by_key[fact.key] = fact

    def wrote(self, fact: Fact) -> None:
        fact.written = True
        self.on_disk.setdefault(fact.device, set()).add(fact.name)

    def promise(self, device: str, stream: str, id: str, body: bytes) -> None:
        fact = self.by_key.get((device, stream, id, body))
        if fact is None:
            if stream != "telemetry":
                self.breaches.append(f"HQ acknowledged {stream} {id!r} of {device}, which nobody wrote")
            return
        self.promised.add(fact.name)

    def booted(self, device: str, found: set[str], carried_out: set[str]) -> None:
        """The disk as it is after a cut or a restore: its facts and commands. What was written may not be missing."""
        held = self.on_disk.get(device, set())
        if missing := held - found:
            self.breaches.append(f"{device} has lost what its commit had kept: {sorted(missing)[:5]}")
        for name in found - held:
            self.facts[name].written = True  # the power went between the disk and the answer
        self.on_disk[device] = found
        heard = self.heard.setdefault(device, Counter())
        for id in carried_out - heard.keys():
            heard[id] = 1  # so with these

    def came_back(self, device: str, held: set[str]) -> None:
        """From a backup that holds just these."""
        self.restored.add(device)
        self.lost_with_disks |= self.on_disk[device] - held
        self.on_disk[device] = set(held)

    def hq_came_back(self, keys: set[Key]) -> None:
        """From a backup with these items: what it had promised since is owed only where the shop has it still."""
        self.hq_restored += 1
        self.promised = {name for name in self.promised if _kept(self.facts[name]) in keys}

    def owed(self) -> set[str]:
        """What has to be at HQ in the end."""
        return self.promised.union(*self.on_disk.values())


def _kept(fact: Fact) -> Key:
    return fact.device, fact.stream, fact.id[:LONGEST_KEPT], fact.body
