"""The door through which payment terminal bytes reach a timeline, transcript or log: card data stays behind.

`redact_frame` takes what went over the wire in either direction (whole frames, several, a torn piece) and gives bytes
of the same length to show. ZVT messages are masked field by field, lines of text digit by digit; what is torn or
strange is masked as unknown bytes, so that a broken frame shows less, never more.
"""

from __future__ import annotations

from drivers.errors import Garbled
from drivers.payment_terminals.card_numbers import mask_bytes, mask_text, mask_torn
from drivers.payment_terminals.zvt.apdu import split
from drivers.payment_terminals.zvt.masking import mask_data, mask_password

__all__ = ["mask_text", "redact_frame"]


def redact_frame(data: bytes) -> bytes:
    """The same bytes, same length, without card numbers, tracks, expiry, CVV and passwords."""
    shown, rest = b"", data
    while rest:
        if rest[:1] in (b"{", b"["):
            return shown + mask_bytes(rest)  # lines of JSON
        try:
            found = split(rest)
        except Garbled:
            found = None
        if found is None:
            return shown + mask_torn(rest)
        command, raw, used = found
        head = rest[: used - len(raw)]
        shown, rest = shown + head + mask_password(command, mask_data(command, raw)), rest[used:]
    return shown
