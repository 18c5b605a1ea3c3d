"""The Shtrih-M driver says what the vendor's manual and real devices' traces say, however the bytes are cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.driver import make
from drivers.fiscal_registers.shtrih_m.state import fn_status, short_status
from drivers.links.recorder import Feed, judge, read_transcript
from drivers.wire.dialogue import Dialogue
from fiscal.document import DocumentLine, DocumentPayments, FiscalDocument, Operation, TaxSystem
from fiscal.vat import VatRate

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts" / "shtrih_m"
ACCESS = Access(cashier=1, system=30)
MILK = FiscalDocument(
    Operation.SALE,
    TaxSystem.GENERAL,
    (DocumentLine("Молоко", 2500, 19990, 49975, VatRate.V20),),
    DocumentPayments(cash_minor=50000),
    cashier="Иван",
    buyer_contact="a@b.ru",
    sale_key="not sent unless the setting says so",
)


def register() -> Any:
    return make({"cashier_password": 1, "vat_codes": "V20=01"})


DIALOGUES: dict[str, Callable[[], Dialogue[Any]]] = {
    "short_status": lambda: short_status(ACCESS),
    "fn_status": lambda: fn_status(ACCESS),
    "silence_after_reading": lambda: fn_status(ACCESS),
    "state": lambda: register().state(),
    "open_shift": lambda: register().open_shift("Иван"),
    "close_shift_busy_but_done": lambda: register().close_shift("Иван"),
    "record": lambda: register().record(130),
    "record_absent": lambda: register().record(130),
    "printing_busy": lambda: register().cash_in(10000),
    "cash_in_waits_continue": lambda: register().cash_in(10000),
    "continue_print": lambda: register().continue_print(),
}


def dialogue_of(name: str) -> Dialogue[Any]:
    """What the transcript of this name judges: by default a receipt if it is named so, else the drawer."""
    if name in DIALOGUES:
        return DIALOGUES[name]()
    opened: Dialogue[Any] = register().seal(MILK) if name.startswith("seal") else register().open_drawer()
    return opened


@pytest.mark.parametrize("feed", Feed)
@pytest.mark.parametrize("name", sorted(path.stem for path in TRANSCRIPTS.glob("*.txt")))
def test_transcript(name: str, feed: Feed) -> None:
    transcript = read_transcript((TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8"))
    assert any(str(line).startswith("= ") for line in transcript), "a transcript says how it ends"
    judge(dialogue_of(name), transcript, feed)
