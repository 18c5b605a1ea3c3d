"""The kiosk's money on the screen: only what the view says, when it says it; idle times; the claim; staff."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from kiosk_stage import Kiosk
from kiosk_views import COUNTER, FIVE, counter, idle, pieces
from stage import WAIT_MS

from agent.kiosk.view import ChangeView, PieceView

pytestmark = pytest.mark.browser


def told(struct: Any) -> Any:
    return msgspec.to_builtins(struct)


def test_the_counter_moves_only_when_a_note_counts(kiosk: Kiosk) -> None:
    """A note on its way is dashed with a clock and counts for nothing; once it is durable the sums move."""
    kiosk.show("cash", cash=told(counter(*FIVE, PieceView(0, "checking"))))
    assert kiosk.text("[data-left] [aria-hidden]") == "948,00 ₽"
    kiosk.show("cash", cash=told(COUNTER))
    assert kiosk.text("[data-inserted] [aria-hidden]") == "2 600,00 ₽"
    assert kiosk.text("[data-left] [aria-hidden]") == "948,00 ₽"
    assert kiosk.page.locator(".piece.stacking").count() == 1
    assert "Проверяем купюру 500 ₽." in kiosk.text(".cash-note")
    assert "5 купюр" in kiosk.text(".pieces-head")
    kiosk.show("cash", cash=told(counter(*FIVE, *pieces(50_000))))
    assert kiosk.text("[data-left] [aria-hidden]") == "448,00 ₽"
    assert kiosk.page.locator(".piece.credited").count() == 6
    assert kiosk.page.locator("#polite").inner_text() == "Принято 500 рублей. Осталось 448 рублей."


def test_notes_have_their_colours_and_coins_are_round(kiosk: Kiosk) -> None:
    kiosk.show("cash_many")
    assert kiosk.page.locator(".piece.coin").count() == 3
    assert "Ещё 19" in kiosk.text(".pieces")
    colours = kiosk.page.evaluate(
        "[...document.querySelectorAll('.piece-face')].map((face) => getComputedStyle(face).backgroundColor)"
    )
    assert len(set(colours)) >= 4


def test_change_is_told_before_the_first_note(kiosk: Kiosk) -> None:
    kiosk.show("cash_start")
    assert "Сдачи в автомате мало" in kiosk.text("[data-change='change_short']")
    assert "от 50 до 5 000 ₽ и монеты 1, 2, 5 и 10 ₽" in kiosk.text(".cash-hints")
    assert kiosk.key("give-back").count() == 0, "nothing is inside"


def test_a_note_in_doubt_is_hatched_and_nothing_is_taken(kiosk: Kiosk) -> None:
    kiosk.show("cash_doubt")
    assert kiosk.page.locator(".piece.doubt").count() == 1
    assert "Деньги не пропадут" in kiosk.text("[data-note='note_in_doubt']")
    assert "Наличные сейчас не принимаем" in kiosk.text("#headline")


def test_the_change_falls_as_coins_leave(kiosk: Kiosk) -> None:
    for paid_minor, shown in ((0, "452,00 ₽"), (20_000, "252,00 ₽"), (45_000, "2,00 ₽")):
        kiosk.show("change", change=told(ChangeView(45_200, paid_minor, False)))
        assert kiosk.text("[data-left] [aria-hidden]") == shown
    assert kiosk.page.locator("#assertive").inner_text() == "Ваша сдача 452 рубля."
    kiosk.show("change_done")
    assert "Заберите сдачу" in kiosk.text("#headline")


def test_a_claim_has_its_sum_its_number_and_its_code(kiosk: Kiosk) -> None:
    kiosk.show("claim")
    words = kiosk.text("main")
    assert "Внесено 4 000,00 ₽, покупка 3 548,00 ₽, сдача выдана 0,00 ₽" in words
    assert "К-0417-83" in words
    assert "21 декабря 2026" in words
    assert "Деньги отдаст Касса 1, справа от входа." in words
    assert "Товар и чек ваши." in words
    assert kiosk.page.wait_for_function("document.querySelector('.qr img')?.naturalWidth > 0")
    assert "Мы должны вам 452 рубля." in kiosk.page.locator("#assertive").inner_text()
    assert "Экран закроется через 1:4" in kiosk.text(".foot")
    kiosk.show("claim_unknown")
    assert kiosk.page.locator(".qr").count() == 0
    assert "Если деньги списались, вернём." in kiosk.text("main")
    kiosk.show("claim_doubt")
    assert "К-0417-82, 2 600,00 ₽" in kiosk.text("main"), "the other claim of this session stays in sight"


def test_the_receipt_and_its_qr(kiosk: Kiosk) -> None:
    kiosk.show("done_screen")
    assert "Наведите телефон на QR" in kiosk.text(".hint")
    assert kiosk.page.wait_for_function("document.querySelector('.qr img')?.naturalWidth > 0")
    kiosk.show("training_done")
    assert kiosk.page.locator(".paper").get_attribute("data-mark") == "УЧЕБНЫЙ"


def test_idle_asks_with_one_key(kiosk: Kiosk) -> None:
    """The page is inert, the one key takes the focus, and its touch is a command; the agent ends the session."""
    kiosk.show("idle_money")
    kiosk.page.wait_for_selector(".idle-card")
    assert "Внесено 2 600,00 ₽. Через 60 с выдадим талон на эту сумму." in kiosk.text(".idle-card")
    assert "2600 рублей" in kiosk.page.locator("#assertive").inner_text()
    assert kiosk.page.locator(".page").get_attribute("inert") is not None
    assert kiosk.page.evaluate("document.activeElement.dataset.key") == "here"
    kiosk.tap("here")
    assert kiosk.last() == ("touch", {})
    assert kiosk.page.locator(".idle-card").count() == 1, "it stays until the agent has heard it"
    kiosk.show("cash", idle=told(idle(False, 260_000, 120)))
    assert kiosk.page.locator(".idle-card").count() == 0


def test_idle_is_said_again_before_the_end(kiosk: Kiosk) -> None:
    kiosk.show("idle")
    kiosk.page.wait_for_selector(".idle-card")
    assert "Через 20 с" in kiosk.text("#assertive")
    kiosk.show("browse", idle=told(idle(True, left_s=9)))
    kiosk.page.wait_for_function("document.getElementById('assertive').textContent.includes('Через 9')")


def test_touches_are_told_at_most_every_five_seconds(kiosk: Kiosk) -> None:
    kiosk.show("basket", idle=told(idle(False, left_s=80)))
    for _ in range(3):
        kiosk.page.mouse.click(540, 1300)
    kiosk.sent()
    for _ in range(4):
        kiosk.page.mouse.click(540, 1300)
        kiosk.settle(150)
    assert kiosk.stage.done() == ["touch"]


def test_speech_mode_speaks_what_is_announced_and_what_has_the_focus(kiosk: Kiosk) -> None:
    """A key pad in use starts it and tells the agent, which doubles its times; the end of the session ends it."""
    kiosk.page.evaluate(
        """() => {
          window.spoken = [];
          Object.defineProperty(window, "speechSynthesis", {
            value: { speak: (words) => spoken.push(words.text), cancel: () => {}, pending: false },
          });
        }"""
    )
    kiosk.show("pay")
    kiosk.page.keyboard.press("Tab")
    assert kiosk.last() == ("speech", {"on": 1})
    kiosk.page.keyboard.press("Tab")
    kiosk.show("pay", idle=told(idle(True, left_s=20)))
    kiosk.page.wait_for_function("spoken.some((text) => text.includes('Вы ещё здесь?'))", timeout=WAIT_MS)
    assert any("Картой" in words for words in kiosk.page.evaluate("spoken"))
    kiosk.show("attract")
    assert kiosk.last(2) == ("speech", {"on": 0})


# Staff


def hold(kiosk: Kiosk, within_ms: int) -> None:
    kiosk.page.locator("[data-corner]").first.hover()
    kiosk.page.mouse.down()
    kiosk.page.wait_for_timeout(within_ms)
    kiosk.page.mouse.up()


def test_staff_sign_in_behind_the_held_corner(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    hold(kiosk, 500)
    assert kiosk.page.locator(".sign-in").count() == 0
    hold(kiosk, 3150)
    kiosk.tap("pad-7", "pad-7", "pad-1", "pad-3", "entry-done")
    assert kiosk.last() == ("staff", {"person": "", "pin": "7713"})
    assert kiosk.page.locator(".dots-pin .on").count() == 0, "the PIN is not kept"
    kiosk.show("staff")
    assert kiosk.page.locator(".sign-in").count() == 0


def test_an_encashment_is_opened_by_two_presses(kiosk: Kiosk) -> None:
    kiosk.show("staff")
    assert "25 200,00 ₽" in kiosk.text("[data-unit='bills-1-bills']")
    assert "Под вопросом: 1 купюра, 500,00 ₽" in kiosk.text("[data-unit='bills-1-bills']")
    kiosk.tap("encash-open-bills-1-bills")
    kiosk.settle()
    assert kiosk.stage.commands == []
    assert "Точно: Снять кассету" in kiosk.text("[data-key='encash-open-bills-1-bills']")
    kiosk.tap("encash-open-bills-1-bills")
    assert kiosk.last() == ("encash_open", {"device": "bills-1", "unit": "bills"})
    kiosk.tap("encash-cancel-coins-1-hopper")
    assert kiosk.last(2) == ("encash_cancel", {"device": "coins-1", "unit": "hopper"})


def test_a_cassette_that_is_gone_is_said(kiosk: Kiosk) -> None:
    kiosk.show("staff_out")
    assert "Кассеты нет, а инкассация не открыта." in kiosk.text("[data-unit='bills-1-bills']")


@pytest.mark.parametrize(
    ("tab", "name", "presses", "act", "args"),
    [
        ("devices", "reset-hopper-1", 2, "reset_device", {"device": "hopper-1"}),
        ("shift", "x-report", 1, "x_report", {}),
        ("shift", "close-shift", 2, "close_shift", {}),
        ("money", "staff-leave", 1, "staff_leave", {}),
    ],
)
def test_staff_acts(kiosk: Kiosk, tab: str, name: str, presses: int, act: str, args: dict[str, str]) -> None:
    kiosk.show("staff")
    kiosk.tap(f"tab-{tab}")
    for _ in range(presses):
        kiosk.tap(name)
    assert kiosk.last() == (act, args)


def test_claims_still_owed(kiosk: Kiosk) -> None:
    kiosk.show("staff")
    kiosk.tap("tab-claims")
    assert kiosk.page.locator("[data-claim]").count() == 2
    assert "452,00 ₽" in kiosk.text("[data-claim='К-0417-83']")


def test_staff_resolves_money_without_a_receipt(kiosk: Kiosk) -> None:
    kiosk.show("staff_stuck")
    kiosk.tap("resolve-owe_correction", "resolve-owe_correction")
    assert kiosk.last() == ("resolve", {"choice": "owe_correction"})
    kiosk.show("making_waits")
    assert kiosk.page.locator("main button").count() == 0, "a shopper resolves nothing"
