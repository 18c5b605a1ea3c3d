"""The bench's words: every fault in Russian too, every lesson's fault and step known, every key's label there."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from agent.demo.buttons import PRODUCTS, STRANGER, agent_buttons, buttons
from agent.demo.fault_list import fault_list, russian
from agent.demo.lessons import LESSONS, lessons, taught
from agent.demo.sensor_plan import OFFERS
from agent.demo.shop_plan import DEVICES
from agent.offers_file import read_offers
from agent.visitors.offers import Offer
from agent.visitors.purchases import Bought
from drivers.catalogue import driver
from drivers.simulators.catalogue import names, simulator_class
from drivers.simulators.runner import known_faults
from fiscal.marking import check_digit_fits, parse_scan

ROOT = Path(__file__).resolve().parents[2]
TELLS_SENSORS = {"access_point"}


def texts(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "agent/web/kit/texts" / f"{language}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("simulator", names())
def test_every_fault_has_words_in_both_languages(simulator: str) -> None:
    known = known_faults(simulator_class(simulator))
    words = {**russian()["link"], **russian()[simulator]}
    assert set(words) == set(known)
    for fault in fault_list(simulator, []):
        assert fault["what"]["en"]
        assert any("а" <= letter <= "я" for letter in fault["what"]["ru"]), fault["name"]


def test_lessons_arm_faults_that_exist_and_stand_first() -> None:
    planned = {device.id: device for device in DEVICES}
    for lesson in LESSONS:
        if lesson.fault:
            listed = fault_list(planned[lesson.device].simulator, taught(lesson.device))
            armed = lesson.fault.partition("=")[0]
            assert armed in [each["name"] for each in listed[: len(taught(lesson.device))]], lesson.id
            assert planned[lesson.device].place == lesson.place, "its device is on show"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_lessons_and_keys_have_texts(language: str) -> None:
    words = texts(language)
    for lesson in lessons():
        told = words["lessons"][lesson["id"]]
        assert told["title"]
        assert all(told[step.rsplit(".", 1)[1]] for step in lesson["steps"])
    for label in sorted(all_labels()):
        assert words["bench"]["command"][label]


def all_labels() -> set[str]:
    rng = random.Random(1)
    states: list[dict[str, Any]] = [{}, {"power": False}, {"plugged": False}, {"paper": False, "cover_open": True}]
    states += [{"card_auto_s": 2.0}, {"cassette_in_place": False, "trouble": True}, {"joined": ["DA-A1-19-00-00-01"]}]
    found = [
        key
        for kind in ("register", "terminal", "scanner", "goods_check", "validator", "coins", "access_point")
        for s in states
        for key in buttons(kind, s, rng)
    ]
    for power in (True, False):
        found += agent_buttons(power=power, cable=power)
    return {key["label_code"] for key in found}


def test_the_demo_names_drivers_and_simulators_that_exist() -> None:
    for device in DEVICES:
        assert driver(device.driver) if device.driver else device.simulator in TELLS_SENSORS
        assert device.simulator in names()
    assert len({device.id for device in DEVICES}) == len(DEVICES)


def test_what_the_scanner_offers_is_what_its_key_says() -> None:
    products = (ROOT / "agent" / "demo" / "demo_products.tsv").read_text(encoding="utf-8")
    assert all(check_digit_fits(code) and f"{code}\t" in products for code, _ in PRODUCTS)
    assert check_digit_fits(STRANGER[0])
    assert STRANGER[0] not in products
    marked = [key["command"] for key in buttons("scanner", {}, random.Random(5)) if "<GS>" in key["command"]]
    scans = [parse_scan(command.removeprefix("scan ").replace("<GS>", "\x1d").encode()) for command in marked]
    assert all(scan.mark is not None and scan.sign_known for scan in scans)
    assert len({scan.serial for scan in scans}) == len(scans) == 2


def test_each_offer_is_for_goods_that_the_demo_sells() -> None:
    rows = (ROOT / "agent" / "demo" / "demo_products.tsv").read_text(encoding="utf-8").splitlines()[1:]
    products = [Bought(code, name, 1, 1) for code, name, *_ in (row.split("\t") for row in rows)]
    offers = read_offers(OFFERS).all
    for goods in (one for offer in offers for one in offer.goods):
        assert any(Offer("", "", goods=(goods,)).fits([product]) for product in products), goods
    assert [offer.goods for offer in offers].count(()) == 1, "who bought nothing yet hears one of them too"
