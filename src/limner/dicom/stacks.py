"""The frames of one series fall into stacks: what can lie on one lattice, and nothing else.

A series UID promises little: a localiser in three planes, several echoes, a spine in
angled blocks, two scans a hand apart are all found under one. Each becomes a stack of its
own that can be chosen by its number, and the reason is kept as a sentence.
"""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from limner.dicom.frames import Frame
from limner.dicom.layout import FILLED_MOST, along_normal, gaps_mm
from limner.dicom.problems import Problem

ALIKE = 1e-3  # cosines that differ by less are one direction written with few digits
# What tells apart frames at one place that show different things, not different times.
CONTRASTS = (
    "StackID",
    "ImageType",
    "FrameType",
    "EchoTime",
    "EffectiveEchoTime",
    "EchoNumbers",
    "ComplexImageComponent",
)


@dataclass(frozen=True)
class Stack:
    """Frames that belong on one lattice, and why they stand apart from others."""

    frames: list[Frame]
    problems: tuple[Problem, ...] = ()

    @property
    def localiser(self) -> bool:
        """Whether the scanner called it a localiser or scout (PS3.3 C.8.2.1.1.1)."""
        kind = str(self.frames[0].marks.get("ImageType", ""))
        kind += str(self.frames[0].marks.get("FrameType", ""))
        return "LOCALIZER" in kind.upper()


def stacks(found: list[Frame], content: Callable[[Frame], bytes]) -> list[Stack]:
    """The stacks of one series, those with most frames first.

    content   the stored samples of a frame, asked for only where two lie at one place
    """
    unique, said = _without_copies(found)
    parts = [unique]
    for kind, name, key in (
        ("mixed sizes", "sizes", lambda f: f.size),
        ("mixed kinds", "kinds of image", _localising),
        ("mixed spacings", "pixel spacings", _spacing),
        ("mixed orientations", "orientations", None),
    ):
        split = [each for part in parts for each in _split(part, key)]
        if len(split) > len(parts):
            told = f"The series holds images of {len(split)} {name}; each is listed apart."
            said.append(Problem(kind, told))
        parts = split
    answer = []
    for part in parts:
        for frames, more in _by_content(part, content):
            answer.append(Stack(frames, (*said, *more)))
    return sorted(answer, key=lambda stack: -len(stack.frames))


def _without_copies(found: list[Frame]) -> tuple[list[Frame], list[Problem]]:
    """One frame for each UID and number: the same file twice is told and forgotten."""
    unique: dict[Hashable, Frame] = {}
    for frame in found:
        unique.setdefault((frame.uid, frame.number) if frame.uid else frame, frame)
    copies = len(found) - len(unique)
    said = f"{_images(copies)} there twice, with the same UID; one of each is used."
    return list(unique.values()), [Problem("duplicates", said, copies)] if copies else []


def _localising(frame: Frame) -> Hashable:
    return "LOCALIZER" in str(frame.marks.get("ImageType", "")).upper()


def _spacing(frame: Frame) -> Hashable:
    return frame.spacing and tuple(float(f"{each:.4g}") for each in frame.spacing)


def _split(part: list[Frame], key: Callable[[Frame], Hashable] | None) -> list[list[Frame]]:
    groups: dict[Hashable, list[Frame]] = {}
    if key is None:
        return _by_orientation(part)
    for frame in part:
        groups.setdefault(key(frame), []).append(frame)
    return list(groups.values())


def _by_mark(part: list[Frame], keyword: str) -> list[list[Frame]]:
    return _split(part, lambda frame: frame.marks.get(keyword))


def _by_orientation(part: list[Frame]) -> list[list[Frame]]:
    """Frames in one direction each; those without a place are a group, or single files."""
    groups: list[tuple[np.ndarray, list[Frame]]] = []
    nowhere: dict[int, list[Frame]] = {}
    for frame in part:
        if frame.orientation is None or frame.position is None:
            nowhere.setdefault(frame.file, []).append(frame)
            continue
        own = np.array(frame.orientation)
        for directions, members in groups:
            if np.abs(own - directions).max() <= ALIKE:
                members.append(frame)
                break
        else:
            groups.append((own, [frame]))
    return [members for _, members in groups] + list(nowhere.values())


def _by_content(
    part: list[Frame], content: Callable[[Frame], bytes]
) -> list[tuple[list[Frame], list[Problem]]]:
    """A part cut where one place holds different contrasts, and at wide gaps."""
    if part[0].position is None or part[0].orientation is None:
        return [(part, [])]
    rows = along_normal(part)
    said: list[Problem] = []
    if max(len(row) for row in rows) > 1:
        rows, said = _without_twins(rows, content)
    most = max(len(row) for row in rows)
    if most > 1:
        every = [frame for row in rows for frame in row]
        for key in (*CONTRASTS, "AcquisitionNumber"):
            groups = _by_mark(every, key)
            each = [max(len(row) for row in along_normal(group)) for group in groups]
            counts = {len(row) for row in rows}
            # Scans that overlap at their ends are apart; phases at every place are times.
            overlapping = key == "AcquisitionNumber" and len(counts) > 1 and max(each) == 1
            if len(groups) > 1 and max(each) < most and (key in CONTRASTS or overlapping):
                told = f"The images differ in {key} ({len(groups)} values); each is listed apart."
                return [
                    (frames, [*said, Problem("mixed contrasts", told), *more])
                    for group in groups
                    for frames, more in _by_content(group, content)
                ]
    return [(frames, [*said, *told]) for frames, told in _at_gaps(rows)]


def _without_twins(
    rows: list[list[Frame]], content: Callable[[Frame], bytes]
) -> tuple[list[list[Frame]], list[Problem]]:
    """One frame of those at a place whose samples are the same, bit for bit."""
    kept, copies = [], 0
    for row in rows:
        seen: dict[bytes, Frame] = {}
        if len(row) > 1:
            for frame in row:
                seen.setdefault(hashlib.sha256(content(frame)).digest(), frame)
        kept.append(list(seen.values()) or row)
        copies += len(row) - len(kept[-1])
    # Copies at every place are phases of a still phantom, or empty; only a few are mistakes.
    if copies and {len(row) for row in kept} == {1}:
        told = f"{_images(copies)} there twice, with the same samples; one of each is used."
        return kept, [Problem("duplicates", told, copies)]
    return rows, []


def _at_gaps(rows: list[list[Frame]]) -> list[tuple[list[Frame], list[Problem]]]:
    gaps = gaps_mm(rows)
    every = [frame for row in rows for frame in row]
    if len(gaps) < 2:
        return [(every, [])]
    step = float(np.median(gaps))
    wide = [k for k, gap in enumerate(gaps) if gap > (FILLED_MOST + 1.5) * step]
    if not wide:
        return [(every, [])]
    ends = [0, *(k + 1 for k in wide), len(rows)]
    widest = max(gaps[k] for k in wide)
    told = (
        f"The slices are {step:.2f} mm apart but leave a gap of {widest:.2f} mm; what lies on "
        "either side is listed apart."
    )
    return [
        ([frame for row in rows[low:high] for frame in row], [Problem("gap", told)])
        for low, high in pairwise(ends)
    ]


def _images(count: int) -> str:
    return f"{count} {'image is' if count == 1 else 'images are'}"
