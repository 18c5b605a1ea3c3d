"""May this consent be recorded? A consent that proves nothing is worse than none: it would let data in.

Asked before a `Given` is written, by the guests' page and the till alike; the answer is a code or nothing.
"""

from __future__ import annotations

from sensors.consent.countries import CountryProfile, Words
from sensors.consent.facts import Given, Purpose
from sensors.consent.texts import RETENTION_DAYS, TEXTS, shown

REFUSALS: dict[str, Words] = {
    "face_off": Words("В этой стране узнавание по лицу выключено.", "Face identification is off in this country."),
    "not_of_age": Words("Несовершеннолетних по лицу не узнаём.", "Nobody under age is known by the face."),
    "not_in_writing": Words("Нужно письменное согласие с подписью.", "A signed consent in writing is needed."),
    "no_proof": Words("Нет подтверждения: подписи или кода.", "There is no proof: a signature or a code."),
    "other_text": Words("Показан другой текст согласия.", "Another text was shown."),
    "text_unknown": Words("Такого текста согласия нет.", "There is no such text."),
    "no_controller": Words("Не указан оператор данных.", "The controller is not named."),
    "kept_too_long": Words("Срок хранения слишком велик.", "It would be kept for too long."),
    "locale_unknown": Words("Текст есть на русском и английском.", "The text is in Russian and English."),
}


def refusal(given: Given, country: CountryProfile) -> str | None:
    """A code of REFUSALS, or None where the consent may be recorded."""
    if given.purpose is Purpose.FACE_ID:
        if not country.face_identification:
            return "face_off"
        if not given.of_age:
            return "not_of_age"
    if not given.proof_id:
        return "no_proof"
    if given.proof not in country.proofs(given.purpose):
        return "not_in_writing"
    if not given.controller.strip():
        return "no_controller"
    if not 0 < given.retention_days <= RETENTION_DAYS[given.purpose]:
        return "kept_too_long"
    if given.locale.partition("-")[0].lower() not in ("ru", "en"):
        return "locale_unknown"
    if given.text_version not in TEXTS[given.purpose]:
        return "text_unknown"
    text = shown(given.purpose, given.text_version, given.locale, given.controller, given.retention_days)
    return None if text.hash == given.text_hash else "other_text"
