"""One case from the scan to the written mask: what `limner segment` does."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.cli._model import ready
from limner.cli._prompts import Typed
from limner.cli._prompts_file import Asked, asked, load
from limner.cli._run import Run, sha256
from limner.cli._show import object_json, objects_table
from limner.errors import BadValue, UnknownName, UnwritableFile

if TYPE_CHECKING:
    from limner.image import Image
    from limner.mask import Mask, Soft
    from limner.measure import Measured
    from limner.predict import Prediction, Predictor
    from limner.predict.session import Session
    from limner.prompt import Prompt


OVERLAPS = ("later", "earlier", "keep")
PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Wishes:
    """What the options of `limner segment` say, beside where to read and write."""

    typed: Typed = field(default_factory=Typed)
    prompts: Path | None = None
    object: int = 1
    label: str = ""
    schema: Path | None = None
    model: str = "limner"
    series: str | None = None
    window: str | None = None
    modality: str | None = None
    frame: int | None = None
    spacing: str | None = None
    session: Path | None = None
    undo: bool = False
    overlap: str = ""  # kept where the format holds it, else the later has it
    overlay: Path | None = None
    soft_edge: Path | None = None
    smooth_mm: float = 0.0
    fill_holes: bool = False
    all_islands: bool = False
    min_size: int = 0
    threads: int | None = None
    runtime: str | None = None
    precision: str | None = None
    device: str = "cpu"
    deterministic: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """What one case came to.

    quality   object id and expected Dice
    model     what answered; "" where nothing was asked (an undo)
    """

    scan: Path
    out: Path
    mask: "Mask"
    measured: tuple["Measured", ...]
    quality: Mapping[int, float]
    model: str
    problems: tuple[str, ...]
    seconds: Mapping[str, float]
    elapsed_s: float

    def to_json(self) -> dict[str, Any]:
        """Plain values; what `--json` prints."""
        return {
            "scan": str(self.scan),
            "output": str(self.out),
            "model": self.model,
            "objects": [object_json(each, self.mask, self.quality) for each in self.measured],
            "problems": list(self.problems),
            "seconds": {name: round(spent, 4) for name, spent in self.seconds.items()},
        }

    def text(self, *, as_json: bool = False, verbose: bool = False) -> str:
        """A table for people, or JSON."""
        if as_json:
            return json.dumps(self.to_json(), indent=2, ensure_ascii=False)
        lines = [f"Note: {each}" for each in self.problems]
        if self.measured:
            lines.append(objects_table(self.measured, self.mask, self.quality))
        else:
            lines.append("Nothing is outlined.")
        lines.append(f"Written to {self.out} ({self.elapsed_s:.1f} s, {self.model or 'no model'})")
        if verbose:
            lines += [f"  {name}: {spent:.3f} s" for name, spent in self.seconds.items()]
        return "\n".join(lines)


def segment_case(
    scan: Path,
    out: Path,
    *,
    wishes: Wishes,
    run: Run,
    told: Mapping[str, Any] | None = None,
) -> Answer:
    """Read, ask, answer, tidy, measure, write.

    told   the objects of a prompts file that is open already (a folder of cases)
    """
    check_places(scan, out, wishes)
    with run.stage("open"):
        image = opened(scan, wishes, run)
    log = _session(wishes.session, image)
    before = len(log.events)
    if wishes.undo:
        log = log.undo()
    wanted = _asked(image, wishes, told)
    model, likely = "", tuple["Soft", ...]()
    if wanted.prompts or not (wishes.undo or wanted.names):
        log, answer = _answered(log, wanted, image=image, wishes=wishes, run=run)
        model, likely = answer.card, answer.mask.soft
    for number, (label, name) in wanted.names.items():
        if label or name:
            log = log.call(number, label, name=name)
    with run.stage("tidy"):
        mask, notes = parted(
            _tidied(log, wishes), wishes.overlap or ("keep" if holds(out, "overlap") else "later")
        )
        if holds(out, "probability"):  # its writer moves them to the side the mask is on
            mask = replace(mask, soft=tuple(each for each in likely if each.object in mask.ids))
    with run.stage("measure"):
        from limner.measure import measure, refusals

        measured = measure(mask, image)
        notes = (*notes, *refusals(measured))
    with run.stage("write"):
        _write(mask, image, out=out, wishes=wishes, prompts=log.prompts)
        if wishes.session is not None:
            _keep(log, wishes.session, fixed_from=before if wishes.deterministic else None)
    for path in (out, wishes.session, wishes.overlay, wishes.soft_edge):
        if path is not None:
            run.outputs[str(path)] = sha256(path)
    run.facts["model"] = model
    return Answer(
        scan=scan,
        out=out,
        mask=mask,
        measured=measured,
        quality=log.quality,
        model=model,
        problems=(*image.source.problems, *notes, *_remarks(mask, image, out)),
        seconds=dict(run.seconds),
        elapsed_s=run.elapsed_s,
    )


def _answered(
    log: "Session", wanted: Asked, *, image: "Image", wishes: Wishes, run: Run
) -> tuple["Session", "Prediction"]:
    """The log with the new step, and the model's answer to it."""
    predictor = predictor_of(wishes, run)
    with run.stage("encode"):
        encoded = predictor.encode(image)
    if wanted.prompts:
        log = log.say(*wanted.prompts)
    with run.stage("predict"):
        if wanted.prompts:
            prediction = log.predict(predictor, encoded)
        else:  # an automatic model; any other says that it needs a prompt
            prediction = predictor.predict(encoded, ())
    return log.accept(prediction), prediction


def opened(scan: Path, wishes: Wishes, run: Run) -> "Image":
    """The image, one frame of it, with its window and perhaps a size; its hashes are noted."""
    from limner.cases.open import read
    from limner.cli._scale import sized
    from limner.read import at_time

    image = read(scan, series=wishes.series, window=wishes.window, modality=wishes.modality)
    run.inputs |= {each.name: each.sha256 for each in image.source.files}
    if image.times > 1:
        frames = image.times
        image = at_time(image, wishes.frame or 0)
        if wishes.frame is None:
            image = _noting(
                image,
                f"There are {frames} frames in time; the first was taken. Choose with --frame.",
            )
    elif wishes.frame:
        raise BadValue(
            f"Frame {wishes.frame} was asked for, but '{scan.name}' has one. Leave --frame out."
        )
    if wishes.spacing is not None:
        image = sized(image, wishes.spacing)
    return image


def _noting(image: "Image", problem: str) -> "Image":
    source = replace(image.source, problems=(*image.source.problems, problem))
    return replace(image, source=source)


def predictor_of(wishes: Wishes, run: Run) -> "Predictor":
    """The predictor that is wished for; the same one for every case of a run."""
    key = (
        wishes.model,
        wishes.threads,
        wishes.runtime,
        wishes.precision,
        wishes.device,
        wishes.deterministic,
    )
    if key not in _LOADED:
        with run.stage("load model"):
            _LOADED[key] = ready(
                wishes.model,
                threads=wishes.threads,
                runtime=wishes.runtime,
                precision=wishes.precision,
                device=wishes.device,
                deterministic=wishes.deterministic,
            )
    return _LOADED[key]


_LOADED: dict[Any, "Predictor"] = {}


def _asked(image: "Image", wishes: Wishes, told: Mapping[str, Any] | None) -> Asked:
    folder = Path()
    if told is None and wishes.prompts is not None:
        told, folder = load(wishes.prompts), wishes.prompts.parent
    elif wishes.prompts is not None:
        folder = wishes.prompts if wishes.prompts.is_dir() else wishes.prompts.parent
    typed = wishes.typed.prompts(image.grid, object=wishes.object)
    names = {wishes.object: (wishes.label, "")} if wishes.label else {}
    if told is None:
        return Asked(typed, names)
    if typed or names:
        raise BadValue(
            "There are prompts both in --prompts and typed. Give one or the other; a label "
            "belongs into the file too."
        )
    return asked(told, image.grid, folder=folder)


def _session(file: Path | None, image: "Image") -> "Session":
    from limner.predict.session import Session, image_digest

    if file is None or not file.exists():
        return Session.on(image)
    from limner.cases.sessions import load_session

    kept = load_session(file)
    if kept.digest != image_digest(image):
        from limner.errors import GeometryMismatch

        raise GeometryMismatch(
            f"The session '{file.name}' is on '{kept.image}', and this scan is another or has "
            "changed. Give the scan that it was begun on, or another --session."
        )
    return kept


def _tidied(log: "Session", wishes: Wishes) -> "Mask":
    """What stands, tidied as asked: parts that nobody pointed at, holes, edges, specks."""
    from limner.refine.holes import holes
    from limner.refine.islands import islands
    from limner.refine.smooth import smooth
    from limner.refine.specks import specks

    mask = log.mask
    if not wishes.all_islands:
        mask = islands(mask, _pointed(log.prompts))
    if wishes.fill_holes:
        mask = holes(mask)
    if wishes.smooth_mm:
        mask = smooth(mask, sigma_mm=wishes.smooth_mm)
    if wishes.min_size:
        mask = specks(mask, least=wishes.min_size)
    if wishes.schema is not None:
        mask = _classed(mask, wishes.schema)
    return mask


def holds(out: Path, trait: str) -> bool:
    """Whether the format of a file keeps that of a mask."""
    from limner.formats import format_of, held_by

    return trait in held_by(format_of(out), out)


def parted(mask: "Mask", overlap: str) -> tuple["Mask", tuple[str, ...]]:
    """One object a voxel, as most formats hold it, and a sentence where that took voxels away.

    overlap   "later" or "earlier" says whose a shared voxel is; "keep" leaves it to both
    """
    if overlap == "keep" or not mask.overlap:
        return mask, ()
    shared = sum(mask.voxels(each) for each in mask.ids) - int(mask.anywhere().sum())
    ordered = mask.objects if overlap == "later" else mask.objects[::-1]
    dense = replace(mask, objects=ordered).label_map()
    said = (
        f"Objects share {shared} voxels, and a file holds one object a voxel: the {overlap} one "
        f"has them. Say --overlap {'earlier' if overlap == 'later' else 'later'} for the other."
    )
    return replace(mask, layers=(dense,), soft=()), (said,)


def _pointed(prompts: Sequence["Prompt"]) -> list["Prompt"]:
    """The prompts of the objects that were only clicked or scribbled on.

    A box, a lasso or a prior may mean an object of several parts: it keeps them all.
    """
    whole = {each.object for each in prompts if each.kind in {"box", "lasso", "prior"}}
    return [each for each in prompts if each.object not in whole]


def _classed(mask: "Mask", file: Path) -> "Mask":
    """With the classes of a file. Raises UnknownName for a label that it lacks."""
    from limner.errors import NotFound
    from limner.schema import Schema

    if not file.is_file():
        raise NotFound(f"There is no schema '{file}'. Check the name.")
    schema = Schema.from_toml(file.read_text(encoding="utf-8"))
    objects = tuple(
        replace(each, label=schema[each.label].name if each.label else "") for each in mask
    )
    return replace(mask, objects=objects, schema=schema)


def _write(
    mask: "Mask", image: "Image", *, out: Path, wishes: Wishes, prompts: Sequence["Prompt"]
) -> None:
    from limner.cases.save import write

    if wishes.soft_edge is not None:  # first: it may refuse how many objects there are
        from limner.cases.soft_edges import write_soft_edge

        write_soft_edge(mask, wishes.soft_edge, image=image)
    with _moment(wishes):
        write(mask, out, image=image)
    if wishes.overlay is not None:
        from limner.formats.overlay import write as draw

        draw(mask, wishes.overlay, image=image, prompts=prompts)


def _moment(wishes: Wishes) -> AbstractContextManager[None]:
    """The moment that a DICOM file names: now, or always the same."""
    if not wishes.deterministic:
        return nullcontext()
    from limner.cli._fixed import BEGIN
    from limner.dicom.derived import at

    return at(BEGIN)


def _remarks(mask: "Mask", image: "Image", out: Path) -> tuple[str, ...]:
    """What the format of the written mask has to say of it."""
    from limner.formats import format_of

    said = getattr(format_of(out), "remarks", None)
    return tuple(said(mask, image=image)) if said else ()


def _keep(log: "Session", file: Path, *, fixed_from: int | None) -> None:
    from limner.cases.sessions import save_session
    from limner.cli._fixed import fixed

    save_session(log if fixed_from is None else fixed(log, since=fixed_from), file)


def check_places(scan: Path, out: Path, wishes: Wishes) -> None:
    """Refuse before any work what would be refused at its end."""
    from limner.formats import format_of

    if wishes.overlap not in {"", *OVERLAPS}:
        raise UnknownName("way to part objects", wishes.overlap, OVERLAPS)
    if wishes.undo and (wishes.session is None or not wishes.session.exists()):
        raise BadValue(
            "There is nothing to undo: --undo takes back the last step of a --session file that "
            "is there already."
        )
    if wishes.overlay is not None and wishes.overlay.suffix.lower() not in PICTURES:
        raise BadValue(f"'{wishes.overlay.name}' is no picture's name. Let it end in .png or .jpg.")
    if wishes.soft_edge is not None:
        from limner.cases.soft_edges import need_ending

        need_ending(wishes.soft_edge)
    named = (out, wishes.session, wishes.overlay, wishes.soft_edge)
    written = [each for each in named if each is not None]
    for each in written:
        if each.is_dir():
            raise UnwritableFile(f"'{each}' is a folder. Give the name of a file in it.")
        if not each.parent.is_dir():
            raise UnwritableFile(
                f"The folder '{each.parent}' for '{each.name}' does not exist. Create it first."
            )
        if each.exists() and scan.exists() and each.samefile(scan):
            raise UnwritableFile(f"'{each}' is the scan itself. Give another name.")
    if len({each.resolve() for each in written}) < len(written):
        raise BadValue(f"Two outputs have the name '{out}'. Give each its own.")
    format_of(out)
