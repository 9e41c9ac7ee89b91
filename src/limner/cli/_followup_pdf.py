"""The report of a follow-up as a PDF, by ReportLab: the extra `pdf`.

Drawings and key slices are the page's own, drawn again as lines that stay sharp.
"""

import unicodedata
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner import __version__
from limner.cli._followup_cut import Cut
from limner.cli._followup_draw import Drawing
from limner.cli._followup_judge import Judged
from limner.cli._followup_page import NO_DEVICE, charts_of, made_of
from limner.cli._followup_tables import Cell, Table, headline, lesions, reasons, responses
from limner.errors import extra
from limner.safely import replacing

if TYPE_CHECKING:
    from limner.cli._followup_page import Cuts

WIDE = 523.0  # points between the margins of A4
MARGIN = 36.0
INK, FAINT, LINE = "#1c1e22", "#646a73", "#d8d6d0"
COLOURS = {
    "good": "#1c7a4a",
    "bad": "#b3322b",
    "even": "#4d5560",
    "c0": "#14618f",
    "c1": "#b4560c",
    "c2": "#2f7d4f",
    "c3": "#7a4fa3",
    "c4": "#a03a55",
    "c5": "#5d6470",
    "sum": INK,
    "grid": LINE,
    "zero": FAINT,
    "ideal": FAINT,
    "answer": "#ffa62b",
    "long": "#ffffff",
    "short": "#7cc0ec",
}


def write_pdf(told: Judged, cuts: "Cuts", out: Path) -> None:
    """Write the report whole or not at all. Raises MissingExtra without ReportLab."""
    with extra("pdf"):
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import SimpleDocTemplate
    with replacing(out) as temporary:
        document = SimpleDocTemplate(
            str(temporary),
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN + 12,
            title=f"Follow-up of {told.course.patient}",
            author=f"Limner {__version__}",
            invariant=1,  # the same bytes for the same course
        )
        document.build(_story(told, cuts), onFirstPage=_foot, onLaterPages=_foot)


def _story(told: Judged, cuts: "Cuts") -> list[Any]:
    """Everything in reading order, as ReportLab's flowables."""
    story = [_words(f"Follow-up of {told.course.patient}", "title")]
    story += [_words(line, "lead") for line in headline(told)]
    story += [_words("Response", "head"), _table(responses(told))]
    for name, visit, said in reasons(told):
        story.append(_words(f"{visit} ({name}): {' '.join(said)}", "small"))
    story += [_words("Lesions", "head"), _table(lesions(told))]
    drawings = charts_of(told)
    if drawings:
        story.append(_words("Change", "head"))
        story += [_flow(_Chart(each), WIDE * 0.76, WIDE * 0.38) for each in drawings]
    if cuts:
        story.append(_words("Key slices", "head"))
        story += _slices(told, cuts)
    if told.followed.notes:
        story.append(_words("To look at", "head"))
        story += [_words(line, "small") for line in told.followed.notes]
    story.append(_words("What made it", "head"))
    return story + [_words(line, "small") for line in (*made_of(told), NO_DEVICE)]


WRITTEN = {"start": "drawString", "middle": "drawCentredString", "end": "drawRightString"}
STYLES = {  # font, size, leading, space before and after
    "title": ("Helvetica-Bold", 20.0, 24.0, 0.0, 8.0),
    "head": ("Helvetica-Bold", 13.0, 16.0, 14.0, 5.0),
    "lead": ("Helvetica", 10.5, 14.0, 0.0, 2.0),
    "small": ("Helvetica", 8.5, 11.0, 2.0, 0.0),
    "cell": ("Helvetica", 8.5, 10.5, 0.0, 0.0),
}


def _words(text: str, style: str, *, markup: bool = False, colour: str = INK) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    font, size, leading, before, after = STYLES[style]
    look = ParagraphStyle(
        style,
        fontName=font,
        fontSize=size,
        leading=leading,
        spaceBefore=before,
        spaceAfter=after,
        textColor=HexColor(colour),
        keepWithNext=int(style == "head"),
    )
    return Paragraph(_latin(text if markup else escape(text)), look)


def _latin(text: str) -> str:
    """The text in the letters that every PDF viewer has; others lose their marks or become '?'."""
    told = unicodedata.normalize("NFKC", text).replace("−", "–")
    kept = []
    for letter in told:
        plain = letter
        if not _there(letter):
            plain = unicodedata.normalize("NFKD", letter)[0]
        kept.append(plain if _there(plain) else "?")
    return "".join(kept)


def _there(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _table(table: Table) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    rows = [[_cell(cell, head=number == 0) for cell in row] for number, row in _numbered(table)]
    columns = len(table.heads)
    first = min(120.0, WIDE / columns)
    widths = [first, *[(WIDE - first) / (columns - 1)] * (columns - 1)]
    look = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return Grid(rows, colWidths=widths, style=look, repeatRows=1)


def _numbered(table: Table) -> Sequence[tuple[int, tuple[Cell, ...]]]:
    return list(enumerate((table.heads, *table.rows)))


def _cell(cell: Cell, *, head: bool) -> Any:
    strong = head or cell.look in {"good", "bad", "even", "strong"}
    text = f"<b>{escape(cell.text)}</b>" if strong else escape(cell.text)
    if cell.small:
        text += f'<br/><font size="7" color="{FAINT}">{escape(cell.small)}</font>'
    return _words(text, "cell", markup=True, colour=COLOURS.get(cell.look, INK))


def _slices(told: Judged, cuts: "Cuts") -> list[Any]:
    """A row a lesion, a column a visit."""
    from reportlab.platypus import KeepTogether
    from reportlab.platypus import Table as Grid

    side = min(150.0, WIDE / len(told.course.visits) - 8)
    rows = []
    for lesion in told.course.lesions:
        cells = []
        for visit in told.followed.visits:
            found = cuts.get((visit.told.name, lesion.name), ())
            said = ", ".join(
                f"{seen.size.long_mm:.1f} × {seen.size.short_mm:.1f} mm" for seen, _ in found
            )
            words = _words(f"{visit.told.name}: {said or 'no outline'}", "cell", colour=FAINT)
            pictures = [_flow(_Slice(one), side, side * _ratio(one)) for _, one in found]
            cells.append([*pictures, words])
        rows.append(KeepTogether([_words(lesion.name, "lead"), Grid([cells], hAlign="LEFT")]))
    return rows


def _ratio(one: Cut) -> float:
    wide, tall = one.size_mm
    return tall / wide


def _flow(picture: "_Chart | _Slice", wide: float, tall: float) -> Any:
    """A drawing as a flowable of some size."""
    from reportlab.platypus import Flowable

    class Drawn(Flowable):  # type: ignore[misc]  # the library has no types
        def __init__(self) -> None:
            super().__init__()
            self.width, self.height = wide, tall

        def draw(self) -> None:
            picture.draw(self.canv, wide, tall)

    return Drawn()


class _Chart:
    """A chart's marks on a canvas."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def draw(self, canvas: Any, wide: float, tall: float) -> None:
        """Draw it into a box whose lower left corner is the origin."""
        scale = min(wide / self.drawing.size[0], tall / self.drawing.size[1])
        canvas.scale(scale, scale)
        height = tall / scale
        for mark in self.drawing.marks:
            look = mark.look.split()[-1]
            colour = COLOURS.get(look, FAINT)
            canvas.setStrokeColor(colour)
            canvas.setFillColor(colour)
            places = [(x, height - y) for x, y in mark.points]
            if mark.kind == "line":
                canvas.setLineWidth(3.2 if look == "sum" else 2 if look[0] == "c" else 0.8)
                canvas.setDash([4, 3] if look == "ideal" else [])
                _stroke(canvas, places)
            elif mark.kind == "dot":
                canvas.circle(*places[0], 3.2, stroke=0, fill=1)
            elif mark.kind == "box":
                (x, y), (a, b) = places
                canvas.rect(min(x, a), min(y, b), abs(a - x), abs(b - y), stroke=0, fill=1)
            elif mark.kind == "text":
                canvas.setFont("Helvetica", 12)
                getattr(canvas, WRITTEN[mark.anchor])(*places[0], _latin(mark.text))


class _Slice:
    """A key slice with its lines on a canvas."""

    def __init__(self, one: Cut) -> None:
        self.cut = one

    def draw(self, canvas: Any, wide: float, tall: float) -> None:
        """Draw it into a box whose lower left corner is the origin."""
        from reportlab.lib.utils import ImageReader

        canvas.drawImage(ImageReader(BytesIO(self.cut.jpeg)), 0, 0, width=wide, height=tall)
        scale = wide / self.cut.size_mm[0]

        def placed(line: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
            return [(x * scale, tall - y * scale) for x, y in line]

        lines = [("answer", each) for each in self.cut.outlines]
        lines += [("short", self.cut.short), ("long", self.cut.long)]
        for colour, line in lines:
            for width, tone in ((2.0, "#000000"), (1.0, COLOURS[colour])):
                canvas.setLineWidth(width)
                canvas.setStrokeColor(tone, alpha=0.5 if width > 1 else 1)
                _stroke(canvas, placed(line), closed=colour == "answer")


def _stroke(canvas: Any, places: Sequence[tuple[float, float]], *, closed: bool = False) -> None:
    path = canvas.beginPath()
    path.moveTo(*places[0])
    for place in places[1:]:
        path.lineTo(*place)
    if closed:
        path.close()
    canvas.drawPath(path, stroke=1, fill=0)


def _foot(canvas: Any, document: Any) -> None:
    """The line at the foot of every page."""
    canvas.saveState()
    canvas.setFont("Helvetica", 7.5)
    canvas.setFillColor(FAINT)
    canvas.drawString(MARGIN, MARGIN - 8, f"Limner {__version__}. Research software.")
    canvas.drawRightString(MARGIN + WIDE, MARGIN - 8, f"{document.page}")
    canvas.restoreState()
