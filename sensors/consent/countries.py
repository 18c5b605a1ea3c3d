"""What a shop of a country may do with faces and addresses, and the words that say why not. Not legal advice.

    RU   counting, Wi-Fi with consent; faces OFF: 572-FZ leaves biometric identification to the state's system, 152-FZ
         art. 11 asks for consent in writing; on only where the operator states an accreditation, and answers for it
    EU   counting, Wi-Fi with consent; faces inside a marked opt-in zone only (GDPR art. 9, EDPB 3/2019: nobody outside
         has a template made), with an equal way without a face
    any other country: counting and Wi-Fi with consent

Counting without identifying anybody is everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sensors.consent.facts import Proof, Purpose


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads, in both languages of the product."""

    ru: str
    en: str

    def in_(self, locale: str) -> str:
        return self.ru if locale.partition("-")[0].lower() == "ru" else self.en


@dataclass(frozen=True, slots=True)
class CountryProfile:
    """`face_zone_only`: a template is made only of who stepped into the marked zone. `why` explains the faces' state.

    `written_biometrics`: only a signature, by hand or qualified, proves a consent to faces.
    """

    code: str
    face_identification: bool
    face_zone_only: bool
    written_biometrics: bool
    why: Words
    accreditation: str = ""

    def proofs(self, purpose: Purpose) -> frozenset[Proof]:
        """What may prove a consent to this purpose."""
        if purpose is Purpose.FACE_ID and self.written_biometrics:
            return frozenset({Proof.SIGNATURE, Proof.QUALIFIED_SIGNATURE})
        return frozenset(Proof)


RU = CountryProfile(
    "RU",
    face_identification=False,
    face_zone_only=True,
    written_biometrics=True,
    why=Words(
        "Узнавание по лицу выключено. По закону 572-ФЗ биометрию вне единой системы обрабатывать нельзя. "
        "Камера только считает входящих. Включить может лишь организация с аккредитацией.",
        "Face identification is off. Russian law 572-FZ forbids biometrics outside the state's system. "
        "The camera only counts who comes in. Only an accredited organisation may turn it on.",
    ),
)
EU = CountryProfile(
    "EU",
    face_identification=True,
    face_zone_only=True,
    written_biometrics=False,
    why=Words(
        "Лицо узнаётся только в отмеченной зоне и только у тех, кто согласился. За её пределами камера лишь считает.",
        "A face is recognised inside the marked zone only, and only of those who agreed. Elsewhere the camera counts.",
    ),
)
ELSEWHERE = CountryProfile(
    "",
    face_identification=False,
    face_zone_only=True,
    written_biometrics=True,
    why=Words(
        "Узнавание по лицу выключено: закон этой страны не проверен. Камера только считает входящих.",
        "Face identification is off: this country's law was not examined. The camera only counts who comes in.",
    ),
)

EU_MEMBERS = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "EU"),
    }
)


def profile_of(country: str, accreditation: str = "") -> CountryProfile:
    """`country` is ISO 3166's two letters. `accreditation`: the number that a Russian operator states, else empty."""
    code = country.strip().upper()
    if code == "RU":
        if not accreditation.strip():
            return RU
        stated = accreditation.strip()
        words = Words(
            f"Узнавание по лицу включено: оператор указал аккредитацию {stated}. Согласие — только письменное.",
            f"Face identification is on: the operator states accreditation {stated}. Consent in writing only.",
        )
        return replace(RU, face_identification=True, accreditation=stated, why=words)
    return replace(EU, code=code) if code in EU_MEMBERS else replace(ELSEWHERE, code=code)
