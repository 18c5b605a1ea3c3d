"""A payment, refund or reversal: the conversation in which our acknowledgement of the result books the money.

    WAIT_ACK --80 00--> RUNNING                     --84 xx--> refused, it never began
    RUNNING  --04 FF--> acknowledge, wait anew      --"stop"--> 06 B0, and wait on for the original answer
    RUNNING  --04 0F 27=00--> tell the host (durable), acknowledge --> APPROVED
    RUNNING  --04 0F 27=00, another sum--> answer 84, the terminal takes it back --> REJECTED
    RUNNING  --04 0F 27<>00--> acknowledge --> FAILED
    APPROVED --04 0F 27<>00--> acknowledge --> CONTRADICTED
    any      --06 D1, 06 D3--> acknowledge, keep the line
    any      --06 0F | 06 1E--> the end, see `_completed` and `_given_up`
    any      --wire lost, silence--> unknown, unless the terminal had already said that it failed

Source: VdTH PA00P015 rev 13.08, 2.2.8 and 2.2.9 (what happens when replies are lost).
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from drivers.errors import DeviceError, Garbled, Refused, Unanswered
from drivers.links.link import LinkLost
from drivers.payment_terminals.contract import (
    AckSent,
    ApprovalHeard,
    CardOperation,
    CardRequest,
    CardResult,
    Progress,
)
from drivers.payment_terminals.zvt import bitmaps, exchange
from drivers.payment_terminals.zvt.apdu import ACK, Apdu
from drivers.payment_terminals.zvt.patience import Patience
from drivers.payment_terminals.zvt.records import Record
from drivers.payment_terminals.zvt.results import ALREADY_REVERSED, CANCELLED, ZvtRefused
from drivers.payment_terminals.zvt.slips import Slip
from drivers.wire.dialogue import Dialogue, Hear, Send, Tell, Wish

ABORT = Apdu(0x06B0)
REJECT = Apdu(0x8400 | CANCELLED)  # any code but 00, 9C and 9D makes the terminal reverse
STOPPING = Progress("zvt.progress.stopping")


class Phase(Enum):
    WAIT_ACK = "wait_ack"
    RUNNING = "running"
    APPROVED = "approved"  # acknowledged: the money is booked if the acknowledgement arrived
    FAILED = "failed"  # the terminal said that no money moved
    REJECTED = "rejected"  # we declined its approval of another sum
    CONTRADICTED = "contradicted"  # it took an acknowledged approval back


def transact(command: Apdu, request: CardRequest, terminal_id: str, patience: Patience) -> Dialogue[CardResult]:
    """Carry a money command through. Returns when money moved; Refused proves that none did; Unanswered and Garbled
    do not say. An "already reversed" ends a reversal well."""
    transaction = _Transaction(request, terminal_id, patience)
    try:
        return (yield from transaction.carry_out(command))
    except ZvtRefused as refused:
        if request.operation is CardOperation.REVERSAL and refused.byte == ALREADY_REVERSED:
            return transaction.already_reversed()
        raise


class _Transaction:
    def __init__(self, request: CardRequest, terminal_id: str, patience: Patience) -> None:
        self._request = request
        self._terminal_id = terminal_id
        self._patience = patience
        self._phase = Phase.WAIT_ACK
        self._slip = Slip()
        self._approved: CardResult | None = None
        self._failure: ZvtRefused | None = None
        self._stopping = False

    def already_reversed(self) -> CardResult:
        request = self._request
        return CardResult(
            request.operation, request.amount_minor, self._terminal_id, request.of_slip, 0, lines=self._slip.lines
        )

    def carry_out(self, command: Apdu) -> Dialogue[CardResult]:
        try:
            yield Send(command.encode())
            for _ in range(exchange.MOST_MESSAGES):
                message = yield from self._next()
                if message is None:
                    continue
                if message.command == exchange.COMPLETION:
                    yield from exchange.acknowledge_end()
                    return self._completed()
                if message.command == exchange.GIVEN_UP:
                    yield from exchange.acknowledge_end()
                    raise self._given_up(message)
                if message.command == exchange.STATUS_INFORMATION:
                    yield from self._status_information(message)
                else:
                    yield from exchange.oblige(message, self._slip, self._patience)
        except (LinkLost, Unanswered, Garbled) as trouble:
            if self._phase is Phase.FAILED and self._failure is not None:
                raise self._failure from trouble
            if isinstance(trouble, LinkLost):
                raise Unanswered(f"link lost while {self._phase.value}: {trouble}") from trouble
            raise
        raise Unanswered("the terminal talks without coming to an end")

    def _next(self) -> Dialogue[Apdu | None]:
        """The next message to deal with; None after a wish or a response."""
        waits = self._phase is Phase.WAIT_ACK
        within_s = self._patience.answer_s() if waits else self._patience.running_s()
        listens = self._phase is Phase.RUNNING and not self._stopping
        heard: Apdu | Wish = yield Hear(exchange.GRAMMAR, within_s, wishes=listens)
        if isinstance(heard, Wish):
            if heard.name == "stop":
                self._stopping = True
                yield Send(ABORT.encode())
                yield Tell(STOPPING)
            return None
        if waits:
            if heard.response and not heard.positive:
                raise ZvtRefused(heard.refusal_code)
            # A terminal that already works has begun, even where its 80 00 00 was lost on the way.
            self._phase = Phase.RUNNING
        return None if heard.response else heard

    def _status_information(self, message: Apdu) -> Dialogue[None]:
        record = Record(bitmaps.parse(message.data))
        if not record.approved:
            self._failure = ZvtRefused(record.code, record.fields.text(bitmaps.TEXT))
            settled = self._phase in (Phase.APPROVED, Phase.CONTRADICTED)
            if self._phase is not Phase.REJECTED:
                self._phase = Phase.CONTRADICTED if settled else Phase.FAILED
            yield Send(ACK.encode())
            return
        if self._phase is Phase.REJECTED or not record.sum_fits(self._request):
            self._phase = Phase.CONTRADICTED if self._approved else Phase.REJECTED
            yield Send(REJECT.encode())
            return
        result = record.result(self._request, self._terminal_id)
        # From here on only an approval or a question settles it: also when the wire breaks before the acknowledgement.
        self._phase = Phase.APPROVED if self._phase is not Phase.CONTRADICTED else self._phase
        if result == self._approved:
            yield Send(ACK.encode())  # the terminal repeats itself: our acknowledgement was lost
            return
        yield Tell(ApprovalHeard(result))
        self._approved = result
        yield Send(ACK.encode())
        yield Tell(AckSent())

    def _completed(self) -> CardResult:
        if self._phase is Phase.FAILED and self._failure is not None:
            raise self._failure
        if self._phase is Phase.APPROVED and self._approved is not None:
            return replace(self._approved, lines=self._slip.lines)
        raise Unanswered(f"the terminal ended while {self._phase.value}, without saying whether money moved")

    def _given_up(self, message: Apdu) -> DeviceError:
        code, detail = exchange.given_up(message)
        if self._phase in (Phase.APPROVED, Phase.CONTRADICTED):
            return Unanswered(f"given up ({code:02X}) after an acknowledged approval")
        if self._phase is Phase.FAILED and self._failure is not None:
            return self._failure
        if code == 0:
            return Unanswered("given up without a reason")
        if self._phase is Phase.REJECTED:
            return Refused("zvt.amount_differs", f"{code:02X} {detail}".strip())
        return ZvtRefused(code, detail)
