"""Who a cashier is told is here: by which evidence, under which consent, for how long, and not again once corrected."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from agent.guest_view import GuestView
from agent.visitors import guests as room
from agent.visitors.guests import MOST, SHOWN, STAY_MS, VISIT_MS, Guests
from agent.visitors.offers import Offer, Offers
from agent.visitors.purchases import SaleMemory
from sensors.consent.facts import Purpose
from sensors.identity.graph import Graph
from sensors.identity.observation import portal_login
from sensors.identity.profiles import View, view
from sensors.identity.records import IdentityEvent, KeyShared, Kind, Parted, Rule, edge_found, record_id
from sync.store.batch import Personal, Row, SaleRow
from sync.store.failures import DiskFull
from sync.visitor_store.visitor_batch import VisitRow
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
NOW_MS = 1_795_260_733_000
MINUTE_MS = 60_000
ALL = frozenset(Purpose)
PHONE = "+79161234567"
ANNA, PETER = "a" * 32, "b" * 32


class VirtualClock:
    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return NOW_MS + self.ahead_ms + int(anyio.current_time() * 1000) % 10**12

    def local(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.now_ms() / 1000, dt.UTC).replace(tzinfo=None)


class Consents:
    def __init__(self, identities: Identities) -> None:
        self.watchers: list[Callable[[], None]] = []
        self.agreed: dict[str, frozenset[Purpose]] = {}
        self.people: dict[str, dict[str, str]] = {}
        self.owners: dict[str, str] = {}
        self._identities = identities

    def standing(self, subject: str, purpose: Purpose) -> bool:
        return purpose in self.agreed.get(subject, frozenset())

    def subject_of(self, record: str) -> str | None:
        if record in self.owners:
            return self.owners[record]
        profile = self._identities.view().profile_of(record)
        phones = [one for one in profile.records if one.startswith("phone:")] if profile else []
        return phones[0].removeprefix("phone:") if phones else None

    def personal(self, subject: str) -> dict[str, str]:
        return self.people.get(subject, {})

    def change(self, subject: str, agreed: frozenset[Purpose]) -> None:
        self.agreed[subject] = agreed
        for watcher in self.watchers:
            watcher()


class Identities:
    def __init__(self) -> None:
        self.graph = Graph()
        self.full = False

    def view(self) -> View:
        return view(self.graph)

    def around(self, record: str) -> tuple[Graph, View]:
        return self.graph, self.view()

    async def learn(self, events: Sequence[IdentityEvent]) -> None:
        await anyio.sleep(0.001)
        if self.full:
            raise DiskFull("visitors.db")
        for event in events:
            self.graph.apply(event)


class Visits:
    def __init__(self) -> None:
        self.rows: list[VisitRow] = []

    def visits_of(self, person: str) -> list[VisitRow]:
        return [row for row in self.rows if row.person == person]


class NoSales:
    """A journal where nobody has bought anything; `asked` counts who looked."""

    def __init__(self) -> None:
        self.asked = 0

    def personal_with(self, kind: str, value: str) -> list[Personal]:
        self.asked += 1
        return []

    def sale(self, id: str) -> SaleRow | None:
        return None

    def journal(self, sale: str) -> list[Row]:
        return []


class Floor:
    """A shop floor with Anna, who agreed to everything, and Peter, who agreed to Wi-Fi alone."""

    def __init__(self, sales: SaleMemory | None = None) -> None:
        self.clock = VirtualClock()
        self.identities = Identities()
        self.consents = Consents(self.identities)
        self.visits = Visits()
        self.nobody = NoSales()
        offers = Offers([Offer("Всем", "For all"), Offer("К мишке", "With a bear", goods=("миш",))])
        self.guests = Guests(
            self.consents,
            self.identities,
            self.visits,
            sales or self.nobody,
            self.clock,
            offers,
            random.Random(7),
        )
        self.told = 0
        self.guests.watchers.append(self._hear)
        self.add(ANNA, "Анна", PHONE, ALL, "m-anna")
        self.add(PETER, "", "+79160000099", frozenset({Purpose.WIFI_ID}), "m-peter")

    def _hear(self) -> None:
        self.told += 1

    def add(self, subject: str, name: str, phone: str, agreed: frozenset[Purpose], mac: str) -> None:
        self.consents.agreed[subject] = agreed
        self.consents.people[subject] = {"phone": phone} | ({"name": name} if name else {})
        for event in portal_login(mac, subject, f"c-{subject[:4]}-{mac}", "login", 1):
            self.identities.graph.apply(event)

    def enrol(self, face: str, subject: str) -> None:
        phone = record_id(Kind.PHONE, subject)
        self.identities.graph.apply(
            edge_found(record_id(Kind.FACE, face), phone, Rule.ENROLLED, "e", 1, consents=("c-f",))
        )

    def wifi(self, mac: str, ago_ms: int = 0) -> None:
        self.guests.came(record_id(Kind.MAC, mac), "wifi", self.clock.now_ms() - ago_ms)

    def face(self, face: str) -> None:
        self.guests.came(record_id(Kind.FACE, face), "face", self.clock.now_ms())

    @property
    def names(self) -> list[str]:
        return [one.name or one.tail for one in self.guests.here()]


@asynccontextmanager
async def running(floor: Floor) -> AsyncIterator[Guests]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(floor.guests.run)
        await anyio.sleep(0.01)
        yield floor.guests
        tasks.cancel_scope.cancel()


def parted(floor: Floor) -> list[Parted]:
    return [event for batch in floor.guests._unkept for event in batch if isinstance(event, Parted)]


async def test_who_agreed_is_shown_at_once_and_the_others_never() -> None:
    floor = Floor()
    floor.wifi("m-unknown")
    assert (floor.names, floor.told) == ([], 0)
    floor.wifi("m-anna")
    assert (floor.names, floor.told) == (["Анна"], 1)
    floor.wifi("m-anna")
    assert floor.told == 1, "an interim update is no news"
    assert floor.guests.here()[0].how == "wifi"


@pytest.mark.parametrize(
    ("how", "needed"), [("wifi", Purpose.WIFI_ID), ("face", Purpose.FACE_ID), ("card", Purpose.ANALYTICS)]
)
async def test_each_kind_of_evidence_needs_its_own_consent(how: str, needed: Purpose) -> None:
    floor = Floor()
    floor.consents.agreed[ANNA] = ALL - {needed}
    floor.guests.came(record_id(Kind.MAC, "m-anna"), how, NOW_MS)
    assert floor.names == []
    floor.consents.agreed[ANNA] = frozenset({needed})
    floor.guests.came(record_id(Kind.MAC, "m-anna"), how, floor.clock.now_ms())
    assert floor.names == ["Анна"]
    floor.guests.came(record_id(Kind.MAC, "m-anna"), "smell", floor.clock.now_ms())
    assert floor.guests.here()[0].how == how


async def test_two_sensors_are_one_guest_and_the_surer_one_is_said() -> None:
    floor = Floor()
    floor.enrol("f-anna", ANNA)
    floor.face("f-anna")
    assert [one.how for one in floor.guests.here()] == ["face"]
    first = floor.guests.here()[0].guest
    floor.wifi("m-anna")
    assert [(one.how, one.guest) for one in floor.guests.here()] == [("wifi", first)]
    floor.face("f-anna")
    assert [one.how for one in floor.guests.here()] == ["wifi"]
    floor.guests.came(record_id(Kind.PHONE, ANNA), "card", floor.clock.now_ms())
    floor.wifi("m-anna")
    assert [(one.how, one.guest) for one in floor.guests.here()] == [("card", first)]


async def test_a_households_key_greets_nobody() -> None:
    floor = Floor()
    floor.add(PETER, "", "+79160000099", ALL, "m-anna")  # both have logged in with this telephone
    floor.wifi("m-anna")
    assert floor.names == []
    floor.identities.graph.apply(KeyShared(record_id(Kind.MAC, "m-peter"), "two names", 5))
    floor.consents.owners = {record_id(Kind.MAC, mac): PETER for mac in ("m-peter", "m-anna")}
    floor.wifi("m-peter")
    floor.wifi("m-anna")
    assert floor.names == [], "whatever the ledger of consents says of the key"


async def test_without_a_name_the_telephones_tail_is_shown_and_after_an_erasure_nothing() -> None:
    floor = Floor()
    floor.wifi("m-peter")
    assert [(one.name, one.tail) for one in floor.guests.here()] == [("", "0099")]
    floor.consents.people[PETER] = {}
    floor.consents.change(PETER, frozenset())
    assert floor.names == []
    floor.consents.agreed[PETER] = ALL
    floor.wifi("m-peter")
    assert floor.names == [], "nobody knows what to call them"


async def test_the_newest_three_are_shown_and_sixty_four_remembered() -> None:
    floor = Floor()
    for number in range(MOST + 5):
        subject = f"{number:032x}"
        floor.add(subject, f"N{number}", f"+7916{number:07}", ALL, f"m{number}")
        floor.wifi(f"m{number}")
        floor.clock.ahead_ms += 1000
        assert len(floor.guests._comings) <= MOST
    assert floor.names == [f"N{number}" for number in range(MOST + 4, MOST + 4 - SHOWN, -1)]
    assert len(floor.guests._comings) == MOST
    floor.wifi("m0", ago_ms=1)
    assert floor.names[0] == "N0", "forgotten for want of room, and here all the same"


async def test_a_guest_goes_when_nothing_is_heard_for_ten_minutes() -> None:
    """Nobody asks meanwhile: the tills are told by the task beside them."""
    floor = Floor()
    async with running(floor):
        floor.wifi("m-anna")
        await anyio.sleep(STAY_MS / 1000 - 1)
        floor.wifi("m-anna")
        await anyio.sleep(STAY_MS / 1000 - 1)
        assert floor.names == ["Анна"]
        told = floor.told
        await anyio.sleep(2)
        assert (floor.names, floor.told) == ([], told + 1)
        assert floor.guests._comings == {}


async def test_a_guest_goes_with_the_device_and_what_is_told_late_brings_nobody_back() -> None:
    floor = Floor()
    floor.enrol("f-anna", ANNA)
    floor.face("f-anna")
    floor.wifi("m-anna")
    guest = floor.guests.here()[0].guest
    floor.clock.ahead_ms += MINUTE_MS
    floor.guests.left(record_id(Kind.MAC, "m-anna"), floor.clock.now_ms())
    assert floor.names == [], "the face was seen before the device left"
    floor.wifi("m-anna", ago_ms=30_000)
    assert floor.names == [], "told after they had gone, of the time before"
    floor.clock.ahead_ms += MINUTE_MS
    floor.wifi("m-anna")
    assert [one.guest for one in floor.guests.here()] == [guest], "a flapping Wi-Fi is one visit"
    floor.guests.left(record_id(Kind.MAC, "m-anna"), floor.clock.now_ms() - 90_000)
    assert floor.names == ["Анна"], "an old word of leaving"


async def test_who_went_out_and_is_back_is_looked_up_anew() -> None:
    """Within ten minutes it is the same coming, and they may have bought something before they went."""
    floor = Floor()
    async with running(floor):
        floor.wifi("m-anna")
        await anyio.sleep(1)
        once = floor.nobody.asked
        assert once > 0
        floor.wifi("m-anna")
        await anyio.sleep(1)
        assert floor.nobody.asked == once, "an interim update reads no sales"
        guest = floor.guests.here()[0].guest
        floor.guests.left(record_id(Kind.MAC, "m-anna"), floor.clock.now_ms())
        await anyio.sleep(60)
        floor.wifi("m-anna")
        await anyio.sleep(1)
        assert floor.nobody.asked == 2 * once
        assert floor.guests.here()[0].guest == guest


async def test_another_device_of_the_same_person_stays() -> None:
    floor = Floor()
    floor.add(ANNA, "Анна", PHONE, ALL, "m-tablet")
    floor.wifi("m-anna")
    floor.wifi("m-tablet")
    floor.guests.left(record_id(Kind.MAC, "m-tablet"), floor.clock.now_ms())
    assert floor.names == ["Анна"]


async def test_old_news_and_a_clock_that_was_set_back_greet_nobody() -> None:
    floor = Floor()
    floor.wifi("m-anna", ago_ms=STAY_MS)
    assert floor.names == []
    floor.wifi("m-anna", ago_ms=-VISIT_MS)
    assert floor.names == ["Анна"], "a sensor's clock that runs ahead is taken as now"
    floor.clock.ahead_ms -= VISIT_MS
    assert floor.names == []


async def test_a_consent_that_ends_ends_the_greeting_at_once() -> None:
    floor = Floor()
    floor.wifi("m-anna")
    told = floor.told
    floor.consents.change(ANNA, ALL - {Purpose.WIFI_ID})
    assert (floor.names, floor.told) == ([], told + 1)


async def test_a_correction_takes_the_guest_away_for_this_visit_and_is_kept() -> None:
    floor = Floor()
    floor.wifi("m-anna")
    guest = floor.guests.here()[0].guest
    assert not await floor.guests.wrong("nobody", "irina")
    assert await floor.guests.wrong(guest, "irina")
    assert floor.names == []
    assert not await floor.guests.wrong(guest, "irina"), "gone already"
    visit, phone = record_id(Kind.VISIT, guest), record_id(Kind.PHONE, ANNA)
    assert (min(visit, phone), max(visit, phone)) in floor.identities.graph.parted
    mac = record_id(Kind.MAC, "m-anna")
    for _ in range(30):  # interim updates go on for longer than a visit without them would last
        floor.clock.ahead_ms += VISIT_MS // 10
        floor.wifi("m-anna")
        assert floor.names == []
        assert floor.guests.refused(mac)
    floor.clock.ahead_ms += VISIT_MS + 1
    floor.wifi("m-anna")
    assert floor.names == ["Анна"], "the device is Anna's still: the next visit is another one"


async def test_another_sensor_may_still_greet_after_a_correction() -> None:
    """A stranger's face was taken for Anna's; then Anna comes with her telephone."""
    floor = Floor()
    floor.enrol("f-anna", ANNA)
    floor.face("f-anna")
    assert floor.guests.dismiss(floor.guests.here()[0].guest, "irina")
    assert [(one.actor, one.why) for one in parted(floor)] == [("irina", "wrong_greeting/face")]
    floor.face("f-anna")
    assert floor.names == []
    floor.wifi("m-anna")
    assert floor.names == ["Анна"]


async def test_a_correction_outlives_a_full_disk() -> None:
    floor = Floor()
    floor.identities.full = True
    async with running(floor):
        floor.wifi("m-anna")
        assert await floor.guests.wrong(floor.guests.here()[0].guest, "irina")
        assert (floor.names, floor.identities.graph.parted) == ([], set())
        floor.identities.full = False
        await anyio.sleep(room.LOOK_EACH_S + 1)
        assert len(floor.identities.graph.parted) == 1
        assert not floor.guests._unkept


async def test_visits_are_told_under_analytics_only() -> None:
    floor = Floor()
    day_ms = 86_400_000
    floor.visits.rows = [VisitRow(f"v{at}", NOW_MS - at * day_ms, one, b"") for at in (9, 4) for one in (ANNA, PETER)]
    floor.visits.rows.append(VisitRow("today", NOW_MS + day_ms, ANNA, b""))
    async with running(floor) as guests:
        floor.wifi("m-peter")
        floor.clock.ahead_ms += 1
        floor.wifi("m-anna")
        await anyio.sleep(0.1)
        anna, peter = guests.here()
        assert (anna.visits, anna.last_ms) == (2, NOW_MS - 4 * day_ms)
        assert (peter.visits, peter.last_ms, peter.purchases, peter.offers) == (0, 0, [], [])
        assert floor.nobody.asked == 4, "spellings of Anna's number, and nothing of Peter's"
        floor.consents.change(ANNA, ALL - {Purpose.ANALYTICS})
        assert (guests.here()[0].visits, guests.here()[0].last_ms) == (0, 0)
        floor.consents.change(ANNA, ALL)
        await anyio.sleep(0.1)
        assert guests.here()[0].visits == 2


async def test_offers_are_told_under_marketing_only() -> None:
    floor = Floor()
    async with running(floor) as guests:
        floor.wifi("m-anna")
        await anyio.sleep(0.1)
        assert [one.ru for one in guests.here()[0].offers] == ["Всем"]
        floor.consents.change(ANNA, ALL - {Purpose.MARKETING})
        await anyio.sleep(0.1)
        assert guests.here()[0].offers == []


async def test_the_last_lines_bought_with_this_telephone_however_it_was_spelled(tmp_path: Path) -> None:
    """Real sales of a till: two of Anna's, one of somebody else, and a basket that was never paid."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        for codes, phone in (([PUZZLE], "+89161234567"), ([CLAY], "+79160000099"), ([BEAR, CLAY, CLAY], PHONE)):
            for code in codes:
                await shop.scan(code)
            await shop.done("contact", value=phone)
            await shop.pay_cash()
            await shop.until(lambda view: view.screen == "receipt")
            await shop.done("new_sale")
            await anyio.sleep(60)
        await shop.scan(CLAY)
        await shop.done("contact", value=PHONE)
        floor = Floor(shop.store)
        async with running(floor) as guests:
            floor.wifi("m-anna")
            assert guests.here()[0].purchases == [], "shown at once; what has to be read comes after"
            for _ in range(20):
                await anyio.sleep(0.01)
            seen: GuestView = guests.here()[0]
            assert [one.name for one in seen.purchases] == ["Мишка", "Пластилин", "Пазл"]
            assert [one.sum_minor for one in seen.purchases] == [349_900, 43_980, 44_900]
            assert [one.ru for one in seen.offers] == ["К мишке", "Всем"]
        await shop.store.erase_person(PHONE)
        later = Floor(shop.store)
        async with running(later) as guests:
            later.wifi("m-anna")
            await anyio.sleep(0.1)
            assert guests.here()[0].purchases == []
