"""The same m and u give the same match weights as Splink, the reference: every pattern, prior included."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sensors.identity.weights import STARTING, Pattern, posteriors

splink = pytest.importorskip(
    "splink", minversion="5", reason="Splink 5 is not installed: pip install splink (a reference, tests only)"
)

MEMBERS = 20_000
DISTANCES = {"near": 0.30, "close": 0.42, "between": 0.50, "far": 0.80}
OUTCOMES: dict[str, tuple[str | None, ...]] = {
    "phone": ("equal", "differs", None),
    "mac": ("equal", None),
    "face": ("near", "close", "between", "far", None),
    "name": ("near", "differs", None),
}


def patterns() -> list[Pattern]:
    every = itertools.product(*OUTCOMES.values())
    return [
        tuple((name, level) for name, level in zip(OUTCOMES, levels, strict=True) if level is not None)
        for levels in every
        if any(level is not None for level in levels)
    ]


def rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One pair of rows for each pattern; the two are blocked together by their number."""
    lefts, rights = [], []
    for number, pattern in enumerate(patterns()):
        said = dict(pattern)
        left: dict[str, Any] = {"unique_id": number, "pair": number}
        right: dict[str, Any] = {"unique_id": number, "pair": number}
        for name in ("phone", "mac", "name"):
            level = said.get(name)
            left[name] = None if level is None else "a"
            right[name] = None if level is None else ("a" if level in ("equal", "near") else "b")
        left["face"] = None if "face" not in said else 0.0
        right["face"] = None if "face" not in said else DISTANCES[said["face"]]
        lefts.append(left)
        rights.append(right)
    return lefts, rights


def comparison(name: str, sql: list[str]) -> dict[str, Any]:
    """A Splink comparison with our levels, one SQL condition each but the last."""
    levels = STARTING.levels[name]
    null = {"sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL", "is_null_level": True}
    made = [
        {"sql_condition": condition, "m_probability": level.m, "u_probability": level.u}
        for condition, level in zip([*sql, "ELSE"], levels, strict=True)
    ]
    return {"output_column_name": name, "comparison_levels": [null, *made]}


def test_every_pattern_weighs_what_splink_says() -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Splink's tables need pyarrow: pip install splink")
    lefts, rights = rows()
    distance = "abs(face_l - face_r)"
    settings = splink.SettingsCreator(
        link_type="link_only",
        probability_two_random_records_match=1 / (MEMBERS + 1),
        blocking_rules_to_generate_predictions=[splink.block_on("pair")],
        comparisons=[
            comparison("phone", ["phone_l = phone_r"]),
            comparison("mac", ["mac_l = mac_r"]),
            comparison("face", [f"{distance} < 0.40", f"{distance} < 0.45", f"{distance} <= 0.60"]),
            comparison("name", ["name_l = name_r"]),
        ],
    )
    database = splink.DuckDBAPI()
    tables = [database.register(pyarrow.Table.from_pylist(table)) for table in (lefts, rights)]
    linker = splink.Linker(tables, settings)
    found = {row["unique_id_l"]: row["match_weight"] for row in linker.inference.predict().as_record_list()}
    ours = {at: posteriors([STARTING.bits(pattern)], MEMBERS)[0] for at, pattern in enumerate(patterns())}
    assert found.keys() == ours.keys()
    for at, weight in ours.items():
        assert found[at] == pytest.approx(weight, abs=1e-6), patterns()[at]
