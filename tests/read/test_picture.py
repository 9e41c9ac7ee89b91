"""Pictures of every kind: what comes out is what a second decoder, or the hand, says."""

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from limner.errors import UnreadableFile
from limner.read import open_image
from limner.read.picture import read
from tests.read.files import bomb, chunk, png16

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (5, 7), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (5, 7, 3), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65536, (5, 7, 4), dtype=np.uint16)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.tiff", "a.PNG"])
@pytest.mark.parametrize("samples", [GREY, COLOUR], ids=["grey", "colour"])
def test_eight_bits_without_loss(tmp_path, name, samples):
    Picture.fromarray(samples).save(tmp_path / name)
    image = read(tmp_path / name)
    assert np.array_equal(image.slice(0), samples.reshape(5, 7, -1))
    assert image.grid.scale == "none"
    assert not image.grid.placed


def test_jpeg_and_webp(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(48)).astype(np.uint8)
    Picture.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    Picture.fromarray(np.stack([smooth] * 3, 2)).save(tmp_path / "a.webp", lossless=True)
    assert read(tmp_path / "a.jpg").pixels.shape == (1, 1, 64, 48, 1)
    assert np.abs(read(tmp_path / "a.jpg").slice(0)[..., 0].astype(int) - smooth).max() <= 4
    assert np.array_equal(read(tmp_path / "a.webp").slice(0), np.stack([smooth] * 3, 2))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_sixteen_bits_keeps_every_bit(tmp_path, channels):
    path = png16(tmp_path / "a.png", DEEP[..., :channels])
    image = read(path)
    kept = 3 if channels >= 3 else 1
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.slice(0), DEEP[..., :kept])
    assert any("transparency" in said for said in image.source.problems) == (channels in {2, 4})


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.int32])
def test_grey_tiff_keeps_its_type(tmp_path, kind):
    samples = DEEP[..., 0].astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", samples)
    image = read(tmp_path / "a.tif")
    assert image.pixels.dtype == kind
    assert np.array_equal(image.slice(0)[..., 0], samples)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_colour_tiff_of_many_bits(tmp_path, kind, compression):
    samples = DEEP[..., :3].astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", compression=compression)
    assert np.array_equal(read(tmp_path / "a.tif").slice(0), samples)


def test_a_palette_becomes_its_colours(tmp_path):
    picture = Picture.fromarray(np.array([[0, 1], [2, 1]], np.uint8))
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    picture.save(tmp_path / "a.png")
    wanted = [[[10, 20, 30], [40, 50, 60]], [[70, 80, 90], [40, 50, 60]]]
    assert read(tmp_path / "a.png").slice(0).tolist() == wanted


def test_two_levels_and_cmyk(tmp_path):
    Picture.fromarray(GREY > 99).save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png").slice(0)[..., 0], (GREY > 99) * np.uint8(255))
    Picture.fromarray(COLOUR).convert("CMYK").save(tmp_path / "a.jpg")
    image = read(tmp_path / "a.jpg")
    assert image.channels == 3
    assert "CMYK" in image.source.problems[0]


def test_transparency_is_left_out_and_said(tmp_path):
    Picture.fromarray(np.dstack([COLOUR, GREY])).save(tmp_path / "a.png")
    image = read(tmp_path / "a.png")
    assert np.array_equal(image.slice(0), COLOUR)
    assert image.source.problems == ("The transparency of the picture is left out.",)


# The stored picture for each orientation, so that upright it is [[1, 2, 3], [4, 5, 6]]; by hand
# from the table in EXIF 2.3: where row 0 and column 0 of what is stored belong on the screen.
STORED = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[3, 6], [2, 5], [1, 4]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[4, 1], [5, 2], [6, 3]],
}


@pytest.mark.parametrize("turned", STORED)
@pytest.mark.parametrize("deep", [False, True], ids=["8 bits", "16 bits"])
def test_exif_orientation_is_applied_and_said(tmp_path, turned, deep):
    stored = np.array(STORED[turned])
    exif = Picture.Exif()
    exif[0x0112] = turned
    path = tmp_path / "a.png"
    if deep:
        path = png16(path, np.stack([stored * 257] * 3, 2).astype(np.uint16))
        data, block = path.read_bytes(), exif.tobytes().removeprefix(b"Exif\0\0")
        path.write_bytes(data[:33] + chunk(b"eXIf", block) + data[33:])
    else:
        Picture.fromarray(np.stack([stored] * 3, 2).astype(np.uint8)).save(path, exif=exif)
    image = read(path)
    wanted = np.array([[1, 2, 3], [4, 5, 6]]) * (257 if deep else 1)
    assert image.slice(0)[..., 0].tolist() == wanted.tolist()
    assert bool(image.source.problems) == (turned != 1)


def test_pages_of_a_tiff_are_slices(tmp_path):
    pages = RANDOM.integers(0, 256, (4, 5, 7), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    image = read(tmp_path / "a.tif")
    assert image.grid.shape == (4, 5, 7)
    assert np.array_equal(image.whole()[..., 0], pages)


def test_pages_that_differ_leave_the_first(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GREY)
        file.write(GREY[:2])
    image = read(tmp_path / "a.tif")
    assert np.array_equal(image.slice(0)[..., 0], GREY)
    assert "2 pictures of different size" in image.source.problems[0]


@pytest.mark.parametrize("axes", ["TZCYX", "TCZYX", "ZCTYX"])
def test_ome_tiff_names_its_axes_and_its_pixels(tmp_path, axes):
    sizes = {"T": 2, "Z": 3, "C": 2, "Y": 5, "X": 7}
    samples = RANDOM.integers(0, 65536, [sizes[axis] for axis in axes], dtype=np.uint16)
    about = {
        "axes": axes,
        "PhysicalSizeX": 0.5,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.25,
        "PhysicalSizeZ": 2.0,
        "PhysicalSizeZUnit": "mm",
    }
    tifffile.imwrite(tmp_path / "a.ome.tif", samples, metadata=about, photometric="minisblack")
    image = read(tmp_path / "a.ome.tif")
    assert image.pixels.shape == (2, 3, 5, 7, 2)
    wanted = samples.transpose([axes.index(axis) for axis in "TZYXC"])
    assert np.array_equal(image.whole(time=1), wanted[1])
    assert image.grid.scale == "ruler"
    assert image.grid.spacing_mm == pytest.approx((2.0, 0.00025, 0.0005))


def test_dots_per_inch_are_not_believed_and_it_is_said(tmp_path):
    Picture.fromarray(GREY).save(tmp_path / "a.png", dpi=(300, 300))
    image = read(tmp_path / "a.png")
    assert image.grid.scale == "none"
    assert "300 dots per inch" in image.source.problems[0]


# -- hostile files ------------------------------------------------------------------------


def refused(path, match):
    with pytest.raises(UnreadableFile, match=match) as caught:
        open_image(path).whole()
    assert path.name in str(caught.value)


def test_a_bomb_is_refused_from_its_header(tmp_path):
    refused(bomb(tmp_path / "a.png", 100_000), "more than 512 million")


def test_pictures_below_the_limit_open_without_a_warning(tmp_path):
    """Pillow warns above 89 million pixels, and warnings are errors here."""
    Picture.new("1", (10_000, 9_000)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png").grid.shape == (1, 9000, 10_000)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.bmp", "a.webp"])
def test_cut_short(tmp_path, name):
    Picture.fromarray(np.resize(COLOUR, (64, 64, 3))).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    refused(tmp_path / name, "damaged or cut short")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.bmp", "a.webp"])
def test_text_that_is_called_a_picture(tmp_path, name):
    (tmp_path / name).write_text("hello " * 100)
    refused(tmp_path / name, "is no picture")


def test_a_picture_under_another_pictures_name(tmp_path):
    Picture.fromarray(GREY).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    image = open_image(tmp_path / "a.jpg")
    assert "called 'a.jpg' but is PNG" in image.source.problems[0]


def test_a_picture_under_a_scans_name(tmp_path):
    Picture.fromarray(GREY).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.nii.gz")
    assert open_image(tmp_path / "a.nii.gz").source.format == "png"


def test_text_that_unpacks_to_much_is_refused(tmp_path):
    about = PngInfo()
    about.add_text("long", "a" * (80 << 20), zip=True)
    Picture.fromarray(GREY).save(tmp_path / "a.png", pnginfo=about)
    refused(tmp_path / "a.png", "damaged or cut short")


def test_samples_that_are_not_finite_are_counted(tmp_path):
    samples = np.ones((4, 4), np.float32)
    samples[0, 0] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", samples)
    assert "1 of 16 samples are not finite" in read(tmp_path / "a.tif").source.problems[0]
