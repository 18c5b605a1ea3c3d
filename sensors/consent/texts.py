"""The words that a person agrees to, by purpose and version, in Russian and English, and the hash of what was shown.

    hash = sha256 of the shown text, UTF-8, as hex: with the controller and the days filled in, as it stood before them

A version is never changed: new words are a new version, and old consents keep theirs. All boxes are empty until ticked,
one for each purpose, and refusing costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sensors.consent.countries import Words
from sensors.consent.facts import Purpose

RETENTION_DAYS = {Purpose.WIFI_ID: 90, Purpose.FACE_ID: 180, Purpose.MARKETING: 730, Purpose.ANALYTICS: 365}
"""How long each is kept unless the shop sets less: an address as long as a season, a face half a year."""

TEXTS: dict[Purpose, dict[str, Words]] = {
    Purpose.WIFI_ID: {
        "2026-11": Words(
            "Я согласен, чтобы магазин узнавал меня по моему устройству в своей сети Wi-Fi. Хранится отпечаток адреса, "
            "сделанный с секретным ключом, не сам адрес. Оператор: {controller}. Срок: {days} дней без визита. "
            "Согласие можно отозвать в любой момент на кассе или на этой странице; отпечаток будет стёрт. "
            "Отказ ни на что не влияет.",
            "I agree that the shop knows me by my device on its own Wi-Fi. A keyed fingerprint of the address is kept, "
            "not the address. Controller: {controller}. Kept for {days} days without a visit. I can withdraw at any "
            "time at the till or on this page; the fingerprint is then erased. Refusing changes nothing.",
        )
    },
    Purpose.FACE_ID: {
        "2026-11": Words(
            "Я согласен, чтобы магазин узнавал меня по лицу в отмеченной зоне. Хранится зашифрованный набор чисел, "
            "не фотография. Он никогда не оплачивает покупки и не списывает баллы. Мне исполнилось 18 лет. Оператор: "
            "{controller}. Срок: {days} дней без визита. Согласие можно отозвать в любой момент; набор будет стёрт. "
            "Тот же сервис доступен по карте, без лица.",
            "I agree that the shop recognises my face inside the marked zone. An encrypted set of numbers is kept, not "
            "a picture. It never pays and never spends points. I am 18 or older. Controller: {controller}. Kept for "
            "{days} days without a visit. I can withdraw at any time; the numbers are then erased. The same service "
            "is there with a card, without a face.",
        )
    },
    Purpose.MARKETING: {
        "2026-11": Words(
            "Я согласен получать предложения магазина по телефону или почте. Оператор: {controller}. Срок: {days} "
            "дней. Согласие можно отозвать в любой момент. Отказ ни на что не влияет.",
            "I agree to receive the shop's offers by phone or mail. Controller: {controller}. Kept for {days} days. "
            "I can withdraw at any time. Refusing changes nothing.",
        )
    },
    Purpose.ANALYTICS: {
        "2026-11": Words(
            "Я согласен, чтобы мои визиты и покупки учитывались вместе: как часто я прихожу и что выбираю. Оператор: "
            "{controller}. Срок: {days} дней. Согласие можно отозвать в любой момент; визиты станут анонимными.",
            "I agree that my visits and purchases are looked at together: how often I come and what I choose. "
            "Controller: {controller}. Kept for {days} days. I can withdraw at any time; my visits then become "
            "anonymous.",
        )
    },
}

NOTICE = Words(
    "Здесь считают посетителей. Телефоны слышны только как число: адреса и лица не сохраняются. Тех, кто согласился, "
    "магазин узнаёт; согласие и отзыв — на кассе.",
    "Visitors are counted here. Phones are heard as a number only: no address and no face is kept. The shop knows "
    "those who agreed; to agree or to withdraw, ask at the till.",
)
"""The sign at the door."""

WITHDRAWN = Words(
    "Согласие отозвано. Отпечатки и ключи стираются; визиты остаются только числом.",
    "The consent is withdrawn. Fingerprints and keys are being erased; visits stay as a number only.",
)


@dataclass(frozen=True, slots=True)
class ShownText:
    purpose: Purpose
    version: str
    locale: str
    text: str

    @property
    def hash(self) -> str:
        return sha256(self.text.encode()).hexdigest()


def latest(purpose: Purpose) -> str:
    """The version to show now."""
    return max(TEXTS[purpose])


def shown(purpose: Purpose, version: str, locale: str, controller: str, days: int) -> ShownText:
    """The text as a person reads it. Raises KeyError for a version that never was."""
    words = TEXTS[purpose][version].in_(locale)
    return ShownText(purpose, version, locale, words.format(controller=controller, days=days))
