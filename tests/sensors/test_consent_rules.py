"""Who may agree to what, in which words and which country; the sealed template; the export of one person."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import msgspec
import pytest

from sensors.consent import texts
from sensors.consent.admission import REFUSALS, refusal
from sensors.consent.countries import ELSEWHERE, EU, RU, CountryProfile, Words, profile_of
from sensors.consent.export import export
from sensors.consent.facts import Bound, Channel, Ended, Given, Proof, Purpose, Why
from sensors.consent.ledger import fold
from sensors.consent.seal import KEY_BYTES, MAGIC, NUMBERS, Damaged, WrongKey, seal, unseal
from sensors.consent.texts import RETENTION_DAYS, TEXTS, latest, shown
from sensors.identity.graph import fold as fold_graph
from sensors.identity.observation import (
    FaceSeen,
    MacSeen,
    Observation,
    card_registered,
    edges_of,
    face_enrolled,
    portal_login,
)
from sensors.identity.profiles import view
from sensors.identity.records import Kind, Parted
from sensors.sighting import Seen
from sensors.visits.visit import Visit

CONTROLLER = "ООО «Игрушки»"
GERMANY = profile_of("DE")


def asked(purpose: Purpose, locale: str = "ru", **other: object) -> Given:
    days = RETENTION_DAYS[purpose]
    text = shown(purpose, latest(purpose), locale, CONTROLLER, days)
    given = Given(
        consent_id="c1", subject="anna", purpose=purpose, text_version=text.version, text_hash=text.hash,
        channel=Channel.PAPER, locale=locale, given_ms=1_790_000_000_000, proof=Proof.SIGNATURE, proof_id="sheet-7",
        controller=CONTROLLER, retention_days=days, of_age=True,
    )  # fmt: skip
    return msgspec.structs.replace(given, **other)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("locale", ["ru", "en", "ru-RU", "en-GB"])
def test_every_purpose_can_be_agreed_to_in_both_languages(purpose: Purpose, locale: str) -> None:
    assert refusal(asked(purpose, locale), GERMANY) is None


def test_russia_ships_with_faces_off_and_says_why_in_both_languages() -> None:
    assert refusal(asked(Purpose.FACE_ID), RU) == "face_off"
    assert refusal(asked(Purpose.WIFI_ID), RU) is None
    assert "572-ФЗ" in RU.why.ru
    assert "572-FZ" in RU.why.en
    assert profile_of("ru") == profile_of("RU", "  ") == RU
    accredited = profile_of("RU", "А-17")
    assert accredited.face_identification
    assert "А-17" in accredited.why.ru
    assert refusal(asked(Purpose.FACE_ID), accredited) is None
    assert refusal(asked(Purpose.FACE_ID, proof=Proof.CODE), accredited) == "not_in_writing"
    assert refusal(asked(Purpose.FACE_ID, proof=Proof.QUALIFIED_SIGNATURE), accredited) is None
    assert refusal(asked(Purpose.WIFI_ID, proof=Proof.CODE), accredited) is None, "in writing is for biometrics"


def test_countries_are_told_apart_and_an_unknown_one_has_no_faces() -> None:
    assert (GERMANY.code, GERMANY.face_identification, GERMANY.face_zone_only) == ("DE", True, True)
    assert not profile_of("US").face_identification
    assert profile_of("").why == ELSEWHERE.why


@pytest.mark.parametrize("country", [GERMANY, EU, profile_of("RU", "А-17")])
def test_a_child_has_no_face_purpose(country: CountryProfile) -> None:
    assert refusal(asked(Purpose.FACE_ID, of_age=False), country) == "not_of_age"
    assert refusal(asked(Purpose.MARKETING, of_age=False), country) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"proof_id": ""}, "no_proof"),
        ({"controller": " "}, "no_controller"),
        ({"retention_days": 91}, "kept_too_long"),
        ({"retention_days": 0}, "kept_too_long"),
        ({"retention_days": 30}, "other_text"),
        ({"controller": "Somebody else"}, "other_text"),
        ({"text_hash": "0" * 64}, "other_text"),
        ({"text_version": "1999-01"}, "text_unknown"),
        ({"locale": "en"}, "other_text"),
        ({"locale": "de"}, "locale_unknown"),
        ({"purpose": Purpose.MARKETING}, "other_text"),
    ],
)
def test_a_consent_that_proves_nothing_is_refused(change: dict[str, object], code: str) -> None:
    given = msgspec.structs.replace(asked(Purpose.WIFI_ID), **change)
    assert refusal(given, GERMANY) == code
    assert code in REFUSALS


def test_every_word_is_there_in_russian_and_in_english() -> None:
    spoken = [words for versions in TEXTS.values() for words in versions.values()]
    spoken += [*REFUSALS.values(), texts.NOTICE, texts.WITHDRAWN]
    spoken += [one.why for one in (RU, EU, ELSEWHERE, profile_of("RU", "А-17"))]
    assert set(TEXTS) == set(RETENTION_DAYS) == set(Purpose)
    for words in spoken:
        assert isinstance(words, Words)
        assert re.search("[а-я]", words.ru)
        assert not re.search("[а-яА-Я]", words.en.replace("А-17", "")), words.en
        assert words.in_("ru-RU") == words.ru
        assert words.in_("en") == words.in_("fr") == words.en
    for versions in TEXTS.values():
        for words in versions.values():
            for text in (words.ru, words.en):
                assert "{controller}" in text
                assert "{days}" in text


HASHES = {
    "wifi_id": "2299f43bce55",
    "face_id": "98b09fdcb970",
    "marketing": "bfdf944bef77",
    "analytics": "4742a7fd5f7b",
}


def test_a_text_once_agreed_to_keeps_its_hash() -> None:
    """Whoever edits a shipped version changes what people signed: a new version is the way."""
    assert {purpose.value: shown(purpose, "2026-11", "ru", "X", 1).hash[:12] for purpose in Purpose} == HASHES


KEY = bytes(range(KEY_BYTES))
NONCE = bytes(12)
TEMPLATE = tuple(number / 128 for number in range(NUMBERS))


def test_a_sealed_template_opens_for_its_member_and_key_only() -> None:
    sealed = seal(TEMPLATE, KEY, NONCE, "face:f", "c1")
    assert unseal(sealed, KEY, "face:f", "c1") == TEMPLATE
    with pytest.raises(Damaged, match="somebody else"):
        unseal(sealed, KEY, "face:g", "c1")
    with pytest.raises(Damaged, match="somebody else"):
        unseal(sealed, KEY, "face:f", "c2")
    with pytest.raises(WrongKey):
        unseal(sealed, KEY[::-1], "face:f", "c1")


def test_every_changed_bit_of_a_sealed_template_is_noticed() -> None:
    sealed = seal(TEMPLATE, KEY, NONCE, "face:f", "c1")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises((Damaged, WrongKey)):
            unseal(changed, KEY, "face:f", "c1")
    for cut in (b"", MAGIC, sealed[:-1], sealed + b"\0"):
        with pytest.raises(Damaged):
            unseal(cut, KEY, "face:f", "c1")


def test_what_is_no_template_key_or_nonce_is_refused() -> None:
    for template, key, nonce in ((TEMPLATE[1:], KEY, NONCE), (TEMPLATE, KEY[1:], NONCE), (TEMPLATE, KEY, NONCE[1:])):
        with pytest.raises(ValueError, match=r"template|key|nonce"):
            seal(template, key, nonce, "face:f", "c1")


def test_a_copied_directory_tells_nothing_of_a_face() -> None:
    """Without the key two templates of one face look like two of two persons, and nothing of the numbers is there."""
    one, other = (seal(TEMPLATE, KEY, os.urandom(12), "face:f", "c1") for _ in range(2))
    assert one[20:] != other[20:]
    raw = msgspec.json.encode(TEMPLATE)
    assert raw[:8] not in one
    assert len(set(one[20:])) > 150, "ciphertext of 528 bytes is no repetition"


def exported() -> dict[str, Any]:
    visit = Observation(Kind.VISIT, "v1", 10, macs=(MacSeen("m", "c1"),), faces=(FaceSeen("f", 0.3, "c2"),))
    receipt = Observation(Kind.RECEIPT, "r1", 11, card="A", visit="v1")
    graph = fold_graph(
        [
            *card_registered("A", "P", "form", 1), *portal_login("m", "P", "c1", "login", 2),
            *face_enrolled("f", "card:A", "c2", "form", 3), *edges_of(visit), *edges_of(receipt),
            Parted("visit:v9", "card:A", "wrong_greeting", 12, "cashier"), *card_registered("B", "Q", "other", 1),
        ]
    )  # fmt: skip
    ledger = fold(
        [
            asked(Purpose.WIFI_ID), asked(Purpose.FACE_ID, consent_id="c2"), asked(Purpose.MARKETING, consent_id="c3"),
            Bound(consent_id="c1", record="mac:m", at_ms=2, salt="s"),
            asked(Purpose.MARKETING, consent_id="c9", subject="boris"),
            Ended(consent_id="c3", at_ms=20, why=Why.WITHDRAWN),
        ]
    )  # fmt: skip
    stay = Visit(
        "v1", 0, 600_000, True, ("m",), ("hall",), ("e",), frozenset({Seen.ASSOCIATED}), 600_000, "card:A", 1.0
    )
    return export("anna", ledger, graph, view(graph), ["card:A"], [stay], {"phone": "+7 900 000-00-00"}, 30)


def test_the_export_has_everything_of_the_person_and_nobody_else() -> None:
    found = exported()
    assert json.loads(json.dumps(found, ensure_ascii=False)) == found
    assert [one["id"] for one in found["consents"]] == ["c1", "c2", "c3"]
    assert [one["state"] for one in found["consents"]] == ["standing", "standing", "ending"]
    assert CONTROLLER in found["consents"][0]["text"]
    assert {one["kind"] for one in found["keys"]} == {"card", "phone", "mac", "face"}
    assert found["receipts"] == ["receipt:r1"]
    assert {one["rule"] for one in found["links"]} == {
        "card_shown", "registered", "associated", "enrolled", "same_sale",
    }  # fmt: skip
    assert found["visits"] == [
        {
            "opened": "1970-01-01T00:00:00.000+00:00", "closed": "1970-01-01T00:10:00.000+00:00", "zones": ["hall"],
            "inside_s": 600, "confidence": 1.0,
        }
    ]  # fmt: skip
    assert found["not_this_person"] == [["card:A", "visit:v9"]]
    text = json.dumps(found, ensure_ascii=False)
    assert "card:B" not in text
    assert "boris" not in text
    assert "face:f" not in text, "a template's key is no reading matter"
