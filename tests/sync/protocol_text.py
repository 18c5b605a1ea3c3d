"""Reads sync/PROTOCOL.md: its tables and its worked examples.

`python -m tests.sync.protocol_text` prints the tables of its last section from the wire, when a fact has grown.
"""

from __future__ import annotations

import re
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sync.wire import commands, customer_facts, facts, telemetry_facts, visit_facts

FILE = Path(__file__).resolve().parents[2] / "sync" / "PROTOCOL.md"
KINDS: dict[str, dict[str, type[msgspec.Struct]]] = {
    "sales": {
        "sale": facts.Sale,
        "shift": facts.Shift,
        "cash": facts.CashMove,
        "debt": facts.Debt,
        "late": facts.LateTruth,
        "claim": facts.Claim,
        "encashment": facts.Encashment,
        "claim_asked": facts.ClaimAsked,
        "claim_given": facts.ClaimGiven,
        "claim_kept": facts.ClaimKept,
        "stock_document": facts.StockDocument,
        "pickup": facts.Pickup,
        "order_step": facts.OrderStep,
    },
    "visits": {
        "visit": visit_facts.VisitFact,
        "hour": visit_facts.HourFact,
        "forget": visit_facts.ForgetFact,
        "customer": customer_facts.CustomerFact,
        "purchase": customer_facts.PurchaseFact,
        "offer_event": customer_facts.OfferFact,
    },
    "telemetry": {"heartbeat": telemetry_facts.Heartbeat},
}
COMMANDS: dict[str, type[msgspec.Struct]] = {
    "claim_release": commands.ClaimRelease,
    "claim_granted": facts.ClaimGiven,
    "claim_denied": facts.ClaimKept,
    "transfer_coming": commands.TransferComing,
    "transfer_arrived": facts.TransferArrived,
    "order_wanted": commands.OrderWanted,
    "order_cancelled": commands.OrderCancelled,
    "forgotten": commands.Forgotten,
    "consent_ended": commands.ConsentEnded,
}


@dataclass(frozen=True)
class Block:
    """A fenced block: the words behind its fence, and its text."""

    words: list[str]
    text: str


def blocks() -> list[Block]:
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", FILE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [Block(words.split(), text) for words, text in found]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its first two lines."""
    section = FILE.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def type_name(kind: Any) -> str:
    """A type as the tables say it."""
    if kind in (str, int, float, bool):
        return {str: "text", int: "number", float: "decimal", bool: "true/false"}[kind]
    if kind is type(None):
        return "null"
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return f"list of {type_name(inner[0])}"
    if origin is tuple:
        return f"[{', '.join(type_name(one) for one in inner)}]"
    if origin is dict:
        return f"map of {type_name(inner[1])}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_name(one) for one in inner)
    return str(kind.__name__)


def described(struct: type[msgspec.Struct]) -> str:
    """`name` type; = default where it may be left out."""
    parts = []
    for field in msgspec.structs.fields(struct):
        default = "" if field.required else f" = {_default(field)}"
        parts.append(f"`{field.encode_name}` {type_name(field.type)}{default}")
    return "; ".join(parts)


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()  # type: ignore[misc]
    return msgspec.json.encode(value).decode()


def fact_tables() -> str:
    """Every kind with its members, and after them the structs that are members of others."""
    lines, inner = [], {}
    for stream, kinds in KINDS.items():
        lines += [f"#### Stream `{stream}`", "", "| kind | members |", "|---|---|"]
        for kind, struct in kinds.items():
            lines.append(f"| `{kind}` | {described(struct)} |")
            inner |= _inside(struct)
        lines.append("")
    lines += ["#### Commands", "", "| kind | members |", "|---|---|"]
    lines += [f"| `{kind}` | {described(struct)} |" for kind, struct in COMMANDS.items()]
    lines += ["", "#### Members of members", "", "| name | members |", "|---|---|"]
    lines += [f"| {name} | {described(struct)} |" for name, struct in sorted(inner.items())]
    return "\n".join(lines)


def _inside(kind: Any) -> dict[str, type[msgspec.Struct]]:
    found: dict[str, type[msgspec.Struct]] = {}
    for field in msgspec.structs.fields(kind):
        for one in _leaves(field.type):
            found |= {one.__name__: one} | _inside(one)
    return found


def _leaves(kind: Any) -> list[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [leaf for one in typing.get_args(kind) for leaf in _leaves(one)]


if __name__ == "__main__":
    print(fact_tables())
