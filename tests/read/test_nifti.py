"""NIfTI files as they are found: sound, odd and hostile."""

import gzip
import tracemalloc

import nibabel
import numpy as np
import pytest

from limner.errors import UnreadableFile
from limner.read import open_image
from limner.read.nifti import read
from tests.read.files import nifti, patched

LPS_OF_RAS = np.array([-1, -1, 1])
SAMPLES = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)


def test_axes_are_slices_rows_columns_and_places_are_lps(tmp_path):
    image = read(nifti(tmp_path / "a.nii", SAMPLES, sizes=(0.5, 2.0, 3.0)))
    assert image.grid.shape == (6, 5, 4)
    assert image.grid.steps_mm == ((0, 0, 3.0), (0, -2.0, 0), (-0.5, 0, 0))
    assert image.whole()[1, 2, 3, 0] == SAMPLES[3, 2, 1]
    assert image.pixels.dtype == np.int16


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize(
    "kind", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.int64, np.float32, np.float64]
)
def test_types_stay_what_they_are(tmp_path, ending, kind):
    image = read(nifti(tmp_path / f"a{ending}", SAMPLES.astype(kind)))
    assert image.pixels.dtype == kind
    assert np.array_equal(image.whole()[..., 0], SAMPLES.T.astype(kind))


def test_scaled_samples_equal_those_of_nibabel(tmp_path):
    path = nifti(tmp_path / "a.nii", SAMPLES)
    patched(path, 112, "<ff", 0.5, -1024.0)  # scl_slope, scl_inter
    image = read(path)
    assert image.pixels.dtype == np.float32
    theirs = np.asarray(nibabel.load(path).dataobj).T
    assert np.array_equal(image.whole()[..., 0], theirs)
    assert np.array_equal(image.slice(2)[..., 0], theirs[2])


def test_big_endian_is_turned_to_this_machines_order(tmp_path):
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(">i2")
    volume = nibabel.Nifti1Image(SAMPLES, np.eye(4), header=header)
    volume.to_filename(tmp_path / "a.nii")
    assert (tmp_path / "a.nii").read_bytes()[:4] == b"\0\0\x01\x5c"
    image = read(tmp_path / "a.nii")
    assert image.pixels.dtype.isnative
    assert np.array_equal(image.whole()[..., 0], SAMPLES.T)


def test_nifti_2_and_pairs(tmp_path):
    nibabel.Nifti2Image(SAMPLES, np.eye(4)).to_filename(tmp_path / "two.nii.gz")
    nibabel.Nifti1Pair(SAMPLES, np.eye(4)).to_filename(tmp_path / "pair.hdr")
    for name in ("two.nii.gz", "pair.hdr"):
        assert np.array_equal(read(tmp_path / name).whole()[..., 0], SAMPLES.T)
    (tmp_path / "pair.img").unlink()
    with pytest.raises(UnreadableFile, match="'pair.img' is not beside it"):
        read(tmp_path / "pair.hdr")


def test_four_axes_are_frames_in_time(tmp_path):
    samples = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    volume = nibabel.Nifti1Image(samples, np.eye(4))
    volume.header.set_xyzt_units("mm", "msec")
    volume.header["pixdim"][4] = 250
    volume.header["toffset"] = 100
    volume.to_filename(tmp_path / "a.nii")
    image = read(tmp_path / "a.nii")
    assert image.pixels.shape == (5, 4, 3, 2, 1)
    assert image.times_s == pytest.approx((0.1, 0.35, 0.6, 0.85, 1.1))
    assert np.array_equal(image.whole(time=3)[..., 0], samples[..., 3].T)
    assert np.array_equal(
        open_image(tmp_path / "a.nii", frame=3).whole()[..., 0], samples[..., 3].T
    )


def test_colours_and_vectors_are_channels(tmp_path):
    colours = np.random.default_rng(0).integers(0, 255, (4, 5, 6, 3), dtype=np.uint8)
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    nifti(tmp_path / "rgb.nii", colours.view(rgb)[..., 0])
    nifti(tmp_path / "vector.nii", colours.reshape(4, 5, 6, 1, 3))
    for name in ("rgb.nii", "vector.nii"):
        image = read(tmp_path / name)
        assert image.pixels.shape == (1, 6, 5, 4, 3)
        assert np.array_equal(image.whole()[1, 2, 3], colours[3, 2, 1])


def test_a_flat_file_is_one_slice(tmp_path):
    image = read(nifti(tmp_path / "a.nii", SAMPLES[:, :, 0]))
    assert image.grid.shape == (1, 5, 4)


@pytest.mark.parametrize("codes, used", [((1, 1), "s"), ((2, 0), "s"), ((0, 1), "q"), ((0, 0), "")])
def test_sform_goes_before_qform_before_sizes(tmp_path, codes, used):
    s, q = np.diag([2.0, 3.0, 4.0, 1.0]), np.diag([2.0, 3.0, 4.0, 1.0])
    s[:3, 3], q[:3, 3] = (10, 20, 30), (11, 21, 31)
    volume = nibabel.Nifti1Image(SAMPLES, s)
    volume.set_qform(q, codes[1])
    volume.set_sform(s, codes[0])
    volume.to_filename(tmp_path / "a.nii")
    grid = read(tmp_path / "a.nii").grid
    wanted = {"s": (-10, -20, 30), "q": (-11, -21, 31)}
    if used:
        assert grid.origin_mm == wanted[used]
        assert grid.placed
    else:
        assert not grid.placed
        assert grid.scale == "patient"
        assert "no position in the patient" in read(tmp_path / "a.nii").source.problems[0]
    theirs = nibabel.load(tmp_path / "a.nii").affine
    places = nibabel.affines.apply_affine(theirs, [(0, 0, 0), (3, 4, 5)]) * LPS_OF_RAS
    assert np.allclose(places, grid.position_mm([(0, 0, 0), (5, 4, 3)]), atol=1e-5)


def test_codings_that_disagree_are_named(tmp_path):
    volume = nibabel.Nifti1Image(SAMPLES, np.eye(4))
    moved = np.eye(4)
    moved[0, 3] = 5
    volume.set_sform(np.eye(4), 1)
    volume.set_qform(moved, 1)
    volume.to_filename(tmp_path / "a.nii")
    (said,) = read(tmp_path / "a.nii").source.problems
    assert said == "The qform lies up to 5 voxels from the sform; the sform is used."


def test_metres_and_microns_become_mm(tmp_path):
    path = patched(nifti(tmp_path / "a.nii", SAMPLES, sizes=(500, 500, 500)), 123, "B", 3)
    image = read(path)
    assert image.grid.spacing_mm == (0.5, 0.5, 0.5)
    assert "microns" in image.source.problems[0]


def test_the_source_keeps_what_goes_back(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", SAMPLES)
    source = read(path).source
    assert source.format == "nifti"
    assert source.files[0].name == "a.nii.gz"
    assert len(source.files[0].sha256) == 64
    assert source.attribute("sform_code") == "2"
    assert source.attribute("qform_code") == "0"
    assert type(source).from_json(source.to_json()) == source


# -- hostile files ------------------------------------------------------------------------


def refused(path, match):
    with pytest.raises(UnreadableFile, match=match) as caught:
        open_image(path).whole()
    text = str(caught.value)
    assert text.endswith(".")
    assert path.name in text


def test_empty(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"")
    refused(tmp_path / "a.nii.gz", "empty")


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii"])
def test_text_that_is_called_nifti(tmp_path, name):
    (tmp_path / name).write_text("not a scan, though its name says so\n" * 40)
    refused(tmp_path / name, "does not begin as a NIfTI file does")


def test_text_in_gzip_that_is_called_nifti(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(b"hello " * 200))
    refused(tmp_path / "a.nii.gz", "does not begin as a NIfTI file does")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_cut_short(tmp_path, share):
    noise = np.random.default_rng(0).integers(0, 999, (20, 20, 20)).astype(np.int16)
    for name in ("a.nii", "a.nii.gz"):
        path = nifti(tmp_path / name, noise)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        refused(path, "cut short|damaged|does not begin")


def test_damaged_in_the_middle(tmp_path):
    noise = np.random.default_rng(0).integers(0, 999, (20, 20, 20)).astype(np.int16)
    path = nifti(tmp_path / "a.nii.gz", noise)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    refused(path, "damaged")


def test_a_header_that_promises_the_impossible(tmp_path):
    for name in ("a.nii", "a.nii.gz"):
        path = patched(nifti(tmp_path / name, SAMPLES), 42, "<3h", 32767, 32767, 32767)
        refused(path, "cut short|more than its bytes can unpack to|the limit of 8 GiB")


@pytest.mark.parametrize("size", [0.0, -1.0])
def test_a_spacing_that_is_not_above_zero(tmp_path, size):
    path = nifti(tmp_path / "a.nii", SAMPLES)
    patched(path, 252, "<2h", 1, 0)  # by the qform, which needs the sizes
    patched(path, 84, "<f", size)  # pixdim[2]
    refused(path, "must be above zero")


def test_an_sform_that_spans_nothing(tmp_path):
    path = patched(nifti(tmp_path / "a.nii", SAMPLES), 280, "<4f", 0, 0, 0, 0)
    refused(path, "no usable geometry")


def test_an_sform_that_is_no_number(tmp_path):
    path = patched(nifti(tmp_path / "a.nii", SAMPLES), 280, "<4f", float("nan"), 0, 0, 0)
    refused(path, "no usable geometry")


def test_a_type_that_there_is_not(tmp_path):
    refused(patched(nifti(tmp_path / "a.nii", SAMPLES), 70, "<h", 9999), "cannot be followed")


def test_complex_samples(tmp_path):
    refused(nifti(tmp_path / "a.nii", SAMPLES.astype(np.complex64)), "no picture")


def test_six_axes(tmp_path):
    refused(nifti(tmp_path / "a.nii", np.zeros((2, 2, 2, 2, 2, 2), np.uint8)), "has 6 axes")


def test_samples_that_are_not_finite_stay_and_are_counted(tmp_path):
    samples = SAMPLES.astype(np.float32)
    samples[0, 0, 0], samples[1, 1, 1] = np.nan, np.inf
    image = read(nifti(tmp_path / "a.nii.gz", samples))
    assert np.isnan(image.whole()[0, 0, 0, 0])
    assert image.source.problems == (
        "2 of 120 samples are not finite; they stay, and the window leaves them out.",
    )


def test_content_goes_before_the_name_and_is_said(tmp_path):
    nifti(tmp_path / "a.nii", SAMPLES).rename(tmp_path / "scan.png")
    image = open_image(tmp_path / "scan.png")
    assert image.source.format == "nifti"
    assert "called 'scan.png' but is NIfTI" in image.source.problems[-1]


def test_names_with_spaces_and_letters(tmp_path):
    folder = tmp_path / "Ünï cödé folder"
    folder.mkdir()
    assert open_image(nifti(folder / "Bild mit ß.nii.gz", SAMPLES)).grid.shape == (6, 5, 4)


# -- memory -------------------------------------------------------------------------------


def peak(call) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_uncompressed_volume_is_not_read_to_look_at_a_slice(tmp_path):
    samples = np.zeros((256, 256, 200), np.int16)  # 25 MiB
    path = nifti(tmp_path / "a.nii", samples)
    read(path)  # imports
    assert peak(lambda: read(path).slice(100).sum()) < samples.nbytes / 10


def test_a_compressed_volume_is_held_once_and_never_as_floats(tmp_path):
    samples = np.zeros((256, 256, 200), np.uint8)  # 12.5 MiB
    path = nifti(tmp_path / "a.nii.gz", samples)
    read(path)
    assert peak(lambda: read(path).whole().sum()) < 1.5 * samples.nbytes
