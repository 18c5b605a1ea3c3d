"""VAT codes come from the register's own table where it can be read; settings that cannot be used are said plainly."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.catalogue import driver, drivers
from drivers.driver import Kind
from drivers.errors import NeverSent
from drivers.fiscal_registers.shtrih_m.driver import ShtrihM, make
from drivers.fiscal_registers.shtrih_m.vat import FACTORY, NANO, codes_of_table, parse_codes, rate_named
from drivers.links.recorder import Feed, Line, Mark, Mismatch, Recorder, judge, read_transcript
from fiscal.vat import VatRate


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("НДС 22%", VatRate.V22),
        ("НДС 20%", VatRate.V20),
        ("НДС 10%", VatRate.V10),
        ("НДС 0%", VatRate.V0),
        ("БЕЗ НДС", VatRate.NONE),
        ("НДС НЕ ОБЛАГАЕТСЯ", VatRate.NONE),
        ("НДС 20/120", VatRate.V20_120),
        ("НДС 10/110", VatRate.V10_110),
        ("ндс 5%", VatRate.V5),
        ("НДС 7 %", VatRate.V7),
        ("НДС 5/105", VatRate.V5_105),
        ("НДС 7/107", VatRate.V7_107),
        ("НДС 22/122", VatRate.V22_122),
        ("НДС 22,00%", VatRate.V22),
        ("НДС 18%", None),
        ("НДС 20/118", None),
        ("Налог А", None),
    ],
)
def test_a_row_is_what_its_name_says(name: str, rate: VatRate | None) -> None:
    assert rate_named(name) is rate


def test_rows_renamed_by_firmware_keep_their_codes() -> None:
    codes = codes_of_table(("НДС 22%", "НДС 10%", "НДС 0%", "БЕЗ НДС"), "ШТРИХ-ON-LINE")
    assert codes == {VatRate.V22: 1, VatRate.V10: 2, VatRate.V0: 4, VatRate.NONE: 8}


def test_without_a_readable_table_the_model_decides() -> None:
    assert codes_of_table((), "ШТРИХ-М-01Ф") == FACTORY
    assert codes_of_table(("A", "B"), "ШТРИХ-НАНО-Ф") == NANO


def test_codes_from_a_setting() -> None:
    assert parse_codes("V22=CB V10=02") == {VatRate.V22: 0xCB, VatRate.V10: 2}
    with pytest.raises(ValueError, match="V21"):
        parse_codes("V21=01")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"password": 1}, "no setting password"),
        ({"cashier_password": "1"}, "cashier_password"),
        ({"send_sale_key": 1}, "send_sale_key"),
        ({"system_password": -1}, "eight digits"),
        ({"vat_codes": "22"}, "vat_codes"),
    ],
)
def test_a_setting_that_cannot_be_used(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make(settings)


def test_the_catalogue_reads_the_constant() -> None:
    found = driver("shtrih_m")
    assert found.kind is Kind.FISCAL_REGISTER
    assert isinstance(found.make({}), ShtrihM)
    assert found in drivers()
    with pytest.raises(KeyError, match="shtrih_m"):
        driver("abacus")


DRAWER = "> 05\n< 15\n> 02 06 28 1E 00 00 00 00 30\n< 06\n< 02 03 28 00 01 2A\n> 06\n= None\n"


@pytest.mark.parametrize(
    "changed",
    [
        DRAWER.replace("> 06", "> 15"),
        DRAWER.replace("= None", "= 1"),
        DRAWER + "> 05\n",
        DRAWER.replace("< 15\n", ""),
        DRAWER.replace("< 02 03 28 00 01 2A\n", "~ 1\n"),
        DRAWER.replace("28 00 01 2A", "28 46 01 6C"),
    ],
)
@pytest.mark.parametrize("feed", Feed)
def test_a_transcript_that_says_something_else_is_a_mismatch(changed: str, feed: Feed) -> None:
    assert judge(make({}).open_drawer(), read_transcript(DRAWER), feed) is None
    with pytest.raises(Mismatch):
        judge(make({}).open_drawer(), read_transcript(changed), feed)


def test_what_the_recorder_writes_can_be_read() -> None:
    seconds = iter([0.0, 0.0, 0.0, 0.1, 0.1, 0.9, 0.9])
    recorder = Recorder(lambda: next(seconds))
    recorder(">", b"\x05")
    recorder("<", b"\x15")
    recorder(">", b"\x05")
    recorder.ended(NeverSent("no reply"))
    assert recorder.text() == "> 05\n< 15\n~ 0.8\n> 05\n= ! NeverSent\n"
    assert read_transcript(recorder.text())[2] == Line(Mark.SILENCE, "0.8")


@pytest.mark.parametrize("line", ["> 0", "? 05", "~ long"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_transcript(f"# good\n{line}")
