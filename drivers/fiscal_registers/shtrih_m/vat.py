"""Which code of this register means which VAT rate: read from its own table of taxes where it can be read.

Row n of table 6 stands for the n-th code below; what a row means is said by its name ("НДС 22%", "БЕЗ НДС"), because
firmware renames rows when the law changes (2026: the first row of many devices says 22).
Source: vendor protocol 1.17 (FF46) and the vendor's VAT list; codes of rows 7 to 12 from devices' tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from drivers.errors import Refused
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import exchange
from drivers.fiscal_registers.shtrih_m.state import NOT_IN_THIS_MODEL, if_supported, table_value
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Dialogue
from fiscal.vat import VatRate

VatCodes = Mapping[VatRate, int]

TAX_TABLE = 6
TAX_MODE = (1, 1, 14)  # table, row, field: 0 the register computes VAT, 1 the host does
HOST_COMPUTES = b"\x01"
HOST_MUST_COMPUTE = "shtrih_m.TAX_MODE"
ROW_CODES = (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x81, 0x82, 0x84, 0x88, 0xCB, 0xCC)
FACTORY: VatCodes = {
    VatRate.V20: 0x01,
    VatRate.V10: 0x02,
    VatRate.V0: 0x04,
    VatRate.NONE: 0x08,
    VatRate.V20_120: 0x10,
    VatRate.V10_110: 0x20,
    VatRate.V5: 0x81,
    VatRate.V7: 0x82,
    VatRate.V5_105: 0x84,
    VatRate.V7_107: 0x88,
    VatRate.V22: 0xCB,
    VatRate.V22_122: 0xCC,
}
# The "Nano" line numbers the two rates of 2026 in its own way.
NANO: VatCodes = {**FACTORY, VatRate.V22: 0x90, VatRate.V22_122: 0xA0}
_BY_PERCENT = {(rate.percent, rate.calculated): rate for rate in VatRate}


def rate_named(name: str) -> VatRate | None:
    """The rate a row of the tax table is named after, None if the name says nothing we know."""
    plain = name.upper().replace(" ", "")
    if "БЕЗНДС" in plain or "НЕОБЛ" in plain:
        return VatRate.NONE
    calculated = re.search(r"(\d+)/1(\d+)", plain)
    if calculated:
        percent = int(calculated[1])
        return _BY_PERCENT.get((percent, True)) if int(calculated[2]) == percent else None
    simple = re.search(r"(\d+)(?:[.,]0+)?%", plain) or re.search(r"НДС(\d+)", plain)
    return _BY_PERCENT.get((int(simple[1]), False)) if simple else None


def codes_of_table(names: tuple[str, ...], model: str) -> VatCodes:
    """The codes by the names of table 6, first row first; the model's factory codes if the names say nothing."""
    factory = NANO if "НАНО" in model.upper() else FACTORY
    found: dict[VatRate, int] = {}
    codes = (*ROW_CODES[:10], factory[VatRate.V22], factory[VatRate.V22_122])
    for name, code in zip(names, codes, strict=False):
        rate = rate_named(name)
        if rate is not None:
            found.setdefault(rate, code)
    return found or factory


def parse_codes(text: str) -> VatCodes:
    """Codes from a setting: `V22=01 V10=02`, codes in hexadecimal. Raises SettingWrong."""
    found: dict[VatRate, int] = {}
    for pair in text.split():
        name, _, code = pair.partition("=")
        if name not in VatRate.__members__ or not re.fullmatch(r"[0-9A-Fa-f]{2}", code):
            rates = ", ".join(VatRate.__members__)
            raise SettingWrong(
                f"vat_codes: {pair!r} — не СТАВКА=КОД; ставка одна из {rates}, код — две шестнадцатеричные цифры",
                f"vat_codes: {pair!r} is not RATE=CODE; the rate is one of {rates}, the code two hexadecimal digits",
            )
        found[VatRate[name]] = int(code, 16)
    return found


def read_codes(access: Access) -> Dialogue[VatCodes]:
    """Ask the register. Reads only. Raises Refused if it expects the host to compute the VAT, which this driver leaves
    to the register."""
    yield from _check_tax_mode(access)
    model = (yield from exchange(commands.IDENTIFY))[6:].decode("cp1251", "replace")
    names: list[str] = []
    field = yield from _name_field(access)
    if field is not None:
        for row in range(1, len(ROW_CODES) + 1):
            value = yield from table_value(access, TAX_TABLE, row, field)
            if value is None:  # older firmware has fewer rows
                break
            names.append(value.split(b"\0")[0].decode("cp1251", "replace"))
    return codes_of_table(tuple(names), model)


def _check_tax_mode(access: Access) -> Dialogue[None]:
    """Field numbers differ by model, so the field must also be called after the tax."""
    value = yield from table_value(access, *TAX_MODE)
    if value != HOST_COMPUTES:
        return
    name = yield from if_supported(commands.field_shape(access, TAX_MODE[0], TAX_MODE[2]))
    if name is not None and "НАЛОГ" in name[:40].decode("cp1251", "replace").upper():
        raise Refused(HOST_MUST_COMPUTE, "table 1 row 1 field 14 is 1")


def _name_field(access: Access) -> Dialogue[int | None]:
    """The field of the tax table that holds text."""
    try:
        shape = yield from exchange(commands.table_shape(access, TAX_TABLE))
        for field in range(1, shape[42] + 1 if len(shape) > 42 else 3):
            described = yield from exchange(commands.field_shape(access, TAX_TABLE, field))
            if len(described) > 40 and described[40] == 1:
                return field
    except Refused as refusal:
        if refusal.code not in NOT_IN_THIS_MODEL:
            raise
    return None
