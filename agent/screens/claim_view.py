"""The claim screen of a till, and claims still owed as the status page lists them."""

from __future__ import annotations

from collections.abc import Iterable

from agent.claims.asked_money import AskedMoney
from agent.claims.claim_desk import ClaimDesk
from agent.till.claim_acts import is_asking, needs_supervisor
from agent.till.till import Till
from agent.view import AskedView, ClaimScreen, ElsewhereView, Note, SlipView
from fiscal.claim import DAY_MS, Claim, ClaimPhase

LISTED = 50
"""The oldest so many: who has more slips unpaid than that does not need the list, but a person who looks into it."""
_PAYABLE = frozenset({ClaimPhase.ISSUED, ClaimPhase.EXPIRED})


def claim_screen(till: Till, now_ms: int) -> ClaimScreen | None:
    """None: the shop has no slips, or nobody looks at one."""
    desk, shown = till.claims, till.claim
    if desk is None or shown is None:
        return None
    question = till.asked.one(shown.asked) if shown.asked else None
    if question is not None:
        return ClaimScreen(None, [], 0, 0, question=asked_view(till.asked.name(question.kiosk), question))
    claim = desk.claim(shown.number) if shown.number else None
    elsewhere = _elsewhere(till, claim)
    if elsewhere is not None:
        return ClaimScreen(None, [], 0, 0, elsewhere=elsewhere)
    if claim is None:
        owed = desk.owed()
        questions = [asked_view(till.asked.name(one.kiosk), one) for one in till.asked.asked()[:LISTED]]
        return ClaimScreen(None, slip_views(desk, owed, now_ms), len(owed), owed_minor(owed), questions=questions)
    supervisor = needs_supervisor(till, claim) if claim.phase in _PAYABLE else None
    return ClaimScreen(slip_view(desk, claim, now_ms), [], 0, 0, supervisor, is_asking(till))


def _elsewhere(till: Till, claim: Claim | None) -> ElsewhereView | None:
    """The slip on the screen, if another shop owes it and can be asked for it."""
    shown, exchange = till.claim, till.exchange
    if shown is None or exchange is None:
        return None
    if claim is not None and claim.phase is ClaimPhase.MOVED:
        shop, amount_minor, expires_ms = claim.at, claim.issued.amount_minor, claim.issued.expires_ms
    elif claim is None and shown.foreign is not None:
        slip = shown.foreign
        shop, amount_minor, expires_ms = slip.issuer, slip.amount_minor, slip.expires_day * DAY_MS
    else:
        return None
    asked = exchange.asked(shown.number)
    state = "free" if asked is None else "kept" if asked.why else "asked"
    why = Note(f"claim_kept_{asked.why}") if asked is not None and asked.why else None
    at_ms = asked.asked_ms if asked is not None else 0
    return ElsewhereView(shown.number, shop, amount_minor, expires_ms, state, at_ms, why)


def slip_views(desk: ClaimDesk, claims: Iterable[Claim], now_ms: int) -> list[SlipView]:
    return [slip_view(desk, claim, now_ms) for claim in list(claims)[:LISTED]]


def slip_view(desk: ClaimDesk, claim: Claim, now_ms: int) -> SlipView:
    issued = claim.issued
    late = claim.phase is ClaimPhase.ISSUED and desk.is_over(claim)
    return SlipView(
        number=issued.number,
        amount_minor=issued.amount_minor,
        state=ClaimPhase.EXPIRED.value if late else claim.phase.value,
        reason=issued.reason,
        kiosk=desk.kiosk(issued.number),
        at_ms=issued.at_ms,
        expires_ms=issued.expires_ms,
        age_days=claim.age_days(now_ms),
    )


def asked_view(kiosk: str, one: AskedMoney) -> AskedView:
    """`kiosk`: its name for people."""
    return AskedView(one.key, one.kind, kiosk, one.number, one.at_ms, one.sum_minor, list(one.receipts))


def owed_minor(claims: Iterable[Claim]) -> int:
    return sum(claim.owed_minor for claim in claims)
