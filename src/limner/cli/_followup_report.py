"""The files of one follow-up: a page, a table, everything as JSON, perhaps a PDF."""

from pathlib import Path

from limner.cli._followup_course import followed
from limner.cli._followup_file import load
from limner.cli._followup_judge import Judged, as_csv, judged, to_json
from limner.cli._followup_tables import as_text, headline, lesions, responses
from limner.cli._show import table


def written(file: Path, out: Path | None, *, pdf: bool) -> Judged:
    """The course of a file, judged; its report in a folder, where one is named."""
    plan = load(file)
    told = judged(followed(plan), plan)
    if out is None:
        return told
    from limner.cli._followup_page import cuts_of, page
    from limner.safely import write_text

    out.mkdir(parents=True, exist_ok=True)
    cuts = cuts_of(told)
    if pdf:
        from limner.cli._followup_pdf import write_pdf

        write_pdf(told, cuts, out / "report.pdf")
    write_text(as_csv(told), out / "lesions.csv")
    write_text(to_json(told), out / "followup.json")
    write_text(page(told, cuts), out / "index.html")
    return told


def told_in_words(told: Judged, out: Path | None) -> str:
    """Two tables and the best response, for a terminal."""
    parts = []
    for each in (lesions(told), responses(told)):
        head, *rows = as_text(each)
        parts.append(table(head, rows))
    parts.append("\n".join(headline(told)))
    parts += [f"Note: {note}" for note in told.followed.notes]
    if out is not None:
        parts.append(f"{out / 'index.html'} was written. Open it in a browser.")
    return "\n\n".join(parts)
