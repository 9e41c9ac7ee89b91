"""Star-convex objects as numbers: how far it is from a pixel to its object's outline, and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["RAYS", "outlined", "ray_lengths"]

RAYS = 16
FAR = 48  # pixels; no ray is followed further

Ids = NDArray[np.integer]
Lengths = NDArray[np.float32]


def directions(count: int = RAYS) -> NDArray[np.float64]:
    """(count, 2) unit steps in rows and columns, the first along the columns."""
    turns = 2 * np.pi * np.arange(count) / count
    return np.stack([np.sin(turns), np.cos(turns)], axis=-1)


def ray_lengths(labels: Ids, *, every: int = 1, count: int = RAYS) -> Lengths:
    """(n, count, rows / every, columns / every): pixels to the outline, 0 outside of objects.

    labels   (n, rows, columns) ids, 0 for none; a ray ends with its object or the picture
    every    only each so many-th row and column is asked for
    """
    places = labels[:, ::every, ::every]
    number, row, column = np.nonzero(places)
    own = places[number, row, column]
    lengths = np.zeros((count, len(own)), np.float32)
    edge = np.pad(labels, ((0, 0), (FAR, FAR), (FAR, FAR)))
    flat, stride = edge.ravel(), edge.shape[2]
    start = (number * edge.shape[1] + row * every + FAR) * stride + column * every + FAR
    for ray, (down, across) in enumerate(directions(count)):
        going = np.arange(len(own))
        for step in range(1, FAR):
            ahead = start[going] + round(step * down) * stride + round(step * across)
            going = going[flat[ahead] == own[going]]
            if len(going) == 0:
                break
            lengths[ray, going] = step
    found = np.zeros((len(labels), count, *places.shape[1:]), np.float32)
    found[number, :, row, column] = lengths.T + 0.5
    return found


def middleness(lengths: Lengths, labels: Ids) -> Lengths:
    """(n, rows, columns): the shortest ray over the longest such of the object; 0 outside.

    lengths, labels   of the same places: (n, rays, rows, columns) and (n, rows, columns)
    """
    least = lengths.min(axis=1)
    top = int(labels.max()) + 1
    ids = (labels + top * np.arange(len(labels))[:, None, None]).ravel()
    most = np.zeros(top * len(labels), np.float32)
    np.maximum.at(most, ids, least.ravel())
    share = least / np.maximum(most[ids].reshape(least.shape), 1e-6)
    return np.where(labels > 0, share, 0).astype(np.float32)


def outlined(
    probability: NDArray[np.floating],
    lengths: Lengths,
    *,
    threshold: float = 0.5,
    overlap: float = 0.4,
) -> NDArray[np.int32]:
    """Labels (rows, columns) from probabilities (rows, columns) and rays.

    lengths   (count, rows / every, columns / every): of each so many-th row and column

    The likeliest pixel's polygon comes first and keeps its ground. A later one is dropped where
    the share of it that is already taken is above `overlap`; pixels inside an accepted polygon
    propose no other.

    Source   greedy suppression as in Schmidt et al. (StarDist), MICCAI 2018, section 2.3.
    Differs  judged by the drawn pixels that are taken, not by the IoU of polygons.
    """
    from skimage.draw import polygon

    drawn: Any = polygon  # scikit-image has no types
    steps = directions(len(lengths))
    every = -(-probability.shape[0] // lengths.shape[1])
    labels = np.zeros(probability.shape, np.int32)
    rows, columns = np.nonzero(probability > threshold)
    order = np.argsort(-probability[rows, columns], kind="stable")
    number = 0
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if labels[row, column]:
            continue
        corners = np.array([row, column]) + steps * lengths[:, row // every, column // every, None]
        inside = drawn(corners[:, 0], corners[:, 1], labels.shape)
        if len(inside[0]) < 3:
            continue
        free = labels[inside] == 0
        if free.mean() < 1 - overlap:
            continue
        number += 1
        labels[inside[0][free], inside[1][free]] = number
    return labels
