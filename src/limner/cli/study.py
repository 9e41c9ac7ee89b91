"""`limner study`: the plans that show what a method does, their runs, and their page."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option, echo

from limner.cli import app

STUDIES = Path("studies")
RESULTS = Path("results")
RUNS = Path("runs/studies")  # the measurements of runs, kept so that none is made twice

study = typer.Typer(
    help="Run the studies that show what a method does.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(study, name="study")

Plans = Annotated[Path, Option(help="The folder of the plans.")]
Records = Annotated[Path, Option(help="The folder of the records.")]


@study.command("list")
def listed(*, studies: Plans = STUDIES, results: Records = RESULTS) -> None:
    """Every study: its system, what it is about, and whether the effect appeared."""
    from limner.cli._show import table
    from limner.learn.methods import outcome, plans
    from limner.learn.report import known

    rows = [
        (each.name, each.system, outcome(known(results / f"{each.name}.json")), each.title)
        for each in plans(studies)
    ]
    echo(table(("study", "system", "effect", "title"), rows))


@study.command()
def run(
    *,
    name: Annotated[str, Argument(help="A name from 'limner study list'.")],
    report: Annotated[
        bool, Option("--report", help="For the record, once, on seeds that nothing was tried on.")
    ] = False,
    jobs: Annotated[int, Option(min=1, help="Processes.")] = 1,
    studies: Plans = STUDIES,
    results: Records = RESULTS,
) -> None:
    """Run a study's two arms on its seeds. A run that was killed goes on where it stopped.

    Without --report it is development: seeds below 100, and nothing is written but its lines.
    """
    from limner.learn.arms import Bench
    from limner.learn.report import develop, summary, write
    from limner.learn.study import Study

    plan = studies / f"{name}.toml"
    bench = Bench(RUNS / f"{name}.jsonl", jobs, lambda said: echo(said, err=True))
    told = write(plan, results, bench) if report else develop(Study.read(plan), bench)
    echo(summary(told))
    if report:
        echo(f"{results / name}.json was written. Make the page: limner study render PAGE.md")


@study.command()
def render(
    *,
    page: Annotated[Path, Argument(help="The page to write, as docs/methods.md.")],
    studies: Plans = STUDIES,
    results: Records = RESULTS,
) -> None:
    """Write the page of every study and every method, from plans, records and docstrings."""
    from limner.learn.methods import rendered
    from limner.safely import write_text

    write_text(rendered(studies, results, beside=page.parent), page)
    echo(f"{page} was written.")
