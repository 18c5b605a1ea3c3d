"""The gallery against the plain formula, and what it refuses."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: make cameras")

from sensors.cameras.gallery import Gallery  # noqa: E402


def some(count: int, seed: int) -> list[tuple[str, bytes]]:
    """Templates as dlib makes them, of length 1.4; each third member has two."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        template = rng.normal(size=128)
        template = (1.4 * template / np.linalg.norm(template)).astype("<f4")
        rows.append((f"r{number * 2 // 3}", template.tobytes()))
    return rows


def plain(rows: list[tuple[str, bytes]], face: object) -> dict[str, float]:
    best: dict[str, float] = {}
    for record, template in rows:
        away = float(np.linalg.norm(np.frombuffer(template, "<f4").astype(float) - face))
        best[record] = min(away, best.get(record, away))
    return best


@pytest.mark.parametrize("count", [1, 2, 3, 50, 3_000])
def test_it_finds_whom_the_plain_formula_finds(count: int) -> None:
    rows = some(count, count)
    gallery = Gallery(rows)
    rng = np.random.default_rng(7)
    for turn in range(20):
        _, template = rows[turn % count]
        face = (np.frombuffer(template, "<f4") + rng.normal(scale=0.02, size=128)).astype(np.float32)
        expected = sorted(plain(rows, face).items(), key=lambda one: one[1])[:2]
        found = gallery.nearest(face)
        assert [record for record, _ in found] == [record for record, _ in expected]
        assert [away for _, away in found] == pytest.approx([away for _, away in expected], abs=1e-3)
        few = [record for record, _ in rows[: max(1, count // 10)]]
        among = gallery.nearest(face, among=few)
        expected = sorted(plain([row for row in rows if row[0] in few], face).items(), key=lambda one: one[1])[:2]
        assert [record for record, _ in among] == [record for record, _ in expected]


def test_a_member_with_many_templates_hides_nobody() -> None:
    rows = some(40, 3)
    _, template = rows[0]
    crowded = [("r0", template)] * 60 + rows
    face = np.frombuffer(template, "<f4").astype(np.float32)
    found = Gallery(crowded).nearest(face)
    assert found[0] == ("r0", pytest.approx(0.0, abs=2e-3))
    assert found[1][0] != "r0"


def test_nobody_is_near_where_nobody_is() -> None:
    face = np.zeros(128, np.float32)
    assert Gallery([]).nearest(face) == []
    assert Gallery(some(5, 1)).nearest(face, among=["someone else"]) == []
    assert len(Gallery(some(9, 1))) == 9


def test_what_is_no_template_is_refused() -> None:
    for template in (
        b"",
        bytes(511),
        bytes(513),
        np.full(128, np.nan, "<f4").tobytes(),
        np.full(128, 9, "<f4").tobytes(),
    ):
        with pytest.raises(ValueError, match=r"template"):
            Gallery([("r", template)])
