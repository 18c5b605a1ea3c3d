"""A serial port is named by a path that stays the same when cables change places."""

from __future__ import annotations

from pathlib import Path

from drivers.discovery import serial_ports
from drivers.links.address import parse_address


def test_a_port_with_a_name_by_id_is_found_under_it(tmp_path: Path) -> None:
    port, by_id = tmp_path / "ttyACM0", tmp_path / "by-id"
    port.touch()
    by_id.mkdir()
    (by_id / "usb-Maker_Register_0001-if00").symlink_to("../ttyACM0")
    found = {each.path: each for each in serial_ports(by_id)}[str(port)]
    assert found.stable_path == str(by_id / "usb-Maker_Register_0001-if00")
    assert callable(parse_address(found.address))


def test_a_machine_without_names_by_id_still_lists_its_ports(tmp_path: Path) -> None:
    assert all(each.stable_path == each.path for each in serial_ports(tmp_path / "none"))
