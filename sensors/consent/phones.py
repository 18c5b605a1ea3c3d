"""A phone number as a person types it, and as it is kept: E.164, "+79260000000"."""

from __future__ import annotations

import re

_TYPED = re.compile(r"\+?[0-9()\s.-]{6,40}")
_E164 = re.compile(r"\+[1-9][0-9]{9,14}")


def phone_number(typed: str, country: str = "RU") -> str | None:
    """None for what is no number. In Russia 8 before ten digits is +7, and so are ten digits that begin with 9."""
    plain = typed.replace("\N{NO-BREAK SPACE}", " ").strip()
    if _TYPED.fullmatch(plain) is None:
        return None
    digits = re.sub(r"[^0-9]", "", plain)
    if not plain.startswith("+") and country == "RU":
        if len(digits) == 11 and digits[0] == "8":
            digits = "7" + digits[1:]
        elif len(digits) == 10 and digits[0] == "9":
            digits = "7" + digits
    number = f"+{digits}"
    if number.startswith("+7") and len(number) != 12:
        return None
    return number if _E164.fullmatch(number) else None
