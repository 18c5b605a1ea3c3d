"""The slip to a phone: no key where nothing can be sent, one act however often it is pressed, a quiet line after it."""

from __future__ import annotations

import pytest
from kiosk_stage import Kiosk

pytestmark = pytest.mark.browser
NUMBER = "9260000143"


def test_no_gateway_no_key(kiosk: Kiosk) -> None:
    kiosk.show("claim")
    assert kiosk.key("send-slip").count() == 0
    assert kiosk.page.locator(".slip-sending").count() == 0


def test_a_number_is_typed_and_sent_once(kiosk: Kiosk) -> None:
    kiosk.show("claim_send")
    assert kiosk.text("[data-key='send-slip']") == "Отправить на телефон"
    kiosk.tap("send-slip")
    assert kiosk.key("entry-done").is_disabled()
    kiosk.tap(*[f"pad-{digit}" for digit in NUMBER])
    assert kiosk.text(".entry") == "+7 926 000-01-43"
    kiosk.page.wait_for_timeout(350)
    kiosk.press("entry-done")
    kiosk.settle()
    sent = [command for command in kiosk.sent() if command["do"] != "touch"]
    assert [(one["do"], one["args"]) for one in sent] == [("send_slip", {"phone": f"+7{NUMBER}"})]
    assert kiosk.key("entry-done").count() == 0, "the slip is in sight again"
    kiosk.show("claim_sent")
    assert kiosk.text(".slip-sending").startswith("Отправлено.")
    assert kiosk.page.locator("[data-claim]").count() == 1


def test_who_gave_an_address_types_nothing(kiosk: Kiosk) -> None:
    kiosk.show("claim_send_given")
    kiosk.page.wait_for_timeout(350)
    kiosk.press("send-slip")
    kiosk.settle()
    sent = [command for command in kiosk.sent() if command["do"] != "touch"]
    assert [(one["do"], one["args"]) for one in sent] == [("send_slip", {})]


def test_after_it_another_phone_may_be_typed(kiosk: Kiosk) -> None:
    kiosk.show("claim_sending")
    kiosk.tap("send-slip")
    assert kiosk.key("pad-1").count() == 1
    kiosk.tap("close")
    assert kiosk.page.locator("[data-claim]").count() == 1


def test_what_was_not_sent_is_said_and_not_offered_for_ever(kiosk: Kiosk) -> None:
    kiosk.show("claim_not_sent")
    assert "Сфотографируйте экран" in kiosk.text(".slip-sending")
    assert kiosk.key("send-slip").count() == 0
