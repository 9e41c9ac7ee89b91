"""Objects that nobody drew: patches of a picture, merged step by step from small to large.

A picture's superpixels are merged, always the two neighbours that are most alike, until one
is left. Every patch on the way is a proposal: a nucleus, then the gland, then the tissue.

Source   Li et al. (Multi-granularity Interaction Simulation), ICCV 2023, arXiv:2303.13399,
         section 3.2, merging features stepwise; Wong et al. (ScribblePrompt), ECCV 2024,
         arXiv:2312.07381, section 3.2, superpixels as synthetic labels.
Differs  tone, colour, brightness and grain of a patch instead of a pre-trained network's
         features; Ward's cost (Ward 1963) instead of a cosine; patches that keep long before
         they are merged are drawn more often; rims and crumbs are smoothed away.
Expected results/granularity.json
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

LONGEST = 192  # pixels of the longer side of the picture that is merged
WINDOW = 6  # pixels; each basin's bottom is the lowest place of such a square
LEAST, MOST = 0.004, 0.35  # share of the picture that a proposal covers
SOFTENED = 0.8  # sd in pixels of the blur that smooths a proposal's outline


@dataclass(frozen=True, eq=False)
class Granules:
    """The superpixels of a picture and every patch that merging them made.

    labels   (rows, columns) superpixels from 0, of the picture reduced `factor` times
    parents  of each of the 2 n - 1 patches; the first n are the superpixels, the last its own
    sizes    of each patch, as a share of the picture
    lasting  how long each patch keeps: the logarithm of its parent's cost over its own
    slope    (rows, columns) how steep the picture is, 1 in the mean
    factor   how many pixels of the picture a pixel of `labels` is wide
    """

    labels: Ints
    parents: Ints
    sizes: Floats
    lasting: Floats
    slope: Floats
    factor: int

    def patch(self, number: int) -> NDArray[np.bool_]:
        """Where the patch lies (rows, columns), outline smoothed, holes under a tenth filled."""
        n = (len(self.parents) + 1) // 2
        within = np.arange(len(self.parents)) == number
        for child in range(number - 1, -1, -1):
            within[child] |= within[self.parents[child]]
        mask = within[:n][self.labels]
        soft = ndimage.gaussian_filter(mask.astype(np.float32), SOFTENED) > 0.5
        filled = ndimage.binary_fill_holes(soft)
        return np.asarray(filled if filled.sum() < 1.1 * soft.sum() else soft)

    def cut(self, count: int) -> Ints:
        """(rows, columns) numbers of the patches that are left when so many are."""
        n = (len(self.parents) + 1) // 2
        limit = max(n, 2 * n - count)  # the first patch that is not made any more
        top = np.arange(len(self.parents), dtype=np.int32)
        for child in range(len(top) - 1, -1, -1):
            if self.parents[child] < limit:
                top[child] = top[self.parents[child]]
        return np.asarray(top[:n][self.labels])

    def worth(self, patch: NDArray[np.bool_]) -> float:
        """How much a patch looks like an object: a steep, short outline, little of it cut off."""
        inner = ndimage.binary_erosion(patch, border_value=1)
        outline = patch & ~inner
        length, area = int(outline.sum()), int(patch.sum())
        if not length:
            return 0.0
        cut_off = patch[0].sum() + patch[-1].sum() + patch[:, 0].sum() + patch[:, -1].sum()
        compact = min(1.0, 3.5 * area**0.5 / (length + cut_off))
        whole = length / (length + 2.0 * float(cut_off))
        return float(self.slope[outline].mean() * compact * whole**2)

    def drawn(self, rng: np.random.Generator, *, of: int = 4) -> NDArray[np.bool_]:
        """The best of a few patches drawn at random, at the size of the picture less the rest."""
        chances = self.chances()
        if not chances.any():
            return np.zeros(np.array(self.labels.shape) * self.factor, bool)
        numbers = rng.choice(len(chances), of, p=chances / chances.sum(dtype=float))
        best = max((self.patch(int(number)) for number in numbers), key=self.worth)
        large = best.repeat(self.factor, axis=0).repeat(self.factor, axis=1)
        if self.factor > 1 and large.any():
            rows, columns = (np.flatnonzero(large.any(axis=axis)) for axis in (1, 0))
            here = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            soft = ndimage.gaussian_filter(large[here].astype(np.float32), 0.6 * self.factor)
            large[here] = soft > 0.5
        return large

    def chances(self) -> Floats:
        """How likely each patch is drawn: each octave of sizes alike, in it those that last."""
        fits = (self.sizes > LEAST) & (self.sizes < MOST)
        fits[-1] = False
        octaves = np.floor(np.log2(np.maximum(self.sizes, 1e-6))).astype(int)
        octaves -= octaves.min()
        weight = fits * self.lasting
        weight = weight / np.maximum(np.bincount(octaves, weights=weight), 1e-9)[octaves]
        return np.asarray(weight / max(float(weight.sum()), 1e-9), np.float32)


def granules(picture: NDArray[np.generic]) -> Granules:
    """The granules of a picture (rows, columns, channels) of 8 bits or in 0..1."""
    factor = max(1, -(-max(picture.shape[:2]) // LONGEST))
    small = reduced(picture, factor)
    slope = steepness(small)
    labels = superpixels(slope)
    features = _features(small)
    n = int(labels.max()) + 1
    sizes = np.bincount(labels.ravel(), minlength=n).astype(float)
    means = np.stack([np.bincount(labels.ravel(), f.ravel(), n) / sizes for f in features], axis=1)
    parents, costs, areas = merged(means, sizes, neighbours(labels))
    lasting = np.log(np.maximum(costs[parents], 1e-9) / np.maximum(costs, 1e-9))
    floor = np.quantile(costs[n:], 0.02) if len(costs) > n else 1e-9
    lasting[:n] = np.log(np.maximum(costs[parents[:n]], floor) / floor)
    shares = (areas / labels.size).astype(np.float32)
    kept = np.clip(lasting, 0.02, 5).astype(np.float32)
    return Granules(labels, parents, shares, kept, slope, factor)


def reduced(picture: NDArray[np.generic], factor: int) -> Floats:
    """Means over blocks, in 0..1 (rows, columns, channels); what does not fill one is left off."""
    rows, columns = (n // factor for n in picture.shape[:2])
    cut = picture[: rows * factor, : columns * factor]
    scale = 255.0 if picture.dtype == np.uint8 else 1.0
    blocks = cut.reshape(rows, factor, columns, factor, -1)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32) / scale, np.float32)


def steepness(small: Floats) -> Floats:
    """The slope of a picture (rows, columns, channels) over its channels, 1 in the mean."""
    soft = ndimage.gaussian_filter(small, (0.8, 0.8, 0))
    slope = np.zeros(soft.shape[:2], np.float32)
    for channel in np.moveaxis(soft, -1, 0):
        slope += np.hypot(ndimage.sobel(channel, axis=0), ndimage.sobel(channel, axis=1))
    return np.asarray(slope / max(float(slope.mean()), 1e-6), np.float32)


def superpixels(slope: Floats) -> Ints:
    """Basins of the slope, flooded from the places where it is least; numbered from 0."""
    from skimage.segmentation import watershed

    lowest = ndimage.minimum_filter(slope, size=WINDOW) == slope
    seeds, _ = ndimage.label(lowest, structure=np.ones((3, 3)))
    basins = watershed(slope, seeds)  # type: ignore[no-untyped-call]
    return np.asarray(np.unique(basins, return_inverse=True)[1].reshape(slope.shape), np.int32)


def neighbours(labels: Ints) -> NDArray[np.integer]:
    """Pairs (n, 2) of labels that share a side of a pixel, each once, the lower first."""
    across = np.stack([labels[:, 1:].ravel(), labels[:, :-1].ravel()], axis=1)
    down = np.stack([labels[1:].ravel(), labels[:-1].ravel()], axis=1)
    pairs = np.concatenate([across, down])
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)


def merged(
    means: NDArray[np.floating], sizes: NDArray[np.floating], pairs: NDArray[np.integer]
) -> tuple[Ints, NDArray[np.float64], NDArray[np.float64]]:
    """Merge the cheapest two neighbours until one is left: parents, costs and sizes of all.

    means (n, features), sizes (n,), pairs (m, 2) of neighbours; 2 n - 1 patches come back. The
    cost of a merge is Ward's: the squares that it adds. Parts without a neighbour come last.
    """
    n = len(means)
    mean = [*means, *([means[0]] * (n - 1))]
    size = [*sizes.tolist(), *([0.0] * (n - 1))]
    parents = np.arange(2 * n - 1, dtype=np.int32)
    costs = np.zeros(2 * n - 1)
    beside: list[set[int]] = [set() for _ in range(2 * n - 1)]
    first, second = pairs.T
    share = sizes[first] * sizes[second] / (sizes[first] + sizes[second])
    ward = share * np.square(means[first] - means[second]).sum(axis=1)
    for one, other in pairs.tolist():
        beside[one].add(other)
        beside[other].add(one)
    queue = list(zip(ward.tolist(), first.tolist(), second.tolist(), strict=True))
    heapq.heapify(queue)
    gone = [False] * (2 * n - 1)
    for fresh in range(n, 2 * n - 1):
        while queue and (gone[queue[0][1]] or gone[queue[0][2]]):
            heapq.heappop(queue)
        if queue:
            cost, one, other = heapq.heappop(queue)
        else:
            one, other = [k for k in range(fresh) if not gone[k]][:2]
            cost = float(costs.max())
        gone[one] = gone[other] = True
        parents[one] = parents[other] = fresh
        size[fresh] = size[one] + size[other]
        mean[fresh] = (mean[one] * size[one] + mean[other] * size[other]) / size[fresh]
        costs[fresh] = max(cost, costs[one], costs[other])
        beside[fresh] = {k for k in beside[one] | beside[other] if not gone[k]}
        for near in beside[fresh]:
            beside[near].add(fresh)
            apart = mean[fresh] - mean[near]
            weight = size[fresh] * size[near] / (size[fresh] + size[near])
            heapq.heappush(queue, (float(weight * (apart @ apart)), fresh, near))
    return parents, costs, np.array(size)


def _features(small: Floats) -> list[Floats]:
    """Colour or brightness, and how grainy the place is, each of sd about 1."""
    soft = ndimage.gaussian_filter(small, (0.8, 0.8, 0))
    grey = small.mean(axis=2)
    wide = ndimage.gaussian_filter(grey, 2.5)
    grain = np.sqrt(np.maximum(ndimage.gaussian_filter(grey**2, 2.5) - wide**2, 0))
    spread = max(float(soft.std()), 1e-3)
    found = [channel / spread for channel in np.moveaxis(soft, -1, 0)]
    return [*(f / len(found) ** 0.5 for f in found), 0.5 * grain / max(float(grain.std()), 1e-3)]
