"""What the quick reader takes it reads as pydicom does; the rest it leaves to pydicom."""

import io
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydicom.datadict import dictionary_VR, tag_for_keyword

from limner.dicom.headers import HEAD, _by_pydicom, numbers, quietly, text, value
from limner.dicom.places import Place
from limner.dicom.plain import TAGS, plain
from limner.read import open_image
from tests.dicom.make import group, placed, plane, save, stack

LOCAL = Path(pydicom.data.__file__).parent / "test_files"
EVERY = sorted(path for path in LOCAL.rglob("*") if path.is_file())
WORDS = some.text(some.characters(min_codepoint=32, max_codepoint=126), max_size=20)
FREE = ("StudyDescription", "StationName", "PatientName", "Manufacturer", "RescaleType")
CODES = ("BodyPartExamined", "PatientPosition", "StudyDate", "StudyTime", "PatientAge")
DECIMALS = ("SliceThickness", "EchoTime", "PixelSpacing", "ImagePositionPatient", "PatientWeight")
WHOLES = ("InstanceNumber", "SeriesNumber", "EchoNumbers", "AcquisitionNumber")
BINARY = ("DiffusionBValue", "EffectiveEchoTime", "NominalCardiacTriggerDelayTime")


def differences(found, dataset):
    """The keywords that two readers tell differently, with both answers."""
    asked = {
        "text": text,
        "numbers": numbers,
        "value": lambda told, keyword: value(told, keyword) is not None,
        "in": lambda told, keyword: keyword in told,
    }
    with quietly():
        return {
            (how, keyword): (ask(found, keyword), ask(dataset, keyword))
            for how, ask in asked.items()
            for keyword in TAGS
            if keyword != "TransferSyntaxUID"
            and repr(ask(found, keyword)) != repr(ask(dataset, keyword))
        }


def check(raw, path):
    found = plain(raw)
    if found is None:
        return False
    other = _by_pydicom(Place(path))
    assert (found.pixels_at, found.length) == (other.pixels_at, other.length)
    assert text(other.dataset.file_meta, "TransferSyntaxUID") == "1.2.840.10008.1.2.1"
    assert differences(found, other.dataset) == {}
    return True


def raw_of(dataset):
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=False)
    return file.getvalue()


def test_the_table_is_that_of_the_standard():
    assert {keyword: int(tag_for_keyword(keyword)) for keyword in TAGS} == TAGS
    assert {dictionary_VR(tag) for tag in TAGS.values()} > {"SQ", "US", "DS", "PN"}


def test_every_local_file_of_pydicom_is_read_alike_or_left():
    taken = {path.name for path in EVERY if check(path.read_bytes()[:HEAD], path)}
    assert {"CT_small.dcm", "MR_small.dcm"} <= taken


@given(some.data())
def test_made_headers_are_read_alike_or_left(tmp_path_factory, data):
    told = placed(plane(1), (0, 0, 0), modality=data.draw(some.sampled_from(["CT", "MR"])))
    decimal = some.one_of(
        some.floats(-1e4, 1e4).map(lambda number: f"{number:.6g}"),
        some.sampled_from(["", " ", "1.", "abc", "nan", " 2 "]),
    )
    whole = some.one_of(some.integers(-999, 9999).map(str), some.sampled_from(["", "1.5", "x"]))
    with quietly():
        for keyword in data.draw(some.sets(some.sampled_from(FREE + CODES))):
            put(told, keyword, data.draw(WORDS).encode())
        for keyword in data.draw(some.sets(some.sampled_from(DECIMALS))):
            put(told, keyword, "\\".join(data.draw(some.lists(decimal, max_size=3))).encode())
        for keyword in data.draw(some.sets(some.sampled_from(WHOLES))):
            put(told, keyword, data.draw(whole).encode())
        for keyword in data.draw(some.sets(some.sampled_from(BINARY))):
            setattr(told, keyword, data.draw(some.floats(allow_nan=False)))
        if data.draw(some.booleans()):
            told.ReferencedImageSequence = group(ReferencedSOPInstanceUID="1.2")
            lasting = data.draw(some.booleans())
            told["ReferencedImageSequence"].is_undefined_length = lasting
            told.ReferencedImageSequence[0].is_undefined_length_sequence_item = lasting
        path = tmp_path_factory.getbasetemp() / "made.dcm"
        save(told, path)
    check(path.read_bytes(), path)


def put(dataset, keyword, raw):
    """Bytes as they are, with the space that makes their number even."""
    tag = tag_for_keyword(keyword)
    raw += b" " * (len(raw) % 2)
    kind = dictionary_VR(tag)
    dataset[tag] = pydicom.dataelem.RawDataElement(
        pydicom.tag.BaseTag(tag), kind, len(raw), raw, 0, False, True
    )


@pytest.mark.parametrize(
    "told",
    [
        {"Modality": "PT"},
        {"PatientName": "Müller", "SpecificCharacterSet": "ISO_IR 192"},
        {"SpecificCharacterSet": "ISO_IR 13"},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"ModalityLUTSequence": group(ModalityLUTType="HU")},
        {"BitsAllocated": 12},
        {"SoftwareVersions": ["one", "two"]},
    ],
)
def test_what_is_not_plain_is_left(tmp_path, told):
    assert plain(save(placed(plane(1), (0, 0, 0)), tmp_path / "a.dcm").read_bytes())
    assert plain(save(placed(plane(1), (0, 0, 0), **told), tmp_path / "b.dcm").read_bytes()) is None


def test_every_cut_and_every_changed_byte_is_read_alike_or_left(tmp_path):
    told = placed(plane(1), (0, 0, 0))
    told.ReferencedImageSequence = group(ReferencedSOPInstanceUID="1.2")
    told["ReferencedImageSequence"].is_undefined_length = True
    path = save(told, tmp_path / "one.dcm")
    raw = path.read_bytes()
    end = plain(raw).pixels_at
    assert all(plain(raw[:count]) is None for count in range(end - 4))
    for at in range(132, end, 3):
        changed = raw[:at] + bytes([raw[at] ^ 0x15]) + raw[at + 1 :]
        path.write_bytes(changed)
        if plain(changed) is not None:
            check(changed, path)


def test_a_keyword_that_the_table_lacks_is_no_missing_attribute(tmp_path):
    found = plain(save(placed(plane(1), (0, 0, 0)), tmp_path / "a.dcm").read_bytes())
    with pytest.raises(KeyError, match="PatientComments"):
        text(found, "PatientComments")


def test_a_plain_series_opens_as_it_does_by_pydicom(tmp_path, monkeypatch):
    stack(tmp_path, SoftwareVersions="7")
    quick = open_image(tmp_path)
    monkeypatch.setattr("limner.dicom.headers.plain", lambda raw: None)
    slow = open_image(tmp_path)
    assert quick.source == slow.source
    assert quick.grid == slow.grid
    assert (quick.whole() == slow.whole()).all()


def test_a_plain_series_loads_no_pydicom(tmp_path):
    stack(tmp_path)
    words = "import sys; from limner.read import open_image; open_image(sys.argv[1]).whole()"
    words += "; sys.exit('pydicom' in sys.modules)"
    subprocess.run([sys.executable, "-c", words, str(tmp_path)], check=True)
