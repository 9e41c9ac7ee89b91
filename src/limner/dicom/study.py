"""What lies at some paths, as patients, studies and series, and what Limner thinks of each.

Everything comes from headers: no samples are read, but for two images at one place, which
may be copies of each other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from limner.dicom.headers import Header, number, quietly, text
from limner.dicom.picture import Outlook, outlook
from limner.dicom.places import Place
from limner.dicom.problems import Problem
from limner.dicom.refers import held, images_of, series_of
from limner.dicom.series import Found, Looked, SeriesReport, look
from limner.errors import UnreadableFile
from limner.grid import Scale, Vector

# What a series opens as, where it is no picture of the patient.
OTHERS = {
    "SEG": "segmentation",
    "RTSTRUCT": "contours",
    "SR": "report",
    "PR": "presentation",
    "KO": "key images",
    "RTPLAN": "plan",
    "REG": "registration",
    "ECG": "waveform",
    "DOC": "document",
    "SM": "slide",
}
KINDS = ("volume", "moving volume", "slice", "clip", "picture", *OTHERS.values(), "nothing")


@dataclass(frozen=True)
class Who:
    """A patient as the files name him or her; "" where they do not say."""

    id: str
    name: str
    born: str
    sex: str
    issuer: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two of them one: the id and who gave it, else name and date of birth."""
        return (self.id, self.issuer) if self.id else ("", self.name, self.born)


@dataclass(frozen=True)
class Visit:
    """A study as the files name it; dates as DICOM writes them."""

    uid: str
    date: str
    time: str
    description: str
    accession: str


@dataclass(frozen=True, eq=False)
class Entry:
    """One series, or one of the parts that it falls into.

    path          where it was found: what to give to `limner segment -i`
    kind          one of KINDS: what it opens as
    spacing_mm    from slice to slice, row to row, column to column; () where it has no size
    scale         what its millimetres are; "none" where it does not open
    thickness_mm  of a slice; 0 where it is not said
    taken         date and time of the series, else of the study; sorts as text
    texts         further attributes that rules ask for, by their name in a rule
    burned_in     whether text is burned into the pixels: "yes", "no", or "" where nobody says
    noted         all that is odd about it
    of, shows     UIDs of the series and images that it points to, where it is no image
    held          how many segments or structures it holds, in words
    """

    path: Path
    report: SeriesReport
    who: Who
    visit: Visit
    kind: str
    spacing_mm: Vector | tuple[()]
    scale: Scale
    unit: str
    thickness_mm: float
    taken: str
    texts: dict[str, str]
    burned_in: str
    noted: tuple[Problem, ...]
    files: tuple[Place, ...]
    of: tuple[str, ...] = ()
    shows: frozenset[str] = frozenset()
    held: str = ""

    @property
    def opens(self) -> bool:
        """Whether it opens as an image."""
        return self.kind in KINDS[:5]


@dataclass(frozen=True, eq=False)
class Study:
    """Every series at some paths, in the order of patients, dates and numbers.

    said   what is odd about the whole: several patients, one id with two names, damaged files
    """

    entries: tuple[Entry, ...]
    said: tuple[Problem, ...] = ()

    @property
    def people(self) -> dict[tuple[str, ...], list[Entry]]:
        """The series of each patient."""
        return _by(self.entries, lambda each: each.who.key)


def visits(entries: Iterable[Entry]) -> dict[tuple[str, ...], list[Entry]]:
    """The series of each study."""
    return _by(entries, lambda each: (each.visit.uid or each.visit.date,))


def _by(
    entries: Iterable[Entry], key: Callable[[Entry], tuple[str, ...]]
) -> dict[tuple[str, ...], list[Entry]]:
    found: dict[tuple[str, ...], list[Entry]] = {}
    for each in entries:
        found.setdefault(key(each), []).append(each)
    return found


def examined(paths: Sequence[Path]) -> Study:
    """What lies at the paths. Raises UnreadableFile for one where nothing is DICOM."""
    every: list[Entry] = []
    said: list[Problem] = []
    images: set[str] = set()
    for path in paths:
        there = look(path)
        images |= _uids(there)
        said += there.said
        every += entries(path, there)
    return Study(_lacking(every, images), (*_people_said(every), *said))


def _uids(there: Looked) -> set[str]:
    with quietly():
        return {
            text(each.dataset, "SOPInstanceUID") for found in there.found for each in found.headers
        }


def _lacking(every: Sequence[Entry], images: set[str]) -> tuple[Entry, ...]:
    """The same, where what an object points to is not all here saying so."""
    here = {each.report.uid for each in every}
    return tuple(replace(each, noted=(*each.noted, *_gone(each, here, images))) for each in every)


def _gone(entry: Entry, series: set[str], images: set[str]) -> tuple[Problem, ...]:
    if entry.of and not series & set(entry.of):
        ends = ", ".join(f"...{uid[-12:]}" for uid in entry.of[:3])
        said = f"It points to images that are not here (series {ends})."
        return (Problem("scan not here", said),)
    lost = len(entry.shows - images)
    if not lost:
        return ()
    said = f"It points to {len(entry.shows)} images, of which {lost} are not here."
    return (Problem("absent images", said, lost),)


def entries(path: Path, there: Looked) -> list[Entry]:
    """The series at one path."""
    with quietly():
        return [_entry(path, found, set(there.said)) for found in there.found]


def _entry(path: Path, found: Found, elsewhere: set[Problem]) -> Entry:
    first, report = found.headers[0], found.report
    seen, noted = _seen(found)
    pointing = found.headers if report.modality in OTHERS else []
    burned = text(first.dataset, "BurnedInAnnotation")
    return Entry(
        path=path,
        report=report,
        who=_who(first),
        visit=_visit(first),
        kind=_kind(found) if seen else _other(found),
        spacing_mm=seen.grid.spacing_mm if seen and seen.grid.scale != "none" else (),
        scale=seen.grid.scale if seen else "none",
        unit=seen.unit if seen else "",
        thickness_mm=number(first.dataset, "SliceThickness", 0.0) or 0.0,
        taken=_taken(first),
        texts={key: text(first.dataset, keyword) for key, keyword in ASKED.items()},
        burned_in={"YES": "yes", "NO": "no"}.get(burned, ""),
        noted=tuple(each for each in noted if each not in elsewhere),
        files=_files(found),
        of=tuple(dict.fromkeys(uid for each in pointing for uid in series_of(each))),
        shows=frozenset(uid for each in pointing for uid in images_of(each)),
        held=held(pointing, report.modality),
    )


def _seen(found: Found) -> tuple[Outlook | None, tuple[Problem, ...]]:
    """What its image will be, None where it does not open, and what is odd."""
    if found.layout is None:
        return None, found.report.noted
    try:
        seen = outlook(found)
    except UnreadableFile as error:
        return None, (*found.report.noted, Problem("unreadable", str(error)))
    return seen, seen.noted


def _other(found: Found) -> str:
    unlike = found.layout is None and found.stack is None
    return OTHERS.get(found.report.modality, "nothing") if unlike else "nothing"


ASKED = {
    "modality": "Modality",
    "description": "SeriesDescription",
    "study": "StudyDescription",
    "patient": "PatientID",
    "uid": "SeriesInstanceUID",
    "protocol": "ProtocolName",
    "body": "BodyPartExamined",
    "date": "StudyDate",
}


def _kind(found: Found) -> str:
    times, slices, _, _ = found.report.size
    placed = found.layout is not None and found.layout.steps_mm is not None
    if slices > 1:
        return "moving volume" if times > 1 else "volume"
    if times > 1:
        return "clip"
    return "slice" if placed else "picture"


def _files(found: Found) -> tuple[Place, ...]:
    """The files of this part, those of its stack in the order of their slices."""
    if found.layout is None:
        return tuple(each.place for each in found.headers)
    used = {frame.file for frame in found.stack.frames} if found.stack else set[int]()
    ordered = [
        frame.file
        for column in found.layout.cells
        for cell in column
        for frame in (cell.first, cell.second)
        if frame is not None
    ]
    numbers = dict.fromkeys([*ordered, *sorted(used)])
    return tuple(found.headers[k].place for k in numbers)


def _who(told: Header) -> Who:
    return Who(
        text(told.dataset, "PatientID"),
        text(told.dataset, "PatientName"),
        text(told.dataset, "PatientBirthDate"),
        text(told.dataset, "PatientSex"),
        text(told.dataset, "IssuerOfPatientID"),
    )


def _visit(told: Header) -> Visit:
    return Visit(
        text(told.dataset, "StudyInstanceUID"),
        text(told.dataset, "StudyDate"),
        text(told.dataset, "StudyTime"),
        text(told.dataset, "StudyDescription"),
        text(told.dataset, "AccessionNumber"),
    )


def _taken(told: Header) -> str:
    for what in ("Series", "Acquisition", "Study"):
        date = text(told.dataset, f"{what}Date")
        if date:
            return f"{date} {text(told.dataset, f'{what}Time')}".strip()
    return ""


def _people_said(every: Sequence[Entry]) -> list[Problem]:
    """What is odd about who is here."""
    people = _by(every, lambda each: each.who.key)
    found = []
    if len(people) > 1:
        named = [_called(entries[0].who) for entries in people.values()]
        some = ", ".join(named[:4]) + (", ..." if len(named) > 4 else "")
        found.append(Problem("several patients", f"Here are {len(people)} patients: {some}."))
    for entries in people.values():
        names = sorted({each.who.name for each in entries})
        if len(names) > 1:
            told = " and ".join(f"'{name}'" for name in names[:3])
            found.append(
                Problem("two names", f"The patient id '{entries[0].who.id}' goes with {told}.")
            )
    return found


def _called(who: Who) -> str:
    return f"'{who.id}'" if who.id else f"'{who.name}' without an id" if who.name else "one unnamed"
