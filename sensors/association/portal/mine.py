"""One's own consents and data: the number is confirmed by a code again, then consents are seen, ended, data taken home.

GET  /my             the number
POST /my             a code is sent; to any number alike, so that nobody learns whose number is known here
POST /my/code        Lists to the agent ─> what stands
POST /my/withdraw    Withdraws ─> recorded: the agent ends them, and tells the keys to forget
POST /my/export      Exports ─> one JSON file
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sensors.association.agent_link import AgentAway
from sensors.association.portal.desk import Asked
from sensors.association.portal.pages import (
    code_field,
    form,
    good,
    heading,
    in_other_language,
    paragraph,
    phone_field,
    standing_boxes,
    trouble,
)
from sensors.association.portal.room import HEADERS, Room, every, field, host_of
from sensors.association.portal.visitors import Visitor
from sensors.association.portal.words import refused, say
from sensors.association_messages import Exported, Exports, Lists, Recorded, Standing, Withdraws
from sensors.consent.codes import Typed
from sensors.consent.phones import phone_number
from sensors.consent.texts import WITHDRAWN

FILE = "my-data.json"


class Mine:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def number(self, request: Request) -> Response:
        room, host = self._room, host_of(request)
        if not room.desk.may_open(host):
            return room.crowded(request)
        visitor = room.visitors.come(host, room.locale(request), room.now_ms())
        return room.html(self._number(visitor, other=in_other_language("/my", visitor.locale, {})))

    async def ask(self, request: Request) -> Response:
        room = self._room
        visitor, told = await room.posted(request)
        if visitor is None:
            return room.expired(request)
        typed = field(told, "phone")[:40]
        phone = phone_number(typed, room.settings.country.code)
        if phone is None:
            wrong = say("phone_wrong", visitor.locale)
            return room.html(self._number(visitor, wrong=wrong, typed=typed, bad_phone=True), 422)
        if not room.agent.there:
            return room.html(self._number(visitor, wrong=say("agent_away_mine", visitor.locale), typed=typed), 503)
        visitor.chosen = ()
        asked = await room.desk.send(visitor, phone)
        if asked is not Asked.SENT:
            return room.html(self._number(visitor, wrong=say(asked.value, visitor.locale), typed=typed), 429)
        return room.html(self._code(visitor))

    async def code(self, request: Request) -> Response:
        room = self._room
        visitor, told = await room.posted(request)
        if visitor is None:
            return room.expired(request)
        if not visitor.proven(room.now_ms()):
            found = room.desk.typed(visitor, field(told, "code"))
            if found is Typed.WRONG:
                return room.html(self._code(visitor, wrong=True), 422)
            if found is Typed.DEAD:
                return room.html(self._number(visitor, wrong=say("code_dead", visitor.locale)), 409)
        return await self._list(visitor)

    async def withdraw(self, request: Request) -> Response:
        room = self._room
        visitor, told = await room.posted(request)
        if visitor is None or not visitor.proven(room.now_ms()):
            return room.expired(request)
        ids = tuple(one for one in dict.fromkeys(every(told, "consent")) if one in visitor.standing)
        if not ids:
            return await self._list(visitor, wrong=say("withdrawn_none", visitor.locale))
        question = Withdraws(
            ask=room.draw(), phone=visitor.phone, consent_ids=ids, at_ms=room.now_ms(), proof_id=visitor.proof_id
        )
        try:
            answer = await room.agent.ask(question)
        except AgentAway:
            return self._away(visitor)
        if not isinstance(answer, Recorded) or answer.refused:
            why = refused(answer.refused, visitor.locale) if isinstance(answer, Recorded) else ""
            return await self._list(visitor, wrong=why or say("unknown_consent", visitor.locale))
        room.counts.add("portal.withdrawn", len(ids))
        return await self._list(visitor, said=WITHDRAWN.in_(visitor.locale))

    async def export(self, request: Request) -> Response:
        room = self._room
        visitor, _ = await room.posted(request)
        if visitor is None or not visitor.proven(room.now_ms()):
            return room.expired(request)
        try:
            answer = await room.agent.ask(Exports(ask=room.draw(), phone=visitor.phone, proof_id=visitor.proof_id))
        except AgentAway:
            return self._away(visitor)
        if not isinstance(answer, Exported) or not answer.document:
            return await self._list(visitor, said=say("nothing_kept", visitor.locale))
        room.counts.add("portal.exported")
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{FILE}"'}
        return Response(answer.document.encode(), media_type="application/json", headers=headers)

    async def _list(self, visitor: Visitor, *, wrong: str = "", said: str = "") -> Response:
        room, locale = self._room, visitor.locale
        try:
            answer = await room.agent.ask(Lists(ask=room.draw(), phone=visitor.phone, proof_id=visitor.proof_id))
        except AgentAway:
            return self._away(visitor, said)
        consents = answer.consents if isinstance(answer, Standing) else ()
        visitor.standing = {one.consent_id: one for one in consents}
        body = [heading("standing", locale), trouble(wrong), good(said) if said else ""]
        if consents:
            inner = standing_boxes(consents, locale)
            body += [
                f'<section class="card">{paragraph("pick_withdraw", locale)}',
                form("/my/withdraw", visitor, inner, locale, "withdraw"),
                "</section>\n",
            ]
        else:
            body.append(paragraph("none_standing", locale))
        body += [
            f'<section class="card">{paragraph("export_body", locale)}',
            form("/my/export", visitor, "", locale, "export"),
            "</section>\n",
        ]
        return room.html(room.frame.page(locale, body, mine=False))

    def _away(self, visitor: Visitor, said: str = "") -> Response:
        room, locale = self._room, visitor.locale
        room.counts.add("portal.agent_away")
        retry = form("/my/code", visitor, "", locale, "again")
        body = [
            heading("mine", locale),
            good(said) if said else "",
            trouble(say("agent_away_mine", locale)),
            retry,
        ]
        return room.html(room.frame.page(locale, body, mine=False), 503)

    def _number(
        self, visitor: Visitor, *, wrong: str = "", other: str = "", typed: str = "", bad_phone: bool = False
    ) -> str:
        room, locale = self._room, visitor.locale
        inner = phone_field(locale, bad_phone, typed)
        body = [
            heading("mine", locale),
            trouble(wrong),
            f'<section class="card">{paragraph("mine_body", locale)}',
            form("/my", visitor, inner, locale, "get_code", main=True),
            "</section>\n",
        ]
        return room.frame.page(locale, body, other=other, mine=False)

    def _code(self, visitor: Visitor, wrong: bool = False) -> str:
        room, locale = self._room, visitor.locale
        said = trouble(say("code_wrong", locale)) if wrong else ""
        inner = code_field(locale, wrong)
        body = [
            heading("code_sent", locale),
            said,
            f'<section class="card">{form("/my/code", visitor, inner, locale, "confirm", main=True)}</section>\n',
        ]
        return room.frame.page(locale, body, mine=False)
