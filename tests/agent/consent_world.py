"""People who agree and withdraw at a shop whose visitors' file is closed and opened again as often as a test likes."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.visitors.consents import Consents
from agent.visitors.identities import Identities
from sensors.association_messages import Agreement, Gives, Withdraws
from sensors.consent.countries import RU, CountryProfile
from sensors.consent.facts import Purpose
from sensors.consent.texts import shown
from sync.visitor_store.visitor_store import FILE, VisitorStore, open_visitors

CONTROLLER = "ООО «Игрушки»"
NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000
ALL = (Purpose.WIFI_ID, Purpose.MARKETING, Purpose.ANALYTICS)


class HandClock:
    """Goes when told."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms

    def local(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.ms / 1000, dt.UTC).replace(tzinfo=None)


@dataclass
class Room:
    store: VisitorStore
    identities: Identities
    consents: Consents
    clock: HandClock


@asynccontextmanager
async def opened(
    directory: Path,
    clock: HandClock,
    *,
    hq: bool = True,
    country: CountryProfile = RU,
    seed: int = 1,
    start: bool = True,
) -> AsyncIterator[Room]:
    rng = random.Random(seed)
    async with open_visitors(directory, device="shop-1", epoch=1, now_ms=clock.now_ms) as store:
        identities = Identities(store)
        consents = Consents(store, identities, clock, country, CONTROLLER, rng.randbytes, hq=hq)
        if start:
            await consents.start()
        yield Room(store, identities, consents, clock)


def device_key(person: int) -> str:
    """32 hex digits, as the association program makes them."""
    return random.Random(f"device {person}").randbytes(16).hex()


def phone_of(person: int) -> str:
    return f"+7926{person:07d}"


def gives(
    person: int,
    *purposes: Purpose,
    number: int = 1,
    key: str | None = None,
    given_ms: int = NOW_MS,
    days: int = 90,
    name: str = "",
    controller: str = CONTROLLER,
) -> Gives:
    """The `number`th time that this person agrees: the same one is the same message."""
    agreed = purposes or ALL
    return Gives(
        ask=f"ask-{person}-{number}",
        phone=phone_of(person),
        agreements=tuple(
            Agreement(
                consent_id=f"c-{person}-{number}-{one.value}",
                purpose=one,
                text_version="2026-11",
                text_hash=shown(one, "2026-11", "ru", controller, days).hash,
                locale="ru",
                retention_days=days,
            )
            for one in agreed
        ),
        controller=controller,
        given_ms=given_ms,
        proof_id=f"code-{person}-{number}",
        key=(device_key(person) if key is None else key) if Purpose.WIFI_ID in agreed else "",
        name=name,
    )


def withdraws(person: int, *consent_ids: str, at_ms: int = NOW_MS) -> Withdraws:
    return Withdraws(
        ask=f"w-{person}", phone=phone_of(person), consent_ids=consent_ids, at_ms=at_ms, proof_id=f"code-w-{person}"
    )


def ids(told: Gives) -> tuple[str, ...]:
    return tuple(one.consent_id for one in told.agreements)


def on_disk(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(directory.glob(f"{FILE}*")))
