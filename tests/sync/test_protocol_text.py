"""What sync/PROTOCOL.md says is so: its hash, its limits, its tables, its conversation with HQ, its list of rules."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud_api import envelope
from cloud_api.app import start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from sync import backoff, batch_size, handshake, uplink
from sync.conformance.suite import RULES
from sync.store import outbox
from sync.wire import commands, copies, edge_log, hello
from tests.sync.protocol_text import FILE, blocks, described, fact_tables, rows

NOW_MS = 1_795_251_600_000
KEY = "key-of-the-conversation"
WIRE = (hello, edge_log, commands, copies)
STRUCTS = {
    "## 4. Items and their chain": ("Item",),
    "## 5. hello": ("Hello", "StreamHead", "Welcome", "StreamStand"),
    "## 6. Epochs": ("NewEpoch", "EpochIssued"),
    "## 7. Push": ("Push", "Dropped", "Ended", "Ack", "Gap", "Fork"),
    "## 9. Commands down": ("Commands", "Command"),
    "### Copies back": ("Copies", "Copy"),
}


def text() -> str:
    return FILE.read_text(encoding="utf-8")


def test_the_worked_hash() -> None:
    (block,) = [block for block in blocks() if block.words == ["json", "hash"]]
    said = json.loads(block.text)
    body = hashlib.sha256(said["body"].encode()).hexdigest()
    assert body == said["body_sha256"]
    line = "\n".join([said["prev"], said["id"], said["kind"], str(said["v"]), body])
    assert hashlib.sha256(line.encode("ascii")).hexdigest() == said["hash"]
    assert edge_log.chain(said["prev"], said["id"], said["kind"], said["v"], said["body"].encode()) == said["hash"]


def test_the_limits() -> None:
    told = {name: int(value) for name, value, _ in rows("## 3. Limits")}
    ours = {}
    for name in told:
        ours[name] = next(getattr(room, name) for room in (*WIRE, envelope) if hasattr(room, name))
    assert told == ours


@pytest.mark.parametrize("heading", STRUCTS)
def test_every_member_of_the_envelope(heading: str) -> None:
    said = {row[0]: row[1] for row in rows(heading) if row[0] in STRUCTS[heading]}
    assert sorted(said) == sorted(STRUCTS[heading])
    for name, members in said.items():
        struct = next(getattr(room, name) for room in WIRE if hasattr(room, name))
        assert members.partition("; `problem`")[0].strip("`") == described(struct).strip("`")
        tag = struct.__struct_config__.tag
        assert tag is None or f'problem` is "{tag}"' in members


def test_every_member_of_every_fact() -> None:
    assert fact_tables() in text(), "python -m tests.sync.protocol_text prints them as they are"


def test_every_standing_and_every_rule_is_explained() -> None:
    assert {row[0] for row in rows("## 5. hello")} >= {standing.value for standing in hello.Standing}
    explained = set(re.findall(r"\*\*([a-z-]+)\*\*", text()))
    assert explained == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        ("(ours: 2,000)", outbox.KEPT_AFTER_ACK == 2_000),
        ("needed three epochs within ten minutes waits ten", handshake.EPOCHS_AT_ONCE == 3),
        ("grows by 25 with each one taken", batch_size.STEP == 25),
        ("was away for a minute", uplink.AWAY_LONG_S == uplink.SPREAD_S == 60),
        ("1, 2, 4 … 300 seconds", (backoff.FIRST_S, backoff.LONGEST_S) == (1, 300)),
    ],
)
def test_figures_in_sentences(sentence: str, holds: bool) -> None:
    assert sentence in text()
    assert holds


@pytest.mark.anyio
async def test_the_conversation(tmp_path: Path) -> None:
    talk = [block for block in blocks() if block.words[:2] in (["json", "request"], ["json", "answer"])]
    asked, answered = talk[0::2], talk[1::2]
    assert len(asked) == len(answered) > 10
    entry = DeviceEntry("kazan-1", "Казань", "Касса", key_hash(KEY))
    hq = await start_hq(Settings(database=str(tmp_path / "hq"), devices=(entry,)), now_ms=lambda: NOW_MS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=hq), base_url="http://hq") as client:
        for request, answer in zip(asked, answered, strict=True):
            method, path = request.words[2:]
            body = json.dumps(json.loads(request.text), separators=(",", ":")) if request.text.strip() else ""
            headers = {"authorization": f"Bearer {KEY}"}
            response = await client.request(method, path, content=body, headers=headers)
            told = json.loads(answer.text)
            assert (response.status_code, _free(response.json())) == (int(answer.words[2]), _free(told)), request.words
            assert told.get("kinds", {}).items() <= response.json().get("kinds", {}).items()
    await hq.storage.close()


def _free(told: dict[str, Any]) -> dict[str, Any]:
    """Without what is random or grows."""
    known = {name: value for name, value in told.items() if name not in ("feed", "kinds", "customer_key")}
    if "commands" in known:
        known["commands"] = [{name: one[name] for name in one if name != "seq"} for one in known["commands"]]
    return known
