"""How tissues look to a scanner: a tone for each, and the picture made of them.

The tones are textbook orders of magnitude (HU of CT; brightness 0..1 elsewhere), shaken at
random, and for some pictures drawn from nothing at all as SynthSeg does: a network must not
learn that a liver is grey.

Source   HU: Buzug, Computed Tomography (2008), table 8.1, rounded; relative brightness on MR:
         Bitar et al., RadioGraphics 26 (2006), 513. Random contrasts: Billot et al.
         (SynthSeg), Medical Image Analysis 86 (2023), 102789.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from limner.phantoms._layouts import Field, Labels, smooth
from limner.phantoms._paint import Picture, blurred

# tissue: (HU, HU after contrast, T1, T2, bright-blood MR, uptake of FDG)
TONES: Mapping[str, tuple[float, float, float, float, float, float]] = MappingProxyType(
    {
        "air": (-1000, -1000, 0.01, 0.01, 0.01, 0.0),
        "gas": (-950, -950, 0.02, 0.02, 0.02, 0.03),
        "lung": (-820, -800, 0.04, 0.06, 0.06, 0.08),
        "fat": (-100, -100, 0.90, 0.65, 0.80, 0.06),
        "skin": (20, 30, 0.40, 0.35, 0.40, 0.08),
        "muscle": (55, 65, 0.38, 0.18, 0.30, 0.14),
        "liver": (58, 110, 0.52, 0.28, 0.35, 0.35),
        "spleen": (48, 120, 0.36, 0.45, 0.40, 0.28),
        "pancreas": (40, 100, 0.55, 0.35, 0.40, 0.22),
        "cortex": (35, 190, 0.52, 0.52, 0.55, 0.45),  # of the kidney
        "medulla": (28, 140, 0.36, 0.68, 0.60, 0.55),
        "blood": (42, 190, 0.14, 0.08, 0.95, 0.26),
        "vein": (42, 150, 0.16, 0.12, 0.85, 0.24),
        "myocardium": (50, 110, 0.42, 0.28, 0.28, 0.60),
        "wall": (42, 90, 0.42, 0.35, 0.40, 0.25),  # of bowel, stomach, bladder
        "fluid": (8, 10, 0.14, 1.00, 0.85, 0.12),
        "urine": (6, 12, 0.14, 1.00, 0.80, 1.00),
        "food": (30, 60, 0.45, 0.50, 0.45, 0.20),
        "contrast": (250, 320, 0.30, 0.30, 0.40, 0.15),  # swallowed
        "compact": (1050, 1050, 0.05, 0.04, 0.05, 0.10),  # the shell of a bone
        "marrow": (230, 240, 0.70, 0.42, 0.50, 0.25),
        "disc": (90, 95, 0.36, 0.55, 0.45, 0.12),
        "cord": (35, 40, 0.50, 0.45, 0.50, 0.25),
        "tumour": (38, 70, 0.30, 0.62, 0.40, 0.85),
        "necrosis": (18, 22, 0.18, 0.85, 0.60, 0.15),
        "rim": (45, 140, 0.60, 0.60, 0.50, 0.90),
        "gland": (40, 90, 0.36, 0.70, 0.50, 0.22),
        "breast": (30, 60, 0.40, 0.45, 0.45, 0.20),
        "grey": (38, 42, 0.45, 0.58, 0.50, 0.95),
        "white": (28, 30, 0.68, 0.36, 0.42, 0.55),
        "deep": (36, 42, 0.54, 0.48, 0.46, 0.95),
        "oedema": (20, 22, 0.36, 0.75, 0.55, 0.35),
        "haemorrhage": (70, 72, 0.55, 0.30, 0.50, 0.10),
    }
)
WINDOWS = (  # low, high in HU; the last one is the whole range
    (-160.0, 240.0),
    (-100.0, 200.0),
    (-10.0, 90.0),
    (-1350.0, 150.0),
    (-450.0, 1050.0),
    (-1000.0, 1000.0),
)
Views = Sequence[tuple[str, float]]


def tissue_picture(rng: np.random.Generator, looks: Labels, tissues: list[str]) -> Picture:
    """A picture (side, side, 1) in 0..1 of the tissues, by a scanner drawn at random."""
    kind = rng.choice(["ct", "contrast ct", "t1", "t2", "bright blood", "pet", "any"], p=SHARES)
    values = _tones(rng, tissues, kind=str(kind))[looks]
    side = looks.shape[0]
    if kind != "pet":
        values += _texture(rng, looks, count=len(tissues))
    softness = rng.uniform(1.2, 3.5) if kind == "pet" else np.exp(rng.uniform(-1.2, 0.5))
    values = blurred(values[..., None], sigma=float(softness))[..., 0]
    if kind in {"t1", "t2", "bright blood"} or rng.random() < 0.15:
        values *= np.exp(smooth(rng, side, knots=int(rng.integers(1, 4))) * rng.uniform(0, 0.3))
    values = _noisy(rng, values, magnitude=kind in {"t1", "t2", "bright blood"})
    values -= np.float32(rng.uniform(0, 0.03))
    if kind in {"t1", "t2", "bright blood"} and rng.random() < 0.7:  # somebody's window
        values *= np.float32(1 / max(0.25, float(np.quantile(values[::3, ::3], 0.985))))
    picture = np.clip(values, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.25)))
    return np.asarray(1 - picture if rng.random() < 0.04 else picture, np.float32)[..., None]


SHARES = (0.14, 0.24, 0.15, 0.15, 0.08, 0.06, 0.18)


def _tones(rng: np.random.Generator, tissues: list[str], *, kind: str) -> Field:
    count = len(tissues)
    if kind == "any":
        tone = rng.uniform(0, 1, count)
        tone[0] = rng.choice([0.0, rng.uniform(0, 1)])
        return np.asarray(tone, np.float32)
    table = np.array([TONES[name] for name in tissues])
    column = ("ct", "contrast ct", "t1", "t2", "bright blood", "pet").index(kind)
    if column > 1:
        tone = table[:, column] * np.exp(rng.normal(0, 0.12, count)) + rng.normal(0, 0.02, count)
        return np.asarray(tone, np.float32)
    share = rng.uniform(0.4, 1.2) if column else 0.0  # how much contrast has arrived
    hounsfield = table[:, 0] + share * (table[:, 1] - table[:, 0])
    hounsfield += rng.normal(0, 8, count) + rng.normal(0, 0.12, count) * np.maximum(hounsfield, 0)
    low, high = WINDOWS[rng.choice(len(WINDOWS), p=(0.34, 0.2, 0.08, 0.1, 0.14, 0.14))]
    low += rng.normal(0, 0.05) * (high - low)
    return np.asarray(np.clip((hounsfield - low) / (high - low), -0.25, 1.4), np.float32)


def _texture(rng: np.random.Generator, looks: Labels, *, count: int) -> Field:
    """Unevenness within a tissue, of another strength in each; none in the air."""
    side = looks.shape[0]
    pattern = smooth(rng, side, knots=int(rng.integers(8, side // 3)))
    strength = rng.uniform(0, 0.09 * rng.uniform(0, 1), count).astype(np.float32)
    strength[0] = 0
    return np.asarray(pattern * strength[looks], np.float32)


def _noisy(rng: np.random.Generator, values: Field, *, magnitude: bool) -> Field:
    """Noise as the receiver gives it: Rician where magnitudes are taken, else correlated."""
    size = np.float32(0.09 * rng.uniform(0, 1) ** 2)
    noise = rng.standard_normal((2 if magnitude else 1, *values.shape), np.float32) * size
    if magnitude:
        return np.asarray(np.hypot(values + noise[0], noise[1]), np.float32)
    grain = float(rng.uniform(0.3, 0.9))
    return values + blurred(noise[0][..., None], sigma=grain)[..., 0] * np.float32(1 + grain)
