"""The challenge's archives."""

import numpy as np
import pytest

from limner.errors import UnreadableFile
from limner.read import open_image
from limner.read.npz import read


def test_a_volume_and_its_spacing(tmp_path):
    volume = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    np.savez(tmp_path / "3D_ct.npz", imgs=volume, spacing=(0.5, 0.6, 2.0), boxes=np.zeros((1, 6)))
    image = read(tmp_path / "3D_ct.npz")
    assert np.array_equal(image.whole()[..., 0], volume)
    assert image.grid.spacing_mm == (2.0, 0.6, 0.5)  # SimpleITK counts columns first
    assert image.grid.scale == "patient"
    assert not image.grid.placed


@pytest.mark.parametrize(
    "name, spacing, shape",
    [
        ("2D_a.npz", None, (1, 4, 5, 3)),
        ("3D_a.npz", (1, 1, 1), (4, 5, 3, 1)),
        ("a.npz", None, (1, 4, 5, 3)),
        ("a.npz", (1, 1, 1), (4, 5, 3, 1)),
    ],
)
def test_three_layers_are_colours_or_columns(tmp_path, name, spacing, shape):
    held = {"imgs": np.zeros((4, 5, 3), np.uint8)}
    if spacing:
        held["spacing"] = np.array(spacing)
    np.savez(tmp_path / name, **held)
    image = read(tmp_path / name)
    assert image.whole().shape == shape
    assert bool(image.source.problems) == (name == "a.npz")


def test_a_grey_picture_has_no_size(tmp_path):
    np.savez(tmp_path / "2D_a.npz", imgs=np.zeros((4, 5), np.uint8))
    assert open_image(tmp_path / "2D_a.npz").grid.scale == "none"


def test_what_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", other=np.zeros(3))
    np.savez(tmp_path / "b.npz", imgs=np.array([{"a": 1}], dtype=object))
    np.savez(tmp_path / "c.npz", imgs=np.zeros((2, 3, 4), np.uint8), spacing=(1, 0, 1))
    np.savez(tmp_path / "d.npz", imgs=np.zeros((0, 3), np.uint8))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "e.npz").write_bytes(whole[: len(whole) // 2])
    for name, match in [
        ("a", "no 'imgs'"),
        ("b", "no array"),
        ("c", "no usable spacing"),
        ("d", "of shape"),
        ("e", "damaged"),
    ]:
        with pytest.raises(UnreadableFile, match=match):
            open_image(tmp_path / f"{name}.npz")
