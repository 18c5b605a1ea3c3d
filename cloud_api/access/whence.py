"""Where a request comes from: this machine or elsewhere, under which host name, from whose page, with which key.

Loopback counts where peer and Host are both loopback and no proxy has forwarded the request.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from cloud_api.settings import LOOPBACK_HOSTS, Settings
from cloud_api.store.devices import key_hash

COOKIE = "tillkeeper_office"
MAX_KEY = 512  # characters of a key worth hashing


def bearer(request: Request) -> str:
    """The key of an Authorization header, empty if there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip()[:MAX_KEY] if scheme.lower() == "bearer" else ""


def cookie_key(request: Request) -> str:
    """The office key of the page's cookie, empty if there is none."""
    return request.cookies.get(COOKIE, "")[:MAX_KEY]


def is_of_this_machine(request: Request) -> bool:
    forwarded = "forwarded" in request.headers or "x-forwarded-for" in request.headers
    near = request.client is not None and request.client.host in LOOPBACK_HOSTS
    return near and host_name(request) in LOOPBACK_HOSTS and not forwarded


def address(request: Request) -> str:
    """Of whom guesses are counted: the peer, or whom a proxy on this machine has named last. Without that all who come
    through the proxy would wait for one stranger's guesses."""
    peer = request.client.host if request.client is not None else ""
    named = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()[:64]
    return named if named and peer in LOOPBACK_HOSTS else peer


def is_under_https(request: Request) -> bool:
    """As the page's own address says, where a proxy speaks TLS for HQ; the gate has compared it with the host."""
    return request.url.scheme == "https" or request.headers.get("origin", "").lower().startswith("https://")


def is_our_host(request: Request, settings: Settings) -> bool:
    """Asked for by a name of this machine, or one that HQ was started with."""
    return host_name(request) in LOOPBACK_HOSTS | settings.hosts


def is_office_key(key: str, settings: Settings) -> bool:
    expected = settings.office_key_sha256
    return bool(expected and key) and hmac.compare_digest(key_hash(key), expected)


def same_origin(request: Request) -> bool:
    """False when a browser says that another site's page is asking."""
    origin = request.headers.get("origin")
    if origin is not None and _netloc(origin) != request.headers.get("host", "").lower():
        return False
    return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin") or _is_navigation(request)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_navigation(request: Request) -> bool:
    """Following a link to the page from elsewhere is not a page of elsewhere reading ours."""
    return request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"


def host_name(request: Request) -> str:
    """`localhost:8090` -> `localhost`, `[::1]:8090` -> `::1`; empty if it is not a host."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""
