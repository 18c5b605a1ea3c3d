"""VAT groups of table 6, the codes FF46 names them by, and the tax contained in a sum."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.simulators.shtrih_m.wire_fields import rounded_half_up


@dataclass(frozen=True, slots=True)
class Group:
    """One row of table 6."""

    row: int
    name: str
    percent: int | None
    ff46_code: int
    tag_1199: int
    total_tag: int  # receipt tag of the tax (or, for 0 % and none, of the turnover); 0 when the format has none


GROUPS = {
    group.row: group
    for group in (
        Group(1, "НДС 20%", 20, 0x01, 1, 1102),
        Group(2, "НДС 10%", 10, 0x02, 2, 1103),
        Group(3, "НДС 0%", 0, 0x04, 5, 1104),
        Group(4, "БЕЗ НДС", None, 0x08, 6, 1105),
        Group(5, "НДС 20/120", 20, 0x10, 3, 1106),
        Group(6, "НДС 10/110", 10, 0x20, 4, 1107),
        Group(7, "НДС 5%", 5, 0x81, 7, 0),
        Group(8, "НДС 7%", 7, 0x82, 8, 0),
        Group(9, "НДС 5/105", 5, 0x84, 9, 0),
        Group(10, "НДС 7/107", 7, 0x88, 10, 0),
        Group(11, "НДС 22%", 22, 0xCB, 11, 0),
        Group(12, "НДС 22/122", 22, 0xCC, 12, 0),
    )
}
BY_FF46_CODE = {group.ff46_code: group for group in GROUPS.values()}
NO_VAT = 4


def tax_in(sum_minor: int, group: Group) -> int:
    """Tax contained in a sum, half up; nothing for 0 % and "no VAT"."""
    return rounded_half_up(sum_minor * group.percent, 100 + group.percent) if group.percent else 0


def by_group(sums: list[tuple[int, int]]) -> dict[int, int]:
    """(row of table 6, sum) -> turnover by row."""
    turnover: dict[int, int] = {}
    for row, amount in sums:
        turnover[row] = turnover.get(row, 0) + amount
    return turnover
