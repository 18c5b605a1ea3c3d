"""The ledger's rows, chained so that a changed, missing or inserted one shows, and so that a body can be erased.

    link = sha256(previous link + "\\n" + seq + "\\n" + kind + "\\n" + sha256(body))      32 zero bytes before row 1

The link covers the hash of a body (kept beside it), not the body: when the keys in a body are erased, the hash stays
and so does the chain. Bodies that hold keys carry a salt, so the hash left behind confirms no guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from sensors.consent.facts import Bound, ConsentFact, TombstoneDone, TombstoneSet, body_of, fact_of

GENESIS = bytes(32)
ERASABLE = frozenset({"bound", "tombstone_set"})
"""Kinds whose bodies hold keys of a person."""


@dataclass(frozen=True, slots=True)
class Row:
    """`body` is None once it was erased. `body_hash` and `link` are 32 bytes each."""

    seq: int
    kind: str
    body: bytes | None
    body_hash: bytes
    link: bytes


def link(previous: bytes, seq: int, kind: str, body_hash: bytes) -> bytes:
    return sha256(previous + f"\n{seq}\n{kind}\n".encode() + body_hash).digest()


def appended(last: Row | None, facts: Iterable[ConsentFact]) -> list[Row]:
    """The rows that these facts become after `last` (None: the ledger begins)."""
    seq, previous = (last.seq, last.link) if last else (0, GENESIS)
    rows = []
    for fact in facts:
        seq, body = seq + 1, body_of(fact)
        kind = str(type(fact).__struct_config__.tag)
        body_hash = sha256(body).digest()
        previous = link(previous, seq, kind, body_hash)
        rows.append(Row(seq, kind, body, body_hash, previous))
    return rows


def first_bad(rows: Iterable[Row]) -> int | None:
    """The first number that is missing, changed, or erased though its kind may not be; None for a whole ledger."""
    expected, previous = 1, GENESIS
    for row in rows:
        previous = link(previous, row.seq, row.kind, row.body_hash)
        whole = row.kind in ERASABLE if row.body is None else sha256(row.body).digest() == row.body_hash
        if row.seq != expected or previous != row.link or not whole:
            return expected
        expected += 1
    return None


def without_body(row: Row) -> Row:
    """The row after an erasure. Raises ValueError for a kind that proves something and holds no keys."""
    if row.kind not in ERASABLE:
        raise ValueError(f"a row {row.kind} stays")
    return replace(row, body=None)


def facts(rows: Iterable[Row]) -> list[ConsentFact]:
    """What the rows still say, oldest first."""
    return [fact_of(row.body) for row in rows if row.body is not None]


def erasable(rows: Sequence[Row]) -> list[int]:
    """Numbers of the rows whose bodies are to be erased now: every place has acknowledged the erasure of their keys."""
    told = [(row.seq, fact_of(row.body)) for row in rows if row.body is not None]
    done = {fact.tombstone for _, fact in told if isinstance(fact, TombstoneDone)}
    waiting: dict[str, bool] = {}
    for _, fact in told:
        if isinstance(fact, TombstoneSet):
            waiting[fact.consent_id] = waiting.get(fact.consent_id, False) or fact.tombstone not in done
    return [
        seq
        for seq, fact in told
        if isinstance(fact, Bound | TombstoneSet) and waiting.get(fact.consent_id, True) is False
    ]
