"""Texts for table programs: a product that somebody named `=cmd|...` is a name there, not something carried out."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """What begins like a formula gets an apostrophe, by which a table program takes it for text; a sum below zero stays
    a sum."""
    number = text.replace(",", "").removeprefix("-").isdigit()
    return f"'{text}" if text.startswith(DANGEROUS) and not number else text
