"""The tables of a follow-up report, as text that a page, a PDF and a terminal share."""

from collections.abc import Sequence
from dataclasses import dataclass

from limner.cli._followup_charts import percent
from limner.cli._followup_judge import TITLES, Judged, counted_mm, doubling
from limner.measure.response.course import Finding, Lesion
from limner.measure.response.irecist import IPoint
from limner.measure.response.volumetric import VolumePoint
from limner.measure.response.who import WhoPoint

NONE = "–"
ROLES = {"target": "target", "non-target": "non-target", "new": "new"}


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table: a strong part, and a faint one below it."""

    text: str
    small: str = ""
    look: str = ""


@dataclass(frozen=True)
class Table:
    """Heads, and rows whose first cell is theirs."""

    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


def heads(told: Judged, first: str) -> tuple[Cell, ...]:
    """One column a visit, with its date and the days since the baseline."""
    course = told.course
    dates = [
        Cell(visit.name, f"{visit.on:%d %b %Y} · day {course.days(visit)}")
        if visit.name != visit.on.isoformat()
        else Cell(visit.name, f"day {course.days(visit)}")
        for visit in course.visits
    ]
    return (Cell(first), *dates)


def responses(told: Judged) -> Table:
    """What every visit was by every criterion."""
    rows: list[tuple[Cell, ...]] = []
    if told.recist and any(point.sum_mm is not None for point in told.recist):
        rows.append(
            (
                Cell("Sum of diameters", "targets"),
                *(Cell(_mm(point.sum_mm)) for point in told.recist),
            )
        )
        rows.append((Cell("From the baseline"), *(Cell(_share(p.change)) for p in told.recist)))
        least = [
            Cell(_share(p.from_least), "" if p.least_sum_mm is None else _mm(p.least_sum_mm))
            for p in told.recist
        ]
        rows.append((Cell("From the least before"), *least))
        rows.append((Cell("Targets"), *(Cell(p.target or NONE) for p in told.recist)))
    if told.recist:
        rows.append((Cell("Non-targets"), *(Cell(p.non_target or NONE) for p in told.recist)))
        new = [Cell(", ".join(p.new) or ("none" if p.overall else NONE)) for p in told.recist]
        rows.append((Cell("New lesions"), *new))
    for name, points in told.points.items():
        cells = [Cell(p.overall or "baseline", _beside(p), look(p.overall)) for p in points]
        rows.append((Cell(TITLES[name], look="strong"), *cells))
    return Table(heads(told, ""), tuple(rows))


def _beside(point: object) -> str:
    if isinstance(point, WhoPoint) and point.sum_mm2 is not None:
        return f"{point.sum_mm2:,.0f} mm²"
    if isinstance(point, VolumePoint) and point.sum_ml is not None:
        return f"{point.sum_ml:.2f} mL"
    if isinstance(point, IPoint) and point.new_sum_mm is not None:
        return f"new: {_mm(point.new_sum_mm)}"
    return ""


def look(response: str) -> str:
    """The colour of a response on the page."""
    plain = response.removeprefix("i")
    if plain in {"CR", "PR"}:
        return "good"
    return "bad" if plain in {"PD", "UPD", "CPD"} else "even"


def lesions(told: Judged) -> Table:
    """Every lesion at every visit: the diameter that counts, and the other size."""
    rows = []
    for lesion in told.course.lesions:
        kind = f"{lesion.organ}, {ROLES[lesion.role]}{', node' if lesion.node else ''}"
        cells = [_size(lesion, visit.of(lesion.name)) for visit in told.course.visits]
        days = doubling(told.course, lesion)
        pace = (
            NONE if days is None else f"{'doubles' if days > 0 else 'halves'} in {abs(days):.0f} d"
        )
        rows.append((Cell(lesion.name, kind, "strong"), *cells, Cell(pace)))
    return Table((*heads(told, "Lesion"), Cell("Volume", "first to last")), tuple(rows))


def _pace(told: Judged, lesion: Lesion) -> str:
    days = doubling(told.course, lesion)
    if days is None:
        return NONE
    return f"{'doubles' if days > 0 else 'halves'} in {abs(days):.0f} days"


def _size(lesion: Lesion, finding: Finding | None) -> Cell:
    if finding is None:
        return Cell(NONE)
    if finding.state == "merged":
        return Cell("merged", f"into {finding.into}")
    counted = counted_mm(lesion, finding)
    if not finding.sizes or counted is None:
        return Cell(finding.state, "counts 5 mm" if finding.state == "too small" else "")
    parts = f"{len(finding.sizes)} parts, " if len(finding.sizes) > 1 else ""
    sizes = [f"{_bare(s.long_mm)} × {_bare(s.short_mm)}" for s in finding.sizes]
    volume = [s.volume_ml for s in finding.sizes if s.volume_ml is not None]
    told = f"{parts}{' + '.join(sizes)} mm"
    told += f", {sum(volume):.2f} mL" if len(volume) == len(sizes) else ""
    return Cell(_mm(counted), told)


def _bare(value: float | None) -> str:
    return "?" if value is None else f"{value:.1f}"


def _mm(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f} mm"


def _share(value: float | None) -> str:
    return NONE if value is None else percent(value, digits=1)


def as_text(table: Table) -> Sequence[Sequence[str]]:
    """Rows of plain text, heads first, without what is small."""
    return [[cell.text for cell in row] for row in (table.heads, *table.rows)]


def reasons(told: Judged) -> list[tuple[str, str, list[str]]]:
    """(criterion, visit, sentences) for every visit after the baseline."""
    found = []
    for name, points in told.points.items():
        if name == "recist" and "irecist" in told.points:
            continue  # iRECIST says these too
        found += [(TITLES[name], point.visit, list(point.why)) for point in points[1:]]
    return found


def headline(told: Judged) -> list[str]:
    """The best response by every criterion, in sentences."""
    said = []
    for name, found in told.best.items():
        confirmed = "" if name == "irecist" else CONFIRMED[told.plan.confirm]
        when = "" if found.on is None else f", first on {found.on:%d %B %Y}"
        after = f" Progression on {found.progressed:%d %B %Y}." if found.progressed else ""
        best = f"best overall response {found.response}{confirmed}{when}."
        said.append(f"{TITLES[name]}: {best}{after}")
    return said


CONFIRMED = {True: " (confirmed where it must be)", False: " (confirmation not asked for)"}
HOW_LONG = (
    "Diameters: the longest in the plane of a slice, and the longest chord at right angles to it "
    "on the same slice; nodes count by the second. Outlines run a quarter of a pixel outside the "
    "outermost pixel centres."
)
HOW_LARGE = "Volumes: voxels times the volume of one."
SOURCES = (
    "Thresholds: Eisenhauer et al., European Journal of Cancer 2009, 45, 228; Seymour et al., "
    "Lancet Oncology 2017, 18, e143; Miller et al., Cancer 1981, 47, 207. "
    "docs/explanation/response.md lists every one of them."
)
METHODS = (HOW_LONG, HOW_LARGE, SOURCES)
