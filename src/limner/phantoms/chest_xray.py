"""A chest radiograph: the made-up trunk seen by a point source, its labels carried along.

Lungs, heart, ribs, collar bones, spine and nodules are shadows that lie over one another, so
they are layers of their own. The lungs are drawn as radiologists draw them, without the part
that the heart and the belly hide.

Source   ray integrals as in limner.phantoms._drr; DRRs to enlarge a small set: system S008.
Differs  one energy, no detector blur of its own, scatter alike everywhere.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.phantoms import PHANTOMS
from limner.phantoms._drr import Floats, Tube, attenuation, exposed, projected
from limner.phantoms._scanners import Site, scanned, tones
from limner.phantoms._torso import Patient, patient, trunk
from limner.sample import Sample, Target
from limner.schema import Schema

__all__ = ["Shadows", "chest_xray", "shadows"]

GRID = Grid(
    (84, 44, 92),
    origin_mm=(-182.0, -130.0, -35.0),
    steps_mm=((0.0, 0.0, 3.4), (0.0, 6.4, 0.0), (4.0, 0.0, 0.0)),
)
NAMES = ("right lung", "left lung", "heart", "ribs", "collar bones", "spine")
MET_MM = 6.0  # a ray that meets less of an object does not show it
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Shadows:
    """What the rays met.

    met        line integrals of the attenuation (rows, columns)
    outlines   by object, bool (rows, columns); they overlap
    """

    met: Floats
    outlines: dict[str, Flags]


def shadows(
    who: Patient, tube: Tube, *, seed: int, grid: Grid = GRID, site: Site | None = None
) -> Shadows:
    """The shadows of a patient's chest; nodules are called 'nodule 1' and so on.

    grid  the voxels that the rays run through
    site  whose CT they were measured by, with its noise and blur; None for the body itself.
          Its axes must be the body's own
    """
    block = trunk(who, grid, seed=seed)
    hounsfield = tones(block, modality="ct")
    if site is not None:
        scan = scanned(block, np.random.default_rng((seed, 4)), site=site)
        hounsfield = scan.block((0, 0, 0), grid.shape)[..., 0]
    nodules = [f"tumour {number}" for number in range(1, len(who.tumours) + 1)]
    wanted = [name for name in (*NAMES, *nodules) if name in block.names]
    solids = [block.labels == block.names.index(name) for name in wanted]
    solids.append(block.looks == block.tissues.index("liver"))
    met = projected(attenuation(hounsfield), grid, tube)
    ways_mm = projected(np.stack(solids), grid, tube)
    found = {
        name.replace("tumour", "nodule"): way_mm > MET_MM
        for name, way_mm in zip(wanted, ways_mm[:-1], strict=True)
    }
    hidden = found["heart"] | found["spine"] | (ways_mm[-1] > 2 * MET_MM)
    for name in ("right lung", "left lung"):
        found[name] = found[name] & ~hidden
    return Shadows(met, {name: where for name, where in found.items() if where.any()})


@PHANTOMS.add
def chest_xray(seed: int) -> Sample:
    """One chest from the front, 128 x 128, bright where little arrived (12 bits)."""
    rng = np.random.default_rng((seed, 3))
    who = patient(seed, tumours=int(rng.integers(0, 3)), hosts=("right lung", "left lung"))
    tube = Tube(
        source_mm=float(rng.choice([1000.0, 1800.0])),
        pixel_mm=2.75,
        centre_mm=(float(rng.normal(0, 6)), float(rng.normal(108, 8))),
    )
    seen = shadows(who, tube, seed=seed)
    read = exposed(
        seen.met, rng, photons=float(10 ** rng.uniform(3.6, 5)), scatter=float(rng.uniform(0, 0.4))
    )
    pixel = tube.pixel_mm
    steps = ((0.0, 0.0, pixel), (0.0, pixel, 0.0), (pixel, 0.0, 0.0))
    grid = Grid((1, *tube.shape), steps_mm=steps, placed=False, scale="detector")
    samples = np.rint(np.clip(read / 9.0, 0, 1) * 4095).astype(np.uint16)
    image = Image.of(samples[None], grid)
    image = replace(image, source=replace(image.source, modality="DX"))
    target = Target(
        "dense", _mask(seen, grid), source="synthetic", rater="limner.phantoms.chest_xray"
    )
    return Sample(
        f"chest_xray-{seed}",
        {"image": image},
        (target,),
        groups={"patient": f"trunk-{seed}", "site": f"{tube.source_mm:.0f} mm"},
        licence="CC0-1.0",
    )


def _mask(seen: Shadows, grid: Grid) -> Mask:
    kinds = {name: name.split()[0] if name.startswith("nodule") else name for name in seen.outlines}
    mask = Mask(grid, schema=Schema.of(*dict.fromkeys(kinds.values())))
    for number, (name, where) in enumerate(seen.outlines.items(), start=1):
        about = Object(number, kinds[name], name if name != kinds[name] else "", source="synthetic")
        mask = mask.with_object(where[None], about)
    return mask
