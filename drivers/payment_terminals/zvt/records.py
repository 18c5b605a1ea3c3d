"""A transaction as ZVT status information (04 0F) describes it, and what of it becomes a result of ours.

    27 result  04 amount  49 currency  87 slip  0B trace  0C time  0D date  29 terminal  22 card  8B scheme
    3B authorisation  37 trace of the operation that this one took back

Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import Garbled
from drivers.payment_terminals.contract import Baseline, CardRequest, CardResult
from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.bitmaps import Fields
from drivers.payment_terminals.zvt.clocks import record_time
from drivers.payment_terminals.zvt.results import APPROVED


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one 04 0F, read with care where money depends on them."""

    fields: Fields

    @property
    def code(self) -> int:
        """The result code; Garbled if it is missing or cannot be reached."""
        value = self.fields.get(bitmaps.RESULT)
        if value is None:
            raise Garbled("status information without a result code")
        return value[0]

    @property
    def approved(self) -> bool:
        return self.code == APPROVED

    def sum_fits(self, request: CardRequest) -> bool:
        """Amount and currency, where the terminal names them, are what was asked for."""
        amount = self.fields.number(bitmaps.AMOUNT)
        # Only terminals that were told a currency name it, often behind fields of their own: read if possible.
        currency = self.fields.number_if_read(bitmaps.CURRENCY, request.currency)
        return amount in (None, request.amount_minor) and currency == request.currency

    def names_sum(self, request: CardRequest) -> bool:
        """The record says this very amount, not just no other."""
        return self.fields.number(bitmaps.AMOUNT) == request.amount_minor and self.sum_fits(request)

    @property
    def slip(self) -> int:
        return self.fields.number_if_read(bitmaps.RECEIPT)

    @property
    def takes_back(self) -> int:
        """Trace of the operation that this record reverses, 0 if it reverses none."""
        original = self.fields.number_if_read(bitmaps.ORIGINAL_TRACE)
        return 0 if original == self.trace else original

    @property
    def trace(self) -> int:
        return self.fields.number_if_read(bitmaps.TRACE)

    def terminal_id(self, otherwise: str) -> str:
        return self.fields.values.get(bitmaps.TERMINAL, b"").hex() or otherwise

    def baseline(self, terminal_id: str) -> Baseline:
        return Baseline(self.terminal_id(terminal_id), self.slip, self.trace)

    def result(self, request: CardRequest, terminal_id: str, lines: tuple[str, ...] = ()) -> CardResult:
        return CardResult(
            operation=request.operation,
            amount_minor=request.amount_minor,
            terminal_id=self.terminal_id(terminal_id),
            slip=self.slip,
            trace=self.trace,
            at=record_time(self.fields, request.sent_at),
            card=shown_card(self.fields.values.get(bitmaps.PAN, b"")),
            scheme=self.fields.text(bitmaps.CARD_NAME),
            auth_code=self.fields.text(bitmaps.AUTHORISATION),
            lines=lines,
        )


def shown_card(number: bytes) -> str:
    """`**** 1234` of a masked card number field, "" if even its last four digits are hidden."""
    last = number.hex().rstrip("f")[-4:]
    return f"**** {last}" if len(last) == 4 and last.isdecimal() else ""
