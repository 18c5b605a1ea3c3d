"""RADIUS accounting: vectors computed with other tools, the RFC's rules one by one, and bytes from anybody."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.association.pseudonyms import day_key
from sensors.association.radius_accounting import Accounting, Status, accounting_of
from sensors.association.radius_memory import KEPT_MS, AnswersGiven
from sensors.association.radius_packet import Dropped, Request, answer_to, read_request
from sensors.association.stations import SILENT_MS
from tests.sensors.association_samples import ADDRESS, NETWORK, NOW_MS, ROUTER, SECRET, Shop, packet, session

# Made in a shell from RFC 2866's formulas with xxd, md5sum and `openssl dgst -md5 -hmac`; no code of this project.
STARTED = bytes.fromhex(
    "042a005c703cbb576bbc2a198a0fffb5787f7bc92806000000012c08532d303030311f1341342d35452d36302d31312d3232"
    "2d33331e1a30302d31302d41342d32332d31392d43303a4775657374732104aabb2906000000072103cc"
)
ANSWERED = bytes.fromhex("052a001bd1dff615ba77174df095ac0b1d4961822104aabb2103cc")
SIGNED = bytes.fromhex("042b002c670a9ffc56c39fde086d14a51cdaeb272806000000025012acffb0e4e0ce916f1aaf72144ddf8428")


def read(datagram: bytes) -> Request:
    found = read_request(datagram, SECRET)
    assert isinstance(found, Request), found
    return found


def test_a_start_by_hand_is_read_and_answered_byte_for_byte() -> None:
    request = read(STARTED)
    told = accounting_of(request, NOW_MS)
    assert isinstance(told, Accounting)
    assert (told.status, told.address, told.network) == (Status.START, ADDRESS, NETWORK)
    assert told.at_ms == NOW_MS - 7_000
    assert answer_to(request, SECRET) == ANSWERED


def test_a_signature_by_hand_is_right_and_any_other_is_not() -> None:
    assert isinstance(read_request(SIGNED, SECRET), Request)
    assert isinstance(read_request(packet(session(1), sign=True), SECRET), Request)
    wrong = packet([(40, struct.pack(">I", 1)), (80, bytes(16))])
    assert read_request(wrong, SECRET) is Dropped.WRONG_SIGNATURE
    assert read_request(packet([(80, b"short")]), SECRET) is Dropped.WRONG_SIGNATURE


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (b"", Dropped.TOO_SHORT),
        (STARTED[:19], Dropped.TOO_SHORT),
        (STARTED[:-1], Dropped.WRONG_LENGTH),
        (b"\x04\x01\x00\x13" + bytes(16), Dropped.WRONG_LENGTH),
        (b"\x04\x01\x10\x01" + bytes(5_000), Dropped.WRONG_LENGTH),
        (b"\x01" + STARTED[1:], Dropped.OTHER_CODE),
        (STARTED[:20] + b"\x29" + STARTED[21:], Dropped.WRONG_SECRET),
        (packet(session(1), secret=b"another-secret-1"), Dropped.WRONG_SECRET),
    ],
)
def test_what_cannot_be_trusted_is_dropped_and_counted(datagram: bytes, why: Dropped) -> None:
    shop = Shop()
    assert read_request(datagram, SECRET) is why
    assert shop.radius.take(datagram, ROUTER, 1813) is None
    assert shop.counts.told() == {f"radius.{why.value}": 1}
    assert shop.told() == []


def test_attributes_that_do_not_fit_are_dropped_though_the_secret_is_right() -> None:
    for tail in (b"\x28", b"\x28\x01", b"\x28\x00", b"\x28\x07\0\0\0\1"):
        blank = struct.pack(">BBH16s", 4, 1, 20 + len(tail), bytes(16)) + tail
        whole = blank[:4] + hashlib.md5(blank + SECRET).digest() + tail
        assert read_request(whole, SECRET) is Dropped.BAD_ATTRIBUTES, tail


def test_padding_behind_the_length_is_no_part_of_it() -> None:
    assert read(STARTED + b"padding") == read(STARTED)


def test_a_stranger_is_not_answered() -> None:
    shop = Shop()
    assert shop.radius.take(STARTED, "192.168.10.3", 1813) is None
    assert shop.counts["radius.unknown_client"] == 1
    assert shop.radius.take(STARTED, f"::ffff:{ROUTER}", 1813) == ANSWERED


def test_the_answer_comes_after_the_sighting_is_in_the_queue() -> None:
    shop = Shop()
    waiting: list[int] = []
    keep = shop.radius._given.keep
    shop.radius._given.keep = lambda *told: (waiting.append(len(shop.outbox)), keep(*told))[1]  # type: ignore[method-assign]
    assert shop.radius.take(STARTED, ROUTER, 1813) == ANSWERED
    assert waiting == [1]


def test_the_same_packet_again_gets_the_same_answer_and_counts_once() -> None:
    shop = Shop()
    first = shop.radius.take(STARTED, ROUTER, 1813)
    shop.clock.now_ms += 3_000
    assert shop.radius.take(STARTED, ROUTER, 1813) == first
    assert len(shop.told()) == 1
    assert shop.counts["radius.repeated"] == 1
    assert shop.counts["radius.start"] == 1
    other_port = shop.radius.take(STARTED, ROUTER, 1814)
    assert (other_port, len(shop.told())) == (first, 1)


def test_a_repeat_with_a_longer_delay_is_the_same_arrival() -> None:
    shop = Shop()
    for delay_s in (0, 3, 9):
        shop.clock.now_ms = NOW_MS + delay_s * 1000
        assert shop.radius.take(packet(session(1, delay_s=delay_s), 1 + delay_s), ROUTER, 1813)
    assert shop.counts["arrived"] == 1
    assert {one.sighting.at_ms for one in shop.told()} == {NOW_MS}  # type: ignore[union-attr]


def test_start_interim_stop() -> None:
    shop = Shop()
    key = day_key(bytes(range(32, 64)), NETWORK, ADDRESS)
    for number, status in enumerate((1, 3, 2)):
        assert shop.radius.take(packet(session(status), number), ROUTER, 1813)
    assert shop.moves() == [("came", False, key), ("came", False, key), ("left", False, key)]
    assert (shop.counts["arrived"], shop.counts["departed"], len(shop.floor.stations)) == (1, 1, 0)


def test_an_access_point_that_starts_anew_has_lost_everybody() -> None:
    for status in (7, 8):
        shop = Shop()
        for number in range(3):
            told = session(1, f"02-00-00-00-00-0{number}", name=b"S-%d" % number)
            shop.radius.take(packet(told, number), ROUTER, 1813)
        shop.told()
        assert shop.radius.take(packet([(40, struct.pack(">I", status))], 9), ROUTER, 1813)
        assert [what for what, _, _ in shop.moves()] == ["left"] * 3
        assert len(shop.floor.stations) == 0


def test_other_statuses_and_other_networks_are_answered_and_not_told() -> None:
    shop = Shop()
    assert shop.radius.take(packet([(40, struct.pack(">I", 15))]), ROUTER, 1813)
    assert shop.radius.take(packet(session(1, network="Office"), 2), ROUTER, 1813)
    assert shop.radius.take(packet(session(1, address="not an address"), 3), ROUTER, 1813)
    assert shop.told() == []
    counted = [shop.counts[name] for name in ("radius.other_status", "other_network", "radius.no_station")]
    assert counted == [1, 1, 1]
    assert shop.radius.take(packet([(31, b"A45E60112233")], 4), ROUTER, 1813) is None
    assert shop.counts["radius.no_status"] == 1


def test_a_user_name_is_looked_at_only_where_nothing_else_names_the_station() -> None:
    def address(attributes: list[tuple[int, bytes]]) -> bytes | None:
        told = accounting_of(read(packet([*attributes, (40, struct.pack(">I", 1))])), NOW_MS)
        assert isinstance(told, Accounting)
        return told.address

    assert address([(1, b"a45e60112233")]) == ADDRESS
    assert address([(1, b"anna")]) is None
    assert address([(1, b"a45e60112233"), (31, b"no address")]) is None


@pytest.mark.parametrize(
    ("attributes", "at_ms"),
    [
        ([], NOW_MS),
        ([(41, struct.pack(">I", 90))], NOW_MS - 90_000),
        ([(41, struct.pack(">I", 0xFFFFFFFF))], NOW_MS - 86_400_000),
        ([(55, struct.pack(">I", NOW_MS // 1000 - 60))], NOW_MS - 60_000),
        ([(55, struct.pack(">I", NOW_MS // 1000 + 60))], NOW_MS),
        ([(55, struct.pack(">I", 0))], NOW_MS),
        ([(41, struct.pack(">I", 5)), (55, struct.pack(">I", NOW_MS // 1000 - 600))], NOW_MS - 5_000),
        ([(41, b"\0")], NOW_MS),
    ],
)
def test_when_it_happened(attributes: list[tuple[int, bytes]], at_ms: int) -> None:
    told = accounting_of(read(packet([(40, struct.pack(">I", 3)), *attributes])), NOW_MS)
    assert isinstance(told, Accounting)
    assert told.at_ms == at_ms


def test_answers_are_kept_for_a_minute_and_bounded() -> None:
    given_ = AnswersGiven(most=3)
    for number in range(5):
        given_.keep(("h", 1, number, b""), b"%d" % number, 0)
    assert len(given_) == 3
    assert given_.recall(("h", 1, 1, b""), 0) is None
    assert given_.recall(("h", 1, 4, b""), KEPT_MS - 1) == b"4"
    assert given_.recall(("h", 1, 4, b""), KEPT_MS) is None
    assert given_.recall(("h", 1, 4, b""), -1) is None


def test_a_stop_that_was_lost_holds_nobody_for_ever() -> None:
    shop = Shop()
    shop.radius.take(STARTED, ROUTER, 1813)
    shop.clock.now_ms += SILENT_MS
    shop.floor.lapse()
    assert len(shop.floor.stations) == 0


@given(st.binary(max_size=300))
def test_bytes_from_anybody_never_raise(data: bytes) -> None:
    shop = Shop()
    assert shop.radius.take(data, ROUTER, 1813) is None
    read_request(data, SECRET)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=253)), max_size=8))
def test_any_attributes_with_the_right_secret_never_raise(attributes: list[tuple[int, bytes]]) -> None:
    shop = Shop()
    answer = shop.radius.take(packet(attributes), ROUTER, 1813)
    status = next((value for kind, value in attributes if kind == 40), b"")
    signed = any(kind == 80 for kind, _ in attributes)
    assert (answer is not None) == (len(status) == 4 and not signed)


@given(st.integers(0, len(STARTED) - 1), st.integers(1, 255))
def test_one_changed_byte_is_never_believed(at: int, change: int) -> None:
    changed = bytearray(STARTED)
    changed[at] ^= change
    assert isinstance(read_request(bytes(changed), SECRET), Dropped)


def test_an_independent_peer_understands_us() -> None:
    pyrad = pytest.importorskip("pyrad.packet", reason="pyrad is not installed: pip install pyrad (its peer test)")
    for sign in (False, True):
        peer = pyrad.AcctPacket(code=4, id=7, secret=SECRET)
        peer.message_authenticator = sign
        for kind, value in session(1):
            peer[kind] = [value]
        peer[33] = [b"proxy-1", b"proxy-2"]
        datagram = peer.RequestPacket()
        shop = Shop()
        answer = shop.radius.take(datagram, ROUTER, 1813)
        assert answer is not None, shop.counts.told()
        assert len(shop.told()) == 1
        reply = peer.CreateReply(packet=answer)
        assert peer.VerifyReply(reply, answer)
        assert (reply.code, reply.id, reply[33]) == (5, 7, [b"proxy-1", b"proxy-2"])
        theirs = pyrad.AcctPacket(packet=packet(session(2), 9, sign=sign), secret=SECRET)
        assert theirs.VerifyAcctRequest()
