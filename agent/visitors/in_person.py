"""A shopper at the till agrees in person, or withdraws: the phone is proven, boxes are ticked, the face is enrolled.

The till never waits for any of it. An act answers at once; messages, the visitors' file and cameras are waited for in
tasks of this room, and whoever stands at the till may leave at every moment and sell.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup, TaskStatus

from agent.view import Note
from agent.visitors.agreeing import Agreeing, AgreeRefused, Face, Message, Step
from agent.visitors.camera_door import LOOK_FOR_S
from agent.visitors.consents import BROKEN
from agent.visitors.visitors import Visitors
from sensors.association_messages import Withdraws, is_name
from sensors.consent.codes import LIFE_MS, Typed
from sensors.consent.facts import Channel, Given, Proof, Purpose
from sensors.consent.ledger import Consent
from sensors.consent.phones import phone_number
from sensors.consent.proving import PROVEN_MS, Proving
from sensors.consent.texts import RETENTION_DAYS, ShownText, latest, shown
from sensors.identity.records import Kind, kind_of
from sync.store.failures import StoreError

LIFE_S = PROVEN_MS / 1000
"""From the first key to the last: so a proven phone opens its consents no longer than on the guests' page."""
SEND_WITHIN_S = 20.0
"""A gateway that has not taken a message by then has not taken it; a new code may be asked for."""
ANSWER_WITHIN_S = 3.0
"""The camera counts the same seconds and says that nobody came; its word takes a moment."""
PURPOSES = (Purpose.ANALYTICS, Purpose.MARKETING, Purpose.FACE_ID)
"""What a person can agree to here. WIFI_ID is given where the device is: without one it would allow nothing."""
SHORT_HASH = 16
"""Digits of a text's hash that the page shows and tells back: what is recorded is what stood there."""
FACES = {"": Face.SEEN, "no_face": Face.NOBODY, "several_faces": Face.SEVERAL}
SendCode = Callable[[str, str, str, str], Awaitable[Message]]
"""(id, phone, code, language): a code on its way to a phone."""


class InPerson:
    """One for a till, `host` is its name. `moved`: the screen is another one; `told`: it says more than before."""

    def __init__(
        self,
        visitors: Visitors,
        host: str,
        proving: Proving,
        send: SendCode,
        moved: Callable[[], None],
        told: Callable[[], None],
    ) -> None:
        self._visitors = visitors
        self._consents = visitors.consents
        self._host = host
        self._proving = proving
        self._send = send
        self._moved = moved
        self._told = told
        self._tasks: TaskGroup | None = None
        self.now: Agreeing | None = None

    async def run(self) -> None:
        """Until cancelled. Nobody is in the middle of anything after a new start."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                await anyio.sleep_forever()
            finally:
                self._tasks = None
                if self.now is not None:
                    self.leave()
                    self._moved()

    # What the screen shows

    @property
    def faces(self) -> bool:
        """May a consent to faces be given here? Only where a code proves it."""
        return self._visitors.cameras.faces and Proof.CODE in self._visitors.country.proofs(Purpose.FACE_ID)

    @property
    def faces_why(self) -> str:
        """Why not, in the shopper's language."""
        return "" if self.faces or self.now is None else self._visitors.country.why.in_(self.now.locale)

    def offered(self) -> list[ShownText]:
        """The boxes: everything that does not stand yet."""
        held = {one.given.purpose for one in self.standing()}
        return [self._text(one) for one in PURPOSES if one not in held and (one is not Purpose.FACE_ID or self.faces)]

    def standing(self) -> list[Consent]:
        """What the proven phone's holder agreed to before, by whatever way."""
        if self.now is None or not self.now.proof_id:
            return []
        ledger = self._consents.ledger.consents
        found = [ledger[one.consent_id] for one in self._consents.standing_of(self.now.phone)]
        return sorted(found, key=lambda one: (list(Purpose).index(one.given.purpose), one.given.given_ms))

    def name(self) -> str:
        subject = self._consents.subject_with_phone(self.now.phone) if self.now and self.now.proof_id else None
        return self._consents.personal(subject).get("name", "") if subject else ""

    def faceless(self) -> str:
        """A standing consent to faces without a face: a camera was away, or nobody came. "" for none."""
        given = (one for one in self.standing() if one.given.purpose is Purpose.FACE_ID and self.faces)
        without = (one for one in given if not any(kind_of(record) is Kind.FACE for record in one.records))
        return next((one.given.consent_id for one in without), "")

    # What a person does. Each raises AgreeRefused, and nothing has changed then.

    async def open(self, locale: str) -> None:
        if self._tasks is None:
            raise AgreeRefused("agree_away")
        self.leave()
        visitors = self._visitors
        flow = Agreeing(visitors.draw(16).hex(), locale, visitors.clock.now_ms())
        await self._tasks.start(self._live, flow)
        self.now = flow

    def leave(self) -> None:
        """At every moment. What was confirmed is recorded all the same."""
        flow, self.now = self.now, None
        if flow is not None:
            flow.scope.cancel()
            self._visitors.enrolments.forget(flow.request)  # now: a camera may answer before the task hears of it

    def speak(self, locale: str) -> None:
        self._flow().locale = "en" if locale == "en" else "ru"

    def phone(self, typed: str) -> None:
        """Asks for a code; asked once more for the same number, it is a new one."""
        flow = self._flow(Step.PHONE, Step.CODE)
        number = phone_number(typed[:40], self._visitors.country.code) if typed else flow.phone
        if not number:
            raise AgreeRefused("agree_phone_wrong")
        code = self._proving.ask(flow.who, self._host, number)
        if not code:
            raise AgreeRefused("agree_too_many")
        flow.phone = number
        flow.until_ms = self._visitors.clock.now_ms() + LIFE_MS
        flow.message = Message.SENDING
        self._step(flow, Step.CODE)
        self._begin(flow, partial(self._carry, flow, code))

    def code(self, typed: str) -> None:
        flow = self._flow(Step.CODE)
        found = self._proving.typed(flow.who, self._host, flow.phone, typed)
        if found is Typed.WRONG:
            raise AgreeRefused("agree_code_wrong")
        if found is not Typed.RIGHT:
            raise AgreeRefused("agree_too_many" if found is None else "agree_code_dead")
        flow.proof_id = f"code-{self._visitors.draw(16).hex()}"
        self._step(flow, Step.CHOOSE)

    def give(self, agreed: Collection[str], name: str) -> None:
        """`agreed`: "purpose:hash" of each ticked box, as the screen showed it."""
        flow = self._flow(Step.CHOOSE)
        texts = {f"{one.purpose.value}:{one.hash[:SHORT_HASH]}": one for one in self.offered()}
        if not agreed:
            raise AgreeRefused("agree_nothing")
        if not texts.keys() >= set(agreed):
            raise AgreeRefused("agree_text_changed")
        called = " ".join(name.split())
        if called and not is_name(called):
            raise AgreeRefused("agree_name_wrong")
        given = [self._given(flow, text) for token, text in texts.items() if token in agreed]
        self._keep(flow, partial(self._record, flow, given, called))

    def withdraw(self, consent_id: str) -> None:
        flow = self._flow(Step.CHOOSE)
        if consent_id not in {one.given.consent_id for one in self.standing()}:
            raise AgreeRefused("agree_gone")
        self._keep(flow, partial(self._withdraw, flow, consent_id))

    def look(self) -> None:
        """Asks the cameras for the shopper's face, for the first time or once more."""
        flow = self._flow(Step.CHOOSE, Step.FACE)
        consent_id = self.faceless()
        if not consent_id or flow.face is Face.LOOKING:
            raise AgreeRefused("agree_gone")
        self._look(flow, consent_id)

    # What is waited for

    async def _live(self, flow: Agreeing, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        with flow.scope:
            flow.scope.deadline = anyio.current_time() + LIFE_S
            async with anyio.create_task_group() as flow.tasks:
                task_status.started()
                await anyio.sleep_forever()
        flow.tasks = None
        if self.now is flow:
            self.now = None
            self._moved()

    async def _carry(self, flow: Agreeing, code: str) -> None:
        told = Message.NOT_SENT
        with anyio.move_on_after(SEND_WITHIN_S):
            told = await self._send(self._visitors.draw(16).hex(), flow.phone, code, flow.locale)
        flow.message = told
        self._told()

    async def _record(self, flow: Agreeing, given: list[Given], name: str) -> None:
        refused = await self._consents.give_in_person(given, flow.phone, name)
        if refused:
            raise _NotKept(refused)
        flow.given = tuple(one.purpose for one in given)
        face = self.faceless() if Purpose.FACE_ID in flow.given and self.now is flow else ""
        if face:
            self._look(flow, face)
        else:
            self._step(flow, Step.DONE)

    async def _withdraw(self, flow: Agreeing, consent_id: str) -> None:
        now_ms, proof = self._visitors.clock.now_ms(), flow.proof_id
        told = Withdraws(ask="", phone=flow.phone, consent_ids=(consent_id,), at_ms=now_ms, proof_id=proof)
        refused = await self._consents.withdraw(told)
        if refused:
            raise _NotKept(refused)
        self._step(flow, Step.CHOOSE)
        flow.note = Note("agree_withdrawn")

    def _look(self, flow: Agreeing, consent_id: str) -> None:
        visitors = self._visitors
        request, record = visitors.draw(8).hex(), visitors.gallery.new_record()
        visitors.enrolments.expect(request, record, consent_id)
        flow.request = request
        self._step(flow, Step.FACE)
        if not visitors.cameras.enrol(request, record):
            visitors.enrolments.forget(request)
            flow.face = Face.AWAY
            return
        flow.face = Face.LOOKING
        flow.until_ms = visitors.clock.now_ms() + round(LOOK_FOR_S * 1000)
        self._begin(flow, partial(self._await_face, flow, request))

    async def _await_face(self, flow: Agreeing, request: str) -> None:
        enrolments = self._visitors.enrolments
        outcome = None
        try:
            with anyio.move_on_after(LOOK_FOR_S + ANSWER_WITHIN_S):
                outcome = await enrolments.ended(request)
        finally:
            enrolments.forget(request)
        if outcome is None:
            flow.face = Face.NOBODY if self._visitors.cameras.looks else Face.AWAY
        else:
            flow.face = FACES.get(outcome, Face.NOT_MADE)
        if flow.face is Face.SEEN:
            self._step(flow, Step.DONE)
        self._moved()

    def _begin(self, flow: Agreeing, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ends when the till is left."""
        if flow.tasks is not None:
            flow.tasks.start_soon(work)

    def _keep(self, flow: Agreeing, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Goes on when the till is left: it was confirmed."""
        if self._tasks is None:
            raise AgreeRefused("agree_away")
        self._step(flow, Step.KEEPING)
        self._tasks.start_soon(self._kept, flow, work)

    async def _kept(self, flow: Agreeing, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        note = None
        try:
            await work()
        except _NotKept as refused:
            note = Note("agree_broken" if refused.code == BROKEN else "agree_not_kept")
        except StoreError:
            note = Note("agree_no_room")
        if note is not None:
            self._step(flow, Step.CHOOSE)
            flow.note = note
        if self.now is flow:
            self._moved()

    def _flow(self, *steps: Step) -> Agreeing:
        flow = self.now
        if flow is None or (steps and flow.step not in steps):
            raise AgreeRefused("agree_gone")
        if not 0 <= self._visitors.clock.now_ms() - flow.began_ms < PROVEN_MS:  # the machine slept meanwhile
            self.leave()
            raise AgreeRefused("agree_gone")
        return flow

    def _step(self, flow: Agreeing, step: Step) -> None:
        flow.step, flow.since_ms, flow.note = step, self._visitors.clock.now_ms(), None
        flow.face = Face.NONE if step is not Step.DONE else flow.face

    def _text(self, purpose: Purpose) -> ShownText:
        locale = self.now.locale if self.now is not None else "ru"
        days = RETENTION_DAYS[purpose]
        return shown(purpose, latest(purpose), locale, self._visitors.controller, days)

    def _given(self, flow: Agreeing, text: ShownText) -> Given:
        """The text of the face's box says that its reader is of age: ticking it is the declaration."""
        return Given(
            consent_id=self._visitors.draw(16).hex(),
            subject="",
            purpose=text.purpose,
            text_version=text.version,
            text_hash=text.hash,
            channel=Channel.TILL,
            locale=text.locale,
            given_ms=self._visitors.clock.now_ms(),
            proof=Proof.CODE,
            proof_id=flow.proof_id,
            controller=self._visitors.controller,
            retention_days=RETENTION_DAYS[text.purpose],
            of_age=text.purpose is Purpose.FACE_ID,
        )


class _NotKept(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
