"""Objects found in cells and nodules by a network of blobs, or by Otsu and a watershed.

The network is trained afresh under every seed on `limner.phantoms.blobs` alone. Both arms are
scored on the same pictures of two other simulators, fluorescent nuclei and lung nodules,
which neither has met.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.instances import matching
from limner.learn.study import TRIALS

if TYPE_CHECKING:
    from torch import nn

    from limner.learn.recipe import Batch

SIDE = 128  # of the pictures that are scored
PICTURES = 6  # of each simulator
CROP = 64  # of the pictures that are learnt from
BATCH = 8
SCENES = (
    500  # that are learnt from, in eight ways each: drawing fresh ones took a third of the time
)

Picture = NDArray[np.float32]
Labels = NDArray[np.int32]


@TRIALS.add
def anystar(
    seed: int,
    *,
    how: str = "stars",
    steps: int = 400,
    threshold: float = 0.5,
    overlap: float = 0.4,
    sigma: float = 1.0,
    apart: int = 4,
) -> dict[str, float]:
    """AP at IoU 0.5 on cells and nodules, and their mean.

    how                  "stars": the network; "watershed": no learning
    threshold, overlap   of the stars' probability, and of two accepted stars
    sigma, apart         blur before Otsu, pixels; least distance of two watershed basins
    """
    from limner.errors import UnknownName

    if how not in ("stars", "watershed"):
        raise UnknownName("way of finding objects", how, ("stars", "watershed"))
    network = trained(seed, steps) if how == "stars" else None
    scores = {}
    for name, beds in (("cells", cells(seed)), ("nodules", lungs(seed))):
        found = []
        for picture, labels in beds:
            if network is None:
                answer = watershed(picture, sigma=sigma, apart=apart)
            else:
                answer = starred(network, picture, threshold=threshold, overlap=overlap)
            found.append(matching(answer, labels))
        scores[f"ap_{name}"] = float(np.mean([each.average_precision(0.5) for each in found]))
        strict = [each.average_precision(0.7) for each in found]
        scores[f"ap70_{name}"] = float(np.mean(strict))
    return {"ap": (scores["ap_cells"] + scores["ap_nodules"]) / 2, **scores}


def cells(seed: int) -> list[tuple[Picture, Labels]]:
    """Fluorescent nuclei with their labels, the last drawn on top."""
    from limner.phantoms.cells_fluorescence import field_of_nuclei

    made = []
    for number in range(PICTURES):
        counts, flags, _ = field_of_nuclei(np.random.default_rng((seed, number, 1)), SIDE)
        labels = np.zeros(counts.shape, np.int32)
        for each, inside in enumerate(flags, start=1):
            labels[inside] = each
        made.append((shown(counts), labels))
    return made


def lungs(seed: int) -> list[tuple[Picture, Labels]]:
    """Pieces of lung with the labels of their nodules."""
    from limner.phantoms.nodules import lung_slice

    drawn = [
        lung_slice(np.random.default_rng((seed, number, 2)), SIDE) for number in range(PICTURES)
    ]
    return [(shown(hounsfield), labels) for hounsfield, labels in drawn]


def shown(samples: NDArray[Any]) -> Picture:
    """The range between the outermost two hundredths as 0 to 1."""
    low, high = np.quantile(samples, (0.005, 0.995))
    shown = (samples - low) / max(float(high - low), 1e-6)
    return np.asarray(np.clip(shown, 0, 1), np.float32)


class Blobs:
    """Batches of generated blobs, turned and mirrored, in the order of their seed."""

    def __init__(self, seed: int) -> None:
        from limner.phantoms.blobs import blob_scene

        self.rng = np.random.default_rng((seed, 0))
        self.scenes = [blob_scene(self.rng, CROP) for _ in range(SCENES)]

    def draw(self, progress: float) -> "Batch":  # noqa: ARG002  # the same throughout
        import torch

        from limner.learn.recipe import Batch

        drawn = [self._one() for _ in range(BATCH)]
        pictures = np.stack([picture.transpose(2, 0, 1) for picture, _ in drawn])
        labels = torch.from_numpy(np.stack([ids[None] for _, ids in drawn]))
        return Batch({"image": torch.from_numpy(pictures)}, labels, torch.ones(labels.shape))

    def _one(self) -> tuple[Picture, Labels]:
        picture, ids = self.scenes[int(self.rng.integers(SCENES))]
        turn, mirrored = int(self.rng.integers(4)), bool(self.rng.random() < 0.5)
        if mirrored:
            picture, ids = picture[:, ::-1], ids[:, ::-1]
        return np.rot90(picture, turn), np.rot90(ids, turn)

    def take(self, batch: "Batch") -> None:
        """Nothing is corrected here."""

    def memory(self) -> dict[str, Any]:
        return {"chance": self.rng.bit_generator.state}

    def remember(self, memory: dict[str, Any]) -> None:
        self.rng.bit_generator.state = memory["chance"]


@lru_cache(maxsize=4)
def trained(seed: int, steps: int) -> "nn.Module":
    """A network that has met blobs only; kept, since the tuning asks for it again."""
    import torch

    from limner.learn import NETWORKS, RECIPES
    from limner.learn.train import Budget, Schedule, TrainState, train

    torch.manual_seed(seed)
    recipe = RECIPES.get("star_convex")()
    nets = recipe.networks(NETWORKS.get("star_convex"))
    schedule = Schedule(rate=4e-3, warm_up=30)
    state = TrainState(recipe, nets, Blobs(seed), Budget(steps=steps), schedule)
    for _ in train(state):
        pass
    network: nn.Module = nets[recipe.keep].eval()
    return network


def starred(network: "nn.Module", picture: Picture, *, threshold: float, overlap: float) -> Labels:
    """Labels that the network sees in a picture (rows, columns)."""
    import torch

    from limner.learn.stars import outlined

    with torch.no_grad():
        answer = network({"image": torch.from_numpy(picture)[None, None]})
    probability = answer["logits"].sigmoid()[0, 0].numpy()
    return outlined(probability, answer["rays"][0].numpy(), threshold=threshold, overlap=overlap)


def watershed(picture: Picture, *, sigma: float, apart: int) -> Labels:
    """Otsu's threshold, then a watershed of the distance to its edge."""
    from scipy import ndimage
    from skimage.feature import peak_local_max
    from skimage.filters import gaussian, threshold_otsu
    from skimage.segmentation import watershed as flooded

    untyped: Any = (gaussian, threshold_otsu, peak_local_max, flooded)  # scikit-image has no types
    blur, otsu, tops, flood = untyped
    smooth = blur(picture, sigma)
    inside = ndimage.binary_opening(smooth > otsu(smooth))
    depth = ndimage.distance_transform_edt(inside)
    peaks = tops(depth, min_distance=apart, labels=inside.astype(np.int32))
    markers = np.zeros(picture.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return np.asarray(flood(-depth, markers, mask=inside), np.int32)
