"""A DICOM folder becomes a SEG that other programs read, and that measures as it was outlined."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from limner.dicom.derived import at
from limner.formats import dicom_seg
from tests.cli.scans import limner
from tests.dicom.make import placed, save

BOX = ("--index", "--box", "2,5,8 2,11,15")


@pytest.fixture
def folder(tmp_path):
    """A CT of six slices whose files have names in another order."""
    for k in range(6):
        samples = np.full((20, 24), 50 + k, np.int16)
        save(placed(samples, (10, 20, 3.0 * k), spacing=(2.0, 2.0)), tmp_path / "ct" / f"{9 - k}")
    return tmp_path


def outlined(folder, *words, out="mask.seg.dcm"):
    told = limner("segment", "-i", folder / "ct", "-o", folder / out, *words, "--model", "fake")
    assert told.code == 0, told.err
    return told.out


def test_from_a_folder_to_a_seg_and_its_measurements(folder):
    import highdicom

    with at(datetime(2026, 3, 4, tzinfo=UTC)):
        said = outlined(folder, *BOX, "--label", "Leber")
    assert "no code" not in said
    theirs = highdicom.seg.segread(folder / "mask.seg.dcm")
    described = theirs.get_segment_description(1)
    assert described.segmented_property_type.meaning == "Liver"
    assert described.algorithm_type.value == "SEMIAUTOMATIC"
    assert described.algorithm_identification[0].AlgorithmName == "Limner"
    assert theirs.ContentDate == "20260304"
    mask = dicom_seg.read(folder / "mask.seg.dcm")
    assert int(theirs.pixel_array.sum()) == mask.voxels(1) > 0
    told = limner("measure", folder / "mask.seg.dcm", "-i", folder / "ct", "--json")
    assert told.code == 0, told.err
    (found,) = json.loads(told.out)["objects"]
    assert found["label"] == "Leber"


def test_a_class_that_nobody_coded_is_said(folder):
    assert "'whatsit' has no code" in outlined(folder, *BOX, "--label", "whatsit")


def test_a_seg_is_where_the_next_outline_begins(folder):
    outlined(folder, *BOX)
    told = outlined(folder, "--prior", folder / "mask.seg.dcm", out="next.labelmap.seg.dcm")
    assert "Written to" in told
    one, other = (
        dicom_seg.read(folder / each) for each in ("mask.seg.dcm", "next.labelmap.seg.dcm")
    )
    assert one.grid == other.grid


def test_objects_that_overlap_are_both_kept(folder):
    objects = [
        {"label": name, "prompts": [{"kind": "box", "corners_index": [[2, row, 3], [2, 15, 12]]}]}
        for name, row in (("liver", 4), ("tumour", 8))
    ]
    (folder / "p.json").write_text(json.dumps({"objects": objects}))
    said = outlined(folder, "--prompts", folder / "p.json")
    assert "share" not in said
    mask = dicom_seg.read(folder / "mask.seg.dcm")
    assert mask.overlap
    for out in ("mask.nii.gz", "mask.labelmap.seg.dcm"):
        said = outlined(folder, "--prompts", folder / "p.json", out=out)
        assert "the later one has them" in said
    words = ("convert", folder / "mask.seg.dcm", "-o", folder / "new.labelmap.seg.dcm")
    assert "Overlap is lost" in limner(*words).err
    assert limner(*words, "--lossy", "--image", folder / "ct").code == 0


def test_a_seg_given_as_a_scan_is_a_sentence(folder):
    outlined(folder, *BOX)
    words = ("-i", folder / "mask.seg.dcm", "-o", folder / "x.nii.gz", *BOX, "--model", "fake")
    told = limner("segment", *words)
    assert told.code == 2
    assert "a segmentation, not an image" in told.err
