"""Making one receipt: opened, filled line by line, committed by one command, or dropped without a trace.

    10 FF01 [FF61 FF69]... | 8D, {FF46 [FF4D] [FF67]}..., FF0C... | Committing told | FF45
    nothing begun: NeverSent   begun: cancelled, then Refused         may be committed: Unanswered

Source: vendor protocol 1.17, typical sequence for format 1.2; which refusals are ambiguous: the vendor's error list
and reports of receipts found in the memory after them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from drivers.errors import DeviceError, Garbled, NeverSent, Refused, Unanswered
from drivers.fiscal_registers.contract import Committing, SealedDocument
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.asking import (
    PRINTING,
    PRINTING_EVERY_S,
    PRINTING_WITHIN_S,
    WAITS_CONTINUE,
    ask,
    go_on_printing,
)
from drivers.fiscal_registers.shtrih_m.cancelling import cancel_document
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import Command, exchange
from drivers.fiscal_registers.shtrih_m.filling import receipt_commands
from drivers.fiscal_registers.shtrih_m.marks import check_marks
from drivers.fiscal_registers.shtrih_m.state import (
    DATE_UNCONFIRMED,
    DOCUMENT_OPEN,
    SHIFT_CLOSED,
    SHIFT_OPEN,
    SHIFT_OVER_24H,
    fn_status,
    moment,
    short_status,
)
from drivers.fiscal_registers.shtrih_m.vat import VatCodes
from drivers.wire.dialogue import Dialogue, Pause, Tell
from fiscal.document import FiscalDocument

DROPPED = "shtrih_m.NO_ANSWER"
WRONG_MODE = "shtrih_m.73"
MODES_REFUSED = {
    SHIFT_OVER_24H: "shtrih_m.4E",
    SHIFT_CLOSED: "shtrih_m.3D",
    DOCUMENT_OPEN: "shtrih_m.4A",
    DATE_UNCONFIRMED: "shtrih_m.C0",
}
# Fiscal memory failure, its silence, power trouble: the document may have been made all the same.
AMBIGUOUS = frozenset({"shtrih_m.03", "shtrih_m.2F", "shtrih_m.30", "shtrih_m.6A", "shtrih_m.75"})


def seal_document(
    access: Access,
    document: FiscalDocument,
    codes: Callable[[], Dialogue[VatCodes]],
    *,
    send_key: bool,
    send_measure: bool,
    refuse_bad_marks: bool,
) -> Dialogue[SealedDocument]:
    """Make and commit the receipt; errors as `FiscalRegister.seal` says. `codes` asks for the VAT codes."""
    try:
        base = yield from _ready(access)
        known = yield from codes()
        filling = receipt_commands(access, document, known, send_key=send_key, send_measure=send_measure)
        yield from check_marks(access, document, refuse_bad_marks)
    except (Unanswered, Garbled) as error:
        raise NeverSent(f"nothing was begun: {error}") from error
    try:
        yield from ask(access, commands.open_receipt(access, document.operation))
    except NeverSent:
        raise
    except DeviceError as error:
        yield from _drop(access, base, error)
    try:
        for command in filling:
            yield from ask(access, command)
    except DeviceError as error:
        yield from _drop(access, base, error)
    yield Tell(Committing())
    closing = commands.close_receipt(access, document.payments, document.rounding_minor, document.tax_system)
    data = yield from _commit(access, closing, base)
    return read_sealed(document, data, base)


def read_sealed(document: FiscalDocument, data: bytes, base: int) -> SealedDocument:
    """The data of an answer to FF45: change5 number4 sign4 [dateTime5]."""
    number = int.from_bytes(data[5:9], "little")
    if len(data) < 13 or number <= base:
        raise Garbled(f"answer to FF45 after document {base}: {data.hex(' ')}")
    return SealedDocument(
        number=number,
        fiscal_sign=int.from_bytes(data[9:13], "little"),
        operation=document.operation,
        total_minor=document.total_minor,
        at=moment(*data[13:18]) if len(data) >= 18 else None,
        change_minor=int.from_bytes(data[:5], "little"),
    )


def _ready(access: Access) -> Dialogue[int]:
    """The number of the last document, if a receipt can be begun. Reads, and at most lets a print go on."""
    status = yield from short_status(access)
    if status.mode != SHIFT_OPEN:
        raise Refused(MODES_REFUSED.get(status.mode, WRONG_MODE), f"mode {status.mode}")
    if status.submode:
        yield from go_on_printing(access)
    fn = yield from fn_status(access)
    if fn.document:
        raise Refused(MODES_REFUSED[DOCUMENT_OPEN], f"document {fn.document:02X} is open in the fiscal memory")
    return fn.last_document


def _commit(access: Access, closing: Command, base: int) -> Dialogue[bytes]:
    """Send FF45. It is sent again only after an answer that proves it was not executed, and the memory agrees."""
    waited_s, continued = 0.0, False
    while True:
        try:
            return (yield from exchange(closing))
        except Refused as refusal:
            yield from _verify_uncommitted(access, base, refusal)
            if refusal.code == PRINTING and waited_s < PRINTING_WITHIN_S:
                yield Pause(PRINTING_EVERY_S)
                waited_s += PRINTING_EVERY_S
            elif refusal.code == WAITS_CONTINUE and not continued:
                continued = True
                try:
                    yield from go_on_printing(access)
                except DeviceError as error:
                    yield from _drop(access, base, error)
            else:
                yield from _drop(access, base, refusal)
        except NeverSent as error:
            yield from _drop(access, base, error)


def _verify_uncommitted(access: Access, base: int, refusal: Refused) -> Dialogue[None]:
    """Raises Unanswered unless the refusal and the fiscal memory both say that nothing was committed."""
    if refusal.code in AMBIGUOUS:
        raise Unanswered(f"closing: {refusal}; the document may exist") from refusal
    try:
        last = (yield from fn_status(access)).last_document
    except DeviceError as error:
        raise Unanswered(f"closing: {refusal}, then {error}") from error
    if last != base:
        raise Unanswered(f"closing: {refusal}, but the last document moved from {base} to {last}") from refusal


def _drop(access: Access, base: int, error: DeviceError) -> Dialogue[NoReturn]:
    """Cancel what was begun, then say why: Refused if nothing is left of it, else Unanswered."""
    try:
        last = yield from cancel_document(access)
    except DeviceError as trouble:
        raise Unanswered(f"{error}; the receipt could not be cancelled: {trouble}") from error
    if last != base:
        raise Unanswered(f"{error}; the last document moved from {base} to {last}") from error
    if isinstance(error, Refused):
        raise Refused(error.code, error.detail) from error
    raise Refused(DROPPED, str(error)) from error
