"""Many patients on one page: who responded, and by how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from limner import __version__
from limner.cli._followup_charts import Bar, Line, percent, spider, waterfall
from limner.cli._followup_judge import TITLES, Judged
from limner.cli._followup_page import BARS, NO_DEVICE, table_html
from limner.cli._followup_tables import NONE, Cell, Table, look
from limner.errors import BadValue
from limner.evaluate.pages import filled, part


@dataclass(frozen=True, eq=False)
class Patient:
    """One patient of a cohort, and the folder of the report below the cohort's page."""

    judged: Judged
    folder: str

    @property
    def sums(self) -> tuple[tuple[float, float], ...]:
        """(days, change of the targets' sum since the baseline as a share)."""
        course = self.judged.course
        found = zip(course.visits, self.judged.recist, strict=False)
        return tuple(
            (float(course.days(visit)), point.change or 0.0)
            for visit, point in found
            if point.sum_mm is not None
        )

    @property
    def least(self) -> float | None:
        """The best change of the sum at any visit; None where there is none to be had."""
        return min((share for _, share in self.sums[1:]), default=None)


def named(told: Sequence[Judged]) -> tuple[Patient, ...]:
    """Each patient with a folder. Raises BadValue where two have one name."""
    names = [each.course.patient for each in told]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadValue(f"Two files are of the patient '{twice[0]}'. Give each a name of its own.")
    kept = "".join
    return tuple(
        Patient(each, kept(c if c.isalnum() or c in "-_ ." else "_" for c in name).strip(" ."))
        for each, name in zip(told, names, strict=True)
    )


def cohort_table(patients: Sequence[Patient]) -> Table:
    """One row a patient: best responses, best change, progression."""
    criteria = list(dict.fromkeys(name for each in patients for name in each.judged.best))
    heads = ("Patient", *(TITLES[name] for name in criteria), "Best change", "Progression", "Seen")
    rows = []
    for each in patients:
        cells = []
        for name in criteria:
            found = each.judged.best.get(name)
            cells.append(
                Cell(NONE) if found is None else Cell(found.response, look=look(found.response))
            )
        dates = [f.progressed for f in each.judged.best.values() if f.progressed is not None]
        visits = each.judged.course.visits
        days = each.judged.course.days(visits[-1])
        rows.append(
            (
                Cell(each.judged.course.patient, look="strong"),
                *cells,
                Cell(NONE if each.least is None else percent(each.least)),
                Cell(f"{min(dates):%d %b %Y}" if dates else "none"),
                Cell(f"{len(visits)} visits", f"{days} days"),
            )
        )
    return Table(tuple(Cell(each) for each in heads), tuple(rows))


def cohort_page(patients: Sequence[Patient]) -> str:
    """The whole page; the names lead to each patient's own."""
    lines = [Line(e.judged.course.patient, e.sums) for e in patients if len(e.sums) > 1]
    bars = [
        Bar(e.judged.course.patient, e.least, _colour(e)) for e in patients if e.least is not None
    ]
    drawings = []
    if bars:
        drawings = [
            waterfall(
                bars, title="Best change of every patient's sum, by best response", lines=BARS
            ),
            spider(lines, title="Change of every patient's sum since the baseline", bars=BARS),
        ]
    figures = "".join(
        f'<figure class="card">{each.svg()}<figcaption>{escape(each.title)}; dashed: −30 % and '
        "+20 %</figcaption></figure>"
        for each in drawings
    )
    links = " · ".join(
        f'<a href="{escape(each.folder, quote=True)}/index.html">'
        f"{escape(each.judged.course.patient)}</a>"
        for each in patients
    )
    return filled(
        part("followup.html"),
        title=f"Follow-up of {len(patients)} patients",
        intro=f"<p>{links}</p>",
        look=part("look.css"),
        columns="1",
        body=f"<section>{table_html(cohort_table(patients))}</section><section><h2>Change</h2>"
        f'<div class="two">{figures}</div></section>',
        footer=escape(f"Limner {__version__}. {NO_DEVICE}"),
    )


def _colour(patient: Patient) -> str:
    """That of the best response by the first criterion."""
    first = next(iter(patient.judged.best.values()), None)
    return "even" if first is None else look(first.response)


def write_cohort(patients: Sequence[Patient], out: Path) -> None:
    """Write the cohort's page."""
    from limner.safely import write_text

    write_text(cohort_page(patients), out / "index.html")
