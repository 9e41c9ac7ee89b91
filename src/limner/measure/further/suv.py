"""PET: the greatest and the peak uptake, and how much tissue takes up more than a threshold.

Source   SUVpeak: Wahl et al., Journal of Nuclear Medicine 2009, 50 (supplement 1), 122S (PERCIST):
         the highest mean in a sphere of 1 mL; which voxels that sphere has, and that its centre
         is any voxel of the object: IBSI reference manual, arXiv:1612.07003, section 3.2 (0F91).
         Metabolic tumour volume at 41 % of the maximum: Boellaard et al., European Journal of
         Nuclear Medicine and Molecular Imaging 2015, 42, 328; at 4.0: Barrington and Meignan,
         Journal of Nuclear Medicine 2019, 60, 1096.
Differs  no part of a voxel counts: those whose centres are in the sphere do, as IBSI has it.
"""

from math import pi

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid
from limner.measure import FURTHER
from limner.measure.measurement import Measurement, Subject

RADIUS_MM = (3 / (4 * pi)) ** (1 / 3) * 10  # of 1 mL
OF_MOST = 0.41
ABOVE = 4.0


@FURTHER.add
def suv(subject: Subject) -> tuple[Measurement, ...]:
    """SUVmax, mean and peak, and volume and glycolysis above two thresholds.

    Nothing unless the image is in SUV and has volumes in a patient.
    """
    image, box = subject.image, subject.box
    if image is None or not image.unit.startswith("SUV") or box is None:
        return ()
    if subject.flat or not subject.closed or subject.grid.scale != "patient":
        return ()
    samples = subject.samples()
    if samples is None or not np.isfinite(samples).all():
        return ()
    values = np.asarray(samples[:, 0], np.float64)
    most = float(values.max())
    found = [
        Measurement("suv_max", most, image.unit, "The greatest voxel."),
        Measurement("suv_mean", float(values.mean()), image.unit, "Of the voxels inside."),
        Measurement("suv_peak", peak(subject), image.unit, PEAK),
    ]
    for name, least, how in (
        ("41", OF_MOST * most, f"at least {OF_MOST:.0%} of the greatest, {OF_MOST * most:.2f}"),
        ("4", ABOVE, f"at least {ABOVE:g}"),
    ):
        kept = values[values >= least]
        volume = len(kept) * subject.grid.voxel_mm3 / 1000
        mean = float(kept.mean()) if len(kept) else 0.0
        found += [
            Measurement(f"mtv_{name}", volume, "mL", f"Voxels of the object of {how}."),
            Measurement(f"tlg_{name}", volume * mean, "mL", f"That volume times its mean, {how}."),
        ]
    return tuple(found)


PEAK = (
    f"The highest mean in a sphere of 1 mL, radius {RADIUS_MM:.2f} mm, round a voxel of the "
    "object; voxels count whose centres are in it, within the object or not."
)


def peak(subject: Subject) -> float:
    """The highest mean within 1 mL round any voxel of the object; outside of the image is nothing.

    NaN for an empty object. IBSI's global intensity peak.
    """
    means = sphere_means(subject)
    return float(means.max()) if len(means) else float("nan")


def sphere_means(subject: Subject) -> NDArray[np.float64]:
    """(voxels,) the mean of the image within 1 mL round every voxel of the object."""
    from scipy import ndimage

    image, box = subject.image, subject.box
    if image is None or box is None:
        return np.zeros(0)
    kernel = _sphere(subject.grid)
    margin = [n // 2 for n in kernel.shape]
    low = [max(0, a - m) for a, m in zip(box[0], margin, strict=True)]
    shape = subject.grid.shape
    high = [min(n, b + m) for n, b, m in zip(shape, box[1], margin, strict=True)]
    block = image.block((low[0], low[1], low[2]), (high[0], high[1], high[2]), time=subject.time)
    values = np.asarray(block[..., 0], np.float64)
    known = np.isfinite(values)
    total = ndimage.convolve(np.where(known, values, 0), kernel, mode="constant")
    count = ndimage.convolve(known.astype(np.float64), kernel, mode="constant")
    spans = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return np.asarray((total / np.maximum(count, 1))[subject.inside[spans]])


def _sphere(grid: Grid) -> NDArray[np.float64]:
    """1 where a voxel's centre is within the sphere round the middle one; right when sheared."""
    reach = [int(RADIUS_MM // height) for height in _heights(grid)]
    index = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1)
    away = np.linalg.norm(index @ np.array(grid.steps_mm), axis=-1)
    return np.asarray(away <= RADIUS_MM, np.float64)


def _heights(grid: Grid) -> list[float]:
    """The distance between neighbouring planes of voxels along each axis, mm."""
    inverse = np.linalg.inv(np.array(grid.steps_mm))
    return [float(each) for each in 1 / np.linalg.norm(inverse, axis=0)]
