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
LADDERS = "First prompts at every zoom that the judge of zooms learns from; 4000. 0: no judge."
RESUME = "Go on with the run in --out; a finished run is only published again."
PRESET = "Options for a kind of machine: 'cpu' or 'gpu'. What you give yourself counts."
SHAPE = "Of the network; prompt_unet, which ships. A trained one can grow into deep_prompt_unet."
SIDE = "Pixels of a crop's side until the finish; 128. 64 sees about three times as many crops."
AGAIN = "The share of rounds in which nothing is said and the network betters its own answer; 0."
PRECISION = "Of the published weights: fp32, or int8, which is half as large and twice as quick."
START = "The state.pt or finish.pt of an earlier run, to begin from what it learnt."
PUBLISH = "Also copy the weights and the card to this folder, such as predict/cards/limner."


@app.command()
def learn(
    *,
    network: Annotated[str, Argument(help="What to train: 'default', the promptable network.")],
    data: Annotated[Path, Option("--data", "-d", help=DATA)],
    out: Annotated[Path, Option("--out", "-o", help="The folder of the run.")],
    preset: Annotated[str, Option(help=PRESET)] = "",
    minutes: Annotated[float | None, Option(min=0.01, help="How long to train; 75.")] = None,
    finish: Annotated[float | None, Option(min=0, help=FINISH)] = None,
    steps: Annotated[int, Option(min=0, help=STEPS)] = 0,
    ladders: Annotated[int | None, Option(min=0, help=LADDERS)] = None,
    seed: Annotated[int, Option(help="What chance starts from.")] = 0,
    batch: Annotated[int | None, Option(min=1, help="Crops a step; 16.")] = None,
    rate: Annotated[float | None, Option(min=0, help="The highest learning rate; 0.002.")] = None,
    shape: Annotated[str | None, Option(help=SHAPE)] = None,
    side: Annotated[int | None, Option(help=SIDE)] = None,
    again: Annotated[float | None, Option(min=0, max=1, help=AGAIN)] = None,
    precision: Annotated[str | None, Option(help=PRECISION)] = None,
    start: Annotated[Path | None, Option(help=START)] = None,
    sets: Annotated[list[str], Option("--set", help="A set to train on; repeatable.")] = [],  # noqa: B006  # typer's way
    workers: Annotated[int | None, Option(min=0, help="Processes that make crops; 1.")] = None,
    code: Annotated[str, Option(help="The commit that is run, for the card.")] = "",
    resume: Annotated[bool, Option("--resume", help=RESUME)] = False,
    publish: Annotated[Path | None, Option(help=PUBLISH)] = None,
) -> None:
    """Train a network that ships, from permitted pictures and generated ones."""
    if network not in NETWORKS:
        raise UnknownName("network to learn", network, NETWORKS)
    with extra("learn"):
        from limner.learn.default import PRESETS, Plan
        from limner.learn.default import learn as learnt
        from limner.learn.publish import copied
    if preset and preset not in PRESETS:
        raise UnknownName("preset", preset, tuple(PRESETS))
    asked = {
        "minutes": minutes,
        "finish": finish,
        "ladders": ladders,
        "batch": batch,
        "rate": rate,
        "workers": workers,
        "shape": shape,
        "side": side,
        "again": again,
        "precision": precision,
    }
    said = {name: value for name, value in asked.items() if value is not None}
    plan = Plan(
        data,
        out,
        **{**PRESETS.get(preset, {}), **said},
        steps=steps,
        seed=seed,
        sets=tuple(sets),
        start=start,
        code=code,
    )
    card = learnt(plan, resume=resume, say=echo)
    echo(f"The card is '{card}'.")
    if publish is not None:
        copied(card.parent, publish)
        echo(f"Copied to '{publish}'.")
