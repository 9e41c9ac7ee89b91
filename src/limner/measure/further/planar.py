"""The shape of a lesion on one slice or photograph: how long its border is, how round, how even.

Source   circularity 4 pi A / P2: Cox, Journal of Paleontology 1927, 1, 179. Asymmetry over the two
         main axes: the A of the ABCD rule, Nachbar et al., Journal of the American Academy of
         Dermatology 1994, 30, 551; as a share of the area: Stoecker et al., Computerized Medical
         Imaging and Graphics 1992, 16, 191.
Differs  the border is that of the mask blurred by one pixel, which follows a slanting edge where
         the steps of pixels would be half as long again; it is scaled to enclose the mask's area.
"""

from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from limner.measure import FURTHER
from limner.measure.area import pixel_mm2
from limner.measure.measurement import LENGTHS, Measurement, Subject

Flags = NDArray[np.bool_]
BLUR = 1.0  # pixels


@FURTHER.add
def planar(subject: Subject) -> tuple[Measurement, ...]:
    """Perimeter, circularity, solidity and two asymmetries, on the slice of the largest area.

    Nothing for an empty object.
    """
    counts = np.count_nonzero(subject.inside, axis=(1, 2))
    if not counts.any():
        return ()
    number = int(counts.argmax())
    flat = subject.inside[number]
    border = perimeter(flat, subject.plane)
    area = float(counts[number]) * pixel_mm2(subject)
    long, short = asymmetry(flat, subject.plane)
    unit = LENGTHS[subject.grid.scale]
    outline = "Length of the outline of the mask, blurred by one pixel; holes count."
    told = (
        ("perimeter", border, unit, outline),
        ("circularity", min(1.0, 4 * pi * area / border**2), "1", "4 pi area / perimeter2."),
        ("solidity", solidity(flat), "1", "Pixels over those of the convex hull of their corners."),
        ("asymmetry_long", long, "1", f"{FOLD} the long main axis."),
        ("asymmetry_short", short, "1", f"{FOLD} the short main axis."),
    )
    return tuple(Measurement(name, value, u, how, number) for name, value, u, how in told)


FOLD = "Share of the area that finds no counterpart when it is folded over"


def perimeter(flat: Flags, plane: NDArray[np.float64]) -> float:
    """The length of the outline of flags (rows, columns), in the unit of `plane`; 0 for none.

    A single pixel has the perimeter of the disc of its area.
    """
    from scipy import ndimage
    from skimage.measure import find_contours

    if not flat.any():
        return 0.0
    soft = ndimage.gaussian_filter(np.pad(flat, 6).astype(np.float64), BLUR)
    total, enclosed = 0.0, 0.0
    for line in find_contours(soft, 0.5):  # type: ignore[no-untyped-call]
        places = line @ plane
        total += float(np.linalg.norm(np.diff(places, axis=0), axis=1).sum())
        x, y = places.T
        enclosed += float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2
    area = float(np.count_nonzero(flat)) * abs(float(np.linalg.det(plane)))
    if not enclosed:  # thinner than the blur: the least border that holds the area
        return 2 * sqrt(pi * area)
    return total * sqrt(area / abs(enclosed))


def solidity(flat: Flags) -> float:
    """The share that the pixels have of their convex hull: 1 for what is convex."""
    from scipy.spatial import ConvexHull

    index = np.argwhere(flat)[:, None].astype(np.float64)
    corners = (index + np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])).reshape(
        -1, 2
    )
    return float(np.count_nonzero(flat)) / float(ConvexHull(np.unique(corners, axis=0)).volume)


def asymmetry(flat: Flags, plane: NDArray[np.float64]) -> tuple[float, float]:
    """The shares, 0 to 1, without counterpart over the long and over the short main axis.

    What has no main axis, as a disc or a square, is folded over the rows and the columns.
    """
    places = np.argwhere(flat).astype(np.float64) @ plane
    middle = places.mean(axis=0)
    apart = places - middle
    spread, axes = np.linalg.eigh(apart.T @ apart)
    if spread[1] - spread[0] <= 1e-6 * max(spread[1], 1e-12):
        axes = np.eye(2)
    back = np.linalg.inv(plane)
    shares = []
    for across in (axes[:, 0], axes[:, 1]):  # the axis at right angles is folded over
        mirrored = apart - 2 * (apart @ across)[:, None] * across + middle
        shares.append(1 - float(_filled(flat, mirrored @ back).mean()))
    return shares[0], shares[1]


def _filled(flat: Flags, index: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of each place is inside, between the pixels by straight lines."""
    from scipy import ndimage

    return np.asarray(ndimage.map_coordinates(flat.astype(np.float64), index.T, order=1))
