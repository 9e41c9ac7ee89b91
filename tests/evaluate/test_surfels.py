"""The derived surface elements against the published table, and against a sphere."""

import numpy as np
import pytest

from limner.evaluate.surfels import areas_mm2, lengths_mm

SPACINGS = [(1.0, 1.0, 1.0), (5.0, 0.5, 0.4), (0.7, 2.0, 3.1)]


def theirs(code, bits):
    """surface-distance numbers the corners from the other end."""
    return sum(1 << (bits - 1 - bit) for bit in range(bits) if code >> bit & 1)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_code_has_the_published_area(spacing):
    tables = pytest.importorskip("surface_distance.lookup_tables")
    table = tables.create_table_neighbour_code_to_surface_area(spacing)
    ours = areas_mm2(spacing)
    assert ours == pytest.approx([table[theirs(code, 8)] for code in range(256)], abs=1e-12)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_flat_code_has_the_published_length(spacing):
    tables = pytest.importorskip("surface_distance.lookup_tables")
    table = tables.create_table_neighbour_code_to_contour_length(spacing[:2])
    ours = lengths_mm(spacing[:2])
    assert ours == pytest.approx([table[theirs(code, 4)] for code in range(16)], abs=1e-12)


def test_a_face_has_the_area_of_two_sides_and_a_corner_that_of_a_triangle():
    areas = areas_mm2((2.0, 3.0, 5.0))
    assert areas[0b00001111] == pytest.approx(3.0 * 5.0)  # four corners with i = 0 are inside
    sides = np.array([2.0, 3.0, 5.0]) / 2
    triangle = np.linalg.norm(np.cross([-sides[0], sides[1], 0], [-sides[0], 0, sides[2]])) / 2
    assert areas[0b00000001] == pytest.approx(triangle)
    assert areas[0] == areas[255] == 0


def test_inside_and_outside_have_one_surface():
    areas = areas_mm2((1.0, 2.0, 3.0))
    assert areas == pytest.approx(areas[::-1])
