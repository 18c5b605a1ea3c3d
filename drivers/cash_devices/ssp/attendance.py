"""Attends all units of one SSP bus in turn, for as long as the wire lives or until the wish to leave.

Each unit is polled once a beat. A unit that falls silent in mid-conversation, or that lost its key, begins anew; one
that does not answer for five seconds, or not even SYNC, ends the conversation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from drivers.cash_devices.contract import Leave, PaidOut, Pay, PayoutMeant, Reset
from drivers.cash_devices.ssp.exchange import POLL_TRIES, Gone
from drivers.cash_devices.ssp.payer import Forgotten
from drivers.cash_devices.ssp.station import Station, rest
from drivers.errors import Unanswered
from drivers.wire.dialogue import Dialogue, Tell, Wish

TRIES_AFTER_SILENCE = 2
"""Three seconds were silent already: with two more it is five."""
LAPSES = 3
"""A unit that answers SYNC and then falls silent again and again is given up."""


def attend(stations: Sequence[Station], inbox: deque[Wish]) -> Dialogue[None]:
    """Raises Unanswered after five seconds of silence, Refused for a unit too old to tell values."""
    lapses = dict.fromkeys((station.name for station in stations), 0)
    leaving = False
    while True:
        for station in stations:
            try:
                if station.anew:
                    yield from station.begin(TRIES_AFTER_SILENCE if lapses[station.name] else POLL_TRIES)
                else:
                    yield from station.beat()
                    lapses[station.name] = 0
            except Gone:
                raise
            except (Unanswered, Forgotten) as lapse:
                lapses[station.name] += 1
                if not station.greeted or lapses[station.name] > LAPSES:
                    raise Unanswered(f"{station.name}: {lapse or 'loses its key'}") from lapse
                station.anew = True
                yield from station.line.calm()
        if leaving and all(station.at_rest for station in stations):
            return
        yield from rest(inbox)
        while inbox:
            wish = inbox.popleft()
            leaving = leaving or isinstance(wish, Leave)
            yield from _hand_on(wish, stations)


def _hand_on(wish: Wish, stations: Sequence[Station]) -> Dialogue[None]:
    for station in stations:
        if isinstance(wish, Reset):
            station.reset()
        station.wish(wish)
    if isinstance(wish, Pay) and wish.unit not in [station.name for station in stations]:
        yield Tell(PayoutMeant(wish.unit, wish.key, wish.amount_minor, ()))
        yield Tell(PaidOut(wish.unit, wish.key, wish.amount_minor, 0, reason="ssp.pay_unable"))
