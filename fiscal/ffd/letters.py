"""Text as a register can keep it: code page 866, with what it lacks written in other words."""

from __future__ import annotations

from typing import Final

_INSTEAD: Final = str.maketrans(
    {
        "«": '"', "»": '"', "„": '"', "“": '"', "”": '"', "‘": "'", "’": "'",
        "—": "-", "–": "-", "‑": "-", "−": "-", "…": "...", "×": "x", "₽": "р.", "€": "EUR",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufeff": "", "\u00ad": "",
        "™": "", "®": "", "©": "(c)", "½": "1/2", "¼": "1/4", "¾": "3/4", "²": "2", "³": "3", "µ": "u",
        "é": "e", "è": "e", "ê": "e", "á": "a", "à": "a", "â": "a", "ä": "a", "ö": "o", "ó": "o", "ô": "o",
        "ü": "u", "ú": "u", "ñ": "n", "ç": "c", "í": "i", "î": "i", "ß": "ss",
        "É": "E", "È": "E", "Ä": "A", "Ö": "O", "Ü": "U", "Ç": "C", "Ñ": "N",
    }
)  # fmt: skip


def in_cp866(text: str) -> bytes:
    """The text in code page 866; control characters are dropped, a letter nobody can replace becomes "?"."""
    kept = "".join(letter for letter in text.translate(_INSTEAD) if letter.isprintable())
    return kept.encode("cp866", errors="replace")


def fit(text: str, longest: int) -> str:
    """The beginning of the text that takes at most `longest` bytes in code page 866."""
    return in_cp866(text)[:longest].decode("cp866")
