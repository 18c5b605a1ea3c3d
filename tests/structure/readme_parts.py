"""The parts of the README that are printed from the program: the table of devices and the diagram of a sale.

`python tests/structure/readme_parts.py` writes them into README.md; the test compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from agent.checkup.devices_report import COMMIT  # noqa: E402
from drivers.catalogue import drivers  # noqa: E402
from fiscal.sale_diagram import diagram  # noqa: E402

README = ROOT / "README.md"
TABLE = re.compile(r"(\| device \|[^\n]*\n\|[-|]+\n)((?:\|[^\n]*\n)*)")
DIAGRAM = re.compile(r"```mermaid\n(.*?)\n```", re.DOTALL)
KINDS = {
    "fiscal_register": "fiscal register",
    "payment_terminal": "card terminal",
    "goods_check": "check of marked goods",
    "scanner": "barcode scanner",
    "cash_device": "notes and coins",
}


def device_rows() -> str:
    return "".join(
        f"| {KINDS[each.kind.value]} | {each.title} | `{each.name}` | {each.evidence.value}: {each.source} "
        f"| {each.commit}: {COMMIT[each.commit][1]} |\n"
        for each in drivers()
    )


def with_parts(text: str) -> str:
    """The README with its printed parts renewed."""
    text = TABLE.sub(lambda found: found[1] + device_rows(), text, count=1)
    return DIAGRAM.sub(lambda _: f"```mermaid\n{diagram()}\n```", text, count=1)


if __name__ == "__main__":
    README.write_text(with_parts(README.read_text(encoding="utf-8")), encoding="utf-8")
