"""The rest of the scoreboard's page: scribbles, curves, clicks to a bar, obedience, and so on."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from limner.evaluate.cells import NONE, count, grid, number, ranged, share, short, won
from limner.evaluate.protocols import box_then_clicks as challenge
from limner.evaluate.protocols.inexact import WORST_OF
from limner.evaluate.protocols.mark import NEAR, SPECK
from limner.evaluate.protocols.plan import SAMPLE
from limner.evaluate.protocols.prompted import CAP
from limner.evaluate.sheets import FALL, SHEETS

Told = Mapping[str, Any]


AWAY = (
    f"### Away from the clicks\n\nDice of the pixels further than {NEAR} pixels from every click, "
    "where a model cannot only repeat what it was told:"
)
BARS = (
    "### Clicks to a bar\n\nClicks in the middle until the IoU is 80, 85 and 90 %, at most "
    f"{CAP}, which an object that never gets there counts as; then the share of such objects. "
    f"Of {{objects}}, at most {SAMPLE} a set. Fewer is better."
)
OTHER = (
    f"### Clicks that are not in the middle\n\nOf {{objects}}, at most {SAMPLE} a set: clicks in "
    "the middle of the larger kind of error, beside it, anywhere in it; and the worst, and the "
    f"mean, of {WORST_OF} first clicks anywhere in the object."
)
CHALLENGE = (
    "### A box, then five clicks\n\nThe area under the Dice of the five answers after a click, as "
    f"the CVPR 2025 interactive challenge counts it: **{challenge.MOST:.1f} is perfect**. Of "
    f"{{objects}}, at most {SAMPLE} a set."
)
OBEYED = (
    "### What clicks must do\n\nThe share of objects for which it holds after each of ten clicks. "
    f"*Never falls*: Dice never falls by more than {FALL}. *Inside*, *outside*: every click of "
    "that kind ends up there. *One piece*: the clicks inside lie in one piece of the mask, of "
    f"objects that are one piece. *No specks*: no piece of under {SPECK} pixels that nobody "
    "clicked."
)
EXPECTED = (
    "### Expected Dice\n\nThe Dice that a model expects of its answer, against the Dice reached. A "
    "model that always expects the same has no rank correlation."
)
COST = (
    "### Seconds a prompt, and memory\n\nSeconds of one call, while other processes ran beside it. "
    "Memory is the most that a process of its own held, read from outside: with the "
    "interpreter, the opening of the picture, a box and ten clicks."
)
DRAWN = (
    "### Scribbles of three people\n\nDice after the first scribbles, inside and outside, that "
    "each of three people drew on {objects}; the mean is over the people."
)


def parts(told: Told) -> list[str]:
    """Paragraphs and tables; nothing for what a results file does not have."""
    sheets = told.get("sheets", {})
    return [
        *_observed(told.get("second_observer", {})),
        *_scribbles(told["tables"].get("scribbles")),
        *_curve(sheets, told),
        *_plain(sheets.get("away from clicks"), AWAY, ranged),
        *_bars(sheets.get("clicks to a bar")),
        *_obeyed(sheets),
        *_plain(sheets.get("other clicks"), OTHER, short),
        *_plain(sheets.get("box then clicks"), CHALLENGE, ranged),
        *_expected(told.get("expected", {})),
        *_cost(told),
    ]


def _plain(sheet: Told | None, intro: str, cell: Callable[[Any], str]) -> list[str]:
    """An introduction and a table with a row for each contestant that has a score."""
    if sheet is None:
        return []
    columns = dict.fromkeys(c for each in sheet["contestants"].values() for c in each["mean"])
    rows = [
        [name, *(cell(each["mean"].get(column)) for column in columns)]
        for name, each in sheet["contestants"].items()
        if each["mean"]
    ]
    intro = intro.replace("{objects}", count(sheet["objects"], "object"))
    return [intro, grid(["", *columns], rows)] if rows else []


def _observed(told: Told) -> list[str]:
    """Thin sets beside a second person."""
    found = []
    for name, each in told.items():
        columns = list(dict.fromkeys(c for own in each["contestants"].values() for c in own))
        rows = [["a second person", number(each["dice"]), *[NONE] * len(columns)]]
        rows += [
            [who, NONE, *(number(own.get(column)) for column in columns)]
            for who, own in each["contestants"].items()
        ]
        intro = (
            f"`{name}` ({count(each['objects'], 'object')}), which a second person outlined too:"
        )
        found += [intro, grid(["", "by hand", *columns], rows)]
    return found


def _scribbles(table: Told | None) -> list[str]:
    if table is None:
        return []
    found = _plain(table, DRAWN, ranged)
    names = [name for name, each in table["contestants"].items() if each["mean"]]
    if found and len(names) > 1:
        first = table["contestants"][names[0]]["wins"]
        said = ", ".join(f"{won(first[name].get('mean'))} against {name}" for name in names[1:])
        found.append(f"Sets on which `{names[0]}` is better: {said}.")
    if found:
        rows = [
            [
                f"{group} ({count(size['images'], 'image')})",
                *(number(table["contestants"][n]["groups"][group].get("mean")) for n in names),
            ]
            for group, size in table["groups"].items()
        ]
        found += ["By set, the mean over the people:", grid(["", *names], rows)]
    return found


def _curve(sheets: Told, told: Told) -> list[str]:
    """Dice after each click, and which sets fall somewhere."""
    found = ["### Dice after each click"]
    for name, title in (("curve", "All but thin objects:"), ("thin curve", "Thin objects:")):
        found += _plain(sheets.get(name), title, short)
        falls = told.get("falls", {}).get(name, {})
        said = "; ".join(f"{who}: {', '.join(sets) or 'none'}" for who, sets in falls.items())
        if said:
            found.append(f"Sets whose mean falls after some click. {said}.")
    return found if len(found) > 1 else []


def _bars(sheet: Told | None) -> list[str]:
    if sheet is None:
        return []
    columns = SHEETS["clicks to a bar"].columns
    bars = columns[: len(columns) // 2]
    rows = [
        [
            name,
            *(
                f"{ranged(each['mean'].get(bar), places=1)}, {share(each['mean'].get(missed))}"
                for bar, missed in zip(bars, columns[len(bars) :], strict=True)
            ),
        ]
        for name, each in sheet["contestants"].items()
        if each["mean"]
    ]
    return [BARS.replace("{objects}", count(sheet["objects"], "object")), grid(["", *bars], rows)]


def _obeyed(sheets: Told) -> list[str]:
    found = [OBEYED]
    for name, title in (("obeyed", "All but thin objects:"), ("thin obeyed", "Thin objects:")):
        found += _plain(sheets.get(name), title, share)
    return found if len(found) > 1 else []


def _expected(told: Told) -> list[str]:
    """How well the predicted Dice is the one that was reached."""
    if not told:
        return []
    rows = [
        [
            who,
            kind,
            str(each["answers"]),
            number(each["error"]),
            f"{each['bias']:+.3f}",
            number(each["rank"]),
        ]
        for who, kinds in told.items()
        for kind, each in kinds.items()
    ]
    heads = [
        "",
        "after",
        "answers",
        "mean absolute error",
        "expected − reached",
        "rank correlation",
    ]
    found = [EXPECTED, grid(heads, rows)]
    for who, kinds in told.items():
        bins = kinds["every answer"]["bins"]
        if len(bins) > 1:
            rows = [
                [f"{low:.1f} to {low + 0.1:.1f}", str(answers), number(expected), number(reached)]
                for low, answers, expected, reached in bins
            ]
            found += [
                f"Reliability of `{who}`:",
                grid(["expected", "answers", "mean expected", "mean reached"], rows),
            ]
    return found


def _cost(told: Told) -> list[str]:
    """Seconds and memory of each contestant."""
    own = told["contestants"]
    if not any("slowest_s" in each for each in own.values()):
        return []
    kinds = ("box", "click", "scribbles")
    rows = [
        [name, number(each["seconds"]["encode"]), *_times(each, kinds), _memory(told, name)]
        for name, each in own.items()
    ]
    heads = ["", "encode", *(f"{kind}, median / 95 %" for kind in kinds), "peak memory, MiB"]
    return [COST, grid(heads, rows)]


def _times(each: Told, kinds: Iterable[str]) -> list[str]:
    pairs = [(each["seconds"].get(kind), each["slowest_s"].get(kind)) for kind in kinds]
    return [NONE if a is None else f"{number(a)} / {number(b)}" for a, b in pairs]


def _memory(told: Told, name: str) -> str:
    value = told.get("peak_mib", {}).get(name)
    return NONE if value is None else f"{value:.0f}"
