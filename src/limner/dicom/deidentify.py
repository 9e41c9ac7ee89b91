"""One DICOM dataset without what says whose it is.

    done = clean(dataset, key)       in place; `done` counts what was done

Every element at every depth is looked up in `deidentify_table`; texts of segments, structures
and reports go through `deidentify_content`. Samples are not looked at: `deidentify_pixels`
says which kinds of picture must be masked, before this is called.

Source   PS3.15 annex E: Basic Application Level Confidentiality Profile (113100) with Retain
         Longitudinal Temporal Information With Modified Dates (113107), and for reports Clean
         Structured Content (113104); codes of CID 7050.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner import __version__
from limner.dicom.deidentify_content import REMOVED, clean_code, clean_content, name_by_codes
from limner.dicom.deidentify_dates import kept_time, shifted_date, shifted_moment
from limner.dicom.deidentify_key import Key
from limner.dicom.deidentify_table import PATIENT_NAME, action, table
from limner.dicom.headers import quietly, text
from limner.errors import BadValue

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataelem import DataElement

STANDARD = "1.2.840.10008."  # the root of DICOM's own UIDs
DUMMIES: dict[str, Any] = {
    "AE": "REMOVED",
    "AS": "000Y",
    "CS": "REMOVED",
    "DS": "0",
    "IS": "0",
    "PN": REMOVED,
    "UR": "http://removed.invalid",
    **dict.fromkeys(("LO", "LT", "SH", "ST", "UC", "UT"), REMOVED),
    **dict.fromkeys(("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"), 0),
}
PROFILE = ("113100", "Basic Application Confidentiality Profile")
MODIFIED_DATES = (
    "113107",
    "Retain Longitudinal Temporal Information Modified Dates Option",
)
CLEAN_CONTENT = ("113104", "Clean Structured Content Option")
CLEAN_PIXELS = ("113101", "Clean Pixel Data Option")


@dataclass
class Done:
    """What was done to one dataset, as counts by action, and the patient's new name."""

    patient: str
    counts: Counter[str] = field(default_factory=Counter)


_KEY: ContextVar[Key | None] = ContextVar("deidentifying", default=None)


@contextmanager
def deidentifying(key: Key | None) -> Iterator[None]:
    """All DICOM that is written inside is de-identified; None leaves it as it is."""
    if key is not None:
        table()  # a missing extra is said before any work
    token = _KEY.set(key)
    try:
        yield
    finally:
        _KEY.reset(token)


def is_deidentifying() -> bool:
    """Whether what is written now is de-identified."""
    return _KEY.get() is not None


def finish(path: Path) -> None:
    """De-identify a file that has just been written, where that is asked for.

    Every writer of DICOM calls it before the file gets its name. Raises BadValue.
    """
    key = _KEY.get()
    if key is None:
        return
    import pydicom

    with quietly():
        dataset = pydicom.dcmread(path)
        clean(dataset, key)
        dataset.save_as(path, enforce_file_format=True)


def patient_of(dataset: Any) -> str:
    """What tells one patient from another: the ID, or where there is none, name and birth."""
    known = text(dataset, "PatientID")
    if known:
        return known
    about = [text(dataset, each) for each in ("PatientName", "PatientBirthDate")]
    return "\0".join(about) if any(about) else f"study {text(dataset, 'StudyInstanceUID')}"


def clean(dataset: "Dataset", key: Key, *, masked: bool = False) -> Done:
    """De-identify a dataset and its file meta information, in place.

    masked   whether what was burnt into the samples has been blanked: it is said in the file
    Raises BadValue for an element that is not what its kind says.
    """
    whose = patient_of(dataset)
    cleaner = Cleaner(
        key=key,
        days=key.days(whose),
        zone=text(dataset, "TimezoneOffsetFromUTC"),
        explicit=dataset.original_encoding[0] is False,
        done=Done(key.pseudonym("P", whose)),
    )
    with quietly():
        name_by_codes(dataset)
        structured = "ContentSequence" in dataset
        cleaner.walk(dataset)
        _say(dataset, structured=structured, masked=masked)
        _file_meta(dataset)
    return cleaner.done


@dataclass
class Cleaner:
    """Walks over the elements of one dataset."""

    key: Key
    days: int
    zone: str
    explicit: bool  # whether the file says the kind of each value
    done: Done

    def walk(self, dataset: "Dataset") -> None:
        """Clean every element of a dataset or an item, and what is in it."""
        if "CodingSchemeDesignator" in dataset or "CodeMeaning" in dataset:
            clean_code(dataset, self.key)
        if "ValueType" in dataset:
            clean_content(dataset, self.key, self.done.patient)
        for tag in list(dataset.keys()):
            held: Any = dataset.get_item(tag)
            what = action(int(tag), held.VR or "")
            if what == "keep" or (what == "code" and "CodeMeaning" in dataset):
                if held.VR is None and self.explicit:  # written the other way among its like
                    _read(dataset, tag)
                continue
            if what == "delete":
                del dataset[tag]
                self.done.counts["removed"] += 1
                continue
            element = _read(dataset, tag)
            getattr(self, f"_{'empty' if what == 'code' else what}")(element)
            if element.VR == "UN":  # a damaged kind: nothing is known of it
                del dataset[tag]

    def _follow(self, element: "DataElement") -> None:
        if element.VR == "SQ":
            for item in element.value:
                self.walk(item)
        else:
            self._empty(element)

    def _empty(self, element: "DataElement") -> None:
        if element.is_empty:
            return
        element.value = [] if element.VR == "SQ" else _nothing(element)
        self.done.counts["emptied"] += 1

    def _dummy(self, element: "DataElement") -> None:
        if element.is_empty and element.VR != "SQ":
            return
        element.value = DUMMIES.get(element.VR, b"\0\0")
        self.done.counts["replaced"] += 1

    def _patient(self, element: "DataElement") -> None:
        if element.is_empty and int(element.tag) == PATIENT_NAME:
            return
        element.value = self.done.patient
        self.done.counts["replaced"] += 1

    def _track(self, element: "DataElement") -> None:
        if not element.is_empty:
            element.value = self.key.pseudonym("T", str(element.value).strip())
            self.done.counts["replaced"] += 1

    def _nobody(self, element: "DataElement") -> None:
        from pydicom import Dataset

        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator = "261665006", "SCT"
        item.CodeMeaning = "Unknown"
        element.value = [item]
        self.done.counts["replaced"] += 1

    def _uid(self, element: "DataElement") -> None:
        if element.is_empty:
            return
        several = element.VM > 1
        mapped = [
            self._mapped(str(each)) for each in (element.value if several else [element.value])
        ]
        element.value = mapped if several else mapped[0]

    def _mapped(self, uid: str) -> str:
        if not uid or uid.startswith(STANDARD):
            return uid
        self.done.counts["UIDs mapped"] += 1
        return self.key.uid(uid)

    def _shift(self, element: "DataElement") -> None:
        if element.is_empty:
            return
        several = element.VM > 1
        told = [
            self._moved(str(each), element.VR)
            for each in (element.value if several else [element.value])
        ]
        self.done.counts["dates shifted" if element.VR != "TM" else "times kept"] += len(told)
        lost = sum(not each for each in told)
        if lost:
            self.done.counts["dates that are none, emptied"] += lost
        element.value = told if several else told[0]

    def _moved(self, written: str, kind: str) -> str:
        if kind == "TM":
            return kept_time(written)
        if kind == "DA":
            return shifted_date(written, self.days)
        return shifted_moment(written, self.days, self.zone)


def _read(dataset: "Dataset", tag: Any) -> "DataElement":
    from limner.dicom.headers import damage

    try:
        found: DataElement = dataset[tag]
    except damage() as error:
        raise BadValue(
            f"The element {tag} is damaged: {error}. Export the file again, or leave it out."
        ) from error
    return found


def _nothing(element: "DataElement") -> Any:
    return b"" if element.VR in {"OB", "OW", "UN"} else None


def _say(dataset: "Dataset", *, structured: bool, masked: bool) -> None:
    """What was done, in the words of the standard (PS3.3 C.7.1.1, C.12.1)."""
    from limner.dicom.derived import coded

    codes = [PROFILE, MODIFIED_DATES]
    codes += [CLEAN_CONTENT] if structured else []
    codes += [CLEAN_PIXELS] if masked else []
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"Limner {__version__}: Basic Profile, dates modified"
    dataset.DeidentificationMethodCodeSequence = [
        coded("DCM", number, meaning) for number, meaning in codes
    ]
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
    if masked:
        dataset.BurnedInAnnotation = "NO"


def _file_meta(dataset: "Dataset") -> None:
    """The new instance's own, with the transfer syntax that it came in."""
    from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    from limner.dicom.derived import file_meta

    before = getattr(dataset, "file_meta", None)
    syntax = text(before, "TransferSyntaxUID") if before else ""
    if not syntax:  # files of before 1995
        implicit, little = dataset.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        syntax = syntax if little else ExplicitVRBigEndian
    dataset.file_meta = file_meta(dataset)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.preamble = b"\0" * 128
