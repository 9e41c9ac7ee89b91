"""Writes the figures of the network that ships into its card, from its scoring on `report`.

    python -m benchmarks.card                 after `limner evaluate --half report`

Means over the sets of results/objects_report.json, sets weighing the same; a scoring of other
weights than those beside the card is refused. A test compares the card with the file.
"""

import argparse
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from limner.errors import BadValue
from limner.learn.publish import toml
from limner.predict.card import Card
from limner.predict.limner import CARDS
from limner.safely import write_text

REPORT = ROOT / "results" / "objects_report.json"
TABLES = {"ordinary": "Dice, {}", "thin": "Dice of thin objects, {}"}
MODEL = "limner"


def figures(scored: Mapping[str, Any], *, name: str) -> dict[str, Any]:
    """What a card tells of a scoring; `name` is that of the card.

    Raises BadValue where the scoring is of another network.
    """
    made = scored["contestants"][MODEL]["made"]
    if made.split()[0] != name:
        raise BadValue(
            f"The scoring is of {made.split()[0]}, and the card of {name}. "
            "Score the network on 'report' first."
        )
    told: dict[str, Any] = {"from": f"results/{REPORT.name}, {scored['date'][:10]}"}
    for table, title in TABLES.items():
        means = scored["tables"][table]["contestants"][MODEL]["mean"]
        told |= {title.format(column): value[0] for column, value in means.items()}
    people = scored["tables"]["scribbles"]["contestants"][MODEL]["mean"]
    told["Dice, scribbles by people"] = people["mean"][0]
    expected = scored["expected"][MODEL]["every answer"]
    told["mean absolute error of the expected Dice"] = expected["error"]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--card", type=Path, default=CARDS)
    asked = parser.parse_args()
    scored = json.loads(REPORT.read_text(encoding="utf-8"))
    path = asked.card / "card.toml"
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    told["figures"] = figures(scored, name=Card.read(asked.card).name)
    write_text(toml(told), path)
    print("\n".join(f"{key}: {value}" for key, value in told["figures"].items()))


if __name__ == "__main__":
    main()
