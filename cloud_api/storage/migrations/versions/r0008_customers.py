"""Customers of the chain: who agreed, the keys that name them, which profiles are one person, what they are offered.

A profile is never deleted and never moved: what was told under it keeps its id. That two profiles are one person is a
row of customer_alias, and customer.root what those rows add up to (cloud_api/customers/fold.py); one taken back
stays, with the number of the event that did it. customer_key is deleted with the consent it hangs on;
customer_consent keeps of an ended one the hash of its id. customer_event numbers everything that happened to profiles,
in the order of commits.

What a customer did is the shops': customer_purchase and offer_event are keyed by the store that told them, and name
the consent, so one join gives the profile whatever was merged since.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0008"
down_revision = "0007"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset(
    {
        *("customer", "customer_key", "customer_consent", "customer_event", "customer_alias", "customer_aside"),
        *("customer_told", "offer"),
    }
)
"""A customer comes to many shops and belongs to none. Each row names its customer, by which these can be spread in a
group of their own when a chain's customers outgrow one server."""

_FACT = "store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, seq {int} NOT NULL"
TABLES = (
    "customer(customer TEXT NOT NULL PRIMARY KEY, root TEXT NOT NULL, created_ms {int} NOT NULL)",
    """customer_key(
  kind TEXT NOT NULL, key_hash TEXT NOT NULL, consent TEXT NOT NULL, customer TEXT NOT NULL, tail TEXT NOT NULL,
  verified {int} NOT NULL, since_ms {int} NOT NULL, PRIMARY KEY(kind, key_hash, consent))""",
    """customer_consent(
  consent TEXT NOT NULL PRIMARY KEY, customer TEXT NOT NULL, store TEXT NOT NULL, device TEXT NOT NULL,
  purpose TEXT NOT NULL, text_version TEXT NOT NULL, text_hash TEXT NOT NULL, given_ms {int} NOT NULL,
  ended_ms {int}, why TEXT NOT NULL, confirmed_ms {int})""",
    """customer_event(
  n {int} NOT NULL PRIMARY KEY, kind TEXT NOT NULL, customer TEXT NOT NULL, other TEXT NOT NULL, at_ms {int} NOT NULL,
  who TEXT NOT NULL, reason TEXT NOT NULL, of_n {int})""",
    """customer_alias(
  n {int} NOT NULL PRIMARY KEY, loser TEXT NOT NULL, survivor TEXT NOT NULL, undone_n {int})""",
    """customer_aside(
  n {int} NOT NULL PRIMARY KEY, kind TEXT NOT NULL, customer TEXT NOT NULL, other TEXT NOT NULL,
  at_ms {int} NOT NULL, decided_n {int})""",
    """customer_told(
  customer TEXT NOT NULL, store TEXT NOT NULL, asked_ms {int} NOT NULL, PRIMARY KEY(customer, store))""",
    """offer(offer TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL, changed_ms {int} NOT NULL)""",
    f"""customer_purchase(
  {_FACT}, sale TEXT NOT NULL, consent TEXT NOT NULL, at_ms {{int}} NOT NULL, how TEXT NOT NULL,
  PRIMARY KEY(store, device, sale))""",
    f"""offer_event(
  {_FACT}, event TEXT NOT NULL, offer TEXT NOT NULL, consent TEXT NOT NULL, sale TEXT NOT NULL,
  at_ms {{int}} NOT NULL, PRIMARY KEY(store, device, epoch, seq))""",
)
INDEXES = (
    "customer_by_root ON customer(root)",
    "customer_key_by_consent ON customer_key(consent)",
    "customer_key_by_customer ON customer_key(customer)",
    "customer_consent_by_customer ON customer_consent(customer)",
    "customer_event_by_customer ON customer_event(customer)",
    "customer_event_by_other ON customer_event(other)",
    "customer_alias_by_loser ON customer_alias(loser)",
    "customer_purchase_by_consent ON customer_purchase(consent)",
    "offer_event_by_consent ON offer_event(consent)",
    "offer_event_by_offer ON offer_event(offer)",
    # with all that is asked of them: else SQLite, which has no counts to go by, walks through all visits of the store
    "visit_of_customer ON visit(store, person, opened_ms, closed_ms, bought) WHERE person <> ''",
)
_LARGE_ROWS = ("offer",)


def statements(dialect: str) -> list[str]:
    """What brings a storage of revision 0005 here."""
    return [
        *create_tables(dialect, TABLES, large_rows=_LARGE_ROWS),
        *(f"CREATE INDEX {index}" for index in INDEXES),
    ]


upgrade = upgrade_by(statements)
