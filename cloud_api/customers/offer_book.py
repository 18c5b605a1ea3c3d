"""The chain's offers in its storage: put, taken away, read, and what became of them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

import msgspec

from cloud_api.customers.answers import OfferAnswer
from cloud_api.customers.offers import Offer
from cloud_api.customers.taken import GLOBAL
from cloud_api.storage.storage import Reading, Transaction
from sync.wire.customer_facts import REDEEMED, SHOWN

MOST_OFFERS = 1_000
"""Each customer is looked at with each offer."""


class OffersWrong(ValueError):
    """Nothing of the list was taken; the text names the offer and what is wrong with it."""


def read_offers(text: str) -> list[Offer]:
    """A TOML list of [[offers]], as the shop's own file (agent/offers_file.py) with more keys. Raises OffersWrong."""
    try:
        told = tomllib.loads(text).get("offers", [])
        found = [msgspec.convert(_plain(one), Offer) for one in told]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, AttributeError, TypeError) as error:
        raise OffersWrong(str(error)) from error
    names = [one.offer for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OffersWrong(f"twice: {', '.join(twice)}")
    return found


def _plain(told: dict[str, object]) -> dict[str, object]:
    """TOML has days of its own."""
    return {name: str(value) if name in ("from_day", "until") else value for name, value in told.items()}


async def put_offers(transaction: Transaction, offers: Sequence[Offer], *, now_ms: int, whole: bool = False) -> int:
    """`whole`: what is not named is offered no more. How many there are now. Raises OffersWrong."""
    if whole:
        await transaction.write("DELETE FROM offer")
    await transaction.write_many(
        "INSERT INTO offer(offer, body, changed_ms) VALUES(?,?,?) ON CONFLICT(offer) DO UPDATE "
        "SET body=excluded.body, changed_ms=excluded.changed_ms",
        [(one.offer, msgspec.json.encode(one).decode(), now_ms) for one in offers],
    )
    count = await transaction.number("SELECT count(*) FROM offer")
    if count > MOST_OFFERS:
        raise OffersWrong(f"at most {MOST_OFFERS} offers")
    return count


async def remove_offer(transaction: Transaction, offer: str) -> bool:
    known = await transaction.row("SELECT 1 FROM offer WHERE offer=?", (offer,))
    await transaction.write("DELETE FROM offer WHERE offer=?", (offer,))
    return known is not None


async def all_offers(reading: Reading) -> list[Offer]:
    rows = await reading.rows("SELECT body FROM offer ORDER BY offer")
    return [msgspec.json.decode(str(row[0]), type=Offer) for row in rows]


async def redeemed_counts(reading: Reading, offers: Sequence[Offer]) -> dict[str, int]:
    """How often each was used, whoever used it; of those with a budget, for nobody asks it of the others."""
    limited = [one.offer for one in offers if one.budget_minor]
    if not limited:
        return {}
    rows = await reading.rows(
        f"{GLOBAL} SELECT offer, count(*) FROM offer_event WHERE {reading.dialect.among('offer')} AND event=?"
        " GROUP BY offer",
        (reading.dialect.asked(limited), REDEEMED),
    )
    return {str(offer): int(count) for offer, count in rows}


async def offer_answers(reading: Reading) -> list[OfferAnswer]:
    """Each offer with its counts; the best first."""
    counts: dict[tuple[str, str], int] = {
        (str(offer), str(event)): int(count)
        for offer, event, count in await reading.rows(
            f"{GLOBAL} SELECT offer, event, count(*) FROM offer_event GROUP BY offer, event"
        )
    }
    uses = await reading.rows(
        f"{GLOBAL} SELECT e.offer, k.root, count(*) FROM offer_event e JOIN customer_consent c ON c.consent=e.consent"
        " JOIN customer k ON k.customer=c.customer WHERE e.event=? GROUP BY e.offer, k.root",
        (REDEEMED,),
    )
    found = []
    for one in sorted(await all_offers(reading), key=lambda one: (-one.priority, one.offer)):
        mine = [int(count) for offer, _, count in uses if offer == one.offer]
        redeemed = counts.get((one.offer, REDEEMED), 0)
        found.append(
            OfferAnswer(
                offer=one.offer,
                ru=one.ru,
                en=one.en,
                segment=one.segment,
                customer=one.customer,
                from_day=one.from_day,
                until=one.until,
                priority=one.priority,
                stack=one.stack,
                max_uses=one.max_uses,
                hold_out_percent=one.hold_out_percent,
                budget_minor=one.budget_minor,
                spent_minor=redeemed * one.benefit_minor,
                shown=counts.get((one.offer, SHOWN), 0),
                redeemed=redeemed,
                over=sum(max(0, count - one.max_uses) for count in mine) if one.max_uses else 0,
            )
        )
    return found
