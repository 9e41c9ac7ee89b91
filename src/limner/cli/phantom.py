"""`limner phantom`: made-up scans with their exact masks, written as files."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app


@app.command()
def phantom(
    *,
    name: Annotated[str, Argument(help="Which one; 'list' prints them all.")],
    out: Annotated[
        Path | None,
        Option("--out", "-o", help="A folder, or the file of one image: .png, .nii, .nii.gz."),
    ] = None,
    seed: Annotated[int, Option("--seed", "-s", min=0, help="The same seed, the same scan.")] = 0,
    count: Annotated[int, Option(min=1, help="How many, at this seed and the next ones.")] = 1,
    as_json: Annotated[bool, Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Make a scan of nobody, with the exact mask of everything in it.

    limner phantom torso --seed 3 -o phantoms
    """
    import json

    from limner.cli._phantom import listed, need_out, write_file, write_folder
    from limner.cli._show import table
    from limner.phantoms import PHANTOMS

    if name == "list":
        rows = listed()
        made = [{"name": each, "what": what} for each, what in rows]
        echo(json.dumps(made, indent=2) if as_json else table(("phantom", "what it is"), rows))
        return
    make, target = PHANTOMS.get(name), need_out(out, count=count)
    told = []
    for each in range(seed, seed + count):
        sample = make(each)
        files = write_folder(sample, target) if target.suffix == "" else write_file(sample, target)
        told.append({"id": sample.id, "files": [str(file) for file in files]})
        if not as_json:
            echo(f"{sample.id}: " + ", ".join(str(file) for file in files))
    if as_json:
        echo(json.dumps(told, indent=2, ensure_ascii=False))
