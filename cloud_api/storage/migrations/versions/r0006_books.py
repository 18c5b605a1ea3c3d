"""What the books need of each sale, whose bank takes which share, what an operator has, and what does not fit.

Programs of revision 0005 write whole rows into their tables, so nothing is added to those: sale_origin and price_reason
stand beside sale and sale_line, shift_count beside shift. day_told and fn_told say between which numbers of a device a
day lies, so that a day is read without an index on the large tables; `told` moves on with each batch and `checked`
follows it. A finding keeps its id for as long as it is the same matter, and what a person said about it.

acquirer_term and document_duty are of the chain (store '' means every shop), as is the list of registers taken in.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0006"
down_revision = "0005"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"acquirer_term", "document_duty", "operator_import"})
PARTED = ("sale_origin", "price_reason")

_FACT = "store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, seq {int} NOT NULL"
TABLES = (
    f"""sale_origin(
  {_FACT}, day {{int}} NOT NULL, channel TEXT NOT NULL, account TEXT NOT NULL,
  PRIMARY KEY(store, device, epoch, seq, day))""",
    f"""price_reason(
  {_FACT}, day {{int}} NOT NULL, n {{int}} NOT NULL, m {{int}} NOT NULL, kind TEXT NOT NULL, sum {{int}} NOT NULL,
  by TEXT NOT NULL, PRIMARY KEY(store, device, epoch, seq, n, m, day))""",
    f"""late_truth(
  {_FACT}, till TEXT NOT NULL, sale TEXT NOT NULL, attempt TEXT NOT NULL, terminal TEXT NOT NULL, sum {{int}} NOT NULL,
  status TEXT NOT NULL, PRIMARY KEY(store, device, epoch, seq))""",
    f"""shift_count(
  {_FACT}, till TEXT NOT NULL, number {{int}} NOT NULL, sales {{int}} NOT NULL, refunds {{int}} NOT NULL,
  sum {{int}} NOT NULL, PRIMARY KEY(store, device, epoch, seq))""",
    """day_told(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, day {int} NOT NULL, first {int} NOT NULL,
  last {int} NOT NULL, told {int} NOT NULL, checked {int} NOT NULL, checked_ms {int} NOT NULL,
  PRIMARY KEY(store, device, epoch, day))""",
    """fn_told(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, fn TEXT NOT NULL, day {int} NOT NULL,
  first {int} NOT NULL, last {int} NOT NULL, PRIMARY KEY(store, device, epoch, fn, day))""",
    """finding(
  store TEXT NOT NULL, id TEXT NOT NULL, rule TEXT NOT NULL, day {int} NOT NULL, device TEXT NOT NULL,
  till TEXT NOT NULL, subject TEXT NOT NULL, at_ms {int} NOT NULL, amount {int} NOT NULL, facts TEXT NOT NULL,
  digest TEXT NOT NULL, found_ms {int} NOT NULL, gone_ms {int}, explained_ms {int}, explained_by TEXT NOT NULL,
  explained TEXT NOT NULL, explained_digest TEXT NOT NULL, PRIMARY KEY(store, id))""",
    """acquirer_term(
  store TEXT NOT NULL, terminal TEXT NOT NULL, means TEXT NOT NULL, scheme TEXT NOT NULL, from_day {int} NOT NULL,
  acquirer TEXT NOT NULL, rate_bp {int} NOT NULL, fixed_minor {int} NOT NULL, given_back {int} NOT NULL,
  PRIMARY KEY(store, terminal, means, scheme, from_day))""",
    """document_duty(
  store TEXT NOT NULL, seller TEXT NOT NULL, from_day {int} NOT NULL, needed {int} NOT NULL,
  PRIMARY KEY(store, seller, from_day))""",
    """operator_import(
  id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, taken_ms {int} NOT NULL, state TEXT NOT NULL, rows {int} NOT NULL,
  aside {int} NOT NULL, odd_lines {int} NOT NULL, odd TEXT NOT NULL)""",
    """operator_cover(
  store TEXT NOT NULL, fn TEXT NOT NULL, import_id TEXT NOT NULL, first {int} NOT NULL, last {int} NOT NULL,
  PRIMARY KEY(store, fn, import_id))""",
    """operator_document(
  store TEXT NOT NULL, fn TEXT NOT NULL, number {int} NOT NULL, total {int} NOT NULL, sign {int}, operation {int},
  at TEXT NOT NULL, import_id TEXT NOT NULL, line {int} NOT NULL, PRIMARY KEY(store, fn, number))""",
)
INDEXES = (
    "late_truth_by_sale ON late_truth(store, device, sale)",
    "day_due ON day_told(store, day) WHERE told > checked",
    "day_by_shop ON day_told(store, day)",
    "fn_told_by_fn ON fn_told(fn)",
    "finding_open ON finding(at_ms) WHERE gone_ms IS NULL",
    "finding_by_day ON finding(store, day)",
    "finding_by_id ON finding(id)",
)
VIEWS = ()


def statements(dialect: str) -> list[str]:
    """What brings a storage of revision 0005 here."""
    return [
        *create_tables(dialect, TABLES, parted=PARTED, large_rows=("finding", "operator_import")),
        *(f"CREATE INDEX {index}" for index in INDEXES),
    ]


upgrade = upgrade_by(statements)
