"""An HQ of one page for tests of the uplink: a cursor per stream, everything applied once, and every trouble on demand.

It shares nothing with cloud_api: it is written from the protocol text in sync/wire/edge_log.py.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx
import zstandard

KEY = "key-of-this-till"


class Fault(Enum):
    NONE = "none"
    LOST_REQUEST = "lost request"
    LOST_REPLY = "lost reply"
    TWICE = "delivered twice"
    BUSY = "503"
    BROKEN = "500"
    PORTAL = "200 from a captive portal"
    UNREADABLE = "400"
    TOO_LARGE = "413"
    RESTORED = "HQ comes back from an older backup"


@dataclass
class TinyHq:
    """`applied` is what HQ acted upon, in order; a fault is taken from `faults` for each request, then NONE."""

    faults: list[Fault] = field(default_factory=list)
    applied: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: int = 0
    sizes: list[int] = field(default_factory=list)
    wire_bytes: int = 0
    most_items: int = 500

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._handle), base_url="http://hq")

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        if fault is Fault.LOST_REQUEST:
            raise httpx.ConnectError("cut")
        if fault in _ANSWERS:
            return _ANSWERS[fault]
        if fault is Fault.RESTORED:
            for items in self.applied.values():
                del items[len(items) // 2 :]
        if request.headers["authorization"] != f"Bearer {KEY}":
            return httpx.Response(401, json={"problem": "refused", "code": "unknown_key", "what": "who are you"})
        answer = self._push(request)
        if fault is Fault.TWICE:
            answer = self._push(request)
        if fault is Fault.LOST_REPLY:
            raise httpx.ReadError("cut")
        return answer

    def _push(self, request: httpx.Request) -> httpx.Response:
        stream = request.url.path.removeprefix("/v1/push/")
        self.wire_bytes += len(request.content)
        push = json.loads(zstandard.ZstdDecompressor().decompress(request.content, max_output_size=1 << 24))
        kept = self.applied.setdefault(stream, [])
        self.sizes.append(len(push["items"]))
        assert [item["seq"] for item in push["items"]] == list(range(push["first"], push["first"] + len(push["items"])))
        if len(push["items"]) > self.most_items:
            return httpx.Response(413, json={"problem": "refused", "code": "too_large", "what": "too many"})
        if push["first"] > len(kept) + 1:
            return httpx.Response(409, json={"problem": "gap", "expect": len(kept) + 1})
        for item in push["items"]:
            previous = kept[item["seq"] - 2]["hash"] if item["seq"] > 1 else "0" * 64
            if item["seq"] <= len(kept):
                if kept[item["seq"] - 1]["hash"] != item["hash"]:
                    return httpx.Response(409, json={"problem": "fork", "seq": item["seq"]})
                continue
            body = hashlib.sha256(json.dumps(item["body"], separators=(",", ":")).encode()).hexdigest()
            text = f"{previous}\n{item['id']}\n{item['kind']}\n{item['v']}\n{body}"
            if hashlib.sha256(text.encode()).hexdigest() != item["hash"]:
                return httpx.Response(409, json={"problem": "fork", "seq": item["seq"]})
            kept.append(item)
        return httpx.Response(200, json={"ack": len(kept), "server_time_ms": 70_000, "max_items": 500})


_ANSWERS = {
    Fault.BUSY: httpx.Response(503, headers={"retry-after": "7"}, json={}),
    Fault.BROKEN: httpx.Response(500, text="oops"),
    Fault.PORTAL: httpx.Response(200, html="<h1>Welcome to the hotel</h1>"),
    Fault.UNREADABLE: httpx.Response(400, json={"problem": "refused", "code": "unreadable", "what": "what?"}),
    Fault.TOO_LARGE: httpx.Response(413, json={"problem": "refused", "code": "too_large", "what": "too large"}),
}
