"""Dropping a document that was begun and not committed: in the register and in its fiscal memory."""

from __future__ import annotations

from drivers.errors import Refused, Unanswered
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.asking import NOT_IN_THIS_MODE, ask, go_on_printing
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.state import DOCUMENT_OPEN, fn_status, short_status
from drivers.wire.dialogue import Dialogue

RECEIPT_CLOSED = "shtrih_m.55"
WAITS_CONTINUE_SUBMODE = 3


def cancel_document(access: Access) -> Dialogue[int]:
    """Drop what is open; the number of the last committed document. Harmless when nothing is open.

    Raises Refused if the register will not let go of it (no paper, for one) and Unanswered if it is still open
    although every command was answered well.
    """
    status = yield from short_status(access)
    if status.submode == WAITS_CONTINUE_SUBMODE:
        yield from go_on_printing(access)
        status = yield from short_status(access)
    if status.mode == DOCUMENT_OPEN:
        try:
            yield from ask(access, commands.cancel_receipt(access))
        except Refused as refusal:
            if refusal.code not in (RECEIPT_CLOSED, NOT_IN_THIS_MODE):
                raise
    fn = yield from fn_status(access)
    if fn.document:
        yield from ask(access, commands.cancel_fn_document(access))
        fn = yield from fn_status(access)
    status = yield from short_status(access)
    if fn.document or status.mode == DOCUMENT_OPEN:
        raise Unanswered("the document is still open after it was cancelled")
    return fn.last_document
