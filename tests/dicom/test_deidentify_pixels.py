"""Names in pictures: which files are refused, and that what is masked is blank."""

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from limner.dicom.deidentify_pixels import (
    Masking,
    blank,
    drop_embedded_overlays,
    suspected,
    unmaskable,
)
from limner.dicom.deidentify_streams import drop_comments, without_comments
from limner.errors import BadValue
from tests.dicom.make import compressed, group, image, placed, plane, save

NOISE = np.random.default_rng(3)
GREY = NOISE.integers(1, 250, (48, 64), np.uint8)
COLOUR = NOISE.integers(1, 250, (48, 64, 3), np.uint8)
BOX = (2, 1, 9, 3)  # columns 2 to 9, rows 1 to 3


def back(dataset, path):
    """What a reader of the saved file sees: (frames, rows, columns, channels)."""
    held = pydicom.dcmread(save(dataset, path))
    frames = int(held.get("NumberOfFrames", 1))
    return held.pixel_array.reshape(frames, held.Rows, held.Columns, held.SamplesPerPixel)


class TestWhichAreRefused:
    @pytest.mark.parametrize(
        ("modality", "told", "said"),
        [
            ("CT", {}, ""),
            ("MR", {}, ""),
            ("CT", {"BurnedInAnnotation": "YES"}, "says that names are burnt"),
            ("CT", {"ConversionType": "WSD"}, "captured from a screen"),
            ("CT", {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "captured"),
            ("CT", {"ImageType": ["DERIVED", "SECONDARY", "MPR"]}, ""),
            ("US", {}, "is ultrasound"),
            ("US", {"BurnedInAnnotation": "NO"}, ""),
            ("OT", {}, "is a secondary capture"),
            ("DX", {}, "is a radiograph"),
            ("DX", {"BurnedInAnnotation": "NO"}, ""),
            ("MG", {"BurnedInAnnotation": "YES"}, "says that names"),
            ("OT", {"ImageType": ["ORIGINAL", "PRIMARY", "LABEL"], "BurnedInAnnotation": "NO"},
             "a slide with its label"),
        ],
    )  # fmt: skip
    def test_by_kind(self, modality, told, said):
        found = suspected(image(GREY, modality=modality, **told))
        assert (said in found) if said else not found

    def test_ct_in_colour_was_drawn_by_a_workstation(self):
        assert "in colour" in suspected(image(COLOUR, modality="CT"))

    def test_what_has_no_picture_is_no_picture(self):
        told = pydicom.Dataset()
        told.Modality = "US"
        told.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
        assert not suspected(told)


class TestBlank:
    @pytest.mark.parametrize("samples", [GREY, COLOUR, np.stack([GREY, GREY[::-1]])])
    @pytest.mark.parametrize("syntax", ["", JPEG2000Lossless, JPEGLSLossless, RLELossless])
    def test_the_box_is_black_and_nothing_else_changes(self, samples, syntax, tmp_path):
        made = image(samples, modality="US", SmallestImagePixelValue=1)
        made["SmallestImagePixelValue"].VR = "US"
        before = back(made, tmp_path / "before.dcm")
        if syntax:
            if syntax == JPEG2000Lossless and samples is COLOUR:
                made.PhotometricInterpretation = "YBR_RCT"
            compressed(made, syntax)
        blank(made, Masking((BOX,)))
        after = back(made, tmp_path / "after.dcm")
        assert not after[:, 1:4, 2:10].any()
        before[:, 1:4, 2:10] = 0
        assert np.array_equal(after, before)
        assert made.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        assert "SmallestImagePixelValue" not in made

    def test_planes_of_colours(self, tmp_path):
        made = image(COLOUR, modality="US")
        made.PlanarConfiguration = 1
        made.PixelData = np.moveaxis(COLOUR, -1, 0).tobytes()
        blank(made, Masking((BOX,)))
        after = back(made, tmp_path / "after.dcm")[0]
        assert not after[1:4, 2:10].any()
        assert np.array_equal(after[4:], COLOUR[4:])

    @pytest.mark.parametrize(
        ("shown", "dtype", "dark"),
        [("MONOCHROME1", np.uint8, 255), ("MONOCHROME2", np.int16, -32768)],
    )
    def test_dark_is_dark(self, shown, dtype, dark, tmp_path):
        made = image(GREY.astype(dtype), modality="CT")
        made.PhotometricInterpretation = shown
        blank(made, Masking((BOX,)))
        assert set(back(made, tmp_path / "a.dcm")[0, 1:4, 2:10].ravel().tolist()) == {dark}

    def test_outside_the_regions_of_ultrasound(self, tmp_path):
        made = image(GREY, modality="US")
        made.SequenceOfUltrasoundRegions = [*region(2, 3, 6, 8), *region(10, 3, 12, 4)]
        blank(made, Masking(outside_regions=True))
        after = back(made, tmp_path / "a.dcm")[0, ..., 0]
        kept = np.zeros(GREY.shape, bool)
        kept[3:9, 2:7] = kept[3:5, 10:13] = True
        assert np.array_equal(after, np.where(kept, GREY, 0))

    def test_a_box_inside_the_regions(self, tmp_path):
        made = image(GREY, modality="US")
        made.SequenceOfUltrasoundRegions = region(0, 0, 63, 47)
        blank(made, Masking((BOX,), outside_regions=True))
        assert not back(made, tmp_path / "a.dcm")[0, 1:4, 2:10].any()

    def test_what_does_not_fit_is_said(self):
        made = image(GREY, modality="US")
        assert "64 columns and 48 rows" in unmaskable(made, Masking(((0, 0, 64, 3),)))
        assert "not a box" in unmaskable(made, Masking(((5, 0, 4, 3),)))
        assert "no Sequence of Ultrasound" in unmaskable(made, Masking(outside_regions=True))
        with pytest.raises(BadValue, match="no Sequence"):
            blank(made, Masking(outside_regions=True))

    def test_samples_that_cannot_be_read_are_not_called_masked(self):
        made = image(GREY, modality="US")
        made.PixelData = b"\0\0"
        with pytest.raises(BadValue, match="cannot be read"):
            blank(made, Masking((BOX,)))


def region(left, top, right, bottom):
    return group(
        RegionLocationMinX0=left,
        RegionLocationMinY0=top,
        RegionLocationMaxX1=right,
        RegionLocationMaxY1=bottom,
    )


class TestEmbeddedOverlays:
    def made(self, samples, *, stored=12):
        made = placed(samples, (0, 0, 0))
        made.BitsStored, made.HighBit = stored, stored - 1
        made.add_new(0x60000010, "US", made.Rows)
        made.add_new(0x60000100, "US", 16)
        made.add_new(0x60000102, "US", 15)
        return made

    def test_bits_above_the_samples_are_cleared(self):
        held = (NOISE.integers(0, 4096, (4, 5)) | 0x8000).astype(np.uint16)
        made = self.made(held)
        assert drop_embedded_overlays(made)
        assert np.array_equal(np.frombuffer(made.PixelData, np.uint16), (held & 0xFFF).ravel())

    def test_numbers_below_zero_stay(self):
        held = NOISE.integers(-2000, 2000, (4, 5)).astype(np.int16)
        made = self.made(held)
        assert drop_embedded_overlays(made)
        assert np.array_equal(np.frombuffer(made.PixelData, np.int16), held.ravel())

    def test_without_one_nothing_happens(self):
        made = placed(plane(0), (0, 0, 0))
        assert not drop_embedded_overlays(made)

    def test_in_compressed_samples_they_are_refused(self):
        made = self.made(NOISE.integers(0, 4096, (4, 5)).astype(np.uint16))
        compressed(made, RLELossless)
        with pytest.raises(BadValue, match="unused bits of compressed"):
            drop_embedded_overlays(made)


class TestComments:
    @pytest.mark.parametrize("frames", [1, 2])
    def test_of_jpeg_2000_and_the_samples_stay(self, frames, tmp_path):
        made = image(np.stack([GREY] * frames) if frames > 1 else GREY, modality="US")
        before = back(made, tmp_path / "before.dcm")
        compressed(made, JPEG2000Lossless)
        streams = list(generate_frames(made.PixelData, number_of_frames=frames))
        comment = b"\xff\x64\x00\x0b\x00\x01Zebulon"
        # After the segment of sizes, which must come first.
        size = int.from_bytes(streams[0][4:6], "big") + 4
        streams = [each[:size] + comment + each[size:] for each in streams]
        made.PixelData = encapsulate(streams, has_bot=frames > 1)
        assert b"Zebulon" in made.PixelData
        assert drop_comments(made) >= frames
        assert b"Zebulon" not in made.PixelData
        assert np.array_equal(back(made, tmp_path / "after.dcm"), before)
        assert made.file_meta.TransferSyntaxUID == JPEG2000Lossless

    def test_of_jpeg_but_not_what_colours_need(self):
        jfif = b"\xff\xe0\x00\x07JFIF\0"
        adobe = b"\xff\xee\x00\x07Adobe"
        exif = b"\xff\xe1\x00\x0bExif\0Doe\0"
        said = b"\xff\xfe\x00\x05Doe"
        rest = b"\xff\xda\x00\x02Doe\xff\xd9"
        stream = b"\xff\xd8" + jfif + said + adobe + exif + rest
        assert without_comments(stream) == (b"\xff\xd8" + jfif + adobe + rest, 2)

    @pytest.mark.parametrize("stream", [b"", b"\xff\xd8", b"\xff\xd8\xff\xfe\xff\xff", b"RIFFxxxx"])
    def test_other_streams_stay(self, stream):
        assert without_comments(stream) == (stream, 0)

    def test_not_in_uncompressed_samples(self):
        assert drop_comments(placed(plane(0), (0, 0, 0))) == 0
