"""What a claim slip, or a case that has no sum yet, looks like on the kiosk's screen."""

from __future__ import annotations

from agent.claims.claim_desk import ClaimDesk
from agent.kiosk.view import ClaimView
from agent.view import Note
from fiscal.claim import Claim


def claim_view(claims: ClaimDesk, claim: Claim) -> ClaimView:
    issued = claim.issued
    reason = Note(f"claim_{issued.reason}")
    return ClaimView(
        issued.number, issued.amount_minor, reason, claims.code(claim), issued.at_ms, issued.expires_ms, True
    )


def case_view(number: str, reason: str, amount_minor: int, now_ms: int) -> ClaimView:
    """Promises nothing yet: staff finds it by its number."""
    return ClaimView(number, amount_minor, Note(f"claim_{reason}"), "", now_ms, 0, False)
