"""The ledger: one purpose a consent, ends that erase here and at HQ, a chain that survives the erasure of bodies."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.consent import chain, erasure
from sensors.consent.facts import (
    Bound,
    Channel,
    ConsentFact,
    Ended,
    Given,
    Proof,
    Purpose,
    TombstoneDone,
    TombstoneSet,
    Why,
    body_of,
    fact_of,
)
from sensors.consent.ledger import Ledger, NotAllowed, Phase, fold
from sensors.consent.retention import DAY_MS, due
from sensors.identity.graph import fold as fold_graph
from sensors.identity.observation import MacSeen, Observation, card_registered, edges_of, portal_login
from sensors.identity.profiles import view
from sensors.identity.records import Kind

NOW_MS = 1_790_000_000_000


def consent(id: str = "c1", subject: str = "anna", purpose: Purpose = Purpose.WIFI_ID, **other: object) -> Given:
    given = Given(
        consent_id=id, subject=subject, purpose=purpose, text_version="2026-11", text_hash="00", channel=Channel.PORTAL,
        locale="ru", given_ms=NOW_MS, proof=Proof.CODE, proof_id="otp-1", controller="ООО «Игрушки»",
        retention_days=90, of_age=True,
    )  # fmt: skip
    return msgspec.structs.replace(given, **other)


def bound(record: str = "mac:m", id: str = "c1", at_ms: int = NOW_MS) -> Bound:
    return Bound(consent_id=id, record=record, at_ms=at_ms, salt=f"salt-{record}-{id}")


def salts() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"salt{next(numbers)}"


def ended(ledger: Ledger, id: str = "c1", why: Why = Why.WITHDRAWN) -> tuple[ConsentFact, ...]:
    facts = erasure.end(ledger, id, why, NOW_MS + 5, salts())
    for fact in facts:
        ledger.apply(fact)
    return facts


def tombstones(facts: tuple[ConsentFact, ...]) -> list[TombstoneSet]:
    return [fact for fact in facts if isinstance(fact, TombstoneSet)]


def test_a_consent_stands_for_its_one_purpose_until_it_ends() -> None:
    ledger = fold([consent(), consent("c2", purpose=Purpose.MARKETING), bound()])
    found = ledger.standing("anna", Purpose.WIFI_ID)
    assert found is not None
    assert found.given.consent_id == "c1"
    assert ledger.standing("anna", Purpose.FACE_ID) is None
    ended(ledger)
    assert ledger.standing("anna", Purpose.WIFI_ID) is None
    assert ledger.standing("anna", Purpose.MARKETING) is not None, "one withdrawal, one purpose"
    assert ledger.ended_ids() == {"c1"}


def test_an_end_waits_for_every_place_to_acknowledge() -> None:
    ledger = fold([consent(), bound(), bound("face:f")])
    shop, hq = tombstones(ended(ledger))
    assert (shop.place, hq.place) == (erasure.SHOP, erasure.HQ)
    assert shop.records == hq.records == ("face:f", "mac:m")
    assert erasure.to_erase(hq) == erasure.ToErase("c1", ("face:f",), ("mac:m",))
    assert ledger.consents["c1"].phase is Phase.ENDING
    assert [one.place for one in ledger.pending()] == ["hq", "shop"]
    ledger.apply(erasure.acknowledged(shop, 2, NOW_MS + 6))
    assert ledger.consents["c1"].phase is Phase.ENDING
    ledger.apply(erasure.acknowledged(hq, 2, NOW_MS + 9))
    assert ledger.consents["c1"].phase is Phase.ERASED
    assert list(ledger.pending()) == []


def test_an_end_told_twice_ends_once() -> None:
    ledger = fold([consent(), bound()])
    assert len(ended(ledger)) == 3
    assert ended(ledger) == ()


def test_a_familys_device_stays_with_the_one_who_still_agrees() -> None:
    ledger = fold([consent(), consent("c2", "boris"), bound(), bound(id="c2")])
    assert tombstones(ended(ledger))[0].records == ()
    assert tombstones(ended(ledger, "c2"))[0].records == ("mac:m",)


def test_everything_of_a_person_ends_together() -> None:
    ledger = fold(
        [consent(), consent("c2", purpose=Purpose.ANALYTICS), consent("c3", "boris"), bound(), bound(id="c2")]
    )
    facts = erasure.end_all(ledger, "anna", Why.PERSON_ERASED, NOW_MS + 5, salts())
    assert {fact.consent_id for fact in facts if isinstance(fact, Ended)} == {"c1", "c2"}
    assert {record for one in tombstones(facts) for record in one.records} == {"mac:m"}
    assert ledger.standing("boris", Purpose.WIFI_ID) is not None


def test_what_cannot_follow_is_refused() -> None:
    for facts, code in (
        ([bound()], "consent_unknown"),
        ([consent(), consent(subject="boris")], "consent_id_taken"),
        ([consent(), Ended(consent_id="c1", at_ms=1, why=Why.WITHDRAWN), bound()], "consent_ended"),
        (
            [consent(), TombstoneSet(tombstone="c1@hq", consent_id="c1", place="hq", records=(), at_ms=1, salt="")],
            "consent_standing",
        ),
        ([TombstoneDone(tombstone="c9@hq", at_ms=1, erased=0)], "consent_unknown"),
    ):
        with pytest.raises(NotAllowed) as refused:
            fold(facts)  # type: ignore[arg-type]
        assert refused.value.code == code
    with pytest.raises(NotAllowed):
        erasure.end(Ledger(), "c1", Why.WITHDRAWN, 1, salts())


def test_facts_told_twice_change_nothing() -> None:
    facts: list[ConsentFact] = [consent(), bound()]
    facts += ended(fold(facts))
    facts += [erasure.acknowledged(one, 1, NOW_MS + 9) for one in tombstones(tuple(facts))]
    assert fold([*facts, *facts]) == fold(facts)


def whole_life() -> list[ConsentFact]:
    facts: list[ConsentFact] = [consent(), bound(), bound("face:f"), consent("c2", "boris"), bound("mac:b", "c2")]
    facts += ended(fold(facts))
    return facts


def test_bodies_with_keys_are_erased_once_every_place_has_and_the_chain_holds() -> None:
    rows = chain.appended(None, whole_life())
    assert chain.first_bad(rows) is None
    assert chain.erasable(rows) == [], "nobody acknowledged yet"
    shop, hq = tombstones(tuple(chain.facts(rows)))
    rows += chain.appended(rows[-1], [erasure.acknowledged(shop, 2, NOW_MS + 8)])
    assert chain.erasable(rows) == [], "HQ did not"
    rows += chain.appended(rows[-1], [erasure.acknowledged(hq, 2, NOW_MS + 9)])
    going = chain.erasable(rows)
    assert [rows[seq - 1].kind for seq in going] == ["bound", "bound", "tombstone_set", "tombstone_set"]
    left = [chain.without_body(row) if row.seq in going else row for row in rows]
    assert chain.first_bad(left) is None
    assert chain.erasable(left) == []
    bytes_left = b"".join(row.body or b"" for row in left)
    assert b"face:f" not in bytes_left
    assert b"mac:m" not in bytes_left
    assert b"mac:b" in bytes_left, "Boris still agrees"
    after = fold(chain.facts(left))
    assert after.consents["c1"].phase is Phase.ERASED
    assert after.consents["c1"].records == {}
    assert after.standing("boris", Purpose.WIFI_ID) is not None


def test_a_changed_missing_or_inserted_row_shows() -> None:
    rows = chain.appended(None, whole_life())
    forged = replace(rows[0], body=body_of(consent(given_ms=NOW_MS - DAY_MS)))
    assert chain.first_bad([forged, *rows[1:]]) == 1
    rehashed = replace(forged, body_hash=sha256(forged.body or b"").digest())
    assert chain.first_bad([rehashed, *rows[1:]]) == 1
    assert chain.first_bad([*rows[:2], *rows[3:]]) == 3
    assert chain.first_bad([rows[1], rows[0], *rows[2:]]) == 1
    assert chain.first_bad([replace(rows[0], body=None), *rows[1:]]) == 1, "a given consent may not lose its words"
    with pytest.raises(ValueError, match="stays"):
        chain.without_body(rows[0])


def test_the_hash_that_stays_confirms_no_guess() -> None:
    (row,) = chain.appended(None, [bound()])
    guessed = [body_of(bound("mac:m")), body_of(msgspec.structs.replace(bound(), salt=""))]
    assert row.body_hash == sha256(guessed[0]).digest(), "with the salt it would: the salt goes with the body"
    assert row.body_hash != sha256(guessed[1]).digest()


@given(st.integers(1, 12), st.data())
def test_any_single_change_to_the_chain_is_found(length: int, data: st.DataObject) -> None:
    rows = chain.appended(None, [consent(f"c{number}") for number in range(length)])
    at = data.draw(st.integers(0, length - 1))
    row = rows[at]
    change = data.draw(st.sampled_from(["body", "body_hash", "link", "kind", "seq"]))
    changed = {
        "body": replace(row, body=(row.body or b"") + b" "),
        "body_hash": replace(row, body_hash=bytes(32)),
        "link": replace(row, link=bytes(32)),
        "kind": replace(row, kind="bound"),
        "seq": replace(row, seq=row.seq + 1),
    }[change]
    assert chain.first_bad([*rows[:at], changed, *rows[at + 1 :]]) == at + 1


def test_a_withdrawal_makes_visits_nobodys_and_keeps_their_number() -> None:
    """The whole way: what the tombstone says, HQ's graph does, and the counts stay as they were."""
    visit = Observation(Kind.VISIT, "1", 10, macs=(MacSeen("m", "c1"),))
    paid = Observation(Kind.VISIT, "2", 11, card="A")
    graph = fold_graph(
        [*card_registered("A", "P", "f", 1), *portal_login("m", "P", "c1", "l", 2), *edges_of(visit), *edges_of(paid)]
    )
    before = view(graph)
    assert before.person_of("visit:1") == "card:A"
    ledger = fold([consent(), bound()])
    for event in erasure.obey(tombstones(ended(ledger))[1]):
        graph.apply(event)
    after = view(graph)
    assert after.person_of("visit:1") is None
    assert after.person_of("visit:2") == "card:A"
    assert "mac:m" not in after.of
    assert {"visit:1", "visit:2"} <= before.of.keys() & after.of.keys(), "two visits, whoever they were"


def test_retention_ends_what_stood_long_enough_and_nothing_twice() -> None:
    ledger = fold([consent(), consent("c2", "boris"), consent("c3", purpose=Purpose.MARKETING, retention_days=730)])
    day_90 = NOW_MS + 90 * DAY_MS
    assert due(ledger, day_90 - 1, {}).end == ()
    assert due(ledger, day_90, {"boris": NOW_MS + DAY_MS}).end == (("c1", Why.UNSEEN),)
    ended(ledger, "c1", Why.UNSEEN)
    assert due(ledger, day_90, {"boris": NOW_MS + DAY_MS}).end == ()
    assert due(ledger, NOW_MS + 730 * DAY_MS, {"anna": NOW_MS + 729 * DAY_MS, "boris": NOW_MS + 729 * DAY_MS}).end == (
        ("c3", Why.RETENTION),
    )


def test_a_country_that_forbids_faces_ends_the_consents_to_them() -> None:
    ledger = fold([consent(purpose=Purpose.FACE_ID), bound("face:f"), consent("c2", purpose=Purpose.MARKETING)])
    lawful = frozenset(Purpose) - {Purpose.FACE_ID}
    assert due(ledger, NOW_MS, {}, lawful=lawful).end == (("c1", Why.NOT_LAWFUL),)


def test_an_unacknowledged_erasure_is_told_each_hour_and_shown_after_a_day() -> None:
    ledger = fold([consent(), bound()])
    shop, hq = tombstones(ended(ledger))
    ledger.apply(erasure.acknowledged(shop, 1, NOW_MS + 6))
    told = {hq.tombstone: hq.at_ms}
    assert due(ledger, hq.at_ms, {}).tell == (hq,)
    assert due(ledger, hq.at_ms + 3_599_999, {}, told).tell == ()
    later = due(ledger, hq.at_ms + 3_600_000, {}, told)
    assert (later.tell, later.overdue) == ((hq,), ())
    assert due(ledger, hq.at_ms + DAY_MS, {}, told).overdue == (hq,)


def test_facts_survive_their_bytes() -> None:
    facts = [*whole_life(), erasure.acknowledged(tombstones(tuple(whole_life()))[0], 2, NOW_MS)]
    assert [fact_of(body_of(fact)) for fact in facts] == facts
    with pytest.raises(msgspec.DecodeError):
        fact_of(b'{"fact": "sold"}')
