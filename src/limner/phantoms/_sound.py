"""Ultrasound: echoes of what lies on a canvas, with speckle, shadows, gain and the fan.

Speckle is the magnitude of a sum of many random echoes (Rayleigh), blurred along and across
the beam; what lies behind bone, gas and chalk gets little sound; behind fluid more.

Source   Wagner et al., IEEE Trans. Sonics and Ultrasonics 30 (1983), 156 (speckle).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._canvas import Canvas
from limner.phantoms._layouts import Field, Labels, curve, smooth
from limner.phantoms._paint import Picture, blurred

# tissue: (echo in dB under the brightest, what one unit of depth takes from the sound, in dB)
ECHOES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "air": (-18.0, 4.0),  # what no organ covers: plain soft tissue
        "skin": (-6.0, 8.0),
        "fat": (-22.0, 4.0),
        "muscle": (-20.0, 6.0),
        "fascia": (-4.0, 6.0),
        "breast": (-13.0, 6.0),
        "liver": (-18.0, 4.0),
        "cortex": (-22.0, 4.0),
        "sinus": (-8.0, 6.0),
        "nerve": (-12.0, 6.0),
        "fascicle": (-24.0, 5.0),
        "fluid": (-52.0, -10.0),
        "blood": (-46.0, -3.0),
        "wall": (-10.0, 6.0),
        "myocardium": (-16.0, 5.0),
        "tumour": (-28.0, 10.0),
        "bright": (-10.0, 5.0),
        "mass": (-24.0, 28.0),  # it swallows sound
        "compact": (0.0, 220.0),
        "gas": (-2.0, 120.0),
    }
)


@dataclass(frozen=True)
class Beam:
    """Where every pixel lies in the beam, and the other way round.

    depth, line  of every pixel (side, side), 0..1; outside the fan beyond that
    rows, columns  the pixel of every place in the beam, (depths, lines)
    """

    depth: Field
    line: Field
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Pixels that sound reaches."""
        return (self.line >= 0) & (self.line <= 1) & (self.depth >= 0) & (self.depth <= 1)

    def onto_picture(self, values: Field) -> Field:
        """Values in the beam (depths, lines) at every pixel, linearly; edges where outside."""
        count = np.array(values.shape) - 1
        down = np.clip(self.depth, 0, 1) * np.float32(count[0])
        across = np.clip(self.line, 0, 1) * np.float32(count[1])
        row = np.minimum(down.astype(np.int32), count[0] - 1)
        column = np.minimum(across.astype(np.int32), count[1] - 1)
        down, across = down - row, across - column
        at = row * values.shape[1] + column
        flat = values.ravel()
        upper = flat[at] * (1 - across) + flat[at + 1] * across
        at += values.shape[1]
        lower = flat[at] * (1 - across) + flat[at + 1] * across
        return np.asarray(upper * (1 - down) + lower * down, np.float32)


def straight(side: int) -> Beam:
    """A linear probe along the upper edge."""
    ticks = np.linspace(0, 1, side, dtype=np.float32)
    depth, line = np.meshgrid(ticks, ticks, indexing="ij")
    rows, columns = np.mgrid[:side, :side]
    return Beam(depth, line, rows, columns)


def fan(side: int, *, wide: float, radius: float) -> Beam:
    """A curved or phased probe at the middle of the upper edge.

    wide  half the opening in radians; radius  of the probe, as a share of the side
    """
    far = 1.0 if radius == 0 else 1.0 + radius * np.cos(wide)
    ticks = np.arange(side, dtype=np.float32) / np.float32(side)
    down = ticks[:, None] * np.float32(1.02) + np.float32(radius * np.cos(wide) - 0.01)
    across = ticks[None, :] - np.float32(0.5)
    away, angle = np.hypot(down, across), np.arctan2(across, down)
    depth = (away - radius) / (far - radius)
    line = (angle / wide + 1) / 2
    lines = np.linspace(-wide, wide, side, dtype=np.float32)[None, :]
    reaches = np.linspace(radius, far, side, dtype=np.float32)[:, None]
    rows = (reaches * np.cos(lines) - (radius * np.cos(wide) - 0.01)) / 1.02 * side
    columns = (reaches * np.sin(lines) + 0.5) * side
    limit = side - 1
    return Beam(
        np.asarray(depth, np.float32),
        np.asarray(line, np.float32),
        np.clip(np.rint(rows), 0, limit).astype(np.intp),
        np.clip(np.rint(columns), 0, limit).astype(np.intp),
    )


def sound_picture(rng: np.random.Generator, canvas: Canvas, beam: Beam) -> tuple[Picture, Labels]:
    """What an ultrasound machine shows of the canvas, in 0..1, and the labels inside the fan."""
    table = np.array([ECHOES[name] for name in canvas.tissues], np.float32)
    echo = table[:, 0] + rng.normal(0, 2.5, len(table)).astype(np.float32)
    loss = table[:, 1] * np.float32(np.exp(rng.normal(0, 0.3)))
    side = canvas.side
    level = echo[canvas.looks] + smooth(rng, side, knots=5) * np.float32(rng.uniform(1, 6))
    level += smooth(rng, side, knots=16) * np.float32(rng.uniform(0, 3))
    haze = np.float32(rng.uniform(-60, -24)) + smooth(rng, side, knots=4) * 6  # clutter
    level = np.maximum(level, haze)
    level = blurred(level[..., None], sigma=float(rng.uniform(0.4, 1.2)))[..., 0]
    met = loss[canvas.looks][beam.rows, beam.columns]
    lost = np.cumsum(met, axis=0, dtype=np.float32) / np.float32(side)
    amends = np.linspace(0, float(rng.uniform(-8, 8)), side, dtype=np.float32)[:, None]
    lost = blurred((lost - amends)[..., None], sigma=float(rng.uniform(0.8, 2.0)))[..., 0]
    grain = (float(rng.uniform(0.5, 1.1)), float(rng.uniform(0.8, 2.6)))
    heard = beam.onto_picture(_speckle(rng, side, grain=grain) - np.maximum(lost, -8))
    span = float(rng.uniform(38, 60))
    shown = (level + heard) / np.float32(span) + np.float32(1 + rng.normal(-0.08, 0.12))
    if rng.random() < 0.6:  # a machine smooths what it shows
        shown = blurred(shown[..., None], sigma=float(rng.uniform(0.4, 0.9)))[..., 0]
    shown = np.clip(shown, 0, 1) ** np.float32(np.exp(rng.normal(0.35, 0.3)))
    dark = np.float32(rng.choice([0.0, 0.0, rng.uniform(0, 0.1)]))
    shown = np.where(beam.seen, shown, dark)
    return shown[..., None].astype(np.float32), np.where(beam.seen, canvas.labels, 0)


def _speckle(rng: np.random.Generator, side: int, *, grain: tuple[float, float]) -> Field:
    """Rayleigh speckle in dB, mean about 0, correlated over `grain` along and across."""
    parts = rng.standard_normal((2, side, side), np.float32)
    waves = np.stack([_streaked(part, grain) for part in parts])
    power = (waves * waves).sum(axis=0)
    return np.asarray(10 * np.log10(power / power.mean() + 1e-3), np.float32)


def _streaked(noise: Field, grain: tuple[float, float]) -> Field:
    from limner.phantoms._paint import _kernel

    down, across = (_kernel(noise.shape[0], round(size, 1)) for size in grain)
    return np.asarray(down @ noise @ across.T, np.float32)


def layered(canvas: Canvas) -> None:
    """Skin, fat, fascia and muscle one below another, as a linear probe on a limb sees them."""
    rng, side = canvas.rng, canvas.side
    depth = canvas.down + curve(rng, side, knots=3)[None, :] * np.float32(0.05)
    canvas.put(depth < -0.9, "skin", named=False)
    cut = rng.uniform(-0.75, -0.45)
    canvas.put((depth >= -0.9) & (depth < cut), "fat", named=False)
    canvas.put(depth >= cut, "muscle", named=False)
    strands(canvas, within=depth > cut)
    thick = rng.uniform(0.01, 0.03)
    for level in (cut, cut + rng.uniform(0.3, 0.5), cut + rng.uniform(0.6, 1.0)):
        line = np.abs(depth - level + canvas.wander(0.03))
        canvas.put(line < thick, "fascia", named=False)


def strands(canvas: Canvas, *, within: NDArray[np.bool_]) -> None:
    """Bright fibres along the layers."""
    rng = canvas.rng
    waves = canvas.down * np.float32(rng.uniform(20, 55)) + canvas.wander(1.5)
    broken = canvas.wander(1.0) > rng.uniform(-0.3, 0.8)
    canvas.put((np.sin(waves) > 0.75) & broken & within, "fascia", named=False)


def nerve_view(canvas: Canvas) -> None:
    """Muscles, a vessel or two, a honeycombed nerve, perhaps a bone with its shadow."""
    rng = canvas.rng
    layered(canvas)
    for _ in range(int(rng.integers(1, 4))):
        at = (rng.uniform(-0.4, 0.5), rng.uniform(-0.7, 0.7))
        size = rng.uniform(0.06, 0.18)
        tube = canvas.ellipse(at, (size, size * rng.uniform(1, 1.5)), rough=0.03)
        canvas.put(tube < 1.15, "wall", named=False)
        canvas.put(tube < 1, "blood")
    for _ in range(int(rng.integers(1, 3))):
        at = (rng.uniform(-0.4, 0.4), rng.uniform(-0.6, 0.6))
        size = rng.uniform(0.07, 0.16)
        bundle = canvas.ellipse(at, (size, size * rng.uniform(1, 2.2)), turn=rng.normal(0, 0.4))
        canvas.put(bundle < 1.12, "fascia", named=False)
        canvas.put(bundle < 1, "nerve")
        canvas.dots(bundle < 0.85, "fascicle", most=12, size=0.03)
    if rng.random() < 0.35:
        bone = canvas.ellipse((rng.uniform(0.6, 0.9), rng.normal(0, 0.4)), (0.25, 0.5))
        canvas.put((bone < 1) & (bone > 0.88), "compact", named=False)
        canvas.put(bone <= 0.88, "gas", named=False)


def breast_view(canvas: Canvas) -> None:
    """Fat lobules and gland over muscle and ribs, with a mass or a cyst."""
    rng = canvas.rng
    layered(canvas)
    middle = np.abs(canvas.down + rng.uniform(0, 0.3) + canvas.wander(0.08))
    canvas.put(middle < rng.uniform(0.25, 0.5), "breast", named=False)
    canvas.dots(middle < 0.5, "fat", most=10, size=0.1)
    for _ in range(int(rng.integers(1, 3))):
        at = (rng.uniform(-0.45, 0.25), rng.uniform(-0.55, 0.55))
        size = float(np.exp(rng.uniform(np.log(0.08), np.log(0.32))))
        kind = str(rng.choice(["tumour", "tumour", "mass", "fluid", "bright"]))
        rough = 0.03 if kind == "fluid" else rng.uniform(0.03, 0.25)
        lump = canvas.ellipse(at, (size, size * rng.uniform(1, 1.8)), rough=rough)
        if kind == "mass" and rng.random() < 0.5:
            canvas.put(lump < 1.12, "bright", named=False)
        canvas.put(lump < 1, kind)
        canvas.dots(lump < 0.8, "bright", most=4, size=0.02)


def belly_view(canvas: Canvas) -> None:
    """Liver with vessels, gall bladder with stones, kidney, diaphragm, a lump."""
    rng = canvas.rng
    canvas.put(canvas.down > -9, "liver", named=False)
    canvas.put(canvas.down < -0.75 + canvas.wander(0.03), "muscle", named=False)
    canvas.put(np.abs(canvas.down + 0.75) < 0.02, "fascia", named=False)
    canvas.dots(canvas.down > -0.6, "blood", most=12, size=0.035)
    arc = canvas.ellipse((0.2, 0), (0.85, 1.2), rough=0.02)
    canvas.put((np.abs(arc - 1) < 0.025) & (canvas.down > 0.2), "fascia", named=False)
    if rng.random() < 0.5:
        kidney = canvas.ellipse((0.2, 0.4), (0.2, 0.36), turn=rng.normal(0, 0.3))
        canvas.put(kidney < 1.06, "fascia", named=False)
        canvas.put(kidney < 1, "cortex", name="kidney")
        canvas.put(kidney + canvas.wander(0.1) < 0.5, "sinus", named=False)
    if rng.random() < 0.5:
        sack = canvas.ellipse((0.0, -0.35), (0.13, 0.3), turn=rng.normal(0.4, 0.4))
        canvas.put(sack < 1.12, "wall", named=False)
        canvas.put(sack < 1, "fluid", name="gallbladder")
        if rng.random() < 0.4:
            stone = canvas.ellipse((0.07, -0.35), (0.03, 0.05))
            canvas.put(stone < 1, "compact", name="stone")
    for _ in range(int(rng.integers(0, 3))):
        at = (rng.uniform(-0.4, 0.5), rng.uniform(-0.5, 0.5))
        size = float(np.exp(rng.uniform(np.log(0.07), np.log(0.3))))
        lump = canvas.ellipse(at, (size, size * rng.uniform(0.8, 1.4)), rough=0.08)
        canvas.put(lump < 1, str(rng.choice(["tumour", "bright", "fluid", "mass"])))


def heart_view(canvas: Canvas) -> None:
    """Four chambers from the apex: long left chamber in its wall, right one, two behind."""
    rng = canvas.rng
    canvas.put(canvas.down > -9, "cortex", named=False)
    tilt = rng.normal(0, 0.15)
    wall = rng.uniform(1.22, 1.5)
    sack = canvas.ellipse((0.1, 0), (0.85, 0.62), rough=0.04)
    canvas.put(sack < 1, "myocardium", named=False)
    canvas.put((sack < 1.05) & (sack > 1), "fascia", named=False)
    left = canvas.ellipse((-0.1, 0.2), (0.46, 0.19), turn=tilt, rough=0.06)
    canvas.put(left < wall, "myocardium")
    right = canvas.ellipse((-0.02, -0.25), (0.38, 0.15), turn=tilt + 0.25, rough=0.06)
    canvas.put(right < 1, "blood", name="right ventricle")
    canvas.put(left < 1, "blood", name="left ventricle")
    for side in (-1, 1):
        upper = canvas.ellipse((0.56, side * 0.22), (0.22, 0.19), rough=0.05)
        canvas.put(upper < 1.15, "myocardium", named=False)
        canvas.put(upper < 1, "blood", name="atrium")
    valve = np.abs(canvas.down - 0.36 - 0.4 * np.abs(np.abs(canvas.across) - 0.2))
    canvas.put((valve < 0.02) & (np.abs(canvas.across) < 0.4), "fascia", named=False)


def womb_view(canvas: Canvas) -> None:
    """A child's head: bright oval skull, middle line, chambers, in fluid."""
    rng = canvas.rng
    canvas.put(canvas.down > -9, str(rng.choice(["muscle", "breast"])), named=False)
    sea = canvas.ellipse((0, 0), (0.85, 0.95), rough=0.1)
    if rng.random() < 0.6:
        canvas.put(sea < 1, "fluid", name="waters")
    turn = rng.uniform(-0.6, 0.6)
    size = rng.uniform(0.45, 0.75)
    skull = canvas.ellipse((0, 0), (size * 0.75, size), turn=turn, rough=0.015)
    thick = rng.uniform(0.07, 0.14)
    canvas.put(skull < 1, "fascia", name="head")
    canvas.put(skull < 1 - thick, str(rng.choice(["cortex", "tumour", "muscle"])), named=False)
    middle = canvas.ellipse((0, 0), (0.02, size * 0.7), turn=turn, loose=0.02)
    canvas.put(middle < 1, "bright", named=False)
    for side in (-1, 1):
        at = (side * size * 0.3, rng.normal(0, 0.1))
        chamber = canvas.ellipse(at, (size * 0.09, size * 0.35), turn=turn)
        canvas.put(chamber < 1.2, "bright", named=False)
        canvas.put(chamber < 1, "fluid", name="ventricle of the brain")


def along_vessel(canvas: Canvas) -> None:
    """An artery cut along or across: dark, between two bright walls, perhaps with plaque."""
    rng, side = canvas.rng, canvas.side
    layered(canvas)
    if rng.random() < 0.5:
        run = canvas.down + canvas.across * np.float32(rng.normal(0, 0.25))
        run = run + curve(rng, side, knots=2)[None, :] * np.float32(0.05)
        away = np.abs(run - rng.uniform(-0.2, 0.3)) / np.float32(rng.uniform(0.08, 0.2))
    else:
        at, size = (rng.uniform(-0.2, 0.3), rng.uniform(-0.4, 0.4)), rng.uniform(0.12, 0.28)
        away = canvas.ellipse(at, (size, size * rng.uniform(0.9, 1.3)), rough=0.02)
    canvas.put(away < 1.35, "fascia", named=False)
    canvas.put(away < 1.22, "tumour", named=False)
    canvas.put(away < 1.08, "fascia", named=False)
    canvas.put(away < 1, "blood")
    if rng.random() < 0.35:
        kind = str(rng.choice(["bright", "tumour"]))
        plaque = canvas.ellipse((rng.uniform(0, 0.3), rng.uniform(-0.4, 0.4)), (0.1, 0.3))
        canvas.put((plaque < 1) & (away < 1), kind, name="plaque")
