"""`limner evaluate`: who outlines the listed objects best, and by how much."""

from pathlib import Path
from typing import Annotated

from typer import Option, echo, progressbar

from limner.cli import app

SHARED = Path("../shared/data")
RESULTS = Path("results")


@app.command()
def evaluate(
    *,
    data: Annotated[Path, Option("--data", "-d", help="Folder of the shared data.")] = SHARED,
    model: Annotated[
        list[str] | None, Option(help="A model: NAME, or NAME:OPTION=VALUE. Repeatable.")
    ] = None,
    baseline: Annotated[
        list[str] | None, Option(help="A baseline: NAME, or NAME:OPTION=VALUE. Repeatable.")
    ] = None,
    half: Annotated[str, Option(help="choose, or report (with --candidate).")] = "choose",
    out: Annotated[
        Path | None, Option("--out", "-o", help="Results file [results/objects_HALF.json].")
    ] = None,
    limit: Annotated[int, Option(min=0, help="Objects a set; 0 for all.")] = 0,
    also: Annotated[
        str | None,
        Option(
            help="Also ask by: noc, random, jittered, worst, challenge, scribbles, two_scribbles, "
            "memory; all; none [all for models, the last three for baselines]."
        ),
    ] = None,
    jobs: Annotated[int, Option(min=1, help="Processes.")] = 1,
    threads: Annotated[int | None, Option(min=1, help="Threads of a model, a process.")] = None,
    candidate: Annotated[str, Option(help="What was chosen and is now reported on.")] = "",
    fresh: Annotated[bool, Option("--fresh", help="Ask again what was asked before.")] = False,
    seed: Annotated[int, Option(help="Of the intervals.")] = 0,
    render: Annotated[
        Path | None, Option(help="Only write this page, from the results files beside --out.")
    ] = None,
) -> None:
    """Score models and baselines on listed objects, with boxes and with clicks.

    A run that was killed goes on where it stopped. As an example:
    limner evaluate --model limner --model classic --baseline ellipse --half choose
    """
    from limner.evaluate import memory, record, scoreboard
    from limner.evaluate.contestant import Contestant
    from limner.evaluate.protocols.objects import entries, half_of
    from limner.evaluate.protocols.plan import MEMORY, also_of, asks
    from limner.evaluate.render import page
    from limner.safely import write_text

    results = out or RESULTS / f"objects_{half}.json"
    if render is not None:
        files = sorted(results.parent.glob("objects_*.json"))
        write_text(page([record.read(file) for file in files]), render)
        echo(f"{render} was written from {len(files)} results files.")
        return

    part = half_of(half)
    record.need_candidate(part, candidate)
    record.need_folder(results)
    contestants = record.unique(
        [Contestant.of("model", each) for each in model or ()]
        + [Contestant.of("baseline", each) for each in baseline or ()]
    )
    chosen = entries(data, part, limit=limit)
    wanted = {each: asks(data, chosen, also_of(also, each.kind)) for each in contestants}
    made = {each: scoreboard.identity(each, each.make(threads=threads)) for each in contestants}

    store = results.with_suffix(".jsonl")
    before = {} if fresh else scoreboard.known(store)
    todo = [(each, made[each], wanted[each]) for each in contestants]
    tasks = scoreboard.tasks_for(data, todo, done=before, threads=threads)
    asked = sum(len(each.together) for each in tasks)
    with progressbar(length=asked, label=f"{asked} to score") as bar:
        scoreboard.run(tasks, store, jobs=jobs, told=bar.update)

    found = scoreboard.known(store)
    everything = asks(
        data, chosen, {name for each in contestants for name in also_of(also, each.kind)}
    )
    keys = [each.entry.key for each in everything]
    lines = {
        who.text: {key: found[name, key] for key in keys if (name, key) in found}
        for who, name in made.items()
    }
    peak_mib = {
        who.text: memory.peak_mib(who, data, memory.usual(chosen), threads=threads)
        for who in contestants
        if MEMORY in also_of(also, who.kind)
    }
    run = {"limit": limit, "threads": threads, "jobs": jobs, "candidate": candidate}
    about = {**run, "peak_mib": peak_mib}
    told = record.document(everything, lines, half=part, data=data, about=about, seed=seed)
    record.write(told, results)
    if part == "report":
        record.log(told, results.parent)
    echo(record.summary(told))
    echo(f"{results} was written. Make the page: limner evaluate --render PAGE.md")
