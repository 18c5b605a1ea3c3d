"""A trouble that owns the screen: what is known about the money, what is being asked, which ways out there are."""

from __future__ import annotations

from typing import Any

from agent.course.course import Course
from agent.course.money_here import DISPUTED, give_back_trouble
from agent.course.schedule import FIRST_S, Asking
from agent.devices.register_desk import RegisterDesk
from agent.till.pay_desk import may_drop_line
from agent.view import CaseView, Note, StepView, WayView
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct


def case_view(course: Course, desk: RegisterDesk, called: bool) -> CaseView | None:
    """None: nothing is in doubt or waiting for a decision."""
    sale = course.record.sale
    if course.live and sale.phase is not Phase.GIVING_BACK:
        return None
    if sale.phase is Phase.IN_DOUBT:
        return _register_case(course, desk, called)
    doubtful = [a for a in sale.attempts if a.phase in (AttemptPhase.UNKNOWN, AttemptPhase.NEEDS_PERSON)]
    if doubtful:
        return _card_case(course, doubtful[0], desk, called)
    if any(a.phase is AttemptPhase.ROLLING_BACK for a in sale.attempts) and sale.phase is Phase.PAYING:
        return _rolling_back_case(course, called)
    if sale.phase in (Phase.PAID_UNSEALED, Phase.GIVING_BACK):
        return _unsealed_case(course, called)
    return None


def _register_case(course: Course, desk: RegisterDesk, called: bool) -> CaseView:
    sale = course.record.sale
    meant = sale.meant
    asking = course.asking.get("register", Asking(0))
    person = sale.seal_asked > 0
    kind = "register_person" if person else "power_cut" if sale.power_cut else "register_unknown"
    evidence: dict[str, Any] = {}
    if meant is not None:
        evidence = {
            "baseline_document": meant.last_document,
            "fn": meant.fn,
            "total_minor": meant.planned.document.total_minor,
            "around": meant.at,
        }
        if desk.last is not None:
            evidence |= {"read_document": desk.last.last_document, "read_fn": desk.last.fn}
    step = "step_register_silent" if asking.silent else "step_register_asking"
    steps = [StepView("register", "asking", Note(step, {"asked": asking.asked}))]
    if sale.card_minor or sale.attempts:
        steps.append(StepView("terminal", "waiting", Note("step_waits_register")))
    note = Note("other_register", _other(evidence)) if asking.other_register else Note(kind)
    ways = _testify("document_exists", "document_absent") if person else []
    return _case(course, kind, note, asking, steps, ways, evidence, called)


def _other(evidence: dict[str, Any]) -> dict[str, Any]:
    return {"expected": evidence.get("fn", ""), "found": evidence.get("read_fn", "")}


def _card_case(course: Course, attempt: Attempt, desk: RegisterDesk, called: bool) -> CaseView:
    sale = course.record.sale
    asking = course.asking.get(attempt.id, Asking(attempt.sent.sent_ms))
    person = attempt.phase is AttemptPhase.NEEDS_PERSON
    unknown = {CardAct.REFUND: "refund_unknown", CardAct.REVERSAL: "reversal_unknown"}
    kind = "card_person" if person else unknown.get(attempt.sent.act, "card_unknown")
    if sale.power_cut and not person:
        kind = "power_cut"
    document = desk.last.last_document if desk.last else 0
    register = Note("step_register_no_document", {"document": document})
    if sale.sealed:
        register = Note("step_register_document_found", {"document": sale.sealed[-1].number})
    terminal = "step_terminal_silent" if asking.silent else "step_terminal_asking"
    steps = [
        StepView("register", "done", register),
        StepView("terminal", "asking", Note(terminal, {"asked": asking.asked})),
    ]
    evidence = {
        "slip_from": attempt.sent.baseline_slip + 1,
        "act": attempt.sent.act.value,
        "amount_minor": attempt.sent.amount_minor,
        "around_ms": attempt.sent.sent_ms,
        "terminal_id": attempt.sent.baseline_terminal_id,
    }
    gives = attempt.sent.act is not CardAct.PURCHASE
    ways = _ask_about_slip(gives) if person else []
    given = "refund_person" if attempt.sent.act is CardAct.REFUND else "reversal_person"
    note = Note(given if person and gives else kind)
    view = _case(course, kind, note, asking, steps, ways, evidence, called)
    return _with(view, attempt)


def _ask_about_slip(gives: bool) -> list[WayView]:
    """The purchase's slip lies on the same counter and has the same sum: money that went back is asked for by name."""
    if not gives:
        return _testify("slip_approved", "slip_none")
    return [
        WayView("slip_approved", Note("slip_given_back"), True),
        WayView("slip_none", Note("slip_not_given_back"), True),
        *_testify(),
    ]


def _with(view: CaseView, attempt: Attempt) -> CaseView:
    from msgspec.structs import replace

    return replace(view, amount_minor=attempt.sent.amount_minor, sent_ms=attempt.sent.sent_ms, attempt=attempt.id)


def _rolling_back_case(course: Course, called: bool) -> CaseView:
    steps = [
        StepView("register", "done", Note("step_register_no_document")),
        StepView("terminal", "asking", Note("step_terminal_rolling_back")),
    ]
    return _case(course, "power_cut", Note("rolling_back"), Asking(0), steps, [], {}, called)


def _unsealed_case(course: Course, called: bool) -> CaseView:
    sale = course.record.sale
    return _case(course, "unsealed", _unsealed_note(sale), Asking(0), [], _ways(sale), {}, called)


def _unsealed_note(sale: Sale) -> Note:
    line = next((x.product.name for x in sale.basket.lines if x.id == sale.trouble_line), "")
    if sale.phase is Phase.GIVING_BACK:
        return Note(give_back_trouble(sale) or "giving_back", {"sum_minor": sale.giving_back_minor})
    if sale.trouble_line:
        return Note("unsealed_mark", {"name": line, "reason": sale.trouble})
    if sale.trouble == "said_absent":
        return Note("unsealed_absent")
    if sale.trouble in ("", "not_made", "register_away"):
        return Note("unsealed_register_away" if sale.trouble else "paid_making_receipt")
    return Note("unsealed_refused", {"reason": sale.trouble.removeprefix("preflight:")})


def _ways(sale: Sale) -> list[WayView]:
    if sale.phase is Phase.GIVING_BACK:
        trouble = give_back_trouble(sale)
        if not trouble:
            return []
        if trouble == DISPUTED:
            # Nothing can go back, so no retry; and no correction: it would be owed for money that is not here.
            return _testify("slip_none")
        return [
            WayView("retry_give_back", Note("retry_give_back"), False, first=True),
            WayView("owe_correction", Note("owe_correction"), True),
        ]
    ways = []
    if sale.trouble_line:
        ways.append(WayView("rescan_mark", Note("rescan_mark"), False, first=True))
    else:
        ways.append(WayView("retry_seal", Note("retry_seal"), False, first=True))
    if may_drop_line(sale):
        line = sale.basket.line(sale.trouble_line)
        params = {"name": line.product.name, "sum_minor": line.sum_minor}
        ways.append(WayView("drop_line", Note("drop_line", params), False))
    if sale.act is SaleAct.SALE and not sale.sealed:
        ways.append(WayView("cancel_payment", Note("cancel_payment", {"sum_minor": sale.paid_minor}), True))
    ways.append(WayView("owe_correction", Note("owe_correction"), True))
    return ways


def _testify(*choices: str) -> list[WayView]:
    """Equal answers: the design does not vote."""
    return [WayView(choice, Note(choice), True) for choice in (*choices, "cannot_tell")]


def _case(
    course: Course,
    kind: str,
    note: Note,
    asking: Asking,
    steps: list[StepView],
    ways: list[WayView],
    evidence: dict[str, Any],
    called: bool,
) -> CaseView:
    sale = course.record.sale
    parkable = bool(asking.since_ms) and kind not in ("register_unknown", "register_person")
    return CaseView(
        kind=kind,
        note=note,
        amount_minor=sale.due_minor,
        sent_ms=asking.since_ms,
        asked=asking.asked,
        next_ms=asking.next_ms if asking.since_ms else 0,
        until_ms=asking.person_ms if asking.since_ms else 0,
        schedule_s=list(FIRST_S) if asking.since_ms else [],
        steps=steps,
        ways=ways,
        evidence=evidence,
        line=sale.trouble_line,
        next_shopper_ms=asking.next_shopper_ms if parkable else 0,
        call_supervisor=called,
    )
