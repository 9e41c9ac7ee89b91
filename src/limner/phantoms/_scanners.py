"""Scanners: what CT, MR and PET of three sites make of a block of tissues."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import ndimage

from limner.grid import Grid, Shape
from limner.image import Image, Samples
from limner.mask import Mask, Object
from limner.phantoms._solids import Block, Floats
from limner.phantoms._tissues import TONES
from limner.schema import Schema

Modality = Literal["ct", "t1", "t2", "pet"]
COLUMN = {"t1": 2, "t2": 3, "pet": 5}
SUV = 6.0  # of the brightest tissue of the table


@dataclass(frozen=True)
class Site:
    """A hospital and its scanner.

    spacing_mm  slices, rows, columns
    noise       sd, HU on CT; in hundredths of the brightest tissue else
    blur_mm     sd of the point spread
    edges       how much sharper than that a hard kernel makes it (0 soft)
    order, flips  how the axes are stored, as `Grid.turned` takes them
    contrast    share of the contrast medium that has arrived on CT
    bias        strength of an MR coil's shading
    """

    name: str
    spacing_mm: tuple[float, float, float]
    noise: float
    blur_mm: float
    edges: float = 0.0
    order: Shape = (0, 1, 2)
    flips: tuple[bool, bool, bool] = (False, False, False)
    contrast: float = 0.6
    bias: float = 0.1


SITES = (
    Site("harbour", (7.0, 4.4, 4.4), 12.0, 2.2),
    Site("hill", (10.0, 4.0, 4.0), 26.0, 1.4, edges=0.8, contrast=0.0, bias=0.25),
    Site(
        "mill",
        (5.5, 5.5, 5.5),
        7.0,
        3.2,
        order=(2, 0, 1),  # slices run from right to left
        flips=(False, True, False),  # and rows from the head down
        contrast=1.0,
        bias=0.18,
    ),
)
FIELD_MM = ((-185.0, -140.0, -190.0), (215.0, 150.0, 190.0))  # (z, y, x), low and high


def field(site: Site) -> Grid:
    """The voxels of a site's scan, along the body's own axes."""
    low, high = np.array(FIELD_MM)
    spacing = np.array(site.spacing_mm)
    slices, rows, columns = (int(n) for n in np.ceil((high - low) / spacing))
    head, back, left = low.tolist()
    dz, dy, dx = site.spacing_mm
    steps = ((0.0, 0.0, dz), (0.0, dy, 0.0), (dx, 0.0, 0.0))
    return Grid((slices, rows, columns), origin_mm=(left, back, head), steps_mm=steps)


def scanned(
    block: Block, rng: np.random.Generator, *, site: Site, modality: Modality = "ct"
) -> Image:
    """What the site's scanner gives: HU (int16), SUV (float32) or MR's numbers (int16)."""
    clean = tones(block, modality=modality, contrast=site.contrast)
    if modality in {"t1", "t2"}:
        clean = clean * np.exp(np.float32(site.bias) * block.wander)
    sigma = [max(site.blur_mm, 6.0 if modality == "pet" else 0) / mm for mm in site.spacing_mm]
    seen = ndimage.gaussian_filter1d(clean, sigma[1], axis=1, truncate=3)
    seen = ndimage.gaussian_filter1d(seen, sigma[2], axis=2, truncate=3)
    if site.edges and modality == "ct":
        seen = seen + np.float32(site.edges * 0.5) * (seen - ndimage.uniform_filter1d(seen, 3, 2))
    grain = rng.standard_normal(clean.shape, np.float32)
    if modality == "ct":
        samples = np.rint(np.clip(seen + grain * np.float32(site.noise), -1024, 3071))
        return _image(samples.astype(np.int16), block.grid, site=site, unit="HU", code="CT")
    size = np.float32(site.noise / 400)
    if modality == "pet":
        counted = np.maximum(seen + grain * size * np.sqrt(np.maximum(seen, 0.02)), 0) * SUV
        return _image(counted.astype(np.float32), block.grid, site=site, unit="SUV", code="PT")
    other = rng.standard_normal(clean.shape, np.float32)
    magnitude = np.hypot(seen + grain * size, other * size) * 1000
    return _image(np.rint(magnitude).astype(np.int16), block.grid, site=site, unit="", code="MR")


def tones(block: Block, *, modality: Modality, contrast: float = 0.0) -> Floats:
    """The clean value of every voxel: HU on CT, else 0 to about 1."""
    table = np.array([TONES[tissue] for tissue in block.tissues])
    if modality == "ct":
        values = table[:, 0] + contrast * (table[:, 1] - table[:, 0])
    else:
        values = table[:, COLUMN[modality]]
    return np.asarray(values.astype(np.float32)[block.looks])


def outlined(block: Block, *, site: Site) -> Mask:
    """What the block holds, one object a name; tumours share a class, organs have their own."""
    present = np.flatnonzero(np.bincount(block.labels.ravel()))
    objects, classes = [], []
    for number in present[present > 0].tolist():
        name = block.names[number]
        label = "tumour" if name.startswith("tumour") else name
        classes.append(label)
        objects.append(Object(number, label, name if label != name else "", source="synthetic"))
    layer = turned(block.labels, site)
    grid = block.grid.turned(site.order, site.flips)
    return Mask(grid, (layer,), tuple(objects), schema=Schema.of(*dict.fromkeys(classes)))


def turned(samples: Samples, site: Site) -> Samples:
    """A block as the site stores it."""
    stored = np.transpose(samples, site.order)
    spans = tuple(slice(None, None, -1 if flip else 1) for flip in site.flips)
    return np.ascontiguousarray(stored[spans])


def _image(samples: Samples, grid: Grid, *, site: Site, unit: str, code: str) -> Image:
    stored = Image.of(turned(samples, site), grid.turned(site.order, site.flips), unit=unit)
    return replace(stored, source=replace(stored.source, modality=code))
