"""The commands that fill an open receipt with a document's lines and fields.

    per line   FF46 line, FF4D measure (2108) where it is not a piece or is marked, FF67 its marking code
    then       FF0C cashier (1021) or machine (1036), buyer's address (1008), the sale's key (1084)

Source: vendor protocol 1.17, typical sequence for format 1.2; fields from the fiscal data format.
"""

from __future__ import annotations

from drivers.errors import Refused
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import Command
from drivers.fiscal_registers.shtrih_m.vat import VatCodes
from drivers.wire import tlv
from fiscal.document import FiscalDocument

NO_VAT_CODE = "shtrih_m.VAT_CODE"
BUYER, CASHIER, MACHINE, EXTRA, EXTRA_NAME, EXTRA_VALUE, MEASURE = 1008, 1021, 1036, 1084, 1085, 1086, 2108
KEY_NAME = "tillkeeper"


def receipt_commands(
    access: Access, document: FiscalDocument, codes: VatCodes, *, send_key: bool, send_measure: bool
) -> list[Command]:
    """All commands between opening and closing. Raises Refused if the register has no code for a rate."""
    filling: list[Command] = []
    for line in document.lines:
        if line.vat not in codes:
            raise Refused(NO_VAT_CODE, f"{line.name}: {line.vat.name}")
        filling.append(commands.add_line(access, document.operation, line, codes[line.vat]))
        if send_measure and (line.measure or line.mark is not None):
            filling.append(commands.line_tags(access, tlv.small(MEASURE, line.measure)))
        if line.mark is not None:
            filling.append(commands.bind_mark(access, line.mark))
    return filling + [commands.document_tags(access, field) for field in _fields(document, send_key)]


def cashier_field(cashier: str) -> bytes:
    """Tag 1021, at most 64 characters."""
    return tlv.text(CASHIER, cashier, 64)


def _fields(document: FiscalDocument, send_key: bool) -> list[bytes]:
    fields: list[bytes] = []
    if document.cashier:
        fields.append(cashier_field(document.cashier))
    if document.machine:
        fields.append(tlv.text(MACHINE, document.machine, 20))
    if document.buyer_contact:
        fields.append(tlv.text(BUYER, document.buyer_contact, 64))
    if send_key and document.sale_key:
        named = tlv.text(EXTRA_NAME, KEY_NAME, 64) + tlv.text(EXTRA_VALUE, document.sale_key, 256)
        fields.append(tlv.field(EXTRA, named))
    return fields
