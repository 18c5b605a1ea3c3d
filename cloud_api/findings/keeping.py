"""What HQ answers of its findings: a list with the rows behind each, and a person's word on one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from cloud_api.findings.words import Words, told
from cloud_api.storage.storage import Reading, Storage

LISTED = 200
LONGEST_WORD = 1_000  # characters of an explanation
GLOBAL = "/* global: findings */"
_ROWS = (
    "SELECT id, rule, store, day, device, till, at_ms, amount, facts, digest, found_ms, gone_ms, explained_ms, "
    "explained_by, explained, explained_digest FROM finding"
)


@dataclass(frozen=True, slots=True)
class RowBehind:
    """`what`: sale, payment, document, operator, shift, late. `id` is a sale's (or an attempt's), `number` its number,
    a document's, a terminal's or a shift's; `note` a state, a status or a seller."""

    what: str
    device: str
    id: str
    number: str
    till: str
    fn: str
    sum: int
    at_ms: int
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class Sentences:
    title: str
    what: str
    safe: str
    do: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Who said why it is as it is, and when. `outdated`: what was found has changed since."""

    at_ms: int
    by: str
    reason: str
    outdated: bool


@dataclass(frozen=True, slots=True)
class FindingAnswer:
    """`state`: open, explained, gone. `day` is a business day such as 20261121 (0: of no day), `amount` the money in
    question; `digest` is another as soon as what was found is."""

    id: str
    rule: str
    store: str
    day: int
    device: str
    till: str
    at_ms: int
    amount: int
    state: str
    found_ms: int
    ru: Sentences
    en: Sentences
    explained: Explained | None
    digest: str
    rows: list[RowBehind] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Findings:
    """`open`: how many wait for a word, in the whole chain; `unchecked`: business days with news not looked at yet."""

    findings: list[FindingAnswer]
    open: int
    unchecked: int


def _sentences(words: Words) -> Sentences:
    return Sentences(words.title, words.what, words.safe, words.do)


def _answer(row: tuple[Any, ...]) -> FindingAnswer:
    facts = msgspec.json.decode(row[8])
    ru, en = told(row[1], facts["values"])
    behind = [
        RowBehind(
            **{name: one.get(name, "") for name in ("what", "device", "id", "number", "till", "fn", "at", "note")},
            sum=one.get("sum", 0),
            at_ms=one.get("at_ms", 0),
        )
        for one in facts["rows"]
    ]
    explained = None
    if row[12] is not None:
        explained = Explained(row[12], row[13], row[14], outdated=row[15] != row[9])
    state = "gone" if row[11] is not None else "explained" if explained and not explained.outdated else "open"
    return FindingAnswer(
        id=row[0],
        rule=row[1],
        store=row[2],
        day=row[3],
        device=row[4],
        till=row[5],
        at_ms=row[6],
        amount=row[7],
        state=state,
        found_ms=row[10],
        ru=_sentences(ru),
        en=_sentences(en),
        explained=explained,
        digest=row[9],
        rows=behind,
    )


_OPEN = "gone_ms IS NULL AND (explained_ms IS NULL OR explained_digest<>digest)"


async def findings(
    storage: Reading, *, state: str, store: str, day: int | None, sees: frozenset[str] | None = None
) -> Findings:
    """The newest first, at most `LISTED`. `state`: open, explained, all; `store` "" for all; `sees`: only of these."""
    whose, allowed = "1=1", list[Any]()
    if sees is not None:
        whose, allowed = storage.dialect.among("store"), [storage.dialect.asked(sorted(sees))]
    where = {"open": _OPEN, "explained": "gone_ms IS NULL AND explained_digest=digest", "all": "1=1"}[state]
    where += f" AND {whose}"
    values = list(allowed)
    if store:
        where += " AND store=?"
        values.append(store)
    if day is not None:
        where += " AND day=?"
        values.append(day)
    rows = await storage.rows(f"{GLOBAL} {_ROWS} WHERE {where} ORDER BY at_ms DESC, id LIMIT ?", (*values, LISTED))
    waiting = await storage.number(f"{GLOBAL} SELECT count(*) FROM finding WHERE {_OPEN} AND {whose}", allowed)
    unchecked = await storage.number(
        f"{GLOBAL} SELECT count(*) FROM day_told WHERE told > checked AND {whose}", allowed
    )
    return Findings([_answer(row) for row in rows], waiting, unchecked)


async def one_finding(storage: Reading, id: str) -> FindingAnswer | None:
    row = await storage.row(f"{GLOBAL} {_ROWS} WHERE id=?", (id,))
    return None if row is None else _answer(row)


class Changed(Exception):
    """What was found is not what the person has seen: nobody has said a word on this."""


async def explain(
    storage: Storage, id: str, by: str, reason: str, *, now_ms: int, digest: str = ""
) -> FindingAnswer | None:
    """A person's word on a finding as it was shown to that one (`digest`; empty: as it is now); None if there is none
    of this id. The last word stands. Raises Changed."""
    found = await one_finding(storage, id)
    if found is None:
        return None
    async with storage.transaction(found.store) as transaction:
        now = await transaction.row(
            f"SELECT digest FROM finding WHERE store=? AND id=?{transaction.dialect.locked}", (found.store, id)
        )
        if digest and now != (digest,):
            raise Changed
        await transaction.write(
            "UPDATE finding SET explained_ms=?, explained_by=?, explained=?, explained_digest=digest "
            "WHERE store=? AND id=?",
            (now_ms, by[:200], reason[:LONGEST_WORD], found.store, id),
        )
    return await one_finding(storage, id)
