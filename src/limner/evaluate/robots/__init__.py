"""Simulated people: what somebody would click, draw or box to get a known target.

Everything is in index space, (rows, columns) with pixel centres at integers, on one plane,
and drawn from a numpy Generator, so that a run repeats. Boxes have their corners on pixel
faces. `next_click` is the fixed click of the evaluation and uses no chance.
"""

from limner.evaluate.robots.clicks import (
    Correction,
    click_in,
    correction,
    deepest,
    jittered_click,
    next_click,
    random_click,
    rim_click,
)
from limner.evaluate.robots.extent import largest_island, tight_box
from limner.evaluate.robots.extremes import Extremes, extremes
from limner.evaluate.robots.human import human_scribble
from limner.evaluate.robots.regions import box, hand_box, lasso, wrong_mask
from limner.evaluate.robots.strokes import stroke

__all__ = [
    "Correction",
    "Extremes",
    "box",
    "click_in",
    "correction",
    "deepest",
    "extremes",
    "hand_box",
    "human_scribble",
    "jittered_click",
    "largest_island",
    "lasso",
    "next_click",
    "random_click",
    "rim_click",
    "stroke",
    "tight_box",
    "wrong_mask",
]
