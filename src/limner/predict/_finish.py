"""From marks and a first guess to an answer, by one of four methods that know no anatomy.

All work on a small block (slices, rows, columns), flat or deep, and return a probability.
`results/classic_methods.json` says how they compare; `walk` is the one that is used unless
another is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

EDGE = 1.0  # how much a step of mean height in brightness weakens the tie of two neighbours
LEAK = 1e-4  # what is left of a tie over the strongest edge
TRUST = 0.2  # pull of the guess against the ties of neighbours
LOOKS = 2.0  # weight of the likelihood of a voxel's colour
SURE = 2.0  # most that a colour may say, in logits before that weight
BINS = 24  # of the histograms of colour, along each of two axes
ROUNDS = 2  # times that the histograms are counted again
TOLERANCE = 1e-3
MOST_STEPS = 200
SMALL_CUT = 64  # a graph cut is solved on blocks of at most so many voxels a side
CAPACITY = 1000  # of a tie without an edge, in the whole numbers that the cut needs
SNAKE_STEPS = 40


@dataclass(frozen=True, eq=False)
class Problem:
    """What is known before the picture is looked at.

    samples   (slices, rows, columns, channels) in 0..1
    inside    voxels that were marked as the object
    outside   voxels that were marked as not the object, or that nothing may reach
    guess     logits of the shape alone: a box's ellipse, an earlier mask
    enclosed  whether what is outside was drawn all round the object
    """

    samples: Floats
    inside: Bools
    outside: Bools
    guess: Floats
    enclosed: bool = False

    @property
    def smooth(self) -> Floats:
        """The samples without the grain of single voxels."""
        from scipy.ndimage import gaussian_filter

        sigma = [0.7 if count > 1 else 0.0 for count in self.samples.shape[:3]]
        return np.asarray(gaussian_filter(self.samples, (*sigma, 0)))


Method = Callable[[Problem], Floats]


def walk(problem: Problem) -> Floats:
    """A random walk that may also stop at a guess, colours counted again after each round.

    Source   random walker with priors: Grady, CVPR 2005, equation 9; counting colours inside
             and outside again and again: Rother et al. (GrabCut), SIGGRAPH 2004.
    Differs  the guess joins shape and colour; solved by conjugate gradients without a matrix.
    """
    answer = _squashed(problem.guess)
    weights = ties(problem.smooth)
    for _ in range(ROUNDS):
        belief = _squashed(problem.guess + LOOKS * likelihood(problem, answer))
        answer = _settled(weights, problem, belief)
    return answer


def cut(problem: Problem) -> Floats:
    """The cheapest cut between inside and outside: 0 or 1.

    Source   Boykov and Jolly, ICCV 2001; the flow is SciPy's (Dinic).
    Differs  on a smaller block, for time; the guess is that of `walk`.
    """
    from scipy.ndimage import zoom

    colours = likelihood(problem, _squashed(problem.guess))
    unary = np.clip(problem.guess + LOOKS * colours, -8, 8)
    unary = np.where(problem.inside, 50, np.where(problem.outside, -50, unary))
    shape = unary.shape
    factor = -(-max(shape) // SMALL_CUT)
    places = np.ix_(*(np.arange(0, count, factor) for count in shape))
    side = _least_cut(unary[places], ties(problem.smooth[places]))
    scale = [full / part for full, part in zip(shape, side.shape, strict=True)]
    large = zoom(side.astype(np.float32), scale, order=1, grid_mode=True, mode="nearest")
    return _obeyed(np.asarray(large, np.float32), problem)


def level_set(problem: Problem) -> Floats:
    """A contour that starts at the guess and is drawn to edges and to like brightness: 0 or 1.

    Source   Marquez-Neila, Baumela and Alvarez, IEEE TPAMI 2014 (morphological snakes); Chan
             and Vese, IEEE TIP 2001; scikit-image's code.
    Differs  the marks are put back at the end; nothing is grown beyond what encloses it.
    """
    from skimage.segmentation import morphological_chan_vese

    grey = problem.smooth.mean(axis=-1)
    start = (problem.guess > 0) & ~problem.outside
    flat = grey.shape[0] == 1
    seen, begin = (grey[0], start[0]) if flat else (grey, start)
    snake: Callable[..., NDArray[np.int8]] = morphological_chan_vese
    found = snake(seen, SNAKE_STEPS, init_level_set=begin.astype(np.int8), smoothing=2)
    kept = found[None] if flat else found
    return _obeyed(np.asarray(kept, np.float32), problem)


def geodesic(problem: Problem) -> Floats:
    """Which marks are nearer along a path that shuns edges: those inside or those outside.

    Source   Bai and Sapiro, ICCV 2007; Criminisi et al. (GeoS), ECCV 2008.
    Differs  distances are those of scikit-image's minimal cost paths; a guess that is not a
             whole shape but the region of clicks is kept where it is nearer to them.
    """
    inside = problem.inside if problem.inside.any() else problem.guess >= problem.guess.max()
    near = distance(problem.smooth, inside)
    far = distance(problem.smooth, problem.outside)
    if not problem.outside.any():
        return _obeyed(_squashed(problem.guess), problem)
    nearer = far / np.maximum(near + far, 1e-6)
    if not problem.enclosed:
        nearer = np.minimum(nearer, _squashed(problem.guess))
    return _obeyed(np.asarray(nearer, np.float32), problem)


METHODS: Mapping[str, Method] = MappingProxyType(
    {"walk": walk, "cut": cut, "level_set": level_set, "geodesic": geodesic}
)


def steepness(samples: Floats) -> Floats:
    """The height of edges, 1 at the 95th percentile of the block."""
    from scipy.ndimage import sobel

    axes = [axis for axis in range(3) if samples.shape[axis] > 1]
    total = np.zeros(samples.shape[:3], np.float32)
    for channel in range(samples.shape[3]):
        for axis in axes:
            total += sobel(samples[..., channel], axis=axis) ** 2
    height = np.sqrt(total)
    return np.asarray(height / max(float(np.percentile(height, 95)), 1e-3), np.float32)


def distance(samples: Floats, seeds: Bools, *, unlike: Floats | None = None) -> Floats:
    """Cost of the cheapest path from any seed: edges cost, and so does what is `unlike`.

    Infinite without a seed.
    """
    from skimage.graph import MCP_Geometric

    if not seeds.any():
        return np.full(seeds.shape, np.inf, np.float32)
    cost = 0.02 + steepness(samples)
    if unlike is not None:
        cost = cost + unlike
    flat = seeds.shape[0] == 1
    plane = cost[0] if flat else cost
    starts = [tuple(place[1:] if flat else place) for place in np.argwhere(seeds).tolist()]
    costs, _ = MCP_Geometric(plane.astype(np.float64)).find_costs(starts)
    return np.asarray(costs.reshape(seeds.shape), np.float32)


def ties(samples: Floats) -> tuple[Floats | None, ...]:
    """How strongly neighbours along each axis belong together; None where there are none."""
    apart = [
        np.square(np.diff(samples, axis=axis)).sum(axis=-1) if samples.shape[axis] > 1 else None
        for axis in range(3)
    ]
    steps = np.concatenate([each.ravel() for each in apart if each is not None] or [np.ones(1)])
    mean = max(float(steps.mean()), 1e-8)
    return tuple(
        None if each is None else np.asarray(np.exp(-EDGE * each / mean) + LEAK, np.float32)
        for each in apart
    )


def _settled(weights: tuple[Floats | None, ...], problem: Problem, belief: Floats) -> Floats:
    """The field that is 1 inside, 0 outside, near the belief and even where ties are strong."""
    known = problem.inside | problem.outside
    fixed = np.where(known, problem.inside, belief).astype(np.float32)
    free = (~known).astype(np.float32)
    diagonal = np.full(known.shape, TRUST, np.float32)
    pairs = [(*_neighbours(axis), each) for axis, each in enumerate(weights) if each is not None]
    for here, there, tie in pairs:
        diagonal[here] += tie
        diagonal[there] += tie

    def spread(field: Floats) -> Floats:
        total = diagonal * field
        for here, there, tie in pairs:
            total[here] -= tie * field[there]
            total[there] -= tie * field[here]
        return np.asarray(total * free, np.float32)

    field = fixed.copy()
    rest = TRUST * belief * free - spread(field)
    ahead = rest / diagonal
    heading = ahead.copy()
    energy = float((rest * ahead).sum())
    enough = TOLERANCE**2 * energy
    for _ in range(MOST_STEPS):
        if energy <= enough or energy <= 1e-12:
            break
        pushed = spread(heading)
        length = energy / float((heading * pushed).sum())
        field += length * heading
        rest -= length * pushed
        ahead = rest / diagonal
        before, energy = energy, float((rest * ahead).sum())
        heading = ahead + energy / before * heading
    return field


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    here, there = [slice(None)] * 3, [slice(None)] * 3
    here[axis], there[axis] = slice(None, -1), slice(1, None)
    return tuple(here), tuple(there)


def likelihood(problem: Problem, answer: Floats) -> Floats:
    """Log of how much likelier a voxel's colour is inside than outside, within +-SURE."""
    from scipy.ndimage import gaussian_filter

    colours = problem.samples.reshape(-1, problem.samples.shape[3])
    if colours.shape[1] > 1:  # the two directions in which colours differ most
        centred = colours - colours.mean(axis=0)
        _, axes = np.linalg.eigh(np.cov(centred.T))
        colours = centred @ axes[:, :-3:-1].astype(np.float32)
    low, high = np.percentile(colours, [0.5, 99.5], axis=0)
    scaled = (colours - low) / np.maximum(high - low, 1e-3) * (BINS - 1)
    bins = np.clip(np.rint(scaled), 0, BINS - 1).astype(np.int64)
    flat = bins @ (BINS ** np.arange(bins.shape[1]))
    counts = []
    for share in (answer, (1 - answer) * np.where(problem.guess > 0, 0.3, 1.0)):
        marked = problem.inside if share is answer else problem.outside & (problem.guess > 0)
        held = np.bincount(flat, (share + 10 * marked).ravel(), BINS ** bins.shape[1])
        even = gaussian_filter(held.reshape((BINS,) * bins.shape[1]), 1.2, mode="nearest").ravel()
        counts.append(even / max(float(even.sum()), 1e-9) + 0.02 / even.size)
    ratio = np.log(counts[0] / counts[1])
    return np.asarray(np.clip(ratio, -SURE, SURE)[flat].reshape(answer.shape), np.float32)


def _least_cut(unary: Floats, weights: tuple[Floats | None, ...]) -> Bools:
    """True on the source's side of the least cut of a lattice."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    count = unary.size
    number = np.arange(count).reshape(unary.shape)
    heads, tails, held = [], [], []
    for axis, tie in enumerate(weights):
        if tie is None:
            continue
        here, there = _neighbours(axis)
        one, other = number[here].ravel(), number[there].ravel()
        strong = np.maximum(1, tie.ravel() * CAPACITY / TRUST).astype(np.int32)
        heads += [one, other]
        tails += [other, one]
        held += [strong, strong]
    source, sink = count, count + 1
    pull = np.rint(unary.ravel() * CAPACITY).astype(np.int32)
    up, down = np.flatnonzero(pull > 0), np.flatnonzero(pull < 0)
    heads += [np.full(len(up), source), down]
    tails += [up, np.full(len(down), sink)]
    held += [pull[up], -pull[down]]
    # the flow needs an edge back for every edge, if only of nothing
    heads += [up, np.full(len(down), sink)]
    tails += [np.full(len(up), source), down]
    held += [np.zeros(len(up) + len(down), np.int32)]
    places = (np.concatenate(heads), np.concatenate(tails))
    graph = csr_array((np.concatenate(held), places), shape=(count + 2, count + 2))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    side = np.zeros(count + 2, bool)
    side[reached] = True
    return side[:count].reshape(unary.shape)


def _squashed(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -20, 20))), np.float32)


def _obeyed(answer: Floats, problem: Problem) -> Floats:
    marked = np.where(problem.inside, 1, np.where(problem.outside, 0, answer))
    return np.asarray(marked, np.float32)
