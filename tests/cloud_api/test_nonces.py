"""HQ's own nonces are good for one key, for two minutes; what was seen is known again, without growing for ever."""

from __future__ import annotations

import itertools

from cloud_api.nonces import GOOD_FOR_S, OwnNonces, SeenNonces, keep_until_s
from cloud_api.pace import Pace
from sync.wire.signatures import CREATED_WITHIN_S, LONGEST_NONCE, Refusal

NOW_S = 1_795_251_600


def own(secret: bytes = b"s" * 32) -> OwnNonces:
    drawn = itertools.count()
    return OwnNonces(lambda: secret, lambda n: next(drawn).to_bytes(n, "big"))


def test_a_nonce_of_ours_is_good_for_its_key_and_its_time() -> None:
    nonces = own()
    nonce = nonces.give("key-1", NOW_S)
    assert len(nonce) <= LONGEST_NONCE
    assert nonce != nonces.give("key-1", NOW_S)
    assert nonces.check(nonce, "key-1", NOW_S + GOOD_FOR_S) is None
    assert nonces.check(nonce, "key-1", NOW_S + GOOD_FOR_S + 1) is Refusal.STALE_NONCE
    assert nonces.check(nonce, "key-1", NOW_S - 1) is Refusal.STALE_NONCE
    assert nonces.check(nonce, "key-2", NOW_S) is Refusal.STALE_NONCE
    assert own(b"t" * 32).check(nonce, "key-1", NOW_S) is Refusal.STALE_NONCE
    for forged in (
        "hq.",
        "hq.%%%",
        "hq.AAAA",
        nonce[:-1],
        nonce + "A",
        nonce[:-1] + ("A" if nonce[-1] != "A" else "B"),
    ):
        assert nonces.check(forged, "key-1", NOW_S) is Refusal.STALE_NONCE, forged


def test_another_process_of_the_same_hq_takes_it() -> None:
    assert own().check(own().give("key-1", NOW_S), "key-1", NOW_S + 1) is None


def test_what_was_seen_is_known_again_as_long_as_it_could_be_accepted() -> None:
    seen = SeenNonces()
    until_s = keep_until_s(NOW_S + CREATED_WITHIN_S, "n", NOW_S)
    assert not seen.full(NOW_S)
    assert not seen.saw("key-1", "n", until_s)
    assert not seen.saw("key-2", "n", until_s)
    assert not seen.full(NOW_S + 2 * CREATED_WITHIN_S)
    assert seen.saw("key-1", "n", until_s)
    assert not seen.full(until_s + 120)
    assert not seen.saw("key-1", "n", until_s + 500)


def test_full_it_refuses_until_the_oldest_are_too_old() -> None:
    seen = SeenNonces(most=3)
    for n in range(3):
        assert not seen.full(NOW_S)
        seen.saw("key", str(n), NOW_S + 301)
    assert seen.full(NOW_S + 300)
    assert not seen.full(NOW_S + 420)


def test_a_pace_lets_a_burst_through_and_then_one_after_the_other() -> None:
    now_ms = [0]
    pace = Pace(3, 0.5, lambda: now_ms[0], names=2)
    for _ in range(3):
        assert pace.wait_s("a") == 0
        pace.spend("a")
    assert pace.wait_s("a") == 3
    assert pace.wait_s("b") == 0
    now_ms[0] = 2_000
    assert pace.wait_s("a") == 0
    pace.spend("a")
    assert pace.wait_s("a") > 0
    pace.give_back("a")
    assert pace.wait_s("a") == 0
    now_ms[0] = 1_000  # a clock that is set back gives nothing and takes nothing
    assert pace.wait_s("a") == 0
