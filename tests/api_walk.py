"""Walks a whole OpenAPI document with schemathesis: each operation is asked with made-up values, some of them real, and
every answer has to be one that the document names, of the shape it says, and never an error of the server."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
CAMPAIGN = bool(os.environ.get("TILLKEEPER_CAMPAIGN"))
WITHIN_S = 20
BUSY = 503
"""A door may be busy; only then, and it says so with the rest of its answer."""


@dataclass
class Walk:
    """What was asked and how it was answered."""

    operations: int = 0
    left_out: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)  # answered 2xx at least once

    def told(self, name: str) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        feeds = f", {len(self.left_out)} endless feeds left out" if self.left_out else ""
        return f"{name}: {self.operations} operations{feeds}, {sum(self.statuses.values())} answers ({statuses})"


def walk(
    url: str,
    examples: int,
    known: Mapping[str, Sequence[Any]],
    headers: Callable[[str], dict[str, str]] = lambda path: {},
    *,
    may: Callable[[int], bool] = lambda status: True,
) -> Walk:
    """`known`: real values of parameters by name, given in turn with made-up ones; `headers(path)`: who asks. `may`:
    which statuses are right at all."""
    found = Walk()
    session = requests.Session()
    for operation in _operations(schemathesis.openapi.from_url(f"{url}/openapi.json")):
        name = f"{operation.method.upper()} {operation.path}"
        if operation.path.endswith("/live"):
            found.left_out.append(name)
            continue
        found.operations += 1
        _ask(operation, name, examples * (10 if CAMPAIGN else 1), known, headers, may, session, found)
    return found


def _operations(schema: Any) -> Iterator[Any]:
    for result in schema.get_all_operations():
        yield result.ok()


def _ask(
    operation: Any,
    name: str,
    examples: int,
    known: Mapping[str, Sequence[Any]],
    headers: Callable[[str], dict[str, str]],
    may: Callable[[int], bool],
    session: requests.Session,
    found: Walk,
) -> None:
    turn = itertools.count()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        at = next(turn)
        for parameters in (case.path_parameters, case.query):
            for one, values in known.items():
                if parameters and one in parameters and at % (len(values) + 1):
                    parameters[one] = values[at % (len(values) + 1) - 1]
        if case.query and "wait" in case.query:
            case.query["wait"] = 0  # such an answer is held back on purpose
        response = case.call(session=session, headers=headers(operation.path), timeout=WITHIN_S)
        found.statuses[response.status_code] += 1
        if 200 <= response.status_code < 300:
            found.done.add(name)
        assert may(response.status_code), f"{name}: {response.status_code} {response.text[:200]}"
        case.validate_response(response, checks=CHECKS)

    run()
