"""A sale in full, what the bank keeps of it, and a shift's file that adds up to the till's Z."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pushing_till import DEVICE, ENTRIES, NOON_MS, PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.books.acquirers import AcquirerTerm, TermRefused, checked, fee_of, term_of
from cloud_api.books.reading_again import read_again
from cloud_api.books.shift_file import file_name
from cloud_api.books.shift_sales import ShiftBooks
from cloud_api.findings.checking import check_all
from fiscal.vat import VatRate, vat_included
from sync.wire.facts import PriceReason, Sale, SaleDocument, SaleLine, SalePayment, Shift

pytestmark = pytest.mark.anyio
DAY, FN, BEAR, NUT = "2026-11-21", "9999078902010101", "ООО Мишка", "ИП Орех"


@pytest.fixture
async def hq(where: str):  # type: ignore[no-untyped-def]
    hq = await open_hq(where)
    yield hq
    await hq.storage.close()


def card(sum_minor: int, **more: Any) -> SalePayment:
    told: dict[str, Any] = {"attempt": "a1", "terminal": "10203344", "scheme": "MIR", "status": "booked", **more}
    return SalePayment("card", sum_minor, **told)


def sold(n: int, lines: list[SaleLine], payments: list[SalePayment], **more: Any) -> Sale:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.seller] = sums.get(line.seller, 0) + line.sum
    rounding = more.get("rounding", 0)
    papers = [
        SaleDocument(seller, "0001", FN, 10 * n + at, 7, total - (rounding if at == 0 else 0), "2026-11-21T12:00", 1)
        for at, (seller, total) in enumerate(sums.items())
    ]
    told = {"total": sum(sums.values()) - rounding, "number": f"{n:04}", "lines": lines, "payments": payments}
    told |= {"documents": papers, "day": DAY, "closed_ms": NOON_MS + n, "channel": "till"}
    return a_sale(f"s{n}", **{**told, **more})


def line(sum_minor: int, vat: str, seller: str = BEAR, **more: Any) -> SaleLine:
    return SaleLine("460", "=Мишка", 1000, sum_minor, sum_minor, vat, seller=seller, **more)


def a_shift() -> PushingTill:
    """Two sales, one of them mixed and of two sellers, a refund, a rounded one, a void, and the till's own Z."""
    till = PushingTill()
    till.add("o", Shift("Касса 1", 7, "opened", NOON_MS, "Анна", day=DAY), "shift")
    why = [PriceReason("discount", -500, "Ольга")]
    first = [line(12_200, "22", discount=500, reasons=why), line(11_000, "10"), line(5_000, "none", NUT)]
    till.add("1", sold(1, first, [card(20_000), SalePayment("cash", 8_200)]))
    till.add("2", sold(2, [line(9_999, "22")], [SalePayment("cash", 9_900)], rounding=99))
    till.add("3", sold(3, [line(12_200, "22")], [card(12_200, attempt="a3", status="refunded")], act="refund", of="s1"))
    gone = [card(700, attempt="a4", status="reversed")]
    till.add("4", sold(4, [line(700, "22")], gone, state="voided_after_payment", documents=[]))
    z = Shift("Касса 1", 7, "closed", NOON_MS + 90, "Анна", 0, 2, 1, 28_200 + 9_900 - 12_200, day=DAY, counted=True)
    till.add("z", z, "shift")
    return till


MIR = {"terminal": "1020", "scheme": "mir"}
TERMS = [
    {"from_day": "2026-01-01", "acquirer": "Банк", "rate_bp": 190},
    {"from_day": "2026-01-01", "acquirer": "Банк", "rate_bp": 165, "given_back": True, **MIR},
    {"from_day": "2026-11-22", "acquirer": "Банк", "rate_bp": 999, **MIR},
]


async def test_a_sale_is_told_in_full(hq: Hq) -> None:
    async with client_of(hq) as client:
        assert (await a_shift().push(client)).status_code == 200
        for term in TERMS:
            assert (await client.put("/v1/acquirer-terms", json=term)).status_code == 200
        wrong = await client.put("/v1/acquirer-terms", json={**TERMS[0], "rate_bp": 20_000})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "no_term")
        sale = (await client.get("/v1/sales/s1")).json()
        assert (sale["channel"], sale["day"], sale["summary"]["cashier"]) == ("till", 20261121, "Анна")
        assert sale["lines"][0]["reasons"] == [{"kind": "discount", "sum": -500, "by": "Ольга"}]
        fee = {"acquirer": "Банк", "rate_bp": 165, "fixed_minor": 0, "fee_minor": 330}
        assert [paid["fee"] for paid in sale["payments"]] == [fee, None]
        refund = (await client.get("/v1/sales/s3")).json()
        assert refund["payments"][0]["fee"]["fee_minor"] == -201  # 12 200 x 1.65 % is 201.3
        assert (await client.get("/v1/sales/s4")).json()["payments"][0]["fee"] is None
        await check_all(hq.storage, now_ms=NOON_MS)
        assert (await client.get("/v1/findings")).json()["findings"] == []


async def test_a_shifts_file_adds_up_to_its_z(hq: Hq) -> None:
    asked = {"device": DEVICE, "till": "Касса 1", "number": "7"}
    async with client_of(hq) as client:
        await a_shift().push(client)
        await client.put("/v1/acquirer-terms", json=TERMS[0])
        answer = await client.get("/v1/shift-files", params=asked)
        assert (await client.get("/v1/shift-files", params={**asked, "number": "8"})).status_code == 404
    assert answer.headers["content-disposition"] == 'attachment; filename="shift-20261121-7-kazan-1-142fe0.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    def total(kind: str, column: str = "Сумма") -> int:
        return sum(int(row[column].replace(",", "")) for row in rows if row["Вид"] == kind and row[column])

    assert (total("Продажа"), total("Округление"), total("Возврат")) == (38_199, -99, 12_200)
    assert (total("Оплата"), total("Оплата возврата")) == (38_100, 12_200)
    by_rate = [
        (row["Продавец"], row["Ставка НДС"], row["Сумма"], row["НДС"]) for row in rows if row["Вид"] == "Итог: продажа"
    ]
    two = vat_included(12_200, VatRate.V22) + vat_included(9_999, VatRate.V22)
    assert by_rate == [
        (NUT, "без НДС", "50,00", "0,00"),
        (BEAR, "10%", "110,00", "10,00"),
        (BEAR, "22%", "221,99", f"{two // 100},{two % 100:02}"),
    ]
    assert total("Итог: эквайер", "Комиссия") == 380  # 200,00 x 1,9 %; nothing comes back with the refund
    assert [(row["Вид"], row["Сумма"], row["Чеков"]) for row in rows[-3:]] == [
        ("В файле", "259,00", "3"),
        ("Z", "259,00", "3"),
        ("Разница", "0,00", "0"),
    ]
    assert "700" not in {row["Сумма"] for row in rows}


def test_the_files_of_two_tills_do_not_lie_over_each_other() -> None:
    """Each till counts its shifts from one: whoever saves a chain's files of a day has all of them afterwards."""
    shift = ShiftBooks("Казань", DEVICE, "Касса 1", 7, 20261121, None, None, "Анна", None)
    names = {
        file_name(one)
        for one in (
            shift,
            replace(shift, till="Касса 2"),
            replace(shift, device="ufa-1", store="Уфа"),
            replace(shift, device="уфа/1"),
            replace(shift, device="уфа\\1"),
            replace(shift, device="к" * 300),
        )
    }
    assert len(names) == 6
    assert all(re.fullmatch("[A-Za-z0-9.-]{1,120}", name) for name in names)


async def test_sales_taken_before_are_read_again_from_their_bodies(hq: Hq) -> None:
    """A storage as an older HQ left it: the bodies are whole, the rows beside are not there. Twice is once."""
    parts = ("sale_origin", "price_reason", "day_told", "fn_told")
    order = "ORDER BY device, epoch, seq"
    async with client_of(hq) as client:
        await a_shift().push(client)
        before = [await hq.storage.rows(f"SELECT * FROM {part} {order}") for part in parts[:2]]
        async with hq.storage.transaction(None) as transaction:
            for part in parts:
                await transaction.write(f"DELETE FROM {part}")
        assert (await client.get("/v1/sales/s1")).json()["channel"] is None
        assert (await read_again(hq.storage)).sales == 4
        assert (await read_again(hq.storage)).sales == 0
        assert [await hq.storage.rows(f"SELECT * FROM {part} {order}") for part in parts[:2]] == before
        assert (await client.get("/v1/sales/s1")).json()["channel"] == "till"
        spans = await hq.storage.rows("SELECT store, day, first, last FROM day_told")
        assert spans == [(ENTRIES[0].store, 20261121, 1, 6)]


def a_term(**more: Any) -> AcquirerTerm:
    told: dict[str, Any] = {"store": "", "terminal": "", "means": "card", "scheme": "", "from_day": 20260101}
    return AcquirerTerm(**{**told, "acquirer": "A", "rate_bp": 100, **more})


def test_the_term_that_fits_best_is_the_one() -> None:
    own, prefix, mir = a_term(store="S", rate_bp=2), a_term(terminal="10", rate_bp=3), a_term(scheme="MIR", rate_bp=4)
    later = a_term(from_day=20270101, rate_bp=5)
    terms = [a_term(), own, prefix, mir, later]
    asked = [("S", "10", "card", "MIR", 20270101), ("Q", "10", "card", "MIR", 20270101), ("Q", "9", "card", "mir", 1e9)]
    asked += [("Q", "9", "card", "VISA", 20270101), ("Q", "9", "card", "VISA", 20261231)]
    assert [term_of(terms, *one).rate_bp for one in asked] == [2, 3, 4, 5, 100]  # type: ignore[arg-type, union-attr]
    assert term_of(terms, "Q", "9", "cash", "", 20270101) is None
    with pytest.raises(TermRefused):
        checked(a_term(acquirer=" "))


@given(st.integers(0, 10**11), st.integers(0, 10_000))
def test_a_fee_is_off_by_half_a_kopeck_at_most(sum_minor: int, rate_bp: int) -> None:
    fee = fee_of(sum_minor, a_term(rate_bp=rate_bp)).fee_minor
    assert -5_000 < fee * 10_000 - sum_minor * rate_bp <= 5_000
    assert fee_of(-sum_minor, a_term(rate_bp=rate_bp, given_back=True)).fee_minor == -fee
    assert fee_of(-sum_minor, a_term(rate_bp=rate_bp, fixed_minor=9)).fee_minor == 0


def test_a_name_that_looks_like_a_formula_stays_a_text() -> None:
    from cloud_api.books.plain_cells import plain_cell

    assert [plain_cell(text) for text in ("=1+1", "-12,50", "-cmd", "Мишка")] == ["'=1+1", "-12,50", "'-cmd", "Мишка"]
    assert msgspec.json.encode(PriceReason("discount", 0))
