"""Search every reader in turn for files that it stumbles over: `python -m tests.fuzz`.

Finds are put into tests/fuzz/finds, where a test reads them from then on; what was tried goes
into results/fuzz.json, search after search. Each reader has a process of its own, for a crash
ends the process.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import ROOT, stamp
from limner.safely import write_text
from tests.fuzz.targets import targets

FINDS = Path(__file__).parent / "finds"
RESULT = ROOT / "results" / "fuzz.json"


def main() -> None:
    """Search, and write down what came of it."""
    told = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    told.add_argument("--minutes", type=float, default=30, help="In all, by the clock.")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--target", action="append", help="Only this one. Repeatable.")
    said = told.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = said.target or list(targets(Path(folder)))
    seconds = max(1, round(said.minutes * 60 / len(names)))
    found = {name: _searched(name, seconds, said.seed) for name in names}
    result = {
        **stamp(seed=said.seed),
        "minutes": sum(each["seconds"] for each in found.values()) / 60,
        "runs": sum(each["runs"] for each in found.values()),
        "finds": sum(len(each["finds"]) + len(each["crashes"]) for each in found.values()),
        "targets": found,
    }
    told = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {"searches": []}
    searches = [*told["searches"], result]
    every = {
        each: sum(search[each] for search in searches) for each in ("minutes", "runs", "finds")
    }
    whole = {"command": "python -m tests.fuzz", **every, "searches": searches}
    write_text(json.dumps(whole, indent=1) + "\n", RESULT)
    spent = f"{result['minutes']:.1f} minutes of processor"
    sys.stdout.write(f"{result['runs']} files in {spent}, {result['finds']} finds\n")


def _searched(name: str, seconds: int, seed: int) -> dict[str, object]:
    """One reader. `seconds` are of the clock; those in the result are of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        words = (name, "--seconds", str(seconds), "--seed", str(seed), "--finds", folder)
        ended = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.one", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        note = Path(folder) / f"{name}.json"
        if not note.exists():
            raise SystemExit(f"The search of '{name}' did not begin:\n{ended.stderr[-2000:]}")
        seen = json.loads(note.read_text(encoding="utf-8"))
        crashes = [each.name for each in Path(folder).glob(f"{name}-crash-*")]
        for kept in (*seen["finds"].values(), *crashes):
            shutil.copy(Path(folder) / kept, FINDS / kept)
    told = f"{seen['runs']} files, {seen['refused']} refused, {seen['finds']} {crashes}"
    sys.stdout.write(f"{name}: {told}\n")
    return {**seen, "crashes": crashes}


if __name__ == "__main__":
    main()
