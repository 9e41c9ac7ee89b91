"""Three visits of one made-up patient, whose lesions are known in closed form.

The body lies otherwise at each visit. Lesions are ellipsoids whose long axis lies in the plane
of the slices: in the liver one that shrinks and one that grows, in a lung one that goes and,
at the last visit, one that is new.
"""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from limner.cases.open import read
from limner.cases.save import write
from limner.image import Image
from limner.mask import Mask, Object
from limner.phantoms._scanners import Site
from limner.phantoms._scans import scan
from limner.phantoms._solids import Ellipsoid
from limner.phantoms._torso import patient
from limner.schema import Schema
from tests.dicom.make import placed, save

SITE = Site("trial", (6.0, 2.5, 2.5), 12.0, 1.4)
KEPT = slice(26, 61)  # slices from the lesions on the left of the liver to those of the lungs
DATES = (date(2026, 1, 5), date(2026, 2, 16), date(2026, 4, 13))
NAMES = ("baseline", "week 6", "week 14")
TURNS = (0.0, 0.08, -0.05)  # radians about the head axis
SHIFTS_MM = ((0.0, 0.0, 0.0), (9.0, -6.0, 14.0), (-7.0, 4.0, -10.0))


@dataclass(frozen=True)
class Planted:
    """One lesion: where it is in its organ, and its half axes in mm at each visit."""

    name: str
    organ: str
    away: tuple[float, float, float]  # from the organ's middle, as a share of its half axes
    halves: tuple[tuple[float, float, float] | None, ...]

    def long_mm(self, visit: int) -> float | None:
        half = self.halves[visit]
        return None if half is None else 2 * half[0]

    def volume_ml(self, visit: int) -> float:
        half = self.halves[visit]
        return 0.0 if half is None else 4 / 3 * np.pi * float(np.prod(half)) / 1000


PLANTED = (
    Planted("shrinks", "liver", (-0.2, -0.3, 0.2), ((22, 15, 14), (15, 11, 10), (11, 8, 8))),
    Planted("grows", "liver", (0.1, 0.4, -0.35), ((11, 9, 9), (13, 10, 10), (17, 13, 12))),
    Planted("goes", "left lung", (0.1, 0.1, 0.0), ((10, 8, 8), (7, 6, 6), None)),
    Planted("new", "right lung", (-0.1, -0.2, 0.1), (None, None, (8, 7, 7))),
)


def body():
    who = patient(41, tumours=0, resected=0.0)
    return replace(who, tumours=(), hosts=())


def tumour(each: Planted, visit: int, who) -> Ellipsoid:
    organ = who.organs[each.organ]
    at = np.array(organ.at_mm) + np.array(each.away) * np.array(organ.half_mm) * 0.8
    return Ellipsoid(tuple(at.tolist()), each.halves[visit])


def laid(thing: Image | Mask, visit: int):
    """An image or a mask as the body lay at a visit."""
    angle = TURNS[visit]
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    grid = thing.grid
    steps = tuple(tuple((turn @ step).tolist()) for step in np.array(grid.steps_mm))
    origin = tuple((turn @ np.array(grid.origin_mm) + SHIFTS_MM[visit]).tolist())
    return replace(thing, grid=replace(grid, origin_mm=origin, steps_mm=steps))


def visit(number: int) -> tuple[Image, Mask]:
    """The CT and the mask of one visit; its objects have no names and ids of their own."""
    who = body()
    there = [each for each in PLANTED if each.halves[number] is not None]
    if number == 1:
        there.reverse()  # ids say nothing from visit to visit
    with_them = replace(
        who,
        tumours=tuple(tumour(each, number, who) for each in there),
        hosts=tuple(each.organ for each in there),
    )
    made = scan(41, modality="ct", name="visit", site=SITE, who=with_them)
    whole = made.targets[0].value
    mask = Mask(whole.grid, schema=Schema.of("tumour"))
    for each in whole.objects:
        if each.label == "tumour":
            about = Object(int(each.name.split()[1]), "tumour", source="synthetic")
            mask = mask.with_object(whole.where(each.id), about)
    _, rows, columns = mask.grid.shape
    low, high = (KEPT.start, 0, 0), (KEPT.stop, rows, columns)
    cropped = replace(
        mask, grid=mask.grid.crop(low, high), layers=tuple(each[:, KEPT] for each in mask.layers)
    )
    return laid(made.images["image"].crop(low, high), number), laid(cropped, number)


def write_ct(image: Image, folder: Path, *, on: date, number: int) -> None:
    """A CT series, one file a slice."""
    grid = image.grid
    down, along = (np.array(step) for step in grid.steps_mm[1:])
    sizes = np.linalg.norm(down), np.linalg.norm(along)
    way = [*(along / sizes[1]).tolist(), *(down / sizes[0]).tolist()]
    for k in range(grid.shape[0]):
        dataset = placed(
            (image.slice(k)[..., 0] + 1024).astype(np.int16),
            grid.position_mm((k, 0, 0)).tolist(),
            orientation=way,
            spacing=sizes,
            InstanceNumber=k + 1,
            SliceThickness=grid.spacing_mm[0],
            StudyDate=f"{on:%Y%m%d}",
            StudyInstanceUID=f"2.25.{7000 + number}",
            SeriesInstanceUID=f"2.25.{8000 + number}",
            FrameOfReferenceUID=f"2.25.{9000 + number}",
        )
        save(dataset, folder / f"{k:03d}.dcm")


def write_visits(folder: Path) -> Path:
    """A folder with one folder a visit: the CT as DICOM, the mask as NIfTI or, at last, as SEG."""
    for number, (on, name) in enumerate(zip(DATES, NAMES, strict=True)):
        image, mask = visit(number)
        place = folder / f"{on.isoformat()} {name}"
        (place / "ct").mkdir(parents=True)
        write_ct(image, place / "ct", on=on, number=number)
        if number < 2:
            write(mask, place / "mask.nii.gz")
        else:
            write(mask, place / "mask.seg.dcm", image=read(place / "ct"))
    return folder
