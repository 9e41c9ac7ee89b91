"""`limner segment`: a scan and prompts in, a mask and its measurements out."""

from pathlib import Path
from typing import Annotated

from typer import Exit, Option, echo

from limner.cli import app

SCAN = "The scan: a file, a DICOM folder or zip; or a folder of cases (see --prompts)."
OUT = "Where the mask goes; its ending picks the format. A folder for a folder of cases."
CLICK = "A place in the object, 'x,y,z' in mm (LPS). Repeatable, as all prompts are."
PROMPTS = "A JSON file with objects and classes; a folder of CASE.json makes -i a folder of cases."
SESSION = "Keep what was said and answered in this file; a second call goes on from there."
CONTINUE = "With a folder of cases: leave out those whose output is there already."
SOFT_EDGE = "Also write how much of each pixel it fills: .png, .nii.gz or .npz."
KEY = "Write DICOM that joins the scans which 'limner deidentify' wrote with this key."
DETERMINISTIC = "The same bytes every time on one machine: one thread, fp32, fixed ids and times."


@app.command()
def segment(
    *,
    scan: Annotated[Path, Option("--input", "-i", metavar="SCAN", help=SCAN)],
    out: Annotated[Path, Option("--output", "-o", metavar="OUT", help=OUT)],
    click: Annotated[list[str] | None, Option(metavar='"P"', help=CLICK)] = None,
    outside: Annotated[
        list[str] | None, Option(metavar='"P"', help="A place that is not in the object.")
    ] = None,
    box: Annotated[
        list[str] | None, Option(metavar='"P Q"', help="Two opposite corners of a box round it.")
    ] = None,
    stroke: Annotated[
        list[str] | None, Option(metavar='"P P P"', help="A scribble in it, point by point.")
    ] = None,
    lasso: Annotated[
        list[str] | None, Option(metavar='"P P P"', help="A closed line round it, point by point.")
    ] = None,
    prior: Annotated[
        list[Path] | None, Option(metavar="MASK", help="A mask to start from, as a file.")
    ] = None,
    index: Annotated[
        bool,
        Option("--index", help="Positions are slice,row,column from 0 (a picture: row,column)."),
    ] = False,
    prompts: Annotated[Path | None, Option(metavar="PATH", help=PROMPTS)] = None,
    object: Annotated[int, Option(min=1, help="Which object the prompts above are about.")] = 1,
    label: Annotated[str, Option(help="The class of that object, as 'liver'.")] = "",
    schema: Annotated[
        Path | None, Option(help="A TOML file with the classes that labels may have.")
    ] = None,
    model: Annotated[str, Option("--model", "-m", help="A name from 'limner models'.")] = "limner",
    series: Annotated[
        str | None,
        Option(help="Which of several series: its number, UID, or a rule (see limner dicom)."),
    ] = None,
    window: Annotated[
        str | None, Option(help="The shown range: LOW,HIGH, or for CT a name such as lung.")
    ] = None,
    modality: Annotated[
        str | None, Option(help="CT, MR, ... where the file does not name it.")
    ] = None,
    frame: Annotated[
        int | None, Option(min=0, help="Which frame of a clip, counted from 0.")
    ] = None,
    spacing: Annotated[
        str | None, Option(help="Pixel size in mm where the file gives none: one number or R,C.")
    ] = None,
    session: Annotated[Path | None, Option(metavar="FILE", help=SESSION)] = None,
    undo: Annotated[
        bool, Option("--undo", help="With --session: take the last step back first.")
    ] = False,
    smooth: Annotated[
        float, Option(min=0, metavar="MM", help="Round the outline off at this size.")
    ] = 0.0,
    fill_holes: Annotated[bool, Option("--fill-holes", help="Fill what it encloses.")] = False,
    all_islands: Annotated[
        bool,
        Option("--all-islands", help="Keep also the parts of a clicked object without a click."),
    ] = False,
    min_size: Annotated[
        int, Option(min=0, metavar="VOXELS", help="Drop parts smaller than this.")
    ] = 0,
    overlap: Annotated[
        str, Option(help="Who has voxels that two objects share: later, earlier, or keep both.")
    ] = "",
    overlay: Annotated[
        Path | None, Option(metavar="PNG", help="Draw the outlines on the scan too.")
    ] = None,
    soft_edge: Annotated[Path | None, Option(metavar="FILE", help=SOFT_EDGE)] = None,
    threads: Annotated[
        int | None, Option(min=1, help="Processor threads; all of them if not said.")
    ] = None,
    runtime: Annotated[
        str | None, Option(help="What runs the network: onnxruntime or openvino.")
    ] = None,
    precision: Annotated[
        str | None, Option(help="fp32, bf16 or auto; what the model's card says if not said.")
    ] = None,
    device: Annotated[str, Option("--device", "-d", help="Where it runs: cpu.")] = "cpu",
    deterministic: Annotated[bool, Option("--deterministic", help=DETERMINISTIC)] = False,
    go_on: Annotated[bool, Option("--continue", help=CONTINUE)] = False,
    ending: Annotated[
        str, Option(metavar=".ENDING", help="With a folder of cases: the format of the masks.")
    ] = ".nii.gz",
    deidentify: Annotated[Path | None, Option(metavar="KEY", help=KEY)] = None,
    report: Annotated[
        Path | None, Option(metavar="JSON", help="Keep inputs, model, options, versions, times.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Print the time of each stage.")
    ] = False,
) -> None:
    """Outline an object in a scan, write the mask, and print its measurements.

    limner segment -i scan.png -o mask.png --index --box "40,52 120,140"
    """
    options = dict(locals())
    from limner.cli._batch import cases_of, segment_cases
    from limner.cli._case import Wishes, segment_case
    from limner.cli._deidentify import joining
    from limner.cli._model import limit_threads
    from limner.cli._prompts import Typed
    from limner.cli._run import running

    typed = Typed(
        click or (), outside or (), box or (), stroke or (), lasso or (), prior or (), index=index
    )
    wishes = Wishes(
        typed=typed,
        prompts=prompts,
        object=object,
        label=label,
        schema=schema,
        model=model,
        series=series,
        window=window,
        modality=modality,
        frame=frame,
        spacing=spacing,
        session=session,
        undo=undo,
        overlap=overlap,
        overlay=overlay,
        soft_edge=soft_edge,
        smooth_mm=smooth,
        fill_holes=fill_holes,
        all_islands=all_islands,
        min_size=min_size,
        threads=1 if deterministic else threads,
        runtime=runtime,
        precision=precision,
        device=device,
        deterministic=deterministic,
    )
    limit_threads(wishes.threads)
    cases = cases_of(scan, prompts)
    joined = joining(deidentify, out, ending="" if cases is None else ending)
    with joined, running("segment", options, report) as run:
        if cases is None:
            told = segment_case(scan, out, wishes=wishes, run=run)
            text, code = told.text(as_json=as_json, verbose=verbose), 0
        else:
            summary = segment_cases(
                cases, out, wishes=wishes, run=run, go_on=go_on, ending=ending, quiet=quiet
            )
            text, code = summary.text(as_json=as_json), summary.exit_code
    if not quiet:
        echo(text)
    raise Exit(code)
