"""`limner convert`: what is written, what would be lost, and what is refused."""

import json

import numpy as np
import pydicom
import pytest
from typer.testing import CliRunner

from limner.cases.save import read_mask, write
from limner.cli import app, load
from limner.grid import Grid
from limner.mask import Mask, Object

GRID = Grid((2, 3, 4), (10, -20, 30), ((0, 0, 2.5), (0, -0.7, 0), (-0.7, 0, 0)))


def liver(grid=GRID) -> Mask:
    inside = np.zeros(grid.shape, bool)
    inside[0, 1:, 1:3] = True
    return Mask.of(inside, grid, label="liver", name="the only one", tracking_uid="2.25.5")


def overlapping() -> Mask:
    inside = np.zeros(GRID.shape, bool)
    inside[0, 2, 2:] = True
    return liver().with_object(inside, Object(2, "vessel"))


def convert(*words):
    load("convert")
    return CliRunner().invoke(app, ["convert", *map(str, words)])


def test_from_nifti_to_slicer_and_back(tmp_path):
    write(liver(), tmp_path / "a.nii.gz")
    told = convert(tmp_path / "a.nii.gz", "-o", tmp_path / "b.seg.nrrd")
    assert told.exit_code == 0, told.output
    assert "1 liver" in told.output
    convert(tmp_path / "b.seg.nrrd", "-o", tmp_path / "c.nii.gz", "--quiet")
    assert read_mask(tmp_path / "c.nii.gz") == liver()


def test_overlap_is_said_and_refused_and_then_given_to_the_later(tmp_path):
    write(overlapping(), tmp_path / "a.seg.nrrd")
    refused = convert(tmp_path / "a.seg.nrrd", "-o", tmp_path / "b.nii.gz")
    assert refused.exit_code == 2
    assert "Overlap is lost: nifti holds one object a voxel, so the later has it." in refused.output
    assert "--lossy" in refused.output
    assert not (tmp_path / "b.nii.gz").exists()
    done = convert(tmp_path / "a.seg.nrrd", "-o", tmp_path / "b.nii.gz", "--lossy")
    assert done.exit_code == 0
    assert "Note: Overlap is lost" in done.output
    assert read_mask(tmp_path / "b.nii.gz").voxels(1) == 3


def test_every_trait_that_an_npz_lacks_has_its_sentence(tmp_path):
    write(liver(), tmp_path / "a.nii.gz")
    told = convert(tmp_path / "a.nii.gz", "-o", tmp_path / "b.npz")
    for word in ("place in the patient", "names of classes", "names of single", "Tracking ids"):
        assert word in told.output, word
    assert "Colours" not in told.output  # the class has the colour that a plain map gives it


def test_a_slice_of_many_is_never_guessed(tmp_path):
    write(liver(), tmp_path / "a.nii.gz")
    told = convert(tmp_path / "a.nii.gz", "-o", tmp_path / "b.png", "--lossy")
    assert told.exit_code == 2
    assert "has 2 slices and the format holds one" in told.output


def test_a_picture_needs_the_scan_and_nothing_else(tmp_path):
    from limner.nifti import save_volume

    write(liver(), tmp_path / "a.nii.gz")
    save_volume(np.zeros((1, *GRID.shape), np.int16), GRID, tmp_path / "scan.nii", about=None)
    told = convert(tmp_path / "a.nii.gz", "-o", tmp_path / "b.overlay.png")
    assert told.exit_code == 2
    assert "Give it with --image" in told.output
    picture = (tmp_path / "a.nii.gz", "-o", tmp_path / "b.sc.dcm", "-i", tmp_path / "scan.nii")
    told = convert(*picture)
    assert told.exit_code == 0, told.output
    assert "a picture for people" in told.output


def test_classes_from_a_table_and_into_one(tmp_path):
    write(Mask.from_labels(np.ones((1, 2, 2), np.uint8), Grid((1, 2, 2))), tmp_path / "a.nii.gz")
    (tmp_path / "in.tsv").write_text("index\tname\tcolor\n1\tspleen\t#010203\n")
    told = convert(
        *(tmp_path / "a.nii.gz", "-o", tmp_path / "b.seg.nrrd"),
        *("--classes", tmp_path / "in.tsv", "--write-classes", tmp_path / "out.json"),
    )
    assert told.exit_code == 0, told.output
    assert read_mask(tmp_path / "b.seg.nrrd").schema["spleen"].colour == (1, 2, 3)
    (segments,) = json.loads((tmp_path / "out.json").read_text())["segmentAttributes"]
    assert segments[0]["SegmentLabel"] == "spleen"


def test_formats_by_name_where_endings_do_not_say(tmp_path):
    write(liver(), tmp_path / "a.nii")
    (tmp_path / "a.nii").rename(tmp_path / "a.mask")
    told = convert(
        tmp_path / "a.mask", "-o", tmp_path / "b.thing", "--from", "nifti", "--to", "nrrd"
    )
    assert told.exit_code == 0, told.output
    assert (tmp_path / "b.thing").read_bytes().startswith(b"NRRD0004")


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("gone.nii", "-o", "b.nii"), "There is no mask"),
        (("empty.nii", "-o", "b.nii"), "is empty (0 bytes)"),
        (("a.nii", "-o", "a.nii"), "is the mask itself"),
        (("a.nii", "-o", "b.xyz"), "does not say which format"),
        (("a.nii", "-o", "b.nii", "--to", "nrd"), "Did you mean 'nrrd'"),  # misspelt
        (("a.nii", "-o", "b.nii", "--name", "x"), "holds one image's mask"),
        (("a.nii", "-o", "b.nii", "--write-classes", "c.xls"), "which table of classes"),
        (("a.nii", "-o", "b.nii", "--classes", "c.tsv"), "no table of classes"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(liver(), tmp_path / "a.nii")
    (tmp_path / "empty.nii").touch()
    told = convert(*words)
    assert told.exit_code == 2
    assert sentence in told.output
    assert not (tmp_path / "b.nii").exists()


def a_data_set(folder):
    """Two scans with masks, as `limner phantom` lays them out."""
    from limner.cases.layouts import layout_named
    from limner.image import Image
    from limner.sample import Sample, Target

    folder.mkdir()
    samples = np.arange(24, dtype=np.int16).reshape(GRID.shape)
    cases = [
        Sample(f"case_{n}", {"image": Image.of(samples + n, GRID)}, (Target("dense", liver()),))
        for n in range(2)
    ]
    layout_named("folder_pairs").write(iter(cases), folder)
    return folder


@pytest.mark.parametrize("layout", ["msd", "nnunet_raw", "bids", "folder_pairs"])
class TestDataSets:
    def test_there_and_back(self, layout, tmp_path):
        folder = a_data_set(tmp_path / "set")
        told = convert(folder, "-o", tmp_path / "new", "--to", layout, "--lossy")
        assert told.exit_code == 0, told.output
        assert f"2 cases as {layout}" in told.output
        back = convert(tmp_path / "new", "-o", tmp_path / "back", "--to", "folder_pairs")
        assert back.exit_code == 0, back.output
        mask = read_mask(tmp_path / "back" / "masks" / "case_1.nii.gz")
        assert np.array_equal(mask.where(1), liver().where(1))
        assert mask.grid.matches(GRID)

    def test_what_is_lost_stops_it_whole(self, layout, tmp_path):
        told = convert(a_data_set(tmp_path / "set"), "-o", tmp_path / "new", "--to", layout)
        if layout == "folder_pairs":
            assert told.exit_code == 0
            return
        assert told.exit_code == 2
        assert "case 'case_0'" in told.output
        assert "The names of single objects are lost" in told.output
        assert [each.name for each in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("set", "-o", "new"), "Say the layout of the new one with --to"),
        (("set", "-o", "new", "--to", "mds"), "Did you mean 'msd'"),  # misspelt
        (("set", "-o", "set/new", "--to", "msd"), "in the data set itself"),
        (("set", "-o", "full", "--to", "msd"), "is there already"),
        (("set", "-o", "a/b", "--to", "msd", "--lossy"), "does not exist"),
        (("full", "-o", "new", "--to", "msd"), "is none that is known"),
        (("set", "-o", "new", "--to", "msd", "--image", "x"), "--image is for one mask"),
    ],
)
def test_what_cannot_be_done_with_a_folder(words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a_data_set(tmp_path / "set")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").touch()
    told = convert(*words)
    assert told.exit_code == 2
    assert sentence in told.output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["full", "set"]


def test_how_a_structure_set_is_drawn_is_chosen_and_the_mask_stays(tmp_path):
    ring = np.ones((1, 9, 9), bool)
    ring[0, 3:6, 3:6] = False
    mask = Mask.of(ring, Grid((1, 9, 9), (0, 0, 0), ((0, 0, 3), (0, 1, 0), (1, 0, 0))), label="a")
    write(mask, tmp_path / "a.nii.gz")
    contours = {}
    for holes in ("keyhole", "xor"):
        out = tmp_path / f"{holes}.rtstruct.dcm"
        words = ("--choose", f"holes={holes}", "--choose", "outline=smooth")
        told = convert(tmp_path / "a.nii.gz", "-o", out, *words)
        assert told.exit_code == 0, told.output
        contours[holes] = len(pydicom.dcmread(out).ROIContourSequence[0].ContourSequence)
        assert np.array_equal(read_mask(out, grid=mask.grid).where(1), ring)
    assert contours == {"keyhole": 1, "xor": 2}


@pytest.mark.parametrize(
    ("out", "word", "sentence"),
    [
        ("b.rtstruct.dcm", "holes=none", "outline=edges or smooth; holes=keyhole or xor"),
        ("b.rtstruct.dcm", "smooth", "'smooth' was chosen"),
        ("b.nii.gz", "holes=xor", "none: leave it out"),
    ],
)
def test_a_choice_that_a_format_lacks_is_refused_before_anything(tmp_path, out, word, sentence):
    write(liver(), tmp_path / "a.nii.gz")
    told = convert(tmp_path / "a.nii.gz", "-o", tmp_path / out, "--choose", word)
    assert told.exit_code == 2
    assert sentence in " ".join(told.output.split())
    assert not (tmp_path / out).exists()
