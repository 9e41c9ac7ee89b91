"""`limner deidentify`: folders, what is drawn on them, and what must not go out."""

import subprocess
import zipfile
from datetime import date

import highdicom as hd
import numpy as np
import pydicom
import pytest

from limner.cases.open import read
from limner.cases.reports import read_report, write_report
from limner.cases.save import read_mask, write
from limner.mask import Mask, Object
from limner.measure import measure
from limner.schema import Code, Label, Schema
from tests.cli.scans import limner
from tests.dicom.make import stack
from tests.needs import program

WORD = "Zebulon"
SCHEMA = Schema(
    (
        Label(1, "liver"),
        Label(
            2,
            f"{WORD}s tumour",
            category=Code("SCT", "49755003", "Morphologically Abnormal Structure"),
            type=Code("SCT", "4147007", "Mass"),
        ),
        Label(3, f"{WORD}s own", category=Code("99ZEB", "1", WORD), type=Code("99ZEB", "2", WORD)),
    )
)


def series(folder, **told):
    """Four slices of a patient with a name in most places."""
    about = {
        "PatientName": f"{WORD}^John",
        "PatientID": f"{WORD}1",
        "StudyDescription": f"for Dr {WORD}",
        "SeriesDescription": WORD,
        "InstitutionName": f"{WORD} hospital",
        "OperatorsName": WORD,
        "BodyPartExamined": "ABDOMEN",
        "SeriesDate": "20240102",
        "SeriesTime": "101502",
    }
    return stack(folder, names=[f"{WORD}{k}.dcm" for k in range(4)], **(about | told))


def drawn(scan):
    """Three objects on a scan: with a vocabulary's code, a schema's, and a hospital's own."""
    labels = np.zeros(scan.grid.shape, np.uint8)
    labels[:2, :3, :3] = 1
    labels[3, 1:3, 2:5] = 2
    labels[2, 2:, 4:] = 3
    objects = (
        Object(1, "liver", name=f"{WORD} liver", source="human", rater=f"Dr {WORD}"),
        Object(
            2,
            SCHEMA.labels[1].name,
            name=f"{WORD} one",
            tracking_uid="1.3.99.7",
            source="model",
            rater=f"{WORD} net",
        ),
        Object(3, SCHEMA.labels[2].name, source="model"),
    )
    return Mask(scan.grid, (labels,), objects, schema=SCHEMA)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A scan with SEG, RTSTRUCT and SR by Limner, which no test changes."""
    folder = tmp_path_factory.mktemp("original")
    series(folder / "ct")
    scan = read(folder / "ct")
    mask = drawn(scan)
    write(mask, folder / "m.seg.dcm", image=scan)
    write(mask, folder / "m.rtstruct.dcm", image=scan)
    write_report(
        measure(mask, scan),
        folder / "m.sr.dcm",
        mask=mask,
        image=scan,
        drawn=folder / "m.seg.dcm",
    )
    return folder


def run(tmp_path, *paths, out="out", key="a.key", code=0, **more):
    words = [w for k, v in more.items() for w in (f"--{k.replace('_', '-')}", v) if w is not True]
    told = limner("deidentify", *paths, "-o", tmp_path / out, "--key", tmp_path / key, *words)
    assert told.code == code, told.err
    return told


def written(folder):
    return {path: pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm")) if path.is_file()}


def of_kind(folder, modality):
    found = [path for path, each in written(folder).items() if each.Modality == modality]
    return found[0] if len(found) == 1 else found


def references(dataset):
    """Every instance that is referred to, at any depth."""
    found = set()
    for each in dataset.iterall():
        if each.keyword == "ReferencedSOPInstanceUID":
            found.add(each.value)
    return found


def no_word_in(folder, *more):
    for path in folder.rglob("*"):
        assert WORD.lower() not in str(path.relative_to(folder)).lower()
        raw = path.read_bytes().lower() if path.is_file() else b""
        for word in (WORD, "1.3.99.7", *more):
            assert word.lower().encode() not in raw, (path, word)


class TestAStudy:
    def test_it_says_nothing_and_still_joins(self, study, tmp_path):
        told = run(tmp_path, study)
        assert "7 files of 1 patient" in told.out
        uids = [each.SOPInstanceUID for each in written(study).values()]
        no_word_in(tmp_path / "out", "20240102", *uids)

        before, scan = read(study / "ct"), read(of_kind(tmp_path / "out", "CT")[0].parent)
        assert np.array_equal(
            scan.block((0, 0, 0), scan.grid.shape), before.block((0, 0, 0), before.grid.shape)
        )
        mask = drawn(before)
        for modality in ("SEG", "RTSTRUCT"):
            back = read_mask(of_kind(tmp_path / "out", modality), grid=scan.grid)
            assert back.grid.frame == scan.grid.frame
            for each in mask.ids:
                assert np.array_equal(back.where(each), mask.where(each)), modality
            assert {"Liver", "Mass"} < {each.label for each in back}, modality

        reports = read_report(of_kind(tmp_path / "out", "SR"), image=scan)
        assert [each["volume"].value for each in reports] == [
            each["volume"].value for each in measure(mask, before)
        ]
        seg = pydicom.dcmread(of_kind(tmp_path / "out", "SEG"))
        tracked = seg.SegmentSequence[1]
        assert tracked.TrackingUID == reports[1].object.tracking_uid
        assert tracked.TrackingUID != "1.3.99.7"
        assert tracked.TrackingID.startswith("T")

    def test_highdicom_finds_its_references(self, study, tmp_path):
        run(tmp_path, study)
        here = {each.SOPInstanceUID for each in written(tmp_path / "out").values()}
        seg = hd.seg.segread(of_kind(tmp_path / "out", "SEG"))
        sources = {each[2] for each in seg.get_source_image_uids()}
        assert sources
        assert sources <= here
        report = hd.sr.srread(of_kind(tmp_path / "out", "SR"))
        named = report.content.get_volumetric_roi_measurement_groups()
        assert len(named) + len(report.content.get_planar_roi_measurement_groups()) == 3
        segments = references(report)
        assert seg.SOPInstanceUID in segments
        assert segments <= here
        evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
        assert evidence.StudyInstanceUID == seg.StudyInstanceUID
        listed = {
            item.ReferencedSOPInstanceUID
            for each in evidence.ReferencedSeriesSequence
            for item in each.ReferencedSOPSequence
        }
        assert listed <= here
        told = [each.CodeValue for each in report.DeidentificationMethodCodeSequence]
        assert told == ["113100", "113107", "113104"]

    def test_the_same_key_gives_the_same_files_and_another_key_others(self, study, tmp_path):
        run(tmp_path, study)
        run(tmp_path, study, out="again")
        run(tmp_path, study, out="other", key="b.key")
        names = [
            {path.relative_to(tmp_path / out) for path in written(tmp_path / out)}
            for out in ("out", "again", "other")
        ]
        assert names[0] == names[1]
        assert not names[0] & names[2]
        for name in names[0]:
            assert (tmp_path / "out" / name).read_bytes() == (
                tmp_path / "again" / name
            ).read_bytes()

    def test_twice_is_as_once(self, study, tmp_path):
        run(tmp_path, study)
        run(tmp_path, tmp_path / "out", out="twice")
        for path in written(tmp_path / "out"):
            again = tmp_path / "twice" / path.relative_to(tmp_path / "out")
            assert pydicom.dcmread(again) == pydicom.dcmread(path)

    def test_a_later_visit_joins_and_keeps_its_distance(self, tmp_path):
        series(tmp_path / "first", StudyDate="20231230")
        series(tmp_path / "later", StudyDate="20240301", StudyInstanceUID="1.2.3")
        run(tmp_path, tmp_path / "first", out="one")
        run(tmp_path, tmp_path / "later", out="two")
        one, two = (next(iter(written(tmp_path / out).values())) for out in ("one", "two"))
        assert one.PatientID == two.PatientID
        assert one.StudyInstanceUID != two.StudyInstanceUID
        days = [date.fromisoformat(each.StudyDate) for each in (one, two)]
        assert (days[1] - days[0]).days == 62
        assert days[0] != date(2023, 12, 30)

    def test_a_zip_and_single_files_too(self, study, tmp_path):
        with zipfile.ZipFile(tmp_path / "ct.zip", "w") as packed:
            for path in (study / "ct").iterdir():
                packed.write(path, path.name)
        told = run(tmp_path, tmp_path / "ct.zip", study / "m.seg.dcm")
        assert "5 files of 1 patient" in told.out

    @pytest.mark.parametrize("modality", ["CT", "SEG", "RTSTRUCT", "SR"])
    def test_dciodvfy_finds_no_new_errors(self, study, tmp_path, modality):
        check = program("dicom3tools")

        def errors(path):
            told = subprocess.run([check, path], capture_output=True, text=True)
            lines = (told.stdout + told.stderr).splitlines()
            return {line.partition("=")[0] for line in lines if line.startswith("Error")}

        run(tmp_path, study)
        before, after = of_kind(study, modality), of_kind(tmp_path / "out", modality)
        if modality == "CT":
            before, after = before[0], after[0]
        assert errors(after) <= errors(before)


class TestJoining:
    def test_a_mask_of_the_original_joins_the_scan_that_was_handed_out(self, study, tmp_path):
        run(tmp_path, study / "ct")
        scan = read(tmp_path / "out")
        for ending in (".seg.dcm", ".rtstruct.dcm"):
            out = tmp_path / f"new{ending}"
            asked = ("convert", study / "m.seg.dcm", "-o", out, "--image", study / "ct", "--lossy")
            told = limner(*asked, "--deidentify", tmp_path / "a.key")
            assert told.code == 0, told.err
            raw = out.read_bytes()
            assert WORD.encode() not in raw
            assert b"20240102" not in raw
            made = pydicom.dcmread(out)
            assert (
                made.StudyInstanceUID
                == pydicom.dcmread(next((tmp_path / "out").rglob("*.dcm"))).StudyInstanceUID
            )
            back = read_mask(out, grid=scan.grid)
            assert np.array_equal(back.where(1), drawn(scan).where(1))

    def test_a_picture_of_it_shows_no_label(self, study, tmp_path, monkeypatch):
        from limner.formats import secondary_capture

        seen = []
        real = secondary_capture.picture
        monkeypatch.setattr(
            secondary_capture,
            "picture",
            lambda mask, scan: (seen.append(mask), real(mask, scan))[1],
        )
        run(tmp_path, study / "ct")
        out = tmp_path / "new.sc.dcm"
        asked = ("convert", study / "m.seg.dcm", "-o", out, "--image", study / "ct")
        assert limner(*asked, "--deidentify", tmp_path / "a.key").code == 0
        assert pydicom.dcmread(out).BurnedInAnnotation == "NO"
        assert [each.label for each in seen[0]] == ["Liver 1", "Mass 2", "class 3"]
        assert [each.name for each in seen[0]] == ["1", "2", "3"]

    def test_segment_writes_it_at_once(self, tmp_path):
        series(tmp_path / "ct")
        run(tmp_path, tmp_path / "ct")
        out = tmp_path / "new.seg.dcm"
        asked = ("segment", "-i", tmp_path / "ct", "-o", out, "-m", "fake", "--index")
        told = limner(
            *asked, "--click", "1,2,2", "--label", WORD, "--deidentify", tmp_path / "a.key"
        )
        assert told.code == 0, told.err
        assert WORD.encode() not in out.read_bytes()
        assert read_mask(out, grid=read(tmp_path / "out").grid).anywhere().any()

    @pytest.mark.parametrize(
        ("out", "key", "said"),
        [
            ("new.nii.gz", "a.key", "is no DICOM file"),
            ("new.seg.dcm", "none.key", "There is no key"),
        ],
    )
    def test_what_would_not_join_is_refused(self, study, tmp_path, out, key, said):
        run(tmp_path, study / "ct")
        asked = ("convert", study / "m.seg.dcm", "-o", tmp_path / out, "--image", study / "ct")
        told = limner(*asked, "--deidentify", tmp_path / key)
        assert (told.code, said in told.err) == (2, True), told.err
        assert not (tmp_path / out).exists()
        assert not (tmp_path / "none.key").exists()

    def test_off_by_default(self, study):
        assert WORD.encode() in (study / "m.seg.dcm").read_bytes()
