"""Our HQ keeps every rule of the conformance suite, so does one written from the text alone, and a broken one is found.

The suite is given a URL and a key; here the URL leads to an app without a socket, and once to a real one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx
import pytest

from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from sync.conformance.__main__ import main, run
from sync.conformance.suite import RULES, Rule, judged
from sync.conformance.way import BearerKey, way_to
from tests.sync.tiny_hq import KEY, TinyHq

OURS = "key-of-the-conformance-suite"
FLAWS = {
    "any_key": "key",
    "any_device": "other-device",
    "any_stream": "unknown-stream",
    "hello_forgets": "hello",
    "no_hash": "ack",
    "replays_count": "replay",
    "overlaps": "lost-ack",
    "gaps": "gap",
    "late_gaps": "reorder",
    "one_cursor": "own-cursors",
    "holes": "not-dense",
    "dropped": "dropped",
    "sales_may_be_dropped": "sales-not-dropped",
    "half_frames": "truncated",
    "any_bomb": "zip-bomb",
    "any_size": "too-large",
    "any_count": "too-large",
    "chains": "altered-chain",
    "forks": "fork",
    "prev": "fork-of-nothing",
    "hello_sees_no_fork": "hello-of-a-copy",
    "never_behind": "hello-behind",
    "new_epoch_each_time": "new-epoch",
    "epoch_used_again": "used-epoch",
    "old_epochs": "left-epoch",
    "ended": "ended",
    "ended_lowers": "ended",
    "ended_everywhere": "ended",
    "forgets_ids": "known-by-id",
    "skips": "skipped-numbers",
    "poison_stops": "poison",
    "eats_poison": "poison",
    "unknown_kinds": "unknown-kind",
    "guesses": "later-version",
    "mute": "commands",
    "repeats": "commands",
}


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Hq]:
    entry = DeviceEntry("probe", "Казань", "Касса", key_hash(OURS))
    settings = Settings(database=str(tmp_path / "hq.sqlite"), devices=(entry,))
    hq = await start_hq(settings, now_ms=lambda: 1_795_251_600_000)
    yield hq
    await hq.storage.close()


async def broken(transport: httpx.AsyncBaseTransport, key: str, rules: tuple[Rule, ...] = RULES) -> dict[str, str]:
    async with way_to("http://hq", BearerKey(key), transport) as way:
        return {rule.name: why async for rule, why in judged(way, rules) if why}


@pytest.mark.anyio
async def test_our_hq_keeps_every_rule_and_needs_not_be_empty(hq: Hq) -> None:
    transport = httpx.ASGITransport(app=hq)
    for _ in range(2):
        assert await broken(transport, OURS) == {}


def one_hq(*flaws: str) -> httpx.MockTransport:
    return httpx.MockTransport(TinyHq(flaws=frozenset(flaws)).handle)


@pytest.mark.anyio
async def test_an_hq_written_from_the_text_keeps_every_rule() -> None:
    assert await broken(one_hq(), KEY) == {}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_broken_hq_is_found_by_the_rule_it_breaks(flaw: str) -> None:
    rules = tuple(rule for rule in RULES if rule.name == FLAWS[flaw])
    found = anyio.run(broken, one_hq(flaw), KEY, rules)
    assert list(found) == [FLAWS[flaw]]


def test_every_rule_can_fail() -> None:
    assert set(FLAWS.values()) == {rule.name for rule in RULES}


@pytest.mark.anyio
async def test_a_line_a_rule_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert await run("http://hq", BearerKey(KEY), one_hq()) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in said if line.startswith("ok ")] == [rule.name for rule in RULES]
    assert await run("http://hq", BearerKey(KEY), one_hq("poison_stops")) == 1
    assert "FAIL poison" in capsys.readouterr().out
    assert await run("http://hq", BearerKey("no such key"), one_hq()) == 2


def test_a_key_that_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:1", "--key-file", str(tmp_path / "none")]) == 2
    (tmp_path / "key").write_text(KEY)
    assert main(["http://127.0.0.1:1", "--key-file", str(tmp_path / "key")]) == 2
    assert capsys.readouterr().out.count("no HQ at") == 1
