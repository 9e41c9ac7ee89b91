"""A training set of a few generated pictures, a measuring picture, and their manifest."""

import json

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter


def written(folder, *, names=("one", "two"), may=True, count=3):
    """A data folder with sets that may train or not, and a measuring set of one picture."""
    entries = [
        _set(folder, name, role="train", may=may, count=count, seed=number)
        for number, name in enumerate(names, start=1)
    ]
    entries.append(_set(folder, "dev_one", role="dev", may=False, count=1, seed=99))
    (folder / "manifest.json").write_text(json.dumps({"sets": entries}))
    return folder


def picture(seed, side=96):
    """(side, side, 3) uint8 of smooth noise, and labels of what is bright in it."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal((side, side)), 8)
    scaled = (noise - noise.min()) / np.ptp(noise)
    grey = np.rint(scaled * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2), (scaled > 0.6).astype(np.uint8)


def _set(folder, name, *, role, may, count, seed):
    place = folder / role / name
    (place / "images").mkdir(parents=True)
    (place / "masks").mkdir()
    pairs = []
    for number in range(count):
        samples, labels = picture(100 * seed + number)
        pair = {"image": f"images/{number}.png", "mask": f"masks/{number}.png"}
        Image.fromarray(samples).save(place / pair["image"])
        Image.fromarray(labels).save(place / pair["mask"])
        pairs.append(pair)
    return {
        "name": name,
        "folder": f"{role}/{name}",
        "role": role,
        "may_train_shipped_weights": may,
        "licence": "CC0",
        "citation": f"Nobody, Journal of {name} 2020",
        "pairs": pairs,
    }
