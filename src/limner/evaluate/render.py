"""The scoreboard as a page: Markdown from results files, never typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from limner.evaluate import details
from limner.evaluate.cells import NONE, count, grid, number, ranged, won
from limner.evaluate.compare import COLUMNS, POOLED, SMALL

HALVES = {
    "choose": "The half that decisions were made on: models and baselines were tuned here.",
    "report": "The half that nothing was tuned on; every look at it is in "
    "`results/report_log.jsonl`.",
}
CLICKS = COLUMNS[1:]


def page(results: Sequence[Mapping[str, Any]]) -> str:
    """The whole page, from one results document a half."""
    intro = [
        "# Scoreboard",
        "",
        "Made by `limner evaluate --render` from `results/objects_*.json`; do not edit.",
        "",
        "Every contestant outlines the same objects of `objects.json` on whole slices, told by the",
        "tight box, or by clicks: each is at the deepest place of the larger of what is missed and",
        "what is too much. Scores are Dice. A set's score is the mean over its objects, and every",
        f"set weighs the same; sets of fewer than {SMALL} images are one group, '{POOLED}'. In",
        "brackets: 95 % intervals from drawing images again (paired for differences). A call that",
        "fails counts as 0. Thin objects (under a fifth of their box) have a table of their own,",
        "without boxes. [How models are scored](../explanation/scoring.md) says what each means.",
    ]
    parts = ["\n".join(intro)]
    for told in results:
        parts += [_half(told)]
    return "\n\n".join(parts) + "\n"


def _half(told: Mapping[str, Any]) -> str:
    half, tables = told["half"], told["tables"]
    machine = told["machine"]
    made = (
        f"{HALVES[half]} {len(told['objects'])} objects; {told['date'][:10]}, commit "
        f"`{told['commit']}`, {machine['cpu']}, {machine['cores']} cores, "
        f"{told.get('threads') or 'as many as the runtime chooses'} threads a model."
    )
    parts = [f"## {half.capitalize()}", made]
    if told.get("limit"):
        parts.append(f"**Only {told['limit']} objects a set: not the whole half.**")
    for name, title in (("ordinary", "All but thin objects"), ("thin", "Thin objects")):
        if name in tables:
            parts += [f"### {title}", *_tables(tables[name], told, thin=name == "thin")]
    parts += details.parts(told)
    failures = {name: len(each["failures"]) for name, each in told["contestants"].items()}
    said = ", ".join(f"{name} {count}" for name, count in failures.items() if count)
    parts.append(f"Calls that failed and count as 0: {said or 'none'}.")
    return "\n\n".join(parts)


def _tables(table: Mapping[str, Any], told: Mapping[str, Any], *, thin: bool) -> list[str]:
    """The means, the differences, the wins, then the sets and the modalities."""
    columns = _columns(table, thin=thin)
    names = [
        name for name, each in table["contestants"].items() if set(columns) & set(each["mean"])
    ]
    rows = []
    for name in names:
        mean, spent = table["contestants"][name]["mean"], told["contestants"][name]["seconds"]
        times = [spent["click"]] if thin else [spent["box"], spent["click"]]
        rows.append([name, *(ranged(mean.get(c)) for c in columns), *map(number, times)])
    heads = ["", *columns, *(["s a click"] if thin else ["s a box", "s a click"])]
    parts = ["Mean over sets:", grid(heads, rows)]
    first = table["contestants"][names[0]]
    others = [name for name in names if name in first["minus"]]
    if others:
        rows = [[name, *(ranged(first["minus"][name].get(c)) for c in columns)] for name in others]
        parts += [f"`{names[0]}` minus each other one:", grid(["", *columns], rows)]
    if others and "wins" in first:
        rows = [[name, *(won(first["wins"][name].get(c)) for c in columns)] for name in others]
        rows.append(["nine in ten of each", *(_often(first["wins"], column) for column in columns)])
        parts += [
            f"Sets on which `{names[0]}` is better than each other one (nine in ten is the aim):",
            grid(["", *columns], rows),
        ]
    return parts + _by_group(table, columns)


def _often(wins: Mapping[str, Mapping[str, Sequence[int]]], column: str) -> str:
    """Whether it is better than each other one on at least nine sets in ten."""
    each = [told[column] for told in wins.values() if column in told]
    return NONE if not each else "yes" if all(10 * n >= 9 * of for n, of in each) else "no"


def _columns(table: Mapping[str, Any], *, thin: bool) -> list[str]:
    """The columns that anybody has a score in; no box for thin objects."""
    found = dict.fromkeys(c for each in table["contestants"].values() for c in each["mean"])
    return [column for column in found if not (thin and column == "box")]


def _by_group(table: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    names = list(table["contestants"])
    groups = {
        f"{group} ({count(size['images'], 'image')}, {count(size['objects'], 'object')})": {
            name: table["contestants"][name]["groups"][group] for name in names
        }
        for group, size in table["groups"].items()
    }
    kinds = {
        f"{kind} ({count(each['sets'], 'set')}, {count(each['objects'], 'object')})": each[
            "contestants"
        ]
        for kind, each in table["modalities"].items()
    }
    ways = [
        (how, shown)
        for how, shown in (
            ("with a box", [c for c in columns if c == "box"]),
            ("after 1 / 3 / 5 / 10 clicks", [c for c in columns if c in CLICKS]),
            ("after 1 / 2 scribbles", [c for c in columns if "scribble" in c]),
        )
        if shown
    ]
    return [
        part
        for what, rows_of in (("set", groups), ("modality", kinds))
        for how, shown in ways
        for part in (f"By {what}, {how}:", _by(rows_of, names, shown))
    ]


def _by(
    table: Mapping[str, Mapping[str, Mapping[str, float]]],
    names: Sequence[str],
    columns: Sequence[str],
) -> str:
    """One row a group, one column a contestant that takes such prompts."""
    takers = [n for n in names if any(columns[0] in each[n] for each in table.values())]
    rows = [
        [group, *(" / ".join(number(each[name].get(c)) for c in columns) for name in takers)]
        for group, each in table.items()
    ]
    return grid(["", *takers], rows)
