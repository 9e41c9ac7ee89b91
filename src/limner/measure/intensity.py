"""Intensity: what the image holds inside the object."""

import numpy as np

from limner.measure import MEASURES
from limner.measure.measurement import Measurement, Subject

PERCENTILES = (5, 25, 50, 75, 95)


@MEASURES.add
def intensity(subject: Subject) -> tuple[Measurement, ...]:
    """Mean, sd, least, most and percentiles in the image's unit; nothing without an image.

    Voxels that are not finite are left out, and the method says how many. The sd is that of
    all voxels (divided by n); percentiles are interpolated between voxels. A colour picture
    gives each number for each channel, with its number from 1 in the name.
    """
    samples = subject.samples()
    if samples is None or not len(samples):
        return ()
    unit = (subject.image.unit if subject.image else "") or "1"
    if samples.shape[1] == 1:
        return _of(samples[:, 0], unit, "")
    channels = range(samples.shape[1])
    return tuple(one for c in channels for one in _of(samples[:, c], unit, f"_channel_{c + 1}"))


def _of(
    samples: np.ndarray[tuple[int], np.dtype[np.generic]], unit: str, ending: str
) -> tuple[Measurement, ...]:
    values = np.asarray(samples, np.float64)
    finite = values[np.isfinite(values)]
    dropped = len(values) - len(finite)
    how = "Of the voxels inside the object."
    if dropped:
        how = f"Of the voxels inside the object, without {dropped} that are not finite."
    if not len(finite):
        return ()
    numbers = {
        "mean": finite.mean(),
        "sd": finite.std(),
        "min": finite.min(),
        "max": finite.max(),
    }
    cuts = np.percentile(finite, PERCENTILES)
    numbers |= {f"p{p:02d}": cut for p, cut in zip(PERCENTILES, cuts, strict=True)}
    return tuple(
        Measurement(f"intensity_{name}{ending}", float(value), unit, how)
        for name, value in numbers.items()
    )
