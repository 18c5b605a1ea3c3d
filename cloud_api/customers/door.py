"""The office's door to customers and offers: read them, say who is one person, and what is offered to whom."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.access.asker import Asker, AskerKind
from cloud_api.access.gate import needs
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.bodies import told_in
from cloud_api.customers import history, profiles
from cloud_api.customers.answers import CustomerAnswer, Customers, CustomerSummary, Joined, OfferAnswer, Prepared
from cloud_api.customers.offer_book import OffersWrong, offer_answers, put_offers, remove_offer
from cloud_api.customers.offers import Offer
from cloud_api.customers.profiles import NotPossible
from cloud_api.customers.telling import tell, tell_all
from cloud_api.hq_key import HqKeyFile
from cloud_api.storage.storage import Storage
from sync.wire.customer_facts import CARD, EMAIL, PHONE, customer_key

LONGEST_BODY = 64 * 1024
"""An offer good in a thousand stores, by name."""
MAX_PAGE = 200
WORDS = {
    "unknown_customer": (404, "HQ has no such customer."),
    "same_customer": (409, "The two are one person already."),
    "unknown_merge": (404, "There was no such merge."),
    "unmerged_already": (409, "That merge was taken back before."),
    "unknown_question": (404, "Nobody asks this any more."),
}
Id = Annotated[str, Path(max_length=100)]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=profiles.LONGEST_REASON, pattern=r"\S")]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Who = Annotated[str, msgspec.Meta(max_length=100)]
MayChange = Annotated[Asker, needs(Scope.CUSTOMERS_WRITE)]
T = TypeVar("T")


class MergeWanted(msgspec.Struct, frozen=True):
    """`other` is the same person. `who` says so where nobody is signed in, and why."""

    other: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    reason: Said
    who: Who = ""


class UnmergeWanted(msgspec.Struct, frozen=True):
    """`n` of the merge that was none."""

    n: Number
    reason: Said
    who: Who = ""


class ApartWanted(msgspec.Struct, frozen=True):
    """`n` of the question: they are two."""

    n: Number
    reason: Said
    who: Who = ""


class Sought(msgspec.Struct, frozen=True):
    """In a body, not in an address: addresses are written into logs. `kind`: phone, email, card."""

    value: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    kind: Annotated[str, msgspec.Meta(pattern=f"^({PHONE}|{EMAIL}|{CARD})$")] = PHONE


def customer_router(storage: Storage, key: HqKeyFile, zone: str, now_ms: Callable[[], int]) -> APIRouter:
    """For whoever the office is open to."""

    refusals: dict[int | str, dict[str, object]] = {
        status: {"model": Refusal} for status in (400, 401, 403, 404, 409, 413)
    }
    router = APIRouter(tags=["customers"], responses=refusals)
    read = [needs(Scope.CUSTOMERS_READ)]
    offers_read, offers_write = [needs(Scope.OFFERS_READ)], [needs(Scope.OFFERS_WRITE)]

    @router.get(
        "/v1/customers", dependencies=read, summary="Customers who agreed, and questions about them for a person"
    )
    async def customers(
        after: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50
    ) -> Customers:
        return await history.all_customers(storage, after, limit)

    @router.post(
        "/v1/customers/find", dependencies=read, summary="Customers with this number", openapi_extra=_body("Sought")
    )
    async def find(request: Request) -> list[CustomerSummary]:
        told = await _read(request, Sought)
        sought = customer_key(key.key().customer_secret, told.kind, _spelled(told))
        return [await history.summary_of(storage, root) for root in await history.with_key(storage, told.kind, sought)]

    @router.get("/v1/customers/{id}", dependencies=read, summary="One person over all shops and channels")
    async def customer(id: Id) -> CustomerAnswer:
        return await _possible(history.one_customer(storage, id, now_ms=now_ms()))

    @router.post("/v1/customers/{id}/merge", summary="Two are one person", openapi_extra=_body("MergeWanted"))
    async def merge(id: Id, request: Request, asker: MayChange) -> Joined:
        told = await _read(request, MergeWanted)
        async with storage.transaction(None) as transaction:
            n = await _possible(
                profiles.merge(
                    transaction, id, told.other, who=_who(asker, told.who), reason=told.reason, now_ms=now_ms()
                )
            )
            root = await profiles.root_of(transaction, id)
            await tell(transaction, [root], zone=zone, now_ms=now_ms())
        return Joined(n, root)

    @router.post("/v1/customers/unmerge", summary="A merge was none", openapi_extra=_body("UnmergeWanted"))
    async def unmerge(request: Request, asker: MayChange) -> Joined:
        told = await _read(request, UnmergeWanted)
        async with storage.transaction(None) as transaction:
            pair = await _possible(
                profiles.unmerge(transaction, told.n, who=_who(asker, told.who), reason=told.reason, now_ms=now_ms())
            )
            roots = [await profiles.root_of(transaction, one) for one in pair]
            await tell(transaction, roots, zone=zone, now_ms=now_ms())
        return Joined(told.n, roots[0])

    @router.post(
        "/v1/customers/apart",
        summary="Two are two",
        openapi_extra=_body("ApartWanted"),
        status_code=204,
    )
    async def apart(request: Request, asker: MayChange) -> Response:
        told = await _read(request, ApartWanted)
        async with storage.transaction(None) as transaction:
            await _possible(
                profiles.keep_apart(transaction, told.n, who=_who(asker, told.who), reason=told.reason, now_ms=now_ms())
            )
        return Response(status_code=204)

    @router.get("/v1/offers", dependencies=offers_read, summary="Offers, and what became of them")
    async def offers() -> list[OfferAnswer]:
        return await offer_answers(storage)

    @router.put(
        "/v1/offers/{id}",
        dependencies=offers_write,
        summary="Put an offer in place",
        openapi_extra=_body("Offer"),
        status_code=204,
    )
    async def put(id: Id, request: Request) -> Response:
        told = await _read(request, Offer)
        if told.offer != id:
            raise HTTPException(400, {"code": "bad_json", "what": "The offer has another name than its address."})
        try:
            async with storage.transaction(None) as transaction:
                await put_offers(transaction, [told], now_ms=now_ms())
        except OffersWrong as wrong:
            raise HTTPException(400, {"code": "bad_json", "what": str(wrong)}) from None
        return Response(status_code=204)

    @router.delete("/v1/offers/{id}", dependencies=offers_write, summary="Take an offer away", status_code=204)
    async def take_away(id: Id) -> Response:
        async with storage.transaction(None) as transaction:
            known = await remove_offer(transaction, id)
        if not known:
            raise HTTPException(404, {"code": "unknown_offer", "what": "There is no such offer."})
        return Response(status_code=204)

    @router.post(
        "/v1/offers/prepare",
        dependencies=offers_write,
        summary="Choose everybody's offers anew, and tell their shops what changed",
    )
    async def prepare() -> Prepared:
        return Prepared(*await tell_all(storage, zone=zone, now_ms=now_ms()))

    return router


def _spelled(told: Sought) -> str:
    """A telephone as the shops keep it: E.164, without what people put between the digits."""
    if told.kind != PHONE:
        return told.value
    digits = "".join(one for one in told.value if one.isascii() and one.isdecimal())
    if told.value.strip().startswith("+") or len(digits) not in (10, 11):
        return f"+{digits}"
    return f"+7{digits[-10:]}" if len(digits) == 10 or digits[0] in "78" else f"+{digits}"


def _who(asker: Asker, told: str) -> str:
    """Who is signed in, or whose key it is; on HQ's own machine whoever they say they are."""
    return (told.strip() if asker.kind is AskerKind.MACHINE else "") or asker.name


async def _possible(work: Coroutine[Any, Any, T]) -> T:
    try:
        return await work
    except NotPossible as error:
        status, what = WORDS[error.code]
        raise HTTPException(status, {"code": error.code, "what": what}) from None


async def _read(request: Request, kind: type[T]) -> T:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, {"code": "too_large", "what": f"At most {LONGEST_BODY} bytes."})
    try:
        return told_in(bytes(body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, {"code": "bad_json", "what": str(error)}) from None


def customer_schemas() -> dict[str, object]:
    """JSON schemas of what is asked, for /openapi.json."""
    asked = (MergeWanted, UnmergeWanted, ApartWanted, Sought, Offer)
    _, parts = msgspec.json.schema_components(asked, ref_template="#/components/schemas/{name}")
    return dict(parts)


def _body(name: str) -> dict[str, object]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
