"""Frames of a SEG put on top of each other: as few layers as their overlaps allow.

Frames come in any order. Each is put into the first layer that is free where it lies, and who
meets whom is noted; where a segment came to lie in several layers, all are dealt out again at
the end, one layer for each.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.grid import Shape
from limner.mask import Soft

Flags = NDArray[np.bool_]


@dataclass(eq=False)
class Stack:
    """The layers while they are filled.

    held       (slices, rows, columns) of segment numbers
    met        segments that share a voxel, both ways
    seen       segment numbers that occur
    homes      segment to the layers that it lies in
    """

    shape: Shape
    kind: np.dtype[Any]
    held: list[NDArray[Any]] = field(default_factory=list)
    met: dict[int, set[int]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    homes: dict[int, set[int]] = field(default_factory=dict)
    likely: dict[int, list[tuple[int, int, int, NDArray[np.uint8]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, shape: Shape, most: int) -> "Stack":
        """An empty one for segment numbers up to `most`."""
        return cls(shape, np.min_scalar_type(max(1, most)))

    def put_flags(self, flags: Flags, slices: tuple[int, ...], *, segment: int) -> None:
        """One frame of a segment: flat flags, into each of the slices."""
        filled = _span(flags)
        if filled is None:
            return
        low, high = filled
        inside = flags[low:high]
        for place in slices:
            self._put(inside, place, low, segment=segment)

    def _put(self, inside: Flags, place: int, low: int, *, segment: int) -> None:
        home, high = -1, low + len(inside)
        for k, layer in enumerate(self.held):
            there = layer[place].reshape(-1)[low:high][inside]
            others = set(np.unique(there[there > 0]).tolist()) - {segment} if there.any() else set()
            for other in others:
                self.met.setdefault(other, set()).add(segment)
                self.met.setdefault(segment, set()).add(other)
            if home < 0 and not others:
                home = k
        if home < 0:
            home = len(self.held)
            self.held.append(np.zeros(self.shape, self.kind))
        self.held[home][place].reshape(-1)[low:high][inside] = segment
        self.seen.add(segment)
        self.homes.setdefault(segment, set()).add(home)

    def put_labels(self, labels: NDArray[Any], slices: tuple[int, ...]) -> None:
        """One frame of a label map, 0 outside every segment."""
        if not self.held:
            self.held.append(np.zeros(self.shape, self.kind))
        most = int(labels.max(initial=0))
        if most > np.iinfo(self.kind).max:
            self.kind = np.min_scalar_type(most)
            self.held[0] = self.held[0].astype(self.kind)
        occurs = np.zeros(most + 1, bool)
        occurs[labels] = True
        self.seen |= set(np.flatnonzero(occurs).tolist()) - {0}
        for place in slices:
            self.held[0][place] = labels.reshape(self.shape[1:])

    def put_levels(
        self, levels: NDArray[Any], slices: tuple[int, ...], *, segment: int, full: int
    ) -> None:
        """One frame of fractions of `full`; from one half on a voxel is inside."""
        self.put_flags(levels * 2.0 >= full, slices, segment=segment)
        plane = np.rint(np.minimum(levels / full, 1) * 255).astype(np.uint8)
        plane = plane.reshape(self.shape[1:])
        rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
        if not len(rows):
            return
        top, left = int(rows[0]), int(columns[0])
        part = plane[top : rows[-1] + 1, left : columns[-1] + 1].copy()
        for place in slices:
            self.likely.setdefault(segment, []).append((place, top, left, part))

    def layers(self) -> tuple[NDArray[Any], ...]:
        """(times, slices, rows, columns) each, a segment in one of them only."""
        if any(len(homes) > 1 for homes in self.homes.values()):
            self._deal()
        return tuple(layer[None] for layer in self.held)

    def _deal(self) -> None:
        """Give each segment one layer in which it meets nobody, and move what lies elsewhere."""
        home: dict[int, int] = {}
        for segment in sorted(self.seen):
            taken = {home[other] for other in self.met.get(segment, ()) if other in home}
            home[segment] = next(k for k in range(len(taken) + 1) if k not in taken)
        count = max(home.values()) + 1
        table = np.full(max(home) + 1, -1, np.int64)
        for segment, k in home.items():
            table[segment] = k
        while len(self.held) < count:
            self.held.append(np.zeros(self.shape, self.kind))
        for place in range(self.shape[0]):
            old = [layer[place].copy() for layer in self.held]
            for layer in self.held:
                layer[place] = 0
            for plane in old:
                goes = table[plane]
                for k in range(count):
                    mine = (goes == k) & (plane > 0)
                    self.held[k][place][mine] = plane[mine]
        del self.held[count:]

    def soft(self) -> tuple[Soft, ...]:
        """What is neither certain nor excluded; nothing for a segment that is all or nothing."""
        found = []
        for segment, parts in sorted(self.likely.items()):
            if all(np.isin(part, (0, 255)).all() for _, _, _, part in parts):
                continue
            low = (
                min(place for place, _, _, _ in parts),
                min(top for _, top, _, _ in parts),
                min(left for _, _, left, _ in parts),
            )
            high = (
                max(place for place, _, _, _ in parts) + 1,
                max(top + part.shape[0] for _, top, _, part in parts),
                max(left + part.shape[1] for _, _, left, part in parts),
            )
            block = np.zeros([b - a for a, b in zip(low, high, strict=True)], np.uint8)
            for place, top, left, part in parts:
                y, x = top - low[1], left - low[2]
                block[place - low[0], y : y + part.shape[0], x : x + part.shape[1]] = part
            found.append(Soft(segment, low, block))
        return tuple(found)


def _span(flags: Flags) -> tuple[int, int] | None:
    """The first flag that is set and the place behind the last; None where none is."""
    words = flags[: len(flags) // 8 * 8].view(np.uint64) != 0
    tail = flags[len(words) * 8 :]
    if words.any():
        low = int(words.argmax()) * 8
        return low, len(flags) if tail.any() else (len(words) - int(words[::-1].argmax())) * 8
    return (len(words) * 8, len(flags)) if tail.any() else None
