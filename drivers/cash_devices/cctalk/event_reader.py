"""What a ccTalk unit that takes pieces has to tell: read from its event buffer, each event once and in order.

`credits` is the counter up to which everything was told. It moves on only after the `Tell` of an event returned, so the
journal and the buffer agree at every moment the power can fail.
Source: the counter's rules in ashaduri/qt-cctalk and the Money Controls SR5 manual (TSP073).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cash_devices.cctalk.bus import Bus
from drivers.cash_devices.cctalk.credit_buffer import BUFFER_BYTES, EMPTY, Buffer, Happening, News, news
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import Header
from drivers.cash_devices.cctalk.presence import Presence
from drivers.cash_devices.cctalk.statuses import Meaning, coin_status
from drivers.cash_devices.contract import (
    CassetteBack,
    CassetteOut,
    CreditsLost,
    Denomination,
    Noticed,
    Rejected,
    Stacked,
    Trouble,
    Well,
)
from drivers.wire.dialogue import Dialogue, Tell

# A unit that lost its power for a moment is shut without saying so, and a trouble ends without a word: we look.
CHECK_EVERY_S = 2.0
COUNT_TRIES = 5  # a coin may fall between the two readings; five in a row do not


@dataclass(frozen=True, slots=True)
class Names:
    """How this kind of unit numbers its pieces, and where its events are read."""

    events: Header
    escrow: bool


COINS = Names(Header.BUFFERED_CREDIT, escrow=False)


class EventReader(Presence):
    """The events of one unit, and its troubles."""

    names = COINS

    def __init__(self, name: str, bus: Bus, station: Station, credits: int | None) -> None:
        super().__init__(name, bus, station)
        self.credits = credits
        self.newest = EMPTY
        self.takes: dict[int, Denomination] = {}
        self.trouble = ""
        self._found_trouble = ("", False)  # words and `inside` of one that lies in the buffer at the beginning
        self._cassette_out = False
        self._quiet_since = 0.0
        self._check_at = 0.0
        self._counts = True

    # Its events

    def _read(self, last: int, confirm: bool = True, tries: int = 3) -> Dialogue[tuple[Buffer, News]]:
        """The buffer and what is new. A loss is believed when it is read twice: a late answer looks like one."""
        for attempt in range(2):
            data = yield from self.bus.ask(self.station, self.names.events, lengths={BUFFER_BYTES}, tries=tries)
            buffer = Buffer.read(data)
            found = news(last, buffer)
            if not (found.doubtful and confirm) or attempt:
                break
            yield from self.bus.quiet()
        self.newest = buffer.entries[0]
        return buffer, found

    def _events(self, recovered: bool = False, tries: int = 3) -> Dialogue[None]:
        buffer, found = yield from self._read(self.credits or 0, tries=tries)
        if found.reset and not recovered:
            self.ready = False  # it began anew: it is prepared in the next beat
            return
        yield from self._tell_news(buffer, found, recovered)

    def _tell_news(self, buffer: Buffer, found: News, recovered: bool) -> Dialogue[None]:
        if found.happenings or found.lost:
            self._quiet_since = self.bus.now_s
        if found.lost:
            yield Tell(CreditsLost(self.name, found.lost, found.lost_until))
            self.credits = found.lost_until
        for at, happening in enumerate(found.happenings):
            if recovered:
                yield from self._tell_old(happening, found.happenings[at + 1 :])
            else:
                yield from self._tell(happening)
            self.credits = happening.credits
        self.credits = buffer.counter

    def _tell(self, event: Happening) -> Dialogue[None]:
        if event.a:
            yield from self._credit(event, recovered=False)
        else:
            yield from self._status(event)

    def _tell_old(self, event: Happening, later: tuple[Happening, ...]) -> Dialogue[None]:
        """What happened while nobody listened: only what is money, or holds still."""
        if event.a:
            yield from self._credit(event, recovered=True)
            return
        meaning, words = self.meaning(event.b)
        if meaning in (Meaning.LOST, Meaning.CASSETTE_OUT, Meaning.CASSETTE_BACK):
            yield from self._status(event)
        elif meaning in (Meaning.TROUBLE, Meaning.TROUBLE_INSIDE):
            self._found_trouble = (words, meaning is Meaning.TROUBLE_INSIDE)
        elif meaning is Meaning.WELL:
            self._found_trouble = ("", False)

    def _credit(self, event: Happening, recovered: bool) -> Dialogue[None]:
        yield Tell(Stacked(self.name, event.a, self.takes.get(event.a), recovered, event.credits))
        self._found_trouble = ("", False)
        if not recovered:
            yield from self._well()  # it took a piece: it works

    def meaning(self, code: int) -> tuple[Meaning, str]:
        return coin_status(code)

    def _status(self, event: Happening) -> Dialogue[None]:
        meaning, words = self.meaning(event.b)
        match meaning:
            case Meaning.REJECTED:
                yield Tell(Rejected(self.name, words))
            case Meaning.NOTICED:
                yield Tell(Noticed(self.name, words))
            case Meaning.TROUBLE | Meaning.TROUBLE_INSIDE:
                yield from self._in_trouble(words, meaning is Meaning.TROUBLE_INSIDE)
            case Meaning.LOST:
                yield Tell(CreditsLost(self.name, 1, event.credits))
                yield Tell(Noticed(self.name, words))
            case Meaning.STACKED_UNKNOWN:
                yield Tell(Stacked(self.name, 0, None, credits=event.credits))
            case Meaning.CASSETTE_OUT:
                self._cassette_out = True
                yield Tell(CassetteOut(self.name))
            case Meaning.CASSETTE_BACK:
                self._cassette_out, self._found_trouble = False, ("", False)
                yield Tell(CassetteBack(self.name))
                # Found anew: the journal then knows the counter, and this is not told once more after an outage.
                self.ready = False
            case Meaning.WELL:
                yield from self._well()

    def _count(self, recovered: bool = False) -> Dialogue[int | None]:
        """Its own count, with no event between that and the event counter as told."""
        for _ in range(COUNT_TRIES if self._counts else 0):
            data = yield from self.bus.optional(self.station, Header.ACCEPT_COUNTER, lengths={3})
            if not data:
                break
            before = self.credits
            yield from self._events(recovered)
            if not self.ready and not recovered:
                return None
            if self.credits == before:
                return int.from_bytes(data, "little")
        return None

    # Its troubles

    def _in_trouble(self, words: str, inside: bool = False) -> Dialogue[None]:
        if self.trouble != words:
            self.trouble = words
            self._check_at = self.bus.now_s + CHECK_EVERY_S
            yield Tell(Trouble(self.name, words, inside))

    def _well(self) -> Dialogue[None]:
        if self.trouble:
            self.trouble = ""
            yield Tell(Well(self.name))

    def gone(self) -> Dialogue[None]:
        yield from self._in_trouble("cctalk.silent")
