"""The short way of preparing a name for the index gives the index the same words as the long one."""

from __future__ import annotations

import random

import apsw

from sync.store import search
from sync.store.catalogue_sample import sample_lines

SIGNS = [chr(code) for code in (*range(0x20, 0x7F), *range(0x400, 0x460), 0xAB, 0xBB, 0x2013, 0x2014)]
RARE = ["№", "½", "ß", "…", "\u00a0", "é", "ﬁ", "İ", "´", "\u0301", "٣", "Ⅷ", "日本"]


def words_in_the_index(texts: list[str]) -> list[str]:
    connection = apsw.Connection(":memory:")
    connection.execute(search.INDEX)
    connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", list(enumerate(texts, 1)))
    connection.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row')")
    return [row[0] for row in connection.execute("SELECT term, doc FROM vocabulary ORDER BY term")]


def test_both_ways_index_the_same_words() -> None:
    draw = random.Random(1)
    names = [line.split("\t")[1] for line in sample_lines(300)]
    names += ["".join(draw.choices(SIGNS, k=draw.randrange(1, 30))) for _ in range(600)]
    names += ["".join(draw.choices(SIGNS + RARE, k=draw.randrange(1, 30))) for _ in range(300)]
    short = sum(search.indexed(name) != " ".join(search.folded_words(name)) for name in names)
    assert short > 300, "most names go the short way"
    long = [" ".join(search.folded_words(name)) for name in names]
    assert words_in_the_index([search.indexed(name) for name in names]) == words_in_the_index(long)
    for name, by_hand in zip(names, long, strict=True):
        assert words_in_the_index([search.indexed(name)]) == words_in_the_index([by_hand]), name
