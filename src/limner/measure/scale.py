"""What a millimetre of an object is: a region's own scale, a detector's plane, a calibration.

An ultrasound picture may hold regions of different scale (DICOM PS3.3 C.8.5.5): a length within one
is measured by that region's pixels, and one across several is no length at all. A radiograph's
millimetres are those of its detector (PS3.3 10.7.1.3): every length says so.
"""

from dataclasses import replace

import numpy as np

from limner.grid import Grid, vector
from limner.image import Region, Source
from limner.measure.measurement import Measurement, Subject

SAME = 1e-6  # share by which two sizes of a pixel may differ and be one scale
NOT_LENGTHS = (0.0, 0.0)


def own_scale(subject: Subject) -> Subject | str:
    """The object with the scale of the region it lies in; why not, where it spans several.

    The same object where the image has no regions, or its grid has that scale. An object in
    a region whose units are no lengths (Doppler), or outside of all, has pixels without a size.
    """
    image = subject.image
    if image is None or not image.source.regions or subject.box is None:
        return subject
    found = _steps(subject, image.source.regions)
    if len(found) > 1:
        return _refusal(found)
    (step,) = found
    if _matches(subject.grid, step):
        return subject
    down, along = step if min(step) > 0 else (1.0, 1.0)
    grid = replace(
        subject.grid,
        origin_mm=(0.0, 0.0, 0.0),
        steps_mm=((0.0, 0.0, max(down, along)), (0.0, down, 0.0), (along, 0.0, 0.0)),
        scale="ruler" if min(step) > 0 else "none",
        placed=False,
    )
    # Its neighbours may lie in other regions, so distances to them are not measured.
    return replace(subject, grid=grid, image=replace(image, grid=grid), mask=None)


def _steps(subject: Subject, regions: tuple[Region, ...]) -> list[tuple[float, float]]:
    """The (row, column) sizes of the pixels of an object, each once; (0, 0) for no length."""
    shown = np.zeros(subject.grid.shape[1:], np.int16)
    for number, each in enumerate(regions, start=1):  # a later one lies on an earlier one
        shown[each.low[0] : each.high[0], each.low[1] : each.high[1]] = number
    met = np.unique(shown[subject.inside.any(axis=0)])
    every = [NOT_LENGTHS if k == 0 else regions[k - 1].step_mm for k in met.tolist()]
    found: list[tuple[float, float]] = []
    for step in every:
        if not any(_alike(step, other) for other in found):
            found.append(step)
    return found


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= SAME * max(abs(a), abs(b)) for a, b in zip(one, other, strict=True))


def _matches(grid: Grid, step: tuple[float, float]) -> bool:
    if min(step) <= 0:
        return grid.scale == "none"
    return grid.scale == "ruler" and _alike(step, (grid.spacing_mm[1], grid.spacing_mm[2]))


def _refusal(found: list[tuple[float, float]]) -> str:
    sized = [f"{a:.4g} x {b:.4g} mm" for a, b in found if min(a, b) > 0]
    without = len(sized) < len(found)
    named = " and ".join([*sized, *(["none"] if without else [])])
    return (
        f"Not measured: the object lies in regions of the picture with different scales (pixels "
        f"of {named}). Outline it within one region."
    )


def put_back(found: Measurement, used: Grid, own: Grid) -> Measurement:
    """The ends of a caliper that was laid on a region's grid, as places of the picture."""
    if not found.ends_mm or used is own:
        return found
    one, other = (vector(own.position_mm(used.index_at(end))) for end in found.ends_mm)
    return replace(found, ends_mm=(one, other))


def said(found: Measurement, source: Source) -> Measurement:
    """The same, and its method says what its millimetres are where they are not the patient's."""
    if "{detector}" in found.unit:
        return replace(found, method=f"{found.method} {_detector(source)}")
    if "{ruler}" in found.unit and source.attribute("PixelSpacingCalibrationType"):
        return replace(found, method=f"{found.method} {_calibrated(source)}")
    return found


def _detector(source: Source) -> str:
    told = "In the plane of the detector, where things are larger than in the patient."
    factor = _magnification(source)
    if factor is None:
        return f"{told} The file does not say by how much."
    what = f"{factor:.4g} times by its own estimate"
    return f"{told} The file says {what} (EstimatedRadiographicMagnificationFactor)."


def _magnification(source: Source) -> float | None:
    try:
        found = float(source.attribute("EstimatedRadiographicMagnificationFactor"))
    except ValueError:
        return None
    return found if np.isfinite(found) and found > 0 else None


def _calibrated(source: Source) -> str:
    kind = source.attribute("PixelSpacingCalibrationType").lower()
    words = source.attribute("PixelSpacingCalibrationDescription")
    return f"Its millimetres were calibrated ({kind}{f': {words}' if words else ''})."
