"""PNG label maps, ours and other people's."""

import numpy as np
import pytest
from PIL import Image as Picture

from limner.errors import BadValue, UnreadableFile
from limner.formats.png import read, write
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.schema import Label, Schema
from tests.read.files import bomb

FLAT = Grid.picture(3, 4)
MAP = np.array([[0, 1, 1, 0], [2, 2, 0, 0], [0, 0, 0, 5]], np.uint8)


def test_a_palette_in_the_colours_of_the_classes(tmp_path):
    schema = Schema((Label(1, "a", colour=(9, 8, 7)), Label(2, "b"), Label(5, "c")))
    write(Mask.from_labels(MAP[None], FLAT, schema=schema), tmp_path / "m.png")
    with Picture.open(tmp_path / "m.png") as theirs:
        assert theirs.mode == "P"
        assert np.array_equal(np.asarray(theirs), MAP)
        colours = np.asarray(theirs.convert("RGB"))
    assert colours[0, 1].tolist() == [9, 8, 7]
    assert colours[0, 0].tolist() == [0, 0, 0]


def test_more_than_255_objects_are_sixteen_bits(tmp_path):
    wide = MAP.astype(np.uint16) * 100
    write(Mask.from_labels(wide[None], FLAT), tmp_path / "m.png")
    with Picture.open(tmp_path / "m.png") as theirs:
        assert np.array_equal(np.asarray(theirs), wide)
    assert np.array_equal(read(tmp_path / "m.png").label_map()[0], wide)


def test_the_grid_of_a_scan_slice_comes_back(tmp_path):
    grid = Grid((1, 3, 4), (1.5, 2, 3), ((0, 0, 5), (0, 0.7, 0), (0.7, 0, 0)), frame="1.2")
    mask = Mask.from_labels(MAP[None], grid)
    write(mask, tmp_path / "m.png")
    assert read(tmp_path / "m.png") == mask


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_black_and_white_is_one_object(tmp_path, mode):
    Picture.fromarray((MAP > 0).astype(np.uint8) * 255).convert(mode).save(tmp_path / "m.png")
    mask = read(tmp_path / "m.png")
    assert mask.ids == (1,)
    assert np.array_equal(mask.where(1)[0], MAP > 0)


def test_foreign_values_are_labels(tmp_path):
    Picture.fromarray(MAP).save(tmp_path / "m.png")
    scan = Grid((1, 3, 4), (7, 8, 9))
    mask = read(tmp_path / "m.png", grid=scan)
    assert mask.ids == (1, 2, 5)
    assert mask.grid == scan
    assert read(tmp_path / "m.png", grid=Grid((1, 9, 9))).grid == FLAT


def test_what_is_refused(tmp_path):
    colours = np.random.default_rng(0).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    Picture.fromarray(colours).save(tmp_path / "colour.png")
    with pytest.raises(BadValue, match="colour picture, not a label map"):
        read(tmp_path / "colour.png")
    with pytest.raises(UnreadableFile, match="At most 512 million"):
        read(bomb(tmp_path / "bomb.png", 90_000))
    volume = Grid((2, 3, 4))
    with pytest.raises(BadValue, match=r"2 slices and 1 frames. Give a name that ends in .nii.gz"):
        write(Mask.of(np.ones((2, 3, 4)), volume), tmp_path / "m.png")
    with pytest.raises(BadValue, match="ids to 65535"):
        big = Mask(
            FLAT, (MAP[None].astype(np.uint32) * 20000,), tuple(map(Object, (20000, 40000, 100000)))
        )
        write(big, tmp_path / "m.png")
