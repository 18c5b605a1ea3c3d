"""Breaks one law of the house at a time in a copy of the tree and demands that the tests turn red (`make break-laws`).

    python -m tests.laws.break_laws [--jobs N] [--only WORDS] [--list]

Red (exit code 1) when a mutation survives, when its old text is no longer there exactly once, when its tests cannot run
at all, or when they are red already without it. Tests that hang count as unable to run.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.laws.claim_mutations import CLAIM_MUTATIONS
from tests.laws.credit_mutations import CREDIT_MUTATIONS
from tests.laws.customer_mutations import CUSTOMER_MUTATIONS
from tests.laws.device_mutations import DEVICE_MUTATIONS
from tests.laws.epoch_mutations import EPOCH_MUTATIONS
from tests.laws.exchange_mutations import EXCHANGE_MUTATIONS
from tests.laws.feed_mutations import FEED_MUTATIONS
from tests.laws.kiosk_mutations import KIOSK_MUTATIONS
from tests.laws.mutations import IMPORTS, MUTATIONS, Mutation
from tests.laws.restore_mutations import RESTORE_MUTATIONS
from tests.laws.stock_mutations import STOCK_MUTATIONS
from tests.laws.visit_mutations import VISIT_MUTATIONS

ROOT = Path(__file__).resolve().parents[2]
EVERY = (
    *MUTATIONS,
    *CLAIM_MUTATIONS,
    *CREDIT_MUTATIONS,
    *DEVICE_MUTATIONS,
    *EPOCH_MUTATIONS,
    *EXCHANGE_MUTATIONS,
    *FEED_MUTATIONS,
    *KIOSK_MUTATIONS,
    *RESTORE_MUTATIONS,
    *STOCK_MUTATIONS,
    *VISIT_MUTATIONS,
    *CUSTOMER_MUTATIONS,
)
COPIED = ("agent", "cloud_api", "drivers", "fiscal", "sensors", "sync", "tests", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules", ".hypothesis", "screenshots")
AT_ONCE = 25
"""Tests of the run that proves that all is green: all of them at once take longer than one run has."""
WITHIN_S = 240
"""The slowest selection takes some twenty seconds on an idle box; a loaded one may take ten times as long."""
NOTICED, GREEN = 1, 0
"""What pytest (tests failed) and import-linter (a contract broken) end with; any other code is an accident."""


@dataclass(frozen=True, slots=True)
class Outcome:
    mutation: Mutation
    verdict: str
    seconds: float
    said: str = ""

    @property
    def good(self) -> bool:
        return self.verdict == "noticed"


def mutated(mutation: Mutation, root: Path) -> str:
    """The file's text with the law broken. Raises ValueError when an old text does not stand there exactly once."""
    text = (root / mutation.file).read_text(encoding="utf-8")
    for old, new in mutation.edits:
        count = text.count(old)
        if count != 1:
            raise ValueError(
                f"{mutation.file}: the old text stands there {count} times, not once: {old.strip()[:70]!r}"
            )
        text = text.replace(old, new)
    return text


def copy_tree(place: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, place / name)


def run_checks(place: Path, noticed_by: Sequence[str]) -> tuple[int | None, str]:
    """(exit code, the end of what was said); None for the code: it hung."""
    if IMPORTS in noticed_by:
        command = [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])",
        ]
    else:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=line", *noticed_by]
    environment = {
        **os.environ,
        "PYTHONPATH": str(place),  # the copy, not the installed tree
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",  # two versions of a file within a second: no stale bytecode
    }
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None, f"nothing ended within {WITHIN_S} s"
    return done.returncode, (done.stdout + done.stderr).strip()[-1500:]


def break_one(mutation: Mutation, place: Path) -> Outcome:
    """Apply, look whether the tests notice, put the file back."""
    began = time.monotonic()
    file = place / mutation.file
    try:
        broken = mutated(mutation, place)
    except (ValueError, OSError) as error:
        return Outcome(mutation, "no longer fits", 0.0, str(error))
    whole = file.read_bytes()
    file.write_text(broken, encoding="utf-8")
    try:
        compile(broken, mutation.file, "exec")
        code, said = run_checks(place, mutation.noticed_by)
    except SyntaxError as error:
        code, said = None, f"the mutation is no Python: {error}"
    finally:
        file.write_bytes(whole)
    verdict = {NOTICED: "noticed", GREEN: "SURVIVED"}.get(code if code is not None else -1, "could not run")
    return Outcome(mutation, verdict, time.monotonic() - began, "" if verdict == "noticed" else said)


def baseline(place: Path, mutations: Sequence[Mutation]) -> str:
    """Empty, or what is red without any mutation: then nothing would be proved."""
    tests = sorted({test for mutation in mutations for test in mutation.noticed_by if test != IMPORTS})
    runs = [tests[at : at + AT_ONCE] for at in range(0, len(tests), AT_ONCE)]
    if any(IMPORTS in mutation.noticed_by for mutation in mutations):
        runs.append([IMPORTS])
    found = []
    for wanted in runs:
        code, said = run_checks(place, wanted)
        if code != GREEN:
            found.append(said)
    return "\n".join(found)


def run_all(mutations: Sequence[Mutation], jobs: int) -> tuple[str, list[Outcome]]:
    """Each worker has a copy of the tree; the first of them also proves that everything is green as it stands."""
    waiting: queue.SimpleQueue[Mutation | None] = queue.SimpleQueue()
    for mutation in mutations:
        waiting.put(mutation)
    outcomes: list[Outcome] = []
    red: list[str] = []

    def work(first: bool) -> None:
        with tempfile.TemporaryDirectory(prefix="tillkeeper-laws-") as made:
            place = Path(made)
            copy_tree(place)
            if first:
                red.append(baseline(place, mutations))
            while not waiting.empty():
                try:
                    mutation = waiting.get_nowait()
                except queue.Empty:
                    return
                assert mutation is not None
                outcome = break_one(mutation, place)
                outcomes.append(outcome)
                print(f"  {outcome.verdict:<15}{outcome.seconds:6.1f} s  {mutation.name}", flush=True)

    workers = [threading.Thread(target=work, args=(number == 0,)) for number in range(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    order = {mutation.name: place for place, mutation in enumerate(mutations)}
    return red[0], sorted(outcomes, key=lambda outcome: order[outcome.mutation.name])


def table(outcomes: Sequence[Outcome]) -> str:
    rows = ["law  verdict         s      what is broken, and where"]
    for outcome in outcomes:
        law = outcome.mutation.law or "-"
        where = outcome.mutation.file
        rows.append(f"{law!s:>3}  {outcome.verdict:<15}{outcome.seconds:5.1f}  {outcome.mutation.name}  ({where})")
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="break_laws", description=__doc__)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", default="", help="only mutations whose name contains this")
    parser.add_argument("--list", action="store_true", help="name them and end")
    options = parser.parse_args(argv)
    mutations = [mutation for mutation in EVERY if options.only in mutation.name]
    if options.list:
        print("\n".join(f"{mutation.law or '-'}  {mutation.name}" for mutation in mutations))
        return 0
    began = time.monotonic()
    red, outcomes = run_all(mutations, max(1, options.jobs))
    print("\n" + table(outcomes))
    bad = [outcome for outcome in outcomes if not outcome.good]
    for outcome in bad:
        print(f"\n{outcome.mutation.name}: {outcome.verdict}\n{outcome.said}")
    if red:
        print(f"\nred already without any mutation:\n{red}")
    broken = len(outcomes) - len(bad)
    print(f"\n{broken} of {len(outcomes)} broken laws noticed in {time.monotonic() - began:.0f} s")
    return 1 if bad or red or not outcomes else 0


if __name__ == "__main__":
    raise SystemExit(main())
