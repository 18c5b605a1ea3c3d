"""A guest goes online, and may agree: boxes, a number, a code, and the agent's word that it is recorded.

    GET  /  (and /guest/s/SITE/, where UniFi sends guests)     the page
    POST /online                                               the internet, for nothing
    POST /agree        boxes, a number, a name who likes ─> a code is sent
    POST /agree/code   the code ─> Gives to the agent ─> recorded: the device returns from now on

The hash that comes back in a form is of the text that the page showed, in its language: what is recorded is what was
read, even if the texts changed meanwhile (then the page comes again).
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from sensors.association.agent_link import AgentAway
from sensors.association.gates import NotAdmitted
from sensors.association.portal.desk import Asked
from sensors.association.portal.pages import (
    agreed_list,
    code_field,
    consent_boxes,
    form,
    good,
    heading,
    in_other_language,
    name_field,
    online_part,
    paragraph,
    phone_field,
    purposes_of,
    trouble,
)
from sensors.association.portal.room import LOCALES, Room, every, field, host_of
from sensors.association.portal.visitors import Visitor
from sensors.association.portal.words import refused, say
from sensors.association_messages import LONGEST_NAME, Agreement, Gives, Recorded, given_by, is_name
from sensors.consent.admission import refusal
from sensors.consent.codes import Typed
from sensors.consent.facts import Purpose
from sensors.consent.phones import phone_number
from sensors.consent.texts import ShownText

REDIRECT = ("ap", "id", "t", "url", "ssid")
LONGEST_PARAMETER = 512


class Agreeing:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def landing(self, request: Request) -> Response:
        room, host = self._room, host_of(request)
        if not room.desk.may_open(host):
            return room.crowded(request)
        told = {name: request.query_params[name] for name in REDIRECT if name in request.query_params}
        told = {name: value for name, value in told.items() if len(value) <= LONGEST_PARAMETER}
        visitor = room.visitors.come(host, room.locale(request), room.now_ms())
        visitor.guest = await room.gate.guest(host, told)
        room.counts.add("portal.opened")
        other = in_other_language(request.url.path, visitor.locale, told)
        return room.html(self._choice(visitor, other=other))

    async def online(self, request: Request) -> Response:
        """Whoever asks gets it: no box, no number, no code."""
        room = self._room
        visitor, _ = await room.posted(request)
        if visitor is None:
            return room.expired(request)
        try:
            await room.gate.admit(visitor.guest, visitor.host)
        except NotAdmitted as why:
            room.counts.add(f"portal.{why.code}")
            return room.html(self._choice(visitor, wrong=say("not_admitted", visitor.locale)), 503)
        visitor.online = True
        room.counts.add("portal.online")
        return room.html(self._choice(visitor))

    async def agree(self, request: Request) -> Response:
        room = self._room
        visitor, told = await room.posted(request)
        if visitor is None:
            return room.expired(request)
        if not room.agent.there:
            return room.html(self._choice(visitor), 503)
        ticked = purposes_of(every(told, "agree"), [text.purpose for text in room.offered(visitor)])
        if not ticked:
            return room.html(self._choice(visitor, wrong=say("nothing_ticked", visitor.locale)), 422)
        texts = [self._as_shown(visitor, one, field(told, f"text_{one.value}")) for one in ticked]
        seen = tuple(text for text in texts if text is not None)
        if len(seen) < len(ticked):
            return room.html(self._choice(visitor, wrong=say("text_changed", visitor.locale)), 409)
        typed = field(told, "phone")[:40]
        phone = phone_number(typed, room.settings.country.code)
        if phone is None:
            wrong, name = say("phone_wrong", visitor.locale), field(told, "name")[:LONGEST_NAME]
            again = self._choice(visitor, wrong=wrong, ticked=ticked, typed=typed, name=name, bad_phone=True)
            return room.html(again, 422)
        name = " ".join(field(told, "name").split())
        if name and not is_name(name):
            wrong = say("name_wrong", visitor.locale)
            again = self._choice(visitor, wrong=wrong, ticked=ticked, typed=typed, name=name, bad_name=True)
            return room.html(again, 422)
        asked = await room.desk.send(visitor, phone)
        if asked is not Asked.SENT:
            wrong = say(asked.value, visitor.locale)
            return room.html(self._choice(visitor, wrong=wrong, ticked=ticked, typed=typed, name=name), 429)
        visitor.chosen, visitor.name = seen, name
        return room.html(self._code(visitor))

    async def code(self, request: Request) -> Response:
        room = self._room
        visitor, told = await room.posted(request)
        if visitor is None:
            return room.expired(request)
        if not visitor.chosen:
            return room.html(self._choice(visitor, wrong=say("code_dead", visitor.locale)), 409)
        if not visitor.proven(room.now_ms()):
            found = room.desk.typed(visitor, field(told, "code"))
            if found is Typed.WRONG:
                return room.html(self._code(visitor, wrong=True), 422)
            if found is Typed.DEAD:
                visitor.chosen = ()
                return room.html(self._choice(visitor, wrong=say("code_dead", visitor.locale)), 409)
        return await self._give(visitor)

    async def _give(self, visitor: Visitor) -> Response:
        """The same consents with the same ids, however often it is tried again."""
        room, locale = self._room, visitor.locale
        gives = visitor.pending = visitor.pending or self._gives(visitor)
        for one in gives.agreements:
            why = refusal(given_by(gives, one, "guest"), room.settings.country)
            if why is not None:
                return self._not_recorded(visitor, why)
        try:
            answer = await room.agent.ask(gives)
        except AgentAway:
            room.counts.add("portal.agent_away")
            return self._later(visitor, say("agent_away", locale))
        if isinstance(answer, Recorded) and answer.refused == "no_room":
            room.counts.add("portal.no_room")
            return self._later(visitor, refused(answer.refused, locale))
        if not isinstance(answer, Recorded) or answer.refused:
            return self._not_recorded(visitor, answer.refused if isinstance(answer, Recorded) else "")
        if gives.key:
            room.floor.agreed(gives.key, gives.was, room.settings.zone)
        room.counts.add("portal.agreed")
        texts, visitor.chosen, visitor.pending = visitor.chosen, (), None
        body = [
            heading("done", locale),
            good(say("done_body", locale)),
            agreed_list(texts, locale),
            online_part(visitor),
        ]
        return room.html(room.frame.page(locale, body))

    def _gives(self, visitor: Visitor) -> Gives:
        room = self._room
        agreements = tuple(
            Agreement(
                consent_id=room.draw(),
                purpose=text.purpose,
                text_version=text.version,
                text_hash=text.hash,
                locale=text.locale,
                retention_days=room.settings.days[text.purpose],
            )
            for text in visitor.chosen
        )
        key = was = ""
        guest = visitor.guest
        if guest is not None and guest.proven and any(one.purpose is Purpose.WIFI_ID for one in agreements):
            key, was = room.floor.keys_of(guest.network, guest.address)
        return Gives(
            ask=room.draw(),
            phone=visitor.phone,
            agreements=agreements,
            controller=room.settings.controller,
            given_ms=room.now_ms(),
            proof_id=visitor.proof_id,
            key=key,
            was=was,
            name=visitor.name,
        )

    def _later(self, visitor: Visitor, why: str) -> Response:
        """Nothing is recorded, and the same may be asked again."""
        room, locale = self._room, visitor.locale
        retry = form("/agree/code", visitor, "", locale, "again")
        body = [heading("code", locale), trouble(why), retry, online_part(visitor)]
        return room.html(room.frame.page(locale, body), 503)

    def _not_recorded(self, visitor: Visitor, code: str) -> Response:
        room, locale = self._room, visitor.locale
        room.counts.add("portal.not_recorded")
        visitor.chosen, visitor.pending = (), None
        wrong = say("not_recorded", locale, why=refused(code, locale)).strip()
        return room.html(self._choice(visitor, wrong=wrong), 409)

    def _as_shown(self, visitor: Visitor, purpose: Purpose, hash: str) -> ShownText | None:
        """The text with this hash: the page may have been in the other language."""
        texts = (self._room.settings.text(purpose, locale) for locale in (visitor.locale, *LOCALES))
        return next((text for text in texts if text.hash == hash), None)

    def _choice(
        self,
        visitor: Visitor,
        *,
        wrong: str = "",
        other: str = "",
        ticked: Sequence[Purpose] = (),
        typed: str = "",
        bad_phone: bool = False,
        name: str = "",
        bad_name: bool = False,
    ) -> str:
        room, locale = self._room, visitor.locale
        body = [heading("welcome", locale), trouble(wrong), online_part(visitor)]
        offered = room.offered(visitor)
        if offered:
            inner = consent_boxes(offered, locale, ticked) + phone_field(locale, bad_phone, typed)
            inner += name_field(locale, bad_name, name)
            body += [
                f'<section class="card"><h2>{say("by_choice", locale)}</h2>\n',
                paragraph("by_choice_body", locale),
                form("/agree", visitor, inner, locale, "get_code"),
                "</section>\n",
            ]
        elif not room.agent.there:
            body.append(paragraph("agent_away_now", locale))
        return room.frame.page(locale, body, other=other)

    def _code(self, visitor: Visitor, wrong: bool = False) -> str:
        room, locale = self._room, visitor.locale
        said = trouble(say("code_wrong", locale)) if wrong else ""
        inner = code_field(locale, wrong)
        body = [
            heading("code_sent", locale),
            said,
            f'<section class="card">{form("/agree/code", visitor, inner, locale, "confirm", main=True)}</section>\n',
            "" if visitor.online else form("/online", visitor, "", locale, "go_online"),
        ]
        return room.frame.page(locale, body)
