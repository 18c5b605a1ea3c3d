"""HQ's routes run on asyncio and on Trio over SQLite, and on asyncio over PostgreSQL; its page in a browser that
tolerates no script error and no other host."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_hq import RunningHq

from cloud_api.storage.postgresql import _Statements
from cloud_api.storage.sqlite import _SqliteTransaction
from tests.cloud_api.postgres_cluster import CHEAP, Cluster, NoPostgres
from tests.cloud_api.statements import names_no_store, recorded

ON_SQLITE = [pytest.param((runner, "sqlite"), id=runner) for runner in ("asyncio", "trio")]
ON_POSTGRESQL = pytest.param(("asyncio", "postgresql"), id="postgresql")
TEMPLATE = "tillkeeper_template"

_names = (f"test_{n}" for n in itertools.count())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks `where` HQ's storage is to lie runs on both."""
    if "anyio_backend" in metafunc.fixturenames:
        file = metafunc.definition.get_closest_marker("sqlite_file") is not None
        both = "where" in metafunc.fixturenames and not file
        sqlite = [] if metafunc.definition.get_closest_marker("postgresql_only") else ON_SQLITE
        metafunc.parametrize("anyio_backend", [*sqlite, *([ON_POSTGRESQL] if both else [])], indirect=True)


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param[0])


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The session's PostgreSQL, with one database that is as HQ leaves it at its first start."""
    from cloud_api.storage.opening import open_storage

    try:
        cluster = Cluster(*CHEAP)
    except NoPostgres as missing:
        pytest.skip(f"no PostgreSQL: {missing}")
    try:
        cluster.make()

        async def fill() -> None:
            await _say(cluster, f"CREATE DATABASE {TEMPLATE}")
            storage = await open_storage(cluster.url(TEMPLATE))
            await storage.close()

        asyncio.run(fill())
        yield cluster
    except NoPostgres as missing:
        pytest.skip(f"no PostgreSQL: {missing}")
    finally:
        cluster.close()


@pytest.fixture(scope="session", autouse=True)
def statements() -> Iterator[set[tuple[str, str]]]:
    """Whatever HQ says to its storage in this room's tests, judged when they have ended."""
    with recorded(_SqliteTransaction, _Statements) as said:
        yield said
    guilty = sorted(sql for sql, dialect in said if names_no_store(sql, dialect))
    assert not guilty, "\n".join(guilty) + ": each names its shop, or says that it asks all of them"


async def _say(cluster: Cluster, sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(cluster.url())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where HQ's storage of this test lies: a file, or a database of its own."""
    if request.node.callspec.params["anyio_backend"][1] == "sqlite":
        yield str(tmp_path / "hq.sqlite")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = next(_names)
    asyncio.run(_say(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield cluster.url(name)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningHq]:
    hq = RunningHq(tmp_path / "hq.sqlite")
    yield hq
    hq.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="ru", color_scheme="light")
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url) if "127.0.0.1" not in request.url else None)
    page.set_default_timeout(5_000)
    yield page
    page.close()
    assert troubles == []
