"""The attributes of an ordinary CT or MR slice, without pydicom, which takes longer to import
than three hundred such headers take to read.

Only what is understood in full is taken: one grey picture in explicit VR little endian, its
elements in order, each value wanted here of a simple kind and, as text, plain ASCII. `plain`
answers None to everything else, damaged files among them, and pydicom reads those.
"""

import re
import struct
from dataclasses import dataclass
from functools import lru_cache

EXPLICIT = "1.2.840.10008.1.2.1"  # explicit VR little endian
PIXELS = 0x7FE00010
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xE000FFFE, 0xE00DFFFE, 0xE0DDFFFE  # their bytes as one number
LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV"})
LONG |= {b"UC", b"UN", b"UR", b"UT", b"UV"}  # two bytes of nothing, then a length of four
SHORT = frozenset({b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS"})
SHORT |= {b"LO", b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
BINARY = {b"US": "<H", b"SS": "<h", b"UL": "<L", b"SL": "<l", b"FL": "<f", b"FD": "<d"}
WRITTEN = frozenset({b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"TM", b"UI"})
NAMED = frozenset({b"LO", b"PN", b"SH"})
# Character sets in which the bytes of ASCII mean ASCII.
ASCII = {"", "ISO_IR 6", "ISO_IR 100", "ISO_IR 192", "ISO 2022 IR 6", "ISO 2022 IR 100"}
SINGLE = re.compile(rb"[ -<>-\[\]-~]*[ \0]*")  # one value: neither a backslash nor an =

# What the rest of this package asks of such a file. To ask for more, add it here.
TAGS = {
    "TransferSyntaxUID": 0x00020010,
    "SpecificCharacterSet": 0x00080005,
    "ImageType": 0x00080008,
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "StudyDate": 0x00080020,
    "SeriesDate": 0x00080021,
    "AcquisitionDate": 0x00080022,
    "ContentDate": 0x00080023,
    "AcquisitionDateTime": 0x0008002A,
    "StudyTime": 0x00080030,
    "SeriesTime": 0x00080031,
    "AcquisitionTime": 0x00080032,
    "ContentTime": 0x00080033,
    "AccessionNumber": 0x00080050,
    "Modality": 0x00080060,
    "Manufacturer": 0x00080070,
    "InstitutionName": 0x00080080,
    "ReferringPhysicianName": 0x00080090,
    "StationName": 0x00081010,
    "StudyDescription": 0x00081030,
    "SeriesDescription": 0x0008103E,
    "ManufacturerModelName": 0x00081090,
    "RecommendedDisplayFrameRate": 0x00082144,
    "FrameType": 0x00089007,
    "ComplexImageComponent": 0x00089208,
    "PatientName": 0x00100010,
    "PatientID": 0x00100020,
    "IssuerOfPatientID": 0x00100021,
    "PatientBirthDate": 0x00100030,
    "PatientSex": 0x00100040,
    "PatientAge": 0x00101010,
    "PatientSize": 0x00101020,
    "PatientWeight": 0x00101030,
    "ClinicalTrialSponsorName": 0x00120010,
    "ClinicalTrialProtocolID": 0x00120020,
    "ClinicalTrialProtocolName": 0x00120021,
    "ClinicalTrialSiteID": 0x00120030,
    "ClinicalTrialSiteName": 0x00120031,
    "ClinicalTrialSubjectID": 0x00120040,
    "ClinicalTrialSubjectReadingID": 0x00120042,
    "ClinicalTrialTimePointID": 0x00120050,
    "PatientIdentityRemoved": 0x00120062,
    "DeidentificationMethod": 0x00120063,
    "BodyPartExamined": 0x00180015,
    "CineRate": 0x00180040,
    "SliceThickness": 0x00180050,
    "EchoTime": 0x00180081,
    "EchoNumbers": 0x00180086,
    "SpacingBetweenSlices": 0x00180088,
    "DeviceSerialNumber": 0x00181000,
    "SoftwareVersions": 0x00181020,
    "ProtocolName": 0x00181030,
    "TriggerTime": 0x00181060,
    "FrameTime": 0x00181063,
    "FrameTimeVector": 0x00181065,
    "EstimatedRadiographicMagnificationFactor": 0x00181114,
    "ImagerPixelSpacing": 0x00181164,
    "NominalScannedPixelSpacing": 0x00182010,
    "PatientPosition": 0x00185100,
    "SequenceOfUltrasoundRegions": 0x00186011,
    "FrameAcquisitionDateTime": 0x00189074,
    "EffectiveEchoTime": 0x00189082,
    "DiffusionBValue": 0x00189087,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "StudyID": 0x00200010,
    "SeriesNumber": 0x00200011,
    "AcquisitionNumber": 0x00200012,
    "InstanceNumber": 0x00200013,
    "ImagePositionPatient": 0x00200032,
    "ImageOrientationPatient": 0x00200037,
    "FrameOfReferenceUID": 0x00200052,
    "Laterality": 0x00200060,
    "ImageLaterality": 0x00200062,
    "TemporalPositionIdentifier": 0x00200100,
    "PositionReferenceIndicator": 0x00201040,
    "StackID": 0x00209056,
    "FrameLaterality": 0x00209072,
    "TemporalPositionIndex": 0x00209128,
    "NominalCardiacTriggerDelayTime": 0x00209153,
    "SamplesPerPixel": 0x00280002,
    "PhotometricInterpretation": 0x00280004,
    "NumberOfFrames": 0x00280008,
    "Rows": 0x00280010,
    "Columns": 0x00280011,
    "PixelSpacing": 0x00280030,
    "BitsAllocated": 0x00280100,
    "BitsStored": 0x00280101,
    "PixelRepresentation": 0x00280103,
    "BurnedInAnnotation": 0x00280301,
    "PixelSpacingCalibrationType": 0x00280A02,
    "PixelSpacingCalibrationDescription": 0x00280A04,
    "RescaleIntercept": 0x00281052,
    "RescaleSlope": 0x00281053,
    "RescaleType": 0x00281054,
    "LossyImageCompression": 0x00282110,
    "ModalityLUTSequence": 0x00283000,
    "DetectorInformationSequence": 0x00540022,
    "FrameReferenceTime": 0x00541300,
    "DoseUnits": 0x30040002,
    "GridFrameOffsetVector": 0x3004000C,
    "DoseGridScaling": 0x3004000E,
    "SharedFunctionalGroupsSequence": 0x52009229,
    "PerFrameFunctionalGroupsSequence": 0x52009230,
    "FloatPixelData": 0x7FE00008,
    "DoubleFloatPixelData": 0x7FE00009,
}
KEYWORDS = {tag: keyword for keyword, tag in TAGS.items()}
_element = struct.Struct("<HH2sH").unpack_from
_long = struct.Struct("<L").unpack_from
_item = struct.Struct("<LL").unpack_from


class _Unusual(Exception):
    """Not for this reader."""


@dataclass(frozen=True, eq=False)
class Plain:
    """The attributes of one file by keyword: each as text and, where it is one, as numbers.

    Asking for a keyword that TAGS lacks raises KeyError, for it would look missing.
    """

    told: dict[str, tuple[str, tuple[float, ...]]]
    pixels_at: int
    length: int

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.told

    def text(self, keyword: str) -> str:
        return self._told(keyword)[0]

    def numbers(self, keyword: str) -> tuple[float, ...]:
        return self._told(keyword)[1]

    def _told(self, keyword: str) -> tuple[str, tuple[float, ...]]:
        found = self.told.get(keyword)
        if found is None:
            TAGS[keyword]
            return "", ()
        return found


def plain(raw: bytes) -> Plain | None:
    """What a file says whose first bytes these are; None where it is not plain, or goes on."""
    if raw[128:132] != b"DICM":
        return None
    try:
        found = _walked(raw)
    except (_Unusual, RecursionError, ValueError, struct.error):
        return None
    ordinary = (
        found.text("TransferSyntaxUID") == EXPLICIT
        and found.text("SpecificCharacterSet") in ASCII
        and found.text("Modality") in {"CT", "MR"}
        and found.text("PhotometricInterpretation") in {"MONOCHROME1", "MONOCHROME2"}
        and found.numbers("SamplesPerPixel") == (1.0,)
        and found.numbers("BitsAllocated") in {(8.0,), (16.0,), (32.0,)}
    )
    return found if ordinary else None


def _walked(raw: bytes) -> Plain:
    """The wanted elements up to the samples (PS3.5 section 7.1.2)."""
    told: dict[str, tuple[str, tuple[float, ...]]] = {}
    at, last, wanted = 132, -1, KEYWORDS
    while True:
        group, number, kind, length = _element(raw, at)
        tag = group << 16 | number
        if tag <= last:
            raise _Unusual
        last = tag
        if kind in SHORT:
            at += 8
        elif kind in LONG:
            length = _long(raw, at + 8)[0]
            at += 12
            if tag == PIXELS:
                if kind not in {b"OB", b"OW"} or length == UNDEFINED:
                    raise _Unusual
                return Plain(told, at, length)
            if length == UNDEFINED:
                if kind != b"SQ" or tag in wanted:
                    raise _Unusual
                at = _after_items(raw, at)
                continue
        else:
            raise _Unusual
        if tag in wanted:
            told[wanted[tag]] = _value(kind, raw[at : at + length])
        at += length


def _after_items(raw: bytes, at: int) -> int:
    """Where a sequence of undefined length ends (PS3.5 section 7.5)."""
    while True:
        tag, length = _item(raw, at)
        at += 8
        if tag == SEQUENCE_END:
            return at
        if tag != ITEM:
            raise _Unusual
        at = _after_item(raw, at, length)


def _after_item(raw: bytes, at: int, claimed: int) -> int:
    end = None if claimed == UNDEFINED else at + claimed
    while _item(raw, at)[0] != ITEM_END if end is None else at < end:
        _, _, kind, length = _element(raw, at)
        if kind in SHORT:
            at += 8 + length
            continue
        if kind not in LONG:
            raise _Unusual
        length = _long(raw, at + 8)[0]
        at += 12
        if length != UNDEFINED:
            at += length
        elif kind == b"SQ":
            at = _after_items(raw, at)
        else:
            raise _Unusual
    if end is None:
        return at + 8
    if at != end:
        raise _Unusual
    return at


@lru_cache(4096)
def _value(kind: bytes, raw: bytes) -> tuple[str, tuple[float, ...]]:
    """A value as text and as numbers; slices share most of theirs.

    Raises ValueError and struct.error for what pydicom would not read, or in its own way.
    """
    if kind in BINARY:
        if not raw:
            return "", ()
        found = struct.unpack(BINARY[kind], raw)[0]
        return str(found), (float(found),)
    if kind not in WRITTEN and (kind not in NAMED or not SINGLE.fullmatch(raw)):
        raise _Unusual
    text = raw.decode("latin-1").strip(" \0")
    if raw and not text:
        raise _Unusual
    return text, _numbers(kind, text) if text else ()


def _numbers(kind: bytes, text: str) -> tuple[float, ...]:
    """() for words; raises ValueError where numbers are due and there are words."""
    if kind == b"PN":
        return ()
    read = int if kind == b"IS" else float
    try:
        return tuple(float(read(each)) for each in text.split("\\"))
    except ValueError:
        if kind in {b"DS", b"IS"}:
            raise
        return ()
