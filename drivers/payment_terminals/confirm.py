"""The `confirm` terminal: it holds the money reserved until the till commits or rolls back after the fiscal receipt.

    -> {"n":1,"do":"authorise","key":K,"amount":1000,"currency":643}\\n
    <- {"n":1,"show":"present card","code":"present_card"}\\n               any number of them
    <- {"n":1,"key":K,"state":"suspended","slip":93,"amount":1000,...}\\n
    ... the receipt is made ...
    -> {"n":1,"do":"commit","key":K}\\n        <- {"n":1,"key":K,"state":"booked","slip":93,"amount":1000}\\n

Each conversation has a connection of its own; requests are numbered from 1 in it.
Source: CONFIRM.md beside this file (the project's own protocol, version 1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Garbled, Refused, Unanswered, WrongDevice
from drivers.links.link import LinkLost
from drivers.payment_terminals.card_numbers import mask_text
from drivers.payment_terminals.confirm_texts import refusal_code
from drivers.payment_terminals.contract import (
    Baseline,
    CannotTell,
    CardOperation,
    CardRequest,
    CardResult,
    Charged,
    Commit,
    DayTotals,
    NotCharged,
    Progress,
    TerminalState,
    Verdict,
)
from drivers.payment_terminals.redaction import redact_frame
from drivers.wire.dialogue import Answer, Dialogue, Hear, Send, Tell, Wish
from drivers.wire.first_words import first_words
from drivers.wire.lines import JsonLines, Message, encode_line, text, whole

GRAMMAR = JsonLines()
STATE_WITHIN_S = 2.0  # what a pre-flight may take before the customer is asked for a card
MOST_LINES = 5000  # hours of texts on the terminal's screen: one that shows more talks in a circle
MOVED = {"suspended", "booked", "refunded", "reversed"}
VERBS = {CardOperation.PURCHASE: "authorise", CardOperation.REFUND: "refund", CardOperation.REVERSAL: "reverse"}


class Confirm:
    """A connected model of a terminal."""

    def __init__(self, settings: Mapping[str, int | str | bool]) -> None:
        chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
        self._card_s = float(int(chosen["card_s"]))
        self._answer_s = float(int(chosen["answer_s"]))

    @property
    def commit(self) -> Commit:
        return Commit.CONFIRM

    def state(self) -> Dialogue[TerminalState]:
        """WrongDevice if what answers speaks another protocol."""
        return _plainly(first_words("confirm", self._first_state(), redact_frame))

    def perform(self, request: CardRequest) -> Dialogue[CardResult]:
        return _plainly(self._perform(request))

    def ask(self, request: CardRequest) -> Dialogue[Verdict]:
        return _plainly(self._ask(request))

    def confirm(self, key: str) -> Dialogue[None]:
        return _plainly(self._settle("commit", key, "booked"))

    def roll_back(self, key: str) -> Dialogue[None]:
        return _plainly(self._settle("rollback", key, "rolled_back"))

    def mend(self) -> Dialogue[str]:
        """This protocol knows no service of its own: the state's reason, as it is."""
        return (yield from self.state()).reason

    def end_of_day(self) -> Dialogue[DayTotals]:
        return _plainly(self._end_of_day())

    def _first_state(self) -> Dialogue[TerminalState]:
        try:
            return (yield from self._state(1, STATE_WITHIN_S))
        except Garbled as garbled:
            raise WrongDevice("confirm", str(garbled)) from garbled

    def _state(self, number: int, within_s: float) -> Dialogue[TerminalState]:
        answer = yield from _question(number, {"do": "state"}, within_s)
        _refuse_errors(answer)
        terminal_id = text(answer, "terminal")
        ready = answer.get("ready") is True
        reason = "" if ready else refusal_code(text(answer, "reason"), otherwise="not_ready")
        return TerminalState(terminal_id, ready, reason, Baseline(terminal_id, whole(answer, "slip"), 0))

    def _perform(self, request: CardRequest) -> Dialogue[CardResult]:
        yield Send(encode_line({"n": 1, **_order(request)}))
        stopping = False
        for _ in range(MOST_LINES):
            heard: Message | Wish = yield Hear(GRAMMAR, self._card_s, wishes=not stopping)
            if isinstance(heard, Wish):
                if heard.name == "stop":
                    stopping = True
                    yield Send(encode_line({"n": 2, "do": "stop", "key": request.key}))
                continue
            if heard.get("n") == 2 and stopping:
                continue  # it heard our wish; what became of the operation comes as its own answer
            _expect_number(heard, 1)
            if "show" in heard:
                yield Tell(Progress(f"confirm.progress.{text(heard, 'code')}", mask_text(text(heard, "show"))))
                continue
            _refuse_errors(heard)
            return _outcome(heard, request)
        raise Unanswered("the terminal talks without coming to an end")

    def _ask(self, request: CardRequest) -> Dialogue[Verdict]:
        state = yield from self._state(1, self._answer_s)
        if state.terminal_id != request.baseline.terminal_id:
            return CannotTell("confirm.other_terminal")
        answer = yield from _question(2, {"do": "query", "key": request.key}, self._answer_s)
        _refuse_errors(answer)
        told = text(answer, "state")
        if told == "running":
            return CannotTell("confirm.running")
        if told == "unknown":
            # It never got the request, or not yet: asked again later it is proof.
            return NotCharged("confirm.unknown_key", final=False, absent=True)
        if told in MOVED and whole(answer, "amount") != request.amount_minor:
            return CannotTell("confirm.amount_differs")
        try:
            return Charged(_outcome(answer, request))
        except Refused as refused:
            return NotCharged(refused.code)

    def _settle(self, verb: str, key: str, wanted: str) -> Dialogue[None]:
        answer = yield from _question(1, {"do": verb, "key": key}, self._answer_s)
        _refuse_errors(answer)
        if text(answer, "key") != key or text(answer, "state") != wanted:
            raise Garbled(f"{verb} was answered with {text(answer, 'state')!r}")

    def _end_of_day(self) -> Dialogue[DayTotals]:
        answer = yield from _question(1, {"do": "totals"}, self._card_s)
        _refuse_errors(answer)
        return DayTotals(
            whole(answer, "total"), whole(answer, "count"), whole(answer, "first", 0), whole(answer, "last", 0)
        )


def _order(request: CardRequest) -> Message:
    order: Message = {"do": VERBS[request.operation], "key": request.key}
    if request.operation is not CardOperation.PURCHASE:
        order["of"] = request.of_slip
    if request.operation is not CardOperation.REVERSAL:
        order |= {"amount": request.amount_minor, "currency": request.currency}
    return order


def _question(number: int, question: Message, within_s: float) -> Dialogue[Message]:
    yield Send(encode_line({"n": number, **question}))
    answer: Message = yield Hear(GRAMMAR, within_s)
    _expect_number(answer, number)
    return answer


def _expect_number(answer: Message, number: int) -> None:
    # 0 stands where the terminal could not read the number of what it complains about.
    if answer.get("n") != number and not (answer.get("n") == 0 and "error" in answer):
        raise Garbled(f"answer {answer.get('n')!r} to request {number}")


def _refuse_errors(answer: Message) -> None:
    if "error" in answer:
        raise Refused(refusal_code(text(answer, "error")), text(answer, "error"))


def _outcome(answer: Message, request: CardRequest) -> CardResult:
    """What became of the request's key. Refused where no money moved; Garbled if this is not about the request."""
    if text(answer, "key") != request.key:
        raise Garbled("an answer about another key")
    state = text(answer, "state")
    kind = text(answer, "kind", request.operation.value)
    if kind != request.operation.value:
        raise Garbled(f"the key belongs to a {kind}")
    reason = text(answer, "reason")
    reversed_before = request.operation is CardOperation.REVERSAL and reason == "already_reversed"
    if state == "declined" and not reversed_before:
        raise Refused(refusal_code(reason), reason)
    if state == "rolled_back":
        raise Refused(refusal_code(state), state)
    if state not in MOVED and not reversed_before:
        raise Garbled(f"a state {state!r} that ends nothing")
    amount = whole(answer, "amount", request.amount_minor if reversed_before else None)
    if amount != request.amount_minor:
        raise Garbled("an answer about another amount")
    return CardResult(
        operation=request.operation,
        amount_minor=amount,
        terminal_id=request.baseline.terminal_id,
        slip=whole(answer, "slip", request.of_slip if reversed_before else None),
        trace=0,
        at=_local(text(answer, "at")),
        card=mask_text(text(answer, "card")),
        scheme=mask_text(text(answer, "scheme")),
        auth_code=mask_text(text(answer, "auth")),
    )


def _local(at: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(at, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None


def _plainly(dialogue: Dialogue[Answer]) -> Dialogue[Answer]:
    """The same conversation, with a lost link as what it means once something was sent."""
    try:
        return (yield from dialogue)
    except LinkLost as lost:
        raise Unanswered(f"link lost: {lost}") from lost


SETTINGS: Mapping[str, Setting] = {
    "card_s": Setting(
        180,
        "seconds to wait for the terminal's next line while a card is asked for",
        "сколько секунд ждать следующей строки терминала, пока он просит карту",
    ),
    "answer_s": Setting(
        5,
        "seconds to wait for the answer to a question, a commit or a roll back",
        "сколько секунд ждать ответа на вопрос, подтверждение или откат",
    ),
}

DRIVER = Driver(
    name="confirm",
    kind=Kind.PAYMENT_TERMINAL,
    title="Confirm",
    make=Confirm,
    evidence=Evidence.TRANSCRIPT,
    source="drivers/payment_terminals/CONFIRM.md, version 1",
    commit=Commit.CONFIRM.value,
    settings=SETTINGS,
)
