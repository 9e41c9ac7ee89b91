"""De-identification: nothing of what says whose a file is stays, and everything still joins."""

import json
import stat
import uuid
from datetime import date, timedelta

import numpy as np
import pydicom
import pytest
from pydicom.datadict import DicomDictionary, dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from limner.dicom.deidentify import clean
from limner.dicom.deidentify_dates import kept_time, shifted_date, shifted_moment
from limner.dicom.deidentify_key import Key, opened_key
from limner.dicom.deidentify_table import SAFE, action, table
from limner.errors import NotFound, UnreadableFile, UnwritableFile
from tests.dicom.make import placed, plane, save

KEY, OTHER = Key(b"k" * 32), Key(b"o" * 32)
WORD, UID, DAY = "Zebulon", "1.3.6.1.4.99999.4711", "19771107"
SECRET = {
    "AE": "ZEBULON",
    "AS": "097Y",
    "CS": "ZEBULON",
    "DA": DAY,
    "DS": "4711.4711",
    "DT": f"{DAY}111111.1111+0900",
    "FD": 4711.4711,
    "IS": "47114711",
    "TM": "111111.1111",
    "UI": UID,
    "UR": "http://zebulon.example/Zebulon",
    **dict.fromkeys(("LO", "LT", "PN", "SH", "ST", "UC", "UT"), WORD),
    **dict.fromkeys(("OB", "OW", "UN"), b"Zebulon "),
}
TEXTS = {"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
# Written by hand or by codes; they have tests of their own.
BY_CONTENT = {"SegmentLabel", "ROIName", "TextValue"}
# What a file cannot be without, or what says how its texts are to be read.
NOT_FILLED = {"SpecificCharacterSet", "SOPClassUID", "MediaStorageSOPInstanceUID"}


def fillable():
    """Tag and VR of every attribute that must lose its value, as far as pydicom knows it."""
    listed = {tag for tag in table() if tag in DicomDictionary}
    texts = {tag for tag, (vr, *_) in DicomDictionary.items() if vr in TEXTS}
    listed.add(0x04000520)  # Encrypted Content
    for tag in sorted(listed | texts):
        group, keyword = tag >> 16, keyword_for_tag(tag)
        if group > 8 - 1 and keyword not in SAFE | BY_CONTENT | NOT_FILLED:
            yield tag, dictionary_VR(tag)


def fill(dataset):
    """Every such attribute with a word, a date, a number or a UID of the person's."""
    for tag, kind in fillable():
        if kind in SECRET:
            dataset.add_new(tag, kind, SECRET[kind])
        elif kind == "SQ":
            item = Dataset()
            item.PatientName, item.StudyDate, item.CodeMeaning = WORD, DAY, WORD
            item.CodingSchemeDesignator = "99ZEB"
            item.ReferencedSOPInstanceUID = UID
            dataset.add_new(tag, "SQ", Sequence([item]))
    block = dataset.private_block(0x0011, "Zebulon Corp", create=True)
    block.add_new(1, "LO", WORD)
    dataset.add_new(0x60000010, "US", 4)
    dataset.add_new(0x60003000, "OW", b"Zebulon ")
    dataset.add_new(0x60004000, "LT", WORD)
    dataset.add_new(0x50000022, "LO", WORD)
    return dataset


def filled(tmp_path, syntax=ExplicitVRLittleEndian):
    """A slice with all of them: at its top, in a group, and two sequences below that."""
    made = placed(plane(0), (0, 0, 0))
    kind = made.SOPClassUID
    fill(made)
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = kind, UID, "CT"
    deep, middle = fill(Dataset()), Dataset()
    middle.DerivationImageSequence = [deep]
    made.SharedFunctionalGroupsSequence = [fill(Dataset())]
    made.PerFrameFunctionalGroupsSequence = [middle]
    made.file_meta.TransferSyntaxUID = syntax
    save(made, tmp_path / "whole.dcm")
    raw = (tmp_path / "whole.dcm").read_bytes()
    assert raw.count(WORD.encode()) > 2500
    (tmp_path / "whole.dcm").write_bytes(b"Zebulon\0" * 16 + raw[128:])
    return tmp_path / "whole.dcm"


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_no_word_no_date_and_no_uid_is_left_in_the_bytes(tmp_path, syntax):
    dataset = pydicom.dcmread(filled(tmp_path, syntax))
    clean(dataset, KEY)
    dataset.save_as(tmp_path / "clean.dcm", enforce_file_format=True)
    raw = (tmp_path / "clean.dcm").read_bytes()
    for secret in (WORD, WORD.upper(), WORD.lower(), UID, DAY, "4711.4711", "47114711", "097Y"):
        assert raw.lower().count(secret.lower().encode()) == 0, secret
    assert b"+0900" not in raw
    assert np.array(4711.4711).tobytes() not in raw
    after = pydicom.dcmread(tmp_path / "clean.dcm")
    assert after.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(after.pixel_array, plane(0))


def test_what_was_done_is_said():
    made = placed(plane(0), (0, 0, 0), DeidentificationMethod="by Zebulon")
    clean(made, KEY)
    codes = [each.CodeValue for each in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113107"]
    assert made.PatientIdentityRemoved == "YES"
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"
    assert "Zebulon" not in made.DeidentificationMethod


def test_the_table_is_the_standards():
    """Some rows of table E.1-1 (2026c) by hand, with what our options make of them."""
    rows = {
        "AccessionNumber": "empty",  # Z
        "SeriesDescription": "delete",  # X
        "PatientSex": "empty",  # Z
        "PatientBirthDate": "empty",  # Z, and no date of longitudinal interest
        "StudyDate": "shift",  # Z, C with modified dates
        "ContentDate": "shift",
        "DeviceSerialNumber": "dummy",  # X/Z/D
        "ContrastBolusAgent": "dummy",  # Z/D
        "FrameOfReferenceUID": "uid",  # U
        "ReferencedImageSequence": "follow",  # X/Z/U*
        "RequestAttributesSequence": "delete",  # X
        "TimezoneOffsetFromUTC": "delete",
        "Manufacturer": "keep",  # not in it
        "ImagePositionPatient": "keep",
    }
    assert {each: action(pydicom.datadict.tag_for_keyword(each)) for each in rows} == rows
    assert len(table()) > 600


class TestDates:
    @pytest.mark.parametrize(
        ("then", "days", "moved"),
        [
            ("20240301", -1, "20240229"),  # a leap day is met
            ("20230301", -1, "20230228"),
            ("20240229", -366, "20230228"),
            ("20240229", 1, "20240301"),
            ("2024.03.01", -1, "20240229"),  # ACR-NEMA
            ("202403", -31, "202402"),  # no more exact than it was
            ("2024", -366, "2023"),
            ("20230229", -1, ""),  # no such day
            ("Zebulon", -1, ""),
            ("00010101", -1, ""),  # before the first year
            ("", -1, ""),
        ],
    )
    def test_date(self, then, days, moved):
        assert shifted_date(then, days) == moved

    @pytest.mark.parametrize(
        ("then", "moved"),
        [
            ("20240301235959.123456", "20240229235959.123456"),
            ("2024030123", "2024022923"),
            ("202403", "202402"),
            ("20240301120000+0100", "20240229120000"),
            ("20240301256161", ""),
            ("20240301 noon", ""),
            ("2024030112.5", ""),
        ],
    )
    def test_moment(self, then, moved):
        assert shifted_moment(then, -1 if len(then) > 6 else -31) == moved

    def test_a_moment_of_another_zone_is_counted_in_the_files_own(self):
        assert shifted_moment("20240301003000+0000", 0, "-0130") == "20240229230000"
        assert shifted_moment("20240301", 0, "-0130") == "20240301"

    @pytest.mark.parametrize("time", ["10", "1015", "101500", "101500.5", "10:15:00", "235960"])
    def test_times_stay(self, time):
        assert kept_time(time) == time

    @pytest.mark.parametrize("time", ["24", "1060", "Zebulon", "10:1500", "1015 Doe"])
    def test_what_is_no_time_goes(self, time):
        assert kept_time(time) == ""

    def test_intervals_of_a_patient_stay_and_patients_differ(self):
        def visit(patient, day):
            made = placed(plane(0), (0, 0, 0), PatientID=patient, StudyDate=day)
            clean(made, KEY)
            return date.fromisoformat(made.StudyDate)

        first, second = visit("A", "20240105"), visit("A", "20240401")
        assert second - first == timedelta(days=87)
        assert visit("B", "20240105") != first
        assert timedelta(366) <= date(2024, 1, 5) - first <= timedelta(3653)


class TestKey:
    def test_uids_are_uuids_and_always_the_same(self):
        mapped = KEY.uid(UID)
        assert mapped == Key(b"k" * 32).uid(UID) != OTHER.uid(UID)
        assert uuid.UUID(int=int(mapped.removeprefix("2.25."))).version == 8
        assert pydicom.uid.UID(mapped).is_valid

    def test_a_thousand_uids_stay_apart(self):
        assert len({KEY.uid(f"1.2.{k}") for k in range(1000)}) == 1000

    def test_what_it_made_stays(self):
        uid, name = KEY.uid(UID), KEY.pseudonym("P", "Doe")
        assert KEY.uid(uid) == uid
        assert OTHER.uid(uid) != uid
        assert KEY.pseudonym("P", name) == name
        assert OTHER.pseudonym("P", name) != name
        assert KEY.days(name) == 0

    @pytest.mark.parametrize("uid", ["2.25.5", "2.25.x", "2.25." + "9" * 39, "2.25."])
    def test_others_uids_under_its_root_are_mapped(self, uid):
        assert KEY.uid(uid) != uid

    def test_a_file_is_made_once_and_for_its_owner(self, tmp_path):
        path = tmp_path / "a.key"
        with pytest.raises(NotFound, match="There is no key"):
            opened_key(path)
        made = opened_key(path, create=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        before = path.read_bytes()
        assert opened_key(path, create=True) == opened_key(path) == made
        assert path.read_bytes() == before
        assert made.secret.hex() not in repr(made)
        assert opened_key(tmp_path / "b.key", create=True) != made

    @pytest.mark.parametrize("text", ["", "{}", "[1]", '{"secret": "00"}', "Zebulon"])
    def test_another_file_is_not_taken_for_one(self, tmp_path, text):
        path = tmp_path / "notes.txt"
        path.write_text(text)
        with pytest.raises(UnreadableFile, match="not a key"):
            opened_key(path, create=True)
        assert path.read_text() == text

    def test_no_folder(self, tmp_path):
        with pytest.raises(UnwritableFile, match="does not exist"):
            opened_key(tmp_path / "none" / "a.key", create=True)


class TestUids:
    def test_standard_ones_stay(self):
        made = placed(plane(0), (0, 0, 0))
        made.FrameOfReferenceUID = "1.2.840.10008.1.4.1.1"  # Talairach's atlas
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "SCT", "One"
        code.CodingSchemeUID, code.ContextUID = "2.16.840.1.113883.6.96", "1.2.840.10008.6.1.2"
        made.AnatomicRegionSequence = [code]
        clean(made, KEY)
        assert made.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"
        assert made.AnatomicRegionSequence[0].CodingSchemeUID == "2.16.840.1.113883.6.96"
        assert made.AnatomicRegionSequence[0].ContextUID == "1.2.840.10008.6.1.2"
        assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"

    def test_several_in_one_element(self):
        made = placed(plane(0), (0, 0, 0), IrradiationEventUID=["1.2.3", "1.2.4"])
        clean(made, KEY)
        assert list(made.IrradiationEventUID) == [KEY.uid("1.2.3"), KEY.uid("1.2.4")]

    def test_file_meta_is_the_new_instances(self):
        made = placed(plane(0), (0, 0, 0), uid=UID)
        made.file_meta.MediaStorageSOPInstanceUID = UID
        made.file_meta.SourceApplicationEntityTitle = "ZEBULON"
        clean(made, KEY)
        assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID == KEY.uid(UID)
        assert "SourceApplicationEntityTitle" not in made.file_meta


def test_wrong_kinds_of_values_go_too(tmp_path):
    """A name as an unknown kind, a date as a short text: looked up by tag, not by VR."""
    made = placed(plane(0), (0, 0, 0))
    made.add_new(0x00101000, "UN", b"Zebulon ")
    made.add_new(0x00080021, "LO", "19771107")
    made.add_new(0x00180015, "UN", b"CHEST ")
    save(made, tmp_path / "odd.dcm")
    dataset = pydicom.dcmread(tmp_path / "odd.dcm")
    clean(dataset, KEY)
    dataset.save_as(tmp_path / "clean.dcm", enforce_file_format=True)
    raw = (tmp_path / "clean.dcm").read_bytes()
    assert b"Zebulon" not in raw
    assert b"19771107" not in raw


def test_text_drawn_into_a_presentation_state_goes_and_its_images_stay_known(tmp_path):
    """A state by highdicom with an arrow's text, on a slice of the same run."""
    import highdicom as hd

    on = placed(plane(0), (0, 0, 0), uid="1.2.3.4", InstanceNumber=1, **PATIENT)
    note = hd.pr.TextObject(text_value=f"{WORD} here", units="PIXEL", anchor_point=(2.0, 2.0))
    layer = hd.pr.GraphicLayer(layer_name="ZEBULON", order=1, description=WORD)
    drawn = hd.pr.GraphicAnnotation([on], layer, text_objects=[note])
    state = hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=[on],
        series_instance_uid="1.2.5",
        series_number=1,
        sop_instance_uid="1.2.6",
        instance_number=1,
        manufacturer="Maker",
        manufacturer_model_name="Model",
        software_versions="1",
        device_serial_number=WORD,
        content_label="ZEBULON",
        content_description=WORD,
        graphic_layers=[layer],
        graphic_annotations=[drawn],
        concept_name=hd.sr.CodedConcept("1", "99ZEB", WORD),
    )
    clean(state, KEY)
    state.save_as(tmp_path / "state.dcm")
    assert b"zebulon" not in (tmp_path / "state.dcm").read_bytes().lower()
    referred = state.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert referred.ReferencedSOPInstanceUID == KEY.uid("1.2.3.4")
    assert referred.ReferencedSOPClassUID == on.SOPClassUID


PATIENT = {"PatientName": f"{WORD}^John", "StudyDescription": WORD}


def test_a_key_says_what_it_is_for(tmp_path):
    opened_key(tmp_path / "a.key", create=True)
    assert "Keep it with the originals" in json.loads((tmp_path / "a.key").read_text())["about"]
