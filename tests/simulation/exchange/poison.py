"""Facts that fit no schema, as a faulty program of a shop would write them, and requests that are no batch at all."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import zstandard

from cloud_api.projections import LIMIT


@dataclass(frozen=True)
class Poison:
    """One fact; `id` "" for an ordinary one, `id_of_another`: under the id of a sale that was told."""

    name: str
    body: bytes
    kind: str = "sale"
    v: int = 1
    id: str = ""
    id_of_another: bool = False


def draw(rng: random.Random, sale: bytes) -> Poison:
    """`sale` is the body of a sound sale that was told nowhere."""
    deep = b"[" * 300 + b"]" * 300
    kinds = (
        Poison("no object", b'"what?"'),
        Poison("no members", b"{}"),
        Poison("a number for a name", sale.replace(b'"act":"sale"', b'"act":7')),
        Poison("an act nobody knows", sale.replace(b'"act":"sale"', b'"act":"gift"')),
        Poison("NUL in a text", sale.replace("Анна".encode(), b"An\\u0000na")),
        Poison("a sum out of range", sale.replace(b'"total":500', b'"total":%d' % (LIMIT * 10))),
        Poison("a quantity out of 64 bits", sale.replace(b'"qty":1000', b'"qty":%d' % 10**30)),
        Poison("a fraction for a sum", sale.replace(b'"total":500', b'"total":5.5')),
        Poison("a name without an end", sale.replace(b'"number":"1"', b'"number":"%s"' % (b"9" * 300))),
        Poison("deep brackets", sale.replace(b'"payments":[]', b'"payments":' + deep)),
        Poison("a later version", sale, v=99),
        Poison("a version out of reason", sale, v=2**62),
        Poison("an id without an end", sale, id=f"{rng.randrange(10**9)}-" + "i" * 300),
        Poison("another fact's id", sale, id_of_another=True),
        Poison("a document of no kind", b'{"id":"d"}', kind="stock_document"),
        Poison(
            "a slip without a number",
            b'{"number":"","kiosk":"k","amount":1,"reason":"","order":"","state":"issued","at_ms":1}',
            kind="claim",
        ),
        Poison("not a question", b"[1,2,3]", kind="claim_asked"),
        Poison("not UTF-8", sale.replace("Анна".encode(), b"\xff\xfe")),
    )
    # One body differs from the next of its kind, so that each can be told from the others.
    made = rng.choice(kinds)
    if made.body.startswith(b"{") and len(made.body) > 2:
        return replace(made, body=b'{"z":%d,' % rng.randrange(10**12) + made.body[1:])
    return made


def no_batch(rng: random.Random, device: str) -> tuple[str, str, bytes, str]:
    """(name, path, body, content-encoding) of a push that HQ has to refuse whole."""
    push = b'{"device":"%s","epoch":1,"first":1,"items":[%s]}'
    item = b'{"seq":%d,"id":"%s","kind":"sale","v":1,"at_ms":1,"hash":"%s","body":{}}'
    whose, hash = device.encode(), b"0" * 64
    sound = push % (whose, item % (1, b"a", hash))
    dropped = b'{"first":1,"last":1,"hash":"%s"}' % hash
    packed = zstandard.ZstdCompressor().compress
    sales = "/v1/push/sales"
    kinds = (
        ("no zstd", sales, b"what is this", "zstd"),
        ("no JSON", sales, b"{", ""),
        ("JSON that ends", sales, packed(sound[:-9]), "zstd"),
        ("a body that is no JSON", sales, sound.replace(b'"body":{}', b'"body":01}'), ""),
        ("a hole between items", sales, push % (whose, item % (1, b"a", hash) + b"," + item % (3, b"b", hash)), ""),
        ("NUL in an id", sales, push % (whose, item % (1, b"a\\u0000", hash)), ""),
        ("half a character", sales, push % (whose, item % (1, b"\\ud800", hash)), ""),
        ("a number out of range", sales, sound.replace(b'"epoch":1', b'"epoch":-1'), ""),
        ("a zip bomb", sales, packed(bytes(9 * 1024 * 1024)), "zstd"),
        ("too long on the wire", sales, rng.randbytes(300_000), ""),
        ("another encoding", sales, sound, "br"),
        ("a stream nobody knows", "/v1/push/gossip", sound, ""),
        ("another device's name", sales, sound.replace(whose, b"somebody"), ""),
        ("dropped sales", sales, sound.replace(b'"first":1', b'"dropped":%s,"first":2' % dropped), ""),
        ("two frames", sales, packed(sound[:40]) + packed(sound[40:]), "zstd"),
        ("a chain that begins elsewhere", sales, sound, ""),
    )  # fmt: skip
    return rng.choice(kinds)
