"""The way from HQ: reads the feed of commands and gives each to who carries it out, in order, each once.

    place kept in the store -> GET -> Page: take them one by one, each with its place in one commit -> GET ...
                                      one that cannot be read is kept as it came, and its place too
                                   -> Busy, Away: wait, then again       -> NotEnrolled: try slowly, sell on

HQ keeps the answer back until there is something to say, so a command is here within a moment of being given.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio
import httpx
import msgspec

from sync import backoff
from sync.asking import Away, ask_hq
from sync.courier import Busy, NotEnrolled, refusal
from sync.enrolment.signer import Bearer
from sync.store.batch import Batch, Entry, Setting
from sync.store.failures import DiskFull
from sync.store.store import Store
from sync.wire.commands import LONGEST_WAIT_S, Command, Commands

PLACE = "downlink/commands"
ANSWER_WITHIN_S = LONGEST_WAIT_S + 15.0  # HQ answers after its wait at the latest; a bad line adds seconds
LONGEST_ANSWER = 1024 * 1024  # a hundred commands have some 50 KB
SOONEST_S = 1.0  # HQ holds an empty answer back for LONGEST_WAIT_S: one that comes at once is none of its usual ones
FULL_WAIT_S = 30.0  # a full disk is emptied by a person, or by the uplink's own pruning


@dataclass(frozen=True, slots=True)
class Place:
    """How far this device has read: everything of `feed` up to `seq` is carried out, the last one was command `id`."""

    feed: str = ""
    seq: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What HQ said."""

    commands: Commands


Answer = Page | NotEnrolled | Busy | Away
Fetch = Callable[[Place, int], Awaitable[Answer]]
"""`fetch(place, wait_s)`: never raises for what the network or HQ does."""
Take = Callable[[Command, Setting], Awaitable[None]]
"""Carries a command out: its effect and the given setting in one commit. May raise DiskFull: it is given again."""


def place_of(store: Store) -> Place:
    kept = store.setting(PLACE)
    return msgspec.json.decode(kept, type=Place) if kept else Place()


def place_setting(place: Place) -> Setting:
    return Setting(PLACE, msgspec.json.encode(place))


async def run_downlink(store: Store, fetch: Fetch, takers: Mapping[str, Take], *, rng: random.Random) -> None:
    """Runs until cancelled. `takers` by kind; a command that nobody takes is passed over, and its place kept."""
    wait = backoff.Backoff(random.Random(rng.getrandbits(64)))
    while True:
        place = place_of(store)
        asked_at = anyio.current_time()
        answer = await fetch(place, LONGEST_WAIT_S)
        match answer:
            case Page(page):
                if not page.commands and anyio.current_time() - asked_at < SOONEST_S:
                    await anyio.sleep(wait.next_s())  # nothing to say, and no patience: HQ ends, or a proxy answers
                    continue
                wait.reset()
                try:
                    await take_page(store, page, place, takers)
                except DiskFull:
                    await anyio.sleep(FULL_WAIT_S)
            case NotEnrolled():
                await anyio.sleep(backoff.NOT_ENROLLED_WAIT_S)
            case Busy(retry_after_s):
                await anyio.sleep((retry_after_s or 0.0) + wait.next_s())
            case Away():
                await anyio.sleep(wait.next_s())


async def take_page(store: Store, page: Commands, place: Place, takers: Mapping[str, Take]) -> None:
    """Carries out what is new of a page."""
    after = place.seq if page.feed == place.feed else 0
    for command in sorted(page.commands, key=lambda one: one.seq):
        if command.seq <= after:
            continue
        after = command.seq
        here = place_setting(Place(page.feed, command.seq, command.id))
        take = takers.get(command.kind)
        if take is None:
            await store.commit(Batch(settings=(here,)))
            continue
        try:
            await take(command, here)
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:  # of the body: nothing was done yet
            await store.commit(Batch(entries=(_unreadable(command, wrong),), settings=(here,)))


def _unreadable(command: Command, wrong: Exception) -> Entry:
    """A command that stays in the journal for a person, so that those after it are heard."""
    body = bytes(command.body).decode(errors="replace")
    told = {"id": command.id, "kind": command.kind, "why": str(wrong), "body": body}
    return Entry("downlink.unreadable", "", msgspec.json.encode(told), f"command/{command.id}")


class FeedReader:
    """`FeedReader(client, url, key).fetch` is the `fetch` of the downlink. The client is the caller's, to close too."""

    def __init__(self, client: httpx.AsyncClient, url: str, key: str | httpx.Auth) -> None:
        self._client = client
        self._url = f"{url.rstrip('/')}/v1/feed/commands"
        self._auth = Bearer(key) if isinstance(key, str) else key

    async def fetch(self, place: Place, wait_s: int) -> Answer:
        asked = {"feed": place.feed, "since": str(place.seq), "wait": str(wait_s), "last": place.id}
        heard = await ask_hq(
            self._client, "GET", self._url, within_s=wait_s + ANSWER_WITHIN_S - LONGEST_WAIT_S,
            line_s=ANSWER_WITHIN_S, longest=LONGEST_ANSWER, params=asked, auth=self._auth,
        )  # fmt: skip
        if isinstance(heard, Away):
            return heard
        if heard.status != 200:
            return refusal(heard.status, heard.headers, heard.body)
        try:
            return Page(msgspec.json.decode(heard.body, type=Commands))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Away("status 200 with an answer that is not HQ's")
