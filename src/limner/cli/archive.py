"""`limner archive`: a hospital's archive, over the DICOM network or DICOMweb."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option, echo

from limner.cli import app

archive = typer.Typer(
    help="""Find scans in an archive, fetch them, and store results, over the DICOM network
    or DICOMweb.

    ARCHIVE is dicom://AE@host:port, https://host/dicom-web, or a name from a file
    (see: limner archive list). A name and a password, or a token, are taken from that file or
    from LIMNER_ARCHIVE_USER and LIMNER_ARCHIVE_PASSWORD, or LIMNER_ARCHIVE_TOKEN.
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(archive, name="archive")

Where = Annotated[
    str, Argument(metavar="ARCHIVE", help="Its address, or a name from 'limner archive list'.")
]
Me = Annotated[
    str | None, Option(metavar="TITLE", help="The AE title that the archive knows this machine by.")
]
Listen = Annotated[
    int | None,
    Option(metavar="PORT", help="The port that the archive sends to by C-MOVE; none for C-GET."),
]
Timeout = Annotated[
    float | None, Option(metavar="SECONDS", help="Of silence, after which the archive is gone.")
]
Ca = Annotated[
    Path | None,
    Option(metavar="FILE", exists=True, help="A certificate to trust, where it is a house's own."),
]
Study = Annotated[str, Option(metavar="UID", help="Of one study.")]
Series = Annotated[str, Option(metavar="UID", help="Of one series.")]
Patient = Annotated[str, Option(metavar="ID", help="The patient's id; * and ? stand for others.")]
Name = Annotated[str, Option(help="The patient's name, as 'Doe*'.")]
Date = Annotated[str, Option(help="Of the study: 2026-01-31, or 2026-01-01..2026-01-31.")]
Accession = Annotated[str, Option(metavar="NUMBER", help="The accession number.")]
Modality = Annotated[str, Option(help="CT, MR, SEG, SR, ...")]
Description = Annotated[str, Option(metavar="TEXT", help="Of the series; *liver* for a part.")]


@archive.command("list")
def listed() -> None:
    """The archives that have a name, and the file that names them."""
    from limner.cli._archive_show import named_archives

    echo(named_archives())


@archive.command("echo")
def hello(*, where: Where, me: Me = None, timeout: Timeout = None, ca: Ca = None) -> None:
    """Ask an archive whether it answers, and what it takes."""
    from limner.cli._archive import Connection, answered

    echo(answered(Connection(where, me=me, timeout_s=timeout, ca=ca)))


@archive.command()
def find(
    *,
    where: Where,
    level: Annotated[str, Option(help="What to list: study, series or instance.")] = "study",
    patient: Patient = "",
    name: Name = "",
    date: Date = "",
    accession: Accession = "",
    study: Study = "",
    modality: Modality = "",
    description: Description = "",
    series: Series = "",
    limit: Annotated[int, Option(min=1, help="Most answers.")] = 200,
    as_json: Annotated[bool, Option("--json", help="Print them as JSON.")] = False,
    me: Me = None,
    timeout: Timeout = None,
    ca: Ca = None,
) -> None:
    """List what an archive holds.

    limner archive find hospital --patient 4711 --level series
    """
    from limner.cli._archive import Connection, Wishes, found
    from limner.cli._archive_show import as_table, to_json

    wishes = Wishes(patient, name, date, accession, study, modality, description, series)
    answers = found(Connection(where, me=me, timeout_s=timeout, ca=ca), level, wishes, limit=limit)
    echo(to_json(answers) if as_json else as_table(answers, level))
    if len(answers) == limit:
        echo(f"There may be more than these {limit}: --limit.", err=True)


@archive.command()
def fetch(
    *,
    where: Where,
    out: Annotated[Path, Option("--output", "-o", metavar="FOLDER", help="A new folder.")],
    series: Series = "",
    study: Study = "",
    patient: Patient = "",
    date: Date = "",
    accession: Accession = "",
    modality: Modality = "",
    description: Description = "",
    every: Annotated[
        bool, Option("--all", help="All series that match, each in a folder in FOLDER.")
    ] = False,
    me: Me = None,
    listen: Listen = None,
    timeout: Timeout = None,
    ca: Ca = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Fetch a series into a folder. A fetch that was cut goes on with the same command.

    limner archive fetch hospital --series 1.2.3 -o ct
    """
    from limner.cli._archive import Connection, Wishes, fetched

    wishes = Wishes(
        patient=patient,
        date=date,
        accession=accession,
        study=study,
        modality=modality,
        description=description,
        series=series,
    )
    connection = Connection(where, me=me, listen=listen, timeout_s=timeout, ca=ca)
    for line in fetched(connection, wishes, out, every=every, quiet=quiet):
        if not quiet:
            echo(line)


@archive.command()
def store(
    *,
    where: Where,
    files: Annotated[list[Path], Argument(metavar="FILE...", help="DICOM files or folders.")],
    again: Annotated[
        bool, Option("--again", help="Also send what the archive has already, by its UID.")
    ] = False,
    me: Me = None,
    timeout: Timeout = None,
    ca: Ca = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Store DICOM files in an archive. What it has already is not sent again.

    limner archive store hospital lesion.seg.dcm report.sr.dcm
    """
    from limner.cli._archive import Connection, stored

    said = stored(
        Connection(where, me=me, timeout_s=timeout, ca=ca), files, again=again, quiet=quiet
    )
    if not quiet:
        echo(said)
