"""How far measured diameters are from those of true ellipses, for several conventions.

    python -m benchmarks.diameters            writes results/diameters.json

An ellipse of known axes is drawn at a random turn and sub-pixel shift: a pixel is inside
when its centre is. The diameters of the pixels are then taken by five conventions, and the
error is counted in pixels: in the length of a pixel along the measured chord. "Bias" is the
mean of the signed errors.

And how long they take, against all pairs of the same points as anybody would write it: the
points of the outline by NumPy, their distances by SciPy's `pdist`, which is C. Lumpy blobs of
several sizes. On one slice: the search for the long axis, each way handed its points, all of the
outline for all pairs and the ends of the rows, among which these lie, for ours; all pairs also
by NumPy alone, as they are mostly written. Through all slices: both axes, both ways from the
mask; the short one by every line through the outline against every piece of it, by NumPy.
Seconds of the processor, the best of some runs.
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar
from limner.grid import Grid
from limner.measure import Subject
from limner.measure.diameter import calipers
from limner.measure.outline import (
    BEYOND,
    ROUND,
    SLENDER,
    RowEnds,
    across,
    bridges,
    farthest,
    hull,
    longest,
    segments,
    tips,
)
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


ON_A_SLICE = (4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)  # radii in pixels
MOST_BY_NUMPY = 512  # beyond, its array does not fit into a laptop
IN_3D = (4, 8, 16, 32, 64, 96)
SQUARE = np.array([[0.0, 1.0], [1.0, 0.0]])


def blob(radius, slices=1):
    """bool (slices, rows, columns): a lumpy ellipsoid through so many slices."""
    reach = round(1.2 * radius) + 1
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(float)
    turn = np.arctan2(rows, columns)
    edge = radius * (1 + 0.08 * np.sin(3 * turn + 1) + 0.05 * np.cos(5 * turn))
    high = radius**2 - np.linspace(-radius, radius, slices) ** 2 if slices > 1 else [radius**2]
    share = np.sqrt(np.asarray(high) / radius**2)
    return np.hypot(rows / 0.8, columns) <= edge * share[:, None, None]


def outline_points(part, beyond):
    """Where an inside centre has an outside one beside it, `beyond` of the way to that."""
    padded = np.pad(part, 1)
    found = []
    for step in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        beside = np.roll(padded, (-step[0], -step[1]), (0, 1))
        found.append(np.argwhere(padded & ~beside) - 1 + beyond * np.array(step))
    return np.concatenate(found)


def by_all_pairs(flat, plane):
    """The longest diameter of the parts of one slice: all pairs of the points of each."""
    labels, count = ndimage.label(flat, np.ones((3, 3)))
    longest_mm = 0.0
    for value in range(1, count + 1):
        part = labels == value
        places = outline_points(part, tips(part, plane)) @ plane
        longest_mm = max(longest_mm, float(pdist(places).max()))
    return longest_mm


def by_numpy(places):
    """The longest distance, all of them in one array."""
    return float(np.linalg.norm(places[:, None] - places[None], axis=2).max())


def lesion_by_all_pairs(block):
    """Both axes of an object through many slices; its long axis by `by_all_pairs`."""
    found = [by_all_pairs(flat, SQUARE) if flat.any() else 0.0 for flat in block]
    best = block[int(np.argmax(found))]
    _, chord = farthest(
        RowEnds.of(best), SQUARE, tips(best, SQUARE)
    )  # its ends, which cost next to nothing
    pieces = np.concatenate([segments(best), bridges(best, hull(best))])
    return max(found), across(pieces, chord, SQUARE)[0]


def seconds(work, most=2.0):
    """Of the processor, the best of as many runs as fit into some time, three at least."""
    spent, runs = [], time.monotonic()
    while len(spent) < 3 or (time.monotonic() - runs < most and len(spent) < 200):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)


def speed():
    """How long both ways take by size, and how far their answers are apart, in mm."""
    flat, deep = [], []
    for radius in ON_A_SLICE:
        part = blob(radius)[0]
        reach = tips(part, SQUARE)
        places = outline_points(part, reach) @ SQUARE
        ends = RowEnds.of(part)
        apart = abs(farthest(ends, SQUARE, reach)[0] - pdist(places).max())
        row = {"radius": radius, "points": len(places), "apart_mm": float(apart)}
        row |= compared(
            lambda ends=ends, reach=reach: farthest(ends, SQUARE, reach),
            lambda places=places: pdist(places).max(),
        )
        if radius <= MOST_BY_NUMPY:
            plain = seconds(lambda places=places: by_numpy(places))
            row |= {"numpy_ms": round(1e3 * plain, 3)}
            row |= {"times_numpy": round(1e3 * plain / row["ours_ms"], 1)}
        flat.append(row)
    for radius in IN_3D:
        block = blob(radius, 2 * radius - 1)
        given = Subject(block, Grid(block.shape))
        ours, theirs = calipers(given), lesion_by_all_pairs(block)
        row = {"radius": radius, "slices": len(block)}
        row |= {"apart_mm": max(abs(a.length - b) for a, b in zip(ours, theirs, strict=True))}
        row |= compared(
            lambda given=given: calipers(given), lambda block=block: lesion_by_all_pairs(block)
        )
        deep.append(row)
    return {"long axis on one slice": flat, "both axes through all slices": deep}


def compared(ours, theirs):
    """Milliseconds of both, and how many times quicker the first is."""
    first, second = seconds(ours), seconds(theirs)
    return {
        "ours_ms": round(1e3 * first, 3),
        "all_pairs_ms": round(1e3 * second, 3),
        "times": round(second / first, 1),
    }


def quick_enough(told):
    """The sizes at which the bar of fifty times is met, and those at which it is not."""
    return {
        f"{way}, radius {row['radius']}": {
            "value": row["times"],
            "at_least": 50,
            "unit": "times as quick as all pairs",
            "met": row["times"] >= 50,
        }
        for way, rows in told.items()
        for row in rows
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
    biases = {
        f"bias of the {name} axis, {group}": bar(abs(each[name]["bias"]), 0.25, "pixels")
        for group, each in found.items()
        for name in names
    }
    quick = speed()
    apart = bar(max(row["apart_mm"] for rows in quick.values() for row in rows), 1e-9, "mm")
    told = {
        **stamp(seed=asked.seed),
        "bars": {**biases, **quick_enough(quick), "apart from all pairs": apart},
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
        "speed": quick,
    }
    write_text(json.dumps(told, indent=1) + "\n", asked.out)
    shown = ("ours", "long_axis_by_convention", "disc_of_10_mm", "speed")
    print(json.dumps({name: told[name] for name in shown}, indent=1))


if __name__ == "__main__":
    main()
