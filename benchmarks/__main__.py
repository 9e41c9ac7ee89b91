"""Every bar in one go: `python -m benchmarks`, or some: `python -m benchmarks start prompt`.

Each runs in a process of its own, one after the other, and writes its file in results/.
`classic`, `network`, `limits`, `shapes`, `zooms`, `generator_parts`, `training_choices`,
`equal_budget` and `limner evaluate` are not among them: they need the shared data.
"""

import json
import subprocess
import sys
import time

from benchmarks.machine import ROOT

ALL = (
    "start",
    "prompt",
    "open_series",
    "dicom_study",
    "dicom_seg",
    "metrics",
    "diameters",
    "runtimes",
    "generator",
)


def main():
    names = tuple(sys.argv[1:]) or ALL
    failed = []
    for name in names:
        began = time.monotonic()
        print(f"=== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False)
        print(f"=== {name} took {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
    missed = [line for name in names for line in bars(name)]
    print("\nBars" if missed else "\nNo bars were written.")
    print("\n".join(missed))
    if failed:
        sys.exit(f"These stopped: {', '.join(failed)}.")


def bars(name):
    """One line for each bar of a results file, where it states any."""
    path = ROOT / "results" / f"{name}.json"
    stated = json.loads(path.read_text(encoding="utf-8")).get("bars") if path.is_file() else None
    if not isinstance(stated, dict):
        return []
    return [
        f"  {'met   ' if each['met'] else 'MISSED'} {what}: {each['value']} {each['unit']}, "
        f"at most {each['at_most']}"
        for what, each in stated.items()
        if isinstance(each, dict) and {"value", "unit", "at_most", "met"} <= set(each)
    ]


if __name__ == "__main__":
    main()
