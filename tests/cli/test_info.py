"""What `limner info` says of a scan."""

import json

import numpy as np
import pytest

from limner.cli._words import orientation
from limner.grid import Grid
from tests.cli.scans import limner, picture, volume

RIGHT_TO_LEFT = "columns from right to left"


def turned(degrees):
    """An axial grid turned about the left-right axis."""
    angle = np.radians(degrees)
    up = (0, -np.sin(angle), np.cos(angle))
    back = (0, np.cos(angle), np.sin(angle))
    return Grid((3, 4, 5), steps_mm=(up, back, (1, 0, 0)))


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (
            Grid((3, 4, 5)),
            f"axial; slices run from foot to head, rows from front to back, {RIGHT_TO_LEFT}",
        ),
        (
            Grid((3, 4, 5), steps_mm=((0, 0, -1), (0, 1, 0), (1, 0, 0))),
            f"axial; slices run from head to foot, rows from front to back, {RIGHT_TO_LEFT}",
        ),
        (
            Grid((1, 4, 5), steps_mm=((1, 0, 0), (0, 0, -1), (0, 1, 0))),
            "sagittal; rows run from head to foot, columns from front to back",
        ),
        (
            Grid((3, 4, 5), steps_mm=((0, 1, 0), (0, 0, -1), (1, 0, 0))),
            f"coronal; slices run from front to back, rows from head to foot, {RIGHT_TO_LEFT}",
        ),
        (Grid.picture(4, 5), "a picture: it says nothing of where it lies in a patient"),
    ],
)
def test_orientation_in_words(grid, words):
    assert orientation(grid) == words


@pytest.mark.parametrize(
    ("degrees", "said"), [(0.3, "axial;"), (4, "axial, 4.0° oblique;"), (30, "axial, 30° oblique;")]
)
def test_an_oblique_plane_says_by_how_much(degrees, said):
    assert orientation(turned(degrees)).startswith(said)


def test_a_page_for_people(tmp_path):
    told = limner("info", volume(tmp_path / "scan.nii.gz"))
    assert told.code == 0
    assert "6 slices x 20 rows x 24 columns" in told.out
    assert "2 x 2 x 2 mm" in told.out
    assert "percentiles 0.5 to 99.5" in told.out


def test_a_picture_without_a_size_says_so(tmp_path):
    told = limner("info", picture(tmp_path / "scan.png"))
    assert "pixels: the file gives no size" in told.out
    assert "0 to 255" in told.out


def test_json_holds_what_the_page_holds(tmp_path):
    told = json.loads(limner("info", volume(tmp_path / "scan.nii.gz"), "--json").out)
    assert told["grid"]["shape"] == [6, 20, 24]
    assert told["grid"]["spacing_mm"] == pytest.approx([2, 2, 2])
    assert told["source"]["format"] == "nifti"
    assert len(told["source"]["files"][0]["sha256"]) == 64


def test_a_modality_by_hand_changes_unit_and_window(tmp_path):
    scan = volume(tmp_path / "scan.nii.gz")
    told = json.loads(limner("info", scan, "--modality", "CT", "--window", "lung", "--json").out)
    assert told["unit"] == "HU"
    assert (told["source"]["window"]["low"], told["source"]["window"]["high"]) == (-1350, 150)
