"""The card attempt's table, cell by cell: each of 14 phases × 15 events goes where the law says or is impossible."""

from __future__ import annotations

import pytest

from fiscal import payment as p
from fiscal.payment import MONEY_MOVED, TRANSITIONS, UNSETTLED, AttemptPhase, CardAct, NotAllowed, evolve
from tests.fiscal.sale_samples import CARD_EVENTS, FACTS, SAMPLES, attempt_in

LAW = """
SENT           CardHeard -> HEARD                CardApproved -> APPROVED       CardDeclined -> DECLINED
SENT           CardLost -> UNKNOWN
HEARD          CardApproved -> APPROVED          CardLost -> UNKNOWN
UNKNOWN        CardFoundCharged -> APPROVED      CardFoundNotCharged -> DECLINED CardPersonAsked -> NEEDS_PERSON
NEEDS_PERSON   CardFoundCharged -> APPROVED      CardFoundNotCharged -> DECLINED
NEEDS_PERSON   CardPersonSaidPaid -> PERSON_PAID CardPersonSaidUnpaid -> PERSON_UNPAID
NEEDS_PERSON   CardPersonCannotTell -> CANNOT_TELL
CANNOT_TELL    CardFoundCharged -> APPROVED      CardFoundNotCharged -> DECLINED
CANNOT_TELL    CardPersonSaidPaid -> PERSON_PAID CardPersonSaidUnpaid -> PERSON_UNPAID
CANNOT_TELL    CardRollBackMeant -> ROLLING_BACK
DISPUTED       CardRollBackMeant -> ROLLING_BACK
PERSON_PAID    CardFoundCharged -> APPROVED      CardFoundNotCharged -> DISPUTED
PERSON_PAID    CardConfirmMeant -> CONFIRMING    CardRollBackMeant -> ROLLING_BACK
PERSON_UNPAID  CardFoundNotCharged -> DECLINED   CardFoundCharged -> DISPUTED
APPROVED       CardConfirmMeant -> CONFIRMING    CardRollBackMeant -> ROLLING_BACK
CONFIRMING     CardConfirmed -> BOOKED
ROLLING_BACK   CardRolledBack -> ROLLED_BACK
"""
"""Written down beside the program's own table, so that a slip in either shows. What is not here cannot happen."""


def _read(law: str) -> dict[tuple[str, str], str]:
    cells: dict[tuple[str, str], str] = {}
    for row in law.split("\n"):
        words = row.replace("->", " ").split()
        for event, after in zip(words[1::2], words[2::2], strict=True):
            assert (words[0], event) not in cells, row
            cells[words[0], event] = after
    return cells


CELLS = _read(LAW)


@pytest.mark.parametrize("event", CARD_EVENTS)
@pytest.mark.parametrize("phase", [phase.name for phase in AttemptPhase])
def test_every_cell(phase: str, event: str) -> None:
    """An attempt moves only along its table; an event without a row is a defect and changes nothing."""
    before = attempt_in(AttemptPhase[phase])
    told = SAMPLES[event]
    if (phase, event) not in CELLS:
        with pytest.raises(NotAllowed, match=f"{event} cannot follow {before.phase.value}"):
            evolve(before, told)  # type: ignore[arg-type]
        return
    after = evolve(before, told)  # type: ignore[arg-type]
    assert after.phase.name == CELLS[phase, event]
    assert after.trail[-2:] == (AttemptPhase.SENT, after.phase)
    assert after.sent == before.sent, "an attempt is sent once: nothing changes what was sent"


def test_the_law_and_the_program_name_the_same_cells() -> None:
    """No row is in one of the two tables only."""
    assert {(phase.name, event.__name__): after.name for (phase, event), after in TRANSITIONS.items()} == CELLS


def test_nothing_leads_back_to_sending() -> None:
    """Silence is never answered by asking again: no row ends in SENT, and CardSent follows nothing."""
    assert AttemptPhase.SENT not in TRANSITIONS.values()
    assert not [phase for phase, event in TRANSITIONS if event is p.CardSent]


def test_out_of_silence_lead_only_the_device_and_a_person() -> None:
    """UNKNOWN ends by what the terminal proves or by what a named person testifies, and by nothing else."""
    out = {event for phase, event in TRANSITIONS if phase in (AttemptPhase.UNKNOWN, AttemptPhase.NEEDS_PERSON)}
    found = {p.CardFoundCharged, p.CardFoundNotCharged}
    said = {p.CardPersonAsked, p.CardPersonSaidPaid, p.CardPersonSaidUnpaid, p.CardPersonCannotTell}
    assert out == found | said
    assert {event for phase, event in TRANSITIONS if phase is AttemptPhase.UNKNOWN} == found | {p.CardPersonAsked}


def test_money_is_known_or_doubtful_never_both() -> None:
    """What counts as money is settled; a reservation on its way back is neither money nor settled."""
    assert not MONEY_MOVED & UNSETTLED
    assert attempt_in(AttemptPhase.ROLLING_BACK).unsettled
    assert not attempt_in(AttemptPhase.DISPUTED).money_moved


def test_every_phase_has_an_end() -> None:
    """From each phase the table leads to one where nothing is owed to anybody, or to a person's desk."""
    ends = {AttemptPhase.APPROVED, AttemptPhase.DECLINED, AttemptPhase.BOOKED, AttemptPhase.ROLLED_BACK,
            AttemptPhase.DISPUTED}  # fmt: skip
    reached = set(ends)
    while True:
        more = {phase for (phase, _), after in TRANSITIONS.items() if after in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(AttemptPhase)


def test_what_the_device_and_the_person_said_is_kept() -> None:
    """The fold keeps facts, reasons and names: a screen and an auditor need them."""
    sent = attempt_in(AttemptPhase.SENT, CardAct.REFUND)
    lost = evolve(sent, p.CardLost("attempt-1", "no frame within 5 s"))
    assert lost.reason == "no frame within 5 s"
    asked = evolve(lost, p.CardPersonAsked("attempt-1", 20))
    assert asked.asked == 20
    said = evolve(asked, p.CardPersonSaidPaid("attempt-1", "sue", "slip 93"))
    assert (said.person, said.money_moved, said.unsettled) == ("sue", True, False)
    found = evolve(said, p.CardFoundCharged("attempt-1", FACTS))
    assert (found.facts, found.slip, found.phase) == (FACTS, 93, AttemptPhase.APPROVED)
