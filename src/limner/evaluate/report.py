"""One scoring as a page for people: tables, curves, reliability, and the cases worth seeing.

Everything but the pictures is read from the results file; nothing is computed again.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from limner.evaluate import charts
from limner.evaluate.pages import filled, part
from limner.evaluate.pictures import svg
from limner.evaluate.protocols.objects import Entry
from limner.evaluate.replay import Answered

Told = Mapping[str, Any]
NONE = "–"
PLACES = ("best", "median", "worst")
TITLES = {
    "ordinary": "All but thin objects",
    "thin": "Thin objects",
    "scribbles": "Scribbles of people",
}
KEY = (
    '<div class="key"><span>label</span><span class="a">answer</span>'
    '<span class="p">what was said</span></div>'
)
CURVES = {"curve": "All but thin objects", "thin curve": "Thin objects"}


def chosen(scores: Sequence[tuple[Entry, float]]) -> dict[str, list[tuple[str, Entry, float]]]:
    """By set, its best, median and worst object: (which, entry, Dice); fewer of a small set.

    Of equal ones the first in the list; the median of an even number is the better of the two.
    """
    found: dict[str, list[tuple[str, Entry, float]]] = {}
    for name in dict.fromkeys(entry.set for entry, _ in scores):
        own = sorted(
            ((entry, dice) for entry, dice in scores if entry.set == name), key=lambda e: -e[1]
        )
        places = dict.fromkeys((0, (len(own) - 1) // 2, len(own) - 1))
        names = PLACES if len(places) == 3 else ("best", "worst") if len(places) == 2 else ("only",)
        found[name] = [(which, *own[place]) for which, place in zip(names, places, strict=True)]
    return found


def page(
    told: Told,
    *,
    cases: Mapping[str, Sequence[tuple[str, Answered]]],
    shown: str,
    left_out: int = 0,
) -> str:
    """The whole page.

    cases      set to (which, answer), as `chosen` named them
    shown      whose answers those are, in words
    left_out   how many sets have no picture because theirs may not be shown
    """
    parts = {
        "Scores": _scores(told),
        "Dice after each click": _curves(told),
        "Expected Dice": _expected(told),
        "By set": _groups(told, "groups"),
        "By modality": _groups(told, "modalities"),
        "Further tables": _sheets(told),
        "Best, median and worst": _cases(cases, shown=shown, left_out=left_out),
    }
    kept = {name: text for name, text in parts.items() if text}
    ids = {name: name.lower().replace(",", "").replace(" ", "-") for name in kept}
    return filled(
        part("report.html"),
        title=escape(f"Scores on the half '{told['half']}'"),
        intro=_intro(told),
        look=part("look.css"),
        contents="".join(f'<a href="#{ids[name]}">{name}</a>' for name in kept),
        body="\n".join(
            f'<section><h2 id="{ids[name]}">{name}</h2>{text}</section>'
            for name, text in kept.items()
        ),
        footer=escape(f"{told['command']} · commit {told['commit']}"),
    )


def _intro(told: Told) -> str:
    machine = told["machine"]
    names = ", ".join(f"<code>{escape(name)}</code>" for name in told["contestants"])
    first = (
        f"{len(told['objects'])} objects, outlined by {names}. Scored on {told['date'][:10]} on "
        f"{escape(str(machine['cpu']))}, {machine['cores']} cores. A score is the mean over sets; "
        "in small type, the 95 % interval from drawing images again. A call that failed counts "
        "as 0."
    )
    lines = [first]
    if told.get("candidate"):
        lines.append(f"Candidate: {escape(told['candidate'])}.")
    parts = [f"<p>{line}</p>" for line in lines]
    if told.get("limit"):
        parts.append(f'<p class="warn">Only {told["limit"]} objects a set: not the whole half.</p>')
    failed = {name: len(each["failures"]) for name, each in told["contestants"].items()}
    if any(failed.values()):
        said = ", ".join(f"{escape(name)} {count}" for name, count in failed.items() if count)
        parts.append(f'<p class="warn">Calls that failed: {said}.</p>')
    return "\n".join(parts)


def _scores(told: Told) -> str:
    parts = []
    for name, table in told["tables"].items():
        objects = f'<small class="faint">{table["objects"]} objects</small>'
        parts.append(f"<h3>{TITLES.get(name, name.capitalize())} {objects}</h3>{_means(table)}")
    return "".join(parts)


def _means(table: Told, *, bold: bool = True) -> str:
    """A row a contestant, a column a prompt; the highest of a column is bold."""
    means = {name: each["mean"] for name, each in table["contestants"].items() if each["mean"]}
    columns = list(dict.fromkeys(column for each in means.values() for column in each))
    best = {c: max(_first(m[c]) for m in means.values() if c in m) for c in columns if bold}
    rows = [
        [(escape(name), ""), *(_ranged(mean.get(c), best=best.get(c)) for c in columns)]
        for name, mean in means.items()
    ]
    return _table(["", *columns], rows)


def _groups(told: Told, what: str) -> str:
    """For a box and for five clicks: a row a set or modality, a column a contestant."""
    parts = []
    for name, table in told["tables"].items():
        if what not in table:
            continue
        whole = table[what]
        everyone = list(table["contestants"])
        for column in [c for c in ("box", "5 clicks") if _has(table, c)]:
            takers = [n for n in everyone if column in table["contestants"][n]["mean"]]
            rows = []
            for group, size in whole.items():
                scores = size.get("contestants") or {
                    who: table["contestants"][who]["groups"][group] for who in takers
                }
                own = [scores[who].get(column) for who in takers]
                best = max((_first(v) for v in own if v is not None), default=None)
                many = f"{escape(group)} <small>{size['objects']}</small>"
                rows.append([(many, ""), *(_ranged(v, best=best) for v in own)])
            title = f"{TITLES.get(name, name)}, {'a box' if column == 'box' else column}"
            parts.append(f"<h3>{title}</h3>{_table(['', *takers], rows)}")
    return "".join(parts)


def _has(table: Told, column: str) -> bool:
    return any(column in each["mean"] for each in table["contestants"].values())


def _curves(told: Told) -> str:
    """Every click where the results have it, else the clicks of the tables."""
    tables = {name: told.get("sheets", {}).get(name) for name in CURVES}
    if not tables["curve"]:
        tables = {"curve": told["tables"].get("ordinary"), "thin curve": told["tables"].get("thin")}
    parts = []
    for name, table in tables.items():
        if not table:
            continue
        series = {
            who: points
            for who, each in table["contestants"].items()
            if (points := _points(each["mean"]))
        }
        if series:
            chart = charts.curves(series, names=("clicks", "Dice"))
            parts.append(f"<figure><h3>{CURVES[name]}</h3>{chart}</figure>")
    return f'<div class="two">{"".join(parts)}</div>' if parts else ""


def _points(mean: Mapping[str, Sequence[float]]) -> list[charts.Point]:
    """The columns that begin with a number of clicks, as points."""
    found = []
    for column, (value, low, high) in mean.items():
        first = column.split()[0]
        if first.isdigit() and "scribble" not in column:
            found.append((float(first), value, low, high))
    return found


def _expected(told: Told) -> str:
    parts = []
    for who, kinds in told.get("expected", {}).items():
        found = (kinds or {}).get("every answer")
        if not found:
            continue
        chart = charts.reliability(found["bins"], title=who)
        rank = NONE if found["rank"] is None else f"{found['rank']:.2f}"
        parts.append(
            f"<figure><h3>{escape(who)}</h3>{chart}<figcaption>{found['answers']} answers, mean "
            f"absolute error <b>{found['error']:.3f}</b>, bias {found['bias']:+.3f}, rank "
            f"correlation <b>{rank}</b></figcaption></figure>"
        )
    return f'<div class="two">{"".join(parts)}</div>' if parts else ""


def _sheets(told: Told) -> str:
    parts = []
    for name, table in told.get("sheets", {}).items():
        if name not in CURVES and any(each["mean"] for each in table["contestants"].values()):
            title = f"{name.capitalize()}, {table['objects']} objects"
            means = _means(table, bold=False)  # in some of them less is better
            parts.append(f"<details><summary>{escape(title)}</summary>{means}</details>")
    return "".join(parts)


def _cases(
    cases: Mapping[str, Sequence[tuple[str, Answered]]], *, shown: str, left_out: int
) -> str:
    if not cases and not left_out:
        return ""
    parts = [
        f"<p>{escape(shown)}; point at a picture to see it without outlines.</p>",
        KEY,
    ]
    if left_out:
        parts.append(
            f'<p class="warn">{left_out} sets are not shown: their licences do not let everybody '
            "have their pictures.</p>"
        )
    sets = []
    for name, own in cases.items():
        figures = "".join(
            _figure(which, each, id=f"{escape(name, quote=True)}-{which}") for which, each in own
        )
        sets.append(f'<div><h3>{escape(name)}</h3><div class="cases">{figures}</div></div>')
    parts.append(f'<div class="sets">{"".join(sets)}</div>')
    return "\n".join(parts)


def _figure(which: str, answered: Answered, *, id: str) -> str:
    file = answered.entry.image.rpartition("/")[2]
    expected = "" if answered.expected is None else f", {answered.expected:.2f} expected"
    failure = f"<br>{escape(answered.failure)}" if answered.failure else ""
    picture = svg(answered, title=f"{which}: {answered.name}, {file}", id=id)
    return (
        f"<figure>{picture}<figcaption><b>{which} {answered.dice:.2f}</b>{expected}<br>"
        f"{escape(answered.name)}, {escape(file)}{failure}</figcaption></figure>"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Cells are (HTML, class)."""
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    body = "".join(
        f"<tr><th scope=row>{row[0][0]}</th>"
        + "".join(f'<td class="{kind}">{text}</td>' for text, kind in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _first(value: Any) -> float:
    return float(value[0] if isinstance(value, Sequence) else value)


def _ranged(value: Any, *, best: float | None) -> tuple[str, str]:
    if value is None:
        return NONE, ""
    kind = "best" if _first(value) == best else ""
    if isinstance(value, Sequence):
        return f"{value[0]:.3f} <small>{value[1]:.3f}–{value[2]:.3f}</small>", kind
    return f"{value:.3f}", kind
