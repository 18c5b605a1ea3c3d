"""The profiles of the chain in its storage: made, joined, parted, and every step written down with its reason.

    together:  customer.root is what customer_alias adds up to (fold.py); both change in one transaction
    alias:     a row for each merge, never deleted; one that was taken back has the number of the event that did it

Whoever changes profiles takes the next number first (`next_number`), and so waits for whoever else does: two shops that
tell of the same telephone at the same moment make one profile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cloud_api.customers.fold import Merge, roots
from cloud_api.storage.storage import Reading, Transaction
from cloud_api.telling.heads import take_versions

NUMBERS = "customers"
"""Events of customers are numbered as a feed's versions are: in the order of commits."""
CREATED, MERGED, UNMERGED, WITHDRAWN, ASIDE, APART = "created", "merged", "unmerged", "withdrawn", "aside", "apart"
HQ = "hq"
"""Who did it, where equal keys did."""
LONGEST_REASON = 300


class NotPossible(Exception):
    """Nothing was changed. `code` says why: unknown_customer, same_customer, unknown_merge, unmerged_already."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def next_number(transaction: Transaction, *, now_ms: int) -> int:
    return await take_versions(transaction, NUMBERS, 1, now_ms=now_ms)


async def note(
    transaction: Transaction,
    kind: str,
    customer: str,
    *,
    other: str = "",
    who: str = HQ,
    reason: str = "",
    of_n: int | None = None,
    now_ms: int,
) -> int:
    """The event's number."""
    n = await next_number(transaction, now_ms=now_ms)
    await transaction.write(
        "INSERT INTO customer_event(n, kind, customer, other, at_ms, who, reason, of_n) VALUES(?,?,?,?,?,?,?,?)",
        (n, kind, customer, other, now_ms, who, reason[:LONGEST_REASON], of_n),
    )
    return n


async def create(transaction: Transaction, draw: Callable[[int], bytes], *, reason: str, now_ms: int) -> str:
    """A new profile, which is its own root."""
    customer = draw(10).hex()
    await transaction.write(
        "INSERT INTO customer(customer, root, created_ms) VALUES(?,?,?)", (customer, customer, now_ms)
    )
    await note(transaction, CREATED, customer, reason=reason, now_ms=now_ms)
    return customer


async def root_of(reading: Reading, customer: str) -> str:
    """NotPossible("unknown_customer") for nobody."""
    found = await reading.row("SELECT root FROM customer WHERE customer=?", (customer,))
    if found is None:
        raise NotPossible("unknown_customer")
    return str(found[0])


async def profiles_of(reading: Reading, root: str) -> list[str]:
    found = await reading.rows("SELECT customer FROM customer WHERE root=? ORDER BY customer", (root,))
    return [str(row[0]) for row in found]


async def merge(transaction: Transaction, survivor: str, loser: str, *, who: str = HQ, reason: str, now_ms: int) -> int:
    """The two are one person from here on, under the survivor's root. Returns the merge's number, by which it can be
    taken back. Questions that were put aside about the two are answered by it."""
    await next_number(transaction, now_ms=now_ms)
    into, gone = await root_of(transaction, survivor), await root_of(transaction, loser)
    if into == gone:
        raise NotPossible("same_customer")
    n = await note(transaction, MERGED, into, other=gone, who=who, reason=reason, now_ms=now_ms)
    await transaction.write(
        "INSERT INTO customer_alias(n, loser, survivor, undone_n) VALUES(?,?,?,NULL)", (n, gone, into)
    )
    await _settle(transaction, [into, gone])
    await decide(transaction, into, n)
    return n


async def unmerge(transaction: Transaction, n: int, *, who: str, reason: str, now_ms: int) -> tuple[str, str]:
    """Takes a merge back: everything is as if it had never been made. The two profiles that it joined."""
    await next_number(transaction, now_ms=now_ms)
    found = await transaction.row("SELECT loser, survivor, undone_n FROM customer_alias WHERE n=?", (n,))
    if found is None:
        raise NotPossible("unknown_merge")
    loser, survivor, undone = str(found[0]), str(found[1]), found[2]
    if undone is not None:
        raise NotPossible("unmerged_already")
    root = await root_of(transaction, survivor)
    event = await note(transaction, UNMERGED, survivor, other=loser, who=who, reason=reason, of_n=n, now_ms=now_ms)
    await transaction.write("UPDATE customer_alias SET undone_n=? WHERE n=?", (event, n))
    await _settle(transaction, [root])
    return survivor, loser


async def put_aside(transaction: Transaction, kind: str, customer: str, other: str, *, now_ms: int) -> None:
    """A question for a person, once for two profiles that nobody has told apart."""
    mine, theirs = await root_of(transaction, customer), await root_of(transaction, other)
    for row in await transaction.rows("SELECT customer, other FROM customer_aside WHERE kind=?", (kind,)):
        if {await root_of(transaction, str(row[0])), await root_of(transaction, str(row[1]))} == {mine, theirs}:
            return
    n = await note(transaction, ASIDE, customer, other=other, reason=kind, now_ms=now_ms)
    await transaction.write(
        "INSERT INTO customer_aside(n, kind, customer, other, at_ms, decided_n) VALUES(?,?,?,?,?,NULL)",
        (n, kind, customer, other, now_ms),
    )


async def keep_apart(transaction: Transaction, n: int, *, who: str, reason: str, now_ms: int) -> None:
    """A person says that the two are two."""
    found = await transaction.row("SELECT customer, other, decided_n FROM customer_aside WHERE n=?", (n,))
    if found is None or found[2] is not None:
        raise NotPossible("unknown_question")
    event = await note(
        transaction, APART, str(found[0]), other=str(found[1]), who=who, reason=reason, of_n=n, now_ms=now_ms
    )
    await transaction.write("UPDATE customer_aside SET decided_n=? WHERE n=?", (event, n))


async def decide(transaction: Transaction, root: str, event: int) -> None:
    """Open questions between profiles that are one person now."""
    ours = set(await profiles_of(transaction, root))
    for n, customer, other in await transaction.rows(
        "SELECT n, customer, other FROM customer_aside WHERE decided_n IS NULL"
    ):
        if {str(customer), str(other)} <= ours:
            await transaction.write("UPDATE customer_aside SET decided_n=? WHERE n=?", (event, n))


async def _settle(transaction: Transaction, touched: Sequence[str]) -> None:
    """Writes the roots of everybody who hung together with these roots, anew from the merges that stand."""
    profiles = [one for root in touched for one in await profiles_of(transaction, root)]
    dialect = transaction.dialect
    found = await transaction.rows(
        f"SELECT n, loser, survivor FROM customer_alias WHERE undone_n IS NULL AND {dialect.among('loser')}",
        (dialect.asked(profiles),),
    )
    now = roots(profiles, [Merge(int(n), str(loser), str(survivor)) for n, loser, survivor in found])
    await transaction.write_many(
        "UPDATE customer SET root=? WHERE customer=?", [(root, profile) for profile, root in sorted(now.items())]
    )
