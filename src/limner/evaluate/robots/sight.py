"""What somebody sees of a region when they scribble, and the lines that a hand makes of it.

Lengths that a hand chooses (how far a pen keeps from an edge, how close its turns are) are
told in *display pixels*, of which the larger side of the plane has 256: people were seen to
keep about the same distance on the screen whatever the object's size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]
Floats = NDArray[np.float64]

DISPLAY = 256  # pixels across the screen on which the people's scribbles were drawn
FINEST = 96  # pixels across what is looked at: a hand is not finer, and this keeps it quick
CORNERS = 20  # about as many points as a long line keeps
LOOKS = np.linspace(0, 1, 9)[None, :, None]  # where a straight piece is tried for leaving


@dataclass(frozen=True)
class Sight:
    """A region as a hand sees it, at most about `FINEST` pixels across.

    region  True on what may be marked
    depth   to the outside of the region, display pixels
    low     the place in the plane of pixel (0, 0)
    step    pixels of the plane along one of the sight's
    pixel   display pixels along one of the sight's
    """

    region: Bools
    depth: Floats
    low: Points
    step: float
    pixel: float

    @property
    def deepest(self) -> float:
        """The largest depth, display pixels."""
        return float(self.depth.max())

    @property
    def extent(self) -> float:
        """The side of a square of the region's area, display pixels."""
        return float(np.sqrt(self.region.sum())) * self.pixel

    def placed(self, path: Points) -> Points:
        """A path of the sight in the plane."""
        return np.asarray(self.low + path * self.step)

    def contours(self, level: float) -> list[Points]:
        """The lines of that depth, the longest first; the first place again closes one."""
        from skimage.measure import find_contours

        lines: Callable[..., list[Points]] = find_contours
        return sorted(lines(self.depth, level), key=len, reverse=True)

    def kept(self, path: Points, *, least: float = 0.0) -> list[Points]:
        """A path without its pieces that come nearer than `least` to the outside."""
        if len(path) < 2:
            return [path]
        between = path[:-1, None] + LOOKS * (path[1:] - path[:-1])[:, None]
        index = np.clip(np.rint(between).astype(int), 0, np.array(self.depth.shape) - 1)
        stays = (self.depth[index[..., 0], index[..., 1]] > least).all(axis=1)
        pieces = np.split(path, np.flatnonzero(~stays) + 1)
        return [piece for piece in pieces if len(piece) > 1]


def piece(rng: np.random.Generator, loop: Points, *, whole: float) -> Points:
    """A loop from a place by chance, nearly all of it with that chance or else a part."""
    loop = turned(rng, loop)
    share = rng.uniform(0.88, 1.0) if rng.random() < whole else rng.uniform(0.4, 0.88)
    return thinned(loop[: max(2, int(share * len(loop)))])


def turned(rng: np.random.Generator, loop: Points) -> Points:
    """A closed line begun at another place; an open one as it is."""
    if len(loop) < 3 or not np.array_equal(loop[0], loop[-1]):
        return loop
    return np.roll(loop[:-1], -int(rng.integers(len(loop))), axis=0)


def thinned(path: Points, most: int = CORNERS) -> Points:
    """A path in about `most` points or fewer, smoothed over what lies between; its ends stay."""
    every = max(1, min(3, len(path) // 6), round(len(path) / most))  # a hand draws no stairs
    if every == 1:
        return path
    smooth = ndimage.gaussian_filter1d(path, every / 2, axis=0, mode="nearest")
    return np.concatenate([smooth[:-1:every], path[-1:]])


def axes(offset: Points, *, turn: float) -> Points:
    """The long axis of places round (0, 0) and the one across, as columns, turned by so much."""
    long_axis = np.linalg.eigh(offset.T @ offset)[1][:, 1]
    cosine, sine = np.cos(turn), np.sin(turn)
    along = np.array([[cosine, -sine], [sine, cosine]]) @ long_axis
    return np.stack([along, [-along[1], along[0]]], axis=1)
