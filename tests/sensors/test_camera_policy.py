"""No template before a consent: calls of the detector and of the embedding are counted, in every country, with every
trigger; and what a visitor comes to, from the pictures to the verdict, without any network."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import pytest

from tests.sensors.camera_scene import FPS, MarkFinder, drawn, needs_dlib

needs_dlib()

import numpy as np  # noqa: E402

from sensors.camera_messages import (  # noqa: E402
    Enrol,
    Enrolled,
    Member,
    Members,
    NotAMessage,
    Recognised,
    Rules,
    Triggers,
    as_bytes,
    packed,
)
from sensors.cameras.embed_process import Embed, Near  # noqa: E402
from sensors.cameras.geometry import Box  # noqa: E402
from sensors.cameras.permission import Permission  # noqa: E402
from sensors.cameras.recognising import Recognising  # noqa: E402
from sensors.cameras.shots import MOST_EMBEDDINGS, Shot  # noqa: E402
from sensors.cameras.watching import View, Watching  # noqa: E402
from sensors.recognition_policy import Among, Forbidden, Trigger, Unsure  # noqa: E402

TEMPLATE = packed(as_bytes((0.1,) * 128))
ALL = (0.0, 0.0, 1.0, 1.0)
CARD = Triggers((Trigger.CARD,), for_s=60)


def members(*records: str) -> Members:
    return Members(tuple(Member(record, TEMPLATE) for record in records))


@dataclass
class Shop:
    """The camera without threads and processes: pictures in, messages out; the embedding is a list of answers."""

    answers: list[list[tuple[str, float]] | None] = field(default_factory=list)
    zone: tuple[float, float, float, float] | None = ALL
    now_ms: int = 0
    told: list[Recognised | Enrolled] = field(default_factory=list)
    jobs: list[Embed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.finder = MarkFinder()
        self.permission = Permission()
        self.watching = Watching(View(zone=self.zone), self.finder)
        self.recognising = Recognising(
            self.permission,
            "boot",
            submit=self.jobs.append,
            tell=self.told.append,
            third=self.watching.third,
            stop=self.watching.stop,
            now_ms=lambda: self.now_ms,
            now_s=lambda: self.now_ms / 1000,
        )
        self.answered = 0

    def allow(self, *messages: Rules | Members | Triggers | Enrol) -> None:
        for one in messages:
            match one:
                case Rules():
                    self.permission.rules(one)
                case Members():
                    self.permission.members(one)
                case Triggers():
                    self.permission.triggers(one, self.now_ms / 1000)
                case Enrol():
                    self.permission.enrol(one, self.now_ms / 1000)

    def see(self, left: int | None, frames: int = 1, step: int = 0) -> None:
        for number in range(frames):
            self.now_ms += 1000 // FPS
            picture = drawn(None if left is None else left + step * number)
            looked = self.watching.see(
                picture, self.now_ms, lambda zone: self.permission.forbidden(zone, self.now_ms / 1000),
                self.permission.zone_only,
            )  # fmt: skip
            self.recognising.take(looked.to_embed, looked.ended, self.watching.faces_here)
            while self.answered < len(self.jobs):
                job = self.jobs[self.answered]
                self.answered += 1
                if job.template:
                    self.recognising.answered(job.job, Near(job.job, [], as_bytes((0.2,) * 128)))
                elif self.answers and (near := self.answers.pop(0)) is not None:
                    self.recognising.answered(job.job, Near(job.job, near, b""))
                else:
                    self.recognising.answered(job.job, None)

    def visit(self) -> None:
        """Empty, then somebody walks through, then empty again."""
        self.see(None, 11)
        self.see(-30, 33, step=11)
        self.see(None, 30)


# Forbidden


@pytest.mark.parametrize(
    ("messages", "zone", "why"),
    [
        ((), ALL, Forbidden.COUNTRY),
        ((members("anna"), CARD), ALL, Forbidden.COUNTRY),
        ((Rules("RU"), members("anna"), CARD), ALL, Forbidden.COUNTRY),
        ((Rules("RU", zone_is_trigger=True), members("anna"), CARD, Enrol("q", "boris")), ALL, Forbidden.COUNTRY),
        ((Rules("KZ"), members("anna"), CARD), ALL, Forbidden.COUNTRY),
        ((Rules("DE"), members("anna")), ALL, Forbidden.NO_TRIGGER),
        ((Rules("DE"), members("anna"), Triggers((Trigger.CARD,), for_s=0)), ALL, Forbidden.NO_TRIGGER),
        ((Rules("DE"), members("anna"), Triggers((Trigger.ZONE,), for_s=60)), ALL, Forbidden.NO_TRIGGER),
        ((Rules("DE"), members(), CARD), ALL, Forbidden.NOBODY_AGREED),
        ((Rules("DE"), members("anna"), CARD), None, Forbidden.OUTSIDE_ZONE),
    ],
)
def test_where_nobody_may_be_looked_at_nobody_is(
    messages: tuple[Rules | Members | Triggers | Enrol, ...],
    zone: tuple[float, float, float, float] | None,
    why: Forbidden,
) -> None:
    """Not even the detector is called, and the reason is counted."""
    shop = Shop([[("anna", 0.2)]] * 9, zone)
    shop.allow(*messages)
    shop.see(None, 11)
    shop.see(-30, 33, step=11)
    assert (shop.finder.calls, shop.jobs, shop.told) == (0, [], [])
    assert set(shop.watching.forbidden) == {why}
    assert shop.watching.forbidden[why] > 5


@pytest.mark.parametrize(
    "messages",
    [
        (Rules("DE"), members("anna"), CARD),
        (Rules("DE", zone_is_trigger=True), members("anna")),
        (Rules("RU", accreditation="12-34"), members("anna"), CARD),
    ],
)
def test_where_it_is_allowed_the_same_visitor_is_recognised(messages: tuple[Rules | Members | Triggers, ...]) -> None:
    """The tests above can fail: one word of the agent changes the outcome."""
    shop = Shop([[("anna", 0.2)]] * 9)
    shop.allow(*messages)
    shop.visit()
    (said,) = shop.told
    assert isinstance(said, Recognised)
    assert (said.member, said.embeddings, said.frames, said.track) == ("anna", 2, 2, "boot-1")
    assert shop.finder.calls > 5


def test_no_pixel_outside_the_zone_is_searched() -> None:
    shop = Shop([[("anna", 0.2)]] * 9, zone=(0.0, 0.0, 0.4, 1.0))
    shop.allow(Rules("DE"), members("anna"), CARD)
    shop.see(None, 12)
    shop.see(200, 40, step=3)
    assert shop.jobs == []
    shop.see(20, 25, step=2)
    assert shop.jobs
    assert all(width <= 0.4 * 400 for _, width, _ in shop.finder.seen)


def test_a_trigger_that_closes_and_an_agent_that_goes_end_it_at_once() -> None:
    for end in ("expired", "closed", "gone"):
        shop = Shop([[("anna", 0.2)]] * 9)
        shop.see(None, 12)
        shop.allow(Rules("DE"), members("anna"), Triggers((Trigger.CARD,), for_s=0.5 if end == "expired" else 60))
        shop.see(100, 5, step=9)
        assert shop.finder.calls > 0
        calls = shop.finder.calls
        if end == "closed":
            shop.allow(Triggers(()))
        elif end == "gone":
            shop.permission.forget()
            shop.recognising.forget()
        else:
            shop.now_ms += 1_000
        shop.see(150, 40, step=5)
        assert (shop.finder.calls, shop.jobs, shop.told) == (calls, [], []), end


# What a track comes to

NEAR, ALIKE, FAR = [("anna", 0.3), ("boris", 0.6)], [("anna", 0.3), ("boris", 0.35)], [("anna", 0.7), ("boris", 0.8)]
OTHER = [("boris", 0.3), ("anna", 0.6)]


@pytest.mark.parametrize(
    ("answers", "embeddings", "member", "why"),
    [
        ([NEAR, NEAR], 2, "anna", None),
        ([NEAR, FAR, NEAR], 3, "anna", None),
        ([NEAR, OTHER, OTHER], 3, "boris", None),
        ([NEAR, OTHER, FAR], 3, "", Unsure.DISAGREEING),
        ([FAR, FAR], 2, "", Unsure.TOO_FAR),
        ([ALIKE, ALIKE], 2, "", Unsure.TOO_ALIKE),
        ([NEAR, None, NEAR], 3, "anna", None),
        ([None, None], 2, "", Unsure.TOO_FEW_FRAMES),
        ([[], []], 2, "", Unsure.TOO_FAR),
    ],
)
def test_two_embeddings_and_a_third_where_it_can_decide(
    answers: list[list[tuple[str, float]] | None], embeddings: int, member: str, why: Unsure | None
) -> None:
    shop = Shop(list(answers))
    shop.allow(Rules("DE"), members("anna", "boris"), CARD)
    shop.visit()
    (said,) = shop.told
    assert isinstance(said, Recognised)
    assert (said.embeddings, len(shop.jobs), said.member, said.why) == (embeddings, embeddings, member, why)
    if answers[:2] == [NEAR, NEAR]:
        assert (said.distance, said.margin, said.among) == (0.3, pytest.approx(0.3), Among.STORE)


def test_never_more_than_three_embeddings_and_one_verdict_whatever_is_answered() -> None:
    """Every course of three answers, the track ending early or late, with one shot more or none."""
    shot = Shot(np.zeros((9, 9, 3), np.uint8), Box(1, 1, 8, 8), 0.5, 0)
    for answers in product([NEAR, OTHER, ALIKE, FAR, [], None], repeat=3):
        for spare in (0, 1, 5):
            told: list[Recognised | Enrolled] = []
            jobs: list[Embed] = []
            spares = [shot] * spare
            permission = Permission()
            permission.rules(Rules("DE", zone_is_trigger=True))
            permission.members(members("anna", "boris"))
            recognising = Recognising(
                permission, "boot", submit=jobs.append, tell=told.append, stop=lambda track: None, now_ms=lambda: 1,
                third=lambda track, spares=spares: spares.pop() if spares else None, now_s=lambda: 0.0,
            )  # fmt: skip
            recognising.take([(1, shot), (1, shot)], [], 1)
            for place, near in enumerate(answers):
                if place < len(jobs):
                    job = jobs[place].job
                    recognising.answered(job, None if near is None else Near(job, near, b""))
            recognising.take([], [1], 0)
            assert len(jobs) == recognising.embeddings <= MOST_EMBEDDINGS
            assert len(told) == 1
            recognising.take([], [1], 0)
            recognising.answered(1, Near(1, NEAR, b""))
            assert len(told) == 1


def test_a_face_is_known_within_a_second_and_a_half_of_pictures() -> None:
    """The last of three embeddings is asked for within 18 frames of 15 a second after the face is there: with 75 ms
    each that leaves the rest of 1.5 s for computing."""
    shop = Shop([NEAR, FAR, NEAR])
    shop.allow(Rules("DE"), members("anna", "boris"), CARD)
    shop.see(None, 12)
    began = shop.now_ms
    shop.see(40, 18, step=8)
    assert len(shop.jobs) == 3
    (said,) = shop.told
    assert isinstance(said, Recognised)
    assert said.at_ms - began <= 1_200


def test_the_card_narrows_whom_it_is_compared_with() -> None:
    shop = Shop([[("boris", 0.2)]] * 2)
    shop.allow(
        Rules("DE"), members("anna", "boris"), Triggers((Trigger.CARD,), by_card=("boris", "stranger"), for_s=60)
    )
    shop.visit()
    assert [job.among for job in shop.jobs] == [["boris"], ["boris"]]
    assert isinstance(shop.told[0], Recognised)
    assert shop.told[0].among is Among.CARD


# Enrolment


def test_who_has_just_agreed_gets_one_template_made_and_one_only() -> None:
    shop = Shop()
    shop.allow(Rules("DE"), Enrol("q", "vera", for_s=60))
    shop.visit()
    assert shop.told == [Enrolled("q", packed(as_bytes((0.2,) * 128)), "")]
    assert [job.template for job in shop.jobs] == [True]
    shop.visit()
    assert len(shop.jobs) == 1


def test_nobody_comes_to_be_enrolled() -> None:
    shop = Shop()
    shop.allow(Rules("DE"), Enrol("q", "vera", for_s=2))
    shop.see(None, 20)
    shop.recognising.expire()
    assert shop.told == []
    shop.see(None, 20)
    shop.recognising.expire()
    shop.recognising.expire()
    assert shop.told == [Enrolled("q", "", "no_face")]


def test_who_does_not_stand_there_alone_is_not_enrolled_and_hears_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watching, "faces_here", property(lambda self: 2))
    shop = Shop()
    shop.allow(Rules("DE"), Enrol("q", "vera", for_s=20))
    shop.visit()
    shop.now_ms += 20_000
    shop.recognising.expire()
    assert shop.told == [Enrolled("q", "", "several_faces")]
    assert shop.jobs == [], "no template of anybody"
    shop.allow(Enrol("r", "vera", for_s=1))
    shop.see(None, 20)
    shop.recognising.expire()
    assert shop.told[1:] == [Enrolled("r", "", "no_face")], "the crowd was of an earlier one"


def test_portions_of_members_take_force_with_the_last() -> None:
    permission = Permission()
    first, last = Members((Member("a", TEMPLATE),), last=False), Members((Member("b", TEMPLATE),), first=False)
    assert permission.members(first) is None
    rows = permission.members(last)
    assert rows is not None
    assert [record for record, _ in rows] == ["a", "b"]
    for wrong in (last, Members((Member("a", "short"),))):
        with pytest.raises(NotAMessage):
            permission.members(wrong)


def test_counting_asks_nobody() -> None:
    """Rules or not: who crosses the line is counted, in and out."""
    watching = Watching(View(line=(0.5, 0.0, 0.5, 1.0)), None)
    crossings = []
    lefts = [None] * 12 + [*range(20, 300, 12)] + [None] * 15 + [*range(300, 20, -12)] + [None] * 5
    for number, left in enumerate(lefts):
        looked = watching.see(drawn(left), number * 66, lambda zone: Forbidden.COUNTRY)
        crossings += [crossed.value for crossed in looked.crossings]
    assert crossings == ["out", "in"]
    assert not watching.forbidden
