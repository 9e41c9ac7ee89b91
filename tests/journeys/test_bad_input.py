"""What a person may get wrong: each is one sentence, exit code 2, and nothing half-written."""

import json
import os
import stat

import numpy as np
import pytest

from tests.cli.scans import limner, picture, volume

SLICE = ("--index", "--click", "2,8,10")


@pytest.fixture
def tried(tmp_path):
    """Call `segment` on a small volume; it must end with 2, one sentence, and no file."""
    volume(tmp_path / "scan.nii.gz")

    def call(*words, scan="scan.nii.gz", out="m.nii.gz", model="fake"):
        before = files(tmp_path)
        path = tmp_path / scan if isinstance(scan, str) else scan
        told = limner("segment", "-i", path, "-o", tmp_path / out, "--model", model, *words)
        assert told.code == 2, told.out + told.err
        assert told.out == ""
        assert "Traceback" not in told.err
        assert told.err.startswith("limner: ")
        assert files(tmp_path) == before
        return told.err

    return call


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -- what is asked for --------------------------------------------------------------------


def test_unknown_model(tried):
    assert "no model called 'clasic'. Did you mean 'classic'?" in tried(*SLICE, model="clasic")


def test_unknown_label(tried, tmp_path):
    (tmp_path / "classes.toml").write_text('[[label]]\nvalue = 1\nname = "liver"\n')
    said = tried(*SLICE, "--label", "livr", "--schema", tmp_path / "classes.toml")  # misspelt
    assert "'livr'. Did you mean 'liver'?" in said


def test_unknown_runtime_device_and_window(tried):
    assert "runs no network" in tried(*SLICE, "--runtime", "openvino", model="classic")
    assert "There are: cpu" in tried(*SLICE, "--device", "cuda")
    assert "'lungs'. Did you mean 'lung'?" in tried(*SLICE, "--window", "lungs")


def test_unknown_ending(tried):
    assert ".nii.gz" in tried(*SLICE, out="mask.xyz")


def test_no_prompt_at_all(tried):
    assert "There is no prompt" in tried()


def test_contradictory_clicks(tried):
    said = tried(*SLICE, "--outside", "2,8,10")
    assert "(2, 8, 10) is in object 1 and another that it is not" in said


def test_a_click_outside(tried):
    assert "lies outside of the image" in tried("--index", "--click", "2,8,100")
    assert "say --index if you meant voxels" in tried("--click", "2,800,10")


def test_a_box_outside(tried):
    assert "lies outside of the image" in tried("--index", "--box", "2,50,50 2,60,60")


def test_an_empty_scribble(tried):
    assert "A scribble has no points" in tried("--stroke", "")


def test_a_lasso_on_one_line(tried):
    assert "encloses nothing" in tried("--index", "--lasso", "2,1,1 2,2,2 2,3,3")


@pytest.mark.parametrize("place", ["1;2;3", "1,2", "one,two,three", "1,2,3,4", "nan,1,2"])
def test_a_malformed_position(tried, place):
    said = tried("--click", place)
    assert place.split(",")[0] in said
    assert "Give" in said or "Write" in said


def test_a_prompts_file_with_an_unknown_kind(tried, tmp_path):
    told = {"objects": [{"prompts": [{"kind": "lasoo", "loop_mm": []}]}]}  # misspelt
    (tmp_path / "p.json").write_text(json.dumps(told))
    assert "Did you mean 'lasso'?" in tried("--prompts", tmp_path / "p.json")


def test_prompts_both_typed_and_in_a_file(tried, tmp_path):
    (tmp_path / "p.json").write_text('{"objects": [{"prompts": []}]}')
    assert "one or the other" in tried(*SLICE, "--prompts", tmp_path / "p.json")


def test_a_prior_that_is_not_there_or_elsewhere(tried, tmp_path):
    assert "no mask" in tried("--prior", tmp_path / "gone.nii.gz")
    said = limner("segment", "-i", picture(tmp_path / "p.png"), "-o", tmp_path / "prior.png",
                  "--index", "--click", "5,5", "--model", "fake")  # fmt: skip
    assert said.code == 0
    assert "does not say where it lies" in tried("--prior", tmp_path / "prior.png")


def test_a_frame_that_is_not_there(tried):
    assert "has one" in tried(*SLICE, "--frame", "3")


def test_a_size_for_a_scan_that_has_one(tried):
    assert "Leave --spacing out" in tried(*SLICE, "--spacing", "0.5")


# -- the scan -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.nii.gz", b""),
        ("empty.dcm", b""),
        ("text.nii.gz", b"patient 1, liver"),
        ("text.png", b"not a picture"),
        ("cut.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"),
        ("unknown.bin", bytes(64)),
    ],
)
def test_a_file_that_is_no_scan(tried, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert f"'{name}'" in tried(*SLICE, scan=name)


def test_a_truncated_scan(tried, tmp_path):
    whole = (tmp_path / "scan.nii.gz").read_bytes()
    (tmp_path / "half.nii.gz").write_bytes(whole[: len(whole) // 2])
    assert "'half.nii.gz'" in tried(*SLICE, scan="half.nii.gz")


def test_a_scan_that_is_not_there(tried):
    assert "There is no file or folder" in tried(*SLICE, scan="gone.nii.gz")


def test_an_empty_folder(tried, tmp_path):
    (tmp_path / "folder").mkdir()
    assert "is empty" in tried(*SLICE, scan="folder")


def test_a_folder_of_several_series_lists_them(tried, tmp_path):
    from importlib.util import find_spec
    from pathlib import Path
    from shutil import copyfile

    held = Path(str(find_spec("pydicom").origin)).parent / "data" / "test_files"
    (tmp_path / "study").mkdir()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        copyfile(held / name, tmp_path / "study" / name)
    said = tried("--click", "1,2,3", scan="study")
    assert "1: CT" in said
    assert "2: MR" in said
    assert "--series 1" in said
    told = limner("info", tmp_path / "study")
    assert told.code == 0
    assert "128" in told.out
    listed = json.loads(limner("info", tmp_path / "study", "--json").out)["series"]
    assert [each["modality"] for each in listed] == ["CT", "MR"]
    chosen = limner("info", tmp_path / "study", "--series", "2", "--json")
    assert json.loads(chosen.out)["grid"]["shape"] == [1, 64, 64]


# -- where it is written ------------------------------------------------------------------


def test_an_output_folder_that_is_not_there(tried):
    assert "does not exist. Create it first." in tried(*SLICE, out="gone/m.nii.gz")


def test_an_output_that_is_a_folder(tried, tmp_path):
    (tmp_path / "m").mkdir()
    assert "is a folder" in tried(*SLICE, out="m")


def test_an_output_that_is_the_scan(tried, tmp_path):
    before = (tmp_path / "scan.nii.gz").read_bytes()
    assert "is the scan itself" in tried(*SLICE, out="scan.nii.gz")
    assert (tmp_path / "scan.nii.gz").read_bytes() == before


def test_two_outputs_of_one_name(tried, tmp_path):
    said = tried(*SLICE, "--session", tmp_path / "m.nii.gz")
    assert "Give each its own" in said


def test_a_read_only_output_folder(tried, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("root may write everywhere; test_stopped.py tries it as another user")
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "could not be written" in tried(*SLICE, out="locked/m.nii.gz")


# -- what is odd and works ----------------------------------------------------------------


def test_spaces_and_letters_of_other_languages(tmp_path):
    folder = tmp_path / "Ünï cödé 患者 1"
    folder.mkdir()
    scan = volume(folder / "scän 1.nii.gz")
    words = ("--session", folder / "sitzung é.limner.json", "--report", folder / "lauf ü.json")
    out = folder / "mäske 1.nii.gz"
    told = limner("segment", "-i", scan, "-o", out, *SLICE, "--model", "fake", *words,
                  "--label", "Läsion – links")  # fmt: skip
    assert told.code == 0, told.err
    assert "Läsion – links" in told.out
    again = limner("measure", out, "-i", scan, "-o", folder / "tabelle ß.csv")
    assert again.code == 0, again.err
    assert "Läsion – links" in (folder / "tabelle ß.csv").read_text(encoding="utf-8")
    assert len(list(folder.iterdir())) == 5


def test_several_frames_take_the_first_and_say_so(tmp_path):
    import nibabel

    samples = np.zeros((24, 20, 6, 3), np.int16)
    path = tmp_path / "moving.nii.gz"
    nibabel.save(nibabel.Nifti1Image(samples, np.diag([-2, -2, 2, 1])), path)
    told = limner("segment", "-i", path, "-o", tmp_path / "m.nii.gz", *SLICE, "--model", "fake")
    assert told.code == 0, told.err
    assert "3 frames in time; the first was taken. Choose with --frame." in told.out
    third = ("--frame", "2")
    told = limner("segment", "-i", path, "-o", tmp_path / "m.nii.gz", *SLICE, *third,
                  "--model", "fake")  # fmt: skip
    assert "Choose with" not in told.out


# -- masks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--keep", "livr"), "Did you mean 'liver'?"),  # misspelt
        (("--remap", "1-2"), "Write --remap 3=1"),
        (("--remap", "1=2"), "Two objects would have the id 2"),
        (("--merge", "1"), "names one object"),
        (("--rename", "1"), "Write --rename 1=liver"),
        (("--crop", "0,0,0 9,99,99"), "is not inside the mask"),
    ],
)
def test_edits_that_cannot_be(tmp_path, words, said):
    mask = two_objects(tmp_path)
    told = limner("edit", mask, "-o", tmp_path / "new.nii.gz", *words)
    assert told.code == 2
    assert said in told.err
    assert not (tmp_path / "new.nii.gz").exists()


def two_objects(tmp_path):
    from limner.cases.save import write
    from limner.grid import Grid
    from limner.mask import Mask, Object

    grid = Grid((6, 20, 24), steps_mm=((0, 0, 2), (0, 2, 0), (2, 0, 0)))
    inside = np.zeros(grid.shape, bool)
    inside[1:4, 2:8, 3:9] = True
    mask = Mask.of(inside, grid, label="liver")
    mask = mask.with_object(np.roll(inside, 10, axis=2), Object(2, "cyst", slices=(2,)))
    write(mask, tmp_path / "mask.nii.gz")
    return tmp_path / "mask.nii.gz"


def test_edits_that_can_be(tmp_path):
    from limner.cases.save import read_mask

    mask, out = two_objects(tmp_path), tmp_path / "new.nii.gz"
    told = limner("edit", mask, "-o", out, "--rename", "cyst=tumour", "--remap", "1=2",
                  "--remap", "2=1", "--crop", "1,0,0 3,19,23")  # fmt: skip
    assert told.code == 0, told.err
    new = read_mask(out)
    assert {each.id: each.label for each in new} == {2: "liver", 1: "tumour"}
    assert new.grid.shape == (3, 20, 24)
    assert new.grid.origin_mm == pytest.approx((0, 0, 2))
    assert new.find(1).slices == (1,)  # slice 2 is now the second of three
    assert new.voxels(2) == 3 * 6 * 6
    limner("edit", mask, "-o", out, "--merge", "liver,cyst")
    merged = read_mask(out)
    assert merged.ids == (1,)
    assert merged.voxels(1) == 216
    assert merged.find(1).slices == (2,)  # a part was answered on one slice: it has no volume


def test_a_score_of_what_does_not_fit(tmp_path):
    mask = two_objects(tmp_path)
    told = limner("score", mask, tmp_path / "gone.nii.gz")
    assert (told.code, told.out) == (2, "")
    assert "There is no file or folder" in told.err
    assert "Give two files or two folders" in limner("score", mask, tmp_path).err
    told = limner("score", mask, mask, "--metrics", "dise")  # misspelt
    assert "Did you mean 'dice'?" in told.err
