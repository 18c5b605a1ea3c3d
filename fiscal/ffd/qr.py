"""The text of the QR on a receipt, and reading it back for a refund.

    t=20261121T1230&s=499.75&fn=9999078900005430&i=130&fp=1040957426&n=1
Time without seconds (some registers print them: both are read), sum with two decimals, fiscal memory, number and sign
of the document without leading zeros, settlement sign. Source: order ED-7-20/662@, tag 1196.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from fiscal.document import Operation

_TIME: Final = re.compile(r"([0-9]{8})T([0-9]{4})([0-9]{2})?")
_SUM: Final = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_FN: Final = re.compile(r"[0-9]{16}")


@dataclass(frozen=True, slots=True)
class ReceiptQr:
    """A sealed receipt as its QR names it; `at` is register-local."""

    at: dt.datetime
    total_minor: int
    fn: str
    number: int
    fiscal_sign: int
    operation: Operation


def qr_text(qr: ReceiptQr) -> str:
    """What the QR says."""
    roubles, kopecks = divmod(qr.total_minor, 100)
    return (
        f"t={qr.at:%Y%m%dT%H%M}&s={roubles}.{kopecks:02d}&fn={qr.fn}&i={qr.number}&fp={qr.fiscal_sign}"
        f"&n={qr.operation.value}"
    )


def parse_qr(text: str) -> ReceiptQr | None:
    """The receipt a scanned text names; None when the text is no receipt's QR."""
    parts = dict(part.split("=", 1) for part in text.strip().split("&") if "=" in part)
    time, total = _TIME.fullmatch(parts.get("t", "")), _SUM.fullmatch(parts.get("s", ""))
    number, sign = parts.get("i", ""), parts.get("fp", "")
    known = {str(operation.value): operation for operation in Operation}
    operation = known.get(parts.get("n", ""))
    if time is None or total is None or operation is None or _FN.fullmatch(parts.get("fn", "")) is None:
        return None
    if _NUMBER.fullmatch(number) is None or _NUMBER.fullmatch(sign) is None:
        return None
    try:
        at = dt.datetime.strptime(time[1] + time[2] + (time[3] or "00"), "%Y%m%d%H%M%S")
    except ValueError:
        return None
    sum_minor = int(total[1]) * 100 + int((total[2] or "").ljust(2, "0"))
    return ReceiptQr(at, sum_minor, parts["fn"], int(number), int(sign), operation)
