"""Simulated people: what somebody would click, draw or box to get a known target.

Everything is in index space, (rows, columns) with pixel centres at integers, on one plane,
and drawn from a numpy Generator, so that a run repeats. Boxes have their corners on pixel
faces. `next_click` is the fixed click of the evaluation and uses no chance.
"""

from limner.evaluate.robots.clicks import Correction, click_in, correction, deepest, next_click
from limner.evaluate.robots.extent import largest_island, tight_box
from limner.evaluate.robots.human import human_scribble
from limner.evaluate.robots.regions import box, lasso, wrong_mask
from limner.evaluate.robots.strokes import stroke

__all__ = [
    "Correction",
    "box",
    "click_in",
    "correction",
    "deepest",
    "human_scribble",
    "largest_island",
    "lasso",
    "next_click",
    "stroke",
    "tight_box",
    "wrong_mask",
]
