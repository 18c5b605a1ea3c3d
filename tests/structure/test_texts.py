"""Every word a person reads exists in Russian and in English, and every code that the pages use exists in the texts."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from agent.till import terminal_days as days
from fiscal import refused
from fiscal.pickup import HoldState
from fiscal.sale import SaleEvent
from sensors.estimate.figures import WORDS as FIGURES
from sensors.estimate.figures import Said
from sensors.visits.visit import Aside
from sync.uplink_board import Trouble

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

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS = [ROOT / "agent", ROOT / "fiscal"]
"""Who puts codes into views. Drivers refuse with codes of their own, whose words lie beside them."""
SAYS = {
    "_away": 1,
    "_testify": None,
    "Note": 0,
    "AgreeRefused": 0,
    "ClaimRefused": 0,
    "TradeRefused": 0,
    "PromisedToOthers": 0,
    "StockRefused": 0,
    "NotNow": 0,
    "Problem": 0,
    "_note": 0,
    "Health": 2,
    "say": 1,
    "_mark": 1,
}
"""A call's name, and which argument is the code (None: each of them)."""
ELSEWHERE = {
    "refused.code": "of the law (fiscal.refused.CODES), or of a driver, whose words are its refusals.json",
    "error.code": "of a driver",
    "not_now.code": "made as a NotNow, which is counted where it is made",
    "problem.code": "made as a Problem, which is counted where it is made",
    "seen.code": "the same",
    "health.code": "given to `say` and `_mark`, and counted there",
    "state.reason": "of a driver",
    "trouble.removeprefix('preflight:')": "a Problem's code, or a driver's",
    "code": "an argument: its callers are counted",
    "choice": "the same",
    "line": "a line of the basket: `_mark` of a view is no code",
    "f'claim_{claim.phase.value}'": "one for each phase in which a claim is not paid (CLAIM_PHASES below)",
    "f'claim_kept_{asked.why}'": "one for each reason to keep a claim (CLAIM_KEPT below)",
    "f'claim_{issued.reason}'": "one for each reason of a claim (CLAIM_REASONS below)",
    "f'claim_{reason}'": "the same",
    "slot.port.health.code": "given to `say` and `_mark`, and counted there",
    "one.trouble": "of a driver",
    "alarm.code": "of agent/cash/encashment.py: every encash_ code has words (tests/agent/test_encashment.py)",
    "f'pickup_{before.state.value}'": "one for each state in which an order keeps nothing (tested below)",
    "f'pickup_{found.state.value}'": "the same",
    "*boxes.returned": "of agent/cash/cash_slot.py: note_returned and note_rejected",
    "f'journal_{kind}'": "one for each kind of event",
    "f'office_{first.trouble.value}'": "one for each trouble of the uplink",
    "f'terminal_day_{day.state}'": "one for each outcome of a day",
}
"""Codes that are no literals where they are said, and where they are literals. A new one is to be explained here."""


def constants() -> dict[str, str]:
    """NAME = "code" at the head of a module."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for place in SPEAKERS for file in place.rglob("*.py"))
    return {
        target.id: statement.value.value
        for tree in trees
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name) and target.id.isupper()
    }


CONSTANTS = constants()


def literals(node: ast.expr, within: ast.AST, seen: frozenset[str] = frozenset()) -> set[str]:
    """The texts this expression can be: literals, either branch of a choice, what its variable was given nearby."""
    match node:
        case ast.Constant(value=str(text)):
            return {text} if text else set()
        case ast.IfExp(body=body, orelse=other):
            return literals(body, within, seen) | literals(other, within, seen)
        case ast.Dict(values=values) | ast.BoolOp(values=values):
            return set().union(*(literals(value, within, seen) for value in values))
        case ast.Call(func=ast.Attribute(attr="get", value=table), args=[_, fallback]):
            return literals(table, within, seen) | literals(fallback, within, seen)
        case ast.Name(id=name) if name not in seen:
            given = [
                one.value
                for one in ast.walk(within)
                if isinstance(one, ast.Assign) and any(isinstance(x, ast.Name) and x.id == name for x in one.targets)
            ]
            near = set().union(*(literals(value, within, seen | {name}) for value in given))
            return near or ({CONSTANTS[name]} if name in CONSTANTS else set())
    return set()


def said() -> tuple[dict[str, str], set[str]]:
    """Each code that the agent's sources can say and where; and the expressions that are no codes by themselves."""
    codes: dict[str, str] = {}
    others: set[str] = set()
    for file in sorted(file for place in SPEAKERS for file in place.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for scope in (*scopes, tree):
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                if name not in SAYS or len(call.args) <= (SAYS[name] or 0):
                    continue
                place = SAYS[name]
                for argument in call.args if place is None else [call.args[place]]:
                    found = literals(argument, scope)
                    codes |= dict.fromkeys(found, f"{file.name}:{call.lineno}")
                    if not found and scope is not tree and not isinstance(argument, ast.Constant):
                        others.add(ast.unparse(argument))
    return codes, others


SAID, OTHERS = said()
HEADLINES = {
    "card_running",
    "card_unknown",
    "card_person",
    "refund_person",
    "reversal_person",
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


def test_same_parameters() -> None:
    differ = {path for path in RU if holes(RU[path]) != holes(EN.get(path, ""))}
    assert differ - {"ui.quoted"} == set()


OFFICE = [f"office_{trouble.value}" for trouble in Trouble]
DAYS = [f"terminal_day_{state}" for state in (days.DIFFERS, days.UNANSWERED, days.UNHEARD, days.UNSAID)]


def test_every_code_that_can_be_said_has_words() -> None:
    codes = {*SAID, *refused.CODES, *OFFICE, *DAYS}
    assert len(codes) > 150
    speechless = {
        f"{code} ({language}), said in {SAID.get(code, 'the law')}"
        for code in codes
        for language, texts in TEXTS.items()
        if not texts["notes"].get(code, {}).get("what")
    }
    assert speechless == set()


CLAIM_PHASES = ("paying", "paid", "cancelled", "expired", "moved")
CLAIM_KEPT = ("paid", "paying", "cancelled", "moved", "unknown", "forged", "no_sum", "no_shop", "here")
"""Why a shop, or HQ for it, does not give a claim over (sync/wire/facts.py, ClaimKept)."""


@pytest.mark.parametrize("state", [state.value for state in HoldState if state is not HoldState.HELD])
def test_every_state_of_an_order_has_words(state: str) -> None:
    for texts in TEXTS.values():
        assert {"what", "safe", "do"} <= set(texts["notes"][f"pickup_{state}"])


@pytest.mark.parametrize("why", CLAIM_KEPT)
def test_every_reason_to_keep_a_claim_has_words(why: str) -> None:
    for texts in TEXTS.values():
        assert {"what", "safe", "do"} <= set(texts["notes"][f"claim_kept_{why}"])


@pytest.mark.parametrize("phase", CLAIM_PHASES)
def test_every_phase_of_a_claim_has_words(phase: str) -> None:
    """As a refusal, and as the claim screen's headline, sentence, state and spoken words."""
    for texts in TEXTS.values():
        assert texts["notes"][f"claim_{phase}"]["what"]
        claims = texts["claims"]
        assert claims[f"head_{phase}"]
        assert claims[f"lead_{phase}"]
        assert claims[f"spoken_{phase}"]
        assert claims["state"][phase]


def test_figures_of_visitors_are_said_in_the_estimates_own_words() -> None:
    """One thing is said in one way; and what was only counted, or by nobody, has words too (agent/visitors/view.py)."""
    for language, place in (("ru", 0), ("en", 1)):
        said = TEXTS[language]["visitors"]["said"]
        assert {one.value: said.get(one.value) for one in Said} == {one.value: FIGURES[one][place] for one in Said}
        assert all(said[code] for code in ("counted", "no_door", "no_visits", "no_sensor"))
        assert set(TEXTS[language]["visitors"]["set_aside"]) == {one.value for one in Aside}


def test_every_code_is_found() -> None:
    """The finder of the test above sees plain codes, choices, variables and tables; and nothing is said past it."""
    assert {"paper_out", "away", "register_person", "card_person", "step_terminal_silent", "slip_none"} <= set(SAID)
    assert {"shop_stopped", "shop_new", "shop_sells", "reversal_unknown", "insufficient_funds"} - set(SAID) == {
        "insufficient_funds"
    }, "a bank's reason is a terminal's word"
    assert set(ELSEWHERE) >= OTHERS, f"where do these codes come from: {OTHERS - set(ELSEWHERE)}"


def test_every_kind_of_event_has_words() -> None:
    """The journal's rows on the status page."""
    kinds = [re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower() for event in get_args(SaleEvent)]
    assert len(kinds) > 30
    missing = [kind for kind in kinds if any(not texts["notes"].get(f"journal_{kind}") for texts in TEXTS.values())]
    assert missing == []


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
