"""The agent and HQ as processes: goods imported at HQ are on sale in a shop that had none, a new price follows them,
and a file imported in the shop is in force until HQ is reached."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from processes import config, get, run, running

KEY = "the-key-of-this-shop-only"
HQ_SAYS_WITHIN_S = 40.0
"""Two interpreters start meanwhile, and a busy test machine runs seven other things."""
pytestmark = pytest.mark.slow


def sold(url: str, text: str) -> list[tuple[str, int]]:
    found: list[dict[str, Any]] = get(f"{url}/api/tills/1/search?q={quote(text)}")
    return [(one["name"], one["price_minor"]) for one in found]


def until_sold(url: str, text: str, wanted: list[tuple[str, int]]) -> None:
    deadline = time.monotonic() + HQ_SAYS_WITHIN_S
    while (here := sold(url, text)) != wanted:
        assert time.monotonic() < deadline, here
        time.sleep(0.1)


def test_goods_of_hq_are_on_sale(tmp_path: Path) -> None:
    base = ["--database", f"sqlite:///{tmp_path / 'hq.sqlite'}"]
    goods = tmp_path / "goods.tsv"
    goods.write_text("barcode\tname\tprice_minor\n4607012330017\tКукла\t129900\n", encoding="utf-8")
    told = run(["agent.cli", "hq", "import-catalog", str(goods), *base])
    assert told.returncode == 0, told.stderr
    devices = tmp_path / "devices.toml"
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    devices.write_text(f'[[device]]\ndevice = "kazan"\nstore = "Kazan"\ntill = "1"\nkey_sha256 = "{digest}"\n', "utf-8")
    with running(["cloud_api", *base, "--port", "0", "--devices", str(devices)], "HQ ") as hq:
        url = hq.word_after("HQ ").removesuffix("/office")
        (tmp_path / "hq.key").write_text(KEY, encoding="utf-8")
        more = f'[hq]\nurl = "{url}"\ndevice = "kazan"\nkey_file = "hq.key"'
        file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")}, more=more)
        own = tmp_path / "own.tsv"
        own.write_text("barcode\tname\tprice_minor\n4601234004121\tСвоё\t500\n", encoding="utf-8")
        told = run(["agent", "catalog", "import", str(own), "--config", str(file)])
        assert ("1 products imported" in told.stdout, "HQ keeps" in told.stdout) == (True, False)
        with running(["agent", "agent", "--config", str(file)]) as agent:
            shop = agent.word_after("ready ").removesuffix("/till")
            until_sold(shop, "кук", [("Кукла", 129_900)])
            assert sold(shop, "сво") == []
            told = run(["agent.cli", "hq", "set-price", "--sku", "4607012330017", "--price", "99900", *base])
            assert told.returncode == 0, told.stderr
            until_sold(shop, "кук", [("Кукла", 99_900)])
            with urlopen(f"{shop}/metrics", timeout=10) as answer:
                assert 'tillkeeper_feed_following{feed="catalogue"} 1' in answer.read().decode()
        told = run(["agent", "catalog", "import", str(own), "--config", str(file)])
        assert "HQ keeps this store's catalogue" in told.stdout
