"""The VAT codes are asked of the register once, again after another register was seen, and a register that leaves the
computing to the host is refused before anything is sold."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.errors import NeverSent, Refused
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.driver import make
from drivers.fiscal_registers.shtrih_m.exchange import ENQ
from drivers.fiscal_registers.shtrih_m.frames import ACK, frame
from drivers.fiscal_registers.shtrih_m.vat import FACTORY, read_codes
from drivers.links.recorder import Feed, judge, read_transcript
from drivers.wire.dialogue import Dialogue
from fiscal.vat import VatRate

SYSTEM = "1E000000"
NAMES = ("НДС 22%", "НДС 10%", "НДС 0%")


def asked(command: str, answer: bytes) -> str:
    body = bytes.fromhex(command)
    code = body[: 2 if body[0] == 0xFF else 1]
    lines = [
        f"> {ENQ:02X}",
        "< 15",
        f"> {frame(body).hex()}",
        "< 06",
        f"< {frame(code + answer).hex()}",
        f"> {ACK:02X}",
    ]
    return "\n".join(line[:2] + bytes.fromhex(line[2:]).hex(" ") for line in lines) + "\n"


def table_of_names(tax_mode: int) -> str:
    script = asked(f"1F{SYSTEM}0101000E", bytes([0, tax_mode]))
    if tax_mode:
        name = "Начисление налогов".encode("cp1251").ljust(40, b"\0")
        return script + asked(f"2E{SYSTEM}010E", b"\0" + name + bytes([0, 1, 0, 1]))
    script += asked("FC", b"\0" + bytes([0, 0, 1, 14, 250, 0]) + "ШТРИХ-М-01Ф".encode("cp1251"))
    script += asked(f"2D{SYSTEM}06", b"\0" + "Налоги".encode("cp1251").ljust(40, b"\0") + b"\x0c\x00\x02")
    script += asked(f"2E{SYSTEM}0601", b"\0" + bytes(40) + bytes([0, 2, 0, 0, 0xFF, 0xFF]))
    script += asked(f"2E{SYSTEM}0602", b"\0" + bytes(40) + bytes([1, 57]))
    for row, name in enumerate(NAMES, 1):
        script += asked(f"1F{SYSTEM}06{row:02X}0002", b"\0" + name.encode("cp1251").ljust(57, b"\0"))
    return script + asked(f"1F{SYSTEM}06040002", b"\x33")


def ends(dialogue: Dialogue[Any], script: str) -> object:
    return judge(dialogue, read_transcript(script), Feed.WHOLE)


def test_names_of_the_table_give_the_codes() -> None:
    assert ends(read_codes(Access(30, 30)), table_of_names(0)) == {VatRate.V22: 1, VatRate.V10: 2, VatRate.V0: 4}


def test_a_model_without_that_table_has_its_factory_codes() -> None:
    script = asked(f"1F{SYSTEM}0101000E", b"\x5d")
    script += asked("FC", b"\0" + bytes([0, 0, 1, 14, 250, 0]) + "ШТРИХ-М-01Ф".encode("cp1251"))
    script += asked(f"2D{SYSTEM}06", b"\x37")
    assert ends(read_codes(Access(30, 30)), script) == FACTORY


def test_a_register_that_leaves_vat_to_the_host_is_refused() -> None:
    end = ends(read_codes(Access(30, 30)), table_of_names(1))
    assert isinstance(end, Refused)
    assert end.code == "shtrih_m.TAX_MODE"


def test_silence_while_asking_has_changed_nothing() -> None:
    script = f"> {ENQ:02X}\n~ 1\n" * 3
    assert isinstance(ends(make({}).open_shift("Иван"), script), NeverSent)


@pytest.mark.parametrize("given", ["V22=CB"])
def test_codes_from_the_settings_need_no_asking(given: str) -> None:
    driver = make({"vat_codes": given})
    script = asked(f"FF40{SYSTEM}", bytes([0, 1, 1, 0, 0, 0])) + asked(f"FF01{SYSTEM}", bytes([0, 3]) + bytes(29))
    end = ends(driver.open_shift("Иван"), script)
    assert isinstance(end, Refused)
    assert end.code == "shtrih_m.3C"
