"""The screen on which a shopper agrees to be known: what a page is told of it, in the shopper's language."""

from __future__ import annotations

from agent.guest_view import AgreeScreen, AgreeText
from agent.visitors.agreeing import Agreeing
from agent.visitors.in_person import SHORT_HASH, InPerson
from sensors.consent.ledger import Consent
from sensors.consent.texts import ShownText, shown


def agree_screen(desk: InPerson | None) -> AgreeScreen | None:
    """None: nobody is asked anything."""
    flow = desk.now if desk is not None else None
    if desk is None or flow is None:
        return None
    return AgreeScreen(
        step=flow.step.value,
        tail=flow.phone[-4:],
        message=flow.message.value,
        until_ms=flow.until_ms,
        since_ms=flow.since_ms,
        offered=[_offered(one) for one in desk.offered()] if flow.proof_id else [],
        standing=[_standing(flow, one) for one in desk.standing()],
        faces_why=desk.faces_why,
        name=desk.name(),
        given=[one.value for one in flow.given],
        face=flow.face.value,
        may_look=bool(desk.faceless()),
        said=flow.note.code if flow.note is not None else "",
    )


def _offered(text: ShownText) -> AgreeText:
    return AgreeText(text.purpose.value, text.version, text.hash[:SHORT_HASH], text.text)


def _standing(flow: Agreeing, consent: Consent) -> AgreeText:
    """In the language of now; the hash is of the text that was agreed to, in the language of then."""
    given = consent.given
    text = shown(given.purpose, given.text_version, flow.locale, given.controller, given.retention_days).text
    hash = given.text_hash[:SHORT_HASH]
    return AgreeText(given.purpose.value, given.text_version, hash, text, given.consent_id, given.given_ms)
