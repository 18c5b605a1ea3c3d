"""An HQ of two pages for tests of the edge: chains by epoch, every fact once, a handshake, and every trouble on demand.

It shares nothing with cloud_api: it is written from the protocol text (sync/PROTOCOL.md). `flaws` break a rule each:
the conformance suite has to find them.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx
import zstandard

KEY = "key-of-this-till"
DEVICE = "t"
GENESIS = "0" * 64
STREAMS = ("sales", "loyalty", "visits", "telemetry")
KINDS = ("sale", "claim_asked")
MOST_RAW = 8 << 20
MOST_WIRE = 256 << 10


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


class Refused(Exception):
    def __init__(self, status: int, code: str, **told: Any) -> None:
        super().__init__(code)
        self.answer = httpx.Response(status, json=told or {"problem": "refused", "code": code, "what": code})


Line = tuple[str, int]
"""Stream and epoch."""


@dataclass
class Kept:
    """What HQ has on its disk."""

    chains: dict[Line, list[tuple[str, str]]] = field(default_factory=dict)  # (hash, id); id "" was dropped
    applied: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # acted upon, in order
    issued: dict[str, int] = field(default_factory=dict)  # the newest epoch of a stream
    requests: dict[str, int] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class TinyHq:
    """A fault is taken from `faults` for each request, then NONE; `hello_faults` are for the handshake."""

    faults: list[Fault] = field(default_factory=list)
    hello_faults: list[Fault] = field(default_factory=list)
    flaws: frozenset[str] = frozenset()
    kept: Kept = field(default_factory=Kept)
    requests: int = 0
    sizes: list[int] = field(default_factory=list)
    wire_bytes: int = 0
    most_items: int = 500
    streams: tuple[str, ...] = STREAMS
    device: str = DEVICE
    key: str = KEY
    backup: Kept = field(default_factory=Kept)

    @property
    def applied(self) -> dict[str, list[dict[str, Any]]]:
        return self.kept.applied

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.handle), base_url="http://hq")

    def back_up(self) -> None:
        self.backup = copy.deepcopy(self.kept)

    def restore(self) -> None:
        self.kept = copy.deepcopy(self.backup)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        pushes = request.url.path.startswith("/v1/push/")
        self.requests += pushes
        faults = self.faults if pushes else self.hello_faults
        fault = faults.pop(0) if faults else Fault.NONE
        if fault is Fault.LOST_REQUEST:
            raise httpx.ConnectError("cut")
        if fault in _ANSWERS:
            return _ANSWERS[fault]
        if fault is Fault.RESTORED:
            self._lose_half()
        answer = self._answer(request)
        if fault is Fault.TWICE:
            answer = self._answer(request)
        if fault is Fault.LOST_REPLY:
            raise httpx.ReadError("cut")
        return answer

    def _lose_half(self) -> None:
        for line, chain in self.kept.chains.items():
            gone = {id for _, id in chain[len(chain) // 2 :]}
            del chain[len(chain) // 2 :]
            items = self.applied[line[0]]
            items[:] = [item for item in items if item["id"] not in gone]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            if request.headers["authorization"] != f"Bearer {self.key}" and "any_key" not in self.flaws:
                raise Refused(401, "unknown_key")
            match request.url.path.split("/")[2:]:
                case ["push", stream]:
                    return self._push(stream, request)
                case ["hello"] if "no_handshake" not in self.flaws:
                    return self._hello(self._told(request))
                case ["epoch"]:
                    return self._epoch(self._told(request))
                case ["feed", "commands"]:
                    return self._feed(dict(request.url.params))
            raise Refused(404, "nothing_here")
        except Refused as refused:
            return refused.answer

    def _told(self, request: httpx.Request) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads(request.content)
        except ValueError:
            raise Refused(400, "bad_json") from None
        if told.get("device") not in (self.device, "") and "any_device" not in self.flaws:
            raise Refused(403, "other_device")
        return told

    # The handshake

    def _newest(self, stream: str) -> int:
        used = [epoch for name, epoch in self.kept.chains if name == stream]
        return max([self.kept.issued.get(stream, 0), *used])

    def _hello(self, told: dict[str, Any]) -> httpx.Response:
        if 1 not in told.get("protocols", []):
            raise Refused(400, "no_version")
        stands = [self._stand(said) for said in told["streams"]]
        welcome = {"protocol": 1, "protocols": [1], "features": [], "server_time_ms": 70_000, "max_items": 500}
        return httpx.Response(
            200, json={**welcome, "streams": stands, "kinds": {"sales/sale": 1}, "device": self.device}
        )

    def _stand(self, said: dict[str, Any]) -> dict[str, Any]:
        stream, epoch = said["stream"], said["epoch"]
        if stream not in self.streams:
            return {"stream": stream, "epoch": 0, "seq": 0, "hash": GENESIS, "standing": "unknown"}
        chain = self.kept.chains.get((stream, epoch), [])
        seq, newest = len(chain), max(self._newest(stream), epoch)
        standing = "same"
        if epoch < newest or seq > said["head"] or self._differs(chain, said):
            standing = "fork"
        elif said["acked"] > seq and "never_behind" not in self.flaws:
            standing = "behind"
        if "hello_sees_no_fork" in self.flaws and standing == "fork":
            standing = "same"
        end = chain[-1][0] if chain else GENESIS
        if "hello_forgets" in self.flaws:
            seq, end = 0, GENESIS
        return {"stream": stream, "epoch": newest, "seq": seq, "hash": end, "standing": standing}

    def _differs(self, chain: list[tuple[str, str]], said: dict[str, Any]) -> bool:
        for seq, link in ((said["head"], said["head_hash"]), (said["acked"], said["acked_hash"])):
            ours = GENESIS if seq == 0 else chain[seq - 1][0] if seq <= len(chain) else ""
            if ours and link and ours != link:
                return True
        return False

    def _epoch(self, told: dict[str, Any]) -> httpx.Response:
        streams, kept = told["streams"], self.kept
        before = kept.requests.get(told["request"])
        used = any((stream, before) in kept.chains for stream in streams)
        used = used and "epoch_used_again" not in self.flaws
        if before is not None and not used and before > told["above"] and "new_epoch_each_time" not in self.flaws:
            epoch = before
        else:
            epoch = 1 + max([told["above"], *kept.issued.values(), *(used for _, used in kept.chains)])
            kept.requests[told["request"]] = epoch
            kept.issued |= dict.fromkeys(streams, epoch)
        return httpx.Response(200, json={"epoch": epoch, "server_time_ms": 70_000})

    # Pushes

    def _unpacked(self, request: httpx.Request) -> dict[str, Any]:
        if len(request.content) > MOST_WIRE and "any_size" not in self.flaws:
            raise Refused(413, "too_large")
        try:
            if "content-encoding" not in request.headers:
                return dict(json.loads(request.content))
            promised = zstandard.get_frame_parameters(request.content).content_size
            if promised > MOST_RAW and "any_bomb" not in self.flaws:
                raise Refused(413, "too_large")
            raw = zstandard.ZstdDecompressor().decompress(request.content, max_output_size=max(promised, 1 << 20))
            return dict(json.loads(raw))
        except zstandard.ZstdError:
            if "half_frames" in self.flaws:
                raise Refused(200, "", ack=0) from None
            raise Refused(400, "bad_zstd") from None
        except ValueError:
            raise Refused(400, "bad_json") from None

    def _push(self, stream: str, request: httpx.Request) -> httpx.Response:
        self.wire_bytes += len(request.content)
        if stream not in self.streams and "any_stream" not in self.flaws:
            raise Refused(404, "unknown_stream")
        push = self._unpacked(request)
        if push["device"] != self.device and "any_device" not in self.flaws:
            raise Refused(403, "other_device")
        items, first, dropped = push["items"], push["first"], push.get("dropped")
        self.sizes.append(len(items))
        if len(items) > self.most_items and "any_count" not in self.flaws:
            raise Refused(413, "too_many")
        dense = [item["seq"] for item in items] == list(range(first, first + len(items)))
        if not dense and "holes" not in self.flaws:
            raise Refused(400, "not_dense")
        if dropped and stream in ("sales", "loyalty") and "sales_may_be_dropped" not in self.flaws:
            raise Refused(400, "not_droppable")
        if push["epoch"] < self._newest(stream) and "old_epochs" not in self.flaws:
            raise Refused(409, "fork", problem="fork", seq=first)
        if "one_cursor" in self.flaws and any(name != stream for name, epoch in self.kept.chains if epoch > 1):
            raise Refused(409, "gap", problem="gap", expect=1)
        if push["first"] == 1 and "ended" not in self.flaws:
            self._end(stream, push)
        return self._take(stream, push, self.kept.chains.setdefault((stream, push["epoch"]), []))

    def _end(self, stream: str, push: dict[str, Any]) -> None:
        for told in push.get("ended", []):
            chain = self.kept.chains.setdefault((stream, told["epoch"]), [])
            if "ended_everywhere" in self.flaws or told["epoch"] < push["epoch"]:
                if "ended_lowers" in self.flaws:
                    del chain[told["last"] :]
                if len(chain) < told["last"]:
                    chain += [("", "")] * (told["last"] - len(chain) - 1) + [(told["hash"], "")]

    def _take(self, stream: str, push: dict[str, Any], chain: list[tuple[str, str]]) -> httpx.Response:
        items, dropped, flaws = push["items"], push.get("dropped"), self.flaws
        first = dropped["first"] if dropped else push["first"]
        if first > len(chain) + 1:
            if "gaps" not in flaws:
                wrong = 1 if "late_gaps" in flaws and len(items) == 3 else 0
                raise Refused(409, "gap", problem="gap", expect=len(chain) + 1 + wrong)
            chain += [("", "")] * (first - len(chain) - 1)
        before = push.get("prev", "")
        ours = GENESIS if first == 1 else chain[first - 2][0]
        if before and ours and before != ours and "prev" not in flaws:
            raise Refused(409, "fork", problem="fork", seq=first - 1)
        if dropped and dropped["last"] <= len(chain) and chain[dropped["last"] - 1][0] not in ("", dropped["hash"]):
            raise Refused(409, "fork", problem="fork", seq=dropped["last"])
        if dropped and dropped["last"] > len(chain) and "dropped" not in flaws:
            chain += [("", "")] * (dropped["last"] - len(chain) - 1) + [(dropped["hash"], "")]
        if 0 < len(chain) + 1 - push["first"] < len(items) and "overlaps" in flaws:
            raise Refused(409, "gap", problem="gap", expect=len(chain) + 1)
        fates: Counter[str] = Counter()
        fresh = max(push["first"], len(chain) + 1)
        for item in items:
            if item["seq"] > len(chain):
                fates[self._one(stream, item, chain, fresh)] += 1
            elif chain[item["seq"] - 1][0] not in ("", item["hash"]) and "forks" not in flaws:
                raise Refused(409, "fork", problem="fork", seq=item["seq"])
            elif "replays_count" in flaws:
                fates["kept"] += 1
        end = chain[-1][0] if chain else GENESIS
        told = {"ack": len(chain), "server_time_ms": 70_000, "max_items": 500, "hash": end, "fates": fates}
        if "no_hash" in flaws:
            del told["hash"]
        return httpx.Response(200, json=told)

    def _one(self, stream: str, item: dict[str, Any], chain: list[tuple[str, str]], first: int) -> str:
        body = hashlib.sha256(json.dumps(item["body"], separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
        previous = chain[-1][0] if chain else GENESIS
        text = f"{previous}\n{item['id']}\n{item['kind']}\n{item['v']}\n{body}"
        whole = hashlib.sha256(text.encode()).hexdigest() == item["hash"]
        if not whole and item["seq"] == first and "forks" not in self.flaws:
            raise Refused(409, "fork", problem="fork", seq=item["seq"])
        known = any(
            id == item["id"] for line, links in self.kept.chains.items() if line[0] == stream for _, id in links
        )
        known = known and "forgets_ids" not in self.flaws
        chain.append((item["hash"] if not known or "skips" not in self.flaws else "", item["id"]))
        if not whole and "chains" not in self.flaws:
            return "quarantined"
        if known:
            return "known"
        if item["kind"] == "sale" and item["v"] > 1 and "guesses" not in self.flaws:
            return "quarantined"
        if (
            item["kind"] == "sale"
            and isinstance(item["body"], dict)
            and not isinstance(item["body"].get("id", ""), str)
        ):
            if "poison_stops" in self.flaws:
                raise Refused(400, "poison")
            return "taken" if "eats_poison" in self.flaws else "quarantined"
        if item["kind"] not in KINDS and "unknown_kinds" in self.flaws:
            raise Refused(400, "unknown_kind")
        self.applied.setdefault(stream, []).append(item)
        if item["kind"] == "claim_asked" and "mute" not in self.flaws:
            body = {name: item["body"][name] for name in ("request", "issuer", "number")} | {"why": "no_shop"}
            told = {"id": f"denied/{body['request']}", "kind": "claim_denied", "v": 1, "at_ms": 70_000, "body": body}
            self.kept.commands.append({"seq": 1 + max([c["seq"] for c in self.kept.commands] or [0]), **told})
        return "taken" if item["kind"] in KINDS else "kept"

    def _feed(self, asked: dict[str, str]) -> httpx.Response:
        after = int(asked.get("since", 0)) if asked.get("feed") == "tiny" and "repeats" not in self.flaws else 0
        found = [command for command in self.kept.commands if command["seq"] > after]
        return httpx.Response(200, json={"feed": "tiny", "commands": found, "server_time_ms": 70_000})


_ANSWERS = {
    Fault.BUSY: httpx.Response(503, headers={"retry-after": "7"}, json={}),
    Fault.BROKEN: httpx.Response(500, text="oops"),
    Fault.PORTAL: httpx.Response(200, html="<h1>Welcome to the hotel</h1>"),
    Fault.UNREADABLE: httpx.Response(400, json={"problem": "refused", "code": "unreadable", "what": "what?"}),
    Fault.TOO_LARGE: httpx.Response(413, json={"problem": "refused", "code": "too_large", "what": "too large"}),
}
