"""A seeded town of shoppers and what the shop saw of them over 90 days, with the truth beside it.

Every person, card, number, address and visit comes from one seed; the same seed is the same town. Rates are those of
the requirement; habits (who registers a card with a code, who buys, who takes the card along) are stated in `Habits`.
A household of two shares one telephone: its number, and the device itself goes along with either of them, which is the
hard case: the shop's Wi-Fi sees one address for two persons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from sensors.identity.attribution import Particulars
from sensors.identity.observation import (
    FaceSeen,
    MacSeen,
    Observation,
    card_registered,
    edges_of,
    face_enrolled,
    portal_login,
)
from sensors.identity.records import IdentityEvent, Kind, record_id

DAY_MS = 86_400_000
START_MS = 1_790_000_000_000

FIRST = re.findall(
    r"\w+",
    "Анна Мария Елена Ольга Наталья Ирина Татьяна Светлана Юлия Екатерина Дарья Алина Арина Полина Вера Надежда Марина "
    "Карина Галина Людмила Иван Пётр Сергей Андрей Алексей Дмитрий Михаил Николай Владимир Антон Артём Борис Виктор "
    "Георгий Денис Егор Кирилл Максим Олег Павел Роман Тимур Фёдор Юрий Ян Лев Глеб Илья",
)
SYLLABLES = re.findall(r"\w+", "ба ве ги до ду жа зи ко ла ле ли ма ме ни но па пе ра ре ри ро са се ти то фи ха че ша")
LETTERS = "абвгдеиклмнопрстухшюя"


@dataclass(frozen=True, slots=True)
class Rates:
    """The requirement's errors, as shares."""

    rotating: float = 0.30
    household: float = 0.08
    name_typo: float = 0.05
    wrong_digit: float = 0.02
    false_face: float = 0.01
    without_card: float = 0.15


@dataclass(frozen=True, slots=True)
class Habits:
    """How a town shops: ours, fixed before the first measurement."""

    code_on_card_form: float = 0.70
    typed_on_card_form: float = 0.20
    wifi_consent: float = 0.45
    name_on_login: float = 0.60
    rotated_logs_in: float = 0.20
    face_consent: float = 0.10
    visits_mean: float = 5.0
    buys: float = 0.60
    card_along: float = 0.85
    types_number: float = 0.30
    name_with_number: float = 0.70
    associates: float = 0.75
    face_caught: float = 0.80
    numbers_each: int = 100
    """Telephone numbers for each person: so few that one wrong digit in a hundred is somebody else's number."""


@dataclass(frozen=True, slots=True)
class Person:
    at: int
    name: str
    phone: str
    device: int
    card: str
    rotating: bool
    wifi: bool
    face: str


@dataclass(slots=True)
class Town:
    """`visitor` maps a visit's record to the person; `holder` a verified key's record to those who hold it in truth."""

    persons: list[Person] = field(default_factory=list)
    enrolments: list[IdentityEvent] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    about: Particulars = field(default_factory=Particulars)
    visitor: dict[str, int] = field(default_factory=dict)
    holder: dict[str, set[int]] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)

    def events(self) -> list[IdentityEvent]:
        return [*self.enrolments, *(event for seen in self.observations for event in edges_of(seen))]

    def is_linkable(self, seen: Observation) -> bool:
        """A visit is linkable when the visitor is a known person and it carries a key that could tie it to them.

        Known: the shop issued the visitor a card, or the visitor's number was confirmed by a code at any time of the
        90 days. A key: the card scanned, a number confirmed in the visit, a number typed at the till (a wrong digit or
        a shared number counts all the same, against the recall), or an address that was bound at a login with consent.
        A rotated address that was never bound, and a face alone, are no keys.
        """
        person = self.persons[self.visitor[seen.record]]
        known = bool(person.card) or record_id(Kind.PHONE, person.phone) in self.holder
        bound = any(record_id(Kind.MAC, mac.key) in self.bound for mac in seen.macs if mac.consent_id)
        return known and bool(seen.card or seen.phone or seen.typed_phone or bound)


def town(seed: int, persons: int, rates: Rates | None = None, habits: Habits | None = None) -> Town:
    """`persons` shoppers and their visits, in the order of time."""
    rates, habits = rates or Rates(), habits or Habits()
    random = Random(seed)
    made = Town()
    _people(random, made, persons, rates, habits)
    visits: list[tuple[int, Person]] = []
    for person in made.persons:
        count = 1 + min(60, int(random.expovariate(1 / (habits.visits_mean - 1))))
        visits += [(START_MS + random.randrange(90 * DAY_MS), person) for _ in range(count)]
    visits.sort(key=lambda one: (one[0], one[1].at))
    for person in made.persons:
        _card_form(random, made, person, rates, habits)
    logged_in: set[int] = set()
    for number, (at_ms, person) in enumerate(visits):
        _visit(random, made, f"v{number:07d}", at_ms, person, rates, habits, logged_in)
    return made


def _people(random: Random, made: Town, count: int, rates: Rates, habits: Habits) -> None:
    numbers = random.sample(range(habits.numbers_each * count), count)
    shared = int(count * rates.household / 2) * 2
    for at in range(count):
        second = at < shared and at % 2 == 1
        elder = made.persons[-1] if second else None
        family = elder.name.split()[1] if elder else "".join(random.choices(SYLLABLES, k=3)).capitalize() + "в"
        first = random.choice([one for one in FIRST if elder is None or one != elder.name.split()[0]])
        has_card = random.random() >= rates.without_card
        rotating = elder.rotating if elder else random.random() < rates.rotating
        wifi = elder.wifi if elder else random.random() < habits.wifi_consent
        made.persons.append(
            Person(
                at,
                f"{first} {family}",
                elder.phone if elder else f"{numbers[at]:07d}",
                elder.device if elder else at,
                f"c{at:06d}" if has_card else "",
                rotating,
                wifi,
                f"f{at:06d}" if random.random() < habits.face_consent else "",
            )
        )


def _card_form(random: Random, made: Town, person: Person, rates: Rates, habits: Habits) -> None:
    if not person.card:
        return
    card = record_id(Kind.CARD, person.card)
    made.holder.setdefault(card, set()).add(person.at)
    made.about.named(card, written(random, person.name, rates.name_typo))
    lot = random.random()
    phone = person.phone if lot < habits.code_on_card_form else ""
    made.enrolments += card_registered(person.card, phone, f"form-{person.card}", START_MS - DAY_MS)
    if phone:
        made.holder.setdefault(record_id(Kind.PHONE, phone), set()).add(person.at)
    elif lot < habits.code_on_card_form + habits.typed_on_card_form:
        made.about.wrote(card, typed(random, person.phone, rates.wrong_digit))
    if person.face:
        made.enrolments += face_enrolled(person.face, card, f"face-{person.at}", f"form-{person.card}", START_MS)


def _visit(
    random: Random, made: Town, key: str, at_ms: int, person: Person, rates: Rates, habits: Habits, known: set[int]
) -> None:
    card = typed_phone = phone = name = ""
    macs: list[MacSeen] = []
    buys = random.random() < habits.buys
    if buys and person.card and random.random() < habits.card_along:
        card = person.card
    elif buys and random.random() < habits.types_number:
        typed_phone = typed(random, person.phone, rates.wrong_digit)
        name = written(random, person.name, rates.name_typo) if random.random() < habits.name_with_number else ""
    if person.wifi and random.random() < habits.associates:
        consent = f"wifi-{person.device}"
        mac = f"{key}-m" if person.rotating else f"d{person.device:06d}"
        first = not person.rotating and person.device not in known
        if first or (person.rotating and random.random() < habits.rotated_logs_in):
            known.add(person.device)
            phone = person.phone
            made.enrolments += portal_login(mac, phone, consent, key, at_ms)
            made.holder.setdefault(record_id(Kind.PHONE, phone), set()).add(person.at)
            made.bound.add(record_id(Kind.MAC, mac))
            if random.random() < habits.name_on_login:
                made.about.named(record_id(Kind.PHONE, phone), written(random, person.name, rates.name_typo))
            macs.append(MacSeen(mac, consent))
        else:
            macs.append(MacSeen(mac, "" if person.rotating else consent))
    faces: tuple[FaceSeen, ...] = ()
    if person.face and person.card and random.random() < habits.face_caught:
        other = person
        if random.random() < rates.false_face:
            other = random.choice([one for one in made.persons if one.face and one.card and one is not person])
        distance = random.uniform(0.33, 0.449) if other is not person else min(0.449, random.gauss(0.34, 0.05))
        faces = (FaceSeen(other.face, distance, f"face-{other.at}"),)
    seen = Observation(
        Kind.VISIT, key, at_ms, card, phone, tuple(macs), faces, typed_phone, name, True if faces and buys else None
    )
    made.observations.append(seen)
    made.visitor[seen.record] = person.at


def written(random: Random, name: str, typo: float) -> str:
    """The name as somebody wrote it: with this probability one letter is changed, lost, doubled or swapped."""
    if random.random() >= typo:
        return name
    at = random.choice([place for place, letter in enumerate(name[:-1]) if letter != " " and name[place + 1] != " "])
    return (
        name[:at] + random.choice(LETTERS) + name[at + 1 :],
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    )[random.randrange(4)]


def typed(random: Random, phone: str, wrong: float) -> str:
    """The number as somebody typed it: with this probability one digit is another one."""
    if random.random() >= wrong:
        return phone
    at = random.randrange(len(phone))
    return phone[:at] + random.choice([one for one in "0123456789" if one != phone[at]]) + phone[at + 1 :]
