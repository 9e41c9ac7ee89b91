"""Every benchmark after the other, then the stated bars in one table.

python -m benchmarks              all of them; `make bench` does this
python -m benchmarks start prompt only these
python -m benchmarks --told       run nothing; the table from the results that are there
"""

import argparse
import json
import subprocess
import sys

from benchmarks.machine import ROOT

NAMES = ("start", "open_series", "prompt", "runtimes", "metrics", "diameters")


def bars(name):
    """(what, value, at most, met) of one result file; none where it is not there."""
    file = ROOT / "results" / f"{name}.json"
    if not file.is_file():
        return []
    told = json.loads(file.read_text(encoding="utf-8")).get("bars", {})
    return [(what, each["value"], each["at_most"], each["met"]) for what, each in told.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=", ".join(NAMES))
    parser.add_argument("--told", action="store_true", help="run nothing, print what is there")
    asked = parser.parse_args()
    names = asked.names or NAMES
    failed = []
    for name in () if asked.told else names:
        print(f"--- {name}", flush=True)
        words = [sys.executable, "-m", f"benchmarks.{name}"]
        if subprocess.run(words, cwd=ROOT, check=False).returncode:
            failed.append(name)
    rows = [(name, *row) for name in names for row in bars(name)]
    wide = max((len(what) for _, what, *_ in rows), default=0)
    print("\nbar" + " " * wide + "   measured    at most")
    for _, what, value, at_most, met in rows:
        print(f"{what:{wide}} {value:>12g} {at_most:>10g}  {'met' if met else 'MISSED'}")
    if failed:
        sys.exit(f"These stopped: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
