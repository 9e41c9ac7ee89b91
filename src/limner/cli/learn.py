"""`limner learn`: permitted data in, a network and its card out."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app
from limner.errors import UnknownName, extra

NETWORKS = ("default",)

DATA = "A folder with a manifest.json that says which sets may train weights that ship."
STEPS = "Train for so many steps instead: the same seed then gives the same weights."
FINISH = "Minutes more at the end, from a fresh rate, mostly on annotated pictures and boxes."
RESUME = "Go on with the run in --out; a finished run is only published again."
START = "The state.pt or finish.pt of an earlier run, to begin from what it learnt."
PUBLISH = "Also copy the weights and the card to this folder, such as predict/cards/limner."


@app.command()
def learn(
    *,
    network: Annotated[str, Argument(help="What to train: 'default', the promptable network.")],
    data: Annotated[Path, Option("--data", "-d", help=DATA)],
    out: Annotated[Path, Option("--out", "-o", help="The folder of the run.")],
    minutes: Annotated[float, Option(min=0.01, help="How long to train.")] = 75.0,
    finish: Annotated[float, Option(min=0, help=FINISH)] = 0.0,
    steps: Annotated[int, Option(min=0, help=STEPS)] = 0,
    seed: Annotated[int, Option(help="What chance starts from.")] = 0,
    batch: Annotated[int, Option(min=1, help="Crops a step.")] = 16,
    rate: Annotated[float, Option(min=0, help="The highest learning rate.")] = 2e-3,
    start: Annotated[Path | None, Option(help=START)] = None,
    sets: Annotated[list[str], Option("--set", help="A set to train on; repeatable.")] = [],  # noqa: B006  # typer's way
    workers: Annotated[int, Option(min=0, help="Processes that make crops.")] = 1,
    code: Annotated[str, Option(help="The commit that is run, for the card.")] = "",
    resume: Annotated[bool, Option("--resume", help=RESUME)] = False,
    publish: Annotated[Path | None, Option(help=PUBLISH)] = None,
) -> None:
    """Train a network that ships, from permitted pictures and generated ones."""
    if network not in NETWORKS:
        raise UnknownName("network to learn", network, NETWORKS)
    with extra("learn"):
        from limner.learn.default import Plan
        from limner.learn.default import learn as learnt
        from limner.learn.publish import copied
    plan = Plan(
        data,
        out,
        minutes=minutes,
        finish=finish,
        steps=steps,
        seed=seed,
        sets=tuple(sets),
        workers=workers,
        batch=batch,
        rate=rate,
        start=start,
        code=code,
    )
    card = learnt(plan, resume=resume, say=echo)
    echo(f"The card is '{card}'.")
    if publish is not None:
        copied(card.parent, publish)
        echo(f"Copied to '{publish}'.")
