"""Blobs of no particular kind, every one an object: what a star-convex network learns from.

A crowd of star-convex bodies, bent by a smooth displacement, is painted as a mixture: the
objects' tones come from one or two clusters, the ground from a few regions of its own, both
with textures. Then the optics: blur, a bias field, haze, noise that grows with the signal,
dead pixels, a tone curve; half of them inverted.

Source   Dey et al. (AnyStar), WACV 2024, arXiv:2307.07044, section 3.1: shapes, mixture,
         textures and augmentation, at random and nothing from a target domain.
Differs  2D; outlines are harmonics bent by a spline instead of spheres warped by Perlin noise;
         own constants; no code of that work was used.
"""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms import PHANTOMS
from limner.phantoms._layouts import Field, Labels, smooth
from limner.phantoms._outlines import Form, crowd, scattered, stroked
from limner.phantoms._paint import Picture, blurred
from limner.phantoms._sample import dense, eight_bits, objects
from limner.sample import Sample

__all__ = ["blob_scene", "blobs"]

Flags = NDArray[np.bool_]
RATER = "limner.phantoms.blobs"


@PHANTOMS.add
def blobs(seed: int) -> Sample:
    """Blobs on 128 x 128 grey pixels, each an object of the class "blob"."""
    picture, labels = blob_scene(np.random.default_rng(seed), 128)
    mask = objects(labels, dict.fromkeys(np.unique(labels).tolist(), "blob"))
    targets = (dense(mask, rater=RATER),)
    return Sample(f"blobs-{seed}", {"image": eight_bits(picture)}, targets, licence="CC0-1.0")


def blob_scene(rng: np.random.Generator, side: int = 64) -> tuple[Picture, Labels]:
    """A grey picture (side, side, 1) in 0..1 and int32 labels (side, side), 0 for the ground."""
    radius = float(np.exp(rng.uniform(np.log(3.5), np.log(11))))
    places = scattered(rng, side, spacing=radius * rng.uniform(1.8, 4), share=rng.uniform(0.3, 1))
    sizes = radius * np.exp(rng.normal(0, rng.uniform(0.05, 0.3), len(places)))
    form = Form(rough=float(rng.uniform(0, 0.15)), slim=0.6)
    labels = crowd(rng, side, places, radii=sizes, form=form).labels
    labels = _bent(rng, labels, reach=radius * 0.3)
    picture, labels = _painted(rng, labels, radius=radius)
    return _seen(rng, picture), labels


def _bent(rng: np.random.Generator, labels: Labels, *, reach: float) -> Labels:
    side = len(labels)
    knots = int(rng.integers(3, 9))
    moved = [reach * rng.random() * smooth(rng, side, knots=knots) for _ in range(2)]
    rows, columns = np.mgrid[:side, :side]
    rows = np.clip(np.rint(rows + moved[0]), 0, side - 1).astype(int)
    columns = np.clip(np.rint(columns + moved[1]), 0, side - 1).astype(int)
    return np.asarray(labels[rows, columns], np.int32)


def _painted(rng: np.random.Generator, labels: Labels, *, radius: float) -> tuple[Picture, Labels]:
    """Tones of a mixture with textures; objects are brighter than the ground by 0.1 at least."""
    side = len(labels)
    count = int(labels.max()) + 1
    ground = rng.uniform(0.05, 0.5)
    contrast = rng.uniform(0.12, 0.5)
    spread = rng.uniform(0, 0.35) * contrast
    clusters = np.where(rng.random(count) < rng.uniform(0, 0.4), 0.6, 1.0)
    tones = ground + np.maximum(contrast * clusters + rng.normal(0, spread, count), 0.1)
    regions = smooth(rng, side, knots=int(rng.integers(1, 6))) > rng.uniform(-1, 1.5)
    below = ground + rng.uniform(-0.3, 0.3) * contrast * regions
    picture = np.where(labels > 0, tones[labels], below).astype(np.float32)
    for inside in (labels > 0, labels == 0):
        knots = max(4, min(side // 2, int(side / radius * rng.uniform(0.5, 3))))
        strength = rng.uniform(0, 0.35) * contrast
        picture += inside * strength * smooth(rng, side, knots=knots)
    if rng.random() < 0.35:
        _rims(rng, picture, labels)
    hidden = _strangers(rng, picture, contrast=contrast)
    return picture[..., None], np.where(hidden, 0, labels).astype(np.int32)


def _strangers(rng: np.random.Generator, picture: Field, *, contrast: float) -> Flags:
    """Add what is no object though it is like one: specks, lines, a wall; where the wall is."""
    side = len(picture)
    wall = np.zeros((side, side), bool)
    if rng.random() < 0.25:
        picture += contrast * (smooth(rng, side, knots=side // 4) > rng.uniform(2, 3))
    if rng.random() < 0.3:
        count = int(rng.integers(1, 7))
        start, turn = rng.uniform(0, side, (count, 1, 2)), rng.uniform(0, 2 * np.pi, (count, 1))
        steps = np.arange(int(side * rng.uniform(0.3, 1)))
        heading = turn + rng.normal(0, 1 / side, (count, 1)) * steps
        ahead = np.stack([np.sin(heading), np.cos(heading)], axis=-1)
        path = (start + np.cumsum(ahead, axis=1)).reshape(-1, 2)
        lines = stroked(side, path, radii=np.full(len(path), rng.uniform(0.5, 2.2)))
        np.maximum(picture, lines * (picture.max() * rng.uniform(0.5, 1.1)), out=picture)
    if rng.random() < 0.2:
        wall = smooth(rng, side, knots=1) > rng.uniform(0.9, 1.6)
        picture[wall] = picture.max() * rng.uniform(0.6, 1.2)
    return wall


def _rims(rng: np.random.Generator, picture: Field, labels: Labels) -> None:
    """A line of another tone where objects end."""
    edge = np.zeros(labels.shape, bool)
    edge[1:] |= labels[1:] != labels[:-1]
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    picture[edge] += np.float32(rng.normal(0, 0.15))


def _seen(rng: np.random.Generator, picture: Picture) -> Picture:
    """Optics, detector and tone curve."""
    side = len(picture)
    picture = blurred(picture, sigma=float(np.exp(rng.uniform(np.log(0.3), np.log(1.8)))))
    if rng.random() < 0.5:
        bias = smooth(rng, side, knots=int(rng.integers(1, 4))) * rng.uniform(0, 0.3)
        picture = picture * np.exp(bias)[..., None]
    if rng.random() < 0.5:
        haze = blurred(picture, sigma=float(round(rng.uniform(5, 14))))
        picture = picture + rng.uniform(0, 0.8) * haze
    noise = rng.standard_normal(picture.shape, np.float32)
    level = np.float32(0.12 * rng.random() ** 2)
    grows = rng.random() < 0.5
    picture = picture + noise * level * (np.sqrt(np.maximum(picture, 0.01)) if grows else 0.5)
    if rng.random() < 0.2:
        picture[rng.random(picture.shape) < 0.003] = rng.uniform(0, 1)
    low, high = np.quantile(picture, (0.005, 0.995))
    picture = np.clip((picture - low) / max(float(high - low), 1e-3), 0, 1)
    picture = picture ** np.exp(rng.normal(0, 0.35))
    return np.asarray(1 - picture if rng.random() < 0.5 else picture, np.float32)
