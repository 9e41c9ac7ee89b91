"""Names of classes as other programs keep them: in the header, and in tables beside a mask."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import nibabel
import numpy as np
import pytest

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.formats import _tables, nifti, png
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.schema import Code, Label, Schema
from tests.data import shared

GRID = Grid((1, 2, 3))
LABELS = np.array([[[0, 1, 7], [0, 7, 7]]], np.uint8)

# As TotalSegmentator's nifti_ext_header.py lays it out, with two of its classes.
TOTAL = """<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>
 <Date><![CDATA[2013-07-14T05:45:09]]></Date>   <VolumeInformation Index="0">
   <LabelTable>
 <Label Key="1" Red="0.8666666666666667" Green="0.5" Blue="0.4" Alpha="1"><![CDATA[liver]]></Label>
 <Label Key="7" Red="0" Green="0" Blue="1" Alpha="1"><![CDATA[kidney_left & co]]></Label>
   </LabelTable>
   <StudyMetaDataLinkSet>  </StudyMetaDataLinkSet>
   <VolumeType>Label</VolumeType>   </VolumeInformation></CaretExtension>"""

TSV = """index	name	abbreviation	color
0	background	BG	#000000
1	liver	LIV	#dd8066
7	cyst	n/a	n/a
"""

DCMQI = {
    "ContentCreatorName": "Doe^John",
    "segmentAttributes": [
        [
            {
                "labelID": 1,
                "SegmentDescription": "Liver Segmentation",
                "SegmentAlgorithmType": "SEMIAUTOMATIC",
                "SegmentedPropertyCategoryCodeSequence": {
                    "CodeValue": "123037004",
                    "CodingSchemeDesignator": "SCT",
                    "CodeMeaning": "Anatomical Structure",
                },
                "SegmentedPropertyTypeCodeSequence": {
                    "CodeValue": "10200004",
                    "CodingSchemeDesignator": "SCT",
                    "CodeMeaning": "Liver",
                },
                "recommendedDisplayRGBValue": [221, 84, 84],
            }
        ],
        [{"labelID": 1, "SegmentLabel": "Left kidney"}],
    ],
}


def bare(folder, name="scan_dseg.nii.gz", extension=None):
    """A label map of nibabel's, which knows no names."""
    image = nibabel.Nifti1Image(LABELS.transpose(2, 1, 0), np.diag([-1, -1, 1, 1]))
    if extension is not None:
        code, text = extension
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, text.encode()))
    nibabel.save(image, folder / name)
    return folder / name


def two() -> Mask:
    schema = Schema(
        (
            Label(1, "liver", colour=(221, 128, 102), type=Code("SCT", "10200004", "Liver")),
            Label(7, "cyst & co", synonyms=("Zyste",), colour=(0, 0, 255)),
        )
    )
    objects = (
        Object(1, "liver", source="model", rater="limner-2", tracking_uid="2.25.3"),
        Object(7, "cyst & co", name="cyst of the left"),
    )
    return Mask(GRID, (LABELS,), objects, schema=schema)


class TestHeader:
    @pytest.mark.parametrize("code", [0, 30])
    def test_totalsegmentators_names_are_read(self, code, tmp_path):
        mask = nifti.read(bare(tmp_path, extension=(code, TOTAL)))
        assert [(each.id, each.label) for each in mask] == [(1, "liver"), (7, "kidney_left & co")]
        assert mask.schema["liver"].colour == (221, 128, 102)

    def test_a_file_of_totalsegmentators_own_lies_on_its_dicom_series(self):
        """Its rows run the other way: the mask is turned onto the scan, voxel for voxel."""
        from limner.cases.open import read

        folder = shared("data/io/totalseg_auto")
        scan = read(folder / "dicom_series")
        own = nifti.read(folder / "dicom_series_seg.nii.gz")
        mask = nifti.read(folder / "dicom_series_seg.nii.gz", grid=scan.grid)
        assert [each.label for each in mask][:3] == ["spleen", "liver", "stomach"]
        assert mask.grid == scan.grid != own.grid
        assert np.array_equal(mask.label_map(), own.label_map()[:, ::-1])

    def test_ours_are_where_totalsegmentator_looks(self, tmp_path):
        """The first extension, as XML whose labels have a Key and a text."""
        nifti.write(two(), tmp_path / "m.nii.gz")
        first = nibabel.load(tmp_path / "m.nii.gz").header.extensions[0]
        assert first.get_code() == 0
        table = ET.fromstring(first.get_content().rstrip(b"\0"))
        told = {int(each.get("Key")): each.text for each in table.iter("Label")}
        assert told == {1: "liver", 7: "cyst of the left"}
        assert nifti.read(tmp_path / "m.nii.gz") == two()

    def test_a_damaged_table_is_no_table(self, tmp_path):
        mask = nifti.read(bare(tmp_path, extension=(0, "<LabelTable><Label Key='x'>")))
        assert [each.label for each in mask] == ["label 1", "label 7"]


class TestBeside:
    def test_bids(self, tmp_path):
        (tmp_path / "scan_dseg.tsv").write_text(TSV)
        mask = nifti.read(bare(tmp_path))
        assert [each.label for each in mask] == ["liver", "cyst"]
        assert mask.schema["LIV"].colour == (221, 128, 102)

    def test_dcmqi(self, tmp_path):
        (tmp_path / "scan_dseg.json").write_text(json.dumps(DCMQI))
        mask = nifti.read(bare(tmp_path))
        assert [each.label for each in mask] == ["Liver Segmentation", "label 7"]
        assert mask.schema["Liver Segmentation"].type == Code("SCT", "10200004", "Liver")

    def test_a_json_of_another_meaning_is_left(self, tmp_path):
        (tmp_path / "scan_dseg.json").write_text('{"Manual": true}')
        assert nifti.read(bare(tmp_path)).ids == (1, 7)

    def test_our_own_record_goes_first(self, tmp_path):
        nifti.write(two(), tmp_path / "scan_dseg.nii.gz")
        (tmp_path / "scan_dseg.tsv").write_text("index\tname\n1\tspleen\n7\tspleen 2\n")
        assert nifti.read(tmp_path / "scan_dseg.nii.gz") == two()


class TestTables:
    @pytest.mark.parametrize("ending", [".tsv", ".ctbl", ".txt", ".json", ".toml"])
    def test_values_names_and_colours_come_back(self, ending, tmp_path):
        _tables.write(two(), tmp_path / f"classes{ending}")
        back = _tables.read(tmp_path / f"classes{ending}")
        assert [(each.value, each.name, each.colour) for each in back.labels] == [
            (each.value, each.name, each.colour) for each in two().schema.labels
        ]

    def test_dcmqi_has_two_segments_of_one_number_in_two_files(self, tmp_path):
        (tmp_path / "meta.json").write_text(json.dumps(DCMQI))
        schema = _tables.read(tmp_path / "meta.json")
        assert [(each.value, each.name) for each in schema.labels] == [
            (1, "Liver Segmentation"),
            (2, "Left kidney"),
        ]

    def test_dcmqis_own_demands(self, tmp_path):
        """seg-schema.json: a number, a description, an algorithm, two codes; a name for models."""
        _tables.write(two(), tmp_path / "meta.json")
        (segments,) = json.loads((tmp_path / "meta.json").read_text())["segmentAttributes"]
        for each in segments:
            assert {"labelID", "SegmentDescription", "SegmentAlgorithmType"} <= set(each)
            assert set(each["SegmentedPropertyTypeCodeSequence"]) == {
                "CodeValue",
                "CodingSchemeDesignator",
                "CodeMeaning",
            }
        assert segments[0]["SegmentAlgorithmName"] == "limner-2"
        assert segments[0]["TrackingUniqueIdentifier"] == "2.25.3"

    def test_dataset_json_of_msd_and_of_nnunet(self, tmp_path):
        for labels in ({"0": "background", "1": "liver"}, {"background": 0, "liver": 1}):
            (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
            assert _tables.read(tmp_path / "dataset.json").names == ("liver",)

    def test_slicers_new_colour_table(self, tmp_path):
        head = "LabelValue,Name,Color_R,Color_G,Color_B,Color_A"
        (tmp_path / "c.ctbl").write_text(f"{head}\n0,Background,0,0,0,0\n3,liver,1,2,3,255\n")
        assert _tables.read(tmp_path / "c.ctbl").labels[0] == Label(3, "liver", colour=(1, 2, 3))

    @pytest.mark.parametrize(
        "name, text, sentence",
        [
            ("a.tsv", "value\tword\n", "'index' and 'name' are needed"),
            ("a.tsv", "index\tname\nx\ty\n", "no table of classes"),
            ("a.tsv", "index\tname\n1\tliver\n1\tcyst\n", "stands for two classes"),
            ("a.json", "[", "no table of classes"),
            ("a.json", "[]", "has no 'labels'"),
            ("a.json", '{"segmentAttributes": 3}', "no list of lists"),
            ("a.json", '{"segmentAttributes": [[{}]]}', "no table of classes. .*labelID"),
            ("a.json", '{"labels": {"liver": null}}', "Give a whole number"),
            ("a.ctbl", "1 liver 0\n", "lacks a name or a colour"),
            ("a.txt", "hello", "no line of ITK-SNAP"),
            ("a.toml", "[[label", "not TOML"),
        ],
    )
    def test_a_table_that_is_none(self, name, text, sentence, tmp_path):
        (tmp_path / name).write_text(text)
        with pytest.raises(UnreadableFile, match=sentence):
            _tables.read(tmp_path / name)

    def test_no_file_and_no_such_ending(self, tmp_path):
        with pytest.raises(NotFound):
            _tables.read(tmp_path / "gone.tsv")
        with pytest.raises(BadValue, match="ends in one of: .toml, .json"):
            _tables.read(tmp_path / "classes.xls")

    def test_a_table_is_applied_by_name_and_by_value(self):
        plain = Mask.from_labels(LABELS, GRID)
        named = _tables.applied(two().schema, plain)
        assert [each.label for each in named] == ["liver", "cyst & co"]
        shouted = replace(
            plain, schema=Schema.of("LIVER", "x"), objects=(Object(1, "LIVER"), Object(7, "x"))
        )
        assert _tables.applied(two().schema, shouted).find(1).label == "liver"
        with pytest.raises(BadValue, match="names none for: 7 label 7"):
            _tables.applied(Schema.of("liver"), plain)


def test_a_foreign_palette_gives_its_colours(tmp_path):
    from PIL import Image as Picture

    picture = Picture.fromarray(LABELS[0])
    picture.putpalette([0, 0, 0, 200, 10, 20] + [0] * 15 + [5, 6, 7])
    picture.save(tmp_path / "map.png")
    mask = png.read(tmp_path / "map.png")
    assert mask.ids == (1, 7)
    assert [label.colour for label in mask.schema.labels] == [(200, 10, 20), (5, 6, 7)]
