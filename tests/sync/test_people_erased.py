"""Of somebody who was erased no byte stays in the file, however often its pages were rearranged before."""

from __future__ import annotations

import random
from pathlib import Path

import anyio
import pytest

from sync.store import people
from sync.store.batch import Batch, Personal
from sync.store.store import open_store

PEOPLE, EACH = 3_000, 75
"""So many people, and each so many-th of them is erased."""


def left_of(directory: Path) -> tuple[int, int]:
    """(erased numbers, kept numbers) that are to be found in the files afterwards."""
    rng = random.Random(1)
    phones = [f"+7916{number:07d}" for number in rng.sample(range(10**7), PEOPLE)]

    async def main() -> None:
        async with open_store(directory, device="shop-1", now_ms=lambda: 1) as store:
            for at in range(0, PEOPLE, 10):
                batch = [Personal(rng.randbytes(8).hex(), f"s{at}", "phone", one) for one in phones[at : at + 10]]
                await store.commit(Batch(personal=tuple(batch)))
            before = [row.value for row in store.personal("s0")]
            assert sum([await store.erase_person(phone) for phone in phones[EACH - 1 :: EACH]]) == PEOPLE // EACH
            assert [row.value for row in store.personal("s0")] == before, "in the order in which they came"

    anyio.run(main)
    files = b"".join(file.read_bytes() for file in sorted(directory.glob("journal.db*")))
    there = [phone.encode() in files for phone in phones]
    erased = sum(there[EACH - 1 :: EACH])
    return erased, sum(there) - erased


def test_no_byte_of_an_erased_number_stays(tmp_path: Path) -> None:
    assert left_of(tmp_path) == (0, PEOPLE - PEOPLE // EACH)


def test_without_writing_the_rows_anew_some_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above is about happens with as many rows: else it would prove nothing."""
    monkeypatch.setattr(people, "_write_anew", lambda connection: None)
    assert left_of(tmp_path)[0] > 0
