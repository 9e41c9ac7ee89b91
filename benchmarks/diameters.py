"""How far measured diameters are from those of true ellipses, for several conventions.

    python -m benchmarks.diameters            writes results/diameters.json

An ellipse of known axes is drawn at a random turn and sub-pixel shift: a pixel is inside
when its centre is. The diameters of the pixels are then taken by five conventions, and the
error is counted in pixels: in the length of a pixel along the measured chord. "Bias" is the
mean of the signed errors.
"""

import argparse
import json
from itertools import product
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar
from limner.grid import Grid
from limner.measure import Subject
from limner.measure.diameter import calipers
from limner.measure.outline import BEYOND, ROUND, SLENDER, longest
from limner.safely import write_text

PIXELS_MM = ((1.0, 1.0), (1.5, 1.0), (1.0, 2.0), (3.0, 1.0))
ASPECTS = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
RADII = (2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0)  # long half axis, in the longer side of a pixel
THINNEST = 1.0  # short half axis below which an ellipse is not a pixel wide and is left out
DISTANCES = {"centres": 0.0, "a quarter beyond": 0.25, "a third beyond": 1 / 3, "faces": 0.5}


def ellipse(half_axes_mm, *, turn, shift, pixel_mm):
    """bool (rows, columns): the pixels whose centre is in an ellipse.

    turn    of the long axis from the columns' direction, radians
    shift   of its middle from the centre of a pixel, in pixels (rows, columns)
    """
    pixel = np.array(pixel_mm)
    reach = np.ceil(half_axes_mm[0] / pixel).astype(int) + 2
    rows = (np.arange(-reach[0], reach[0] + 1) - shift[0]) * pixel[0]
    columns = (np.arange(-reach[1], reach[1] + 1) - shift[1]) * pixel[1]
    along = columns * np.cos(turn) + rows[:, None] * np.sin(turn)
    across = rows[:, None] * np.cos(turn) - columns * np.sin(turn)
    return (along / half_axes_mm[0]) ** 2 + (across / half_axes_mm[1]) ** 2 <= 1


def subject(inside, pixel_mm):
    down, along = pixel_mm
    grid = Grid((1, *inside.shape), steps_mm=((0, 0, 1), (0, down, 0), (along, 0, 0)))
    return Subject(inside[None], grid)


def corners_mm(inside, pixel_mm):
    """The longest distance between corners of pixels."""
    places = np.concatenate([np.argwhere(inside) + d for d in product((-0.5, 0.5), repeat=2)])
    return _longest_mm(places, pixel_mm)


def beyond_mm(inside, pixel_mm, share):
    """The longest distance between points some share of a pixel outside exposed centres."""
    steps = ((share, 0), (-share, 0), (0, share), (0, -share))
    return _longest_mm(np.concatenate([np.argwhere(inside) + np.array(s) for s in steps]), pixel_mm)


def _longest_mm(places, pixel_mm):
    places = np.unique(places, axis=0)
    if len(places) > 2 and np.ptp(places, axis=0).all():
        places = places[ConvexHull(places, qhull_options="QJ").vertices]
    length, chord = longest(places, np.array([[0.0, pixel_mm[0]], [pixel_mm[1], 0.0]]))
    return length, chord


def pixel_along(ends_mm, pixel_mm):
    """The length of a pixel along a chord, mm; of its longer side for a chord of no length."""
    column, row = np.abs(np.subtract(*ends_mm))[:2]
    if not (row or column):
        return max(pixel_mm)
    return float(np.hypot(row * pixel_mm[0], column * pixel_mm[1]) / np.hypot(row, column))


def one(rng, half_axes_mm, pixel_mm):
    """The errors in pixels for one ellipse: by convention, and of our two axes."""
    turn, shift = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5, 2)
    inside = ellipse(half_axes_mm, turn=turn, shift=shift, pixel_mm=pixel_mm)
    if not inside.any():
        return None
    true_long, true_short = 2 * half_axes_mm[0], 2 * half_axes_mm[1]
    long, short = calipers(subject(inside, pixel_mm))
    told = {
        "long": (long.length - true_long) / pixel_along(long.ends_mm, pixel_mm),
        "short": (short.length - true_short) / pixel_along(short.ends_mm, pixel_mm),
    }
    ways = {name: beyond_mm(inside, pixel_mm, share) for name, share in DISTANCES.items()}
    ways["corners"] = corners_mm(inside, pixel_mm)
    for name, (length, chord) in ways.items():
        ends = (chord * pixel_mm)[:, ::-1]
        told[name] = (length - true_long) / pixel_along(ends, pixel_mm)
    return told


def disc():
    """The disc of the documentation: 10 mm across, its middle between four pixels of 1 mm."""
    inside = ellipse((5.0, 5.0), turn=0.0, shift=(0.5, 0.5), pixel_mm=(1.0, 1.0))
    told = {name: beyond_mm(inside, (1, 1), share)[0] for name, share in DISTANCES.items()}
    return {
        name: round(v, 3) for name, v in {**told, "corners": corners_mm(inside, (1, 1))[0]}.items()
    }


def sweep(seed, repeats):
    """Every shape of ellipse, each at many turns and shifts."""
    rng = np.random.default_rng(seed)
    shapes = []
    for pixel, aspect, radius in product(PIXELS_MM, ASPECTS, RADII):
        unit = max(pixel)
        half = (radius * unit, radius * unit / aspect)
        if half[1] < THINNEST * unit:
            continue
        found = [told for _ in range(repeats) if (told := one(rng, half, pixel))]
        errors = {name: np.array([each[name] for each in found]) for name in found[0]}
        shapes.append({"pixel_mm": pixel, "aspect": aspect, "radius": radius, "errors": errors})
    return shapes


def summary(shapes, name):
    """The bias over all, the range of the biases of single shapes, and the worst single error."""
    errors = [each["errors"][name] for each in shapes]
    biases = [float(each.mean()) for each in errors]
    return {
        "bias": round(float(np.mean(biases)), 3),
        "least_bias_of_a_shape": round(min(biases), 3),
        "most_bias_of_a_shape": round(max(biases), 3),
        "shapes_within_a_quarter": round(float(np.mean(np.abs(biases) <= 0.25)), 3),
        "mean_absolute_error": round(float(np.mean([np.abs(e).mean() for e in errors])), 3),
        "worst_single_error": round(max(float(np.abs(e).max()) for e in errors), 3),
    }


def groups(shapes):
    """Parts of the sweep that a reader may care for."""
    thick = [s for s in shapes if s["radius"] / s["aspect"] >= 2]
    return {
        "all": shapes,
        "at_least_4_pixels_wide": thick,
        "square_pixels": [s for s in shapes if s["pixel_mm"] == (1.0, 1.0)],
        "aspect_up_to_2": [s for s in shapes if s["aspect"] <= 2],
        "aspect_3_and_4": [s for s in shapes if s["aspect"] >= 3],
        "discs": [s for s in shapes if s["aspect"] == 1],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "diameters.json")
    asked = parser.parse_args()
    shapes = sweep(asked.seed, asked.repeats)
    names = ("long", "short")
    found = {k: {n: summary(g, n) for n in names} for k, g in groups(shapes).items()}
    told = {
        **stamp(seed=asked.seed),
        "bars": {
            f"bias of the {name} axis, {group}": bar(abs(each[name]["bias"]), 0.25, "pixels")
            for group, each in found.items()
            for name in names
        },
        "unit": "pixels along the measured chord",
        "convention": f"points {BEYOND} of a pixel beyond exposed pixel centres; at the ends of "
        f"the long axis {ROUND} (round) to {SLENDER} (slender)",
        "shapes": len(shapes),
        "ellipses": asked.repeats * len(shapes),
        "pixels_mm": PIXELS_MM,
        "aspects": ASPECTS,
        "long_half_axes_in_pixels": RADII,
        "ours": found,
        "long_axis_by_convention": {n: summary(shapes, n) for n in (*DISTANCES, "corners")},
        "disc_of_10_mm": disc(),
    }
    write_text(json.dumps(told, indent=1) + "\n", asked.out)
    print(
        json.dumps(
            {k: told[k] for k in ("ours", "long_axis_by_convention", "disc_of_10_mm")}, indent=1
        )
    )


if __name__ == "__main__":
    main()
