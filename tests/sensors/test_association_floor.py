"""Addresses in, keys out: spellings, pseudonyms, who roams, who agreed, what midnight and a withdrawal do."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.association.address import network_of, station_address
from sensors.association.day_salt import DaySalt
from sensors.association.floor import Point
from sensors.association.pseudonyms import day_key, is_returning, returning_key
from sensors.association.stations import MOST_SESSIONS, Stations
from sensors.association.tenant_key import NoTenantKey, tenant_key
from sensors.association_messages import DAY_MARK, Came, Forget, Known
from sensors.memory_place import MemoryPlace
from tests.sensors.association_samples import ADDRESS, NETWORK, NOW_MS, SALT, TENANT, Shop

HALL, DOOR = Point("hall", "hall"), Point("door", "door")
DAY = day_key(SALT, NETWORK, ADDRESS)
RETURNING = returning_key(TENANT, NETWORK, ADDRESS)

SPELLINGS = [
    "a4:5e:60:11:22:33",
    "A4-5E-60-11-22-33",
    "A45E.6011.2233",
    "a45e-6011-2233",
    "A45E60112233",
    "a45e60-112233",
    "A45E60:112233",
    "1:a4:5e:60:11:22:33",
    "01-A4-5E-60-11-22-33",
    " a4:5e:60:11:22:33 ",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_one_address(text: str) -> None:
    assert station_address(text) == ADDRESS


def test_octets_without_their_zero() -> None:
    assert station_address("0:c:42:0:1:2") == bytes.fromhex("000c42000102")
    assert station_address("1:0:c:42:0:1:2") == bytes.fromhex("000c42000102")


@pytest.mark.parametrize(
    "text",
    [
        *("", "anna", "a4:5e:60:11:22", "a4:5e:60:11:22:33:44:55", "a4:5e-60:11:22:33", "a45e6011223", "g45e60112233"),
        *("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "a45e60112233" * 20, "а4:5e:60:11:22:33"),
    ],
)
def test_what_is_no_device_is_none(text: str) -> None:
    assert station_address(text) is None


@given(st.binary(min_size=6, max_size=6).filter(lambda raw: any(raw) and not raw[0] & 1))
def test_any_address_is_found_in_any_spelling(raw: bytes) -> None:
    forms = [raw.hex(":"), raw.hex("-").upper(), raw.hex(), raw.hex(".", 2), raw.hex("-", 3)]
    assert {station_address(form) for form in forms} == {raw}


@given(st.text(max_size=80))
def test_any_text_never_raises(text: str) -> None:
    station_address(text)
    network_of(text)


@pytest.mark.parametrize(
    ("called", "network"),
    [
        ("00-10-A4-23-19-C0:Guests", "Guests"),
        ("00:10:a4:23:19:c0:Guests", "Guests"),
        ("0010a42319c0:Guests", "Guests"),
        ("0010.a423.19c0:Guests", "Guests"),
        ("00-10-A4-23-19-C0:a:b c", "a:b c"),
        ("00-10-A4-23-19-C0:Гости", "Гости"),
        ("00-10-A4-23-19-C0", ""),
        ("hotspot1", ""),
        ("00-10-A4-23-19-C0:" + "x" * 33, ""),
        ("", ""),
    ],
)
def test_the_network_beside_an_access_point(called: str, network: str) -> None:
    assert network_of(called) == network


def test_keys_by_hand() -> None:
    """openssl dgst -sha256 -mac HMAC -macopt hexkey:000102..1f over "wifi" 00 06 "Guests" a45e60112233."""
    assert RETURNING == "7f9d2f7c7a197813cf4a5ba6909001e4"
    assert DAY == DAY_MARK + "4e0ddac2bb4433f2"
    assert is_returning(RETURNING)
    assert not is_returning(DAY)


def test_a_key_is_of_one_chain_one_network_and_one_device() -> None:
    keys = {
        returning_key(TENANT, NETWORK, ADDRESS),
        returning_key(SALT, NETWORK, ADDRESS),
        returning_key(TENANT, "Guests2", ADDRESS),
        returning_key(TENANT, NETWORK, ADDRESS[:5] + b"\x34"),
    }
    assert len(keys) == 4
    with pytest.raises(ValueError, match="32 bytes"):
        returning_key(b"", NETWORK, ADDRESS)


def test_nobody_is_known_until_the_agent_says_so() -> None:
    shop = Shop()
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    assert shop.moves() == [("came", False, DAY)]
    shop.floor.take_known(Known((RETURNING,), first=True, last=True))
    told = shop.told()
    assert [(one.sighting.key, one.agreed) for one in told if isinstance(one, Came)] == [(DAY, False)], "told again"
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    (came,) = shop.told()
    assert isinstance(came, Came)
    assert (came.sighting.key, came.agreed, came.was) == (RETURNING, True, DAY)
    shop.floor.left(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    assert shop.moves() == [("left", True, RETURNING)]


def test_a_list_of_keys_comes_in_parts_and_takes_the_place_of_the_old() -> None:
    shop = Shop()
    one, two, three = "1" * 32, "2" * 32, "3" * 32
    shop.floor.take_known(Known((one,), first=True, last=True))
    shop.floor.take_known(Known((two,), first=True, last=False))
    assert shop.floor.known == {one}, "until the list is whole the old one holds"
    shop.floor.take_forget(Forget((two,)))
    shop.floor.take_known(Known((three, "no key", DAY), first=False, last=True))
    assert shop.floor.known == {three}
    shop.floor.take_known(Known((one,), first=False, last=True))
    assert shop.floor.known == {one, three}


def test_a_withdrawn_device_is_a_number_of_the_day_again() -> None:
    shop = Shop()
    shop.floor.take_known(Known((RETURNING,), first=True, last=True))
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    shop.told()
    shop.floor.take_forget(Forget((RETURNING,)))
    assert len(shop.floor.stations) == 0
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    (came,) = shop.told()
    assert isinstance(came, Came)
    assert (came.sighting.key, came.agreed, came.was) == (DAY, False, "")


def test_who_agrees_in_the_shop_goes_on_under_the_returning_key() -> None:
    shop = Shop()
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    shop.floor.listed(DOOR, NETWORK, [ADDRESS], NOW_MS)
    shop.told()
    key, was = shop.floor.keys_of(NETWORK, ADDRESS)
    shop.floor.agreed(key, was, "portal")
    told = shop.told()
    assert [(one.sighting.zone, one.sighting.key, one.was) for one in told if isinstance(one, Came)] == [
        ("hall", RETURNING, DAY),
        ("door", RETURNING, DAY),
    ]
    shop.floor.listed(DOOR, NETWORK, [ADDRESS], NOW_MS)
    assert shop.moves() == [("came", True, RETURNING)]
    shop.floor.listed(DOOR, NETWORK, [], NOW_MS)
    assert shop.moves() == [], "the hall still holds it"
    shop.floor.left(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    assert shop.moves() == [("left", True, RETURNING)]
    assert len(shop.floor.stations) == 0


def test_two_days_of_one_device_are_not_told_as_one() -> None:
    salts = {0: SALT, 1: TENANT}
    shop = Shop(lambda now_ms: salts[int(now_ms > NOW_MS)])
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    shop.clock.now_ms += 1
    shop.floor.joined(HALL, "s", NETWORK, ADDRESS, NOW_MS + 1)
    first, second = shop.told()
    assert isinstance(first, Came)
    assert isinstance(second, Came)
    assert first.sighting.key != second.sighting.key
    assert second.was == ""


def test_roaming_is_no_leaving() -> None:
    shop = Shop()
    shop.floor.joined(HALL, "s1", NETWORK, ADDRESS, NOW_MS)
    shop.floor.joined(DOOR, "s2", NETWORK, ADDRESS, NOW_MS)
    shop.told()
    shop.floor.left(HALL, "s1", NETWORK, ADDRESS, NOW_MS)
    assert shop.moves() == []
    shop.floor.booted(DOOR, NOW_MS)
    assert shop.moves() == [("left", False, DAY)]


def test_a_stop_of_a_session_nobody_heard_of_still_ends_the_visit() -> None:
    shop = Shop()
    shop.floor.left(HALL, "s", NETWORK, ADDRESS, NOW_MS)
    assert shop.moves() == [("left", False, DAY)]


def test_stations_are_bounded_and_a_clock_set_back_lets_nobody_go() -> None:
    stations = Stations()
    for number in range(MOST_SESSIONS + 5):
        stations.arrive("p", str(number), str(number), 1_000)
    assert len(stations) == MOST_SESSIONS
    stations.lapse(0)
    assert len(stations) == MOST_SESSIONS


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["arrive", "depart", "boot", "seen", "rename", "forget"]),
            st.sampled_from("pq"),
            st.sampled_from("stu"),
            st.sampled_from("abc"),
        ),
        max_size=40,
    )
)
def test_who_is_held_is_who_is_counted(steps: list[tuple[str, str, str, str]]) -> None:
    stations = Stations()
    for what, point, session, key in steps:
        if what == "arrive":
            stations.arrive(point, session, key, 0)
        elif what == "depart":
            assert key not in stations.depart(point, session, key) or key not in {one[1] for one in stations.present()}
        elif what == "boot":
            stations.boot(point)
        elif what == "seen":
            stations.seen(point, frozenset(key))
        elif what == "rename":
            stations.rename(key, "a")
        else:
            stations.forget(key)
        assert len(stations) == len({one[1] for one in stations.present()})


def test_the_salt_survives_a_restart_and_not_a_midnight() -> None:
    if not Path("/dev/shm").is_dir():
        pytest.skip("no tmpfs is mounted on /dev/shm")
    zone = ZoneInfo("Europe/Moscow")
    folder = Path("/dev/shm") / f"tillkeeper-salt-{os.getpid()}"
    place = MemoryPlace(folder)
    try:
        first = DaySalt(place, zone, os.urandom)
        salt = first(NOW_MS)
        assert first(NOW_MS + 1) == salt
        assert DaySalt(place, zone, os.urandom)(NOW_MS + 2) == salt
        assert first(NOW_MS + 86_400_000) != salt
        assert salt not in (folder / "salt").read_bytes()
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_the_tenant_key_is_made_once_and_guarded(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "tenant.key"
    key = tenant_key(file)
    assert (len(key), tenant_key(file)) == (32, key)
    assert [one.name for one in file.parent.iterdir()] == ["tenant.key"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    with pytest.raises(NoTenantKey, match="open to others"):
        tenant_key(file)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(NoTenantKey, match="damaged") as told:
        tenant_key(file)
    assert "повреждён" in told.value.ru
    assert file.read_bytes() == b"short", "never replaced by itself"
