"""The report of a follow-up as one HTML page that needs nothing but itself."""

from collections.abc import Mapping
from html import escape

from limner import __version__
from limner.cli._followup_charts import Bar, Line, spider, waterfall
from limner.cli._followup_course import Looked, Seen, shown
from limner.cli._followup_cut import Cut, cut
from limner.cli._followup_draw import Drawing
from limner.cli._followup_judge import Judged, changes
from limner.cli._followup_tables import (
    METHODS,
    Cell,
    Table,
    headline,
    lesions,
    reasons,
    responses,
)
from limner.evaluate.pages import filled, part
from limner.measure.response.recist import PAPER

Cuts = Mapping[tuple[str, str], tuple[tuple[Seen, Cut], ...]]
BARS = (-PAPER.shrunk, PAPER.grown)
KEY = (
    '<div class="key"><span class="a">outline</span><span class="l">long axis</span>'
    '<span class="s">short axis</span></div>'
)
NO_DEVICE = (
    "Research software, not a medical device: a reader answers for every outline, every choice of "
    "a target and every response."
)


def page(told: Judged, cuts: Cuts) -> str:
    """The whole page."""
    sections = {
        "Response": table_html(responses(told)) + _reasons(told),
        "Lesions": table_html(lesions(told)),
        "Change": _charts(told),
        "Key slices": _slices(told, cuts),
        "To look at": _listed(told.followed.notes),
        "What made it": _made(told),
    }
    return filled(
        part("followup.html"),
        title=escape(f"Follow-up of {told.course.patient}"),
        intro="".join(f"<p>{escape(line)}</p>" for line in headline(told)),
        look=part("look.css"),
        columns=str(len(told.course.visits)),
        body="\n".join(
            f"<section><h2>{name}</h2>{text}</section>" for name, text in sections.items() if text
        ),
        footer=escape(f"Limner {__version__}. {NO_DEVICE}"),
    )


def cuts_of(told: Judged) -> Cuts:
    """The key slices of every lesion at every visit, where there is a scan."""
    found = {}
    for lesion, visit, seen in shown(told.followed):
        made = tuple((one, shown_at) for one in seen if (shown_at := cut(visit, one)) is not None)
        if made:
            found[visit.told.name, lesion.name] = made
    return found


def charts_of(told: Judged) -> tuple[Drawing, ...]:
    """A spider and a waterfall plot of the lesions; none where nothing was measured twice."""
    course = told.course
    lines, bars = [], []
    for lesion in course.lesions:
        found = changes(course, lesion)
        if len(found) < 2:
            continue
        lines.append(Line(lesion.name, tuple((float(d), share) for d, share in found)))
        best = min(share for _, share in found[1:])
        bars.append(Bar(lesion.name, best, _colour(best)))
    sums = tuple(
        (float(course.days(visit)), point.change if point.change is not None else 0.0)
        for visit, point in zip(course.visits, told.recist, strict=False)
        if point.sum_mm is not None
    )
    if len(sums) > 1:
        lines.append(Line("sum", sums, strong=True))
    if not bars:
        return ()
    return (
        spider(lines, title="Change of every lesion since it was first measured", bars=BARS),
        waterfall(bars, title="Least size of every lesion against its first", lines=BARS),
    )


def _colour(share: float) -> str:
    return "good" if share <= BARS[0] else "bad" if share >= BARS[1] else "even"


def _charts(told: Judged) -> str:
    drawings = charts_of(told)
    figures = "".join(
        f'<figure class="card">{each.svg()}<figcaption>{escape(each.title)}; dashed: −30 % and '
        "+20 %</figcaption></figure>"
        for each in drawings
    )
    return f'<div class="two">{figures}</div>' if figures else ""


def table_html(table: Table) -> str:
    """A table for a page."""
    head = "".join(f"<th scope=col>{_cell(cell)}</th>" for cell in table.heads)
    body = "".join(
        f'<tr><th scope=row class="{row[0].look}">{_cell(row[0])}</th>'
        + "".join(f'<td class="{cell.look}">{_cell(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell) -> str:
    small = f"<small>{escape(cell.small)}</small>" if cell.small else ""
    return f"<span>{escape(cell.text)}</span>{small}"


def _reasons(told: Judged) -> str:
    rows = "".join(
        f"<dt>{escape(visit)} <span class='faint'>{escape(name)}</span></dt>"
        f"<dd>{escape(' '.join(said))}</dd>"
        for name, visit, said in reasons(told)
    )
    return f'<h3>Why</h3><dl class="card">{rows}</dl>' if rows else ""


def _slices(told: Judged, cuts: Cuts) -> str:
    if not cuts:
        return ""
    parts = [KEY]
    for lesion in told.course.lesions:
        figures = "".join(_figure(lesion.name, each, cuts) for each in told.followed.visits)
        title = f'{escape(lesion.name)} <small class="faint">{escape(lesion.organ)}</small>'
        parts.append(f'<h3>{title}</h3><div class="slices">{figures}</div>')
    return "".join(parts)


def _figure(lesion: str, visit: Looked, cuts: Cuts) -> str:
    name = visit.told.name
    found = cuts.get((name, lesion), ())
    if not found:
        return f'<figure class="none"><figcaption>{escape(name)}: no outline</figcaption></figure>'
    figures = []
    for seen, one in found:
        long, short = seen.size.long_mm, seen.size.short_mm
        told = f"{escape(name)} <b>{long:.1f} × {short:.1f} mm</b>, slice {one.slice + 1}"
        figures.append(f"{one.svg(f'{lesion} at {name}')}<figcaption>{told}</figcaption>")
    return f"<figure>{''.join(figures)}</figure>"


def _listed(lines: tuple[str, ...]) -> str:
    rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="card">{rows}</ul>' if rows else ""


def made_of(told: Judged) -> list[str]:
    """What the numbers were made from, and how, in sentences."""
    said = []
    for visit in told.followed.visits:
        mask = "no mask" if visit.told.mask is None else f"mask '{visit.told.mask.name}'"
        scan = (
            "no scan"
            if visit.image is None
            else f"scan '{visit.told.scan and visit.told.scan.name}'"
        )
        aligned = (
            f", aligned to the visit before with a correlation of {visit.likeness:.2f}"
            if visit.likeness is not None
            else ""
        )
        said.append(f"{visit.told.name}: {mask}, {scan}{aligned}{_outlined(visit)}.")
    return [*said, *METHODS]


def _outlined(visit: Looked) -> str:
    """Who outlined the lesions, where the mask says so."""
    objects = [each.object for each in visit.seen.values()]
    who = dict.fromkeys(
        " ".join(part for part in (each.source, each.rater and f"'{each.rater}'") if part)
        for each in objects
    )
    told = ", ".join(each for each in who if each)
    return f"; outlined by: {told}" if told else ""


def _made(told: Judged) -> str:
    return _listed(tuple(made_of(told)))
