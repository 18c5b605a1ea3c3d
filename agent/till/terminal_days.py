"""The terminals' end of day against the journal: asked when the shift closes, and every difference is named.

The last net under the card money: a terminal that forgot a booked payment answers "not found" when it is asked, and
only its totals still know. What the journal counted since the last comparison must be what the terminal counted; if
not, the attempts that could explain it are listed, journaled and told to HQ with the shift.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import msgspec

from agent.clock import Clock
from agent.course.card_course import CardCourse
from drivers.errors import DeviceError, NeverSent, Refused
from drivers.payment_terminals.contract import DayTotals
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import Sale
from sync.store.batch import Batch, Entry, Row, Setting
from sync.store.sale_journal import is_sale_row, read_sale
from sync.store.store import Store
from sync.wire.facts import TerminalDay

EQUAL, DIFFERS, UNANSWERED, UNHEARD, UNSAID = "equal", "differs", "unanswered", "unheard", "unsaid"
"""unanswered: the terminal did not say. unheard: it closed an earlier day and its totals never arrived. unsaid: by the
journal the day came to less than zero, which this terminal cannot say, and something in it was in doubt."""
ALL = 1 << 62
EXPLAINED_BY = 2
"""At most so many attempts are tried together as the explanation of a difference; else all doubtful ones are named."""

_DOUBT = frozenset({AttemptPhase.UNKNOWN, AttemptPhase.ROLLING_BACK, AttemptPhase.DISPUTED})
_OPEN = frozenset({AttemptPhase.CONFIRMING})


class _Kept(msgspec.Struct, frozen=True):
    """`seq`: the journal is compared up to here. `asked`: an end of day was asked and its answer is not known."""

    seq: int = 0
    asked: bool = False


class _Days(msgspec.Struct, frozen=True):
    """`waiting`: to be told with the shift's closing; `told`: of the last closing, for the screen."""

    waiting: list[TerminalDay] = []
    told: list[TerminalDay] = []


class TerminalDays:
    """One till's terminals."""

    def __init__(self, till: str, cards: Iterable[CardCourse], store: Store, clock: Clock) -> None:
        self._till = till
        self._cards = tuple(cards)
        self._store = store
        self._clock = clock

    async def close(self) -> None:
        """End of day at each terminal, compared. A terminal that is away does not hold the shift: that is listed."""
        for card in self._cards:
            await self._close(card)

    @property
    def waiting(self) -> list[TerminalDay]:
        return self._days().waiting

    @property
    def exceptions(self) -> list[TerminalDay]:
        """What a person should see: of this closing, or the one before until the next shift opens."""
        days = self._days()
        return [day for day in (*days.told, *days.waiting) if day.state != EQUAL]

    def told(self) -> Setting:
        """To be committed with the shift's closing fact."""
        return self._keep_days(_Days(told=self.waiting))

    def forgotten(self) -> Setting:
        """To be committed when the next shift opens."""
        return self._keep_days(_Days(waiting=self.waiting))

    async def _close(self, card: CardCourse) -> None:
        terminal = card.port.id
        kept = self._kept(terminal)
        meant = Entry("terminal.day_meant", self._till, msgspec.json.encode(terminal))
        await self._store.commit(Batch(entries=(meant,), settings=(self._keep(terminal, _Kept(kept.seq, True)),)))
        heard, unsure = await _totals(card)
        unsure = unsure or kept.asked
        now = self._clock.now_ms()
        if heard is None:
            day = TerminalDay(terminal, UNANSWERED, now)
            await self._write(day, _Kept(kept.seq, unsure))
            return
        net, doubtful, upto = self._journal(terminal, kept.seq)
        state, difference, suspects = _judge(heard, net, doubtful, unsure)
        day = TerminalDay(
            terminal, state, now, heard.total_minor, net, difference, heard.count, [a.id for _, a in suspects],
            sorted({sale.number or sale.id for sale, _ in suspects}),
        )  # fmt: skip
        await self._write(day, _Kept(upto, False))

    async def _write(self, day: TerminalDay, kept: _Kept) -> None:
        days = self._days()
        others = [one for one in days.waiting if one.terminal != day.terminal or one.state != UNANSWERED]
        entry = Entry("terminal.day_closed", self._till, msgspec.json.encode(day))
        settings = (self._keep(day.terminal, kept), self._keep_days(_Days([*others, day], days.told)))
        await self._store.commit(Batch(entries=(entry,), settings=settings))

    def _journal(self, terminal: str, since: int) -> tuple[int, list[tuple[Sale, Attempt]], int]:
        """What the journal counted at a terminal after `since`: net sum, doubtful attempts, and up to which row."""
        rows = [row for row in self._store.journal_since(since, ALL) if row.sale and is_sale_row(row)]
        net, doubtful, upto = 0, [], since
        for id in dict.fromkeys(row.sale for row in rows):
            story = [row for row in self._store.journal(id) if is_sale_row(row)]
            sale = read_sale(story)
            net += money_at(sale, terminal) - _money_before(story, since, terminal)
            doubtful += [(sale, a) for a in sale.attempts if a.sent.terminal == terminal and is_doubtful(a)]
        if rows:
            upto = rows[-1].seq
        return net, doubtful, upto

    def _kept(self, terminal: str) -> _Kept:
        kept = self._store.setting(f"terminal-day/{terminal}")
        return msgspec.json.decode(kept, type=_Kept) if kept else _Kept()

    def _keep(self, terminal: str, kept: _Kept) -> Setting:
        return Setting(f"terminal-day/{terminal}", msgspec.json.encode(kept))

    def _days(self) -> _Days:
        kept = self._store.setting(f"terminal-days/{self._till}")
        return msgspec.json.decode(kept, type=_Days) if kept else _Days()

    def _keep_days(self, days: _Days) -> Setting:
        return Setting(f"terminal-days/{self._till}", msgspec.json.encode(days))


async def _totals(card: CardCourse) -> tuple[DayTotals | None, bool]:
    """The terminal's totals, and whether an end of day may have happened whose totals we never heard.

    Asked once more after silence: an end of day moves no money, and a day that is closed already has zero totals.
    """
    unsure = False
    for _ in range(2):
        try:
            return await card.end_of_day(), unsure
        except (NeverSent, Refused):
            return None, unsure
        except DeviceError:
            unsure = True
    return None, unsure


def _judge(
    heard: DayTotals, net: int, doubtful: list[tuple[Sale, Attempt]], unsure: bool
) -> tuple[str, int, list[tuple[Sale, Attempt]]]:
    """State, difference, and the attempts that could explain it."""
    difference = heard.total_minor - net
    if not heard.signed and heard.total_minor == 0 and heard.count and (net < 0 or doubtful):
        # Zero stands for everything up to zero: what is doubtful may lie below it, however the journal adds up.
        return (UNSAID if doubtful else EQUAL), 0, doubtful
    if not difference:
        return EQUAL, 0, []
    return (UNHEARD if unsure else DIFFERS), difference, explanation(difference, doubtful)


def money_at(sale: Sale, terminal: str) -> int:
    """What this sale's attempts come to in the terminal's totals, as far as the journal knows."""
    return sum(_sign(a) * a.sent.amount_minor for a in sale.attempts if a.sent.terminal == terminal and _booked(a))


def is_doubtful(attempt: Attempt) -> bool:
    """An attempt whose outcome was not told by the terminal at once, or is not known yet."""
    return attempt.unsettled or attempt.phase in _OPEN or any(phase in _DOUBT for phase in attempt.trail)


def explanation(difference: int, doubtful: list[tuple[Sale, Attempt]]) -> list[tuple[Sale, Attempt]]:
    """The fewest doubtful attempts that explain the difference if they ended otherwise; else all doubtful ones."""
    for size in range(1, EXPLAINED_BY + 1):
        for some in combinations(doubtful, size):
            if sum(_otherwise(attempt) for _, attempt in some) == difference:
                return list(some)
    return doubtful


def _otherwise(attempt: Attempt) -> int:
    """How the terminal's total would differ from the journal's if the attempt had ended the other way."""
    amount = _sign(attempt) * attempt.sent.amount_minor
    return -amount if _booked(attempt) else amount


def _sign(attempt: Attempt) -> int:
    return 1 if attempt.sent.act is CardAct.PURCHASE else -1


def _booked(attempt: Attempt) -> bool:
    """Whether the terminal counts it: what it only holds for us is not booked, and the device outvotes the person."""
    if attempt.phase is AttemptPhase.DISPUTED:
        return attempt.trail[-2] is AttemptPhase.PERSON_UNPAID
    if attempt.sent.confirm:
        return attempt.phase is AttemptPhase.BOOKED
    return attempt.money_moved


def _money_before(story: list[Row], since: int, terminal: str) -> int:
    before = [row for row in story if row.seq <= since]
    return money_at(read_sale(before), terminal) if before else 0
