"""GeoJSON as QuPath writes it: a feature an outline, in pixels of the full resolution.

values      every voxel comes back: outlines run along the edges of pixels; holes are rings
names       `classification` (name and colour) is the class, `name` the object's own
slices      `plane` of the geometry, as QuPath has it: z is the slice, t the frame
objects     features of one `metadata.object` are one; without it each is one of its own
more        grid, codes and the rest of a mask ride in a member `limner` of the collection,
            which other programs skip
reading     a file of another program says no size: it needs the scan
not held    probabilities
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from limner.errors import BadValue, UnreadableFile
from limner.formats._drawn import Drawn, masked, opened
from limner.formats._holds import TRAITS
from limner.formats._outlines import (
    Piece,
    Ring,
    check_size,
    enclosed,
    parts,
    pieces,
)
from limner.formats._record import heard, told
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.safely import write_text
from limner.schema import Colour

ENDINGS = (".geojson",)
HOLDS = frozenset(TRAITS) - {"probability"}
KEY = "limner"


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """The objects of all features.

    Raises UnreadableFile, and BadValue for outlines that cross themselves, for points and
    lines, and where neither the file nor `grid` says how large the picture is.
    """
    collection = _json(path)
    record = heard(json.dumps(collection.get(KEY))) if collection.get(KEY) else None
    where = grid or (record.grid if record else None)
    if where is None:
        raise BadValue(
            f"'{path.name}' holds outlines in pixels and does not say of how large a picture. "
            "Give the scan with --image."
        )
    check_size(where)
    try:
        drawn = _drawn(collection["features"], where.shape[1:])
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        if isinstance(error, BadValue):
            raise
        raise UnreadableFile(
            f"'{path.name}' is no GeoJSON of outlines: {error!r}. Export it again."
        ) from error
    times = collection[KEY].get("times", 1) if record else 1
    return masked(drawn, where, record, times=times)


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Write a collection of features, whole or not at all. Raises UnwritableFile."""
    del image  # pixels are counted, so that the picture itself adds nothing
    features = [_feature(mask, about, piece) for about, piece in pieces(mask)]
    record = {**json.loads(told(mask)), "times": mask.times}
    collection = {"type": "FeatureCollection", KEY: record, "features": features}
    write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n", path)


def _feature(mask: Mask, about: Object, piece: Piece) -> dict[str, Any]:
    polygons = [
        [_closed(ring) for ring in (outer, *holes)]
        for outer, holes in parts(piece.inside, low=piece.low)
    ]
    geometry: dict[str, Any] = {
        "type": "Polygon" if len(polygons) == 1 else "MultiPolygon",
        "coordinates": polygons[0] if len(polygons) == 1 else polygons,
    }
    if piece.slice or piece.time:
        geometry["plane"] = {"c": -1, "z": piece.slice, "t": piece.time}
    properties: dict[str, Any] = {"objectType": "annotation", "metadata": {"object": about.id}}
    if about.name:
        properties["name"] = about.name
    if about.label:
        colour = mask.schema[about.label].colour
        properties["classification"] = {"name": about.label, "color": list(colour)}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _closed(ring: Ring) -> list[list[int | float]]:
    """The points of a ring, the first one again at its end; whole numbers as such."""
    points = [[int(n) if n == int(n) else n for n in point] for point in ring.tolist()]
    return [*points, points[0]]


def _json(path: Path) -> Mapping[str, Any]:
    held = opened(path, what="GeoJSON")
    if isinstance(held, list):  # QuPath's older exports
        return {"features": held}
    if isinstance(held, dict) and held.get("type") == "Feature":
        return {"features": [held]}
    if isinstance(held, dict) and isinstance(held.get("features"), list):
        return held
    raise UnreadableFile(
        f"'{path.name}' has no features, so it is no GeoJSON of outlines. Export it again."
    )


def _drawn(features: Iterable[Mapping[str, Any]], shape: Sequence[int]) -> dict[int, Drawn]:
    """What is drawn of each object, by its id."""
    found: dict[int, Drawn] = {}
    every = list(features)
    named = [_number(each) for each in every]
    free = max([0, *(number for number in named if number)]) + 1
    for place, (feature, own) in enumerate(zip(every, named, strict=True), start=1):
        number = own or free
        free += own is None
        each = found.setdefault(number, _described(feature.get("properties") or {}))
        geometry = feature["geometry"]
        plane = geometry.get("plane") or {}
        for rings in _polygons(geometry, place):
            block, inside = enclosed(rings, (shape[0], shape[1]), whose=f"the feature {place}")
            time, number_of_slice = int(plane.get("t", 0)), int(plane.get("z", 0))
            each.pieces.append(Piece(time, number_of_slice, block, inside))
    return found


def _number(feature: Mapping[str, Any]) -> int | None:
    told_of = (feature.get("properties") or {}).get("metadata") or {}
    text = str(told_of.get("object"))
    return int(text) if text.isdecimal() and 0 < int(text) <= 65535 else None


def _described(properties: Mapping[str, Any]) -> Drawn:
    told_of = properties.get("classification") or {}
    levels = told_of.get("color") or properties.get("color")
    packed = told_of.get("colorRGB")
    colour: Colour | None = None
    if isinstance(packed, int):  # QuPath before 0.4: alpha, red, green, blue in one number
        colour = packed >> 16 & 255, packed >> 8 & 255, packed & 255
    elif levels:
        colour = int(levels[0]) & 255, int(levels[1]) & 255, int(levels[2]) & 255
    return Drawn(str(told_of.get("name") or ""), str(properties.get("name") or ""), colour)


def _polygons(geometry: Mapping[str, Any], place: int) -> list[list[Ring]]:
    kind, held = geometry["type"], geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise BadValue(
            f"The feature {place} is a {kind}, which encloses nothing. Leave it out, or draw it "
            "as a Polygon."
        )
    polygons = [held] if kind == "Polygon" else held or []
    return [[_ring(ring) for ring in rings] for rings in polygons if rings]


def _ring(told_of: Sequence[Sequence[float]]) -> Ring:
    points = np.array([point[:2] for point in told_of], float).reshape(-1, 2)
    twice = len(points) > 1 and (points[0] == points[-1]).all()
    return points[:-1] if twice else points
