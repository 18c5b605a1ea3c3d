"""Why an encashment does not go on, said by code: nothing changed, the page has the words in both languages."""

from __future__ import annotations


class EncashRefused(Exception):
    """`code`: encash_unit_unknown, encash_not_allowed, encash_purchase_open, encash_piece_moving, encash_payout_open,
    encash_money_unsettled, encash_open_already, encash_not_open, encash_cassette_out, encash_cassette_in,
    encash_cassette_left, encash_cannot_fill, encash_counts_odd, encash_no_document, encash_counted_already."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
