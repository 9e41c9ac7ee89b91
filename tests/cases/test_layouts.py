"""Layouts of data sets: each holds what it says, reads others' files, and refuses odd ones."""

import json
import re

import nibabel
import numpy as np
import pytest

from limner.cases.layouts import LAYOUTS, layout_named, layout_of
from limner.errors import BadValue, GeometryMismatch, NotFound, UnreadableFile
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.sample import Coverage, Sample, Target
from limner.schema import Code, Label, Schema

TILTED = Grid((2, 3, 4), (10, -20, 30.5), ((0, 0.5, 2.5), (0, -0.7, 0), (-0.7, 0, 0)))
SCHEMA = Schema(
    (
        Label(1, "liver", synonyms=("hepar",), colour=(1, 2, 3), type=Code("SCT", "1", "Liver")),
        Label(2, "cyst"),
    )
)


def an_image(seed: int = 0, grid: Grid = TILTED) -> Image:
    samples = np.random.default_rng(seed).integers(-1000, 1000, grid.shape).astype(np.int16)
    return Image.of(samples, grid)


def a_mask(grid: Grid = TILTED, classes=(1, 2)) -> Mask:
    layer = np.zeros(grid.shape, np.uint8)
    for number in classes:
        layer[0, number] = number
    objects = tuple(Object(n, SCHEMA.of_value(n).name) for n in classes)
    return Mask(grid, (layer,), objects, schema=SCHEMA)


def two_cases() -> list[Sample]:
    return [
        Sample("case_1", {"image": an_image(1)}, (Target("dense", a_mask()),)),
        Sample("case_2", {"image": an_image(2)}, (Target("dense", a_mask(classes=(2,))),)),
    ]


def written(name, folder, samples=None):
    folder.mkdir()
    layout_named(name).write(iter(two_cases() if samples is None else samples), folder)
    return folder


@pytest.mark.parametrize("name", LAYOUTS.names())
class TestEveryLayout:
    def test_is_known_by_what_it_writes(self, name, tmp_path):
        assert layout_of(written(name, tmp_path / "set")) == name

    def test_cases_images_and_classes_come_back(self, name, tmp_path):
        back = list(layout_named(name).samples(written(name, tmp_path / "set")))
        assert [each.id for each in back] == ["case_1", "case_2"]
        for one, two in zip(two_cases(), back, strict=True):
            assert two.image.grid.matches(one.image.grid)
            assert np.array_equal(two.image.whole(), one.image.whole())
            assert two.mask.grid == two.image.grid
            assert [(each.id, each.label) for each in two.mask] == [
                (each.id, each.label) for each in one.mask
            ]
            for each in one.mask.ids:
                assert np.array_equal(two.mask.where(each), one.mask.where(each))

    def test_traits_that_it_claims(self, name, tmp_path):
        """The tilt and the place, values, colours, codes and synonyms of the first case."""
        first = next(layout_named(name).samples(written(name, tmp_path / "set")))
        assert {"shear", "place", "stack", "classes"} <= layout_named(name).HOLDS
        assert np.allclose(first.mask.grid.corners_mm(), TILTED.corners_mm(), atol=1e-4)
        assert first.mask.schema["liver"] == SCHEMA["liver"]

    def test_a_case_without_a_mask(self, name, tmp_path):
        cases = [two_cases()[0], Sample("case_9", {"image": an_image()}, groups={"split": "test"})]
        back = list(layout_named(name).samples(written(name, tmp_path / "set", cases)))
        assert [len(each.targets) for each in back] == [1, 0]
        assert back[1].id == "case_9"

    def test_a_folder_that_is_none(self, name, tmp_path):
        (tmp_path / "a.txt").touch()
        assert not layout_named(name).claims(tmp_path)
        assert not layout_named(name).claims(tmp_path / "gone")


class TestSeveralImages:
    def sample(self):
        images = {"T1w": an_image(1), "FLAIR": an_image(2)}
        return Sample("p1", images, (Target("dense", a_mask(), image="T1w"),))

    @pytest.mark.parametrize("name", ["msd", "nnunet_raw", "bids"])
    def test_come_back_by_name(self, name, tmp_path):
        (back,) = layout_named(name).samples(written(name, tmp_path / "set", [self.sample()]))
        assert set(back.images) == {"T1w", "FLAIR"}
        for each in back.images:
            assert np.array_equal(back.images[each].whole(), self.sample().images[each].whole())

    def test_one_a_case_is_said(self, tmp_path):
        with pytest.raises(BadValue, match="has 2 images: T1w, FLAIR"):
            written("folder_pairs", tmp_path / "set", [self.sample()])

    @pytest.mark.parametrize("name", ["msd", "nnunet_raw"])
    def test_all_cases_have_the_same(self, name, tmp_path):
        with pytest.raises(BadValue, match="the same of all"):
            written(name, tmp_path / "set", [self.sample(), two_cases()[0]])

    @pytest.mark.parametrize("name", ["msd", "nnunet_raw"])
    def test_images_on_two_grids_are_said(self, name, tmp_path):
        images = {"a": an_image(), "b": an_image(grid=TILTED.crop((0, 0, 0), (2, 3, 3)))}
        with pytest.raises(GeometryMismatch, match="choose the layout bids"):
            written(name, tmp_path / "set", [Sample("x", images)])


class TestNnUNet:
    def test_is_what_nnunet_demands(self, tmp_path):
        """dataset_format.md: consecutive labels, names of channels, files with _0000."""
        odd = Schema((Label(5, "a"), Label(9, "b")))
        layer = np.where(np.arange(24).reshape(TILTED.shape) % 3 == 0, 9, 5).astype(np.uint8)
        mask = Mask(TILTED, (layer,), (Object(9, "b"), Object(5, "a")), schema=odd)
        folder = written(
            "nnunet_raw",
            tmp_path / "set",
            [Sample("x", {"CT": an_image()}, (Target("dense", mask),))],
        )
        told = json.loads((folder / "dataset.json").read_text())
        assert told["labels"] == {"background": 0, "a": 1, "b": 2}
        assert told["channel_names"] == {"0": "CT"}
        assert (told["numTraining"], told["file_ending"]) == (1, ".nii.gz")
        assert (folder / "imagesTr" / "x_0000.nii.gz").is_file()
        theirs = np.asarray(nibabel.load(folder / "labelsTr" / "x.nii.gz").dataobj)
        assert np.array_equal(theirs.transpose(2, 1, 0), np.where(layer == 9, 2, 1))

    def test_where_nobody_looked_is_ignored_and_back(self, tmp_path):
        where = np.ones(TILTED.shape, bool)
        where[1] = False
        target = Target("dense", a_mask(), Coverage(where=where))
        cases = [Sample("case_1", {"image": an_image()}, (target,)), two_cases()[1]]
        folder = written("nnunet_raw", tmp_path / "set", cases)
        assert json.loads((folder / "dataset.json").read_text())["labels"]["ignore"] == 3
        one, two = layout_named("nnunet_raw").samples(folder)
        (back,) = one.targets
        assert np.array_equal(back.coverage.where, where)
        assert one.mask.ids == (1, 2)
        assert two.targets[0].coverage.where is None

    def test_regions_are_left_out(self, tmp_path):
        folder = written("nnunet_raw", tmp_path / "set")
        told = json.loads((folder / "dataset.json").read_text())
        told["labels"]["all"] = [1, 2]
        (folder / "dataset.json").write_text(json.dumps(told))
        assert next(layout_named("nnunet_raw").samples(folder)).mask.ids == (1, 2)

    def test_pictures_in_colour(self, tmp_path):
        grid = Grid.picture(4, 5)
        colours = np.random.default_rng(0).integers(0, 255, (1, 4, 5, 3), np.uint8)
        mask = Mask.from_labels(np.eye(4, 5, dtype=np.uint8)[None], grid)
        sample = Sample("p", {"image": Image.of(colours, grid)}, (Target("dense", mask),))
        folder = written("nnunet_raw", tmp_path / "set", [sample])
        told = json.loads((folder / "dataset.json").read_text())
        assert told["channel_names"] == {"0": "R", "1": "G", "2": "B"}
        (back,) = layout_named("nnunet_raw").samples(folder)
        assert np.array_equal(back.image.whole(), colours)

    def test_what_is_missing_is_said(self, tmp_path):
        folder = written("nnunet_raw", tmp_path / "set")
        (folder / "labelsTr" / "case_2.nii.gz").unlink()
        with pytest.raises(NotFound, match="case 'case_2' has no 'case_2.nii.gz'"):
            list(layout_named("nnunet_raw").samples(folder))
        told = json.loads((folder / "dataset.json").read_text())
        told["channel_names"]["1"] = "PT"
        (folder / "dataset.json").write_text(json.dumps(told))
        with pytest.raises(NotFound, match="lacks the file of channel 1"):
            list(layout_named("nnunet_raw").samples(folder))


class TestMsd:
    def test_a_file_outside_is_not_opened(self, tmp_path):
        folder = written("msd", tmp_path / "set")
        told = json.loads((folder / "dataset.json").read_text())
        told["training"][0]["image"] = "../../etc/passwd"
        (folder / "dataset.json").write_text(json.dumps(told))
        with pytest.raises(BadValue, match="outside the data set"):
            list(layout_named("msd").samples(folder))

    def test_a_list_that_cannot_be_followed(self, tmp_path):
        folder = written("msd", tmp_path / "set")
        (folder / "dataset.json").write_text('{"modality": {}, "labels": {}, "training": [3]}')
        with pytest.raises(UnreadableFile, match="cannot be followed"):
            list(layout_named("msd").samples(folder))

    def test_a_mask_that_does_not_fit(self, tmp_path):
        folder = written("msd", tmp_path / "set")
        nibabel.save(
            nibabel.Nifti1Image(np.zeros((9, 9, 9), np.uint8), np.eye(4)),
            folder / "labelsTr" / "case_1.nii.gz",
        )
        with pytest.raises(GeometryMismatch, match="'case_1.nii.gz' has"):
            list(layout_named("msd").samples(folder))

    def test_a_cut_dataset_json(self, tmp_path):
        folder = written("msd", tmp_path / "set")
        (folder / "dataset.json").write_text('{"modality": ')
        with pytest.raises(BadValue, match="is none that is known"):
            layout_of(folder)
        with pytest.raises(UnreadableFile, match="cannot be read as JSON"):
            list(layout_named("msd").samples(folder))

    def test_nnunets_first_version_is_read(self, tmp_path):
        folder = written("msd", tmp_path / "set")
        for path in (folder / "imagesTr").iterdir():
            path.rename(path.with_name(path.name.replace(".nii.gz", "_0000.nii.gz")))
        assert len(list(layout_named("msd").samples(folder))) == 2


class TestBids:
    def test_names_of_files(self, tmp_path):
        folder = written("bids", tmp_path / "set")
        found = sorted(
            str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()
        )
        derived = "derivatives/limner/sub-case1/anat/sub-case1_dseg"
        assert {f"{derived}.nii.gz", f"{derived}.tsv", f"{derived}.json"} <= set(found)
        assert "sub-case1/anat/sub-case1_scan.nii.gz" in found
        assert (folder / f"{derived}.tsv").read_text().splitlines()[1] == "1\tliver\thepar\t#010203"
        told = json.loads((folder / "derivatives/limner/dataset_description.json").read_text())
        assert (told["DatasetType"], told["GeneratedBy"][0]["Name"]) == ("derivative", "limner")

    def test_two_names_that_become_one(self, tmp_path):
        cases = [Sample(each, {"image": an_image()}) for each in ("a_1", "a1")]
        with pytest.raises(BadValue, match="that of 'a_1' too"):
            written("bids", tmp_path / "set", cases)

    def test_a_table_inherited_from_above_and_raters(self, tmp_path):
        folder = written("bids", tmp_path / "set")
        for path in folder.rglob("*_dseg.tsv"):
            path.unlink()
        other = folder / "derivatives" / "manual" / "sub-case1" / "anat"
        other.mkdir(parents=True)
        labels = np.zeros((4, 3, 2), np.uint8)
        labels[1] = 7
        source = nibabel.load(folder / "sub-case1/anat/sub-case1_scan.nii.gz")
        nibabel.save(
            nibabel.Nifti1Image(labels, source.affine), other / "sub-case1_desc-a_dseg.nii.gz"
        )
        (folder / "derivatives" / "manual" / "dseg.tsv").write_text("index\tname\n7\tspleen\n")
        first = next(layout_named("bids").samples(folder))
        assert [each.rater for each in first.targets] == ["limner", "manual"]
        assert [each.label for each in first.targets[1].value] == ["spleen"]

    def test_a_segmentation_without_a_scan(self, tmp_path):
        folder = written("bids", tmp_path / "set")
        (folder / "sub-case2" / "anat" / "sub-case2_scan.nii.gz").unlink()
        with pytest.raises(NotFound, match="segmentation of 'sub-case2' but no image"):
            list(layout_named("bids").samples(folder))


def test_an_empty_data_set_is_said(tmp_path):
    for name in ("msd", "nnunet_raw", "bids"):
        with pytest.raises(BadValue, match="no case to write"):
            written(name, tmp_path / name, [])


def test_a_folder_of_no_layout_names_those_there_are(tmp_path):
    with pytest.raises(BadValue, match=re.escape(", ".join(LAYOUTS.names()))):
        layout_of(tmp_path)
