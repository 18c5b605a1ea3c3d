"""Slips that a shop says it gave over, though HQ does not know that it owed them and nobody says that he asked."""

from __future__ import annotations

import msgspec

from cloud_api.claim_requests import UNASKED
from cloud_api.findings.finding import MOST, Behind, Finding, Rule
from cloud_api.storage.storage import Reading
from sync.wire.facts import ClaimGiven

NO_SHOP = ""
GLOBAL = "/* global: slips between shops */"


async def slips_unasked(storage: Reading) -> list[Finding]:
    """A question that comes after its answer ends the matter (claim_requests.py): the slip is owed by who asked."""
    places = {row[0]: row[1] for row in await storage.rows(f"{GLOBAL} SELECT device, store FROM device")}
    found = []
    for asker, owner, issuer, number, said, answered_ms in await storage.rows(
        f"{GLOBAL} SELECT asker, owner, issuer, number, why, answered_ms FROM claim_request WHERE state=? "
        "ORDER BY answered_ms, issuer, number LIMIT ?",
        (UNASKED, MOST),
    ):
        given = msgspec.json.decode(said, type=ClaimGiven)
        row = Behind("slip", owner, given.request, number, sum=given.amount, at_ms=answered_ms, note=asker)
        names = {"issuer": issuer, "owner": owner, "asker": asker}
        values: dict[str, str | int] = {name: places.get(device, device) for name, device in names.items()}
        values |= {"number": number, "sum": given.amount}
        found.append(Finding(Rule.SLIP_UNASKED, NO_SHOP, 0, owner, "", f"{issuer}/{number}/{given.request}",
                             answered_ms, given.amount, values, [row]))  # fmt: skip
    return found
