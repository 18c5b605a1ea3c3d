"""What a sale does next by itself: a pure reading of where it stands.

The register is resolved before the terminal, because whether a charge is kept or given back hangs on the register's
answer. Whatever is not listed waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from agent.course.money_here import disputed_charge, give_back_trouble
from fiscal.payment import ASKABLE, Attempt, AttemptPhase, CardAct
from fiscal.sale import ENDED, Phase, Sale


class Do(Enum):
    ASK_REGISTER = "ask_register"
    ASK_TERMINAL = "ask_terminal"
    LOSE_CARD = "lose_card"  # found SENT or HEARD at start: its answer is lost
    LOSE_SEAL = "lose_seal"  # found SEALING at start
    ROLL_BACK = "roll_back"
    MEAN_ROLL_BACK = "mean_roll_back"
    CONFIRM = "confirm"
    MEAN_CONFIRM = "mean_confirm"
    SEAL = "seal"
    MEND = "mend"  # seal again as soon as the register is fit
    REOPEN = "reopen"
    UNLOCK = "unlock"
    GIVE_BACK = "give_back"
    GIVEN_BACK = "given_back"
    CLOSE = "close"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class NextStep:
    do: Do
    attempt: str = ""


MENDS_BY_ITSELF = frozenset({"", "register_away", "not_made", "preflight"})
"""Troubles after which the same document may succeed without anybody changing it."""


def mends_by_itself(trouble: str) -> bool:
    return trouble.partition(":")[0] in MENDS_BY_ITSELF


def next_step(sale: Sale) -> NextStep | None:
    """None: a person (or a running conversation) is next."""
    if sale.phase is Phase.SEALING:
        return NextStep(Do.LOSE_SEAL)
    for attempt in sale.attempts:
        if attempt.phase in (AttemptPhase.SENT, AttemptPhase.HEARD):
            return NextStep(Do.LOSE_CARD, attempt.id)
    if sale.phase is Phase.IN_DOUBT:
        return NextStep(Do.ASK_REGISTER)
    for attempt in sale.attempts:
        if attempt.phase is AttemptPhase.ROLLING_BACK:
            return NextStep(Do.ROLL_BACK, attempt.id)
        if attempt.phase is AttemptPhase.CONFIRMING:
            return NextStep(Do.CONFIRM, attempt.id)
    for attempt in sale.attempts:
        if attempt.phase in (AttemptPhase.UNKNOWN, AttemptPhase.NEEDS_PERSON):
            return NextStep(Do.ASK_TERMINAL, attempt.id)
    step = _by_phase(sale) or _held(sale)
    if step is None:
        # Late truth: a person has spoken, the terminal may still confirm or contradict.
        late = next((a for a in sale.attempts if a.phase in ASKABLE), None)
        return NextStep(Do.ASK_TERMINAL, late.id) if late else None
    return step


def _by_phase(sale: Sale) -> NextStep | None:
    match sale.phase:
        case Phase.PAYING:
            return _paying(sale)
        case Phase.PAID_UNSEALED:
            if _interrupted_reservation(sale) or (disputed_charge(sale) and not sale.sealed):
                return NextStep(Do.REOPEN)
            return NextStep(Do.MEND) if mends_by_itself(sale.trouble) else None
        case Phase.GIVING_BACK:
            if sale.giving_back_minor > 0:
                # A refused way back waits for a person, and so does money that is not here; nothing is tried twice.
                return None if give_back_trouble(sale) else NextStep(Do.GIVE_BACK)
            return NextStep(Do.VOID if sale.cancelled else Do.GIVEN_BACK)
        case Phase.SEALED:
            if sale.documents_left:
                return NextStep(Do.SEAL)
            waiting = _reserved(sale)
            return NextStep(Do.MEAN_CONFIRM, waiting.id) if waiting else NextStep(Do.CLOSE)
    return None


def _paying(sale: Sale) -> NextStep | None:
    if sale.unsettled:
        return None
    interrupted = _interrupted_reservation(sale)
    if interrupted:
        return NextStep(Do.MEAN_ROLL_BACK, interrupted.id)
    if sale.left_minor == 0 and not sale.trouble:
        return NextStep(Do.SEAL)
    # Declined, refused before anything was paid, or the lights went: the basket is free again.
    return None if sale.money_here else NextStep(Do.UNLOCK)


def _held(sale: Sale) -> NextStep | None:
    """Money that a terminal holds for us although nothing hangs on it any more: it would stay reserved, and the
    terminal blocked. Kept where the goods are gone, given back where no receipt will be made or a person said "unpaid".
    """
    keeps = sale.phase in (Phase.CLOSED, Phase.CORRECTION_DUE) or (
        sale.phase is Phase.LEFT_OPEN and (sale.meant is not None or bool(sale.sealed))
    )
    for attempt in sale.attempts:
        if not attempt.sent.confirm:
            continue
        if attempt.phase is AttemptPhase.DISPUTED and attempt.trail[-2] is AttemptPhase.PERSON_UNPAID:
            return NextStep(Do.MEAN_ROLL_BACK, attempt.id)
        if sale.phase not in ENDED:
            continue
        if attempt.phase in (AttemptPhase.APPROVED, AttemptPhase.PERSON_PAID):
            return NextStep(Do.MEAN_CONFIRM if keeps else Do.MEAN_ROLL_BACK, attempt.id)
        if attempt.phase is AttemptPhase.CANNOT_TELL and not keeps:
            return NextStep(Do.MEAN_ROLL_BACK, attempt.id)
    return None


def _reserved(sale: Sale) -> Attempt | None:
    """A purchase whose money the terminal holds until we confirm."""
    keeping = (AttemptPhase.APPROVED, AttemptPhase.PERSON_PAID)
    return next(
        (a for a in sale.attempts if a.sent.confirm and a.sent.act is CardAct.PURCHASE and a.phase in keeping), None
    )


def _interrupted_reservation(sale: Sale) -> Attempt | None:
    """Reserved before the power was cut and no document made: a crash between approval and seal is rolled back."""
    return _reserved(sale) if sale.power_cut and not sale.sealed else None
