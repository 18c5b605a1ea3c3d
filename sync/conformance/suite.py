"""All rules an HQ of the edge log keeps, by name; sync/PROTOCOL.md says the same in prose under the same names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx

from sync.conformance import content_rules as content
from sync.conformance import history_rules as history
from sync.conformance import number_rules as numbers
from sync.conformance.way import Broken, Way


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    what: str
    check: Callable[[Way], Awaitable[None]]


RULES: tuple[Rule, ...] = (
    Rule("hello", "hello tells what HQ has of a stream, and refuses versions it does not speak", numbers.hello),
    Rule("key", "an unknown key is refused with 401 and leaves nothing", numbers.key),
    Rule("other-device", "a key opens its own device's streams only: 403", numbers.other_device),
    Rule("unknown-stream", "a stream nobody knows is refused with 404", numbers.unknown_stream),
    Rule("ack", "an acknowledgement is cumulative and carries the hash of its item", numbers.ack),
    Rule("replay", "a batch that comes again is acknowledged and changes nothing", numbers.replay),
    Rule("lost-ack", "of a batch that overlaps the cursor only the rest is new", numbers.lost_ack),
    Rule("gap", "a batch behind a hole is answered with the number HQ waits for", numbers.gap),
    Rule("reorder", "batches out of order are taken in order", numbers.reorder),
    Rule("own-cursors", "a stream that stands does not stop another", numbers.own_cursors),
    Rule("not-dense", "numbers inside a batch have no holes: 400", numbers.not_dense),
    Rule("dropped", "a dropped range of a droppable stream is taken once, and the chain goes on", numbers.dropped),
    Rule("sales-not-dropped", "of sales and loyalty nothing may be missing: 400", numbers.sales_not_dropped),
    Rule("truncated", "half a batch is refused and leaves nothing", content.truncated),
    Rule("zip-bomb", "more than 8 MB unpacked is refused, whatever the frame promises", content.zip_bomb),
    Rule("too-large", "more than 500 items or 256 KB is refused with 413, and half of it is taken", content.too_large),
    Rule(
        "altered-chain",
        "an item that does not follow is set aside, and a fork if it is the first",
        history.altered_chain,
    ),
    Rule("fork", "another item under a number HQ has is a fork, resent or new", history.fork),
    Rule("fork-of-nothing", "an empty batch of another history is a fork", history.fork_of_nothing),
    Rule("hello-of-a-copy", "hello finds a restored copy before it pushes", history.hello_of_a_copy),
    Rule("hello-behind", "an HQ that lacks what it acknowledged says so", history.hello_behind),
    Rule("new-epoch", "the same request gets the same epoch, another one a later one", history.new_epoch),
    Rule("used-epoch", "an epoch that was used is not issued again", history.used_epoch),
    Rule("left-epoch", "nothing is taken under an epoch that another has followed", history.left_epoch),
    Rule("ended", "what was let go of an epoch that was left is missing from there on", history.ended),
    Rule("known-by-id", "under a new epoch what HQ has is known by its id, the rest is taken", history.known_by_id),
    Rule("skipped-numbers", "numbers of items skipped as known are taken numbers", history.skipped_numbers),
    Rule("poison", "a fact that does not fit is quarantined, those after it are taken", content.poison),
    Rule("unknown-kind", "a kind HQ does not know is kept", content.unknown_kind),
    Rule("later-version", "a version HQ does not know is not guessed at, and stops nothing", content.later_version),
    Rule("commands", "commands come down in order, again until they are acknowledged, then no more", content.commands),
)


async def judged(way: Way, rules: tuple[Rule, ...] = RULES) -> AsyncIterator[tuple[Rule, str]]:
    """Each rule with why it does not hold, "" where it does."""
    for rule in rules:
        try:
            await rule.check(way)
        except Broken as broken:
            yield rule, str(broken)
        except (httpx.HTTPError, KeyError, TypeError, AttributeError) as error:
            yield rule, f"no answer that could be read: {type(error).__name__} {error}"
        else:
            yield rule, ""
