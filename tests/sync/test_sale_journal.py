"""Every event of a sale goes into the journal as JSON and comes back the same; older and newer bodies are read too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.store.batch import Row
from sync.store.sale_journal import is_sale_row, read_sale, to_entry, to_event
from tests.fiscal.sale_samples import ALL_EVENTS, OPENED, SAMPLES


def row_of(name: str) -> Row:
    entry = to_entry(SAMPLES[name], "sale-1", "1")
    return Row(1, 5, entry.till, entry.sale, entry.kind, entry.body)


def _floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_floats(each) for each in value.values())
    if isinstance(value, list):
        return any(_floats(each) for each in value)
    return isinstance(value, float)


def test_there_is_an_example_of_every_event() -> None:
    assert set(SAMPLES) == set(ALL_EVENTS)


@pytest.mark.parametrize("name", ALL_EVENTS)
def test_an_event_survives_the_journal(name: str) -> None:
    """Law 1: what is durable is the whole event, to the last field; sums are whole numbers also in JSON."""
    row = row_of(name)
    assert is_sale_row(row)
    assert to_event(row) == SAMPLES[name]
    assert not _floats(json.loads(row.body))


@pytest.mark.parametrize("name", ALL_EVENTS)
def test_a_newer_agents_member_is_passed_over(name: str) -> None:
    """A journal written by a newer agent stays readable: what we do not know is not ours to judge."""
    row = row_of(name)
    body = json.dumps({**json.loads(row.body), "from_the_future": 1}).encode()
    assert to_event(Row(1, 5, "1", "sale-1", row.kind, body)) == SAMPLES[name]


def test_rows_of_other_matters_are_no_events_of_a_sale() -> None:
    """The journal holds shifts and cash too; a sale's fold leaves them out."""
    entry = to_entry(OPENED, "sale-1", "1")
    rows = [Row(1, 5, "1", "sale-1", entry.kind, entry.body), Row(2, 5, "1", "sale-1", "shift.opened", b"{}")]
    assert not is_sale_row(rows[1])
    assert read_sale(rows).opened == OPENED


def test_kinds_are_stable() -> None:
    """These words lie in every journal that exists: renaming an event class would lose its past."""
    kinds = {to_entry(event, "s", "1").kind for event in SAMPLES.values()}
    assert kinds == {f"sale.{word}" for word in KINDS.split()}


KINDS = """
sale_opened line_put line_removed undone mark_judged contact_given customer_named planned unlocked cash_taken
cash_returned credit_taken credit_returned seal_meant seal_committing sealed seal_refused_unpaid seal_refused_paid
seal_unknown seal_person_asked line_dropped payment_cancelled given_back correction_due left_open voided closed parked
recalled power_returned reopened
card_sent card_heard card_approved card_declined card_lost card_found_charged card_found_not_charged card_person_asked
card_person_said_paid card_person_said_unpaid card_person_cannot_tell card_confirm_meant card_confirmed
card_roll_back_meant card_rolled_back
"""
