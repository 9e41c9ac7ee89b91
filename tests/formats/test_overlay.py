"""Overlays: what is drawn where, by colours at places worked out by hand."""

import numpy as np
import pytest
from PIL import Image as Picture

from limner.errors import BadValue, GeometryMismatch
from limner.formats.overlay import View, picture, shown_slices, write
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.lasso import Lasso
from limner.prompt.stroke import Stroke
from limner.schema import Label, Schema

RED = Schema((Label(1, "spot", colour=(255, 0, 0)),))


def spot() -> tuple[Image, Mask]:
    """40 x 40 grey pixels with a square from (10, 10) to (29, 29): sixteen times as large."""
    image = Image.of(np.full((40, 40), 128, np.uint8))
    inside = np.zeros((1, 40, 40), np.uint8)
    inside[:, 10:30, 10:30] = 1
    return image, Mask(image.grid, (inside,), (Object(1, "spot"),), schema=RED)


def test_an_outline_lies_on_the_edge_and_tints_the_inside():
    image, mask = spot()
    drawn = picture(mask, image)
    assert drawn.shape[1] == 640
    assert drawn.shape[0] > 640  # the legend
    assert drawn[80, 80].tolist() == [128, 128, 128]
    assert drawn[320, 160].tolist() == [255, 0, 0]  # column 9.5 of 40 is at 160
    assert drawn[320, 479].tolist() == [255, 0, 0]
    middle = drawn[320, 320]
    assert middle[0] == pytest.approx(128 + 0.2 * (255 - 128), abs=1)
    assert middle[1] == pytest.approx(128 * 0.8, abs=1)


def test_an_object_at_the_rim_has_its_edge_inside_the_picture():
    image, _ = spot()
    drawn = picture(Mask.of(np.ones((1, 40, 40)), image.grid), image)
    assert drawn[320, 0, 0] > 200
    assert drawn[0, 320, 0] > 200


def test_a_single_pixel_is_not_lost():
    image = Image.of(np.zeros((1, 2400, 2400), np.uint8))
    inside = np.zeros((1, 2400, 2400), bool)
    inside[0, 1200, 1200] = True
    drawn = picture(Mask.of(inside, image.grid), image)
    assert drawn.shape[1] == 1600
    assert drawn[795:806, 795:806].max() > 100


def test_prompts_are_drawn_in_their_places():
    image, mask = spot()

    def at(row, column):
        return tuple(image.grid.position_mm((0, row, column)))

    plain = picture(mask, image)
    prompts = [
        Click(at(20, 20)),
        Click(at(5, 5), inside=False),
        Stroke((at(25, 12), at(25, 25))),
        Box.between(image.grid, (0, 8, 8), (0, 31, 31)),
        Lasso((at(2, 30), at(2, 38), at(8, 38))),
    ]
    drawn = picture(mask, image, prompts=prompts).astype(int)
    changed = np.abs(drawn - plain).sum(axis=2) > 60
    assert drawn[328 - 5, 328 - 5, 1] > 180  # row 20 is at 20.5 x 16; green beside the plus
    assert drawn[88 - 5, 88, 0] > 200  # the red one's upper half
    assert drawn[408, 300, 1] > 150
    assert changed[128, 130:500].mean() > 0.9  # the box's face is at 8 x 16
    assert changed[40, 500:600].mean() > 0.9
    assert not changed[600:640, 600:640].any()


def test_prompts_on_another_slice_are_not_drawn():
    grid = Grid((3, 40, 40))
    image = Image.of(np.full(grid.shape, 50, np.uint8), grid)
    mask = Mask.of(np.ones(grid.shape), grid, slices=(1,))
    away = Click(tuple(grid.position_mm((0, 20, 20))))
    here = Click(tuple(grid.position_mm((1, 20, 20))))
    plain = picture(mask, image)
    assert np.array_equal(picture(mask, image, prompts=[away]), plain)
    assert not np.array_equal(picture(mask, image, prompts=[here]), plain)


def test_answered_slices_are_shown_else_the_fullest():
    grid = Grid((9, 4, 4))
    inside = np.zeros(grid.shape, bool)
    inside[2, :2], inside[5] = True, True
    assert shown_slices(Mask.of(inside, grid)) == [5]
    assert shown_slices(Mask.of(inside, grid, slices=(2, 5))) == [2, 5]
    assert shown_slices(Mask.of(inside, grid, slices=tuple(range(9)))) == [0, 2, 3, 5, 6, 8]
    assert shown_slices(Mask(grid)) == [4]


# What is stored is (rows, columns) with these LPS steps; on screen, the patient's left is on the
# right, and the back (axial), or the feet (coronal, sagittal), are at the bottom.
@pytest.mark.parametrize(
    "rows, columns, screen, letters",
    [
        ((0, 1, 0), (1, 0, 0), [[1, 2], [3, 4]], ("R", "L", "A", "P")),  # DICOM, axial
        ((0, -1, 0), (-1, 0, 0), [[4, 3], [2, 1]], ("R", "L", "A", "P")),  # NIfTI, axial
        ((1, 0, 0), (0, 1, 0), [[1, 3], [2, 4]], ("R", "L", "A", "P")),
        ((0, 0, 1), (1, 0, 0), [[3, 4], [1, 2]], ("R", "L", "H", "F")),  # coronal, head down
        ((0, 0, -1), (0, 1, 0), [[1, 2], [3, 4]], ("A", "P", "H", "F")),  # sagittal, DICOM
        ((0, 1, 0), (0, 0, -1), [[1, 3], [2, 4]], ("A", "P", "H", "F")),
    ],
)
def test_slices_hang_as_radiologists_hang_them(rows, columns, screen, letters):
    across = tuple(np.cross(rows, columns).tolist())
    grid = Grid((1, 2, 2), (5, 6, 7), (across, rows, columns))
    image = Image.of(np.array([[[1, 2], [3, 4]]], np.uint8), grid)
    view = View.of(image, 0)
    assert view.turned(image.slice(0)[..., 0]).tolist() == screen
    assert view.letters == letters
    for row, column in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        x, y = view.on_screen([grid.position_mm((0, row, column))])[0]
        shown = screen[int(y / view.scale[0])][int(x / view.scale[1])]
        assert shown == image.slice(0)[row, column, 0]


def test_a_picture_without_a_patient_is_shown_as_it_is():
    image = Image.of(np.array([[1, 2], [3, 4]], np.uint8))
    view = View.of(image, 0)
    assert view.turned(image.slice(0)[..., 0]).tolist() == [[1, 2], [3, 4]]
    assert view.letters == ("", "", "", "")


def test_pixels_that_are_not_square_are_made_so():
    grid = Grid((1, 20, 100), steps_mm=((0, 0, 1), (0, 5, 0), (1, 0, 0)))
    image = Image.of(np.zeros(grid.shape, np.uint8), grid)
    drawn = picture(Mask(grid), image)
    assert drawn.shape == (700, 700, 3)


def test_files_and_refusals(tmp_path):
    image, mask = spot()
    for name, kind in [("a.png", "PNG"), ("a.overlay.jpg", "JPEG")]:
        write(mask, tmp_path / name, image=image)
        with Picture.open(tmp_path / name) as made:
            assert made.format == kind
    with pytest.raises(BadValue, match="Give the image too"):
        write(mask, tmp_path / "a.png")
    with pytest.raises(BadValue, match=r"end in \.png or \.jpg"):
        write(mask, tmp_path / "a.gif", image=image)
    with pytest.raises(GeometryMismatch):
        picture(Mask(Grid.picture(4, 4)), image)


def test_many_objects_have_a_legend_that_ends(tmp_path):
    image = Image.of(np.zeros((20, 20), np.uint8))
    layer = np.arange(400, dtype=np.uint16).reshape(1, 20, 20)
    objects = tuple(Object(n, name=f"a rather long name of nucleus {n}") for n in range(1, 400))
    drawn = picture(Mask(image.grid, (layer,), objects), image)
    assert 640 < drawn.shape[0] < 1300
