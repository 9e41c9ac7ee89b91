"""Scribbles as prompts: those of real people, and two along the middle of something thin.

Source   the people: MedScribble, Wong et al., ScribblePrompt, ECCV 2024, arXiv:2312.07381;
         three people drew on each picture, inside and outside of its label.
Differs  a drawing's pixels become strokes with the width of their pen, as our prompts are; every
         person's first set is one call, and the target is the whole label that they drew on.
         The two scribbles are simulated: one along the longest way through the target's
         largest part, one through the largest part of the larger kind of error.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.protocols.objects import Entry, Subject
from limner.evaluate.protocols.pen import middle_line, stroke, strokes
from limner.evaluate.protocols.prompted import Outcome, Person, asked
from limner.grid import Grid
from limner.predict import Encoded, Predictor
from limner.prompt import Prompt
from limner.read import open_image

Bools = NDArray[np.bool_]

PEOPLE = 3
INSIDE, OUTSIDE = 1, 2  # in a drawing
PEN = 1.0  # pixels, of the two scribbles


def wholes(data: Path, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The whole labels of the entries' pictures that people drew on, each once."""
    found: dict[str, Entry] = {}
    for each in entries:
        if _drawings(data / each.role / each.set, each):
            whole = replace(each, component=None, area=None)
            found.setdefault(whole.key, whole)
    return tuple(found.values())


def human_scribbles(predictor: Predictor, encoded: Encoded, subject: Subject) -> Outcome:
    """One call with each person's scribbles: Dice after each, in the order of the people."""
    alone = [
        asked(
            predictor, encoded, subject.target, person=_saying(told_by(file, encoded.grid)), most=1
        )
        for file in _drawings(subject.folder, subject.entry)
    ]
    return Outcome.together(alone)


def two_scribbles(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """Two calls, each with one more scribble a pixel wide."""

    def says(answer: Bools, _: int) -> tuple[Prompt, ...]:
        missed, extra = target & ~answer, answer & ~target
        inside = bool(missed.sum() >= extra.sum())
        wrong = missed if inside else extra
        if not wrong.any():
            return ()
        return (stroke(encoded.grid, middle_line(wrong), width=PEN, inside=inside),)

    return asked(predictor, encoded, target, person=says, most=2)


def told_by(file: Path, grid: Grid) -> tuple[Prompt, ...]:
    """What one drawing says on a one-slice grid. What is inside comes first."""
    drawn = open_image(file).slice(0)[..., 0]
    return (
        *strokes(np.asarray(drawn == INSIDE), grid, inside=True),
        *strokes(np.asarray(drawn == OUTSIDE), grid, inside=False),
    )


def _saying(said: tuple[Prompt, ...]) -> Person:
    return lambda _, __: said


def _drawings(folder: Path, entry: Entry) -> tuple[Path, ...]:
    """The drawings on an entry's picture, in the order of the people."""
    stem = Path(entry.image).stem
    files = (folder / "scribbles" / f"{stem}_a{person}.png" for person in range(PEOPLE))
    return tuple(file for file in files if file.is_file())
