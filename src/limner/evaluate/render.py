"""The scoreboard as a page: Markdown from results files, never typed."""

from collections.abc import Mapping, Sequence
from typing import Any

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
        "fails counts as 0. Thin objects (under a fifth of their box) have a table of their own.",
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
            parts += [f"### {title}", *_tables(tables[name], told)]
    failures = {name: len(each["failures"]) for name, each in told["contestants"].items()}
    said = ", ".join(f"{name} {count}" for name, count in failures.items() if count)
    parts.append(f"Calls that failed and count as 0: {said or 'none'}.")
    return "\n\n".join(parts)


def _tables(table: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    names = list(table["contestants"])
    heads = ["", *COLUMNS, "s a box", "s a click"]
    rows = []
    for name in names:
        mean, seconds = table["contestants"][name]["mean"], told["contestants"][name]["seconds"]
        cells = [_ranged(mean.get(column)) for column in COLUMNS]
        rows.append([name, *cells, _seconds(seconds["box"]), _seconds(seconds["click"])])
    parts = ["Mean over sets:", _grid(heads, rows)]
    first = names[0]
    minus = table["contestants"][first]["minus"]
    if minus:
        rows = [[other, *(_ranged(each.get(c)) for c in COLUMNS)] for other, each in minus.items()]
        parts += [f"`{first}` minus each other one:", _grid(["", *COLUMNS], rows)]
    groups = {
        f"{group} ({_count(size['images'], 'image')}, {_count(size['objects'], 'object')})": {
            name: table["contestants"][name]["groups"][group] for name in names
        }
        for group, size in table["groups"].items()
    }
    kinds = {
        f"{kind} ({_count(each['sets'], 'set')}, {_count(each['objects'], 'object')})": each[
            "contestants"
        ]
        for kind, each in table["modalities"].items()
    }
    for what, rows_of in (("set", groups), ("modality", kinds)):
        for how, columns in (("with a box", COLUMNS[:1]), ("after 1 / 3 / 5 / 10 clicks", CLICKS)):
            if any(columns[0] in each["mean"] for each in table["contestants"].values()):
                parts += [f"By {what}, {how}:", _by(rows_of, names, columns)]
    return parts


def _by(
    table: Mapping[str, Mapping[str, Mapping[str, float]]],
    names: Sequence[str],
    columns: Sequence[str],
) -> str:
    """One row a group, one column a contestant that takes such prompts."""
    takers = [n for n in names if any(columns[0] in each[n] for each in table.values())]
    rows = [
        [group, *(" / ".join(_number(each[name].get(c)) for c in columns) for name in takers)]
        for group, each in table.items()
    ]
    return _grid(["", *takers], rows)


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _ranged(value: Sequence[float] | None) -> str:
    if value is None:
        return "–"
    middle, low, high = value
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
