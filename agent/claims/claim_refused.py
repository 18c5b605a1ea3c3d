"""What is wrong with a slip, said by code: nothing changed, the page has the words in both languages."""

from __future__ import annotations

from typing import Any


class ClaimRefused(Exception):
    """`code`: claim_unreadable, claim_forged, claim_unknown, claim_other_issuer, claim_no_sum, claims_not_kept, or
    claim_ and the phase that does not allow it: claim_paying, claim_paid, claim_cancelled, claim_expired."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
