"""Money registers (1Ah) and operation registers (1Bh), computed from what the shift's sums and the receipt hold.

Layout of the classic device: operations are 0 sale, 1 purchase, 2 sale return, 3 purchase return; 16 departments,
four means of payment. 241 and 152 are named by the reference; the others follow the classic numbering.
"""

from __future__ import annotations

from drivers.simulators.shtrih_m.memory_image import Image

SALE, PURCHASE, SALE_RETURN, PURCHASE_RETURN = range(4)
TAG_1054 = {SALE: 1, PURCHASE: 3, SALE_RETURN: 2, PURCHASE_RETURN: 4}
CLASSIC = {tag: classic for classic, tag in TAG_1054.items()}


def money_register(image: Image, number: int) -> int:
    """The value in kopecks; registers without a meaning here are zero."""
    sums = image.shift_sums
    if number < 64:
        return _in_receipt(image, number // 4 + 1, number % 4)
    if 121 <= number <= 184:
        department, operation = divmod(number - 121, 4)
        return sums.get(f"department.{department + 1}.{operation}", 0)
    if 185 <= number <= 188:
        return sums.get(f"discount.{number - 185}", 0)
    if 189 <= number <= 192:
        return sums.get(f"surcharge.{number - 189}", 0)
    if 193 <= number <= 208:
        means, operation = divmod(number - 193, 4)
        return sums.get(f"paid.{means + 1}.{operation}", 0)
    if 209 <= number <= 224:
        group, operation = divmod(number - 209, 4)
        return sums.get(f"turnover.{group + 1}.{operation}", 0)
    if 225 <= number <= 240:
        group, operation = divmod(number - 225, 4)
        return sums.get(f"tax.{group + 1}.{operation}", 0)
    if 244 <= number <= 247:
        return image.totals.get(f"sum.{number - 244}", 0)
    return {241: image.cash, 242: sums.get("cash_in", 0), 243: sums.get("cash_out", 0)}.get(number, 0)


def operation_register(image: Image, number: int) -> int:
    """A count or a running number."""
    if 144 <= number <= 147:
        return image.shift_sums.get(f"receipts.{number - 144}", 0)
    if 148 <= number <= 151:
        return image.totals.get(f"receipts.{number - 148}", 0)
    return {
        152: image.running_number,
        153: image.shift_sums.get("cash_ins", 0),
        154: image.shift_sums.get("cash_outs", 0),
        155: image.totals.get("cash_ins", 0),
        156: image.totals.get("cash_outs", 0),
        157: image.totals.get("cancelled", 0),
        158: image.totals.get("x_reports", 0),
        159: image.totals.get("z_reports", 0),
    }.get(number, 0) & 0xFFFF


def _in_receipt(image: Image, department: int, operation: int) -> int:
    receipt = image.receipt
    if receipt is None or CLASSIC[receipt.operation] != operation:
        return 0
    return sum(
        -line.sum if line.storno else line.sum for line in receipt.lines if max(line.department, 1) == department
    )
