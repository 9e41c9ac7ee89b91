"""NRRD segmentations: as 3D Slicer writes them, by SimpleITK's eyes, and damaged ones."""

import bz2
import gzip
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from limner.errors import BadValue, UnreadableFile
from limner.formats import nrrd
from limner.grid import Grid, vector
from limner.mask import Mask, Object
from limner.nrrd import open_nrrd
from limner.schema import Code, Schema
from tests.laws.test_round_trips import FILES, rotation
from tests.laws.values import masks

# The header is that of a file of 3D Slicer 4.11 as published by its makers (NA-MIC project week,
# 2020-12-17, "Segmentation and annotation storage format"); sizes and extents are smaller here,
# and one conversion parameter of twelve is kept.
HEADER = Path(__file__).with_name("slicer_head_mass.txt").read_text(encoding="utf-8")
ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))


def slicer_samples() -> np.ndarray:
    """(slices, rows, columns, layers): a head everywhere, a mass of 2 x 2 in the second slice."""
    samples = np.zeros((4, 5, 6, 2), np.uint8)
    samples[..., 0] = 1
    samples[1, 1:3, 2:4, 1] = 1
    return samples


def slicer_file(folder, header=HEADER, samples=None, name="scan.seg.nrrd"):
    path = folder / name
    held = slicer_samples() if samples is None else samples
    path.write_bytes(header.rstrip("\n").encode() + b"\n\n" + gzip.compress(held.tobytes()))
    return path


class TestOfSlicer:
    def test_segments_that_overlap_come_as_objects_of_their_own(self, tmp_path):
        mask = nrrd.read(slicer_file(tmp_path))
        assert [each.label for each in mask] == ["Head", "Mass"]
        assert mask.ids == (1, 2)  # both have the value 1, each in its layer
        assert (mask.voxels(1), mask.voxels(2)) == (120, 4)
        assert mask.where(2)[1, 1:3, 2:4].all()

    def test_names_colours_and_codes(self, tmp_path):
        schema = nrrd.read(slicer_file(tmp_path)).schema
        assert schema["head"].colour == (177, 122, 101)
        assert schema["Mass"].type == Code("SCT", "4147007", "Mass")
        assert schema["Mass"].category == Code(
            "SCT", "49755003", "Morphologically Altered Structure"
        )
        assert schema["Mass"].modifier is schema["Mass"].region is None

    def test_places(self, tmp_path):
        grid = nrrd.read(slicer_file(tmp_path)).grid
        assert grid.shape == (4, 5, 6)
        assert grid.origin_mm == (-119.53100000000005, -119.53099999999999, -77.7)
        assert grid.spacing_mm == pytest.approx((1.4, 0.9375, 0.9375))
        assert grid.placed

    def test_ras_and_las_are_turned(self, tmp_path):
        for space, flips in [("RAS", (-1, -1, 1)), ("left-anterior-superior", (1, -1, 1))]:
            header = HEADER.replace("left-posterior-superior", space)
            grid = nrrd.read(slicer_file(tmp_path, header)).grid
            assert grid.origin_mm == pytest.approx(np.array([-119.531, -119.531, -77.7]) * flips)
            assert grid.steps_mm[1] == pytest.approx((0, 0.9375 * flips[1], 0))

    def test_a_cropped_segmentation_lies_on_the_scan(self, tmp_path):
        mask = nrrd.read(slicer_file(tmp_path))
        scan = replace(mask.grid, shape=(9, 11, 13), origin_mm=(0, 0, 0))
        scan = replace(scan, origin_mm=vector(mask.grid.position_mm((-2, -3, -1))))
        back = nrrd.read(tmp_path / "scan.seg.nrrd", grid=scan)
        assert back.grid == scan
        assert np.array_equal(
            back.where(2).nonzero(), np.add(mask.where(2).nonzero(), [[2], [3], [1]])
        )

    def test_a_scan_stored_the_other_way_round_gets_it_too(self, tmp_path):
        mask = nrrd.read(slicer_file(tmp_path))
        scan = mask.grid.turned((2, 0, 1), (True, False, True))
        back = nrrd.read(tmp_path / "scan.seg.nrrd", grid=scan)
        assert back.grid == scan
        for index in [(1, 1, 2), (1, 2, 3)]:
            place = scan.index_at(mask.grid.position_mm(index)).round().astype(int)
            assert back.where(2)[tuple(place)]
        assert back.voxels(2) == 4

    def test_a_grid_beside_its_voxels_is_not_taken(self, tmp_path):
        mask = nrrd.read(slicer_file(tmp_path))
        scan = replace(mask.grid, origin_mm=vector(mask.grid.position_mm((0, 0.3, 0))))
        assert nrrd.read(tmp_path / "scan.seg.nrrd", grid=scan).grid == mask.grid

    def test_a_scan_that_would_cut_it_is_not_taken(self, tmp_path):
        mask = nrrd.read(slicer_file(tmp_path))
        scan = mask.grid.crop((1, 0, 0), (4, 5, 6))
        assert nrrd.read(tmp_path / "scan.seg.nrrd", grid=scan).grid == mask.grid

    def test_a_value_without_a_segment_stays(self, tmp_path):
        samples = slicer_samples()
        samples[0, 0, 0, 0] = 9
        mask = nrrd.read(slicer_file(tmp_path, samples=samples))
        assert [(each.id, each.label) for each in mask][2] == (9, "label 9")

    def test_a_segment_renamed_in_slicer_has_its_new_name_and_its_tracking(self, tmp_path):
        mask = Mask.of(np.ones((2, 3, 4)), Grid((2, 3, 4)), label="liver", tracking_uid="2.25.7")
        nrrd.write(mask, tmp_path / "m.seg.nrrd")
        held = (tmp_path / "m.seg.nrrd").read_bytes()
        (tmp_path / "m.seg.nrrd").write_bytes(
            held.replace(b"Segment0_Name:=liver", b"Segment0_Name:=cyst").replace(
                b"Segment0_Color:=0.901961 0.294118", b"Segment0_Color:=0.000000 1.000000"
            )
        )
        back = nrrd.read(tmp_path / "m.seg.nrrd")
        (only,) = back
        assert (only.label, only.tracking_uid) == ("cyst", "2.25.7")
        assert back.schema["cyst"].colour == (0, 255, 60)


@settings(FILES, max_examples=20)
@given(masks())
def test_a_mask_comes_back_as_it_was(tmp_path, mask):
    path = tmp_path / "mask.seg.nrrd"
    nrrd.write(mask, path)
    assert nrrd.read(path) == mask


@pytest.mark.parametrize("order, signs", ORIENTATIONS)
def test_simpleitk_sees_every_voxel_in_its_place(tmp_path, order, signs):
    """Oblique and anisotropic; two segments that overlap are the components of ITK's vector."""
    itk = pytest.importorskip("SimpleITK")
    axes = (np.eye(3)[list(order)] * np.array(signs)[:, None]) @ rotation(0.2, -0.3, 0.5).T
    grid = Grid((3, 4, 5), (-120.3, 88.8, 1500.0), tuple(map(vector, axes * [[2.5], [0.7], [0.9]])))
    first, second = np.zeros((2, 3, 4, 5), bool)
    first[1:, 1:, 1:3] = second[2, 3, 2:] = True
    mask = Mask(grid).with_object(first, Object(1, "liver")).with_object(second, Object(2, "cyst"))
    path = tmp_path / "mask.seg.nrrd"
    nrrd.write(mask, path)
    theirs = itk.ReadImage(str(path))
    for index in [(2, 3, 2), (1, 1, 1), (0, 0, 0), (2, 3, 4)]:
        place = theirs.TransformIndexToPhysicalPoint(index[::-1])
        assert np.allclose(place, grid.position_mm(index), atol=1e-9, rtol=0)
        assert theirs[index[::-1]] == (first[index], 2 * second[index])
    assert theirs.GetMetaData("Segment1_Name") == "cyst"
    assert theirs.GetMetaData("Segment1_Layer") == "1"
    assert theirs.GetMetaData("Segment1_Extent") == "2 4 3 3 2 2"


def test_what_simpleitk_writes_is_read(tmp_path):
    itk = pytest.importorskip("SimpleITK")
    labels = np.arange(60, dtype=np.int16).reshape(3, 4, 5) % 4
    theirs = itk.GetImageFromArray(labels)
    theirs.SetSpacing((0.9, 0.7, 2.5))
    theirs.SetOrigin((-10.0, 20.0, 30.5))
    theirs.SetDirection(rotation(0.1, 0.2, 0.3).ravel().tolist())
    for packed in (True, False):
        itk.WriteImage(theirs, str(tmp_path / "labels.nrrd"), packed)
        mask = nrrd.read(tmp_path / "labels.nrrd")
        assert np.array_equal(mask.label_map(), labels)
        place = theirs.TransformIndexToPhysicalPoint((4, 3, 2))
        assert np.allclose(mask.grid.position_mm((2, 3, 4)), place, atol=1e-9)


def plain(folder, body: bytes, *lines: str, name="m.nrrd"):
    head = "\n".join(("NRRD0004", *lines)).encode()
    (folder / name).write_bytes(head + b"\n\n" + body)
    return folder / name


USUAL = ("type: uint8", "dimension: 3", "sizes: 2 2 1", "spacings: 1 2 3")


class TestEncodings:
    @pytest.mark.parametrize(
        "encoding, body",
        [
            ("raw", bytes([0, 1, 2, 0])),
            ("ascii", b"0 1\n2 0\n"),
            ("bz2", bz2.compress(bytes([0, 1, 2, 0]))),
            ("gz", gzip.compress(bytes([0, 1, 2, 0]), mtime=0)),
        ],
        ids=["raw", "ascii", "bz2", "gz"],  # the bytes would be names that change by the second
    )
    def test_each(self, encoding, body, tmp_path):
        mask = nrrd.read(plain(tmp_path, body, *USUAL, f"encoding: {encoding}"))
        assert mask.label_map().tolist() == [[[0, 1], [2, 0]]]
        assert mask.grid.spacing_mm == (3, 2, 1)
        assert not mask.grid.placed

    def test_big_endian_floats(self, tmp_path):
        body = np.array([0, 1, 2, 3], ">f4").tobytes()
        lines = ("type: float", "endian: big", "dimension: 2", "sizes: 2 2", "encoding: raw")
        assert nrrd.read(plain(tmp_path, body, *lines)).ids == (1, 2, 3)
        assert nrrd.read(tmp_path / "m.nrrd").grid.scale == "none"

    def test_samples_beside_the_header(self, tmp_path):
        (tmp_path / "m.raw").write_bytes(b"skip" + bytes([0, 1, 2, 0]))
        lines = (*USUAL, "encoding: raw", "byte skip: -1", "data file: m.raw")
        assert nrrd.read(plain(tmp_path, b"", *lines, name="m.nhdr")).ids == (1, 2)
        with pytest.raises(BadValue, match="second file"):
            nrrd.write(Mask.of(np.ones((1, 1, 1)), Grid((1, 1, 1))), tmp_path / "n.nhdr")

    def test_microns_become_millimetres(self, tmp_path):
        lines = (
            "type: uint8",
            "dimension: 3",
            "space: RAS",
            "sizes: 1 1 1",
            "encoding: raw",
            "space directions: (2,0,0) (0,2,0) (0,0,5)",
            'space units: "um" "um" "um"',
        )
        assert open_nrrd(plain(tmp_path, b"\1", *lines)).grid.spacing_mm == pytest.approx(
            (0.005, 0.002, 0.002)
        )


DAMAGED = {
    "cut short: its header promises 4 bytes of samples, but 3 are": (b"abc", "encoding: raw"),
    "is damaged": (gzip.compress(bytes(4))[:-9], "encoding: gzip"),
    "cut short": (gzip.compress(bytes(3)), "encoding: gzip"),
    "encoded as 'hex'": (b"00", "encoding: hex"),
    "promises 2.0 GiB of samples, more than its bytes": (
        gzip.compress(bytes(9)),
        "encoding: gzip",
        "sizes: 2048 1024 1024",
    ),
    "the limit of 8 GiB": (b"", "encoding: bzip2", "sizes: 4096 4096 4096"),
    "has an axis without a voxel|needs a voxel on every axis": (b"", "sizes: 0 2 2"),
    "cannot be followed": (b"", "sizes: two by two"),
    "is not beside it": (b"", "encoding: raw", "data file: gone.raw"),
    "Give one file, beside the header": (b"", "encoding: raw", "data file: ../../etc/passwd"),
    "promises 4 numbers": (b"1 2", "encoding: text"),
    "of type 'block'": (b"", "type: block"),
    "no usable geometry": (b"", "space directions: (1,0,0) (1,0,0) (0,0,1)"),
    "There are 3 axes and 2 directions": (b"", "space directions: (1,0,0) (0,1,0)"),
    "Of 3 axes 1 are of space": (b"", "kinds: vector list domain"),
}


@pytest.mark.parametrize("sentence", DAMAGED)
def test_a_damaged_file_is_one_sentence(sentence, tmp_path):
    body, *lines = DAMAGED[sentence]
    with pytest.raises(UnreadableFile, match=sentence) as caught:
        nrrd.read(plain(tmp_path, body, *USUAL, *lines))
    assert str(caught.value).endswith(".")


def test_a_header_without_sizes(tmp_path):
    with pytest.raises(UnreadableFile, match="has no 'sizes'"):
        nrrd.read(plain(tmp_path, b"", "type: uint8"))


def test_two_values_a_voxel_without_segments(tmp_path):
    lines = ("type: uint8", "dimension: 4", "sizes: 2 2 1 1", "kinds: vector domain domain domain")
    with pytest.raises(BadValue, match="has 2 values a voxel"):
        nrrd.read(plain(tmp_path, bytes(4), *lines, "encoding: raw"))


@pytest.mark.parametrize("value", ["-1", "1e9", "x"])
def test_a_segment_of_no_number(value, tmp_path):
    header = HEADER.replace("Segment0_LabelValue:=1", f"Segment0_LabelValue:={value}")
    if value == "-1":
        assert nrrd.read(slicer_file(tmp_path, header)).ids  # the voxels stay, as label 1
        return
    with pytest.raises(BadValue, match="whole numbers"):
        nrrd.read(slicer_file(tmp_path, header))


def test_a_code_that_would_break_the_entry(tmp_path):
    schema = Schema.of("liver")
    odd = Schema((replace(schema["liver"], type=Code("SCT", "1", "a~b")),))
    mask = replace(Mask.of(np.ones((1, 1, 1)), Grid((1, 1, 1)), label="liver"), schema=odd)
    with pytest.raises(BadValue, match="separate codes"):
        nrrd.write(mask, tmp_path / "m.seg.nrrd")


def test_a_thousand_objects(tmp_path):
    """In a second or so: names, boxes and ids are found in one look at a layer."""
    labels = np.arange(1000, dtype=np.uint16).reshape(10, 10, 10)
    mask = Mask.from_labels(labels, Grid((10, 10, 10)))
    nrrd.write(mask, tmp_path / "m.nrrd")
    assert np.array_equal(nrrd.read(tmp_path / "m.nrrd").label_map(), labels)
