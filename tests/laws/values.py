"""Values for laws: any grid, any mask, any prompt. Used by tests of every stage."""

from itertools import permutations, product

import numpy as np
from hypothesis import strategies as some

from limner.grid import Grid, vector
from limner.mask import Mask, Object

MM = some.floats(-500, 500)
SPACING = some.floats(0.05, 10)
SIZES = some.tuples(*[some.integers(1, 9)] * 3)

# The ways to lay three axes along those of the patient: 6 orders times 8 signs.
ORIENTATIONS = tuple(
    np.eye(3)[list(order)] * np.array(signs)[:, None]
    for order in permutations(range(3))
    for signs in product((-1, 1), repeat=3)
)


@some.composite
def turns(draw):
    """Three unit vectors at right angles: one of the 48 orientations, or an oblique one."""
    axes = ORIENTATIONS[draw(some.integers(0, 47))]
    if draw(some.booleans()):
        return axes
    rng = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    oblique, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return axes @ oblique


@some.composite
def grids(draw, *, sheared=None, scale="patient"):
    """Any grid of at most 9 voxels an axis; sheared as by a gantry tilt, or not, or either."""
    steps = np.diag([draw(SPACING) for _ in range(3)]) @ draw(turns())
    if sheared or (sheared is None and draw(some.booleans())):
        tilt = draw(some.floats(0.05, 0.6)) * draw(some.sampled_from((-1, 1)))
        length = np.linalg.norm(steps[0])
        steps[0] += tilt * length * steps[1] / np.linalg.norm(steps[1])
    origin = draw(some.tuples(MM, MM, MM))
    return Grid(draw(SIZES), origin, tuple(map(vector, steps)), scale=scale)


@some.composite
def masks(draw, *, overlapping=True, grid=None):
    """Any mask of up to four objects with classes."""
    where = draw(grids()) if grid is None else grid
    rng = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    mask = Mask(where)
    taken = np.zeros(where.shape, bool)
    for number in range(1, 1 + draw(some.integers(0, 4))):
        inside = rng.random(where.shape) < 0.4
        if not overlapping:
            inside &= ~taken
        taken |= inside
        label = draw(some.sampled_from(["", "liver", "Läsion", "kidney, left"]))
        mask = mask.with_object(inside, Object(number, label, name=f"object {number}"))
    return mask
