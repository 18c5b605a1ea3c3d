"""The document of the agent's local API is true: whatever a program sends, the answer is one that it names."""

from __future__ import annotations

from pathlib import Path

import anyio.from_thread
import pytest

from agent.listening import bind, serve
from agent.local_api.app import create_app
from tests.agent.kiosk_shop import kiosk_shop
from tests.agent.small_shop import CLAY, small_shop
from tests.api_walk import walk

COMMANDS = "/api/tills/{till}/commands"


@pytest.mark.parametrize("kind", ["till", "kiosk"])
def test_every_operation_answers_as_the_document_says(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bound = bind("127.0.0.1", 0)
    opened = small_shop(tmp_path) if kind == "till" else kiosk_shop(tmp_path)
    with (
        anyio.from_thread.start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(opened) as shop,  # type: ignore[var-annotated]
    ):
        serving = portal.start_task_soon(serve, create_app(shop.shop), bound, lambda: None)
        known = {"till": ["1"], "kiosk": list(shop.shop.kiosks) or ["1"], "q": ["Плас", CLAY], "text": ["t=1&s=2"]}
        found = walk(f"http://127.0.0.1:{bound.getsockname()[1]}", 8, known)
        serving.cancel()
    with capsys.disabled():
        print(f"\n{found.told(f'agent, shop of a {kind}')}")
    assert found.operations >= 18
    assert {"GET /api/tills", "GET /api/status", "GET /api/stock", "POST /api/stock/commands"} <= found.done
    if kind == "till":
        assert {"GET /api/tills/{till}", f"POST {COMMANDS}", "GET /api/tills/{till}/search"} <= found.done
    else:
        assert {"GET /api/kiosks/{kiosk}", "GET /api/kiosks/{kiosk}/categories"} <= found.done
