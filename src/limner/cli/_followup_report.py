"""The files of one follow-up: a page, a table, everything as JSON, perhaps a PDF."""

from collections.abc import Sequence
from pathlib import Path

from limner.cli._followup_course import followed
from limner.cli._followup_file import load
from limner.cli._followup_judge import Judged, as_csv, judged, to_json
from limner.cli._followup_tables import as_text, headline, lesions, responses
from limner.cli._show import table


def written(files: Sequence[Path], out: Path | None, *, pdf: bool) -> tuple[Judged, ...]:
    """The courses of some files, judged; their reports in a folder, where one is named.

    One file's report lies in the folder itself, those of several in folders of their patients.
    """
    from limner.cli._followup_cohort import named, write_cohort

    every = tuple(_judged(file) for file in files)
    patients = named(every)
    if out is not None:
        for each in patients:
            _write(each.judged, out / each.folder if len(every) > 1 else out, pdf=pdf)
        if len(every) > 1:
            write_cohort(patients, out)
    return every


def _judged(file: Path) -> Judged:
    plan = load(file)
    return judged(followed(plan), plan)


def _write(told: Judged, out: Path, *, pdf: bool) -> None:
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


def cohort_in_words(every: Sequence[Judged], out: Path | None) -> str:
    """One line a patient, for a terminal."""
    from limner.cli._followup_cohort import cohort_table, named

    head, *rows = as_text(cohort_table(named(every)))
    where = "" if out is None else f"\n\n{out / 'index.html'} was written. Open it in a browser."
    return table(head, rows) + where


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
