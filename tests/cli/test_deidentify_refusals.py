"""`limner deidentify`: what must not go out, what is left out, and that a stop leaves nothing."""

import csv
import gc
import json
import stat
import warnings

import numpy as np
import pydicom
import pydicom.data
import pytest
from pydicom.fileset import FileSet
from pydicom.uid import JPEG2000Lossless

from limner.dicom import deidentify_files
from tests.cli.scans import limner
from tests.dicom.make import compressed, group, image, placed, plane, save, stack

GREY = np.random.default_rng(4).integers(1, 250, (48, 64), np.uint8)
PDF = "1.2.840.10008.5.1.4.1.1.104.1"


@pytest.fixture
def scans(tmp_path):
    """Two slices of a CT."""
    folder = tmp_path / "scans"
    stack(folder / "ct", (0.0, 3.0), BodyPartExamined="CHEST")
    return folder


def run(tmp_path, *words):
    return limner("deidentify", *words, "-o", tmp_path / "out", "--key", tmp_path / "a.key")


def refused(tmp_path, *words, said):
    told = run(tmp_path, *words)
    assert (told.code, said in told.err) == (2, True), told.err or told.out
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "a.key").exists()
    assert not list(tmp_path.glob(".limner-*"))


def files(folder):
    return [pydicom.dcmread(each) for each in sorted(folder.rglob("*.dcm"))]


def sonogram(path, **told):
    return save(image(GREY, modality="US", uid=f"1.2.{len(path.name)}", **told), path)


class TestBurnedIn:
    def test_ultrasound_is_refused_and_named(self, scans, tmp_path):
        sonogram(scans / "us.dcm")
        refused(tmp_path, scans, said="'us.dcm' is ultrasound")

    def test_and_left_out_where_that_is_wished(self, scans, tmp_path):
        sonogram(scans / "us.dcm")
        told = run(tmp_path, scans, "--skip-unknown")
        assert "2 files of 1 patient" in told.out
        assert "Left out: 'us.dcm'" in told.out
        assert {each.Modality for each in files(tmp_path / "out")} == {"CT"}

    def test_masked_it_goes_out_and_says_so(self, tmp_path):
        path = sonogram(tmp_path / "us.dcm", Modality="US")
        made = compressed(pydicom.dcmread(path), JPEG2000Lossless)
        save(made, path)
        told = run(tmp_path, path, "--blank", "0,0,63,9", "--blank", "50,10,63,47")
        assert "Masked: 1 of the files" in told.out
        (after,) = files(tmp_path / "out")
        assert not after.pixel_array[:10].any()
        assert not after.pixel_array[10:, 50:].any()
        assert np.array_equal(after.pixel_array[10:, :50], GREY[10:, :50])
        assert after.BurnedInAnnotation == "NO"
        codes = [each.CodeValue for each in after.DeidentificationMethodCodeSequence]
        assert codes == ["113100", "113107", "113101"]

    def test_what_is_not_masked_keeps_its_transfer_syntax(self, tmp_path):
        made = compressed(placed(GREY.astype(np.int16), (0, 0, 0)), JPEG2000Lossless)
        save(made, tmp_path / "ct.dcm")
        assert run(tmp_path, tmp_path / "ct.dcm").code == 0
        (after,) = files(tmp_path / "out")
        assert after.file_meta.TransferSyntaxUID == JPEG2000Lossless
        assert np.array_equal(after.pixel_array, GREY)

    def test_regions_of_ultrasound_leave_other_scans_whole(self, scans, tmp_path):
        box = {f"RegionLocation{end}": at for end, at in zip(ENDS, (5, 6, 40, 30), strict=True)}
        sonogram(scans / "us.dcm", SequenceOfUltrasoundRegions=group(**box))
        told = run(tmp_path, scans, "--blank", "outside-regions")
        assert "Masked: 1 of the files" in told.out
        by_kind = {each.Modality: each for each in files(tmp_path / "out")}
        assert not by_kind["US"].pixel_array[:6].any()
        assert np.array_equal(by_kind["US"].pixel_array[6:31, 5:41], GREY[6:31, 5:41])
        assert by_kind["CT"].pixel_array.any()
        assert "BurnedInAnnotation" not in by_kind["CT"]

    def test_a_capture_whose_elements_are_written_in_two_ways(self, tmp_path):
        path = pydicom.data.get_testdata_file("SC_rgb_jpeg.dcm")
        assert run(tmp_path, path, "--blank", "0,0,255,9").code == 0
        (after,) = files(tmp_path / "out")
        assert not after.pixel_array[:10].any()
        assert after.pixel_array[10:].any()

    def test_rules_by_machine_and_size(self, tmp_path):
        sonogram(tmp_path / "us" / "a.dcm", Manufacturer="ACME Ltd", ManufacturerModelName="Echo 7")
        rules = tmp_path / "rules.toml"
        rules.write_text(
            '[[rule]]\nmanufacturer = "acme"\nrows = 99\nblank = [[0, 0, 9, 9]]\n'
            '[[rule]]\nmanufacturer = "acme"\nmodel = "echo"\ncolumns = 64\n'
            "blank = [[0, 0, 63, 4]]\n"
        )
        assert run(tmp_path, tmp_path / "us", "--blank-rules", rules).code == 0
        (after,) = files(tmp_path / "out")
        assert not after.pixel_array[:5].any()
        assert np.array_equal(after.pixel_array[5:], GREY[5:])

    def test_no_rule_fits(self, tmp_path):
        sonogram(tmp_path / "us.dcm", Manufacturer="Other")
        rules = tmp_path / "rules.toml"
        rules.write_text('[[rule]]\nmanufacturer = "acme"\nblank = [[0, 0, 9, 9]]\n')
        refused(tmp_path, tmp_path / "us.dcm", "--blank-rules", rules, said="is ultrasound")

    @pytest.mark.parametrize(
        ("rules", "said"),
        [
            ("rule = 1", "no file of rules"),
            ('[[rule]]\nmaker = "x"\nblank = []', "a rule about 'maker'"),
            ('[[rule]]\nblank = ["all"]', "'a,l,l' is no box"),
            ("[[rule]\n", "no file of rules"),
        ],
    )
    def test_rules_that_are_none(self, scans, tmp_path, rules, said):
        (tmp_path / "rules.toml").write_text(rules)
        refused(tmp_path, scans, "--blank-rules", tmp_path / "rules.toml", said=said)

    @pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "top"])
    def test_boxes_that_are_none(self, scans, tmp_path, box):
        refused(tmp_path, scans, "--blank", box, said="is no box")

    def test_a_box_beside_the_picture(self, tmp_path):
        sonogram(tmp_path / "us.dcm")
        asked = (tmp_path / "us.dcm", "--blank", "0,0,64,9")
        refused(tmp_path, *asked, said="64 columns and 48 rows")


ENDS = ("MinX0", "MinY0", "MaxX1", "MaxY1")


class TestWhatIsNotUnderstood:
    def test_an_unknown_kind_stops_the_run(self, scans, tmp_path):
        made = placed(plane(0), (0, 0, 0), uid="1.2.99")
        made.SOPClassUID = PDF
        save(made, scans / "letter.dcm")
        refused(tmp_path, scans, said="'letter.dcm' is 'Encapsulated PDF Storage'")
        assert "Left out: 'letter.dcm'" in run(tmp_path, scans, "--skip-unknown").out

    def test_a_broken_file_stops_the_run(self, scans, tmp_path):
        (scans / "bad.dcm").write_bytes(b"no DICOM at all, perhaps encrypted")
        refused(tmp_path, scans, said="'bad.dcm' is called DICOM but is not")
        assert "Left out: 'bad.dcm'" in run(tmp_path, scans, "--skip-unknown").out

    @pytest.mark.parametrize("short", [700, 4])
    def test_a_file_cut_short_is_not_handed_out(self, scans, tmp_path, short):
        whole = next((scans / "ct").iterdir())
        whole.write_bytes(whole.read_bytes()[:-short])
        refused(tmp_path, scans, said=f"'{whole.name}'")

    def test_what_is_no_dicom_is_left_out_aloud(self, scans, tmp_path):
        (scans / "notes of Mrs Doe.txt").write_text("Doe")
        told = run(tmp_path, scans)
        assert "Left out: 'notes of Mrs Doe.txt' is not DICOM." in told.out
        assert len([each for each in (tmp_path / "out").rglob("*") if each.is_file()]) == 2

    def test_a_dicomdir_is_left_out_aloud(self, scans, tmp_path):
        with warnings.catch_warnings():  # it leaves a temporary folder behind, and says so
            warnings.simplefilter("ignore")
            held = FileSet()
            held.add(next((scans / "ct").iterdir()))
            held.write(tmp_path / "disc")
            del held
            gc.collect()
        told = run(tmp_path, tmp_path / "disc")
        assert "Left out: 'DICOMDIR' is a DICOMDIR" in told.out
        assert len(files(tmp_path / "out")) == 1

    def test_nothing_to_do(self, tmp_path):
        (tmp_path / "empty").mkdir()
        refused(tmp_path, tmp_path / "empty", said="no DICOM file to de-identify")
        refused(tmp_path, tmp_path / "none", said="There is nothing at")

    def test_one_instance_twice(self, scans, tmp_path):
        path = next((scans / "ct").iterdir())
        (scans / "copy.dcm").write_bytes(path.read_bytes())
        refused(tmp_path, scans, said="one and the same instance")

    def test_one_id_of_two_hospitals(self, scans, tmp_path):
        for k in range(2):
            made = placed(plane(k), (0, 0, k), uid=f"1.2.3.{k}", IssuerOfPatientID=f"hospital {k}")
            save(made, scans / f"{k}.dcm")
        refused(tmp_path, scans, said="hospital 0, hospital 1")


class TestAStopLeavesNothing:
    @pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(28, "No space left on device")])
    def test_in_the_middle(self, scans, tmp_path, monkeypatch, stop):
        real, count = deidentify_files._cleaned, []

        def second_stops(dataset, key, masking):
            count.append(1)
            if len(count) == 2:
                raise stop
            return real(dataset, key, masking)

        monkeypatch.setattr(deidentify_files, "_cleaned", second_stops)
        told = run(tmp_path, scans)
        assert told.code in {2, 130}
        assert not (tmp_path / "out").exists()
        assert not list(tmp_path.glob(".limner-*"))

    def test_what_is_there_is_not_touched(self, scans, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "old.txt").write_text("old")
        told = run(tmp_path, scans)
        assert (told.code, "is there already" in told.err) == (2, True)
        assert [each.name for each in (tmp_path / "out").iterdir()] == ["old.txt"]

    def test_an_empty_folder_is_taken(self, scans, tmp_path):
        (tmp_path / "out").mkdir()
        assert run(tmp_path, scans).code == 0
        assert stat.S_IMODE((tmp_path / "out").stat().st_mode) & 0o700 == 0o700


class TestTheKeyAndTheReport:
    def test_the_key_does_not_go_out_with_the_scans(self, scans, tmp_path):
        told = limner("deidentify", scans, "-o", tmp_path / "out", "-k", tmp_path / "out" / "a.key")
        assert (told.code, "lies in the folder that is handed out" in told.err) == (2, True)

    def test_nor_is_it_written_over(self, scans, tmp_path):
        (tmp_path / "a.key").write_text("my diary")
        told = run(tmp_path, scans)
        assert (told.code, "is not a key" in told.err) == (2, True)
        assert (tmp_path / "a.key").read_text() == "my diary"
        assert not (tmp_path / "out").exists()

    def test_new_files_do_not_lie_among_the_old(self, scans, tmp_path):
        told = limner("deidentify", scans, "-o", scans / "out", "-k", tmp_path / "a.key")
        assert (told.code, "folder of the originals" in told.err) == (2, True)

    def test_the_report_counts_and_names_nobody(self, scans, tmp_path):
        report = tmp_path / "done.json"
        assert run(tmp_path, scans, "--report", report).code == 0
        told = json.loads(report.read_text())
        assert {each["kind"] for each in told["files"]} == {"CT Image Storage"}
        assert told["files"][0]["done"]["UIDs mapped"] == 4
        assert {each["file"] for each in told["files"]} == {
            path.relative_to(tmp_path / "out").as_posix()
            for path in (tmp_path / "out").rglob("*.dcm")
        }
        before = pydicom.dcmread(next((scans / "ct").iterdir()))
        for word in ("P1", "Doe", before.SOPInstanceUID, before.StudyDate, str(scans)):
            assert word not in report.read_text()

    def test_with_the_originals_where_that_is_wished(self, scans, tmp_path):
        report = tmp_path / "done.csv"
        assert run(tmp_path, scans, "--report", report, "--report-originals").code == 0
        rows = list(csv.DictReader(report.read_text().splitlines()))
        assert [row["original patient"] for row in rows] == ["P1", "P1"]
        assert {row["original path"] for row in rows} == {str(p) for p in (scans / "ct").iterdir()}
        assert rows[0]["UIDs mapped"] == "4"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--report", "x.txt"), "Let it end in .json or .csv"),
            (("--report-originals",), "about --report"),
        ],
    )
    def test_reports_that_are_none(self, scans, tmp_path, words, said):
        refused(tmp_path, scans, *words, said=said)

    def test_faces_are_said_once(self, tmp_path):
        stack(tmp_path / "head", BodyPartExamined="HEAD")
        told = run(tmp_path, tmp_path / "head")
        assert told.out.count("a face can be computed") == 1
        assert "4 files are CT, MR or PET of a head" in told.out

    def test_and_not_of_a_chest(self, scans, tmp_path):
        assert "face" not in run(tmp_path, scans).out
