"""What `limner demo` does: every scan of its table, a table of measurements, a page."""

import csv
import io
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from limner.cli._case import Answer, Wishes, segment_case
from limner.cli._demo_page import Picture, page
from limner.cli._demo_scans import SCANS, Scan, generated
from limner.cli._measured import HEADS, lines
from limner.cli._progress import progress
from limner.cli._run import Run
from limner.cli._show import table
from limner.errors import LimnerError, UnwritableFile
from limner.safely import replacing, write_text


@dataclass(frozen=True)
class Shown:
    """What came of the demo.

    failed   scan to the sentence why it is not shown
    """

    folder: Path
    answers: tuple[tuple[Scan, Answer], ...]
    failed: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """1 where a scan could not be outlined."""
        return 1 if self.failed else 0

    def text(self) -> str:
        """The objects, and where to look."""
        from limner.cli._show import longest, size

        rows = [
            (scan.name, each.object.label, size(each), longest(each))
            for scan, answer in self.answers
            for each in answer.measured
        ]
        said = [table(("scan", "object", "size", "longest"), rows), ""]
        said += [f"'{name}' is not shown: {why}" for name, why in self.failed]
        said.append(f"{len(rows)} objects in {len(self.answers)} scans, {self.seconds:.1f} s.")
        said.append(f"Look at {self.folder / 'index.html'}")
        said.append(f"Masks, overlays and measurements.csv are in {self.folder}")
        return "\n".join(said)


def show_off(out: Path, *, model: str, threads: int | None = None, quiet: bool = False) -> Shown:
    """Outline every scan of the table into a folder; one that fails does not stop the rest.

    Raises UnwritableFile for a folder that cannot be made, UnknownName for a model.
    """
    from limner.cli._model import limit_threads, ready

    limit_threads(threads)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableFile(
            f"The folder '{out}' cannot be made: {error.strerror}. Choose another with -o."
        ) from error
    ready(model)  # a wrong name is said at once, not once for every scan
    run = Run("demo", {"model": model})
    answers: list[tuple[Scan, Answer]] = []
    failed: list[tuple[str, str]] = []
    for scan in progress(SCANS, name=lambda one: one.title, quiet=quiet):
        wishes = Wishes(**{"model": model, "threads": threads, **scan.options})
        try:
            answers.append((scan, _outlined(scan, out, wishes, run=run)))
        except LimnerError as error:
            failed.append((scan.name, str(error)))
    write_text(_csv(answers), out / "measurements.csv")
    pictures = [_picture(scan, answer) for scan, answer in answers]
    write_text(page(pictures, failed=failed, seconds=run.elapsed_s), out / "index.html")
    return Shown(out, tuple(answers), tuple(failed), run.elapsed_s)


def _outlined(scan: Scan, out: Path, wishes: Wishes, *, run: Run) -> Answer:
    path = scan.path if scan.package else _made(out / scan.file)
    if path is None:
        raise UnwritableFile(f"'{scan.file}' is not in this {scan.package}. Install limner again.")
    target = out / f"{scan.name}{'.nii.gz' if path.suffix in {'.dcm', '.npz'} else '.png'}"
    drawn = replace(wishes, overlay=out / f"{scan.name}.overlay.png")
    told: Mapping[str, Any] = {"objects": list(scan.objects)}
    return segment_case(path, target, wishes=drawn, run=run, told=told)


def _made(path: Path) -> Path:
    """The generated volume as a file."""
    import numpy as np

    samples, (slices, rows, columns) = generated()
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, imgs=samples, spacing=np.array([columns, rows, slices]))
    return path


def _csv(answers: Sequence[tuple[Scan, Answer]]) -> str:
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(("scan", *HEADS))
    for scan, answer in answers:
        written.writerows((scan.name, *line) for line in lines(answer.measured))
    return text.getvalue()


def _picture(scan: Scan, answer: Answer) -> Picture:
    from limner.cli._show import extent, longest, size

    rows = [
        (each.object.label, extent(each.object, answer.mask), size(each), longest(each))
        for each in answer.measured
    ]
    source = scan.file if scan.package else "made by limner demo"
    return Picture(
        title=scan.title,
        overlay=f"{scan.name}.overlay.png",
        mask=answer.out.name,
        source=f"{scan.package}: {source}" if scan.package else source,
        rows=rows,
        model=answer.model,
        command=command(scan, answer),
    )


def command(scan: Scan, answer: Answer) -> str:
    """The line that does the same for the scan's first object."""
    first = scan.objects[0]
    words = ["limner", "segment", "-i", str(answer.scan), "-o", answer.out.name, "--index"]
    for each in first["prompts"]:
        places = each.get("corners_index") or each.get("path_index") or [each["at_index"]]
        words += [f"--{each['kind']}", " ".join(",".join(map(str, one)) for one in places)]
    words += ["--label", first["label"]]
    for name, value in scan.options.items():
        words += [f"--{name}", str(value)]
    return shlex.join(words)
