"""The demo's fiscal data operator: what the registers handed over, as a register HQ takes in; one receipt is lost.

It reads what the simulated registers keep of their archives, not what the tills told HQ: the two meet at HQ's own door.
The second receipt of each fiscal storage is missing there, so that the office has something that does not fit.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import anyio
import httpx

RECEIPT = 4  # the code of a receipt in the register's archive
LOST = 1  # counted from 0: the receipt the operator does not have
EVERY_S = 30.0  # a newcomer who has sold a few things looks at the office a minute later
ANSWERS_WITHIN_S = 30.0
OPERATIONS = {1: "Приход", 2: "Возврат прихода", 3: "Расход", 4: "Возврат расхода"}
HEADING = "Заводской номер ФН;Номер ФД;ФПД;Признак расчета;Дата и время;Сумма расчета, руб."

log = logging.getLogger("tillkeeper.demo")


async def keep_register_loaded(root: Path, office: str) -> None:
    """Until cancelled. `root` is where the demo keeps its shops' devices, `office` HQ's address."""
    told = ""
    async with httpx.AsyncClient(base_url=office, trust_env=False, timeout=ANSWERS_WITHIN_S) as client:
        while True:
            await anyio.sleep(EVERY_S)
            try:
                text = await anyio.to_thread.run_sync(register_of, root)
                if text.count("\n") > 1 and text != told:
                    body = text.encode("utf-8-sig")
                    answer = await client.post("/v1/operator-registers", params={"name": "ofd-demo.csv"}, content=body)
                    answer.raise_for_status()
                    told = text
            except (OSError, ValueError, KeyError, httpx.HTTPError) as trouble:
                log.warning("the demo's operator waits: %s", trouble)  # a register writes its file anew at that moment


def register_of(root: Path) -> str:
    """What the operator of all registers below `root` shows. OSError, ValueError or KeyError for half a file."""
    lines = [HEADING]
    for path in sorted(root.rglob("register-*.state.json")):
        lines += _of_one(json.loads(path.read_text("utf-8")))
    return "\n".join(lines) + "\n"


def _of_one(memory: dict[str, Any]) -> list[str]:
    fn = memory["identity"]["fn"]
    receipts = [one for one in memory["fn"]["documents"] if one["kind"] == RECEIPT and one["sent"]]
    lines = []
    for one in [*receipts[:LOST], *receipts[LOST + 1 :]]:
        roubles = f"{one['total'] // 100},{one['total'] % 100:02}"
        cells = (fn, one["number"], one["sign"], OPERATIONS[one["operation"]], one["at"], roubles)
        lines.append(";".join(str(cell) for cell in cells))
    return lines
