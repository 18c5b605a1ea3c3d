"""Signed requests: RFC 9421's own example, another implementation, and every way a request may not be the one."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from sync.wire import signatures
from sync.wire.signatures import COVERED, Message, Refusal, Signed, content_digest, key_id, read_signature, sign, verify
from sync.wire.structured_fields import Bare, Malformed

SEED, OTHER_SEED = bytes(range(32)), bytes(range(1, 33))
PUBLIC, OTHER_PUBLIC = signatures.public_key_of(SEED), signatures.public_key_of(OTHER_SEED)
NOW_S = 1_795_251_600
BODY = b"packed"
# RFC 9421, appendix B.1.4 and B.2.6.
RFC_PUBLIC = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
RFC_PRIVATE = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
RFC_SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
RFC_COVERED = ("date", "@method", "@path", "@authority", "content-type", "content-length")
RFC_PARAMETERS: dict[str, Bare] = {"created": 1618884473, "keyid": "test-key-ed25519"}
RFC_MESSAGE = Message(
    "POST",
    "/foo",
    "param=Value&Pet=dog",
    {"date": "Tue, 20 Apr 2021 02:07:55 GMT", "content-type": "application/json", "content-length": "18"},
    "example.com",
)


def signed_message(body: bytes = BODY, **changes: Any) -> Message:
    """A push as a till sends it."""
    message = Message("POST", "/v1/push/sales", "", {"content-digest": content_digest(body)})
    told: dict[str, Any] = {"created_s": NOW_S, "nonce": "n-1", **changes}
    input, signature = sign(message, SEED, **told)
    return replace(message, headers={**message.headers, "signature-input": input, "signature": signature})


def read(message: Message) -> Signed:
    signed = read_signature(message.headers)
    assert isinstance(signed, Signed), signed
    return signed


def test_the_rfcs_own_signature() -> None:
    private = load_der_private_key(base64.b64decode(RFC_PRIVATE), None)
    public = load_der_public_key(base64.b64decode(RFC_PUBLIC))
    assert isinstance(private, Ed25519PrivateKey)
    assert isinstance(public, Ed25519PublicKey)
    assert public.public_bytes_raw() == signatures.public_key_of(private.private_bytes_raw())
    base = signatures.signature_base(RFC_MESSAGE, RFC_COVERED, RFC_PARAMETERS)
    assert base.splitlines()[-1] == (
        b'"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
        b';created=1618884473;keyid="test-key-ed25519"'
    )
    assert base64.b64encode(private.sign(base)).decode() == RFC_SIGNATURE
    public.verify(base64.b64decode(RFC_SIGNATURE), base)


def test_a_signed_request_is_accepted() -> None:
    message = signed_message()
    signed = read(message)
    assert (signed.key_id, signed.created_s, signed.nonce) == (key_id(PUBLIC), NOW_S, "n-1")
    assert verify(message, signed, PUBLIC) is None
    assert signatures.body_refusal(message.headers["content-digest"], BODY) is None
    assert signatures.age_refusal(signed, NOW_S + 300) is None


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/v1/push/visits"},
        {"query": "since=1"},
        {"digest": content_digest(b"other")},
        {"digest": None},
    ],
    ids=str,
)
def test_an_altered_request_is_refused(change: dict[str, Any]) -> None:
    message = signed_message()
    headers = dict(message.headers)
    if "digest" in change:
        del headers["content-digest"]
        if change["digest"] is not None:
            headers["content-digest"] = change["digest"]
        altered = replace(message, headers=headers)
        expected = Refusal.ALTERED if change["digest"] is not None else Refusal.MALFORMED
    else:
        altered, expected = replace(message, **change), Refusal.ALTERED
    assert verify(altered, read(message), PUBLIC) is expected


@pytest.mark.parametrize(
    ("was", "put"),
    [
        (f"created={NOW_S}", f"created={NOW_S + 1}"),
        ('nonce="n-1"', 'nonce="n-2"'),
        ('tag="tillkeeper"', 'tag="tillkeeper";x'),
    ],
)
def test_altered_parameters_are_refused(was: str, put: str) -> None:
    message = signed_message()
    assert was in message.headers["signature-input"]
    headers = {**message.headers, "signature-input": message.headers["signature-input"].replace(was, put)}
    altered = replace(message, headers=headers)
    assert verify(altered, read(altered), PUBLIC) is Refusal.ALTERED


def test_another_key_is_refused() -> None:
    message = signed_message()
    signed = read(message)
    assert verify(message, signed, OTHER_PUBLIC) is Refusal.UNKNOWN_KEY
    claimed = replace(signed, key_id=key_id(OTHER_PUBLIC))
    assert verify(message, claimed, OTHER_PUBLIC) is Refusal.ALTERED


@pytest.mark.parametrize(
    ("was", "put", "why"),
    [
        ('alg="ed25519"', 'alg="hmac-sha256"', Refusal.WRONG_ALGORITHM),
        ('"@path" ', "", Refusal.NOT_COVERED),
        (' "content-digest"', "", Refusal.NOT_COVERED),
        ('"@path" ', '"@path" "@path" ', Refusal.MALFORMED),
        ('"@path" ', '"@path" "x-none" ', Refusal.MALFORMED),
    ],
)
def test_a_weaker_signature_is_refused(was: str, put: str, why: Refusal) -> None:
    message = signed_message()
    headers = {**message.headers, "signature-input": message.headers["signature-input"].replace(was, put)}
    altered = replace(message, headers=headers)
    assert verify(altered, read(altered), PUBLIC) is why


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, Refusal.MISSING),
        ({"signature": "till=:AAAA:"}, Refusal.MISSING),
        ({"signature-input": "till=("}, Refusal.MALFORMED),
        ({"signature-input": 'p=("@method");created=1;tag="proxy"', "signature": "p=:AAAA:"}, Refusal.MISSING),
        (
            {"signature-input": 'till=("@method");created=1;tag="tillkeeper"', "signature": "till=:AAAA:"},
            Refusal.MALFORMED,
        ),
    ],
)
def test_what_is_no_signature_is_named(headers: dict[str, str], why: Refusal) -> None:
    assert read_signature(headers) is why


@pytest.mark.parametrize(
    ("was", "put"),
    [
        (';nonce="n-1"', ""),
        (";created=", ";created=-"),
        ('nonce="n-1"', 'nonce=""'),
        ('nonce="n-1"', f'nonce="{"x" * 200}"'),
        ('keyid="', 'keyid=?1;k="'),
        ('"@path"', '"@path";req'),
        ('"@path"', "path"),
        ("till=", "other="),
    ],
)
def test_half_a_signature_is_refused(was: str, put: str) -> None:
    message = signed_message()
    changed = message.headers["signature-input"].replace(was, put, 1)
    assert changed != message.headers["signature-input"]
    assert read_signature({**message.headers, "signature-input": changed}) is Refusal.MALFORMED


def test_two_signatures_of_our_tag_are_one_too_many() -> None:
    headers = signed_message().headers
    twice = {name: f"{headers[name]}, {headers[name].replace('till=', 'two=')}" for name in headers}
    assert read_signature(twice) is Refusal.MALFORMED


def test_a_proxys_signature_beside_ours_is_passed_over() -> None:
    message = signed_message()
    headers = dict(message.headers)
    headers["signature-input"] += ', proxy=("@authority");created=1;keyid="p"'
    headers["signature"] += ", proxy=:AAAA:"
    beside = replace(message, headers=headers)
    assert verify(beside, read(beside), PUBLIC) is None


@pytest.mark.parametrize(
    ("digest", "why"),
    [
        (content_digest(b"other"), Refusal.ALTERED_BODY),
        ("sha-512=:AAAA:", Refusal.MALFORMED),
        ("sha-256=7", Refusal.MALFORMED),
        ("sha-256", Refusal.MALFORMED),
        ("", Refusal.MALFORMED),
        ("=", Refusal.MALFORMED),
        (content_digest(BODY), None),
        (f"sha-512=:AAAA:, {content_digest(BODY)}", None),
    ],
)
def test_a_body_and_its_digest(digest: str, why: Refusal | None) -> None:
    assert signatures.body_refusal(digest, BODY) is why


def test_the_clock() -> None:
    signed = read(signed_message())
    assert signatures.age_refusal(signed, NOW_S + 301) is Refusal.TOO_OLD
    assert signatures.age_refusal(signed, NOW_S - 301) is Refusal.TOO_NEW
    ends = replace(signed, parameters={**signed.parameters, "expires": NOW_S + 5})
    assert signatures.age_refusal(ends, NOW_S + 6) is Refusal.TOO_OLD


def test_a_line_break_cannot_make_a_second_line() -> None:
    with pytest.raises(Malformed):
        signatures.signature_base(Message("GET", '/x\n"@query": ?admin'), COVERED[:2], {})
    with pytest.raises(Malformed):
        signatures.signature_base(Message("GET", "/ё"), COVERED[:2], {})


class Asked:
    """A request as the other implementation wants it."""

    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers


def test_another_implementation_reads_what_we_sign_and_we_read_what_it_signs() -> None:
    """http-message-signatures on the index; not installed, this is skipped by name."""
    why = "a second opinion on signatures: pip install http-message-signatures"
    theirs = pytest.importorskip("http_message_signatures", reason=why)
    seeds = {key_id(PUBLIC): SEED}

    class Keys(theirs.HTTPSignatureKeyResolver):  # type: ignore[name-defined, misc]
        def resolve_public_key(self, key_id: str) -> Any:
            return Ed25519PrivateKey.from_private_bytes(seeds[key_id]).public_key()

        def resolve_private_key(self, key_id: str) -> Any:
            return Ed25519PrivateKey.from_private_bytes(seeds[key_id])

    algorithm = theirs.algorithms.ED25519
    url = "https://hq.test/v1/feed/commands?feed=a%20b&since=7"
    ours = Message("GET", "/v1/feed/commands", "feed=a%20b&since=7", {"content-digest": content_digest(b"")})
    now = dt.datetime.now()
    input, signature = sign(ours, SEED, created_s=int(now.timestamp()), nonce="n-9")
    told = {"Content-Digest": content_digest(b""), "Signature-Input": input, "Signature": signature}
    found = theirs.HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=Keys()).verify(
        Asked("GET", url, told), expect_tag="tillkeeper", body=b""
    )
    assert {name.strip('"') for name in found[0].covered_components} >= set(COVERED)

    asked = Asked("GET", url, {})
    theirs.HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=Keys()).sign(
        asked,
        key_id=key_id(PUBLIC),
        created=now,
        nonce="n-10",
        tag="tillkeeper",
        label="till",
        include_alg=True,
        covered_component_ids=COVERED[:3],
        body=b"",
    )
    heard = replace(ours, headers={name.lower(): value for name, value in asked.headers.items()})
    assert verify(heard, read(heard), PUBLIC) is None
    assert signatures.body_refusal(heard.headers["content-digest"], b"") is None
