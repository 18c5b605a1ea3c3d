"""Finding a product by what a person types: words in any order, unfinished words, digits of the barcode.

Words are folded when a product is put in and when it is sought: compatibility forms joined, case dropped, ё = е;
whatever is neither letter nor digit only separates, so hyphens and quotes do no harm. Candidates come from a full-text
index with prefixes of one to four letters, at most CANDIDATES of them and never ranked by the index (ranking a common
word there costs 80 ms at a million products). The order is made here: whole words before beginnings, the name that
starts with what was typed before the others, short names before long ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import apsw

CANDIDATES = 200
EXACT_CANDIDATES = 100
MOST_WORDS = 8
LONGEST_WORD = 40
LEAST_BARCODE_DIGITS = 3

INDEX = (
    "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, prefix='1 2 3 4',"
    " tokenize='unicode61 remove_diacritics 0')"
)

_WORD = re.compile(r"[^\W_]+")
_COMMON = re.compile(r"[ -~А-яЁё«»–—]*")
"""Nothing here has a compatibility form or folds to more than one letter."""
_FIND = "SELECT rowid FROM words WHERE words MATCH ? LIMIT ?"
_BY_DIGITS = "SELECT id FROM product WHERE barcode >= ? AND barcode < ? ORDER BY barcode LIMIT ?"


def folded_words(text: str) -> list[str]:
    """The words of a name or of a question, in the form in which they are compared."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е"))


def indexed(text: str) -> str:
    """What the index is given of a name: for it, the same words as `folded_words` finds.

    A name of the common letters and signs is only put into lower case, for the index itself cuts at what separates: at
    a million products that saves three seconds of five.
    """
    if _COMMON.fullmatch(text):
        return text.lower().replace("ё", "е")
    return " ".join(folded_words(text))


def find(connection: apsw.Connection, text: str) -> list[int]:
    """Ids of products that contain every word of `text` as a beginning of a word, or whose barcode begins with it."""
    words = [word[:LONGEST_WORD] for word in folded_words(text)[:MOST_WORDS]]
    if not words:
        return []
    found: dict[int, None] = {}
    digits = "".join(words)
    if len(digits) >= LEAST_BARCODE_DIGITS and digits.isascii() and digits.isdecimal():
        found.update(_ids(connection, _BY_DIGITS, (digits, digits + ":", CANDIDATES)))
    terms = [f'"{word}"' for word in words]
    found.update(_ids(connection, _FIND, (" AND ".join(terms), EXACT_CANDIDATES)))
    if len(found) < CANDIDATES:
        prefixes = " AND ".join(f"{term}*" for term in terms)
        found.update(_ids(connection, _FIND, (prefixes, CANDIDATES)))
    return list(found)[:CANDIDATES]


def _ids(connection: apsw.Connection, question: str, bindings: tuple[str | int, ...]) -> Iterable[tuple[int, None]]:
    return ((int(row[0]), None) for row in connection.execute(question, bindings))


def rank(words: Sequence[str], name: str) -> tuple[int, int, int, str]:
    """The smaller, the nearer: words that are not whole in the name, then does it begin so, then length."""
    having = folded_words(name)
    whole = set(having)
    unfinished = sum(word not in whole for word in words)
    begins = bool(having) and bool(words) and having[0].startswith(words[0])
    return unfinished, not begins, len(name), name
