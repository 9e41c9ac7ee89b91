"""The page of what was taken from the literature: every study, and every method's own words."""

import ast
import re
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

from limner.evaluate.baselines import BASELINES
from limner.evaluate.behind import file_of
from limner.evaluate.metrics import METRICS
from limner.learn import LOSSES, NETWORKS, RECIPES
from limner.learn.report import known
from limner.learn.study import ARMS, TUNED_ON, Check, Study
from limner.measure import MEASURES
from limner.phantoms import PHANTOMS
from limner.phantoms.artefacts import ARTEFACTS
from limner.predict import PREDICTORS
from limner.registry import Registry

__all__ = ["outcome", "plans", "rendered", "told_of"]

KINDS: Mapping[str, Registry[Any]] = {
    "Predictors": PREDICTORS,
    "Networks": NETWORKS,
    "Recipes": RECIPES,
    "Losses": LOSSES,
    "Phantoms": PHANTOMS,
    "Artefacts": ARTEFACTS,
    "Baselines": BASELINES,
    "Metrics": METRICS,
    "Measurements": MEASURES,
}
PARTS = ("Source", "Differs", "Expected")

INTRO = """# Methods, and what they did

Made by `limner study render` from `studies/*.toml`, `results/*.json` and the docstrings of the
methods; do not edit.

Every method from the literature has a study: a plan that is committed before its first run, in
which the method and a baseline go through the same trial on the same seeds, after the same
tuning. The effect appeared where the whole 95 % interval of the paired difference (method
minus baseline, Student's t over the seeds) lies beyond the margin. **The beds are small and made
for the purpose: a gain here shows that the mechanism works, and is never the paper's figure.**
What did not appear is listed like what did."""


def plans(folder: Path) -> tuple[Study, ...]:
    """The studies of a folder, by name."""
    return tuple(Study.read(path) for path in sorted(folder.glob("*.toml")))


def outcome(record: Mapping[str, Any]) -> str:
    """Whether the effect appeared, and the checks that do not hold, in a few words."""
    if not record:
        return "not yet run"
    missed = sum(not each["holds"] for each in record["checks"])
    checks = f"; {missed} of {len(record['checks'])} checks missed" if missed else ""
    return ("appeared" if record["appeared"] else "did not appear") + checks


def told_of(module: str) -> dict[str, str]:
    """What a method's docstring says, its first sentence and `PARTS`; nothing is imported.

    >>> sorted(told_of("limner.evaluate.compare"))
    ['', 'Source']
    """
    path = file_of(module)
    tree = ast.parse(path.read_text(encoding="utf-8") if path else "")
    text = ast.get_docstring(tree) or ""
    said = dict(re.findall(r"^([A-Z]\w+) +(.*(?:\n .*)*)", text, re.MULTILINE))
    told = {"": text.partition("\n\n")[0], **{part: said[part] for part in PARTS if part in said}}
    return {name: " ".join(words.split()) for name, words in told.items()}


def rendered(studies: Path, results: Path, *, beside: Path) -> str:
    """The page as Markdown; `beside` is its folder, from which its links start."""
    found = [(each, known(results / f"{each.name}.json")) for each in plans(studies)]
    parts = [INTRO, "## Studies", _overview(found)]
    for study, record in found:
        figure = results / "figures" / f"{study.name}.svg"
        link = Path(relpath(figure.resolve(), beside.resolve())).as_posix()
        parts += _study(study, record, link=link if figure.is_file() else "")
    parts += ["## The methods in their own words"]
    parts += [part for title, registry in KINDS.items() for part in _kind(title, registry)]
    return "\n\n".join(parts) + "\n"


def _overview(found: Sequence[tuple[Study, Mapping[str, Any]]]) -> str:
    rows = [["study", "system", "method against baseline", "difference", "effect"]]
    for study, record in found:
        effect = _effect(record["effect"]) if record else "–"
        name = f"[{study.name}](#{study.name})"
        rows.append([name, study.system, study.title, effect, outcome(record)])
    return _table(rows)


def _study(study: Study, record: Mapping[str, Any], *, link: str) -> list[str]:
    about = told_of(f"limner.learn.trials.{study.trial}")[""]
    parts = [f"### {study.name}", f"{study.system}. {study.claim}", f"Bed: {about}"]
    if not record:
        return [*parts, "**Not yet run for the record.**", *_changes(study)]
    if link:
        parts.append(f"![{study.title}]({link})")
    parts += [f"**The effect {outcome(record)}.**", _numbers(record), *_checks(record)]
    parts += [_settings(record)]
    if record["earlier"]:
        earlier = ", ".join(
            f"{each['date'][:10]} {_effect(each['effect'])}" for each in record["earlier"]
        )
        parts.append(f"Earlier reports, before the changes below: {earlier}.")
    machine = record["machine"]
    parts.append(
        f"Seeds {record['seeds'][0]} to {record['seeds'][-1]}; {record['date'][:10]}, commit "
        f"`{record['commit']}`, {machine['cpu']}, "
        f"{sum(record['arms'][arm]['seconds'] for arm in ARMS):.0f} s of trials."
    )
    return [*parts, *_changes(study)]


def _numbers(record: Mapping[str, Any]) -> str:
    rows = [["", *ARMS, "difference"]]
    for name, each in record["numbers"].items():
        mark = f"**{name}**" if name == record["metric"] else name
        means = [f"{each['means'][arm]:.3g}" for arm in ARMS]
        rows.append([mark, *means, _effect(each["difference"])])
    return _table(rows)


def _checks(record: Mapping[str, Any]) -> list[str]:
    said = []
    for each in record["checks"]:
        check = Check(**{k: v for k, v in each.items() if k in Check.__dataclass_fields__})
        verdict = "holds" if each["holds"] else "**does not hold**"
        said.append(f"- {_claim(check)}: {verdict}.")
    return ["\n".join(["Further claims:", "", *said])] if said else []


def _claim(check: Check) -> str:
    if check.better:
        margin = f" by more than {check.margin:g}" if check.margin >= 0 else ""
        less = f", or worse by less than {-check.margin:g}" if check.margin < 0 else ""
        return f"`{check.metric}` is {check.better} than the baseline's{margin}{less}"
    bounds = [f"at most {check.at_most:g}"] if check.at_most is not None else []
    bounds += [f"at least {check.at_least:g}"] if check.at_least is not None else []
    return f"`{check.metric}` of the method is {' and '.join(bounds)}"


def _settings(record: Mapping[str, Any]) -> str:
    said = []
    for arm in ARMS:
        each = record["arms"][arm]
        words = ", ".join(f"{name} {value}" for name, value in each["settings"].items())
        tried = f", the best of {len(each['tried'])} on seeds {TUNED_ON[0]} to {TUNED_ON[-1]}"
        said.append(f"{arm}: {words or 'as it is'}{tried if each['tried'] else ''}")
    return f"Settings of the {'; of the '.join(said)}."


def _changes(study: Study) -> list[str]:
    said = [f"- {each.date}: {each.what.rstrip('.')}. {each.why}" for each in study.change]
    return ["\n".join(["Changed after a result was seen:", "", *said])] if said else []


def _effect(difference: Sequence[float]) -> str:
    mean, low, high = difference
    return f"{mean:+.3g} [{low:+.3g}, {high:+.3g}]"


def _kind(title: str, registry: Registry[Any]) -> list[str]:
    parts = []
    for name in registry.names():
        told = told_of(f"{registry.package}.{name}")
        lines = [f"- *{part}*: {told[part]}" for part in PARTS if part in told]
        if lines:
            parts.append("\n".join([f"**{name}**: {told['']}", "", *lines]))
    return [f"### {title}", *parts] if parts else []


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = [head, ["---"] * len(head), *rest]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)
