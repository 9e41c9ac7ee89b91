"""What of the plane a machine shows: a fan, a disc, a body in air; the rest is black."""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Labels, curve
from limner.phantoms._paint import Picture


def framed(rng: np.random.Generator, picture: Picture, labels: Labels) -> tuple[Picture, Labels]:
    """The picture and its labels with nothing outside one of the frames."""
    side = labels.shape[0]
    frame = (_fan, _disc, _body, _strip)[int(rng.integers(4))]
    seen = frame(rng, side)
    outside = np.float32(rng.uniform(0, 0.06) if rng.random() < 0.9 else rng.uniform(0.8, 1))
    shown = np.where(seen[..., None], picture, outside)
    return np.asarray(shown, np.float32), np.where(seen, labels, 0).astype(np.int32)


def _polar(
    rng: np.random.Generator, side: int, *, top: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    line = np.arange(side, dtype=np.float32) / side
    down = line[:, None] - np.float32(top)
    across = line[None, :] - np.float32(rng.uniform(0.4, 0.6))
    return np.hypot(down, across), np.arctan2(across, down)


def _fan(rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """The sector of a curved or phased probe at the top."""
    top = rng.uniform(-0.5, 0.1)
    apart, angle = _polar(rng, side, top=top)
    half = rng.uniform(0.4, 0.8)
    return np.asarray((np.abs(angle) < half) & (apart > 0.05 - top) & (apart < 0.95 - top))


def _disc(rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """The round field of a lens, with or without a flat top and bottom."""
    apart, _ = _polar(rng, side, top=rng.uniform(0.45, 0.55))
    return np.asarray(apart < rng.uniform(0.42, 0.65))


def _body(rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """A lumpy oval in air."""
    apart, angle = _polar(rng, side, top=rng.uniform(0.4, 0.6))
    slim = np.exp(rng.normal(0, 0.25))
    border = 1 + 0.08 * curve(rng, 256, knots=8)
    border = np.interp(np.arange(256), (0, 20, 255), (border[-1], border[20], border[-1])) * 0.5 + (
        border * 0.5
    )
    turned = ((angle / (2 * np.pi) + 0.5) * 255).astype(np.int32)
    stretched = apart * np.hypot(np.cos(angle) * slim, np.sin(angle) / slim)
    return np.asarray(stretched < rng.uniform(0.3, 0.5) * border[turned])


def _strip(rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """Black bars at two sides, or at one."""
    line = np.arange(side) / side
    low, high = rng.uniform(-0.1, 0.25), rng.uniform(0.75, 1.1)
    bar = (line >= low) & (line < high)
    wide = bar[:, None] if rng.random() < 0.5 else bar[None, :]
    return np.broadcast_to(wide, (side, side))
