"""A fiscal storage in an operator's register that no shop has told HQ of: one finding for all its receipts."""

from __future__ import annotations

from cloud_api.findings.day_seen import OperatorSeen
from cloud_api.findings.finding import Finding, Rule
from cloud_api.findings.operator_rules import operator_row
from cloud_api.storage.storage import Reading

NO_SHOP = ""
SHOWN = 20  # receipts of one storage: whoever looks for it has enough by then


async def unknown_storages(storage: Reading) -> list[Finding]:
    found = []
    for fn, count, total in await storage.rows(
        "SELECT fn, count(*), sum(abs(total)) FROM operator_document WHERE store=? GROUP BY fn ORDER BY fn", (NO_SHOP,)
    ):
        rows = await storage.rows(
            "SELECT fn, number, total, sign, operation, at FROM operator_document "
            "WHERE store=? AND fn=? ORDER BY number LIMIT ?",
            (NO_SHOP, fn, SHOWN),
        )
        behind = [operator_row(OperatorSeen(*row)) for row in rows]
        values: dict[str, str | int] = {"fn": fn, "count": count}
        found.append(Finding(Rule.UNKNOWN_STORAGE, NO_SHOP, 0, "", "", fn, 0, total, values, behind))
    return found
