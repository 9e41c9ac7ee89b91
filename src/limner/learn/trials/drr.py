"""Ten radiographs with their lungs drawn: what DRRs of other patients' CT add to them.

Radiographs and DRRs show patients of one kind, as in a hospital, and no patient twice. They
differ in what the rays run through: the body itself, or a coarse and noisy CT of another body.
The rays are of the same kind of source, and what they meet goes through the same scatter,
photons and developing. A small network is trained afresh for every seed and scored on
radiographs it never met. Both arms take as many steps and are augmented alike.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.grid import Grid
from limner.learn.study import TRIALS
from limner.phantoms._drr import Tube, exposed
from limner.phantoms._rays import developed
from limner.phantoms._scanners import SITES
from limner.phantoms._torso import patient
from limner.phantoms.chest_xray import Shadows, shadows

if TYPE_CHECKING:
    from limner.learn.recipe import Batch

SIDE = 64
BATCH = 8
SCORED = 24  # radiographs that are scored
OWN = 1000  # patients of a seed; the upper half of them were in the CT
BODY = Grid(
    (58, 28, 66),
    origin_mm=(-182.0, -130.0, -34.0),
    steps_mm=((0.0, 0.0, 5.0), (0.0, 10.0, 0.0), (5.6, 0.0, 0.0)),
)
SCAN = Grid(
    (36, 28, 66),
    origin_mm=(-182.0, -130.0, -34.0),
    steps_mm=((0.0, 0.0, 8.0), (0.0, 10.0, 0.0), (5.6, 0.0, 0.0)),
)

Picture = NDArray[np.float32]
Flags = NDArray[np.bool_]
Bed = tuple[Picture, Flags]


@TRIALS.add
def drr(
    seed: int, *, films: int = 10, drrs: int = 0, share: float = 0.5, steps: int = 300
) -> dict[str, float]:
    """Dice of the lungs on radiographs of the kind of the few, and of the worst tenth of them.

    films  radiographs with their lungs drawn
    drrs   projected trunks beside them; 0 for none
    share  of the pictures of a batch that are DRRs, where there are any
    """
    import torch

    from limner.learn.train import Budget, Schedule, TrainState, train
    from limner.learn.trials._plain import Plain
    from limner.learn.trials._tiny import Tiny

    torch.manual_seed(seed)
    recipe = Plain()
    nets = recipe.networks(lambda: Tiny((8, 16, 24), channels=1))
    lesson = Chests(seed, films=films, drrs=drrs, share=share)
    state = TrainState(recipe, nets, lesson, Budget(steps=steps), Schedule(rate=5e-3, warm_up=16))
    for _ in train(state):
        pass
    network = nets[recipe.keep].eval()
    unmet = [radiograph(seed, number) for number in range(films, films + SCORED)]
    with torch.no_grad():
        pictures = torch.from_numpy(np.stack([shown(picture) for picture, _ in unmet]))
        answers = network({"image": pictures})["logits"][:, 0].numpy() > 0
    scores = [dice(Pair(answer, lungs)) for answer, (_, lungs) in zip(answers, unmet, strict=True)]
    return {"dice": float(np.mean(scores)), "worst_tenth": float(np.quantile(scores, 0.1))}


@lru_cache(maxsize=512)
def radiograph(seed: int, number: int) -> Bed:
    """A radiograph (side, side) in 0..1 of a patient of its own, and the lungs."""
    own = OWN * seed + number
    rng = np.random.default_rng((own, 5))
    seen = shadows(patient(own, tumours=0), _tube(rng), seed=own, grid=BODY)
    return _shot(rng, seen), _lungs(seen)


@lru_cache(maxsize=512)
def projection(seed: int, number: int) -> Bed:
    """A DRR (side, side) in 0..1 of the CT of a patient of its own, and the lungs it carries."""
    own = OWN * seed + OWN // 2 + number
    rng = np.random.default_rng((own, 6))
    who, site = patient(own, tumours=0), SITES[number % 2]
    seen = shadows(who, _tube(rng), seed=own, grid=SCAN, site=site)
    return _shot(rng, seen), _lungs(seen)


def _tube(rng: np.random.Generator) -> Tube:
    return Tube(
        source_mm=float(rng.choice([1000.0, 1800.0])),
        shape=(SIDE, SIDE),
        pixel_mm=float(rng.uniform(4.6, 6.2)),
        centre_mm=(float(rng.normal(0, 12)), float(rng.normal(112, 16))),
    )


def _shot(rng: np.random.Generator, seen: Shadows) -> Picture:
    """What a detector reads of the shadows, and a machine makes of that."""
    photons, scatter = float(10 ** rng.uniform(3, 4.5)), float(rng.uniform(0.02, 0.3))
    met = exposed(seen.met, rng, photons=photons, scatter=scatter)
    met = np.maximum(met, np.quantile(met[seen.met > 0.5], 0.01))  # beside the body all is black
    return developed(rng, met)[..., 0]


def _lungs(seen: Shadows) -> Flags:
    return seen.outlines["right lung"] | seen.outlines["left lung"]


class Chests:
    """Batches of radiographs and DRRs, augmented, in the order of their seed."""

    def __init__(self, seed: int, *, films: int, drrs: int, share: float) -> None:
        self.rng = np.random.default_rng((seed, 0))
        self.films = [radiograph(seed, number) for number in range(films)]
        self.drrs = [projection(seed, number) for number in range(drrs)]
        self.share = share if drrs else 0.0

    def draw(self, progress: float) -> "Batch":  # noqa: ARG002  # the same throughout
        import torch

        from limner.learn.recipe import Batch

        made = [self._one() for _ in range(BATCH)]
        pictures = np.stack([shown(picture) for picture, _ in made])
        labels = torch.from_numpy(np.stack([lungs[None] for _, lungs in made]).astype(np.float32))
        return Batch({"image": torch.from_numpy(pictures)}, labels, torch.ones_like(labels))

    def _one(self) -> Bed:
        rng = self.rng
        beds = self.drrs if rng.random() < self.share else self.films
        return augmented(rng, beds[int(rng.integers(len(beds)))])

    def take(self, batch: "Batch") -> None:
        """Nothing is corrected here."""

    def memory(self) -> dict[str, Any]:
        """Nothing: a run of seconds is not resumed."""
        return {}

    def remember(self, memory: dict[str, Any]) -> None:
        """Nothing was kept."""


def augmented(rng: np.random.Generator, bed: Bed) -> Bed:
    """Mirrored, turned, zoomed, moved; another tone curve, a negative, noise."""
    picture, lungs = bed
    turn, zoom = rng.normal(0, 0.08), np.exp(rng.normal(0, 0.12))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / zoom
    middle = np.full(2, (SIDE - 1) / 2)
    offset = middle - matrix @ middle + rng.normal(0, 3, 2)
    if rng.random() < 0.5:
        picture, lungs = picture[:, ::-1], lungs[:, ::-1]
    moved = ndimage.affine_transform(picture, matrix, offset, order=1, mode="nearest")
    where = ndimage.affine_transform(lungs.astype(np.float32), matrix, offset, order=1) > 0.5
    toned = np.clip(moved, 0, 1) ** np.exp(rng.normal(0, 0.3))
    if rng.random() < 0.15:
        toned = 1 - toned
    grain = rng.normal(0, rng.uniform(0, 0.05), toned.shape)
    return np.asarray(toned + grain, np.float32), np.asarray(where, bool)


def shown(picture: Picture) -> Picture:
    """With a channel first (1, side, side), mean 0 and sd 1."""
    scaled = (picture - picture.mean()) / max(float(picture.std()), 1e-3)
    return np.ascontiguousarray(scaled[None], np.float32)
