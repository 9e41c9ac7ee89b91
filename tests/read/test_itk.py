"""NRRD and MetaImage."""

import numpy as np
import pytest

from limner.errors import UnreadableFile
from limner.read import open_image
from limner.read.itk import read

itk = pytest.importorskip("SimpleITK")

SAMPLES = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
BYTES = SAMPLES.tobytes()


def nrrd(path, *, steps="(1,0,0) (0,2,0) (0,0,3)", space="left-posterior-superior", rest=""):
    text = (
        f"NRRD0004\ntype: short\ndimension: 3\nspace: {space}\nsizes: 4 3 2\n"
        f"space directions: {steps}\nencoding: raw\nendian: little\nspace origin: (1,2,3)\n{rest}\n"
    )
    path.write_bytes(text.encode() + SAMPLES.tobytes())
    return path


def meta(path, *, spacing="1 2 3", matrix="1 0 0 0 1 0 0 0 1", samples=BYTES):
    text = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"CompressedData = False\nTransformMatrix = {matrix}\nOffset = 1 2 3\n"
        f"ElementSpacing = {spacing}\nDimSize = 4 3 2\nElementType = MET_SHORT\n"
        "ElementDataFile = LOCAL\n"
    )
    path.write_bytes(text.encode() + samples)
    return path


@pytest.mark.parametrize("make, name", [(nrrd, "a.nrrd"), (meta, "a.mha")])
def test_samples_and_places(tmp_path, make, name):
    image = read(make(tmp_path / name))
    assert image.pixels.dtype == np.int16
    assert np.array_equal(image.whole()[..., 0], SAMPLES)
    assert image.grid.origin_mm == (1, 2, 3)
    assert image.grid.steps_mm == ((0, 0, 3), (0, 2, 0), (1, 0, 0))
    assert image.grid.placed


def test_ras_becomes_lps(tmp_path):
    grid = read(nrrd(tmp_path / "a.nrrd", space="right-anterior-superior")).grid
    assert grid.origin_mm == (-1, -2, 3)
    assert grid.steps_mm == ((0, 0, 3), (0, -2, 0), (-1, 0, 0))


def test_sheared_axes_come_through(tmp_path):
    grid = read(nrrd(tmp_path / "a.nrrd", steps="(1,0,0) (0,2,0) (0,1,3)")).grid
    assert grid.sheared
    assert np.allclose(grid.steps_mm, ((0, 1, 3), (0, 2, 0), (1, 0, 0)), atol=1e-12)
    grid = read(meta(tmp_path / "a.mha", matrix="1 0 0 0 1 0 0 0.6 0.8")).grid
    assert np.allclose(grid.steps_mm[0], (0, 1.8, 2.4), atol=1e-12)


def test_oblique_places_are_those_of_itk(tmp_path):
    theirs = itk.GetImageFromArray(SAMPLES)
    theirs.SetSpacing((0.7, 0.8, 2.5))
    theirs.SetOrigin((-10.5, 20, 33))
    turn = itk.Euler3DTransform((0, 0, 0), 0.3, -0.2, 0.5)
    theirs.SetDirection(turn.GetMatrix())
    for name in ("a.nrrd", "a.mha", "a.mhd"):
        itk.WriteImage(theirs, str(tmp_path / name), True)
        image = read(tmp_path / name)
        for index in [(0, 0, 0), (1, 2, 3)]:
            place = theirs.TransformIndexToPhysicalPoint(index[::-1])
            assert np.allclose(place, image.grid.position_mm(index), atol=1e-9)
        assert np.array_equal(image.whole()[..., 0], SAMPLES)
    assert [each.name for each in read(tmp_path / "a.mhd").source.files] == ["a.mhd", "a.zraw"]


def test_four_axes_are_time_and_vectors_channels(tmp_path):
    frames = itk.JoinSeries([itk.GetImageFromArray(SAMPLES + n) for n in range(3)])
    itk.WriteImage(frames, str(tmp_path / "a.mha"))
    assert read(tmp_path / "a.mha").pixels.shape == (3, 2, 3, 4, 1)
    assert read(tmp_path / "a.mha").whole(time=2)[0, 0, 0, 0] == 2
    colours = np.random.default_rng(0).integers(0, 255, (2, 3, 4, 3), dtype=np.uint8)
    itk.WriteImage(itk.GetImageFromArray(colours, isVector=True), str(tmp_path / "b.nrrd"))
    assert np.array_equal(read(tmp_path / "b.nrrd").whole(), colours)


def test_without_a_size_there_is_none(tmp_path):
    text = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nencoding: raw\nendian: little\n\n"
    (tmp_path / "a.nrrd").write_bytes(text.encode() + SAMPLES.tobytes())
    image = read(tmp_path / "a.nrrd")
    assert image.grid.scale == "none"
    assert image.source.problems == ("The file gives its voxels no size.",)


@pytest.mark.parametrize("spacing", ["-1 2 3", "0 2 3"])
def test_a_spacing_that_is_not_above_zero(tmp_path, spacing):
    with pytest.raises(UnreadableFile, match="must be above zero"):
        read(meta(tmp_path / "a.mha", spacing=spacing))


def test_damage(tmp_path, capfd):
    meta(tmp_path / "flat.mha", matrix="1 0 0 0 1 0 0 1 0")
    meta(tmp_path / "short.mha", samples=SAMPLES.tobytes()[:-9])
    data = nrrd(tmp_path / "short.nrrd").read_bytes()
    (tmp_path / "short.nrrd").write_bytes(data[:-9])
    for name in ("flat.mha", "short.mha", "short.nrrd"):
        with pytest.raises(UnreadableFile, match=f"'{name}' is damaged"):
            read(tmp_path / name)
    (tmp_path / "text.nrrd").write_text("hello")
    with pytest.raises(UnreadableFile, match="neither NRRD nor MetaImage"):
        open_image(tmp_path / "text.nrrd")
    capfd.readouterr()  # MetaIO prints its own account; it is not ours


def test_a_header_that_promises_the_impossible(tmp_path):
    path = nrrd(tmp_path / "a.nrrd")
    path.write_bytes(path.read_bytes().replace(b"sizes: 4 3 2", b"sizes: 40000 30000 20000"))
    with pytest.raises(UnreadableFile, match="more than are read"):
        read(path)
