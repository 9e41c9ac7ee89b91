"""Samples come out as numbers worked by hand or by another decoder, in the type that fits."""

import base64

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from limner.errors import UnreadableFile
from limner.read import open_image
from tests.dicom.make import compressed, enhanced, image, placed, plane, put, save, stack

HTJ2K = (
    "/0//UQApQAAAAAAQAAAAEAAAAAAAAAAAAAAAEAAAABAAAAAAAAAAAAABjwEB/1AACAACAAAACv9SAAwAAgABAAUE"
    "BEAB/1wAEyCIkJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAG8AAf+TwAAl"
    "9gAHdAAAwAASwAASgH4Bh3QA/gCHdADAABNAABKAPt8BAnQAvgADVADAABUQAATgHMdxqnCCdQDe3cHJ7LUAwAAr"
    "YAAVYAghhBBC58p6enACeABMkiT9knv2Sey4AP/Z"
)
MR_KINDS = [
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_padded.dcm",
]
# Colour pictures of one pattern: name, and what pydicom's own conversion must give.
COLOUR = [
    "SC_rgb_rle.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_rgb_jls_lossy_sample.dcm",
    "GDCMJ2K_TextGBR.dcm",
    "examples_jpeg2k.dcm",
]


def sample(name):
    return str(get_testdata_file(name, download=False))


@pytest.mark.parametrize("name", MR_KINDS)
def test_one_picture_in_every_lossless_coding(name):
    plain = open_image(sample("MR_small.dcm")).whole()
    assert plain.dtype == np.int16
    assert (plain.min(), plain.max()) == (127, 2145)  # dcmdump's SmallestImagePixelValue and max
    assert np.array_equal(open_image(sample(name)).whole(), plain)


@pytest.mark.parametrize("name", COLOUR)
def test_colour_is_red_green_blue(name):
    opened = open_image(sample(name))
    assert opened.pixels.dtype == np.uint8
    assert opened.channels == 3
    other = pydicom.dcmread(sample(name)).pixel_array
    assert np.array_equal(opened.slice(0), other)


def test_the_dcmtk_pattern_has_the_colours_it_was_painted_with():
    samples = open_image(sample("SC_rgb_rle.dcm")).slice(0)
    assert samples[5, 50].tolist() == [255, 0, 0]
    assert samples[25, 50].tolist() == [0, 255, 0]
    assert samples[45, 50].tolist() == [0, 0, 255]


def test_twelve_bit_jpeg():
    """GDCM's other reader, through SimpleITK, gives a maximum of 264."""
    opened = open_image(sample("JPGExtended.dcm"))
    assert opened.whole().max() == 264


def test_a_palette_becomes_colour():
    opened = open_image(sample("examples_palette.dcm"))
    assert opened.pixels.shape == (1, 1, 350, 800, 3)
    dataset = pydicom.dcmread(sample("examples_palette.dcm"))
    red = np.frombuffer(dataset.RedPaletteColorLookupTableData, "<u2") >> 8
    assert np.array_equal(opened.slice(0)[..., 0], red[dataset.pixel_array])


def test_monochrome1_is_turned_over(tmp_path):
    samples = np.array([[0, 1], [4094, 4095]], np.uint16)
    told = image(samples, modality="DX", PhotometricInterpretation="MONOCHROME1")
    told.BitsStored, told.HighBit = 12, 11
    opened = open_image(save(told, tmp_path / "chest.dcm"))
    assert opened.slice(0)[..., 0].tolist() == [[4095, 4094], [1, 0]]
    assert opened.pixels.dtype == np.int16
    assert any("MONOCHROME1" in each for each in opened.source.problems)


@pytest.mark.parametrize(
    "kept, signed, slope, intercept, kind",
    [
        (12, False, 1, -1024, np.int16),
        (8, False, 1, 0, np.uint8),
        (16, False, 1, 0, np.uint16),
        (16, True, 1, 0, np.int16),
        (16, False, 1, -32768, np.int16),
        (16, False, 2, 0, np.int32),
        (12, False, 0.5, 0, np.float32),
        (12, False, 1, 0.25, np.float32),
    ],
)
def test_the_type_is_the_smallest_that_fits(tmp_path, kept, signed, slope, intercept, kind):
    top = (1 << kept - int(signed)) - 1
    stored = np.array([[0, top]], np.int16 if signed else np.uint16)
    told = placed(stored, (0, 0, 0), modality="MR", RescaleSlope=slope, RescaleIntercept=intercept)
    told.BitsStored, told.HighBit = kept, kept - 1
    opened = open_image(save(told, tmp_path / "one.dcm"))
    assert opened.pixels.dtype == kind
    assert opened.whole()[0, 0, :, 0].tolist() == [intercept, top * slope + intercept]


def test_hu_in_sixteen_signed_bits_stays_in_sixteen(tmp_path):
    """16 bits and an intercept of -1024 would need 17; what is there needs 16."""
    stack(tmp_path)
    assert open_image(tmp_path).pixels.dtype == np.int16
    told = placed(np.array([[-32768, 0]], np.int16), (10.0, 20.0, 0.0))
    opened = open_image(save(told, tmp_path / "low" / "one.dcm"))
    assert opened.pixels.dtype == np.int32
    assert opened.whole().min() == -33792


def test_what_lies_in_unused_bits_is_no_sample(tmp_path):
    stored = np.array([[0xF001, 0x0FFF]], np.uint16)  # an overlay in the four high bits
    told = placed(stored, (0, 0, 0), RescaleIntercept=0)
    told.BitsStored, told.HighBit = 12, 11
    assert open_image(save(told, tmp_path / "a.dcm")).whole().ravel().tolist() == [1, 4095]
    told.PixelRepresentation = 1  # in two's complement of twelve bits 0xFFF is -1
    assert open_image(save(told, tmp_path / "b.dcm")).whole().ravel().tolist() == [1, -1]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_series_equal_plain_ones(tmp_path, syntax):
    for k in range(3):
        told = placed(plane(k, (64, 64)), (0, 0, 3.0 * k), uid=f"1.2.{k + 1}")
        save(told, tmp_path / "plain" / f"{k}.dcm")
        save(compressed(told, syntax), tmp_path / "packed" / f"{k}.dcm")
    plain, packed = open_image(tmp_path / "plain"), open_image(tmp_path / "packed")
    assert np.array_equal(packed.whole(), plain.whole())
    assert packed.grid == plain.grid


def test_high_throughput_jpeg_2000(tmp_path):
    """Encoded by OpenJPH (imagecodecs 2026.3.6, htj2k_encode), decoded here by OpenJPEG."""
    rows = np.arange(16)
    painted = np.add.outer(rows, 3 * rows) * 7 % 500 - 100
    told = placed(painted.astype(np.int16), (0, 0, 0))
    told.file_meta.TransferSyntaxUID = HTJ2KLossless
    told.PixelData = pydicom.encaps.encapsulate([base64.b64decode(HTJ2K)])
    told["PixelData"].VR = "OB"
    told["PixelData"].is_undefined_length = True
    opened = open_image(save(told, tmp_path / "quick.dcm"))
    assert np.array_equal(opened.whole()[0, ..., 0], painted - 1024)


def test_deflated(tmp_path):
    assert open_image(sample("image_dfl.dcm")).whole().shape == (1, 512, 512, 1)
    told = placed(plane(1), (0, 0, 0))
    told.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    opened = open_image(save(told, tmp_path / "flat.dcm"))
    assert opened.whole()[0, 0, 1, 0] == 101 - 1024


def test_big_endian_words(tmp_path):
    told = placed(plane(1), (0, 0, 0))
    told.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    told.PixelData = plane(1).astype(">i2").tobytes()
    told["PixelData"].VR = "OW"
    opened = open_image(save(told, tmp_path / "big.dcm"))
    assert opened.whole()[0, 0, :2, 0].tolist() == [100 - 1024, 101 - 1024]


def test_a_modality_table_stands_for_the_slope(tmp_path):
    told = placed(np.array([[0, 1, 2]], np.uint8), (0, 0, 0), modality="MR")
    del told.RescaleSlope, told.RescaleIntercept
    table = pydicom.Dataset()
    table.LUTDescriptor, table.LUTData, table.ModalityLUTType = [3, 0, 16], [7, 70, 700], "US"
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    told.ModalityLUTSequence = pydicom.Sequence([table])
    opened = open_image(save(told, tmp_path / "table.dcm"))
    assert opened.whole().ravel().tolist() == [7, 70, 700]


class TestReading:
    def test_only_what_is_asked_for_is_decoded(self, tmp_path):
        stack(tmp_path)
        opened = open_image(tmp_path)
        (tmp_path / "003.dcm").unlink()
        assert opened.slice(1)[0, 0, 0] == 100 - 1024
        with pytest.raises(UnreadableFile, match=r"'003.dcm' cannot be read"):
            opened.slice(3)

    def test_a_block_is_a_part_of_the_whole(self, tmp_path):
        stack(tmp_path)
        block = open_image(tmp_path).block((1, 1, 2), (3, 4, 5))
        whole = open_image(tmp_path).whole()
        assert np.array_equal(block, whole[1:3, 1:4, 2:5])
        assert not whole.flags.writeable

    def test_a_frame_of_a_long_file_is_read_by_itself(self, tmp_path):
        samples = np.stack([plane(k) for k in range(5)])
        path = save(enhanced(samples, [(0, 0, k) for k in range(5)]), tmp_path / "many.dcm")
        assert open_image(path).slice(3)[0, 0, 0] == 300 - 1024


class TestRefused:
    def test_film(self, tmp_path):
        told = image(np.zeros((2, 4, 4, 3), np.uint8), modality="US")
        told.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
        told.PixelData = pydicom.encaps.encapsulate([b"\0\0\0\1"])
        told["PixelData"].VR = "OB"
        told["PixelData"].is_undefined_length = True
        with pytest.raises(UnreadableFile, match=r"holds a film \(MPEG-4 AVC/H.264"):
            open_image(save(told, tmp_path / "film.dcm"))

    def test_a_private_syntax(self, tmp_path):
        told = image(plane(0))
        path = save(told, tmp_path / "own.dcm")
        plain, own = b"1.2.840.10008.1.2.1\0", b"1.2.826.0.1.3680043.1"[:20]
        path.write_bytes(path.read_bytes().replace(plain, own, 1))
        with pytest.raises(UnreadableFile, match="private or unknown"):
            open_image(path)

    def test_cut_off_samples(self, tmp_path):
        path = save(placed(plane(0), (0, 0, 0)), tmp_path / "cut.dcm")
        path.write_bytes(path.read_bytes()[:-7])
        with pytest.raises(UnreadableFile, match="40 bytes, but only 33 are there"):
            open_image(path)

    def test_cut_off_compressed_samples(self, tmp_path):
        told = compressed(placed(plane(0, (64, 64)), (0, 0, 0)), JPEGLSLossless)
        path = save(told, tmp_path / "cut.dcm")
        path.write_bytes(path.read_bytes()[:-60])
        with pytest.raises(UnreadableFile, match="should go on for 52 bytes more"):
            open_image(path)

    def test_damage_inside_compressed_samples(self, tmp_path):
        told = compressed(placed(plane(0, (64, 64)), (0, 0, 0)), JPEG2000Lossless)
        path = save(told, tmp_path / "hurt.dcm")
        path.write_bytes(path.read_bytes().replace(b"\xff\x4f\xff\x51", b"\0\0\0\0"))
        with pytest.raises(UnreadableFile, match=r"Frame 1 of 'hurt.dcm' \(JPEG 2000"):
            open_image(path).whole()

    @pytest.mark.parametrize(
        "claim", [{"Rows": 65535, "Columns": 65535}, {"NumberOfFrames": 99999}]
    )
    def test_a_claim_beyond_the_file(self, tmp_path, claim):
        told = image(plane(0), modality="US", **claim)
        with pytest.raises(UnreadableFile, match="claims"):
            open_image(save(told, tmp_path / "bomb.dcm"))

    def test_a_claim_beyond_compressed_items(self, tmp_path):
        told = compressed(image(plane(0, (16, 16)), modality="US"), RLELossless)
        told.NumberOfFrames = 100000
        with pytest.raises(UnreadableFile, match="claims 100000 frames but holds 1"):
            open_image(save(told, tmp_path / "bomb.dcm"))

    def test_grey_and_colour_do_not_mix(self, tmp_path):
        stack(tmp_path)
        told = placed(plane(0), (10.0, 20.0, 12.0))
        put(told, np.zeros((4, 5, 3), np.uint8))
        save(told, tmp_path / "colour.dcm")
        with pytest.raises(UnreadableFile, match="mixes grey and colour"):
            open_image(tmp_path)
