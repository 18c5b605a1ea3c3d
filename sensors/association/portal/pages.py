"""The guests' pages as HTML: no script, no cookie, nothing from elsewhere; words are escaped, boxes are empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from sensors.association.portal.visitors import Visitor
from sensors.association.portal.words import PURPOSES, say
from sensors.association_messages import LONGEST_NAME, StandingConsent
from sensors.consent.codes import DIGITS
from sensors.consent.facts import Purpose
from sensors.consent.texts import ShownText, shown

TEXT_ID = "text-{0}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages have. `shop`: its name as guests know it."""

    shop: str

    def page(self, locale: str, body: Iterable[str], *, other: str = "", mine: bool = True) -> str:
        """`other`: where the page is in the other language; empty: no link, because a form is under way."""
        title = escape(say("title", locale, shop=self.shop))
        back = "en" if locale == "ru" else "ru"
        words = escape(say("language", locale))
        language = f'<a href="{escape(other)}" lang="{back}" hreflang="{back}">{words}</a>' if other else ""
        own = f'<a href="/my?lang={locale}">{escape(say("mine", locale))}</a>' if mine else ""
        return (
            f'<!doctype html>\n<html lang="{locale}">\n<head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{title}</title><link rel="stylesheet" href="/portal.css"></head>\n'
            f"<body>\n<header><span>{escape(self.shop)}</span>{language}</header>\n"
            f"<main>\n{''.join(body)}</main>\n<footer>{own}</footer>\n</body>\n</html>\n"
        )


def heading(word: str, locale: str) -> str:
    return f"<h1>{escape(say(word, locale))}</h1>\n"


def paragraph(word: str, locale: str, quiet: bool = False) -> str:
    kind = ' class="quiet"' if quiet else ""
    return f"<p{kind}>{escape(say(word, locale))}</p>\n"


def trouble(text: str) -> str:
    """Read aloud at once; empty where all is well."""
    return f'<p class="trouble" role="alert" id="trouble">{escape(text)}</p>\n' if text else ""


def good(text: str) -> str:
    return f'<p class="good" role="status">{escape(text)}</p>\n'


def form(action: str, visitor: Visitor, inner: str, locale: str, key: str, *, main: bool = False) -> str:
    """A form with its one key."""
    kind = ' class="main"' if main else ""
    return (
        f'<form method="post" action="{action}" accept-charset="utf-8">'
        f'<input type="hidden" name="visitor" value="{escape(visitor.token)}">{inner}'
        f"<button{kind}>{escape(say(key, locale))}</button></form>\n"
    )


def online_part(visitor: Visitor) -> str:
    """The way onto the internet, on every page until it is open: nothing else has to be done for it."""
    locale = visitor.locale
    if visitor.online:
        return good(f"{say('online', locale)}. {say('online_body', locale)}")
    inside = paragraph("free", locale) + form("/online", visitor, "", locale, "go_online", main=True)
    return f'<section class="card">{inside}</section>\n'


def consent_boxes(texts: Iterable[ShownText], locale: str, ticked: Iterable[Purpose] = ()) -> str:
    """A box for each purpose with the whole text beside it and the hash of that text.

    Empty. `ticked` are those that the person ticked a moment ago, where the page comes again for a wrong number.
    """
    again = frozenset(ticked)
    return "".join(
        f'<fieldset class="consent"><label><input type="checkbox" name="agree" value="{text.purpose.value}"'
        f'{" checked" if text.purpose in again else ""} aria-describedby="{TEXT_ID.format(text.purpose.value)}">'
        f"{escape(PURPOSES[text.purpose].in_(locale))}</label>"
        f'<p id="{TEXT_ID.format(text.purpose.value)}">{escape(text.text)}</p>'
        f'<p class="quiet">{escape(say("version", locale, version=text.version))}</p>'
        f'<input type="hidden" name="text_{text.purpose.value}" value="{text.hash}"></fieldset>\n'
        for text in texts
    )


def phone_field(locale: str, wrong: bool = False, typed: str = "") -> str:
    invalid = ' aria-invalid="true" autofocus' if wrong else ""
    return (
        f'<label class="field" for="phone">{escape(say("phone", locale))}</label>'
        f'<input class="field" id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="40"'
        f' value="{escape(typed)}" aria-describedby="phone-hint"{invalid}>'
        f'<p class="quiet" id="phone-hint">{escape(say("phone_hint", locale))}</p>'
    )


def name_field(locale: str, wrong: bool = False, typed: str = "") -> str:
    invalid = ' aria-invalid="true" autofocus' if wrong else ""
    return (
        f'<label class="field" for="name">{escape(say("name", locale))}</label>'
        f'<input class="field" id="name" name="name" autocomplete="given-name" maxlength="{LONGEST_NAME}"'
        f' value="{escape(typed)}" aria-describedby="name-hint"{invalid}>'
        f'<p class="quiet" id="name-hint">{escape(say("name_hint", locale))}</p>'
    )


def code_field(locale: str, wrong: bool = False) -> str:
    invalid = ' aria-invalid="true"' if wrong else ""
    return (
        f'<label class="field" for="code">{escape(say("code", locale))}</label>'
        f'<input class="field" id="code" name="code" inputmode="numeric" autocomplete="one-time-code"'
        f' maxlength="{DIGITS + 2}" aria-describedby="code-hint" autofocus{invalid}>'
        f'<p class="quiet" id="code-hint">{escape(say("code_body", locale))}</p>'
    )


def agreed_list(texts: Iterable[ShownText], locale: str) -> str:
    lines = "".join(f"<li>{escape(PURPOSES[text.purpose].in_(locale))}</li>" for text in texts)
    return f"<p>{escape(say('agreed_to', locale))}</p><ul>{lines}</ul>\n"


def standing_boxes(consents: Iterable[StandingConsent], locale: str) -> str:
    """Each standing consent with the text that was agreed to."""
    return "".join(_standing(one, locale) for one in consents)


def _standing(one: StandingConsent, locale: str) -> str:
    place = f"given-{one.consent_id}"
    given = dt.datetime.fromtimestamp(one.given_ms / 1000, dt.UTC)
    when = say("given_at", locale, date=f"{given:%d.%m.%Y %H:%M}", version=one.text_version)
    try:
        text = shown(one.purpose, one.text_version, locale, one.controller, one.retention_days).text
    except KeyError:
        text = ""  # the agent knows a text that this program does not: an update is under way
    return (
        f'<fieldset class="consent"><label><input type="checkbox" name="consent" value="{escape(one.consent_id)}"'
        f' aria-describedby="{escape(place)}">{escape(PURPOSES[one.purpose].in_(locale))}</label>'
        f'<p id="{escape(place)}">{escape(text)} <span class="quiet">{escape(when)}</span></p></fieldset>\n'
    )


def in_other_language(path: str, locale: str, told: Mapping[str, str]) -> str:
    """The same page with the same parameters of the redirect."""
    other = "en" if locale == "ru" else "ru"
    return f"{path}?{urlencode({**told, 'lang': other})}"


def purposes_of(values: Iterable[str], offered: Iterable[Purpose]) -> tuple[Purpose, ...]:
    """The ticked purposes among those that were offered; anything else is nobody's consent."""
    ticked = set(values)
    return tuple(one for one in offered if one.value in ticked)
