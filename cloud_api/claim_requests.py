"""Slips of one shop that are shown in another: HQ passes the question and the answer on, and never decides itself.

    asker ── ClaimAsked ──> HQ ── claim_release ──> owner ── ClaimGiven ──> HQ ── claim_granted ──> asker owes it now
                                                         └── ClaimKept ───> HQ ── claim_denied ───> nothing has changed

Who owes a slip is the device that issued it, or the asker of the newest request that was granted. HQ's own word that a
slip is unpaid would be worth nothing: the owner may have paid it a minute ago with its wire to HQ cut.
"""

from __future__ import annotations

import msgspec

from cloud_api.storage.storage import Transaction
from cloud_api.store.commands import give
from cloud_api.store.devices import KnownDevice
from sync.wire.commands import ClaimRelease
from sync.wire.facts import ClaimAsked, ClaimGiven, ClaimKept

GLOBAL = "/* global: slips between shops */"
_NOT_OWED = ("unknown", "moved")
"""Words of a shop that was asked for a slip it does not owe: it has never seen it, or has given it over."""
UNASKED = "unasked"
"""Given over by a shop that HQ does not know to owe the slip, for a question that nobody has asked; `why` is the word
itself. It makes nobody owe the slip."""
_NEXT = "(SELECT coalesce(max(n), 0) + 1 FROM claim_request WHERE issuer=? AND number=?)"


async def pass_on(
    transaction: Transaction, device: KnownDevice, told: ClaimAsked | ClaimGiven | ClaimKept, *, now_ms: int
) -> int:
    """How many commands were given by the word of `device`; inside the transaction that takes the word."""
    match told:
        case ClaimAsked():
            return await _asked(transaction, device, told, now_ms)
        case ClaimGiven():
            return await _answered(transaction, device, told, "given", told.to, now_ms)
        case ClaimKept():
            return await _answered(transaction, device, told, "kept", "", now_ms)


async def _asked(transaction: Transaction, device: KnownDevice, asked: ClaimAsked, now_ms: int) -> int:
    known = await _request(transaction, asked.request)
    if known is not None:
        return await _asked_after(transaction, device, asked, known, now_ms)
    owner = await _owner(transaction, asked.issuer, asked.number)
    why = "no_shop" if owner is None else "here" if owner == device.device else ""
    state = "kept" if why else "asked"
    slip = (asked.issuer, asked.number)
    await transaction.write(
        f"{GLOBAL} "
        "INSERT INTO claim_request(request, asker, owner, issuer, number, state, why, asked_ms, answered_ms, n) "
        f"VALUES(?,?,?,?,?,?,?,?,?,{_NEXT})",
        (asked.request, device.device, owner or "", *slip, state, why, now_ms, None, *slip),
    )
    if why or owner is None:
        denied = ClaimKept(asked.request, asked.issuer, asked.number, why)
        return int(
            await give(transaction, device.device, f"denied/{asked.request}", "claim_denied", denied, now_ms=now_ms)
        )
    release = ClaimRelease(asked.request, asked.issuer, asked.number, asked.slip, device.device)
    return int(await give(transaction, owner, f"release/{asked.request}", "claim_release", release, now_ms=now_ms))


async def _asked_after(
    transaction: Transaction, device: KnownDevice, asked: ClaimAsked, known: tuple[str, str, str, str], now_ms: int
) -> int:
    """The question comes after its answer, which was not believed without it."""
    asker, _, state, why = known
    if state != UNASKED or asker != device.device:
        return 0
    told = msgspec.json.decode(why, type=ClaimGiven)
    if (told.issuer, told.number, told.slip) != (asked.issuer, asked.number, asked.slip):
        return 0
    await transaction.write(
        f"{GLOBAL} UPDATE claim_request SET state='given', why='', answered_ms=? WHERE request=?",
        (now_ms, asked.request),
    )
    return int(await give(transaction, asker, f"given/{asked.request}", "claim_granted", told, now_ms=now_ms))


async def _answered(
    transaction: Transaction, device: KnownDevice, told: ClaimGiven | ClaimKept, state: str, to: str, now_ms: int
) -> int:
    """The owner's answer. A request that this HQ does not know, or has asked of another shop since, was asked before it
    was restored from a backup: what was given over is given over, so it is believed. A shop that for all HQ knows never
    owed the slip is believed when the asker has said that it asked: it tells HQ again what HQ has lost."""
    request = await _request(transaction, told.request)
    why = told.why if isinstance(told, ClaimKept) else ""
    if request is None and isinstance(told, ClaimGiven):
        slip = (told.issuer, told.number)
        owed = await _owner(transaction, *slip) == device.device
        if not owed:
            state, why = UNASKED, msgspec.json.encode(told).decode()
        await transaction.write(
            f"{GLOBAL} "
            "INSERT INTO claim_request(request, asker, owner, issuer, number, state, why, asked_ms, answered_ms, n) "
            f"VALUES(?,?,?,?,?,?,?,?,?,{_NEXT})",
            (told.request, to, device.device, *slip, state, why, now_ms, now_ms, *slip),
        )
        if not owed:
            return 0
        asker = to
    elif request is None or (to and to != request[0]) or not _may_answer(request, device.device, to):
        return 0
    else:
        asker = request[0]
        await transaction.write(
            f"{GLOBAL} UPDATE claim_request SET owner=?, state=?, why=?, answered_ms=? WHERE request=?",
            (device.device, state, why, now_ms, told.request),
        )
    kind = "claim_granted" if isinstance(told, ClaimGiven) else "claim_denied"
    return int(await give(transaction, asker, f"{state}/{told.request}", kind, told, now_ms=now_ms))


def _may_answer(request: tuple[str, str, str, str], device: str, to: str) -> bool:
    """The shop that was asked, once. Or a third one that gave the slip over while HQ, back from a backup, did not know
    yet that it had it, and asked another: as long as that one has said nothing, or that it does not owe it."""
    asker, owner, state, why = request
    if device == owner:
        return state == "asked"
    return bool(to) and device != asker and (state == "asked" or (state == "kept" and why in _NOT_OWED))


async def _request(transaction: Transaction, request: str) -> tuple[str, str, str, str] | None:
    found = await transaction.row(
        f"{GLOBAL} SELECT asker, owner, state, why FROM claim_request WHERE request=?", (request,)
    )
    return (str(found[0]), str(found[1]), str(found[2]), str(found[3])) if found is not None else None


async def _owner(transaction: Transaction, issuer: str, number: str) -> str | None:
    """The device that owes the slip, if it is one of ours. A name on a slip has no dots (see fiscal/claim.py)."""
    moved = await transaction.row(
        f"{GLOBAL} "
        "SELECT asker FROM claim_request WHERE issuer=? AND number=? AND state='given' ORDER BY n DESC LIMIT 1",
        (issuer, number),
    )
    if moved is not None:
        return str(moved[0])
    found = await transaction.row(
        f"{GLOBAL} "
        "SELECT device FROM device WHERE replace(device, '.', '-')=? AND revoked_ms IS NULL ORDER BY device LIMIT 1",
        (issuer,),
    )
    return str(found[0]) if found is not None else None
