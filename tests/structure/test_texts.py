"""Every word a person reads exists in Russian and in English, and every code that the pages use exists in the texts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).resolve().parents[2] / "agent" / "web"
TEXTS: dict[str, Any] = {
    language: json.loads((WEB / "kit" / "texts" / f"{language}.json").read_text(encoding="utf-8"))
    for language in ("ru", "en")
}
SCRIPTS = sorted(WEB.glob("**/*.js"))
LONGEST_SENTENCE = 14
BANNED = {
    "ru": ["ошибка", "неверно введ", "невозможно выполнить", "пожалуйста, попробуйте"],
    "en": ["oops", "error", "invalid", "please try"],
}

# What the agent may say; the list is the contract with agent/ and the drivers.
# fmt: off
CODES = [
    "card_running", "card_unknown", "card_person", "cannot_tell", "paid_making_receipt", "declined",
    "reversed", "stop_asked", "unsealed_mark", "unsealed_register_away", "unsealed_refused",
    "register_unknown", "register_person", "paper_out_sealed", "paper_out", "shift_too_old", "other_register",
    "hq_away", "register_away", "terminal_away", "marks_away", "goods_refused", "refund_unknown",
    "reversal_unknown", "disk_full", "power_cut", "training", "cover_open", "shift_closed", "other_fn",
    "fn_full", "fn_not_ready", "fn_key", "ofd_overdue", "clock_off", "printing_unfinished", "document_open",
    "mark_not_accepted", "terminal_not_ready", "room_low", "stale_revision", "unknown_barcode", "mark_needed",
    "mark_twice", "mark_unanswered", "quantity_of_marked", "limit_sum", "discount_too_large",
    "below_least_price", "group_not_sellable", "age_check", "no_privilege", "wrong_pin", "paying_no_scan",
    "layout_mangled", "not_enough_cash", "refund_not_found", "refund_nothing_left", "no_cash_in_drawer",
    "empty_basket", "change_only_from_cash", "busy", "malformed", "retry_seal", "rescan_mark", "drop_line",
    "cancel_payment", "owe_correction", "slip_approved", "slip_none", "document_exists", "document_absent",
    "step_register_asking", "step_register_no_document", "step_register_document_found",
    "step_register_silent", "step_terminal_asking", "step_terminal_charged", "step_terminal_not_charged",
    "step_terminal_silent", "step_waits_register",
]
# fmt: on
HEADLINES = {
    "card_running",
    "card_unknown",
    "card_person",
    "cannot_tell",
    "register_unknown",
    "register_person",
    "refund_unknown",
    "reversal_unknown",
    "power_cut",
    "disk_full",
}


def leaves(node: dict[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in node.items():
        found |= leaves(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}": value}
    return found


RU, EN = leaves(TEXTS["ru"]), leaves(TEXTS["en"])


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


def test_same_keys() -> None:
    assert set(RU) == set(EN)


@pytest.mark.parametrize("path", [path for path in RU if path != "ui.quoted"])
def test_same_parameters(path: str) -> None:
    assert holes(RU[path]) == holes(EN[path])


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words(code: str) -> None:
    for texts in TEXTS.values():
        assert texts["notes"][code]["what"]


@pytest.mark.parametrize("code", sorted(HEADLINES - {"card_running"}))
def test_a_case_answers_its_questions(code: str) -> None:
    """What happened, what is safe or where the money is, what to do."""
    for texts in TEXTS.values():
        note = texts["notes"][code]
        assert note["what"]
        assert note.get("do")
        assert note.get("safe") or note.get("money")


def test_codes_used_in_scripts_exist() -> None:
    missing = []
    known = set(RU)
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        for path in re.findall(r"""\bt\(\s*"([\w.]+)\"""", text) + re.findall(
            r"""[?:]\s"((?:ui|paid_by|status|bench)\.[\w.]+)\"""", text
        ):
            if path not in known:
                missing.append(f"{script.name}: {path}")
        for prefix in re.findall(r"""\bt\(`([\w.]+)\.\$\{""", text):
            if not any(path.startswith(f"{prefix}.") for path in known):
                missing.append(f"{script.name}: {prefix}.*")
        for code in re.findall(r"""\{ code: "([a-z_]+)\"""", text) + re.findall(r"""\.say\("(\w+)\"""", text):
            if f"notes.{code}.what" not in known:
                missing.append(f"{script.name}: notes.{code}")
    assert missing == []


def test_key_help_has_words() -> None:
    table = (WEB / "till" / "parts" / "key_help.js").read_text(encoding="utf-8")
    for name in re.findall(r"""\], "(\w+)"\]""", table):
        assert f"key_help.{name}" in RU


@pytest.mark.parametrize("language", ["ru", "en"])
def test_tone(language: str) -> None:
    """No exclamation marks, no blame, no bare "error"; small letter for the Russian polite form."""
    for path, text in (RU if language == "ru" else EN).items():
        assert "!" not in text, path
        assert not [word for word in BANNED[language] if word in text.lower()], path
        if language == "ru":
            assert not re.search(r"(?<=[а-я,] )В(ы|ас|ам|аш\w*)\b", text), path


@pytest.mark.parametrize("language", ["ru", "en"])
def test_sentences_are_short(language: str) -> None:
    for path, text in (RU if language == "ru" else EN).items():
        for sentence in re.split(r"(?<=[.?])\s+|\n", re.sub(r"\[\[|\]\]|\*\*", "", text)):
            assert len(sentence.split()) <= LONGEST_SENTENCE, f"{path}: {sentence}"


def test_numbers_and_their_signs_stay_together() -> None:
    for path, text in RU.items():
        assert not re.search(r"№ |\d %", text), path
