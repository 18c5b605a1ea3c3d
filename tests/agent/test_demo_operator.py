"""The demo's operator has what the registers handed over, except one receipt of each."""

from __future__ import annotations

import json
from pathlib import Path

from agent.demo.demo_operator import LOST, register_of
from cloud_api.operator_register.reading import Operation, read_register

FN = "9999078969067064"


def test_the_operator_lacks_one_receipt_that_was_handed_over(tmp_path: Path) -> None:
    def filed(number: int, kind: int = 4, *, sent: bool = True, operation: int = 1) -> dict[str, object]:
        told = {"number": number, "kind": kind, "at": "2026-11-21T12:00:00", "sign": 7}
        return {**told, "operation": operation, "total": 12_305, "sent": sent}

    documents = [filed(1, 1), filed(2, 2), filed(3), filed(4), filed(5, operation=2), filed(6, sent=False)]
    memory = {"identity": {"fn": FN}, "fn": {"documents": documents}}
    (tmp_path / "register-1.jsonl.state.json").write_text(json.dumps(memory))
    found = read_register(register_of(tmp_path).encode("utf-8-sig"))
    assert [(row.number, row.total_minor, row.operation) for row in found.rows] == [
        (3, 12_305, Operation.SALE),
        (5, 12_305, Operation.SALE_REFUND),
    ]
    assert (LOST, found.odd) == (1, [])
