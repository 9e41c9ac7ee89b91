"""How long `import limner` and `limner --help` take in fresh processes, beside bare Python.

    python -m benchmarks.start                writes results/start.json

Medians. On a machine that is doing other work believe the processor seconds.
"""

import argparse
import json
from pathlib import Path

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar, in_turn, ours
from limner.safely import write_text

IMPORT_S, HELP_S = 0.060, 0.300
COMMANDS = {
    "bare Python": ours("-c", "pass"),
    "import limner": ours("-c", "import limner"),
    "import typer": ours("-c", "import typer"),
    "limner --help": ours("-m", "limner", "--help"),
    "limner segment --help": ours("-m", "limner", "segment", "--help"),
    "limner --version": ours("-m", "limner", "--version"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="of each, at least 7")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "start.json")
    asked = parser.parse_args()
    found = in_turn(COMMANDS, runs=max(7, asked.runs))
    over = found["import limner"]["seconds"] - found["bare Python"]["seconds"]
    bars = {
        "import limner, over bare Python": bar(round(over, 4), IMPORT_S, "s"),
        "limner --help": bar(found["limner --help"]["seconds"], HELP_S, "s"),
    }
    told = {"command": "python -m benchmarks.start", **stamp(), "bars": bars, "processes": found}
    write_text(json.dumps(told, indent=1) + "\n", asked.out)
    for name, each in found.items():
        print(f"{name:24} {each['seconds']:.3f} s, {each['cpu_seconds']:.3f} s of a processor")
    for name, each in bars.items():
        print(f"{name}: {each['value']} s, at most {each['at_most']}: {each['met']}")


if __name__ == "__main__":
    main()
