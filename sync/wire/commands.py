"""What HQ asks of a device (edge log v1, commands down): a feed the device reads, answered by facts in its outbox.

    GET /v1/feed/commands?feed=ID&since=N&wait=25&last=ID     `authorization: Bearer DEVICE_KEY`
    200 Commands        what follows number `since`, oldest first; waits up to `wait` seconds while there is nothing
    401 / 503           Problem: key unknown; busy: Retry-After

`since` acknowledges: HQ forgets what is not after it. A number counts within `feed` only; where HQ has another feed (it
was set up anew) it begins at its own first command, whatever `since` says. `last` is the id of command N: an HQ that
came back from a backup may have given its number to another one, which the device has never seen. A command may come
twice, so each has an effect that a second one does not repeat: the device keeps the effect and its place in the feed in
one commit, and the answer (a fact whose id holds the command's request) is one item of its outbox for ever.

    kind            body          asks
    claim_release   ClaimRelease  give this claim over, and answer claim_given or claim_kept
    claim_granted   ClaimGiven    you owe this claim from now on: you asked for it
    claim_denied    ClaimKept     you asked for this claim, and it stays where it is
    transfer_coming   TransferComing   another shop has sent you these goods
    transfer_arrived  TransferArrived  what you sent was received there
    order_wanted      OrderWanted      keep these goods for an order, and answer `pickup` held or `order_step` refused
    order_cancelled   OrderCancelled   it was called off: answer `pickup` released, or `order_step` kept or cancelled
    forgotten       Forgotten     a person's pseudonym was erased here, as you asked in stream `visits`
    consent_ended   ConsentEnded  its giver withdrew it in another shop of the chain: it ends here too
"""

from __future__ import annotations

import msgspec

LONGEST_WAIT_S = 25  # proxies cut connections that say nothing for 30 to 60 s
AT_ONCE = 100


class Command(msgspec.Struct, frozen=True):
    """One command; numbers grow and may have holes. A reader skips a kind it does not know."""

    seq: int
    id: str
    kind: str
    v: int
    at_ms: int
    body: msgspec.Raw


class Commands(msgspec.Struct, frozen=True):
    """At the most AT_ONCE, oldest first: whoever has taken them asks again. `server_time_ms` is HQ's clock."""

    feed: str
    commands: list[Command]
    server_time_ms: int


class ClaimRelease(msgspec.Struct, frozen=True):
    """Device `to` has a shopper with this slip; `slip` is the SHA-256 of its code in hex."""

    request: str
    issuer: str
    number: str
    slip: str
    to: str


class TransferComing(msgspec.Struct, frozen=True):
    """Shop `sender` has sent this; `lines` are (sku, name, thousandths) as it counted them."""

    number: str
    sender: str
    at_ms: int
    lines: list[tuple[str, str, int]]


class OrderWanted(msgspec.Struct, frozen=True):
    """Somebody has ordered this and will fetch it in the shop; `lines` are (line, sku, name, thousandths), all of it or
    nothing is kept, for `hours`."""

    order: str
    lines: list[tuple[str, str, str, int]]
    hours: int


class OrderCancelled(msgspec.Struct, frozen=True):
    order: str
    why: str


class Forgotten(msgspec.Struct, frozen=True):
    """HQ has erased what `tombstone` asked for; `erased` counts the rows that named the person."""

    tombstone: str
    erased: int


class ConsentEnded(msgspec.Struct, frozen=True):
    """`consent` is one of this device's ledger. Its answer asks HQ to forget it, as for one withdrawn here."""

    consent: str
    at_ms: int
