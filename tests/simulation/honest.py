"""An honest person who is asked what a device did: looks at what truly happened, and sometimes cannot tell."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from agent.view import CaseView
from drivers.simulators.world import ListLedger

CANNOT_TELL_SHARE = 0.15
SLIP_SAYS = {"purchase": {"charged", "authorised"}, "refund": {"refunded"}, "reversal": {"reversed"}}


class HonestPerson:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def about_card(self, case: CaseView, terminal: ListLedger) -> tuple[str, dict[str, Any]]:
        """The choice and its arguments: is there a slip of this kind and sum from after the card was asked for?"""
        if self._rng.random() < CANNOT_TELL_SHARE:
            return "cannot_tell", {}
        for record in reversed(terminal.records):
            after = _ms(record) >= case.sent_ms - 1000
            keyed = record.get("key", case.attempt) == case.attempt
            kind = record["event"] in SLIP_SAYS[case.evidence["act"]]
            if kind and after and keyed and record["amount_minor"] == case.amount_minor:
                return "slip_approved", {"slip": str(record["slip"])}
        return "slip_none", {}

    def about_document(self, case: CaseView, register: ListLedger, sale: str) -> tuple[str, dict[str, Any]]:
        if self._rng.random() < CANNOT_TELL_SHARE:
            return "cannot_tell", {}
        for record in register.records:
            if record["event"] != "fiscalised" or record["document"] <= case.evidence["baseline_document"]:
                continue
            if record["key1084"] == sale and record["total_minor"] == case.evidence["total_minor"]:
                return "document_exists", {"number": record["document"], "sign": record["fiscal_sign"]}
        return "document_absent", {}


def _ms(record: dict[str, Any]) -> int:
    return int(dt.datetime.fromisoformat(record["at"]).timestamp() * 1000)
