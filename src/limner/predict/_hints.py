"""What the picture says of the marks before a network looks: three channels worked out by hand.

A small convolutional network cannot carry the colour of a click across the picture, nor follow
an edge all the way round; a random walk and a histogram can, in a few milliseconds. Training
and prediction call the same function, so the network learns how far to trust it.

`walk`        the random walk of `classic` from the marks, the region and the earlier answer, 0..1
`likeness`    log of how much likelier a pixel's colour is inside that answer than outside, -1..1
`similarity`  how like the nearest colour under an inside mark it is, less the same of outside
              marks, -1..1

Where the region fills the crop, the crop is a tile of something larger, such as a tree of
vessels: marks may lie elsewhere, so their colours are given, and nothing is walked.

Source   random walker with priors: Grady, CVPR 2005; colour models of the object and of the
         rest: Rother et al. (GrabCut), SIGGRAPH 2004; distances from clicks as input channels:
         Wang et al. (DeepIGeoS), IEEE TPAMI 2019, arXiv:1707.00652.
Differs  worked out on a quarter of the pixels; colour distance instead of a geodesic one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.predict._finish import SURE, Problem, likelihood, walk

Floats = NDArray[np.float32]

CHANNELS = ("walk", "likeness", "similarity")
FACTOR = 2  # pixels along a side of a block that is worked on as one
MARKED = 0.3  # of a mark's channel: from here on a block counts as marked
ELLIPSE = 4.0  # logits in the middle of a region, and minus as much at twice its half axes
PRIOR = 0.02  # least and, from 1, most of an earlier probability
NEAR = 2.0  # logits at a mark where nothing else was said
FADE = 0.25  # logits that they lose with each block away from it
FAR = -3.0  # least of them
ALIKE = 0.35  # standard deviations of the picture at which colours are alike
SAMPLES = 12  # marked blocks whose colours are compared with
LIKE = 4.0  # logits of a tile's guess where colours are those of inside marks alone
UNLIKE = -1.0  # the same where they are like neither


@dataclass(frozen=True, eq=False)
class Colours:
    """What was marked elsewhere, (n, 3) each, as the crop there showed it: standardised."""

    inside: Floats
    outside: Floats


NONE = Colours(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32))


def hints(sight: Floats, planes: Floats, elsewhere: Colours = NONE) -> Floats:
    """Three channels (3, side, side) for a standardised crop and its drawn prompts.

    sight      (3, side, side), mean 0 and sd 1; side is even
    planes     (4, side, side): region, inside, outside, prior, each 0..1
    elsewhere  marks outside of the crop, for a tile

    All zero where nothing was said.
    """
    grey = np.array_equal(sight[0], sight[1]) and np.array_equal(sight[1], sight[2])
    seen = _shrunk(sight[:1] if grey else sight)
    region, inside, outside = np.maximum.reduce(_quarters(planes[:3]))
    prior = _shrunk(planes[3:])[0]
    if not (region.any() or inside.any() or outside.any() or prior.any()):
        return np.zeros((len(CHANNELS), *sight.shape[1:]), np.float32)
    alike = _similar(seen, inside, elsewhere.inside) - _similar(seen, outside, elsewhere.outside)
    if region.all():
        guess = 1 / (1 + np.exp(-(LIKE * alike + UNLIKE)))
        return _enlarged(np.stack([guess, np.zeros_like(alike), alike]))
    problem = Problem(
        samples=np.ascontiguousarray(seen.transpose(1, 2, 0))[None],
        inside=(inside > MARKED)[None],
        outside=((outside > MARKED) | ((region <= 0) & region.any()))[None],
        guess=_guess(region, inside, prior)[None],
        enclosed=bool(region.any()),
    )
    share = walk(problem)
    like = likelihood(problem, share) / SURE
    return _enlarged(np.stack([share[0], like[0], alike]))


def _guess(region: Floats, inside: Floats, prior: Floats) -> Floats:
    """Logits before the picture is looked at: the earlier answer, or the region, or the marks."""
    if prior.any():
        share = np.clip(prior, PRIOR, 1 - PRIOR)
        return np.asarray(np.log(share / (1 - share)), np.float32)
    if region.any():
        rows, columns = (np.flatnonzero(region.any(axis=axis)) for axis in (1, 0))
        down = (np.arange(len(region)) - (rows[0] + rows[-1]) / 2) / (len(rows) / 2)
        along = (np.arange(len(region)) - (columns[0] + columns[-1]) / 2) / (len(columns) / 2)
        return np.asarray(ELLIPSE * (1 - np.hypot(down[:, None], along[None, :])), np.float32)
    from scipy.ndimage import distance_transform_edt

    marked = inside > MARKED
    if not marked.any():
        return np.full(region.shape, FAR, np.float32)
    return np.asarray(np.maximum(NEAR - FADE * distance_transform_edt(~marked), FAR), np.float32)


def _similar(seen: Floats, marks: Floats, elsewhere: Floats) -> Floats:
    """How like the most similar marked colour each block is, 0..1; 0 without marks."""
    places = np.argwhere(marks > MARKED)
    chosen = places[np.linspace(0, len(places) - 1, min(SAMPLES, len(places))).astype(int)]
    colours = np.concatenate([seen[:, chosen[:, 0], chosen[:, 1]].T, elsewhere[:, : len(seen)]])
    apart = np.full(marks.shape, np.inf, np.float32)
    for colour in colours:
        np.minimum(apart, np.square(seen - colour[:, None, None]).sum(axis=0), out=apart)
    return np.asarray(np.exp(-0.5 * apart / ALIKE**2), np.float32)


def _enlarged(small: Floats) -> Floats:
    """Blocks as pixels again."""
    return np.asarray(small.repeat(FACTOR, axis=1).repeat(FACTOR, axis=2), np.float32)


def _quarters(planes: Floats) -> list[Floats]:
    """The pixels of every block apart: views (n, side / 2, side / 2), quicker than an axis each."""
    places = range(FACTOR)
    return [planes[:, row::FACTOR, column::FACTOR] for row in places for column in places]


def _shrunk(planes: Floats) -> Floats:
    """Blocks of pixels averaged."""
    return np.asarray(np.add.reduce(_quarters(planes)) / FACTOR**2, np.float32)
