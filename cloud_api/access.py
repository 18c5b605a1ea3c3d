"""Who may push and who may look.

A device shows its key (`authorization: Bearer KEY`); HQ knows only the key's SHA-256 and takes store and till from its
own table. The office (page, reading API, metrics) is open without a key to this machine alone: peer and Host are both
loopback and no proxy has forwarded the request. Everyone else needs the office key, as a bearer or in the page's
cookie, under one of the host names HQ was started with; without an office key there is no one else.
"""

from __future__ import annotations

import hmac
from enum import Enum
from urllib.parse import urlsplit

from starlette.requests import Request

from cloud_api.settings import LOOPBACK_HOSTS, Settings
from cloud_api.storage.storage import Reading
from cloud_api.store.devices import KnownDevice, device_of_key, key_hash

COOKIE = "tillkeeper_office"
MAX_KEY = 512  # characters of a key worth hashing


class Look(Enum):
    """May this request read?"""

    ALLOWED = "allowed"
    NEEDS_KEY = "needs_key"
    WRONG_HOST = "wrong_host"
    WRONG_ORIGIN = "wrong_origin"


def bearer(request: Request) -> str:
    """The key of an Authorization header, empty if there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip()[:MAX_KEY] if scheme.lower() == "bearer" else ""


async def pushing_device(request: Request, storage: Reading) -> KnownDevice | None:
    key = bearer(request)
    return await device_of_key(storage, key) if key else None


def may_look(request: Request, settings: Settings) -> Look:
    """Whether the office may be shown to this request."""
    host = _host_name(request.headers.get("host", ""))
    if host not in LOOPBACK_HOSTS and host not in settings.hosts:
        return Look.WRONG_HOST
    if not same_origin(request):
        return Look.WRONG_ORIGIN
    forwarded = "forwarded" in request.headers or "x-forwarded-for" in request.headers
    near = request.client is not None and request.client.host in LOOPBACK_HOSTS
    if near and host in LOOPBACK_HOSTS and not forwarded:
        return Look.ALLOWED
    key = bearer(request) or request.cookies.get(COOKIE, "")[:MAX_KEY]
    return Look.ALLOWED if is_office_key(key, settings) else Look.NEEDS_KEY


def is_office_key(key: str, settings: Settings) -> bool:
    expected = settings.office_key_sha256
    return bool(expected and key) and hmac.compare_digest(key_hash(key), expected)


def same_origin(request: Request) -> bool:
    """False when a browser says that another site's page is asking."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        return False
    return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin") or _is_navigation(request)


def _is_navigation(request: Request) -> bool:
    """Following a link to the page from elsewhere is not a page of elsewhere reading ours."""
    return request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"


def _host_name(host: str) -> str:
    """`localhost:8090` -> `localhost`, `[::1]:8090` -> `::1`; empty if it is not a host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
