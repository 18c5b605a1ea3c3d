"""Signature v2: what of the elements is kept, and that what leaves is a keyed hash of it."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from sensors.radar.frames import FrameReader
from sensors.radar.signature import Keys, Shape, Shapes, key_of, shape_of
from tests.sensors.radar_samples import ELEMENTS, RADIOTAP, captures, probe, records, ssid


def stable(text: str) -> str:
    return shape_of(bytes.fromhex(text)).stable.hex(" ")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("00 03 61 62 63", ""),
        ("03 01 06", ""),
        ("01 04 02 04 0b 16", "01 04 02 04 0b 16"),
        ("32 02 0c 12", "32 02 0c 12"),
        ("7f 03 01 02 03", "7f 03 01 02 03"),
        ("2d 05 a1 a2 a3 a4 a5", "2d 03 a1 a2 a3"),
        ("2d 01 a1", "2d 01 a1"),
        ("bf 06 b1 b2 b3 b4 b5 b6", "bf 04 b1 b2 b3 b4"),
        ("dd 06 00 50 f2 08 99 98", "dd 04 00 50 f2 08"),
        ("dd 02 00 50", "dd 02 00 50"),
        ("ff 03 23 99 98", "ff 01 23"),
        ("ff 00", "ff 00"),
        ("46 05 01 02 03 04 05", "46 05"),
        ("96 00", "96 00"),
        ("46 01 09 2d 01 07", "46 01 2d 01 07"),
        ("2d 01 07 46 01 09", "2d 01 07 46 01"),
    ],
)
def test_what_is_kept_of_an_element(sent: str, kept: str) -> None:
    assert stable(sent) == kept


def test_network_and_channel_change_nothing_and_order_does() -> None:
    other_channel = ELEMENTS.replace(bytes.fromhex("030106"), bytes.fromhex("03010b"))
    assert shape_of(ssid(b"") + ELEMENTS).stable == shape_of(ssid(b"home") + other_channel).stable
    assert shape_of(ELEMENTS + b"\x46\x00").stable != shape_of(b"\x46\x00" + ELEMENTS).stable


def test_a_cut_element_gives_its_id_and_no_whole_shape() -> None:
    assert shape_of(b"\x46\x01x\x2d\x1ashort") == Shape((0x46, 0x2D), b"\x46\x01", whole=False)
    assert shape_of(b"\x46\x00\x2d") == Shape((0x46,), b"\x46\x00", whole=False)


def test_no_name_of_a_network_is_in_the_stable_bytes() -> None:
    """Of all real frames that say one."""
    said = 0
    for file in captures():
        reader = FrameReader()
        for record in records(file, 2_000):
            found = reader.read(*record)
            if found is None or not found.elements or found.elements[0].id != 0 or len(found.elements[0].content) < 4:
                continue
            said += 1
            assert found.elements[0].content not in found.shape.stable
            assert found.source not in found.shape.stable
    assert said > 1_000


def test_phones_of_one_model_say_the_same_and_two_models_do_not() -> None:
    """PoliMi's supplied phones: made for this; 8 phones of 4 models with their systems."""
    shapes = Shapes()
    of: dict[str, set[bytes]] = {}
    for file in captures():
        if file.stem.startswith("polimi"):
            reader = FrameReader(shapes)
            found = [reader.read(*record) for record in records(file, 300)]
            counted = [one.shape.stable for one in found if one is not None]
            of[file.stem] = {one for one in set(counted) if counted.count(one) > len(counted) / 10}
    assert of["polimi_iPhone11-B_anonymized"] == of["polimi_iPhone11-C_anonymized"]
    assert not of["polimi_iPhone11-B_anonymized"] & of["polimi_OppoFindX3Neo-A_anonymized"]
    assert not of["polimi_iPhone12-M_anonymized"] & of["polimi_iPhoneXR-L_anonymized"]


def test_a_key_is_blake2b_with_the_salt_as_its_key() -> None:
    assert key_of(b"stable", b"s" * 32) == blake2b(b"stable", digest_size=8, key=b"s" * 32).hexdigest()
    assert key_of(b"stable", b"s" * 32) != key_of(b"stable", b"t" * 32)


def test_keys_are_remembered_under_one_salt() -> None:
    keys = Keys(b"s" * 32, most=2)
    reader = FrameReader()
    found = reader.read(RADIOTAP, 0, probe())
    assert found is not None
    expected = key_of(found.shape.stable, b"s" * 32)
    others = [Shape((), bytes([number]), True) for number in range(10)]
    for other in others:
        assert keys.of(found.shape) == expected
        assert keys.of(other) == key_of(other.stable, b"s" * 32)
