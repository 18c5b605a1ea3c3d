"""What a shopper does at the kiosk with a finger and a scanner, and what is sent for it."""

from __future__ import annotations

import msgspec
import pytest
from kiosk_stage import Kiosk
from kiosk_views import BASKET, MANY
from stage import WAIT_MS

pytestmark = pytest.mark.browser


def test_any_touch_starts_and_starts_once(kiosk: Kiosk) -> None:
    kiosk.page.locator(".welcome").click()
    assert kiosk.last() == ("start", {})
    kiosk.press("start")
    kiosk.settle()
    assert kiosk.stage.done() in (["start"], ["start", "start"]), "a second touch while the first is under way is none"


def test_a_scan_starts(kiosk: Kiosk) -> None:
    kiosk.scan("4601234011396")
    assert kiosk.last() == ("scan", {"code": "4601234011396"})


def test_only_marks_that_work_are_shown(kiosk: Kiosk) -> None:
    assert kiosk.page.locator("[data-means]").count() == 2
    kiosk.show("attract_cash_only")
    assert kiosk.page.locator("[data-means='card']").count() == 0
    assert "карты не принимаем" in kiosk.text(".act")


def test_a_tile_adds_once_for_a_trembling_finger(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.press("tile-4620014260014")
    assert kiosk.last() == ("add", {"barcode": "4620014260014"})
    kiosk.settle()
    assert len(kiosk.stage.commands) == 1
    kiosk.settle(300)
    kiosk.tap("tile-4620014260014")
    kiosk.sent(2)


def test_what_is_in_the_basket_has_a_tick_and_a_count(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.page.wait_for_selector(".tile.has")
    assert kiosk.page.locator(".tile.has").count() == 2
    assert kiosk.text("[data-key='tile-4601234011396'] .pill [aria-hidden='true']:not(svg)") == "1"


def test_sold_out_goods_are_dead(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.press("tile-4607008120127")
    kiosk.settle()
    assert kiosk.stage.commands == []
    assert "Нет на полке" in kiosk.text("[data-key='tile-4607008120127']")


def test_search_by_the_letters_on_the_screen(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.page.locator("#search").click()
    for letter in "маша":
        kiosk.tap(f"letter-{letter}")
    kiosk.page.wait_for_function("document.querySelectorAll('.tile').length === 1")
    assert "Маша" in kiosk.text(".tile")
    kiosk.tap("letter-layout")
    assert kiosk.key("letter-q").count() == 1
    kiosk.tap("letter-done")
    assert kiosk.page.locator(".letters").count() == 0
    assert kiosk.page.locator(".tile").count() == 1
    kiosk.tap("search-clear")
    kiosk.page.wait_for_function("document.querySelectorAll('.tile').length > 10")


def test_categories_beyond_the_row(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.tap("more-categories")
    assert kiosk.page.locator(".category-grid .key").count() == 14
    kiosk.tap("category-Праздник")
    kiosk.page.wait_for_function("document.querySelector('.tile-name').textContent.startsWith('Ёлочная')")
    assert kiosk.key("category-Праздник").get_attribute("aria-pressed") == "true", "the chosen one moved into the row"


def test_further_goods_come_while_scrolling(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.page.wait_for_function("document.querySelectorAll('.tile').length === 30")
    kiosk.page.evaluate("document.querySelector('.tiles').scrollTo(0, 1e6)")
    kiosk.page.wait_for_function("document.querySelectorAll('.tile').length === 52")


def test_the_basket_counts_up_down_and_away(kiosk: Kiosk) -> None:
    kiosk.show("basket_many")
    kiosk.tap("more-l4")
    assert kiosk.last() == ("quantity", {"line": "l4", "thousandths": 4000})
    kiosk.tap("less-l4")
    assert kiosk.last(2) == ("quantity", {"line": "l4", "thousandths": 2000})
    kiosk.press("less-l1")
    kiosk.tap("remove-l3")
    assert kiosk.last(3) == ("remove", {"line": "l3"}), "one piece is not counted down to none"
    assert kiosk.key("more-l3").count() == 0, "each marked pack is scanned by itself"


def test_a_purchase_is_cancelled_by_two_presses(kiosk: Kiosk) -> None:
    kiosk.show("basket")
    kiosk.tap("leave")
    kiosk.settle()
    assert kiosk.stage.commands == []
    kiosk.tap("leave")
    assert kiosk.last() == ("leave", {})


def test_the_basket_tells_terms_and_verdicts(kiosk: Kiosk) -> None:
    kiosk.show("basket_many")
    assert "Возврат и обмен 14 дней" in kiosk.text(".terms")
    words = kiosk.text(".rows")
    assert "марка проверена" in words
    assert "продать нельзя: код выведен из оборота" in words


@pytest.mark.parametrize(
    ("view", "name", "act", "args"),
    [
        ("browse", "checkout", "checkout", {}),
        ("browse", "help", "help", {}),
        ("pay", "pay-card", "pay", {"means": "card"}),
        ("pay", "pay-cash", "pay", {"means": "cash"}),
        ("pay_exact", "pay-cash", "pay", {"means": "cash", "agreed": 1}),
        ("pay_credit", "pay-credit", "pay", {"means": "credit"}),
        ("pay", "back", "back", {}),
        ("receipt_way", "way-paper", "receipt", {"way": "paper"}),
        ("cash", "pay-card", "pay", {"means": "card"}),
        ("cash", "give-back", "give_back", {}),
        ("card", "stop-card", "stop_card", {}),
        ("claim", "take-slip", "take_slip", {}),
        ("done", "finish", "finish", {}),
    ],
)
def test_a_double_tap_sends_once(kiosk: Kiosk, view: str, name: str, act: str, args: dict[str, object]) -> None:
    """Each with an id of its own and the revision on the screen, while the answer to the first is still out."""
    revision = kiosk.show(view)
    kiosk.stage.post("/fixture/answers", {"late": True})
    kiosk.press(name)
    command = kiosk.sent()[0]
    kiosk.settle()
    kiosk.stage.post("/fixture/answers", {"late": False})
    kiosk.settle(60)
    assert [one["do"] for one in kiosk.stage.commands] == [act]
    assert command["args"] == args
    assert command["revision"] == revision
    assert len(command["id"]) == 36


def test_who_buys_gives_a_number_only_with_consent(kiosk: Kiosk) -> None:
    kiosk.show("identify")
    assert kiosk.page.locator(".choices .key").count() == 3
    assert kiosk.page.locator(".key.filled").count() == 0, "the three ways weigh the same"
    kiosk.tap("who-phone")
    ticks = kiosk.page.locator("[role=checkbox]")
    assert [ticks.nth(at).get_attribute("aria-checked") for at in (0, 1)] == ["false", "false"]
    for digit in "9261234567":
        kiosk.tap(f"pad-{digit}")
    assert "+7 926 123-45-67" in kiosk.text(".entry")
    kiosk.press("entry-done")
    kiosk.settle()
    assert kiosk.stage.commands == []
    kiosk.tap("consent-data", "entry-done")
    assert kiosk.last() == ("identify", {"phone": "+79261234567", "consents": ["data"]})


def test_a_shop_card_is_scanned(kiosk: Kiosk) -> None:
    kiosk.show("identify")
    kiosk.scan("2900001234567")
    assert kiosk.last() == ("identify", {"card": "2900001234567", "consents": []})


def test_without_a_card_and_the_receipt_by_mail(kiosk: Kiosk) -> None:
    kiosk.show("identify")
    kiosk.tap("who-nobody", "way-email")
    assert kiosk.stage.commands == []
    for letter in "ira":
        kiosk.tap(f"letter-{letter}")
    kiosk.press("entry-done")
    kiosk.tap("domain-@mail.ru", "entry-done")
    assert kiosk.last() == ("receipt", {"way": "email", "value": "ira@mail.ru"})


def test_only_ways_that_are_offered(kiosk: Kiosk) -> None:
    kiosk.show("receipt_way_paper_only")
    assert kiosk.page.locator(".choices .key").count() == 1


def test_what_is_away_is_absent_and_says_why(kiosk: Kiosk) -> None:
    kiosk.show("pay_no_card")
    assert kiosk.key("pay-card").count() == 0
    assert "карты не принимаем" in kiosk.text("[data-away='card']")
    assert "Работает Касса 1, справа от входа" in kiosk.text(".away")


def test_a_stop_is_asked_for_and_the_terminal_decides(kiosk: Kiosk) -> None:
    """Said when the agent says so, not when the finger left; meanwhile there is nothing to press once more."""
    kiosk.show("card")
    kiosk.tap("stop-card")
    assert kiosk.last() == ("stop_card", {})
    assert kiosk.key("stop-card").get_attribute("aria-disabled") is None
    kiosk.show("card_stopping")
    stop = kiosk.key("stop-card")
    assert stop.get_attribute("aria-disabled") == "true"
    assert "Решает терминал" in stop.inner_text()
    assert "Если он успеет одобрить, оплата засчитается." in kiosk.text("[data-note='stop_asked']")
    assert "Просим терминал остановиться" in kiosk.page.locator("#polite").inner_text()
    kiosk.press("stop-card")
    kiosk.settle()
    assert len(kiosk.stage.commands) == 1


@pytest.mark.parametrize("view", ["checking", "checking_late"])
def test_while_the_card_is_checked_nothing_can_be_pressed(kiosk: Kiosk, view: str) -> None:
    kiosk.show(view)
    assert kiosk.page.locator("main button").count() == 0
    assert kiosk.page.locator("[data-key^='pay'], [data-key='checkout']").count() == 0
    words = kiosk.text("main")
    assert "Проверяем оплату" in words
    assert "Оплата прошла" not in words


def test_a_stale_view_never_replaces_a_newer_one(kiosk: Kiosk) -> None:
    """An answer that the feed has overtaken, and an older state from the feed itself: the pay keys stay gone."""
    kiosk.show("pay")
    kiosk.stage.post("/fixture/answers", {"late": True})
    kiosk.tap("pay-card")
    kiosk.sent()
    kiosk.show("checking")
    kiosk.stage.post("/fixture/answers", {"late": False})
    for back in (1, 40, 0):
        kiosk.stage.post("/fixture/older", {"kiosk": "pay", "back": back})
        kiosk.settle(40)
        assert kiosk.page.locator(".page").get_attribute("data-screen") == "checking"
    kiosk.show("claim_unknown")
    assert "К-0416-20" in kiosk.text(".slip-number")


def test_another_hand_changed_the_basket(kiosk: Kiosk) -> None:
    kiosk.show("basket")
    kiosk.show("basket", sale=msgspec.to_builtins(MANY))
    assert kiosk.page.locator(".row").count() == len(MANY.lines)
    kiosk.show("basket", sale=msgspec.to_builtins(BASKET))
    assert kiosk.page.locator(".row").count() == 2


def test_a_refusal_is_said_where_the_hint_was(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    before = kiosk.page.locator(".tiles").bounding_box()
    kiosk.stage.post("/fixture/answers", {"refuse": {"code": "kiosk_marked_scan", "params": {"name": "Кукла «Маша»"}}})
    kiosk.tap("tile-4607012330017")
    kiosk.page.wait_for_selector("[data-note='kiosk_marked_scan']")
    assert kiosk.page.locator(".tiles").bounding_box() == before, "nothing moves under the finger"
    assert "Кукла «Маша»" in kiosk.page.locator("#polite").inner_text()


def test_language_and_help(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.tap("language")
    assert kiosk.last() == ("language", {"language": "en"})
    kiosk.show("browse", language="en", help=True)
    assert kiosk.page.evaluate("document.documentElement.lang") == "en"
    assert "On the way" in kiosk.text("[data-key='help']")
    kiosk.press("help")
    kiosk.settle()
    assert len(kiosk.stage.commands) == 1, "who is called comes once"


def test_where_the_till_is_is_said_where_a_shopper_is_sent_there(kiosk: Kiosk) -> None:
    """Nothing is said where the shop told nothing."""
    place = {"code": "kiosk_elsewhere", "params": {"till": "Касса 1", "where": "справа от входа"}}
    age = {"code": "kiosk_age", "params": {"age": 18}}
    kiosk.show("browse", help=True, said=age, elsewhere=place)
    assert "Можно и на кассу: Касса 1, справа от входа." in kiosk.text(".foot-said")
    assert "Купите его на кассе (Касса 1, справа от входа)." in kiosk.text("[data-note='kiosk_age']")
    kiosk.show("browse", help=True, said=age, elsewhere={"code": "kiosk_elsewhere", "params": {"till": "Касса 1"}})
    assert kiosk.text(".foot-said").strip().endswith("Ваша покупка сохранится.")
    assert "Купите его на кассе. Там" in kiosk.text("[data-note='kiosk_age']")


def test_low_keys_stay_low_until_the_session_ends(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.tap("reach")
    for view in ("basket", "pay", "cash", "claim"):
        kiosk.show(view)
        assert kiosk.page.locator(".page.low").count() == 1
    kiosk.show("attract")
    assert kiosk.page.locator(".page.low").count() == 0


def test_low_tiles_scroll_by_keys(kiosk: Kiosk) -> None:
    kiosk.show("browse")
    kiosk.page.wait_for_selector(".tile")
    kiosk.tap("reach", "scroll-down")
    assert kiosk.page.evaluate("document.querySelector('.tiles').scrollTop") > 100


def test_nothing_of_the_last_shopper_is_left(kiosk: Kiosk) -> None:
    kiosk.show("identify")
    kiosk.tap("who-phone", "consent-advertising", "pad-9")
    kiosk.show("attract")
    kiosk.show("identify")
    kiosk.tap("who-phone")
    assert kiosk.page.locator("[aria-checked='true']").count() == 0
    assert kiosk.text(".entry").strip() == "+7"


def test_agent_gone_and_back(kiosk: Kiosk) -> None:
    kiosk.show("pay")
    kiosk.stage.post("/fixture/away", {"away": True})
    kiosk.page.wait_for_selector(".gone-card", timeout=3500)
    kiosk.press("pay-card")
    kiosk.settle()
    assert kiosk.stage.commands == []
    kiosk.stage.post("/fixture/away", {"away": False})
    kiosk.page.wait_for_selector(".gone-card", state="detached", timeout=WAIT_MS)


def test_out_of_service_says_where_else(kiosk: Kiosk) -> None:
    kiosk.show("out_of_service")
    words = kiosk.text("main")
    assert "Киоск сейчас не принимает оплату" in words
    assert "Работает Касса 1, справа от входа." in words
    assert "провод" not in words, "what staff could do is no business of a shopper's"
    assert kiosk.page.locator("main button").count() == 0
