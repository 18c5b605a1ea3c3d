"""People of the office: from the first on everybody signs in, each may what the role says, and all is written down."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx
import pytest
from pushing_till import DEVICE, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api import live
from cloud_api.access import passwords, sessions
from cloud_api.access.__main__ import main as access
from cloud_api.access.roles import Role
from cloud_api.access.users import UserWrong, add_user, change_user
from cloud_api.app import Hq
from cloud_api.arrivals import START
from sync.wire.facts import Debt, Shift

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"
KAZAN, UFA = "Казань, Баумана", "Уфа, Проспект"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arithmetic is argon2's own affair: here it takes as little as it may."""
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(sessions, "NOBODYS", passwords._hasher.hash("a password that nobody has"))


async def _hq_with(path: str, clock: Clock, *people: tuple[str, Role, list[str] | None]) -> Hq:
    hq = await open_hq(path, clock)
    for login, role, stores in people:
        await add_user(hq.storage, login, login.title(), role, stores, PASSWORD, now_ms=clock.ms)
    return hq


async def _sign_in(client: httpx.AsyncClient, login: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/v1/session", json={"login": login, "password": password})


async def test_loopback_is_open_until_there_is_a_person(where: str) -> None:
    """The demo works without logins; the first person shuts the door for everybody, this machine too."""
    clock = Clock()
    hq = await _hq_with(where, clock)
    async with client_of(hq) as client:
        me = (await client.get("/v1/me")).json()
        assert (me["kind"], me["signs_in"]) == ("machine", False)
        with pytest.raises(UserWrong) as first:
            await add_user(hq.storage, "v", "V", Role.VIEWER, None, PASSWORD, now_ms=1)
        assert first.value.code == "first_is_owner"
        await add_user(hq.storage, "anna", "Анна", Role.OWNER, None, PASSWORD, now_ms=clock.ms)
        for path in ("/v1/figures", "/v1/me", "/v1/sales", "/metrics", "/v1/desk/fleet"):
            refused = await client.get(path)
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in"), path
        assert (await _sign_in(client, "Anna ")).status_code == 204
        me = (await client.get("/v1/me")).json()
        assert (me["name"], me["role"], me["stores"]) == ("Анна", "owner", None)
        assert "users.write" in me["scopes"]
        assert (await client.delete("/v1/session")).status_code == 204
        assert (await client.get("/v1/figures")).status_code == 401
    await hq.storage.close()


async def test_a_session_is_a_hash_that_ends(where: str) -> None:
    """HQ keeps no token; a session ends by idling, by its age, by signing out elsewhere, by a new password."""
    clock = Clock()
    hq = await _hq_with(where, clock, ("anna", Role.OWNER, None))
    async with client_of(hq) as client:
        said = (await _sign_in(client, "anna")).headers["set-cookie"]
        assert "HttpOnly" in said
        assert "SameSite=strict" in said
        token = client.cookies[sessions.COOKIE]
        stored = await hq.storage.rows("SELECT token_sha256, login FROM office_session")
        assert [row[1] for row in stored] == ["anna"]
        assert token not in str(stored)
        clock.ms += sessions.IDLE_MS - 1
        assert (await client.get("/v1/figures")).status_code == 200
        clock.ms += sessions.IDLE_MS
        assert (await client.get("/v1/figures")).status_code == 401
        await _sign_in(client, "anna")
        for _ in range(5):
            clock.ms += sessions.IDLE_MS - 1_000
            await client.get("/v1/figures")
        assert (await client.get("/v1/figures")).status_code == 401, "sixteen hours are over"
        await _sign_in(client, "anna")
        wrong = await client.post("/v1/me/password", json={"old": "another one", "password": "long enough"})
        assert wrong.json()["code"] == "wrong_password"
        assert (await client.post("/v1/me/password", json={"old": PASSWORD, "password": "long enough"})).is_success
        assert (await client.get("/v1/figures")).status_code == 401
        assert (await _sign_in(client, "anna", "long enough")).status_code == 204
    await hq.storage.close()


async def test_guesses_wait_and_sound_alike(tmp_path: Path) -> None:
    """After five wrong passwords even the right one waits; whether the login exists is not to be heard."""
    clock = Clock()
    hq = await _hq_with(str(tmp_path / "hq"), clock, ("anna", Role.OWNER, None))
    async with client_of(hq) as client:
        unknown = await _sign_in(client, "nobody", "wrong wrong")
        for _ in range(5):
            wrong = await _sign_in(client, "anna", "wrong wrong")
            assert (wrong.status_code, wrong.json()) == (401, unknown.json())
        held = await _sign_in(client, "anna")
        assert held.status_code == 429
        clock.ms += int(held.headers["retry-after"]) * 1000
        assert (await _sign_in(client, "anna")).status_code == 204
        other = {"origin": "https://elsewhere.example"}
        assert (await client.post("/v1/session", json={"login": "anna"}, headers=other)).status_code == 403
        assert (await client.post("/v1/devices/x/revoke", headers=other)).status_code == 403, "another site's page"
    await hq.storage.close()


async def test_a_stranger_who_guesses_on_and_on_keeps_nobody_out(tmp_path: Path) -> None:
    """A stranger uses up the guesses from where it is; the person comes from elsewhere and does not wait for it."""
    clock = Clock()
    hq = await _hq_with(str(tmp_path / "hq"), clock, ("anna", Role.OWNER, None))
    async with client_of(hq, "203.0.113.9") as stranger, client_of(hq) as anna:
        for _ in range(100):
            clock.ms += 6_000
            guess = await _sign_in(stranger, "anna", "wrong wrong")
            assert guess.status_code in (401, 429)
        assert (await _sign_in(stranger, "anna")).status_code == 429
        assert (await _sign_in(anna, "anna")).status_code == 204
        for n in range(sessions.FROM_EVERYWHERE_AT_ONCE + 1):  # who has many addresses waits all the same
            async with client_of(hq, f"198.51.100.{n}") as another:
                last = await _sign_in(another, "anna", "wrong wrong")
        assert last.status_code == 429
    await hq.storage.close()


async def test_whoever_finds_a_browser_open_guesses_no_password(tmp_path: Path) -> None:
    """The old password is asked for a new one; it is no second door where nobody counts."""
    hq = await _hq_with(str(tmp_path / "hq"), Clock(), ("anna", Role.OWNER, None))
    async with client_of(hq) as client:
        await _sign_in(client, "anna")
        guess = {"old": "wrong wrong", "password": "long enough"}
        for _ in range(sessions.GUESSES_AT_ONCE):
            assert (await client.post("/v1/me/password", json=guess)).json()["code"] == "wrong_password"
        held = await client.post("/v1/me/password", json={**guess, "old": PASSWORD})
        assert (held.status_code, held.json()["code"]) == (429, "too_many")
    await hq.storage.close()


async def test_behind_a_proxy_each_waits_for_its_own_guesses_and_the_cookie_is_secure(tmp_path: Path) -> None:
    """TLS ends at a proxy on HQ's machine: who comes through it has an address and a page under https all the same."""
    hq = await _hq_with(str(tmp_path / "hq"), Clock(), ("anna", Role.OWNER, None))
    stranger, office = ({"x-forwarded-for": f"203.0.113.1, {one}"} for one in ("198.51.100.66", "198.51.100.7"))
    async with client_of(hq) as client:
        for n in range(sessions.FROM_ONE_ADDRESS_AT_ONCE):
            wrong = {"login": f"login{n}", "password": "wrong wrong"}
            assert (await client.post("/v1/session", json=wrong, headers=stranger)).status_code == 401
        right = {"login": "anna", "password": PASSWORD}
        assert (await client.post("/v1/session", json=right, headers=stranger)).status_code == 429
        signed = await client.post("/v1/session", json=right, headers={**office, "origin": "https://localhost:8090"})
        assert signed.status_code == 204
        assert "Secure" in signed.headers["set-cookie"]
        assert "Secure" not in (await client.post("/v1/session", json=right, headers=office)).headers["set-cookie"]
    async with client_of(hq, "203.0.113.9") as client:  # no proxy of HQ's: what it says of itself counts for nothing
        for n in range(sessions.FROM_ONE_ADDRESS_AT_ONCE + 1):
            told = {"login": f"other{n}", "password": "wrong wrong"}
            answer = await client.post("/v1/session", json=told, headers={"x-forwarded-for": f"198.51.100.{n}"})
        assert answer.status_code == 429
    await hq.storage.close()


async def test_another_stores_rows_take_no_room_in_a_list(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded list shows a person of one store that store's rows, however many newer ones the chain has."""
    monkeypatch.setattr("cloud_api.store.readings.LISTED", 2)
    monkeypatch.setattr("cloud_api.store.readings.EVENTS_OF_A_SHIFT", 1)
    hq = await _hq_with(where, Clock(), ("anna", Role.OWNER, None), ("ivan", Role.OWNER, [KAZAN]))
    kazan, ufa = PushingTill(), PushingTill(device=OTHER, key=OTHER_KEY)
    for till, count, at_ms in ((kazan, 1, NOON_MS), (ufa, 3, NOON_MS + 1)):
        for n in range(count):
            till.add(f"d{n}", Debt(f"s{n}", "Касса 1", 100, at_ms, "ККТ молчит", "Анна"), "debt")
            till.add(f"o{n}", Shift("Касса 1", n, "opened", at_ms, "Анна"), "shift")
            till.add(f"u{n}", a_sale(f"u{n}", unresolved=True, state="voided_after_payment"))
            till.add_raw(f"q{n}", b"{}")
    async with client_of(hq) as client:
        await kazan.push(client)
        await ufa.push(client)
        await _sign_in(client, "ivan")
        for path in ("/v1/debts", "/v1/shifts?limit=2", "/v1/unresolved", "/v1/quarantine"):
            rows = (await client.get(path)).json()
            assert [row["store"] for row in rows] == [KAZAN], path
        for path in ("/v1/claims", "/v1/encashments"):
            assert (await client.get(path)).json() == [], path
    await hq.storage.close()


async def test_each_role_may_what_it_says_and_only_in_its_stores(where: str) -> None:
    """A person of one store sees no row of another, in any list; who only looks changes nothing."""
    clock = Clock()
    people = (("anna", Role.OWNER, None), ("ivan", Role.STORE_IT, [KAZAN]), ("olga", Role.VIEWER, [UFA]))
    hq = await _hq_with(where, clock, *people)
    kazan, ufa = PushingTill(), PushingTill(device=OTHER, key=OTHER_KEY)
    kazan.add("k1", a_sale("k1"))
    kazan.add_raw("k2", b"{}")
    ufa.add("u1", a_sale("u1", total=100))
    ufa.add_raw("u2", b"{}")
    async with client_of(hq) as client:
        await kazan.push(client, 1, 2)
        await ufa.push(client, 1, 2)
        await _sign_in(client, "ivan")
        figures = (await client.get("/v1/figures")).json()
        assert (figures["sum"], [store["store"] for store in figures["stores"]]) == (12_345, [KAZAN])
        assert figures["waiting"]["quarantine"] == 1
        lists = (
            "/v1/sales",
            "/v1/desk/sales",
            "/v1/desk/fleet",
            "/v1/quarantine",
            "/v1/desk/stock?store=",
            "/v1/devices",
        )
        for path in lists:
            body = (await client.get(path)).text
            assert KAZAN in body, path
            assert UFA not in body, path
        assert (await client.get("/v1/sales/u1")).status_code == 404
        assert (await client.get(f"/v1/desk/stock?store={UFA}")).json()["code"] == "other_store"
        elsewhere = await client.post(f"/v1/quarantine/{OTHER}/1/sales/2/replay?store={UFA}")
        assert elsewhere.json()["code"] == "other_store"
        here = await client.post(f"/v1/quarantine/{DEVICE}/1/sales/2/replay?store={KAZAN}")
        assert here.json()["outcome"] == "still_held"
        assert (await client.get("/v1/users")).json()["code"] == "no_scope"
        await _sign_in(client, "olga")
        assert (await client.get("/v1/figures")).json()["sum"] == 100
        for path in ("/v1/devices/code", f"/v1/devices/{DEVICE}/revoke", "/v1/users", "/v1/quarantine/replay"):
            assert (await client.post(path, json={})).status_code == 403, path
    await hq.storage.close()


async def test_a_live_feed_ends_with_the_access_of_who_reads_it(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one request that lasts all day: whose access was ended must not go on reading it."""
    monkeypatch.setattr(live, "ASKED_EVERY_S", 0)
    clock = Clock()
    hq = await _hq_with(where, clock, ("anna", Role.OWNER, None), ("olga", Role.VIEWER, [UFA]))
    ufa = PushingTill(device=OTHER, key=OTHER_KEY)
    ufa.add("u1", a_sale("u1"))
    ufa.add("u2", a_sale("u2"))

    async def ends() -> None:
        await change_user(hq.storage, "olga", role=Role.VIEWER, stores=[UFA], disabled=True, now_ms=clock.ms)

    async def loses_the_store() -> None:
        await change_user(hq.storage, "olga", role=Role.VIEWER, stores=[KAZAN], disabled=False, now_ms=clock.ms)

    async def idles() -> None:
        """Asked half-way whether it may go on, it is no request that the session would live on by."""
        clock.ms += sessions.IDLE_MS // 2
        hq.bell.ring()
        await anyio.sleep(0.1)
        clock.ms += sessions.IDLE_MS // 2 + 1

    async with client_of(hq) as client:
        await ufa.push(client, 1, 1)
        for over in (idles, loses_the_store, ends):
            await change_user(hq.storage, "olga", role=Role.VIEWER, stores=[UFA], disabled=False, now_ms=clock.ms)
            assert (await _sign_in(client, "olga")).status_code == 204
            heard = b""
            request = client.build_request("GET", "/v1/live?after=0")
            with anyio.fail_after(5):
                async with anyio.create_task_group() as tasks:

                    async def reads(asked: httpx.Request = request) -> None:
                        nonlocal heard
                        heard = (await client.send(asked)).content  # whole: the feed has ended by itself

                    tasks.start_soon(reads)
                    await anyio.sleep(0.2)
                    await over()
                    hq.bell.ring()
            assert heard.count(b"event: sale") == 1, over.__name__
    await hq.storage.close()


async def test_a_live_feed_tells_of_its_reader_s_stores_only(where: str) -> None:
    """Neither how much another store sells, nor its device's name; and what is its own is not lost among them."""
    hq = await open_hq(where)
    kazan, ufa = PushingTill(), PushingTill(device=OTHER, key=OTHER_KEY)
    for n in range(live.SHOWN_AT_ONCE + 1):
        kazan.add(f"k{n}", a_sale(f"k{n}"))
    ufa.add("u1", a_sale("u1"))
    async with client_of(hq) as client:
        await ufa.push(client)
        await kazan.push(client)
    told, place = await live.news(hq.storage, START, stores=frozenset({UFA}))
    assert [b'"id":"u1"' in one for one in told] == [True]
    assert place.device == DEVICE, "it goes on behind the others' sales"
    flood, _ = await live.news(hq.storage, START, stores=frozenset({KAZAN}))
    assert b'"skipped":1}' in flood[0]
    assert b"id: " not in flood[0]
    await hq.storage.close()


async def test_what_was_done_is_in_the_log_and_the_last_owner_stays(where: str) -> None:
    """Who, what, on what and how it ended: people, commands, wrong passwords; never a password. Rows only grow."""
    clock = Clock()
    hq = await _hq_with(where, clock, ("anna", Role.OWNER, None))
    async with client_of(hq) as client:
        await _sign_in(client, "anna", "a wrong guess")
        await _sign_in(client, "anna")
        new = {"login": "petr", "name": "Пётр", "role": "viewer", "password": "seven seven", "stores": None}
        assert (await client.post("/v1/users", json=new)).status_code == 201
        assert (await client.post("/v1/users", json=new)).json()["code"] == "login_taken"
        assert (await client.post(f"/v1/devices/{DEVICE}/revoke")).status_code == 204
        assert (await client.post("/v1/users/petr/change", json={"role": "office", "disabled": True})).is_success
        last = await client.post("/v1/users/anna/change", json={"role": "viewer"})
        assert last.json()["code"] == "last_owner"
        rows = (await client.get("/v1/audit?limit=200")).json()["rows"]
        told = sorted((row["who"], row["what"], row["target"], row["outcome"]) for row in rows)
        assert told == [
            ("anna", "devices.revoke", DEVICE, "done"),
            ("anna", "session", "127.0.0.1", "done"),
            ("anna", "session", "127.0.0.1", "refused: wrong_password"),
            ("anna", "users", "petr: viewer", "done"),
            ("anna", "users", "petr: viewer", "refused: 409"),
            ("anna", "users.change", "anna: viewer, all stores", "refused: 409"),
            ("anna", "users.change", "petr: office, all stores, ended", "done"),
        ]
        assert "seven seven" not in str(await hq.storage.rows("SELECT * FROM audit"))
        first = (await client.get("/v1/audit?limit=3")).json()
        second = (await client.get(f"/v1/audit?limit=200&before={first['next']}")).json()
        assert [row["place"] for row in first["rows"] + second["rows"]] == [row["place"] for row in rows]
        assert len((await client.get("/v1/audit?what=users.")).json()["rows"]) == 2
        with pytest.raises(UserWrong):
            await change_user(hq.storage, "anna", role=Role.OWNER, stores=None, disabled=True, now_ms=1)
        assert (await client.get("/v1/me")).json()["role"] == "owner", "nothing of a refused change stays"
    await hq.storage.close()


async def test_what_an_open_machine_and_a_key_change_is_in_the_log_too(tmp_path: Path) -> None:
    """Without people it is this machine that did it."""
    hq = await open_hq(tmp_path / "hq")
    async with client_of(hq) as client:
        await client.post(f"/v1/devices/{DEVICE}/revoke")
        row = (await client.get("/v1/audit")).json()["rows"][0]
        assert (row["kind"], row["what"], row["target"]) == ("machine", "devices.revoke", DEVICE)
    await hq.storage.close()


def test_the_first_person_is_made_by_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The password is shown once, or read from a file; every mistake is named and changes nothing."""
    database = f"sqlite:///{tmp_path / 'hq.sqlite'}"
    short = tmp_path / "short"
    short.write_text("seven", encoding="utf-8")
    assert access(["user", "add", "--database", database, "--login", "anna", "--password-file", str(short)]) == 2
    assert "10" in capsys.readouterr().err
    assert access(["user", "add", "--database", database, "--login", "anna", "--role", "king"]) == 2
    assert access(["user", "add", "--database", database, "--login", "anna", "--name", "Анна"]) == 0
    assert "password (shown once): " in capsys.readouterr().out
    assert access(["user", "add", "--database", database, "--login", "anna"]) == 2
    assert access(["user", "end", "--database", database, "--login", "anna"]) == 2
    capsys.readouterr()
    assert access(["user", "list", "--database", database]) == 0
    assert "anna: Анна; owner; all stores" in capsys.readouterr().out
