"""Everything the register keeps when its power is cut, and its shape as JSON."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from drivers.simulators.shtrih_m.identity import Identity

Made = TypeVar("Made")


@dataclass(slots=True)
class Line:
    """One operation of an open receipt. `quantity` is in millionths, sums in kopecks, `vat` the row of table 6."""

    name: str
    quantity: int
    price: int
    sum: int
    vat: int
    department: int = 1
    method: int = 4
    subject: int = 1
    storno: bool = False
    tlv: str = ""  # hexadecimal, bound by FF4D
    mark: str = ""  # the code as scanned, latin-1
    mark_result: int | None = None  # tag 2106


@dataclass(slots=True)
class Receipt:
    """An open receipt; `operation` is tag 1054."""

    operation: int
    operator: int
    lines: list[Line] = field(default_factory=list)
    discount: int = 0
    surcharge: int = 0
    tlv: str = ""  # hexadecimal, bound by FF0C


@dataclass(slots=True)
class Filed:
    """One document in the archive. `kind` is the code of the curDoc list, `at` ISO without seconds' fractions."""

    number: int
    kind: int
    at: str
    sign: int
    shift: int
    operation: int = 0
    total: int = 0
    body: str = ""  # its TLV in hexadecimal; kept for the newest documents only
    sent: bool = False


@dataclass(slots=True)
class FiscalMemory:
    life: int = 3
    current: int = 0  # curDoc
    has_data: bool = False
    shift: int = 0
    shift_open: bool = False
    shift_opened_at: str = ""
    receipts: int = 0  # in this shift
    warnings: int = 0  # forced by faults
    tlv: str = ""  # hexadecimal, for a shift document begun by FF41 or FF42
    documents: list[Filed] = field(default_factory=list)
    valid_until: str = ""

    @property
    def last(self) -> int:
        return self.documents[-1].number if self.documents else 0


@dataclass(slots=True)
class Image:
    identity: Identity
    fn: FiscalMemory = field(default_factory=FiscalMemory)
    receipt: Receipt | None = None
    non_fiscal: bool = False
    tables: dict[str, Any] = field(default_factory=dict)  # "table.row.field" -> value, where it was changed
    shift_sums: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    cash: int = 0
    running_number: int = 0
    rtc_ahead_s: int = 0
    date_to_confirm: str = ""
    last_copy: list[str] = field(default_factory=list)
    unprinted: list[str] = field(default_factory=list)
    paper: bool = True
    cover_open: bool = False
    drawer_open: bool = False
    ofd_away: bool = False
    byte_timeout: int = 100
    baud: int = 6


def frozen(image: Image) -> dict[str, Any]:
    """Everything but the archive's documents, as JSON objects."""
    documents = image.fn.documents
    image.fn.documents = []
    try:
        return {name: _frozen_value(getattr(image, name)) for name in Image.__slots__}
    finally:
        image.fn.documents = documents


def _frozen_value(value: Any) -> Any:
    """Copied as far down as it can change; `dataclasses.asdict` would copy every string of it deeply."""
    slots = getattr(value, "__slots__", None)
    if slots is not None:
        return {name: _frozen_value(getattr(value, name)) for name in slots}
    if isinstance(value, list):
        return [_frozen_value(item) for item in value]
    return dict(value) if isinstance(value, dict) else value


def frozen_fn(fn: FiscalMemory) -> dict[str, Any]:
    """The fiscal memory with its documents; copied by the field, for the archive may be long."""
    flat = {name: getattr(fn, name) for name in FiscalMemory.__slots__}
    flat["documents"] = [{name: getattr(filed, name) for name in Filed.__slots__} for filed in fn.documents]
    return flat


def thawed(kind: type[Made], data: dict[str, Any]) -> Made:
    """Dataclasses again from their JSON; raises TypeError when the shape is another."""
    hints = typing.get_type_hints(kind)
    return kind(**{name: _thawed_value(hints[name], value) for name, value in data.items()})


def _thawed_value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    for part in (hint, *typing.get_args(hint)):
        if dataclasses.is_dataclass(part) and isinstance(part, type):
            return [thawed(part, item) for item in value] if isinstance(value, list) else thawed(part, value)
    return value
